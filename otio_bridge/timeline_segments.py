"""What replaces a clip: the clip showing a take, segments in a row, or one stack of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import opentimelineio as otio

from otio_bridge.errors import TakeNotFound
from otio_bridge.model import Segment, Take
from otio_bridge.timeline import cached_rate, plain, seconds_of_time
from otio_bridge.timeline_markers import markers_within, move_markers
from otio_bridge.timeline_original import as_it_was, note
from otio_bridge.timeline_place import (
    Place,
    Range,
    Time,
    is_time_effect,
    original_range,
    rate_number,
    take_of,
    take_range,
    visible_range,
)
from otio_bridge.timeline_slots import ORIGINAL, take_keys

HANDLE = 12
"""Frames beyond the slot that a nested splice keeps at both ends where the takes have them."""


def take_named(clip: Any, take_id: str) -> Take:
    """Return a take that a clip carries.

    Raises:
        TakeNotFound: It carries no such take.
    """
    take = take_of(clip, take_id)
    if take is None:
        known = ", ".join(take_keys(clip)) or "none yet"
        raise TakeNotFound(
            f"'{clip.name}' has no take '{take_id}' (its takes: {known}); list them with "
            "'otio-bridge takes'."
        )
    return take


def showing(clip: Any, take: Take, first: int, place: Place, rate: Fraction) -> Any:
    """Return the clip showing a take from one of its frames on, its own time warps put aside."""
    made = clip.clone()
    _show(made, take, first, visible_range(clip).duration)
    if place.speed != 1:
        move_markers(made.markers, place, made.source_range.start_time, rate)
    note(made, original=as_it_was(clip, place))
    return made


def in_a_row(clip: Any, segments: Sequence[Segment], place: Place, rate: Fraction) -> list[Any]:
    """Return the clips that show segments one after another, each knowing the clip as it was."""
    pieces = _pieces(clip, segments, place, rate)
    record, name = as_it_was(clip, place), uuid.uuid4().hex[:8]
    for number, piece in enumerate(pieces):
        note(piece, original=record, splice={"id": name, "index": number})
    return pieces


def in_a_stack(clip: Any, segments: Sequence[Segment], place: Place, rate: Fraction) -> Any:
    """Return one stack that shows segments, with handles at both ends for its transitions."""
    head, tail = _handles(clip, segments)
    stack = otio.schema.Stack(name=clip.name, metadata=plain(clip.metadata))
    stack.enabled, stack.color = clip.enabled, clip.color
    start = Time(head, rate_number(clip, rate))
    stack.source_range = Range(start, visible_range(clip).duration)
    stack.effects[:] = [effect.clone() for effect in clip.effects if not is_time_effect(effect)]
    stack.markers[:] = [marker.clone() for marker in clip.markers]
    move_markers(stack.markers, place, start, rate)
    pieces = _pieces(clip, segments, place, rate)
    for piece in pieces:
        piece.markers[:] = []
        piece.effects[:] = [e.clone() for e in piece.effects if is_time_effect(e)]
        piece.enabled = True
    _grow(pieces[0], head, 0, rate)
    _grow(pieces[-1], 0, tail, rate)
    stack.append(otio.schema.Track(name="Takes", kind=otio.schema.TrackKind.Video, children=pieces))
    takes = [segment.take for segment in segments]
    splice = {"id": uuid.uuid4().hex[:8], "handle": head, "takes": takes}
    note(stack, original=as_it_was(clip, place), splice=splice)
    return stack


def _show(clip: Any, take: Take, first: int, duration: Any) -> None:
    clip.source_range = take_range(clip, take, first, duration)
    clip.effects[:] = [e.clone() for e in clip.effects if not is_time_effect(e)]
    clip.active_media_reference_key = take.id


def _pieces(clip: Any, segments: Sequence[Segment], place: Place, rate: Fraction) -> list[Any]:
    """Return the clips of the segments; the last takes up what the slot has beyond whole frames."""
    number = rate_number(clip, rate)
    total = visible_range(clip).duration
    durations = [Time(segment.frames, number) for segment in segments]
    left = seconds_of_time(total) * rate - segments[-1].slot_start
    durations[-1] = total if len(segments) == 1 else Time(float(left), number)
    pairs = zip(segments, durations, strict=True)
    return [_piece(clip, segment, duration, place, rate) for segment, duration in pairs]


def _piece(clip: Any, segment: Segment, duration: Any, place: Place, rate: Fraction) -> Any:
    piece = clip.clone()
    first = place.shifted(segment.slot_start, rate)
    frames = range(segment.slot_start, segment.slot_start + segment.frames)
    piece.markers[:] = markers_within(clip, place, frames, rate)
    if segment.take == ORIGINAL:
        piece.source_range = original_range(clip, first, duration)
    else:
        _show(piece, take_named(clip, segment.take), segment.take_start, duration)
        move_markers(piece.markers, first, piece.source_range.start_time, rate)
    return piece


def _handles(clip: Any, segments: Sequence[Segment]) -> tuple[int, int]:
    """Return how many frames the outer segments have beyond the slot, at most the usual handle."""
    first, last = segments[0], segments[-1]
    head = 0 if first.take == ORIGINAL else min(HANDLE, first.take_start)
    if last.take == ORIGINAL:
        return head, 0
    spare = take_named(clip, last.take).frames - last.take_start - last.frames
    return head, max(0, min(HANDLE, spare))


def _grow(piece: Any, head: int, tail: int, rate: Fraction) -> None:
    """Let a piece show some more record frames before and after."""
    start, duration = piece.source_range.start_time, piece.source_range.duration
    earlier = float(head * cached_rate(start.rate) / rate)
    longer = float((head + tail) * cached_rate(duration.rate) / rate)
    piece.source_range = Range(
        Time(start.value - earlier, start.rate), Time(duration.value + longer, duration.rate)
    )
