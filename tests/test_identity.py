from __future__ import annotations

from typing import Any

import pytest
from cuts import RT, TR, clip, cut_of, take_for
from test_timeline_edits import trim

from otio_bridge.errors import ClipAmbiguous, ClipNotFound
from otio_bridge.identity import derived_id, identified, named, trace_of
from otio_bridge.model import Shot
from otio_bridge.project import ShotRecord
from otio_bridge.timeline import Cut
from otio_bridge.timeline_edits import add_takes
from otio_bridge.timeline_slots import slots_in


def record_of(cut: Cut, number: int = 0) -> ShotRecord:
    slot = slots_in(cut)[number]
    shot = Shot(id=derived_id(slot), clip=slot.name)
    return ShotRecord(shot=shot, traces=(trace_of(slot, "cut.otio"),))


def ids(cut: Cut, *records: ShotRecord) -> list[str]:
    return [one.shot for one in identified(slots_in(cut), records)]


def test_an_undescribed_clip_keeps_its_id_through_moves_in_the_cut() -> None:
    one = cut_of(clip("hug.mov"), clip("talk.mov"))
    other = cut_of(clip("talk.mov"), clip("hug.mov"))
    assert ids(one) == ids(other)[::-1]
    assert ids(one)[0].startswith("hug-")


def test_a_trimmed_slipped_or_renamed_clip_is_found_by_media_and_range() -> None:
    cut = cut_of(clip("hug", 48), clip("talk"))
    record = record_of(cut)
    item = slots_in(cut)[0].item
    trim(item, 7, -5)
    item.name = "renamed"
    assert ids(cut, record)[0] == record.shot.id


def test_a_relinked_clip_without_media_is_found_by_its_name() -> None:
    cut = cut_of(clip("hug", 48))
    record = record_of(cut)
    fresh = cut_of(clip("hug", 48, start=5000, missing=True))
    assert ids(fresh, record) == [record.shot.id]


def test_a_marker_note_names_the_shot() -> None:
    import opentimelineio as otio

    cut = cut_of(clip("hug"))
    record = record_of(cut)
    stray: Any = clip("elsewhere", missing=True)
    stray.markers.append(otio.schema.Marker("", TR(RT(100, 24), RT(1, 24))))
    stray.markers[0].comment = f"otio_bridge shot={record.shot.id}"
    assert ids(cut_of(stray), record) == [record.shot.id]


def test_another_clip_of_the_same_media_is_another_shot() -> None:
    cut = cut_of(clip("hug", 48), clip("hug", 40, start=110))
    record = record_of(cut)
    found = ids(cut, record)
    assert found[0] == record.shot.id != found[1]


def test_split_and_duplicated_clips_share_a_shot_and_are_told_apart() -> None:
    cut = cut_of(clip("hug"), clip("talk"))
    slot = slots_in(cut)[0]
    add_takes(slot, "hug-1", [(take_for(cut, slot, 1), "t01.mov")])
    double = slot.item.clone()
    slot.parent.append(double)
    placed = identified(slots_in(cut))
    assert [one.id for one in placed] == ["hug-1~1", placed[1].shot, "hug-1~2"]
    assert named(cut, placed, "hug-1~2").slot.record_start == 96
    assert named(cut, placed, "hug@96").id == "hug-1~2"
    assert named(cut, placed, "hug@00:00:00:00").id == "hug-1~1"
    with pytest.raises(
        ClipAmbiguous, match=r"hug-1~1 on V1 at 00:00:00:00; hug-1~2 on V1 at 00:00:04"
    ):
        named(cut, placed, "hug")
    with pytest.raises(ClipAmbiguous):
        named(cut, placed, "hug-1")


def test_an_unknown_name_gets_a_near_one() -> None:
    cut = cut_of(clip("kitchen_hug.mov"), clip("talk"))
    placed = identified(slots_in(cut))
    assert named(cut, placed, "Kitchen_Hug").slot.name == "kitchen_hug.mov"
    with pytest.raises(ClipNotFound, match=r"did you mean kitchen_hug\.mov"):
        named(cut, placed, "kitchen_hgu.mov")
