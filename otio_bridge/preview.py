"""Pictures of a slot: what it shows, frame by frame, as pieces of media that can be rendered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

from otio_bridge.errors import MediaError
from otio_bridge.identity import Placed
from otio_bridge.media import Footage, Piece, probe, render
from otio_bridge.model import Segment, Take
from otio_bridge.recipe import HANDLE, fitted
from otio_bridge.session import Session
from otio_bridge.timeline_place import Place, media_start_seconds, place_of
from otio_bridge.timeline_slots import ORIGINAL, Slot

PREVIEW_SIZE = (1280, 720)
"""Width and height in pixels that a preview fits into."""


def pieces_of(
    session: Session, placed: Placed, segments: Sequence[Segment], handle: int = HANDLE
) -> list[Piece]:
    """Return the media that shows segments of a slot, the outer ones grown by their handles."""
    slot = placed.slot
    place = place_of(slot, session.rate)
    takes = {take.id: take for take in session.takes_of(placed)}
    pieces = []
    for number, segment in enumerate(segments):
        head = handle if number == 0 else 0
        tail = handle if number == len(segments) - 1 else 0
        if segment.take == ORIGINAL:
            pieces.append(_original_piece(session, slot, place, segment, head, tail))
        else:
            pieces.append(_take_piece(session, takes[segment.take], segment, head, tail))
    return pieces


def render_slot(
    session: Session,
    placed: Placed,
    segments: Sequence[Segment],
    into: Path,
    progress: Callable[[float], None] | None = None,
) -> int:
    """Render segments of a slot with handles and return the length in frames.

    Raises:
        MediaError: A file cannot be read or written.
    """
    pieces = pieces_of(session, placed, segments)
    sizes = [probe(piece.media).size for piece in pieces if piece.media is not None]
    size = fitted(sizes[0] if sizes else PREVIEW_SIZE, PREVIEW_SIZE)
    return render(pieces, into, rate=session.rate, size=size, progress=progress)


def media_frame(session: Session, slot: Slot, place: Place, frame: int) -> int:
    """Return the frame of a slot's own media that a frame of the slot shows.

    Raises:
        MediaError: The media is missing.
    """
    media = session.media_of(slot)
    if media is None:
        raise MediaError(f"The media of '{slot.name}' is missing; relink it in the editor.")
    return min(
        _source_frame(slot, place, frame, probe(media), session.rate), probe(media).frames - 1
    )


def _source_frame(slot: Slot, place: Place, frame: int, footage: Footage, rate: Fraction) -> int:
    seconds = place.shifted(frame, rate).head - media_start_seconds(slot)
    found = round(seconds * footage.rate)
    return max(0, found - 1 if place.speed < 0 else found)


def _take_piece(session: Session, take: Take, segment: Segment, head: int, tail: int) -> Piece:
    head = min(head, segment.take_start)
    tail = min(tail, take.frames - segment.take_start - segment.frames)
    return Piece(
        media=session.take_file(take),
        start=segment.take_start - head,
        frames=segment.frames + head + tail,
        caption=f"{take.id}  {take.model}",
    )


def _original_piece(
    session: Session, slot: Slot, place: Place, segment: Segment, head: int, tail: int
) -> Piece:
    media = session.media_of(slot)
    if media is None:
        return Piece(None, 0, segment.frames, caption=f"{slot.name}  media missing")
    footage = probe(media)
    first = segment.slot_start - head
    start = _source_frame(slot, place, first, footage, session.rate)
    return Piece(
        media=media,
        start=start,
        frames=segment.frames + head + tail,
        speed=place.speed * footage.rate / session.rate,
        caption=ORIGINAL,
    )
