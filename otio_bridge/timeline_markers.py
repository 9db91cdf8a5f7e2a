"""Markers of a slot: over which record frames they stand, and how they follow a change of media.

A clip's markers count in the time of the media it shows. Whatever stands in a slot, a marker stays
over the same frames of the record; back on the clip's own media it counts as it did before.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import opentimelineio as otio

from otio_bridge.errors import SlotRefused
from otio_bridge.timeline import cached_rate, seconds_of_time
from otio_bridge.timeline_notes import notes_on
from otio_bridge.timeline_place import Place, Range, Time, original_place, take_of, visible_range
from otio_bridge.timeline_shown import inner_parts_of, parts_of
from otio_bridge.timeline_slots import Slot

Markers = Sequence[Any]


class Marked(NamedTuple):
    """A marker of a slot, in frames of the slot."""

    name: str
    start: int
    frames: int


def markers_of(slot: Slot, rate: Fraction) -> list[Marked]:
    """List a slot's markers with the frames they stand over, counted from the slot's start."""
    found = []
    for part in parts_of(slot, rate):
        base = _time_base(part.item)
        for marker in part.item.markers:
            one = part.start + _frame(marker, base, rate)
            length = seconds_of_time(marker.marked_range.duration) / base.speed * rate
            start = math.floor(min(one, one + length))
            found.append(Marked(str(marker.name), start, round(abs(length))))
    return found


def notes_of(slot: Slot) -> list[str]:
    """List what is written in a slot's markers, wherever the host keeps it."""
    return [note for item in slot.items for note in notes_on(item)]


def markers_within(clip: Any, place: Place, frames: range, rate: Fraction) -> list[Any]:
    """Return copies of a clip's markers that stand over some frames of its slot.

    Args:
        clip: The clip, showing its own media.
        place: Where its first frame stands.
        frames: Frames of the slot; what stands outside the slot belongs to its ends.
        rate: Of the record side.
    """
    last = round(seconds_of_time(visible_range(clip).duration) * rate)
    found = []
    for marker in clip.markers:
        frame = round(_frame(marker, place, rate))
        if min(max(frame, 0), max(0, last - 1)) in frames:
            found.append(marker.clone())
    return found


def move_markers(markers: Markers, place: Place, start: Any, rate: Fraction) -> None:
    """Let markers count in another time in which the slot frame at `place` is at `start`."""
    for marker in markers:
        frames = round(_frame(marker, place, rate))
        value = start.value + float(frames * cached_rate(start.rate) / rate)
        _put(marker, Time(value, start.rate))


def markers_back(slot: Slot, bare: Any, place: Place, rate: Fraction) -> list[Any]:
    """Return the markers for a clip that gets its own media back.

    Those it had come back as they were, those added since are counted in the media's time, and
    those deleted since stay away, unless a trim took the frames they stood over.

    Args:
        slot: What stands in the clip's place.
        bare: The clip as it was.
        place: Where the slot's first frame stands in the clip's media now.
        rate: Of the record side.
    """
    had = [(marker, _frame(marker, place, rate)) for marker in bare.markers]
    kept: list[int] = []
    new: list[Any] = []
    for marker, frame in _found(slot, rate):
        twin = _twin(marker, frame, had)
        if twin is not None:
            kept.append(twin)
        elif words(marker) not in map(words, new):
            copy = marker.clone()
            number = visible_range(bare).start_time.rate
            time = (place.head + frame / rate * place.speed) * cached_rate(number)
            _put(copy, Time(float(time), number))
            new.append(copy)
    outside = (n for n, (_, frame) in enumerate(had) if not 0 <= frame < slot.frames)
    return [had[n][0].clone() for n in sorted({*kept, *outside})] + new


def words(thing: Any) -> Any:
    """Return an OTIO object for comparing: as JSON, floats without the noise of their last digit,
    a marker without its place."""
    copy = thing.clone()
    if isinstance(copy, otio.schema.Marker):
        _put(copy, Time(0, 1))
    text = otio.core.serialize_json_to_string(copy, indent=-1)
    return json.loads(text, parse_float=lambda number: f"{float(number):.10g}")


def _found(slot: Slot, rate: Fraction) -> Iterator[tuple[Any, Fraction]]:
    for part in (*parts_of(slot, rate), *inner_parts_of(slot, rate)):
        base = _time_base(part.item)
        for marker in part.item.markers:
            yield marker, part.start + _frame(marker, base, rate)


def _twin(marker: Any, frame: Fraction, had: Sequence[tuple[Any, Fraction]]) -> int | None:
    """Return which of a clip's markers this is, less than a frame away as times were rounded."""
    for number, (one, where) in enumerate(had):
        if abs(where - frame) < 1 and words(one) == words(marker):
            return number
    return None


def _frame(marker: Any, base: Place, rate: Fraction) -> Fraction:
    return (seconds_of_time(marker.marked_range.start_time) - base.head) / base.speed * rate


def _time_base(item: Any) -> Place:
    """Return which time an item's markers count in: that of its own media, warped, or a take's."""
    try:
        if isinstance(item, otio.schema.Clip) and take_of(item) is None:
            return original_place(item)
    except SlotRefused:  # a frozen clip shows its markers as if it ran
        pass
    return Place(seconds_of_time(visible_range(item).start_time), Fraction(1))


def _put(marker: Any, start: Any) -> None:
    marker.marked_range = Range(start, marker.marked_range.duration)
