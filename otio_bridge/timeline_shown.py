"""What a slot shows, read off the timeline alone: which take, and which of its frames."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import opentimelineio as otio

from otio_bridge.model import Segment
from otio_bridge.timeline import Cut, seconds_of_time
from otio_bridge.timeline_place import shown_frame, take_of, visible_range
from otio_bridge.timeline_slots import ORIGINAL, Slot, duration_of


class Part(NamedTuple):
    """An item of a slot, or of the stack inside it, and where it lies."""

    item: Any
    start: Fraction
    """Exact slot frame of its first frame; negative inside a stack that has a handle."""
    length: Fraction
    """Exact length in record frames."""


def parts_of(slot: Slot, rate: Fraction) -> list[Part]:
    """Return the items that stand in a slot, in record order."""
    return list(_in_a_row(slot.items, Fraction(0), rate))


def inner_parts_of(slot: Slot, rate: Fraction) -> list[Part]:
    """Return the clips inside a nested splice, in record order; none for others."""
    if not isinstance(slot.item, otio.schema.Stack):
        return []
    start = -seconds_of_time(visible_range(slot.item).start_time) * rate
    return [part for row in slot.item for part in _in_a_row(row, start, rate)]


def segments_shown(cut: Cut, slot: Slot) -> list[Segment]:
    """Return the segments that show a slot's frames, in record order, as the slot stands now."""
    segments = []
    for part in inner_parts_of(slot, cut.rate) or parts_of(slot, cut.rate):
        first, end = round(part.start), round(part.start + part.length)
        start, stop = max(0, first), min(slot.frames, end)
        if isinstance(part.item, otio.schema.Clip) and start < stop:
            segments.append(_segment(part.item, start - first, start, stop - start))
    return segments


def _segment(clip: Any, skipped: int, start: int, frames: int) -> Segment:
    take = take_of(clip)
    if take is None:
        return Segment(take=ORIGINAL, take_start=start, slot_start=start, frames=frames)
    shown = shown_frame(clip, take) + skipped
    return Segment(take=take.id, take_start=shown, slot_start=start, frames=frames)


def _in_a_row(items: Any, start: Fraction, rate: Fraction) -> Iterator[Part]:
    for item in items:
        if not isinstance(item, otio.schema.Transition):
            length = (duration_of(item) or Fraction(0)) * rate
            yield Part(item, start, length)
            start += length
