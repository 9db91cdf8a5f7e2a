"""Edits of one slot: add alternates, use a take, splice takes, revert. Everything else stays put.

Each verb first works out the clip as it was (`_restored`), builds what replaces it from that clip,
and puts it into the same place on the same track with the same duration. The clip as it was travels
in the metadata of whatever stands in its place, so that `revert` needs nothing but the timeline.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import opentimelineio as otio

from otio_bridge.clock import exact_rate
from otio_bridge.errors import PlanError, TakeNotFound
from otio_bridge.model import Segment, Take
from otio_bridge.timeline import (
    METADATA,
    METADATA_VERSION,
    Cut,
    cached_rate,
    our_metadata,
    seconds_of_time,
)
from otio_bridge.timeline_place import (
    Place,
    Range,
    Time,
    is_time_effect,
    original_range,
    place_of,
    rate_number,
    take_of,
    take_range,
    take_start_in,
    visible_range,
)
from otio_bridge.timeline_slots import ORIGINAL, Slot, original_key, take_keys

HANDLE = 12
"""Frames beyond the slot that a nested splice keeps at both ends where the takes have them."""


def add_takes(slot: Slot, shot: str, takes: Iterable[tuple[Take, str]]) -> None:
    """Add takes as alternates to every clip of a slot; what is shown does not change.

    Args:
        slot: The slot that was clicked.
        shot: Shot id, kept in the clip's metadata.
        takes: Each take with the path or URL of its file.
    """
    made = [(take, url) for take, url in takes]
    for item in slot.items:
        for clip in [item] if isinstance(item, otio.schema.Clip) else item.find_clips():
            _offer(clip, made)
            _note(clip, shot=shot)
        if isinstance(item, otio.schema.Stack):
            _note(item, shot=shot)


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
    place = place_of(slot, cut.rate)
    clip = _restored(cut, slot)
    take = _take_named(clip, take_id)
    first = -take_start_in(place, take, cut.rate)
    _guard_reach(cut, slot, take, first)
    note = _as_it_was(clip, place)
    _show_take(clip, take, first, visible_range(clip).duration, place, cut.rate)
    _note(clip, original=note)
    _replace(slot, [clip])


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
    _guard_cover(segments, slot.frames)
    place = place_of(slot, cut.rate)
    clip = _restored(cut, slot)
    for segment in (segments[0], segments[-1]):
        if segment.take != ORIGINAL:
            take = _take_named(clip, segment.take)
            _guard_ends(cut, slot, take, segment, segments)
    pieces = [_piece(clip, segment, place, cut.rate) for segment in segments]
    _settle_durations(pieces, segments, clip, cut.rate)
    note = _as_it_was(clip, place)
    _guard_flat(slot, nested)
    if nested:
        _replace(slot, [_nested(clip, pieces, segments, note, place, cut.rate)])
        return
    splice_id = uuid.uuid4().hex[:8]
    for number, piece in enumerate(pieces):
        _note(piece, original=note, splice={"id": splice_id, "index": number})
    _replace(slot, pieces)


def revert(cut: Cut, slot: Slot) -> None:
    """Put the clip back as it was before a take or a splice took its place; takes stay on it."""
    _replace(slot, [_restored(cut, slot)])


def takes_on(slot: Slot) -> list[Take]:
    """List the takes that a slot's clips carry, by id."""
    found: dict[str, Take] = {}
    for item in slot.items:
        for clip in [item] if isinstance(item, otio.schema.Clip) else item.find_clips():
            for key in take_keys(clip):
                take = take_of(clip, key)
                if take is not None:
                    found[take.id] = take
    return [found[name] for name in sorted(found)]


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


# -- what stands on a clip


def _offer(clip: Any, takes: Iterable[tuple[Take, str]]) -> None:
    references = dict(clip.media_references())
    active = clip.active_media_reference_key
    for take, url in takes:
        references[take.id] = _reference(clip, take, url)
    clip.set_media_references(references, active)


def _reference(clip: Any, take: Take, url: str) -> Any:
    number = rate_number(clip, exact_rate(take.rate))
    return otio.schema.ExternalReference(
        target_url=url,
        available_range=Range(Time(take.media_start, number), Time(take.frames, number)),
        metadata={METADATA: {"version": METADATA_VERSION, **take.model_dump(mode="json")}},
    )


def _note(thing: Any, **facts: Any) -> None:
    """Write facts into our metadata of an object; None takes a fact away."""
    ours = {"version": METADATA_VERSION, **our_metadata(thing), **facts}
    thing.metadata[METADATA] = {key: value for key, value in ours.items() if value is not None}


def _take_named(clip: Any, take_id: str) -> Take:
    take = take_of(clip, take_id)
    if take is None:
        known = ", ".join(take_keys(clip)) or "none yet"
        raise TakeNotFound(
            f"'{clip.name}' has no take '{take_id}' (its takes: {known}); list them with "
            "'otio-bridge takes'."
        )
    return take


def _as_it_was(clip: Any, place: Place) -> dict[str, Any]:
    """Return the reversal record: the clip without our takes and notes, as OTIO JSON."""
    bare = clip.clone()
    kept = {
        key: reference
        for key, reference in clip.media_references().items()
        if key not in take_keys(clip)
    }
    bare.set_media_references({k: r.clone() for k, r in kept.items()}, original_key(clip))
    bare.metadata.pop(METADATA, None)
    return {
        "clip": otio.core.serialize_json_to_string(bare, indent=-1),
        "key": original_key(clip),
        "head": str(place.head),
        "speed": str(place.speed),
    }


# -- the clip as it was


def _restored(cut: Cut, slot: Slot) -> Any:
    """Return the slot's clip as it was, with the takes found since, trimmed as the slot is now."""
    item = slot.item
    note = our_metadata(item).get("original")
    if note is None:
        return item.clone()
    bare = otio.core.deserialize_json_from_string(note["clip"])
    place = place_of(slot, cut.rate)
    as_made = Place(Fraction(note["head"]), Fraction(note["speed"]))
    duration = _total_duration(slot, bare)
    moved = place.frames_after(as_made, cut.rate) != 0
    if moved or duration != visible_range(bare).duration:
        at = place if moved else as_made
        bare.source_range = original_range(bare, at, duration)
    clip = bare if "splice" in our_metadata(item) else _unused(item, bare)
    _carry_over(slot, clip)
    return clip


def _unused(item: Any, bare: Any) -> Any:
    """Return a clip that shows a take with only what `use_take` did undone."""
    clip = item.clone()
    clip.set_media_references(dict(clip.media_references()), original_key(item))
    clip.source_range = bare.source_range
    clip.effects[:] = [effect.clone() for effect in _merged_effects(clip, bare)]
    if any(is_time_effect(effect) for effect in bare.effects):
        clip.markers[:] = [marker.clone() for marker in bare.markers]
    _note(clip, original=None)
    return clip


def _merged_effects(clip: Any, bare: Any) -> list[Any]:
    """Return a clip's effects with the stored time warps back where they stood."""
    effects = list(clip.effects)
    for position, effect in enumerate(bare.effects):
        if is_time_effect(effect):
            effects.insert(position, effect)
    return effects


def _carry_over(slot: Slot, clip: Any) -> None:
    """Give a restored clip the takes and the shot of whatever stood in its place."""
    shot = our_metadata(slot.item).get("shot")
    references = dict(clip.media_references())
    for item in slot.items:
        for part in [item] if isinstance(item, otio.schema.Clip) else item.find_clips():
            for key in take_keys(part):
                references.setdefault(key, part.media_references()[key].clone())
    clip.set_media_references(references, original_key(clip))
    clip.metadata[METADATA] = {"version": METADATA_VERSION}
    _note(clip, shot=shot)


def _total_duration(slot: Slot, bare: Any) -> Any:
    """Return the slot's record span; the very number it had where nothing changed."""
    spans = [item.source_range.duration for item in slot.items]
    if len({span.rate for span in spans}) == 1:
        total = Time(sum(span.value for span in spans), spans[0].rate)
    else:
        rate = visible_range(bare).duration.rate
        total = Time(float(sum(map(seconds_of_time, spans)) * cached_rate(rate)), rate)
    before = visible_range(bare).duration
    return (
        before
        if abs(seconds_of_time(total) - seconds_of_time(before)) < Fraction(1, 10**6)
        else total
    )


# -- what replaces it


def _show_take(
    clip: Any, take: Take, first: int, duration: Any, place: Place, rate: Fraction
) -> None:
    """Make a clip show a take from one of its frames on, its own time warps put aside."""
    shown = take_range(clip, take, first, duration)
    if place.speed != 1:
        _move_markers(clip, place, shown.start_time, rate)
    _drop_warps(clip)
    clip.source_range = shown
    clip.active_media_reference_key = take.id


def _drop_warps(clip: Any) -> None:
    if any(is_time_effect(effect) for effect in clip.effects):
        clip.effects[:] = [e.clone() for e in clip.effects if not is_time_effect(e)]


def _later(start: Any, frames: int, rate: Fraction) -> Any:
    """Return a time some slot frames later, in its own rate."""
    return Time(start.value + float(frames * cached_rate(start.rate) / rate), start.rate)


def _move_markers(clip: Any, place: Place, start: Any, rate: Fraction) -> None:
    """Keep markers over the same record frames when the clip's time base changes."""
    for marker in clip.markers:
        seconds = seconds_of_time(marker.marked_range.start_time)
        frame = (seconds - place.head) / place.speed * rate
        length = marker.marked_range.duration
        marker.marked_range = Range(_later(start, round(frame), rate), length)


def _piece(clip: Any, segment: Segment, place: Place, rate: Fraction) -> Any:
    """Return the clip that shows one segment, without its final duration."""
    piece = clip.clone()
    number = rate_number(clip, rate)
    duration = Time(segment.frames, number)
    if segment.take == ORIGINAL:
        piece.source_range = original_range(clip, place.shifted(segment.slot_start, rate), duration)
    else:
        take = _take_named(clip, segment.take)
        _show_take(piece, take, segment.take_start, duration, place, rate)
    _keep_markers(piece, clip, segment, place, rate)
    return piece


def _keep_markers(piece: Any, clip: Any, segment: Segment, place: Place, rate: Fraction) -> None:
    """Leave on a piece only the markers that stand over its own frames, each on one piece."""
    start = piece.source_range.start_time
    takes_time = segment.take != ORIGINAL
    kept = []
    for marker in clip.markers:
        seconds = seconds_of_time(marker.marked_range.start_time)
        frame = round((seconds - place.head) / place.speed * rate)
        first, last = segment.slot_start, segment.slot_start + segment.frames
        outside_before = first == 0 and frame < 0
        if not (first <= frame < last or outside_before or _after_all(segment, frame, clip, rate)):
            continue
        copy = marker.clone()
        if takes_time:
            moved = _later(start, frame - first, rate)
            copy.marked_range = Range(moved, marker.marked_range.duration)
        kept.append(copy)
    piece.markers[:] = kept


def _after_all(segment: Segment, frame: int, clip: Any, rate: Fraction) -> bool:
    total = round(seconds_of_time(visible_range(clip).duration) * rate)
    return segment.slot_start + segment.frames >= total and frame >= total


def _settle_durations(
    pieces: Sequence[Any], segments: Sequence[Segment], clip: Any, rate: Fraction
) -> None:
    """Let the last piece take up what the slot's exact length has beyond whole frames."""
    total = visible_range(clip).duration
    spent = sum(Fraction(segment.frames) for segment in segments[:-1])
    left = seconds_of_time(total) * rate - spent
    last = pieces[-1]
    number = rate_number(clip, rate)
    value = float(left) if left.denominator != 1 else int(left)
    exact = total if len(pieces) == 1 else Time(value, number)
    last.source_range = Range(last.source_range.start_time, exact)


def _nested(
    clip: Any, pieces: Sequence[Any], segments: Sequence[Segment],
    note: Mapping[str, Any], place: Place, rate: Fraction,
) -> Any:  # fmt: skip
    """Return one stack that holds the pieces, with handles at both ends for its transitions."""
    head, tail = _handles(clip, segments)
    stack = otio.schema.Stack(name=clip.name, metadata=dict(clip.metadata))
    stack.enabled = clip.enabled
    number = rate_number(clip, rate)
    stack.source_range = Range(Time(head, number), visible_range(clip).duration)
    stack.effects[:] = [effect.clone() for effect in clip.effects if not is_time_effect(effect)]
    stack.markers[:] = [marker.clone() for marker in clip.markers]
    _move_markers(stack, place, stack.source_range.start_time, rate)
    for piece, segment in zip(pieces, segments, strict=True):
        original = segment.take == ORIGINAL
        piece.markers[:] = []
        piece.effects[:] = [e.clone() for e in piece.effects if original and is_time_effect(e)]
        piece.enabled = True
    _grow(pieces[0], head, 0)
    _grow(pieces[-1], 0, tail)
    stack.append(otio.schema.Track(name="Takes", kind=otio.schema.TrackKind.Video, children=pieces))
    recorded = {
        "id": uuid.uuid4().hex[:8],
        "handle": head,
        "segments": [segment.model_dump(mode="json") for segment in segments],
    }
    _note(stack, original=dict(note), splice=recorded)
    return stack


def _handles(clip: Any, segments: Sequence[Segment]) -> tuple[int, int]:
    """Return how many frames the outer segments have beyond the slot, at most the usual handle."""
    first, last = segments[0], segments[-1]
    head = 0 if first.take == ORIGINAL else min(HANDLE, first.take_start)
    if last.take == ORIGINAL:
        return head, 0
    spare = _take_named(clip, last.take).frames - last.take_start - last.frames
    return head, max(0, min(HANDLE, spare))


def _grow(piece: Any, head: int, tail: int) -> None:
    start, duration = piece.source_range.start_time, piece.source_range.duration
    scale = start.rate / duration.rate
    piece.source_range = Range(
        Time(start.value - head * scale, start.rate),
        Time(duration.value + head + tail, duration.rate),
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


def _guard_ends(
    cut: Cut, slot: Slot, take: Take, segment: Segment, segments: Sequence[Segment]
) -> None:
    head, tail = transitions_around(cut, slot)
    lacks_head = segment is segments[0] and segment.take_start < head
    end = segment.take_start + segment.frames
    lacks_tail = segment is segments[-1] and end + tail > take.frames
    if lacks_head or lacks_tail or segment.take_start < 0 or end > take.frames:
        raise PlanError(
            f"{take.id} has no frames for the transition beside '{slot.name}'; begin and end the "
            "plan with takes that have handles, or shorten the transition."
        )
