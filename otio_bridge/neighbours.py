"""The frames that a film shows right before and after a slot, so that people and place hold."""

from __future__ import annotations

from typing import Any

from otio_bridge.errors import MediaError
from otio_bridge.identity import Placed
from otio_bridge.media import frame_at
from otio_bridge.model import Reference, Segment
from otio_bridge.pictures import write_picture
from otio_bridge.preview import pieces_of
from otio_bridge.session import Session
from otio_bridge.timeline_shown import segments_shown


def neighbour_references(session: Session, placed: Placed) -> list[Reference]:
    """Return the last frame used before a slot and the first one after it, as pictures.

    Neighbours on the same track count, whatever lies between; one whose media is missing is left
    out.
    """
    row = [one for one in session.placed if one.slot.track == placed.slot.track]
    at = next(number for number, one in enumerate(row) if one.id == placed.id)
    found = []
    if at > 0:
        found.append(_reference(session, placed, row[at - 1], last=True))
    if at + 1 < len(row):
        found.append(_reference(session, placed, row[at + 1], last=False))
    return [one for one in found if one is not None]


def _reference(session: Session, placed: Placed, other: Placed, *, last: bool) -> Reference | None:
    segments = segments_shown(session.cut, other.slot)
    if not segments:
        return None
    pixels = _pixels(session, other, segments[-1] if last else segments[0], last=last)
    if pixels is None:
        return None
    project = session.needed_project()
    name = f"{placed.shot} {'before' if last else 'after'}"
    path = project.reference_path("neighbour", name, ".png")
    write_picture(path, pixels)
    which = "the end of the shot before" if last else "the beginning of the shot after"
    image = project.relative(path)
    return Reference(name=name, role="neighbour", images=(image,), origin=which)


def _pixels(session: Session, other: Placed, segment: Segment, *, last: bool) -> Any:
    try:
        (piece,) = pieces_of(session, other, [segment], handle=0)
        if piece.media is None:
            return None
        inside = round((piece.frames - 1) * piece.speed) if last else 0
        return frame_at(piece.media, piece.start + inside)
    except MediaError:
        return None
