from __future__ import annotations

import json
from fractions import Fraction
from itertools import pairwise
from typing import Any

import opentimelineio as otio
import pytest
from cuts import RT, TR, clip, cut_of, cuts, facts, only_slot, take_for
from hypothesis import given, settings
from hypothesis import strategies as st

from otio_bridge.errors import PlanError, SlotRefused, TakeNotFound
from otio_bridge.model import Segment
from otio_bridge.timeline import Cut, seconds_of_time
from otio_bridge.timeline_edits import add_takes, revert, splice, takes_on, use_take
from otio_bridge.timeline_place import place_of, shown_frame, take_of
from otio_bridge.timeline_slots import ORIGINAL, slots_in


def positions(cut: Cut) -> list[tuple[str, int, int]]:
    """Record position of every slot."""
    return [(slot.name, slot.record_start, slot.frames) for slot in slots_in(cut)]


def with_takes(cut: Cut, count: int = 3) -> None:
    slot = only_slot(cut)
    add_takes(
        slot, "s", [(take_for(cut, slot, n), f"takes/t{n:02}.mov") for n in range(1, count + 1)]
    )


def plan_of(draw: st.DrawFn, frames: int) -> list[Segment]:
    """A random plan that covers the slot, its takes with 12 frames of handle."""
    cuts_at = sorted(draw(st.sets(st.integers(1, max(1, frames - 1)), max_size=4)) - {frames})
    edges = [0, *[c for c in cuts_at if 0 < c < frames], frames]
    segments = []
    for start, end in pairwise(edges):
        take = draw(st.sampled_from(["t01", "t02", "t03"]))
        segments.append(
            Segment(take=take, take_start=start + 12, slot_start=start, frames=end - start)
        )
    return segments


def shown(cut: Cut) -> list[tuple[str, int]]:
    """What every frame of the slot shows, read off the timeline alone: (take, take frame)."""
    frames: list[tuple[str, int]] = []
    (slot,) = [slot for slot in slots_in(cut) if slot.name == "hug"]
    for item in slot.items:
        parts: list[Any] = list(item[0]) if isinstance(item, otio.schema.Stack) else [item]
        inner: list[tuple[str, int]] = []
        for part in parts:
            take = take_of(part)
            assert take is not None
            first = shown_frame(part, take)
            length = round(seconds_of_time(part.source_range.duration) * cut.rate)
            inner += [(take.id, first + n) for n in range(length)]
        if isinstance(item, otio.schema.Stack):
            start = round(seconds_of_time(item.source_range.start_time) * cut.rate)
            inner = inner[start : start + slot.frames]
        frames += inner
    return frames


@given(cuts())
@settings(deadline=None, max_examples=60)
def test_adding_takes_changes_nothing_that_is_shown(cut: Cut) -> None:
    before = facts(cut)
    with_takes(cut)
    after = facts(cut)
    assert without_ours(after) == without_ours(before)
    assert [take.id for take in takes_on(only_slot(cut))] == ["t01", "t02", "t03"]


@given(cuts(), st.sampled_from(["t01", "t02", "t03"]))
@settings(deadline=None, max_examples=80)
def test_use_and_revert_are_exact(cut: Cut, take: str) -> None:
    with_takes(cut)
    before, where = facts(cut), positions(cut)
    use_take(cut, only_slot(cut), take)
    assert positions(cut) == where
    assert shown(cut) == [(take, 12 + n) for n in range(only_slot(cut).frames)]
    revert(cut, only_slot(cut))
    assert facts(cut) == before


@given(cuts(), st.data(), st.booleans())
@settings(deadline=None, max_examples=150)
def test_splice_covers_every_frame_once_and_reverts_exactly(
    cut: Cut, data: st.DataObject, nested: bool
) -> None:
    with_takes(cut)
    before, where = facts(cut), positions(cut)
    segments = plan_of(data.draw, only_slot(cut).frames)
    splice(cut, only_slot(cut), segments, nested=nested)
    assert positions(cut) == where
    expected = [(s.take, s.take_start + n) for s in segments for n in range(s.frames)]
    assert shown(cut) == expected
    assert others(cut) == others_in(before)
    reread = Cut(
        cut.path, otio.core.deserialize_json_from_string(json.dumps(facts(cut))), cut.rate, ""
    )
    revert(reread, only_slot(reread))
    assert facts(reread) == before


@given(cuts(), st.data())
@settings(deadline=None, max_examples=60)
def test_a_splice_over_a_splice_still_reverts_to_the_first_clip(
    cut: Cut, data: st.DataObject
) -> None:
    with_takes(cut)
    before = facts(cut)
    for nested in (True, False):
        splice(cut, only_slot(cut), plan_of(data.draw, only_slot(cut).frames), nested=nested)
    use_take(cut, only_slot(cut), "t02")
    revert(cut, only_slot(cut))
    assert facts(cut) == before


@given(cuts(), st.integers(-10, 10), st.integers(-10, 10))
@settings(deadline=None, max_examples=80)
def test_a_trim_made_while_a_take_is_in_use_moves_the_original_too(
    cut: Cut, head: int, tail: int
) -> None:
    with_takes(cut)
    slot = only_slot(cut)
    frames = slot.frames
    if frames - head + tail < 1 or any(isinstance(i, otio.schema.Transition) for i in slot.parent):
        return
    original = place_of(slot, cut.rate)
    use_take(cut, slot, "t01")
    trim(only_slot(cut).item, head, tail)
    assert place_of(only_slot(cut), cut.rate).frames_after(original, cut.rate) == head
    use_take(cut, only_slot(cut), "t02")
    assert shown(cut) == [("t02", 12 + head + n) for n in range(frames - head + tail)]
    revert(cut, only_slot(cut))
    place = place_of(only_slot(cut), cut.rate)
    assert place.speed == original.speed
    assert abs(place.head - original.shifted(head, cut.rate).head) < Fraction(1, 1000)


def trim(item: Any, head: int, tail: int) -> None:
    """Trim as an editor does: the head by some record frames, the tail by others."""
    was = item.source_range
    item.source_range = TR(
        RT(was.start_time.value + head, was.start_time.rate),
        RT(was.duration.value - head + tail, was.duration.rate),
    )


def without_ours(tree: Any) -> Any:
    """The JSON without takes and without our notes."""
    if isinstance(tree, list):
        return [without_ours(entry) for entry in tree]
    if not isinstance(tree, dict):
        return tree
    kept = {}
    for key, value in tree.items():
        if key == "media_references":
            value = {k: v for k, v in value.items() if "otio_bridge" not in v["metadata"]}
        if key == "metadata":
            value = {k: v for k, v in value.items() if k != "otio_bridge"}
        kept[key] = without_ours(value)
    return kept


def others(cut: Cut) -> list[Any]:
    return others_in(facts(cut))


def others_in(tree: Any) -> list[Any]:
    """Everything on the track but the slot."""
    return [child for child in tree["tracks"]["children"][0]["children"] if child["name"] != "hug"]


@pytest.mark.parametrize("effect", [otio.schema.FreezeFrame(), otio.schema.TimeEffect()])
def test_freezes_and_ramps_are_refused_and_nothing_changes(effect: Any) -> None:
    cut = cut_of(clip("hug"))
    with_takes(cut)
    only_slot(cut).item.effects.append(effect)
    before = facts(cut)
    for edit in (
        lambda: use_take(cut, only_slot(cut), "t01"),
        lambda: splice(
            cut, only_slot(cut), [Segment(take="t01", take_start=12, slot_start=0, frames=48)]
        ),
    ):
        with pytest.raises(SlotRefused, match="Nothing was changed"):
            edit()
        assert facts(cut) == before


def test_unknown_takes_holes_and_missing_handles_are_refused() -> None:
    out = otio.schema.Transition("out", "SMPTE_Dissolve", RT(5, 24), RT(20, 24))
    cut = cut_of(clip("hug"), out, clip("next"))
    with_takes(cut)
    before = facts(cut)
    with pytest.raises(TakeNotFound, match="t01, t02, t03"):
        use_take(cut, only_slot(cut), "t09")
    with pytest.raises(PlanError, match="0 to 68"):
        use_take(cut, only_slot(cut), "t01")
    hole = [Segment(take="t01", take_start=12, slot_start=0, frames=20)]
    with pytest.raises(PlanError, match="20 of the slot's 48"):
        splice(cut, only_slot(cut), hole)
    assert facts(cut) == before


def test_the_original_can_be_a_segment_with_its_own_warp() -> None:
    cut = cut_of(clip("hug", 48, warp=2.0))
    with_takes(cut)
    splice(cut, only_slot(cut), [
        Segment(take=ORIGINAL, take_start=0, slot_start=0, frames=20),
        Segment(take="t01", take_start=32, slot_start=20, frames=28),
    ])  # fmt: skip
    first, second = only_slot(cut).items
    assert [type(e).__name__ for e in first.effects] == ["LinearTimeWarp"]
    assert first.source_range == TR(RT(100, 24), RT(20, 24))
    assert not list(second.effects)


def test_markers_stand_over_the_same_record_frames() -> None:
    cut = cut_of(clip("hug", 60, markers=3, warp=-1.0))
    with_takes(cut)
    use_take(cut, only_slot(cut), "t01")
    item = only_slot(cut).item
    frames = [
        m.marked_range.start_time.value - item.source_range.start_time.value for m in item.markers
    ]
    assert frames == [60, 40, 20]
    splice(cut, only_slot(cut), [
        Segment(take="t01", take_start=12, slot_start=0, frames=30),
        Segment(take="t02", take_start=42, slot_start=30, frames=30),
    ])  # fmt: skip
    names = [[m.name for m in item.markers] for item in only_slot(cut).items]
    assert names == [["m2"], ["m0", "m1"]]


def test_mixed_rates_keep_the_exact_record_length() -> None:
    cut = cut_of(clip("first", 24), clip("hug", 50, rate=30.0), clip("last", 24))
    cut.rate = Fraction(24)
    with_takes(cut)
    before, where = facts(cut), positions(cut)
    splice(cut, only_slot(cut), [
        Segment(take="t01", take_start=12, slot_start=0, frames=13),
        Segment(take="t02", take_start=25, slot_start=13, frames=27),
    ])  # fmt: skip
    assert positions(cut) == where
    total = sum(seconds_of_time(item.source_range.duration) for item in only_slot(cut).items)
    assert abs(total - Fraction(50, 30)) < Fraction(1, 10**9)
    revert(cut, only_slot(cut))
    assert facts(cut) == before
