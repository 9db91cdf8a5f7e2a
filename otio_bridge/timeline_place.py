"""Where a slot stands in its original media, so that takes follow later trims and slips.

A `Place` says which moment of the original media the slot's first frame shows and how fast it runs
from there. Every take keeps the place it was made for; the difference of two places, in frames, is
how far the take has to move. OTIO fixes no meaning for a reversed source range: here, as in
Resolve's own export, its duration is the record span and the clip plays it from its end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import opentimelineio as otio

from otio_bridge.errors import SlotRefused, TimelineError
from otio_bridge.model import Take
from otio_bridge.timeline import cached_rate, has_ours, our_metadata, seconds_of_time
from otio_bridge.timeline_slots import Slot, duration_of, original_key

Time: TypeAlias = otio.opentime.RationalTime
Range: TypeAlias = otio.opentime.TimeRange


@dataclass(frozen=True)
class Place:
    """The original's time at a slot's first frame, and the speed from there."""

    head: Fraction
    """Seconds of the original media."""
    speed: Fraction
    """2 is double speed, -1 reverse; never 0."""

    def shifted(self, frames: int, rate: Fraction) -> Place:
        """Return the place that many slot frames later."""
        return Place(self.head + frames / rate * self.speed, self.speed)

    def frames_after(self, other: Place, rate: Fraction) -> int:
        """Return how many slot frames this place lies after another one, nearest frame."""
        return math.floor((self.head - other.head) / other.speed * rate + Fraction(1, 2))


def is_time_effect(effect: Any) -> bool:
    """Say whether an effect changes which frame is shown when."""
    return isinstance(effect, otio.schema.TimeEffect)


def speed_of(item: Any) -> Fraction:
    """Return an item's constant speed, 1 without a time warp.

    Raises:
        SlotRefused: It is frozen, or its speed changes.
    """
    speed = Fraction(1)
    for effect in item.effects:
        if not is_time_effect(effect):
            continue
        if not isinstance(effect, otio.schema.LinearTimeWarp):
            raise SlotRefused(
                f"'{item.name}' has a speed ramp, which takes cannot follow; bake it into new "
                "media or remove it, then try again. Nothing was changed."
            )
        speed *= Fraction(effect.time_scalar).limit_denominator(10_000)
    if speed == 0:
        raise SlotRefused(
            f"'{item.name}' is a freeze frame, which has no motion to regenerate; remove the "
            "freeze or choose another clip. Nothing was changed."
        )
    return speed


def place_of(slot: Slot, rate: Fraction) -> Place:
    """Return where a slot's first frame stands in its original media.

    Raises:
        SlotRefused: The slot is frozen or its speed changes.
    """
    item = slot.item
    if isinstance(item, otio.schema.Stack):
        return _stack_place(item, rate)
    take = take_of(item)
    if take is None:
        return original_place(item)
    shown = shown_frame(item, take) + take.slot_start
    return taken_at(take).shifted(shown, rate)


def original_place(clip: Any) -> Place:
    """Return the place of a clip that shows its own media."""
    speed = speed_of(clip)
    start = seconds_of_time(visible_range(clip).start_time)
    if speed < 0:
        start += -speed * (duration_of(clip) or 0)
    return Place(start, speed)


def visible_range(clip: Any) -> Range:
    """Return an item's source range, or all of its media where it has none."""
    if clip.source_range is not None:
        return clip.source_range
    if duration_of(clip) is None:
        return Range(Time(0, 24), Time(0, 24))
    return clip.available_range()


def media_start_seconds(slot: Slot) -> Fraction:
    """Return the time at which a slot's own media starts, its timecode, in seconds."""
    item = slot.item
    clip = item if isinstance(item, otio.schema.Clip) else item.find_clips()[0]
    reference = clip.media_references().get(original_key(clip))
    known = None if reference is None else reference.available_range
    return Fraction(0) if known is None else seconds_of_time(known.start_time)


def original_range(clip: Any, place: Place, duration: Any) -> Range:
    """Return the source range that shows a clip's own media from a place on.

    Args:
        clip: The clip, whose rate is kept.
        place: Where its first frame stands.
        duration: Record span, kept as it is.
    """
    rate = visible_range(clip).start_time.rate
    start = place.head
    if place.speed < 0:
        start += place.speed * seconds_of_time(duration)
    value = start * cached_rate(rate)
    return Range(Time(_number(value), rate), duration)


def taken_at(take: Take) -> Place:
    """Return the place of the slot for which a take was made."""
    return Place(Fraction(take.source_start), Fraction(take.source_speed))


def take_start_in(slot_place: Place, take: Take, rate: Fraction) -> int:
    """Return the slot frame that a take's first frame shows in the slot as it stands now.

    A take made when the clip played at another speed cannot follow: it starts where it was made to.
    """
    made_at = taken_at(take)
    if made_at.speed != slot_place.speed:
        return take.slot_start
    return take.slot_start - slot_place.frames_after(made_at, rate)


def take_of(clip: Any, key: str | None = None) -> Take | None:
    """Return the take that a clip's active or named media reference is, None for foreign media."""
    key = key or clip.active_media_reference_key
    reference = clip.media_references().get(key)
    if reference is None or not has_ours(reference):
        return None
    try:
        return Take.model_validate(our_metadata(reference))
    except ValueError:
        raise TimelineError(
            f"What is noted of take '{key}' on clip '{clip.name}' is damaged; undo, or put back an "
            "earlier version of the timeline."
        ) from None


def shown_frame(clip: Any, take: Take) -> int:
    """Return the frame of its take that a clip shows first."""
    start = seconds_of_time(visible_range(clip).start_time)
    return round(start * cached_rate(take.rate)) - take.media_start


def take_range(clip: Any, take: Take, take_frame: int, duration: Any) -> Range:
    """Return the source range that shows a take from one of its frames on."""
    number = rate_number(clip, cached_rate(take.rate))
    return Range(Time(take.media_start + take_frame, number), duration)


def rate_number(clip: Any, rate: Fraction) -> float:
    """Return a rate as the number that the clip itself uses for it, so that 23.976 stays 23.976."""
    own = visible_range(clip).duration.rate
    return float(own) if cached_rate(own) == rate else float(rate)


def _stack_place(stack: Any, rate: Fraction) -> Place:
    ours = our_metadata(stack)
    made_at = Place(Fraction(ours["original"]["head"]), Fraction(ours["original"]["speed"]))
    moved = seconds_of_time(visible_range(stack).start_time) * rate - ours["splice"]["handle"]
    return made_at.shifted(round(moved), rate)


def _number(value: Fraction) -> float:
    """A frame count as OTIO wants it; whole frames exactly whole."""
    nearest = round(value)
    return float(nearest) if abs(value - nearest) < Fraction(1, 1000) else float(value)
