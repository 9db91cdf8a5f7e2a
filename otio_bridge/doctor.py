"""What this machine has and lacks for otio-bridge, each with its cure."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory

from otio_bridge import __version__, provider
from otio_bridge.errors import BridgeError
from otio_bridge.journal import data_folder
from otio_bridge.media import probe
from otio_bridge.media_preview import stand_in
from otio_bridge.model import Noun

LIBRARIES = ("opentimelineio", "av", "numpy", "opencv-python-headless", "pillow", "pydantic")
INTERCHANGE = ("OpenTimelineIO-Plugins", "otio-fcpx-xml-adapter")
ROOM = 2 * 2**30
"""Bytes free below which long takes may not fit."""


class Finding(Noun):
    """One thing that was looked at."""

    what: str
    good: bool
    said: str


def examined() -> list[Finding]:
    """Look at everything otio-bridge needs on this machine."""
    return [
        Finding(what="otio-bridge", good=True, said=f"{__version__} on Python {_python()}"),
        *(_library(name) for name in LIBRARIES),
        *_interchange(),
        _tried("data folder", _data_folder),
        _tried("codecs", _codecs),
        _tried("judge", _judge),
        *_resolve(),
        Finding(what="providers", good=True, said=", ".join(provider.known())),
    ]


def _python() -> str:
    return f"{platform.python_version()}, {platform.system()} {platform.machine()}"


def _library(name: str) -> Finding:
    try:
        return Finding(what=name, good=True, said=version(name))
    except PackageNotFoundError:
        return Finding(what=name, good=False, said="missing; run pip install otio-bridge again")


def _interchange() -> Iterator[Finding]:
    missing = [name for name in INTERCHANGE if not _library(name).good]
    said = "EDL, FCP 7 XML, FCPXML and AAF can be read"
    if missing:
        said = "only .otio can be read; pip install 'otio-bridge[interchange]' for EDL and XML"
    yield Finding(what="interchange", good=True, said=said)


def _tried(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what=what, good=True, said=look())
    except (BridgeError, OSError, ImportError) as error:
        return Finding(what=what, good=False, said=str(error))


def _data_folder() -> str:
    folder = data_folder()
    if not os.access(folder, os.W_OK):
        raise BridgeError(f"{folder} cannot be written; allow it or set OTIO_BRIDGE_DATA_DIR.")
    free = shutil.disk_usage(folder).free
    if free < ROOM:
        raise BridgeError(f"only {free / 2**30:.1f} GiB free in {folder}; free some disk space.")
    return f"{folder}, {free / 2**30:.0f} GiB free"


def _codecs() -> str:
    from fractions import Fraction

    with TemporaryDirectory() as folder:
        for ending in (".mov", ".mp4"):
            film = Path(folder) / f"try{ending}"
            stand_in(film, text="doctor", frames=2, rate=Fraction(24), size=(640, 360))
            probe(film)
    return "DNxHR and H.264 are written and read back"


def _judge() -> str:
    from otio_bridge.scoring import BuiltinScorer

    return f"{BuiltinScorer.name} loads"


def _resolve() -> Iterator[Finding]:
    """Say of each Resolve which way of working it leaves open, and what stands in the way."""
    from otio_bridge import client
    from resolve_plugin import found

    data = client.data_folder()  # not made here: where it cannot be, that is said above
    known = found.found(data)
    for one in known:
        name = f"{one.product} {one.version}".strip()
        yield Finding(what="resolve", good=True, said=f"{name}: {one.tier.words}")
    if not known:
        yield Finding(what="resolve", good=True, said="none is seen here; OTIO files work with any")
        return
    yield Finding(what="resolve", good=True, said=found.scripts_words())
    for hurdle in found.hurdles(data, [one.tier for one in known]):
        yield Finding(what="resolve", good=False, said=hurdle)


def healthy(findings: list[Finding]) -> bool:
    """Say whether nothing needed is missing."""
    return all(finding.good for finding in findings) and sys.version_info >= (3, 11)
