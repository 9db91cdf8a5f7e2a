"""Write a timeline in the flavour another program reads: the verb behind `otio-bridge export`."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from otio_bridge.errors import BridgeError
from otio_bridge.timeline import read_cut, write_cut
from otio_bridge.timeline_export import FLAVOURS, Flavour, in_flavour
from otio_bridge.timeline_media import rebase


def export(timeline: Path, flavour: str, out: Path | None = None) -> Path:
    """Write a flavour beside the timeline as NAME.<flavour>.otio, or where `out` says.

    Raises:
        BridgeError: There is no such flavour, or it would replace the timeline itself.
    """
    if flavour not in FLAVOURS:
        raise BridgeError(f"There is no flavour '{flavour}'; give one of {', '.join(FLAVOURS)}.")
    cut = read_cut(timeline)
    target = Path(out).absolute() if out else cut.path.with_suffix(f".{flavour}.otio")
    if target == cut.path:
        raise BridgeError(f"The export would replace {target.name} itself; give another --out.")
    in_flavour(cut, cast(Flavour, flavour))
    rebase(cut, target.parent)
    cut.timeline.name = cut.timeline.name or cut.path.stem
    return write_cut(cut, target)
