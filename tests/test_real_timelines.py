"""Every public export we have: listed as OpenTimelineIO itself counts, edited and reverted exactly.

OpenTimelineIO's own transformed ranges are the independent check of our record positions.
"""

from __future__ import annotations

import json
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from cuts import facts, plan_in, take_for

from otio_bridge.errors import SlotRefused
from otio_bridge.timeline import Cut, read_cut, seconds_of_time, timeline_text, write_cut
from otio_bridge.timeline_edits import add_takes, revert, splice, use_take
from otio_bridge.timeline_shown import segments_shown
from otio_bridge.timeline_slots import Slot, slots_in

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "otio"
FILES = sorted(DATA.glob("*.*"))
HANDLE = 60
FROZEN = {"cmx_speed_effects_small.edl"}
real = pytest.mark.skipif(not FILES, reason="the public exports are not on this machine")
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)


def on_disk(cut: Cut, path: Path) -> Cut:
    """The cut, written and read again."""
    path.unlink(missing_ok=True)
    write_cut(cut, path)
    return read_cut(path)


def places(cut: Cut) -> list[tuple[str, str, int, int]]:
    return [(slot.name, slot.track, slot.record_start, slot.frames) for slot in slots_in(cut)]


def with_takes(cut: Cut, number: int) -> Slot:
    slot = slots_in(cut)[number]
    takes = [take_for(cut, slot, n, head=HANDLE, tail=HANDLE) for n in (1, 2, 3)]
    add_takes(slot, "s", [(take, take.media) for take in takes])
    return slot


@real
def test_all_exports_are_here() -> None:
    assert len(FILES) == 19


@real
@each_file
def test_slots_lie_where_opentimelineio_says(path: Path) -> None:
    cut = read_cut(path)
    slots = slots_in(cut)
    assert slots
    for slot in slots:
        whole: Any = slot.item.trimmed_range()
        there = slot.item.transformed_time_range(whole, cut.timeline.tracks)
        start = seconds_of_time(there.start_time) * cut.rate
        length = seconds_of_time(there.duration) * cut.rate
        assert abs(start - slot.record_start) <= Fraction(51, 100), slot.name
        assert abs(length - slot.frames) < 1, slot.name


@real
@each_file
def test_no_picture_clip_is_forgotten(path: Path) -> None:
    cut = read_cut(path)
    heard = [
        clip
        for track in cut.timeline.find_children(descended_from_type=otio.schema.Track)
        if track.kind == otio.schema.TrackKind.Audio
        for clip in track.find_clips()
    ]
    pictures = [clip for clip in cut.timeline.find_clips() if not any(clip is h for h in heard)]
    assert len(slots_in(cut)) == len(pictures)


@real
@each_file
@pytest.mark.parametrize("nested", [False, True], ids=["flat", "nested"])
def test_every_clip_is_used_spliced_and_reverted_exactly(
    path: Path, nested: bool, tmp_path: Path
) -> None:
    chance = random.Random(f"{path.name} {nested}")
    plain, file = tmp_path / "plain.otio", tmp_path / "cut 100 %.otio"
    where = places(on_disk(read_cut(path), plain))
    for number in range(len(where)):
        cut = read_cut(plain)
        try:
            slot = with_takes(cut, number)
        except SlotRefused:
            assert path.name in FROZEN
            continue
        cut = on_disk(cut, file)
        before = facts(cut)
        slot = slots_in(cut)[number]
        use_take(cut, slot, "t02")
        cut = on_disk(cut, file)
        slot = slots_in(cut)[number]
        assert places(cut) == where
        assert [(one.take, one.take_start, one.frames) for one in segments_shown(cut, slot)] == [
            ("t02", HANDLE, slot.frames)
        ]
        revert(cut, slot)
        cut = on_disk(cut, file)
        assert facts(cut) == before
        slot = slots_in(cut)[number]
        plan = plan_in(chance, slot.frames, HANDLE)
        splice(cut, slot, plan, nested=nested)
        cut = on_disk(cut, file)
        slot = slots_in(cut)[number]
        assert places(cut) == where
        assert segments_shown(cut, slot) == plan
        revert(cut, slot)
        assert facts(on_disk(cut, file)) == before


@real
@each_file
def test_all_else_is_what_opentimelineio_itself_would_write(path: Path, tmp_path: Path) -> None:
    cut = read_cut(path)
    try:
        slot = with_takes(cut, len(slots_in(cut)) // 2)
    except SlotRefused:
        pytest.skip("the middle clip is frozen")
    splice(cut, slot, plan_in(random.Random(1), slot.frames, HANDLE))
    ours = facts(on_disk(cut, tmp_path / "ours.otio"))
    theirs = json.loads(timeline_text(read_cut(path).timeline))
    otio.adapters.write_to_file(otio.adapters.read_from_string(json.dumps(theirs)),
                                str(tmp_path / "theirs.otio"))  # fmt: skip
    theirs = facts(read_cut(tmp_path / "theirs.otio"))
    _same_but_one_place(theirs, ours, slot.name)


def _same_but_one_place(theirs: Any, ours: Any, name: str) -> None:
    """Every child outside the slot is equal, in the same order, wherever in the tree it lies."""
    one, other = theirs.pop("children", []), ours.pop("children", [])
    if "tracks" in theirs:
        one, other = [theirs.pop("tracks")], [ours.pop("tracks")]
    assert theirs == ours
    if one == other:
        return
    while one and other and one[0] == other[0]:
        del one[0], other[0]
    while one and other and one[-1] == other[-1]:
        del one[-1], other[-1]
    assert len(one) == 1
    if one[0]["OTIO_SCHEMA"].startswith("Clip"):
        assert one[0]["name"] == name
        assert all("otio_bridge" in child["metadata"] for child in other)
    else:
        _same_but_one_place(one[0], other[0], name)
