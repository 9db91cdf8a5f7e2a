"""`doctor --resolve-calibrate`: measure a running Resolve on a scratch project of its own."""

from __future__ import annotations

import importlib
import json
import os
import sys
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from otio_bridge.files import replacing
from otio_bridge.media import write_film
from resolve_plugin.bins import HostRefused
from resolve_plugin.calibrate import LENGTH, SCRATCH, Answer, Films, answered, report, scratch
from resolve_plugin.cassette import Recording

RATE = Fraction(24)
SIZE = (640, 360)
HERTZ = 48_000
MODULES = {
    "darwin": "/Library/Application Support/Blackmagic Design/DaVinci Resolve/Developer/Scripting",
    "win32": r"C:\ProgramData\Blackmagic Design\DaVinci Resolve\Support\Developer\Scripting",
    "linux": "/opt/resolve/Developer/Scripting",
}
"""Where Resolve keeps its scripting module unless RESOLVE_SCRIPT_API says otherwise."""


@dataclass(frozen=True)
class Calibration:
    """What was measured, and where it is written."""

    answers: tuple[Answer, ...]
    report: Path
    cassette: Path


def running_resolve() -> Any:
    """Return the Resolve that runs on this machine.

    Raises:
        HostRefused: There is none that lets programs from outside in.
    """
    home = os.environ.get("RESOLVE_SCRIPT_API") or MODULES.get(sys.platform, "")
    modules = str(Path(home) / "Modules")
    if modules not in sys.path:
        sys.path.append(modules)
    try:
        found = importlib.import_module("DaVinciResolveScript").scriptapp("Resolve")
    except ImportError:
        found = None
    if found is None:
        raise HostRefused(
            "No Resolve answers; start DaVinci Resolve Studio, set Preferences > System > General "
            "> External scripting using to Local, and try again."
        )
    return found


def calibrated(resolve: Any, out: Path, *, films: Films, stamp: str) -> Calibration:
    """Measure a Resolve, and write a report for people and a cassette for tests.

    Args:
        resolve: The scripting object.
        out: Folder for what is written; made where it is not there.
        films: As `films_for` makes them.
        stamp: Tells this scratch project from earlier ones.

    Raises:
        HostRefused: It makes no scratch project; nothing was touched.
    """
    out.mkdir(parents=True, exist_ok=True)
    heard = Recording(resolve, {"<folder>": out, "<films>": films.plain.parent})
    on = scratch(heard.resolve, films, out, f"{SCRATCH} {stamp}")
    answers = tuple(answered(on))
    words = report(heard.resolve, list(answers))
    made = Calibration(answers, out / "report.md", out / "cassette.json")
    for path, text in ((made.report, words), (made.cassette, json.dumps(heard.written()))):
        with replacing(path) as partial:
            partial.write_text(text, encoding="utf-8")
    return made


def films_for(folder: Path) -> Films:
    """Write the films that the questions are about, where they are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    films = Films(*(folder / name for name in ("plain.mov", "other.mov", "coded.mov", "tone.wav")))
    for shade, film in ((60, films.plain), (160, films.other), (110, films.coded)):
        if not film.exists():
            code = "01:00:00:00" if film == films.coded else None
            write_film(film, _greys(shade), rate=RATE, size=SIZE, codec="prores", timecode=code)
    if not films.sound.exists():
        with wave.open(str(films.sound), "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(HERTZ)
            sound.writeframes(bytes(2 * HERTZ * LENGTH // int(RATE)))
    return films


def _greys(shade: int) -> Iterator[NDArray[np.uint8]]:
    for frame in range(LENGTH):
        picture = np.full((SIZE[1], SIZE[0], 3), shade, np.uint8)
        picture[:, : SIZE[0] * frame // LENGTH] += 40
        yield picture
