"""What a slot shows, read off the timeline alone: which take, and which of its frames."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import opentimelineio as otio

from otio_bridge.model import Segment
from otio_bridge.timeline import Cut, our_metadata, seconds_of_time
from otio_bridge.timeline_place import shown_frame, take_of
from otio_bridge.timeline_slots import ORIGINAL, Slot


def segments_shown(cut: Cut, slot: Slot) -> list[Segment]:
    """Return the segments that show a slot's frames, in record order, as the slot stands now."""
    if isinstance(slot.item, otio.schema.Stack):
        return _inside(slot.item, slot.frames, cut.rate)
    segments = []
    position = 0
    for number, clip in enumerate(slot.items):
        last = number == slot.count - 1
        frames = slot.frames - position if last else _frames(clip, cut.rate)
        segments.append(_segment(clip, position, frames))
        position += frames
    return segments


def _segment(clip: Any, position: int, frames: int) -> Segment:
    take = take_of(clip)
    if take is None:
        return Segment(take=ORIGINAL, take_start=position, slot_start=position, frames=frames)
    start = shown_frame(clip, take)
    return Segment(take=take.id, take_start=start, slot_start=position, frames=frames)


def _inside(stack: Any, slot_frames: int, rate: Fraction) -> list[Segment]:
    """Return a nested splice's segments, cut to the part of the stack that is visible."""
    splice = our_metadata(stack)["splice"]
    moved = round(seconds_of_time(stack.source_range.start_time) * rate) - splice["handle"]
    made = [Segment.model_validate(entry) for entry in splice["segments"]]
    found = []
    for number, segment in enumerate(made):
        first = moved if number == 0 else max(moved, segment.slot_start)
        end = segment.slot_start + segment.frames
        last = moved + slot_frames
        stop = last if number == len(made) - 1 else min(last, end)
        if first < stop:
            shift = first - segment.slot_start
            found.append(
                Segment(
                    take=segment.take,
                    take_start=segment.take_start + shift,
                    slot_start=first - moved,
                    frames=stop - first,
                )
            )
    return found


def _frames(clip: Any, rate: Fraction) -> int:
    return round(seconds_of_time(clip.source_range.duration) * rate)
