"""Edits of one slot: add alternates, use a take, splice takes, revert. Everything else stays put.

Each verb first works out the clip as it was (`restored`), builds what replaces it from that clip,
and puts it into the same place on the same track with the same duration. The clip as it was travels
in the metadata of whatever stands in its place, so that `revert` needs nothing but the timeline.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import opentimelineio as otio

from otio_bridge.clock import exact_rate
from otio_bridge.errors import PlanError, SlotRefused, TimelineError
from otio_bridge.model import Segment, Take
from otio_bridge.timeline import METADATA, METADATA_VERSION, SCHEMAS, Cut, seconds_of_time
from otio_bridge.timeline_light import carried_over, unlit
from otio_bridge.timeline_original import clips_of, note, record_dropped, restored
from otio_bridge.timeline_place import Range, Time, place_of, rate_number, take_of, take_start_in
from otio_bridge.timeline_segments import in_a_row, in_a_stack, showing, take_named
from otio_bridge.timeline_slots import ORIGINAL, Slot, take_keys


def add_takes(slot: Slot, shot: str, takes: Iterable[tuple[Take, str]]) -> None:
    """Add takes as alternates to every clip of a slot; what is shown does not change.

    Args:
        slot: The slot that was clicked.
        shot: Shot id, kept in the clip's metadata.
        takes: Each take with the path or URL of its file.
    """
    made = [(take, url) for take, url in takes]
    for clip in clips_of(slot):
        _offer(clip, made)
    for thing in (*slot.items, *clips_of(slot)):
        note(thing, shot=shot)


def use_take(cut: Cut, slot: Slot, take_id: str) -> None:
    """Show one take in a slot: its key becomes active and the source range becomes its own.

    Args:
        cut: The timeline.
        slot: The slot that was clicked.
        take_id: A take on the clip, or "original".

    Raises:
        TakeNotFound: The clip carries no such take.
        PlanError: The take does not reach over the whole slot and its transitions.
        SlotRefused: The slot is frozen or its speed changes.
    """
    if take_id == ORIGINAL:
        revert(cut, slot)
        return
    _guard_frames(slot)
    place = place_of(slot, cut.rate)
    clip = unlit(restored(cut, slot))
    take = take_named(clip, take_id)
    first = -take_start_in(place, take, cut.rate)
    _guard_reach(cut, slot, take, first)
    _replace(slot, [showing(clip, take, first, place, cut.rate)])


def splice(cut: Cut, slot: Slot, segments: Sequence[Segment], *, nested: bool = False) -> None:
    """Put segments of takes in a slot's place: same record range, every frame shown once.

    Args:
        cut: The timeline.
        slot: The slot that was clicked.
        segments: In record order, covering the slot exactly; a take of "original" is the clip's
            own media.
        nested: One stack in the slot instead of neighbouring clips.

    Raises:
        TakeNotFound: The clip carries no such take.
        PlanError: The segments leave holes, overlap, or a transition needs frames they lack.
        SlotRefused: The slot is frozen or its speed changes.
    """
    _guard_frames(slot)
    _guard_cover(segments, slot.frames)
    _guard_flat(slot, nested)
    place = place_of(slot, cut.rate)
    clip = unlit(restored(cut, slot))
    for segment in segments:
        if segment.take != ORIGINAL:
            _guard_segment(cut, slot, take_named(clip, segment.take), segment)
    if nested:
        _replace(slot, [in_a_stack(clip, segments, place, cut.rate)])
    else:
        _replace(slot, in_a_row(clip, segments, place, cut.rate))


def revert(cut: Cut, slot: Slot) -> None:
    """Put the clip back as it was before a take or a splice took its place; takes stay on it.

    Raises:
        TimelineError: A host dropped the record of what was there before.
        SlotRefused: What stands there was frozen or ramped, so its place cannot be told.
    """
    if record_dropped(slot):
        raise TimelineError(
            f"'{slot.name}' shows takes, but another program dropped the record of what was there "
            "before; relink the clip in your editor or go back to an earlier version."
        )
    _replace(slot, [unlit(restored(cut, slot))])


def takes_on(slot: Slot) -> list[Take]:
    """List the takes that a slot's clips carry, by id."""
    found: dict[str, Take] = {}
    for clip in clips_of(slot):
        for key in take_keys(clip):
            take = take_of(clip, key)
            if take is not None:
                found[take.id] = take
    return [found[name] for name in sorted(found)]


def items_as_json(slot: Slot) -> list[str]:
    """Return what stands in a slot as OTIO JSON, with the schemas that hosts read."""
    return [otio.core.serialize_json_to_string(item, SCHEMAS, indent=-1) for item in slot.items]


def transitions_around(cut: Cut, slot: Slot) -> tuple[int, int]:
    """Return how many frames the neighbouring transitions show before and after the slot."""
    before = slot.parent[slot.index - 1] if slot.index > 0 else None
    end = slot.index + slot.count
    after = slot.parent[end] if end < len(slot.parent) else None
    head = before.in_offset if isinstance(before, otio.schema.Transition) else None
    tail = after.out_offset if isinstance(after, otio.schema.Transition) else None
    return _frames(head, cut.rate), _frames(tail, cut.rate)


def _frames(time: Any, rate: Fraction) -> int:
    return 0 if time is None else -int(-seconds_of_time(time) * rate // 1)


def _offer(clip: Any, takes: Iterable[tuple[Take, str]]) -> None:
    references = dict(clip.media_references())
    active = clip.active_media_reference_key or otio.schema.Clip.DEFAULT_MEDIA_KEY
    references.setdefault(active, otio.schema.MissingReference())  # some hosts leave none
    ours = take_keys(clip)
    for take, url in takes:
        if take.id in references and take.id not in ours:  # the editor's own media has our name
            own = f"{take.id} own"
            references[own] = references[take.id].clone()
            active = own if active == take.id else active
        made = _reference(clip, take, url)
        if take.id in ours:
            carried_over(references[take.id], made)
        references[take.id] = made
    clip.set_media_references(references, active)


def _reference(clip: Any, take: Take, url: str) -> Any:
    number = rate_number(clip, exact_rate(take.rate))
    return otio.schema.ExternalReference(
        target_url=url,
        available_range=Range(Time(take.media_start, number), Time(take.frames, number)),
        metadata={METADATA: {"version": METADATA_VERSION, **take.model_dump(mode="json")}},
    )


def _replace(slot: Slot, items: Sequence[Any]) -> None:
    """Put new items in the place of a slot's items; the slot then spans the new ones."""
    del slot.parent[slot.index : slot.index + slot.count]
    for number, item in enumerate(items):
        slot.parent.insert(slot.index + number, item)
    slot.count = len(items)


# -- what is refused


def _guard_flat(slot: Slot, nested: bool) -> None:
    if not nested and isinstance(slot.parent, otio.schema.Stack):
        raise PlanError(
            f"'{slot.name}' lies directly in a stack, where clips cannot follow one another; "
            "splice it with --nested."
        )


def _guard_cover(segments: Sequence[Segment], frames: int) -> None:
    position = 0
    for segment in segments:
        if segment.slot_start != position or segment.frames <= 0:
            raise PlanError(
                f"The plan jumps from slot frame {position} to {segment.slot_start}; every frame "
                "must be shown exactly once, so mend the plan at that frame."
            )
        position += segment.frames
    if position != frames:
        raise PlanError(
            f"The plan shows {position} of the slot's {frames} frames; let it end at {frames}."
        )


def _guard_reach(cut: Cut, slot: Slot, take: Take, first: int) -> None:
    head, tail = transitions_around(cut, slot)
    if first - head < 0 or first + slot.frames + tail > take.frames:
        low, high = -first, -first + take.frames
        raise PlanError(
            f"{take.id} has a picture for slot frames {low} to {high} but the slot with its "
            f"transitions needs {-head} to {slot.frames + tail}; splice it with other takes, or "
            "regenerate."
        )


def _guard_frames(slot: Slot) -> None:
    if slot.frames <= 0:
        raise SlotRefused(
            f"'{slot.name}' lasts no frame, so nothing can be shown there; give it a length. "
            "Nothing was changed."
        )


def _guard_segment(cut: Cut, slot: Slot, take: Take, segment: Segment) -> None:
    head, tail = transitions_around(cut, slot)
    first, end = segment.take_start, segment.take_start + segment.frames
    if first < 0 or end > take.frames:
        raise PlanError(
            f"{take.id} has frames 0 to {take.frames} but the plan asks for {first} to {end}; "
            "mend the plan."
        )
    lacks_head = segment.slot_start == 0 and first < head
    lacks_tail = segment.slot_start + segment.frames == slot.frames and end + tail > take.frames
    if lacks_head or lacks_tail:
        raise PlanError(
            f"{take.id} has no frames for the transition beside '{slot.name}'; begin and end the "
            "plan with takes that have handles, or shorten the transition."
        )
