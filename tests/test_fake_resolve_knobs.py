"""Each knob of the fake Resolve, once kind and once as its fact says (facts/resolve.md)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

import opentimelineio as otio
import pytest
from fakes.resolve import AS_MEASURED, ASSUMED, FACTS, UNVERIFIED, Knobs
from resolve_desk import Desk

Seeing = Callable[[Desk], Any]


class Case(NamedTuple):
    """What one knob changes: `see` gives `kind` as it stands by default, `lying` when turned."""

    turned: dict[str, Any]
    kind: Any
    lying: Any
    see: Seeing


CASES: list[Case] = []


def turning(kind: Any, lying: Any, **turned: Any) -> Callable[[Seeing], Seeing]:
    """Register how a knob is seen; of several names the first is the knob under test."""

    def registered(see: Seeing) -> Seeing:
        CASES.append(Case(turned, kind, lying, see))
        return see

    return registered


def said(answer: list[Any] | None) -> list[str]:
    """What an append answers: "none", "dead" or "item" for each entry."""
    return ["none" if x is None else "item" if x.GetUniqueId() else "dead" for x in answer or []]


def written(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


# -- section 2: editions and builds


@turning(True, False, build=(21, 0, 4, 5))
def sees_item_types(desk: Desk) -> bool:
    return hasattr(desk.handle(), "GetType")


@turning("DaVinci Resolve Studio", "DaVinci Resolve", studio=False)
def sees_the_product(desk: Desk) -> str:
    return str(desk.app.GetProductName())


@turning((True, True), (False, False), mac_app_store=True)
def sees_ways_in(desk: Desk) -> tuple[bool, bool]:
    return desk.fake.scriptapp("Resolve") is not None, bool(desk.fake.menu())


@turning((True, "edit", "edit"), (False, None, "edit"), modal_after_studio_call=True, studio=False)
def sees_the_page_after_a_studio_call(desk: Desk) -> tuple[Any, Any, Any]:
    called, during = desk.handle().SmartReframe(), desk.app.GetCurrentPage()
    desk.fake.dismiss_modal()
    return called, during, desk.app.GetCurrentPage()


@turning((True, 3), (False, 2), refuses=frozenset({"AddTrack"}))
def sees_a_track_added(desk: Desk) -> tuple[bool, int]:
    return desk.timeline.AddTrack("video"), len(desk.fake.find().tracks["video"])


# -- section 5: AppendToTimeline


@turning([(0, 10, 0)], [(0, 11, 0)], end_frame_inclusive=True)
@turning([(0, 10, 0)], [], append_needs_pool_selection=True)
def sees_ten_frames_appended(desk: Desk) -> Any:
    desk.append()
    return desk.upper()


@turning(([], [5]), (["none"], [5]), collision="none")
@turning(([], [5]), (["dead"], [5]), collision="dead")
@turning(([], [5]), (["item"], [5, 15]), collision="slid")
def sees_a_collision(desk: Desk) -> Any:
    desk.fake.editor.place(desk.other, 5, frames=10, track=2)
    return said(desk.append()), [start for start, _, _ in desk.upper()]


@turning((["item"], [0]), ([], []), append_fault="dropped")
@turning((["item"], [0]), (["none"], []), append_fault="none")
@turning((["item"], [0]), (["dead"], []), append_fault="dead")
@turning((["item"], [0]), (["item"], [1]), append_fault="slid")
def sees_an_append_to_a_free_place(desk: Desk) -> Any:
    return said(desk.append()), [start for start, _, _ in desk.upper()]


@turning([0, 20], [0], append_fault_at=2, append_fault="dropped")
def sees_two_appends(desk: Desk) -> list[int]:
    desk.append()
    desk.append(recordFrame=86420)
    return [start for start, _, _ in desk.upper()]


@turning(([], None, []), (["item"], 10, []), locked_tracks_succeed=True)
def sees_an_append_to_a_locked_track(desk: Desk) -> Any:
    desk.fake.editor.lock("video", 2)
    answer = desk.append()
    return said(answer), answer[0].GetDuration() if answer else None, desk.upper()


@turning((None, 0, 0), (None, 1, 0), errored_appends_linger=True)
def sees_an_errored_batch(desk: Desk) -> Any:
    good = {"mediaPoolItem": desk.clip(), "startFrame": 0, "endFrame": 10, "mediaType": 1,
            "trackIndex": 2, "recordFrame": 86400}  # fmt: skip
    answer = desk.pool.AppendToTimeline([good, {**good, "startFrame": 0.5}])
    before = len(desk.upper())
    desk.app.GetProjectManager().SaveProject()
    return answer, before, len(desk.upper())


# -- section 6: positions


@turning((25, 25), (24, 25), source_start_off_by_one=True)
def sees_the_source_start(desk: Desk) -> tuple[Any, Any]:
    return desk.handle().GetSourceStartFrame(), desk.handle().GetLeftOffset()


@turning(["a.mov", "b.mov"], ["a.mov", "Cross Dissolve", "b.mov"], transitions_in_lists=True)
def sees_the_item_list(desk: Desk) -> list[str]:
    desk.fake.editor.transition(48)
    return [one.GetName() for one in desk.timeline.GetItemListInTrack("video", 1)]


@turning((False, False), (True, False), attributes_never_raise=True)
def sees_a_method_that_is_not_there(desk: Desk) -> tuple[bool, bool]:
    handle = desk.handle()
    return hasattr(handle, "SetMetadata"), "SetMetadata" in dir(handle)


@turning((2, 1, True, True, True), (0, 0, False, False, False), needs_current_timeline=True)
def sees_another_timeline(desk: Desk) -> tuple[Any, ...]:
    desk.handle().AddTake(desk.clip(desk.other), 0, 48)
    desk.fake.editor.lock("video", 2)
    cut = desk.beside()
    item = cut.GetItemListInTrack("video", 1)[0]
    return (item.GetTakesCount(), item.GetSelectedTakeIndex(), cut.GetIsTrackLocked("video", 2),
            cut.GetIsTrackEnabled("video", 1), item.SetProperty("ZoomX", 2.0))  # fmt: skip


@turning(10, 0, switching_moves_playhead=True)
def sees_the_playhead_after_coming_back(desk: Desk) -> int:
    desk.fake.editor.playhead(10)
    assert desk.project.SetCurrentTimeline(desk.beside())
    return desk.fake.desk().playhead


@turning(("a.mov", True), (None, False), handles_die=True)
def sees_an_old_handle_after_an_edit(desk: Desk) -> tuple[Any, bool]:
    handle = desk.handle()
    desk.append()
    assert desk.handle().GetName() == "a.mov"
    return handle.GetName(), bool(handle.GetUniqueId())


# -- section 7: takes


@turning(True, False, add_take_needs_extents=True)
def sees_a_take_without_extents(desk: Desk) -> bool:
    return desk.handle().AddTake(desk.clip(desk.other))


@turning([(0, 48), (48, 48)], [(0, 58), (58, 48)], ripple_takes=True)
def sees_a_longer_take(desk: Desk) -> Any:
    desk.handle().AddTake(desk.clip(desk.other), 10, 68)
    assert desk.handle().SelectTakeByIndex(2)
    truth = desk.fake.truth()
    return [(one.start, one.duration) for one in truth if one.track == ("video", 1)]


@turning((True, 2), (True, 0), takes_land=False)
def sees_takes_counted(desk: Desk) -> tuple[bool, int]:
    return desk.handle().AddTake(desk.clip(desk.other), 0, 48), desk.handle().GetTakesCount()


@turning((True, 2, "b.mov"), (True, 1, "a.mov"), select_take_lands=False)
def sees_a_take_selected(desk: Desk) -> Any:
    desk.handle().AddTake(desk.clip(desk.other), 0, 48)
    answer = desk.handle().SelectTakeByIndex(2)
    shown = desk.fake.shown(0, 1)[0]
    return answer, desk.handle().GetSelectedTakeIndex(), shown and Path(shown[0]).name


@turning(1, 2, new_take_is_selected=True)
def sees_the_selection_after_a_take(desk: Desk) -> int:
    desk.handle().AddTake(desk.clip(desk.other), 0, 48)
    return desk.handle().GetSelectedTakeIndex()


# -- section 9: other calls


@turning([True, True], [False, True], delete_fails_once=True)
def sees_two_deletions(desk: Desk) -> list[bool]:
    return [desk.timeline.DeleteClips([desk.handle()]) for _ in range(2)]


@turning((("audio", 5, 20), ("video", 5, 20)), (("audio", 0, 95), ("video", 0, 95)),
         deliver_disturbs_marks=True)  # fmt: skip
def sees_the_marks_after_deliver(desk: Desk) -> Any:
    desk.timeline.SetMarkInOut(5, 20)
    desk.app.OpenPage("deliver")
    return desk.fake.desk().marks


@turning(True, False, render_needs_deliver=True)
def sees_render_settings_taken_on_edit(desk: Desk) -> bool:
    return bool(desk.project.SetRenderSettings({"CustomName": "x"}))


@turning("Ready", "Bereit", localised_status=True)
def sees_a_job_status(desk: Desk) -> str:
    desk.project.LoadRenderPreset("H.264 Master")
    desk.project.SetRenderSettings({"TargetDir": str(desk.folder)})
    return str(desk.project.GetRenderJobStatus(desk.project.AddRenderJob())["JobStatus"])


@turning(True, False, export_leaves_empty_file=True)
def sees_bytes_in_an_export(desk: Desk) -> bool:
    return desk.export().stat().st_size > 0


@turning([True, True], [True, False], export_holds_path=True)
def sees_a_path_used_twice(desk: Desk) -> list[bool]:
    path = str(desk.folder / "same.otio")
    return [desk.timeline.Export(path, desk.app.EXPORT_OTIO, 8) for _ in range(2)]


@turning((True, True), (False, True), import_true_cancels=True)
def sees_an_import_of_known_media(desk: Desk) -> tuple[bool, bool]:
    path = desk.export()
    first = desk.read_in(path, importSourceClips=True)
    return first is not None, desk.read_in(
        path, timelineName="B", importSourceClips=False
    ) is not None


@turning([True, True], [False, False], import_false_offline=True)
def sees_items_online_after_false(desk: Desk) -> list[bool]:
    again = desk.round_trip(importSourceClips=False)
    items = again.GetItemListInTrack("video", 1)
    return [one.GetMediaPoolItem() is not None for one in items]


@turning(1, 2, import_duplicates_media=True)
def sees_pool_entries_of_one_file(desk: Desk) -> int:
    assert desk.round_trip(importSourceClips=True)
    return sum(path == str(desk.film) for _, _, _, path in desk.fake.pool())


@turning(True, False, untitled_cannot_save=True)
def sees_an_untitled_project_saved(desk: Desk) -> bool:
    desk.fake.project.name = "Untitled Project"
    return bool(desk.app.GetProjectManager().SaveProject())


@turning([True, True], [False, True], dirty_project_blocks_new=True)
def sees_a_new_project_before_and_after_saving(desk: Desk) -> list[bool]:
    manager = desk.app.GetProjectManager()
    first = manager.CreateProject("Scratch") is not None
    manager.SaveProject()
    return [first, manager.CreateProject("Scratch 2") is not None]


# -- section 11: OTIO


@turning("Cut", "", otio_nameless=True)
def sees_the_name_in_the_file(desk: Desk) -> str:
    return str(written(desk.export())["name"])


@turning({"otio_bridge": {"shot": "s1"}}, {}, otio_drops_metadata=True)
def sees_our_metadata_come_back(desk: Desk) -> Any:
    file = written(desk.export())
    file["tracks"]["children"][0]["children"][0]["metadata"]["otio_bridge"] = {"shot": "s1"}
    path = desk.folder / "edited.otio"
    path.write_text(json.dumps(file), encoding="utf-8")
    again, back = desk.read_in(path), desk.folder / "back.otio"
    assert again.Export(str(back), desk.app.EXPORT_OTIO, 8)
    clip = written(back)["tracks"]["children"][0]["children"][0]
    return {key: one for key, one in clip["metadata"].items() if key != "Resolve_OTIO"}


@turning("Smooth", "Cross Dissolve", otio_renames_transitions=True)
def sees_a_transition_name(desk: Desk) -> str:
    desk.fake.editor.transition(48, name="Smooth")
    assert desk.round_trip()
    return next(one.name for one in desk.fake.truth("Again") if one.kind == "transition")


@turning((20, 6), (10, 6), otio_trims_transitions=True)
def sees_a_transition_longer_than_its_handle(desk: Desk) -> Any:
    desk.fake.editor.transition(48, 20, 6)
    assert desk.round_trip()
    return next(one.offsets for one in desk.fake.truth("Again") if one.kind == "transition")


@turning(True, False, otio_rejects_file_urls=True)
def sees_file_urls_imported(desk: Desk) -> bool:
    path = desk.export()
    text = path.read_text(encoding="utf-8").replace(f'"{desk.film}"', f'"{desk.film.as_uri()}"')
    path.write_text(text, encoding="utf-8")
    assert "file://" in text
    return desk.read_in(path) is not None


@turning(True, False, otio_title_breaks_import=True)
def sees_a_title_imported(desk: Desk) -> bool:
    desk.fake.editor.title(96, 24)
    return desk.round_trip() is not None


def slow_cut(desk: Desk) -> None:
    film = desk.fake.film("slow.mov", 120, "24000/1001")
    desk.fake.project.timelines.remove(desk.fake.find("Cut"))
    desk.fake.editor.timeline("Cut", rate="24000/1001")
    desk.fake.editor.place(film, 0, start=30, frames=48)


@turning(30, 29, otio_floors_ntsc=True)
def sees_an_in_point_at_23_976(desk: Desk) -> int:
    slow_cut(desk)
    assert desk.round_trip()
    return desk.fake.truth("Again")[0].left


@turning(24000 / 1001, 23.976, otio_decimal_rates=True)
def sees_how_23_976_is_written(desk: Desk) -> float:
    slow_cut(desk)
    return float(written(desk.export())["global_start_time"]["rate"])


@turning((2, True), (None, False), otio_retimes_drift=True)
def sees_a_speed_up(desk: Desk) -> Any:
    desk.fake.editor.place(desk.film, 100, start=0, frames=40, speed=2)
    assert desk.round_trip()
    speed, ours = desk.fake.truth("Again")[2].speed, desk.fake.shown(100, 140, "Cut")
    return speed if speed == 2 else None, desk.fake.shown(100, 140, "Again") == ours


# -- what nobody measured


@turning(10, 11, audio_end_frame_inclusive=True)
def sees_audio_appended(desk: Desk) -> int:
    desk.append(mediaType=2, trackIndex=1, recordFrame=86600)
    return next(one.duration for one in desk.fake.truth() if one.start == 200)


@turning([], [(0, 10, 5)], start_frame_counts_timecode=True)
def sees_a_range_in_timecode(desk: Desk) -> Any:
    film = desk.fake.film("tc.mov", 60, timecode="01:00:00:00")
    desk.append(mediaPoolItem=desk.clip(film), startFrame=86405, endFrame=86415)
    return desk.upper()


@turning([], [(0, 10, 110)], overlong_append_clamps=True)
def sees_a_range_past_the_end(desk: Desk) -> Any:
    desk.append(startFrame=110, endFrame=130)
    return desk.upper()


@turning(1, 0, reimport_duplicates=False)
def sees_a_file_imported_again(desk: Desk) -> int:
    return len(desk.pool.ImportMedia([str(desk.film)]))


@turning("b.mov", "a.mov", otio_exports_original_take=True)
def sees_the_take_in_the_file(desk: Desk) -> str:
    desk.handle().AddTake(desk.clip(desk.other), 0, 48)
    desk.handle().SelectTakeByIndex(2)
    return str(written(desk.export())["tracks"]["children"][0]["children"][0]["name"])


@turning(("id", "note"), ("", "note"), otio_keeps_custom_data=False)
def sees_a_marker_come_back(desk: Desk) -> tuple[str, str]:
    desk.handle().AddMarker(30, "Blue", "name", "note", 1, "id")
    item = desk.round_trip().GetItemListInTrack("video", 1)[0]
    marker = item.GetMarkers()[30]
    return marker["customData"], marker["note"]


@turning("b.mov", "a.mov", otio_honours_active_key=False)
def sees_which_of_two_references_is_read(desk: Desk) -> str:
    timeline = otio.adapters.read_from_file(str(desk.export()))
    first, second = list(timeline.find_clips())[:2]
    own, take = (one.media_reference.clone() for one in (first, second))
    first.set_media_references({"DEFAULT_MEDIA": own, "take": take}, "take")
    path = desk.folder / "two.otio"
    otio.adapters.write_to_file(timeline, str(path))
    return str(desk.read_in(path).GetItemListInTrack("video", 1)[0].GetName())


@turning((True, True), (False, True), otio_minds_extra_keys=True)
def sees_a_newer_writer_read(desk: Desk) -> tuple[bool, bool]:
    own, newer = desk.export(), desk.folder / "newer.otio"
    otio.adapters.write_to_file(otio.adapters.read_from_file(str(own)), str(newer))
    return desk.read_in(newer) is not None, desk.read_in(own, timelineName="Own") is not None


def told(case: Case) -> str:
    name, value = next(iter(case.turned.items()))
    return f"{name}={value!s:.20}"


@pytest.mark.parametrize("case", CASES, ids=told)
def test_a_knob_does_what_its_fact_says(case: Case, tmp_path: Path) -> None:
    fact = FACTS[next(iter(case.turned))]
    assert case.see(Desk(tmp_path / "kind")) == case.kind, fact
    assert case.see(Desk(tmp_path / "lying", **case.turned)) == case.lying, fact


def test_every_knob_has_a_case_and_a_fact_with_its_section() -> None:
    tested = {next(iter(case.turned)) for case in CASES}
    assert tested == {one.name for one in fields(Knobs)} == set(FACTS)
    for fact in FACTS.values():
        section = fact.split(":")[0].split(",")[0]
        assert section == "10 lines" or 2 <= int(section) <= 15


def test_the_unverified_knobs_say_so() -> None:
    assert set(UNVERIFIED) < set(FACTS)
    assert "end_frame_inclusive" not in UNVERIFIED and "new_take_is_selected" in UNVERIFIED
    assert all(ASSUMED)


@pytest.mark.parametrize("build", AS_MEASURED)
def test_a_build_as_measured_turns_no_knob_that_nobody_measured(build: str) -> None:
    turned, kind = AS_MEASURED[build], Knobs()
    assert [name for name in UNVERIFIED if getattr(turned, name) != getattr(kind, name)] == []
    assert ".".join(map(str, turned.build)) == build.split()[0]
    assert turned.studio == ("free" not in build)
