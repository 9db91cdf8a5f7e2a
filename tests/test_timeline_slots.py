"""Where slots lie: nested stacks, trimmed tracks, mixed rates, odd clips; what they can carry."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import opentimelineio as otio
import pytest
from cuts import RT, TR, clip, cut_of, facts, only_slot, take_for
from hypothesis import given, settings
from hypothesis import strategies as st

from otio_bridge.errors import PlanError, SlotRefused
from otio_bridge.model import Segment
from otio_bridge.timeline import Cut, seconds_of_time
from otio_bridge.timeline_edits import add_takes, revert, splice, transitions_around, use_take
from otio_bridge.timeline_markers import markers_of
from otio_bridge.timeline_slots import media_of, original_key, record_timecode, slots_in

S = otio.schema


def track_of(*items: Any, span: Any = None, kind: str = "Video") -> Any:
    return S.Track("t", list(items), span, kind)


def stack_of(*tracks: Any, span: Any = None) -> Any:
    return S.Stack("inner", list(tracks), span)


def agrees_with_opentimelineio(cut: Cut) -> bool:
    for slot in slots_in(cut):
        there = slot.item.transformed_time_range(slot.item.trimmed_range(), cut.timeline.tracks)
        start = seconds_of_time(there.start_time) * cut.rate
        assert abs(start - slot.record_start) <= Fraction(51, 100), (slot, there)
        assert abs(seconds_of_time(there.duration) * cut.rate - slot.frames) <= 1
    return True


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=4),
    st.lists(st.sampled_from([24.0, 23.976, 25.0, 29.97, 60.0]), min_size=4, max_size=4),
    st.integers(0, 40), st.integers(0, 40), st.integers(0, 40),
)  # fmt: skip
@settings(deadline=None, max_examples=60)
def test_positions_agree_with_opentimelineio_in_nests(
    lengths: list[int], rates: list[float], track_in: int, stack_in: int, outer_in: int
) -> None:
    inner = track_of(
        *(clip(f"c{n}", frames, rate=rates[n]) for n, frames in enumerate(lengths)),
        span=TR(RT(track_in, 24), RT(90, 24)),
    )
    stack = stack_of(inner, stack_of(track_of(clip("deep"))), span=TR(RT(stack_in, 24), RT(50, 24)))
    cut = cut_of(clip("first", 30), stack, clip("last", 30), start=86400)
    cut.timeline.tracks[0].source_range = TR(RT(outer_in, 24), RT(90, 24))
    cut.rate = Fraction(24)
    assert agrees_with_opentimelineio(cut)


def test_tracks_in_tracks_and_clips_in_stacks_have_places() -> None:
    inner = track_of(clip("x", 10), track_of(clip("y", 5)))
    cut = cut_of(clip("first", 30), inner, stack_of(clip("lone", 20)), clip("last", 30))
    assert agrees_with_opentimelineio(cut)
    assert [(one.name, one.record_start) for one in slots_in(cut)] == [
        ("first", 0), ("x", 30), ("y", 40), ("lone", 45), ("last", 65),
    ]  # fmt: skip


def test_clips_and_stacks_right_in_the_timeline_are_slots() -> None:
    cut = cut_of(clip("a"))
    cut.timeline.tracks.append(clip("hug"))
    cut.timeline.tracks.append(stack_of(clip("deep"), track_of(clip("deeper"))))
    assert agrees_with_opentimelineio(cut)
    assert [(one.name, one.track) for one in slots_in(cut)] == [
        ("a", "V1"), ("hug", "tracks"), ("deep", "inner"), ("deeper", "inner/V1"),
    ]  # fmt: skip
    before = _round_trip(cut, True)
    assert facts(cut) == before


def test_audio_is_left_out_at_every_depth() -> None:
    inner = stack_of(track_of(clip("v")), track_of(clip("a"), kind="Audio"))
    cut = cut_of(inner)
    cut.timeline.tracks.append(track_of(clip("sound"), kind="Audio"))
    assert [(one.name, one.track) for one in slots_in(cut)] == [("v", "V1/inner/V1")]


def test_the_global_start_time_counts_in_timecode() -> None:
    cut = cut_of(clip("hug"), clip("b"), start=86400)
    assert record_timecode(cut, slots_in(cut)[1]) == "01:00:02:00"


def reference(kind: str) -> Any:
    known = TR(RT(0, 24), RT(1, 24))
    return {
        "still": S.ExternalReference("still.png", known),
        "frames": S.ImageSequenceReference("frames", "f.", ".png", 1, 1, 24.0),
        "colour": S.GeneratorReference("", "Solid Color"),
        "missing": S.MissingReference(),
        "unknown length": S.ExternalReference("x.mov"),
    }[kind]  # fmt: skip


@pytest.mark.parametrize("kind", ["still", "frames", "colour", "missing", "unknown length"])
@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("enabled", [False, True])
def test_clips_of_every_kind_take_takes(kind: str, nested: bool, enabled: bool) -> None:
    hug = clip("hug")
    hug.media_reference = reference(kind)
    hug.enabled = enabled
    cut = cut_of(clip("a"), hug, clip("b"))
    before = _round_trip(cut, nested)
    assert facts(cut) == before


@pytest.mark.parametrize("nested", [False, True])
def test_a_clip_without_source_range_keeps_being_one(nested: bool) -> None:
    hug = clip("hug")
    hug.source_range = None
    hug.media_reference.available_range = TR(RT(86400, 24), RT(48, 24))
    cut = cut_of(clip("a"), hug, clip("b"))
    before = _round_trip(cut, nested)
    assert facts(cut) == before
    assert only_slot(cut).item.source_range is None


def test_the_active_one_of_several_foreign_media_is_the_original() -> None:
    hug = clip("hug")
    proxy = S.ExternalReference("proxy.mov", hug.media_reference.available_range)
    hug.set_media_references({"HIGH": hug.media_reference.clone(), "PROXY": proxy}, "PROXY")
    cut = cut_of(hug)
    before = _round_trip(cut, False)
    assert facts(cut) == before
    item = only_slot(cut).item
    assert (original_key(item), media_of(item)) == ("PROXY", "proxy.mov")


@pytest.mark.parametrize(
    ("keys", "active", "kept"),
    [([], "X", "X"), ([], "", "DEFAULT_MEDIA"), (["A"], "B", "B"), (["t01"], "t01", "t01 own")],
)
def test_clips_without_their_active_media_or_with_our_key_take_takes(
    keys: list[str], active: str, kept: str
) -> None:
    tree = json.loads(otio.adapters.write_to_string(clip("hug"), "otio_json"))
    tree["media_references"] = {key: tree["media_references"]["DEFAULT_MEDIA"] for key in keys}
    tree["active_media_reference_key"] = active
    cut = cut_of(otio.adapters.read_from_string(json.dumps(tree)))
    before = _round_trip(cut, False)
    assert facts(cut) == before
    item = only_slot(cut).item
    assert item.active_media_reference_key == kept
    assert set(item.media_references()) == {*keys, kept, "t01", "t02"}


def test_a_clip_right_in_a_stack_is_spliced_nested_only() -> None:
    hug = clip("hug")
    cut = cut_of(stack_of(hug, clip("below")))
    before = _round_trip(cut, True)
    assert facts(cut) == before
    with pytest.raises(PlanError, match="--nested"):
        splice(cut, only_slot(cut), _halves(cut))
    assert facts(cut) == before


def _halves(cut: Cut) -> list[Segment]:
    half = only_slot(cut).frames // 2
    return [
        Segment(take="t01", take_start=12, slot_start=0, frames=half),
        Segment(take="t02", take_start=12 + half, slot_start=half, frames=half),
    ]


def _round_trip(cut: Cut, nested: bool) -> Any:
    """Add takes, use one, splice two, revert; return the JSON before."""
    where = [(one.record_start, one.frames, one.enabled) for one in slots_in(cut)]
    slot = only_slot(cut)
    takes = [take_for(cut, slot, n) for n in (1, 2)]
    add_takes(slot, "s", [(take, take.media) for take in takes])
    before = facts(cut)
    use_take(cut, only_slot(cut), "t02")
    assert [(one.record_start, one.frames, one.enabled) for one in slots_in(cut)] == where
    splice(cut, only_slot(cut), _halves(cut), nested=nested)
    assert [(one.record_start, one.frames, one.enabled) for one in slots_in(cut)] == where
    revert(cut, only_slot(cut))
    return before


@pytest.mark.parametrize("frames", [0, -5])
def test_a_clip_of_no_length_is_refused(frames: int) -> None:
    hug = clip("hug")
    cut = cut_of(clip("a"), hug)
    add_takes(only_slot(cut), "s", [(take_for(cut, only_slot(cut), 1), "t01.mov")])
    only_slot(cut).item.source_range = TR(RT(100, 24), RT(frames, 24))
    before = facts(cut)
    with pytest.raises(SlotRefused, match="no frame"):
        use_take(cut, only_slot(cut), "t01")
    with pytest.raises(SlotRefused, match="no frame"):
        splice(cut, only_slot(cut), [])
    assert facts(cut) == before


def test_transitions_at_both_ends_ask_for_their_frames() -> None:
    into = S.Transition("in", "SMPTE_Dissolve", RT(10, 24), RT(3, 24))
    out = S.Transition("out", "SMPTE_Dissolve", RT(4, 24), RT(12, 24))
    cut = cut_of(clip("a"), into, clip("hug"), out, clip("b"))
    assert transitions_around(cut, only_slot(cut)) == (10, 12)
    before = _round_trip(cut, True)
    assert facts(cut) == before
    only_slot(cut).parent[3].out_offset = RT(13, 24)
    with pytest.raises(PlanError, match="-10 to 61"):
        use_take(cut, only_slot(cut), "t01")


@pytest.mark.parametrize(("warp", "start"), [(None, 20), (2.0, 10), (0.5, 40), (-1.0, 24)])
def test_markers_stand_over_the_frames_that_a_warp_shows(warp: float | None, start: int) -> None:
    hug = clip("hug", 48, warp=warp)
    hug.markers.append(S.Marker("contact", TR(RT(120, 24), RT(4, 24))))
    cut = cut_of(clip("a"), hug)
    (found,) = markers_of(only_slot(cut), cut.rate)
    assert found.start == start
    assert found.frames == 4 / abs(warp or 1)
