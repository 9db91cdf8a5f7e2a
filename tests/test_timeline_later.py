"""What editors do between our verbs: trims, splits, moves, markers, effects, switches, nests."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import opentimelineio as otio
import pytest
from cuts import RT, TR, clip, cut_of, facts, only_slot, plan_in, take_for

from otio_bridge.errors import BridgeError, TimelineError
from otio_bridge.identity import identified
from otio_bridge.model import Segment
from otio_bridge.timeline import Cut, seconds_of_time, timeline_text
from otio_bridge.timeline_edits import add_takes, revert, splice, use_take
from otio_bridge.timeline_place import visible_range
from otio_bridge.timeline_shown import segments_shown
from otio_bridge.timeline_slots import Slot, slots_in

S = otio.schema
Stack, Clip = S.Stack, S.Clip
HALVES = [
    Segment(take="t01", take_start=12, slot_start=0, frames=24),
    Segment(take="t02", take_start=36, slot_start=24, frames=24),
]


def shot(**options: Any) -> Cut:
    """A cut whose clip "hug" of 48 frames has three takes."""
    cut = cut_of(clip("a", 40), clip("hug", 48, **options), clip("b", 40))
    slot = only_slot(cut)
    takes = [take_for(cut, slot, n, head=300, tail=300, slot_start=-12) for n in (1, 2, 3)]
    add_takes(slot, "s", [(take, take.media) for take in takes])
    return cut


def reread(cut: Cut) -> Cut:
    tree = otio.core.deserialize_json_from_string(timeline_text(cut.timeline))
    return Cut(cut.path, tree, cut.rate, "")


def ours(cut: Cut) -> list[Slot]:
    return [slot for slot in slots_in(cut) if slot.shot == "s"]


def mark(item: Any, name: str, frame: int) -> None:
    start = visible_range(item).start_time
    span = TR(RT(start.value + frame, start.rate), RT(1, start.rate))
    item.markers.append(S.Marker(name, span))


def put_in_place(cut: Cut, way: str) -> Slot:
    slot = only_slot(cut)
    if way == "use":
        use_take(cut, slot, "t02")
    else:
        splice(cut, slot, HALVES, nested=way == "nested")
    return only_slot(cut)


WAYS = pytest.mark.parametrize("way", ["use", "flat", "nested"])


@WAYS
@pytest.mark.parametrize("warp", [None, 2.0, -1.0])
def test_markers_and_effects_added_meanwhile_survive_revert(way: str, warp: float | None) -> None:
    cut = shot(warp=warp, markers=2, effects=1)
    before = facts(cut)
    slot = put_in_place(cut, way)
    last = slot.items[-1]
    first_of_last = 24 if way == "flat" else 0
    mark(last, "new", 7)
    last.effects.append(S.Effect("grade", "Grade"))
    revert(cut, only_slot(cut))
    item = only_slot(cut).item
    assert [m.name for m in item.markers] == ["m0", "m1", "new"]
    speed = warp or 1.0
    head = 100 if speed > 0 else 148
    frame = item.markers[-1].marked_range.start_time.value - head
    assert frame == (first_of_last + 7) * speed
    assert [e.name for e in item.effects if e.name] == ["e0", "grade"]
    del item.markers[-1]
    item.effects[:] = [e.clone() for e in item.effects if e.name != "grade"]
    assert facts(cut) == before


@WAYS
def test_deleted_markers_and_effects_stay_deleted(way: str) -> None:
    cut = shot(markers=2, effects=2)
    slot = put_in_place(cut, way)
    for item in slot.items:
        item.effects[:] = [e.clone() for e in item.effects if e.name != "e0"]
        item.markers[:] = [m.clone() for m in item.markers if m.name != "m1"]
    revert(cut, only_slot(cut))
    item = only_slot(cut).item
    assert [e.name for e in item.effects] == ["e1"]
    assert [m.name for m in item.markers] == ["m0"]


@WAYS
def test_a_new_name_colour_and_switch_survive_revert(way: str) -> None:
    cut = shot()
    red = otio.core.Color.RED
    for item in put_in_place(cut, way).items:
        item.name, item.enabled, item.color = "renamed", False, red
        item.metadata["editor"] = {"flag": [1, {"deep": True}]}
    revert(cut, only_slot(cut, "renamed"))
    item = only_slot(cut, "renamed").item
    assert (item.enabled, item.color.name) == (False, "Red")
    assert item.metadata["editor"]["flag"][1]["deep"] is True
    assert item.media_reference.target_url == "/media/hug.mov"


def test_colour_stays_on_a_nested_splice() -> None:
    cut = shot()
    only_slot(cut).item.color = otio.core.Color.GREEN
    before = facts(cut)
    assert put_in_place(cut, "nested").item.color.name == "Green"
    revert(cut, only_slot(cut))
    assert facts(cut) == before


def test_grades_inside_a_nested_splice_come_back_to_the_clip() -> None:
    cut = shot()
    piece = put_in_place(cut, "nested").item[0][1]
    piece.effects.append(S.Effect("grade", "Grade"))
    mark(piece, "inside", 3)
    revert(cut, only_slot(cut))
    item = only_slot(cut).item
    assert [e.name for e in item.effects] == ["grade"]
    assert item.markers[0].marked_range.start_time == RT(100 + 24 + 3, 24)


def test_a_dissolve_between_segments_leaves_one_slot() -> None:
    cut = shot()
    before = facts(cut)
    slot = put_in_place(cut, "flat")
    dissolve = S.Transition("d", "SMPTE_Dissolve", RT(2, 24), RT(2, 24))
    slot.parent.insert(slot.index + 1, dissolve)
    slot = only_slot(cut)
    assert (slot.frames, slot.count, slot.takes) == (48, 3, ("t01", "t02"))
    assert segments_shown(cut, slot) == HALVES
    revert(cut, slot)
    assert facts(cut) == before


def test_a_deleted_segment_leaves_the_rest_to_revert() -> None:
    cut = shot()
    slot = put_in_place(cut, "flat")
    del slot.parent[slot.index]
    assert only_slot(cut).frames == 24
    revert(cut, only_slot(cut))
    assert only_slot(cut).item.source_range == TR(RT(124, 24), RT(24, 24))


def test_halves_of_a_split_nested_splice_are_two_slots() -> None:
    cut = shot()
    slot = put_in_place(cut, "nested")
    other = slot.item.clone()
    start = slot.item.source_range.start_time
    slot.item.source_range = TR(start, RT(20, 24))
    other.source_range = TR(start + RT(20, 24), RT(28, 24))
    slot.parent.insert(slot.index + 1, other)
    assert [one.frames for one in ours(cut)] == [20, 28]
    assert [one.take for one in segments_shown(cut, ours(cut)[1])] == ["t01", "t02"]
    revert(cut, ours(cut)[1])
    assert ours(cut)[1].item.source_range == TR(RT(120, 24), RT(28, 24))


def test_neighbours_with_different_takes_are_no_splice() -> None:
    cut = shot()
    slot = only_slot(cut)
    slot.parent.insert(slot.index + 1, slot.item.clone())
    use_take(cut, ours(cut)[0], "t01")
    use_take(cut, ours(cut)[1], "t02")
    assert [one.takes for one in ours(cut)] == [("t01",), ("t02",)]
    assert [one.id for one in identified(ours(cut))] == ["s~1", "s~2"]


def test_a_seam_rolled_inside_a_nested_splice_is_read_off_the_stack() -> None:
    cut = shot()
    one, other = put_in_place(cut, "nested").item[0]
    one.source_range = TR(one.source_range.start_time, one.source_range.duration + RT(5, 24))
    there = other.source_range
    other.source_range = TR(there.start_time + RT(5, 24), there.duration - RT(5, 24))
    shown = [(s.take, s.take_start, s.frames) for s in segments_shown(cut, only_slot(cut))]
    assert shown == [("t01", 12, 29), ("t02", 41, 19)]


def test_a_take_chosen_in_the_editor_itself_can_be_reverted() -> None:
    cut = shot()
    before = facts(cut)
    only_slot(cut).item.active_media_reference_key = "t01"
    assert only_slot(cut).takes == ("t01",)
    revert(cut, only_slot(cut))
    assert facts(cut) == before


@pytest.mark.parametrize("warp", [2.0, 0.5, -1.0])
def test_a_clip_retimed_after_its_takes_were_made_still_shows_them(warp: float) -> None:
    cut = shot()
    only_slot(cut).item.effects.append(S.LinearTimeWarp("", warp))
    before = facts(cut)
    use_take(cut, only_slot(cut), "t01")
    (shown,) = segments_shown(cut, only_slot(cut))
    assert (shown.take, shown.take_start, shown.frames) == ("t01", 12, 48)
    assert not list(only_slot(cut).item.effects)
    revert(cut, only_slot(cut))
    assert facts(cut) == before


def test_a_take_retimed_in_place_hands_its_speed_to_the_clip() -> None:
    cut = shot()
    use_take(cut, only_slot(cut), "t01")
    only_slot(cut).item.effects.append(S.LinearTimeWarp("", 2.0))
    revert(cut, only_slot(cut))
    item = only_slot(cut).item
    assert [effect.time_scalar for effect in item.effects] == [2.0]
    assert item.source_range == TR(RT(100, 24), RT(48, 24))


def test_without_its_record_a_splice_is_not_reverted_but_keeps_its_length() -> None:
    cut = shot()
    for item in put_in_place(cut, "flat").items:
        item.set_media_references({"DEFAULT_MEDIA": item.media_reference.clone()}, "DEFAULT_MEDIA")
        del item.metadata["otio_bridge"], item.media_reference.metadata["otio_bridge"]
    known = {f"t{n:02}.mov": ("s", f"t{n:02}") for n in (1, 2)}
    before = facts(cut)
    (slot,) = [one for one in slots_in(cut, known) if one.shot == "s"]
    assert (slot.takes, slot.frames) == (("t01", "t02"), 48)
    with pytest.raises(TimelineError, match="dropped the record"):
        revert(cut, slot)
    assert facts(cut) == before
    add_takes(slot, "s", [(take_for(cut, slot, 3), "takes/t03.mov")])
    use_take(cut, slot, "t03")
    assert [one.frames for one in slots_in(cut)] == [40, 48, 40]


Edit = Callable[[random.Random, Any], None]


def _trim(chance: random.Random, item: Any) -> None:
    span = visible_range(item)
    head, tail = chance.randint(-4, 4), chance.randint(-4, 4)
    if span.duration.value - head + tail >= 1:
        rate = span.duration.rate
        start = RT(span.start_time.value + head, span.start_time.rate)
        item.source_range = TR(start, RT(span.duration.value - head + tail, rate))


def _split(chance: random.Random, item: Any) -> None:
    span, parent = visible_range(item), item.parent()
    if span.duration.value >= 2:
        at = RT(chance.randint(1, int(span.duration.value) - 1), span.duration.rate)
        other = item.clone()
        item.source_range = TR(span.start_time, at)
        other.source_range = TR(span.start_time + at, span.duration - at)
        parent.insert(parent.index(item) + 1, other)


def _duplicate(chance: random.Random, item: Any) -> None:
    item.parent().append(item.clone())


def _lift(chance: random.Random, item: Any) -> None:
    parent, track = item.parent(), S.Track("up", kind=S.TrackKind.Video)
    track.append(item.clone())
    parent[parent.index(item)] = S.Gap(source_range=TR(RT(0, 24), visible_range(item).duration))
    while parent.parent() is not None:
        parent = parent.parent()
    parent.append(track)


def _retime(chance: random.Random, item: Any) -> None:
    item.effects.append(S.LinearTimeWarp("", chance.choice([2.0, 0.5, -1.0])))


def _freeze(chance: random.Random, item: Any) -> None:
    item.effects.append(S.FreezeFrame())


def _add_marker(chance: random.Random, item: Any) -> None:
    mark(item, f"new{chance.random()}", chance.randrange(5))


def _add_effect(chance: random.Random, item: Any) -> None:
    item.effects.append(S.Effect(f"new{chance.random()}", "Blur"))


def _relink(chance: random.Random, item: Any) -> None:
    if isinstance(item, Clip):
        known = item.media_reference.available_range
        item.media_reference = S.ExternalReference("/elsewhere.mov", known)


def _forget_range(chance: random.Random, item: Any) -> None:
    item.source_range = None


def _nest(chance: random.Random, item: Any) -> None:
    parent, stack = item.parent(), Stack("Compound 1")
    stack.append(S.Track("V", [item.clone()], kind=S.TrackKind.Video))
    parent[parent.index(item)] = stack


def _strip(chance: random.Random, item: Any) -> None:
    item.metadata.pop("otio_bridge", None)


EDITS: tuple[Edit, ...] = (
    _trim, _trim, _split, _duplicate, _lift, _retime, _add_marker, _add_marker, _add_effect,
    _relink, _forget_range, _nest, _strip, _freeze,
)  # fmt: skip


def added(cut: Cut) -> set[str]:
    """Names of the markers and effects that the edits above added."""
    return {
        str(thing.name)
        for item in cut.timeline.tracks.find_children()
        if isinstance(item, otio.core.Item)
        for thing in (*item.markers, *item.effects)
        if thing.name.startswith("new")
    }


def lengths(cut: Cut) -> list[float]:
    return [float(seconds_of_time(track.duration())) for track in cut.timeline.tracks]


def act(chance: random.Random, cut: Cut, slot: Slot) -> None:
    verb = chance.choice(["use", "flat", "nested", "revert"])
    if verb == "use":
        use_take(cut, slot, f"t{chance.randint(1, 3):02}")
    elif verb == "revert":
        revert(cut, slot)
    else:
        splice(cut, slot, plan_in(chance, max(1, slot.frames)), nested=verb == "nested")


@pytest.mark.parametrize("seed", range(60))
def test_whatever_editors_do_nothing_is_lost_and_nothing_crashes(seed: int) -> None:
    chance = random.Random(seed)
    cut = shot(warp=chance.choice([None, 2.0, -1.0]), markers=chance.randrange(3))
    for _ in range(12):
        cut = reread(cut)
        if not (slots := ours(cut)):
            return
        slot = chance.choice(slots)
        if chance.random() < 0.5:
            chance.choice(EDITS)(chance, chance.choice(slot.items))
            continue
        before, long, names = facts(cut), lengths(cut), added(cut)
        try:
            act(chance, cut, slot)
        except BridgeError as error:
            assert "\n" not in str(error)
            assert facts(cut) == before
        assert lengths(cut) == pytest.approx(long, abs=1e-4)
        assert names <= added(cut)
        for one in ours(cut):
            segments_shown(cut, one)
