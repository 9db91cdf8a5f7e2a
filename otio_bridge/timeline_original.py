"""The clip as it was before a take or a splice took its place, and how it comes back.

The reversal record travels in the metadata of whatever stands in the clip's place, so that `revert`
needs nothing but the timeline. What people did since stays: trims, markers, effects, names.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import opentimelineio as otio

from otio_bridge.timeline import (
    METADATA,
    METADATA_VERSION,
    Cut,
    cached_rate,
    our_metadata,
    plain,
    seconds_of_time,
)
from otio_bridge.timeline_markers import markers_back, words
from otio_bridge.timeline_place import (
    Place,
    Range,
    Time,
    is_time_effect,
    original_range,
    place_of,
    take_of,
    visible_range,
)
from otio_bridge.timeline_shown import inner_parts_of
from otio_bridge.timeline_slots import ORIGINAL, Slot, original_key, record_on, take_keys


def note(thing: Any, **facts: Any) -> None:
    """Write facts into our metadata of an object; None takes a fact away."""
    ours = {"version": METADATA_VERSION, **our_metadata(thing), **facts}
    thing.metadata[METADATA] = {key: value for key, value in ours.items() if value is not None}


def clips_of(slot: Slot) -> list[Any]:
    """Return every clip of a slot, those inside a nested splice too."""
    return [
        clip
        for item in slot.items
        for clip in ([item] if isinstance(item, otio.schema.Clip) else item.find_clips())
    ]


def as_it_was(clip: Any, place: Place) -> dict[str, Any]:
    """Return the reversal record: the clip without our takes and notes, as OTIO JSON."""
    bare = clip.clone()
    takes = take_keys(clip)
    kept = {k: r.clone() for k, r in clip.media_references().items() if k not in takes}
    bare.set_media_references(kept, original_key(clip))
    bare.metadata.pop(METADATA, None)
    return {
        "clip": otio.core.serialize_json_to_string(bare, indent=-1),
        "key": original_key(clip),
        "head": str(place.head),
        "speed": str(place.speed),
    }


def restored(cut: Cut, slot: Slot) -> Any:
    """Return a slot's clip as it was, with the takes found since, trimmed as the slot is now.

    Raises:
        SlotRefused: What stands there was frozen or ramped, so its place cannot be told.
    """
    record = record_on(slot.item)
    if record is None:
        return _without_record(slot)
    clip = otio.core.deserialize_json_from_string(record["clip"])
    place = place_of(slot, cut.rate)
    as_made = Place(Fraction(record["head"]), Fraction(record["speed"]))
    moved = place.frames_after(as_made, cut.rate) != 0
    at = place if moved else as_made
    markers = markers_back(slot, clip, at, cut.rate)
    duration = _total_duration(slot, clip)
    if moved or duration != visible_range(clip).duration:
        clip.source_range = original_range(clip, at, duration)
    clip.markers[:] = markers
    clip.effects[:] = _effects_back(slot, clip, cut.rate)
    _wear(clip, slot.item)
    clip.set_media_references(_references_back(slot, clip), record["key"])
    return clip


def record_dropped(slot: Slot) -> bool:
    """Say whether a slot shows takes but a host dropped the record of what was there before."""
    if record_on(slot.item) is not None or set(slot.takes) == {ORIGINAL}:
        return False
    return take_of(slot.item) is None


def _without_record(slot: Slot) -> Any:
    """Return one clip for a slot without record: it was never changed, or by a host alone."""
    clip = slot.item.clone()
    showing_take = take_of(clip) is not None
    if showing_take or len(slot.items) > 1:
        start = visible_range(clip).start_time
        clip.source_range = Range(start, _total_duration(slot, clip))
    if showing_take:
        clip.set_media_references(clip.media_references(), original_key(clip))
    return clip


def _wear(clip: Any, item: Any) -> None:
    """Give a restored clip the name, switch, colour and metadata of what stood in its place."""
    clip.name, clip.enabled, clip.color = item.name, item.enabled, item.color
    clip.metadata.clear()
    clip.metadata.update(plain(item.metadata))
    note(clip, original=None, splice=None)


def _references_back(slot: Slot, bare: Any) -> Mapping[str, Any]:
    """Return the media of a restored clip: its own, those added since, and all takes."""
    references = dict(bare.media_references())
    for clip in clips_of(slot):
        takes = take_keys(clip)
        for key, reference in clip.media_references().items():
            if key in takes:
                take = take_of(clip, key)
                references.setdefault(key if take is None else take.id, reference.clone())
            elif key not in references or key != clip.active_media_reference_key:
                references[key] = reference.clone()
    return references


def _effects_back(slot: Slot, bare: Any, rate: Fraction) -> list[Any]:
    """Return a restored clip's effects: as people left them since, its time warps where they stood.

    Of several items in the slot the first that was changed rules, the others add what is new.
    """
    had = [words(effect) for effect in bare.effects]
    warps = [(n, effect) for n, effect in enumerate(bare.effects) if is_time_effect(effect)]
    steady = [e for e in bare.effects if not is_time_effect(e)]
    lists = [_effects_on(item, had, alone=len(slot.items) == 1) for item in slot.items]
    changed = [found for found in lists if [*map(words, found)] != [*map(words, steady)]]
    kept = list(changed[0]) if changed else steady
    inside = [part.item.effects for part in inner_parts_of(slot, rate)]
    for effect in (e for found in (*changed[1:], *inside) for e in found):
        if not is_time_effect(effect) and words(effect) not in (*had, *map(words, kept)):
            kept.append(effect)
    for position, warp in warps:
        kept.insert(position, warp)
    return [effect.clone() for effect in kept]


def _effects_on(item: Any, had: list[Any], *, alone: bool) -> list[Any]:
    """Return an item's effects without the clip's own warps; a new warp counts on a lone item."""
    return [
        effect
        for effect in item.effects
        if not is_time_effect(effect) or (alone and words(effect) not in had)
    ]


def _total_duration(slot: Slot, bare: Any) -> Any:
    """Return the slot's record span; the very number it had where nothing changed."""
    spans = [visible_range(item).duration for item in slot.items]
    if len({span.rate for span in spans}) == 1:
        total = Time(sum(span.value for span in spans), spans[0].rate)
    else:
        rate = visible_range(bare).duration.rate
        total = Time(float(sum(map(seconds_of_time, spans)) * cached_rate(rate)), rate)
    before = visible_range(bare).duration
    same = abs(seconds_of_time(total) - seconds_of_time(before)) < Fraction(1, 10**6)
    return before if same else total
