"""Blenders on this machine, and our add-on in them: through Blender's own command line.

Blender's `extension install-file` ends with 0 for a file that is no extension (facts/blender.md
section 8), so what it did is read back.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from otio_bridge.errors import BridgeError

PACKAGE = "otio_bridge"
OLDEST = (4, 5)
SECONDS = 180
"""Longest wait for Blender, which unpacks some 130 MB."""
PLACES = {
    "win32": ("C:/Program Files/Blender Foundation/Blender */blender.exe",),
    "darwin": ("/Applications/Blender*.app/Contents/MacOS/Blender",),
    "linux": ("/opt/blender*/blender", "~/blender*/blender", "/snap/bin/blender"),
}


@dataclass(frozen=True)
class Blender:
    """A Blender program and what it said of itself."""

    program: Path
    version: tuple[int, int]

    @property
    def python(self) -> str:
        """The Python that its official builds carry, as in the names of our zips."""
        return "311" if self.version < (5, 1) else "313"


def found() -> list[Blender]:
    """Return the Blenders on the path and where installers put them, the newest first."""
    programs = dict.fromkeys(path.resolve() for path in _places() if path.is_file())
    known = [one for path in programs if (one := _asked(path)) is not None]
    return sorted(known, key=lambda one: one.version, reverse=True)


def _places() -> Iterator[Path]:
    on_path = shutil.which("blender")
    if on_path:
        yield Path(on_path)
    for pattern in PLACES.get(sys.platform, ()):
        plain = Path(pattern).expanduser()
        yield from Path(plain.anchor).glob(str(plain.relative_to(plain.anchor)))


def named(program: Path) -> Blender:
    """Return the Blender of a program.

    Raises:
        BridgeError: It is no Blender, or too old.
    """
    blender = _asked(program) if program.is_file() else None
    if blender is None:
        raise BridgeError(f"{program} is no Blender that runs here; name its program.")
    if blender.version < OLDEST:
        raise BridgeError(
            f"{program} is Blender {blender.version[0]}.{blender.version[1]}; the add-on needs "
            f"{OLDEST[0]}.{OLDEST[1]} or later."
        )
    return blender


def _asked(program: Path) -> Blender | None:
    try:
        said = _run(program, "--version")
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"^Blender (\d+)\.(\d+)", said, re.MULTILINE)
    return None if match is None else Blender(program, (int(match[1]), int(match[2])))


def checked(zip_path: Path, blender: Blender) -> Path:
    """Return our zip, made sure that it is ours and fits a Blender.

    Raises:
        BridgeError: It is missing, no zip of ours, or for another Python.
    """
    try:
        with zipfile.ZipFile(zip_path) as zipped:
            manifest = zipped.read("blender_manifest.toml").decode("utf-8", "replace")
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise BridgeError(
            f"{zip_path} is no add-on of ours; make one with blender_addon/build.py."
        ) from error
    python = re.search(r"-py(\d+)\.zip$", zip_path.name)
    if f'id = "{PACKAGE}"' not in manifest or python is None:
        raise BridgeError(f"{zip_path} is no add-on of ours; make one with blender_addon/build.py.")
    if python[1] not in (blender.python, "314"):
        raise BridgeError(
            f"{zip_path.name} is for Python {python[1][0]}.{python[1][1:]}, and Blender "
            f"{blender.version[0]}.{blender.version[1]} runs {blender.python[0]}."
            f"{blender.python[1:]}; use the zip with py{blender.python} in its name."
        )
    return zip_path


def installed(zip_path: Path, blender: Blender) -> str:
    """Install and enable the add-on in a Blender; returns what Blender lists of it.

    Raises:
        BridgeError: Blender did not take it; its words are in the text.
    """
    words = ("extension", "install-file", "--repo", "user_default", "--enable", str(zip_path))
    return _listed(blender, _commanded(blender, *words), wanted=True)


def removed(blender: Blender) -> str:
    """Take the add-on out of a Blender; takes and projects stay where they are.

    Raises:
        BridgeError: It is still there; Blender's words are in the text.
    """
    return _listed(blender, _commanded(blender, "extension", "remove", PACKAGE), wanted=False)


def _listed(blender: Blender, said: str, *, wanted: bool) -> str:
    found = [
        line.strip()
        for line in _commanded(blender, "extension", "list").splitlines()
        if PACKAGE in line
    ]
    if bool(found) != wanted:
        last = said.strip().splitlines()[-1:] or ["it said nothing"]
        done = "install" if wanted else "remove"
        raise BridgeError(f"{blender.program} did not {done} the add-on ({last[0]}).")
    return found[0] if found else ""


def _commanded(blender: Blender, *words: str) -> str:
    try:
        return _run(blender.program, "--command", *words)
    except subprocess.TimeoutExpired as error:
        raise BridgeError(
            f"{blender.program} gave no answer in {SECONDS} s; close it and try again."
        ) from error
    except OSError as error:
        raise BridgeError(f"{blender.program} cannot be run ({error.strerror}).") from error


def _run(program: Path, *words: str) -> str:
    plain = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        [str(program), *words], capture_output=True, text=True, errors="replace",
        timeout=SECONDS, stdin=subprocess.DEVNULL, env=plain, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


def built(out: Path, python: str) -> Path:
    """Build the zip for a Python, such as "313", from the checkout that this runs in.

    Raises:
        BridgeError: This is no checkout, or the build failed; its words were shown.
    """
    script = Path(__file__).resolve().parents[1] / "blender_addon" / "build.py"
    if not script.is_file():
        raise BridgeError("Name the add-on's zip: only a checkout of otio-bridge can build it.")
    words = ["--out", str(out), "--python", f"{python[0]}.{python[1:]}"]
    done = subprocess.run([sys.executable, str(script), *words], stdout=sys.stderr, check=False)
    made = sorted(out.glob(f"*-py{python}.zip"), key=lambda one: one.stat().st_mtime)
    if done.returncode or not made:
        raise BridgeError("The add-on's zip could not be built; see above.")
    return made[-1]
