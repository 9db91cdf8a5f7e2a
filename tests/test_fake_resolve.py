"""The fake Resolve where no knob is turned: real work, and lies that are always there.

Section numbers are those of facts/resolve.md; test_fake_resolve_knobs.py has the knobs.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from fakes.resolve import AS_MEASURED, FakeResolve, Knobs, number_in
from PIL import Image
from resolve_desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


# -- 2: ways in


@pytest.mark.parametrize(
    ("build", "studio", "menu", "outside"),
    [
        ((19, 0, 3, 0), False, True, True),
        ((19, 1, 3, 7), False, True, False),
        ((21, 0, 4, 5), False, True, False),
        ((21, 1, 0, 14), False, False, False),
        ((21, 1, 2, 10), True, True, True),
    ],
)
def test_2_the_edition_decides_who_may_script(
    tmp_path: Path, build: Any, studio: bool, menu: bool, outside: bool
) -> None:
    fake = FakeResolve(Knobs(build=build, studio=studio), tmp_path)
    assert bool(fake.menu()) == fake.lists_python() == menu
    assert (fake.scriptapp("Resolve") is not None) == outside


def test_3_export_constants_are_numbers_and_the_first_is_zero(desk: Desk) -> None:
    assert desk.app.EXPORT_AAF == 0
    numbers = [getattr(desk.app, name) for name in dir(desk.app) if name.startswith("EXPORT_")]
    assert len(set(numbers)) == len(numbers) > 8


# -- 5: appending


def test_5_an_append_lands_where_it_was_asked(desk: Desk) -> None:
    (item,) = desk.append(startFrame=5, endFrame=15, recordFrame=86450)
    assert (item.GetStart(), item.GetEnd(), item.GetLeftOffset()) == (86450, 86460, 5)
    assert desk.upper() == [(50, 10, 5)]
    seen = [(str(desk.other), 11), (str(desk.film), 5), (str(desk.film), 6)]
    assert desk.fake.shown(49, 52) == seen


def test_5_a_zero_based_record_frame_reads_back_well_and_is_not_rendered(desk: Desk) -> None:
    (item,) = desk.append(recordFrame=0)
    assert item.GetStart() == 0
    assert desk.upper() == [(-86400, 10, 0)]
    assert desk.fake.shown(0, 1) == [(str(desk.film), 25)]


def test_5_an_inclusive_end_equal_to_the_frame_count_appends_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path, end_frame_inclusive=True)
    assert desk.append(endFrame=120) == []
    desk.append(endFrame=119)
    assert desk.upper() == [(0, 120, 0)]


@pytest.mark.parametrize(("build", "lands"), [((20, 3, 2, 0), True), ((21, 0, 0, 0), False)])
def test_5_fractional_frames_void_the_batch_from_21_on(
    tmp_path: Path, build: Any, lands: bool
) -> None:
    desk = Desk(tmp_path, build=build)
    assert (desk.append(endFrame=10.5) is not None) == bool(desk.upper()) == lands
    assert desk.append(startFrame=0.0, endFrame=10.0, recordFrame=86500.0)


def test_5_mixed_rates_floor(desk: Desk) -> None:
    film = desk.fake.film("fast.mov", 100, "30/1")
    desk.append(mediaPoolItem=desk.clip(film), startFrame=7, endFrame=21)
    assert desk.upper() == [(0, 11, 7)]
    assert [one and one[1] for one in desk.fake.shown(0, 4)] == [7, 8, 9, 10]
    assert [one and one[1] for one in desk.fake.shown(4, 5)] == [12]


def test_5_without_a_media_type_a_clip_brings_its_audio(desk: Desk) -> None:
    info = {"mediaPoolItem": desk.clip(), "startFrame": 0, "endFrame": 10, "trackIndex": 1,
            "recordFrame": 86500}  # fmt: skip
    desk.pool.AppendToTimeline([info])
    landed = [one for one in desk.fake.truth() if one.start == 100]
    assert [one.track for one in landed] == [("video", 1), ("audio", 1)]
    assert landed[0].linked == (("audio", 1, 100),)


def test_5_a_track_beyond_the_count_fails(desk: Desk) -> None:
    assert desk.append(trackIndex=3) == []
    assert desk.timeline.AddTrack("video") and desk.append(trackIndex=3)
    assert desk.timeline.AddTrack("audio")
    assert desk.timeline.GetTrackSubType("audio", 2) == "mono"


def test_5_a_still_ignores_its_end_until_out_is_set(desk: Desk) -> None:
    still = desk.clip(desk.fake.still("a.png"))
    desk.append(mediaPoolItem=still)
    assert desk.upper() == [(0, 120, 0)]
    still.SetMarkInOut(0, 9)
    desk.append(mediaPoolItem=still, recordFrame=86600)
    assert desk.upper()[1] == (200, 10, 0)


def test_5_audio_alone_counts_at_the_rate_of_the_project_at_import(desk: Desk) -> None:
    sound = desk.clip(desk.fake.film("a.wav", 48))
    assert sound.GetClipProperty("Type") == "Audio"
    desk.fake.project.rate = Fraction(25)
    assert (sound.GetClipProperty("FPS"), sound.GetClipProperty("Frames")) == ("24", "48")


def test_5_only_the_current_timeline_is_appended_to(desk: Desk) -> None:
    desk.beside()
    desk.append(trackIndex=1)
    assert desk.upper() == []
    assert [one.start for one in desk.fake.truth("Other")] == [0]


# -- 6: positions


def test_6_a_retimed_item_counts_in_the_warped_domain(desk: Desk) -> None:
    item = desk.fake.editor.place(desk.film, 100, start=20, frames=24, speed=2)
    handle = desk.fake.item(desk.fake.find(), item)
    assert (handle.GetLeftOffset(), handle.GetRightOffset()) == (10, 26)
    seconds = handle.GetSourceEndTime() - handle.GetSourceStartTime()
    assert seconds == pytest.approx(2 * handle.GetDuration() / 24)
    assert desk.fake.shown(101, 102) == [(str(desk.film), 22)]


def test_6_the_source_end_is_inclusive_where_rates_differ(desk: Desk) -> None:
    assert desk.handle().GetSourceEndFrame() == 25 + 48
    film = desk.fake.film("fast.mov", 100, "30/1")
    (item,) = desk.append(mediaPoolItem=desk.clip(film), endFrame=30)
    assert (item.GetDuration(), item.GetSourceEndFrame()) == (24, 29)


def test_6_a_transition_has_no_pool_item_and_no_properties(tmp_path: Path) -> None:
    desk = Desk(tmp_path, transitions_in_lists=True)
    desk.fake.editor.transition(48, 6, 6)
    items = desk.timeline.GetItemListInTrack("video", 1)
    transition = items[1]
    assert (transition.GetStart(), transition.GetDuration()) == (86442, 12)
    assert (transition.GetMediaPoolItem(), transition.GetProperty()) == (None, {})
    assert [one.GetType() for one in items] == ["video", "transition", "video"]


def test_6_unknown_names_are_not_callable_even_where_hasattr_lies(tmp_path: Path) -> None:
    handle = Desk(tmp_path, attributes_never_raise=True, build=(21, 0, 4, 5)).handle()
    assert hasattr(handle, "GetType") and not callable(getattr(handle, "GetType", None))
    assert "GetType" not in dir(handle) and "GetStart" in dir(handle)


# -- 7: takes


def test_7_takes_are_half_open_and_the_original_is_the_first(desk: Desk) -> None:
    item = desk.handle()
    assert (item.GetTakesCount(), item.GetSelectedTakeIndex(), item.FinalizeTake()) == (0, 0, False)
    assert item.AddTake(desk.clip(desk.other), 20, 68)
    takes = [item.GetTakeByIndex(number) or {} for number in (1, 2)]
    assert [(one["startFrame"], one["endFrame"]) for one in takes] == [(25, 73), (20, 68)]
    assert item.GetTakeByIndex(3) is None
    assert item.SelectTakeByIndex(2) and not item.SelectTakeByIndex(3)
    assert (item.GetName(), item.GetStart(), item.GetDuration()) == ("a.mov", 86400, 48)
    assert desk.fake.shown(0, 1) == [(str(desk.other), 20)]
    assert item.FinalizeTake() and item.GetTakesCount() == 0
    assert desk.fake.shown(0, 1) == [(str(desk.other), 20)]


def test_7_deleting_takes_keeps_the_right_one_selected(desk: Desk) -> None:
    item = desk.handle()
    for start in (10, 20):
        item.AddTake(desk.clip(desk.other), start, start + 48)
    item.SelectTakeByIndex(3)
    assert item.DeleteTakeByIndex(2) and item.GetSelectedTakeIndex() == 2
    assert item.DeleteTakeByIndex(2) and item.GetSelectedTakeIndex() == 1
    assert desk.fake.shown(0, 1) == [(str(desk.film), 25)]


@pytest.mark.parametrize(("start", "end"), [(10, 10), (-1, 47), (60, 108)])
def test_7_a_take_outside_its_media_is_refused(desk: Desk, start: int, end: int) -> None:
    assert not desk.handle().AddTake(desk.clip(desk.other), start, end)


# -- 8: markers, colours, metadata, the clip that is meant


def test_8_one_marker_a_frame_and_only_its_colours(desk: Desk) -> None:
    item = desk.handle()
    assert item.AddMarker(30, "Blue", "n", "note", 1, "id-1")
    assert not item.AddMarker(30, "Red", "n", "", 1)
    assert not item.AddMarker(31, "Chocolate", "n", "", 1)
    assert item.GetMarkerByCustomData("id-1") == item.GetMarkers()
    assert item.DeleteMarkerByCustomData("id-1") and item.GetMarkers() == {}


def test_8_clip_colours_are_others_and_generators_only_pretend(desk: Desk) -> None:
    assert desk.handle().SetClipColor("Chocolate") and not desk.handle().SetClipColor("Cyan")
    item = desk.fake.editor.generator(200, 24)
    handle = desk.fake.item(desk.fake.find(), item)
    assert handle.SetClipColor("Teal") and handle.GetClipColor() == ""


def test_8_metadata_takes_known_names_and_third_party_takes_any(desk: Desk) -> None:
    clip = desk.clip()
    assert clip.SetMetadata("Shot", "s1") and not clip.SetMetadata({"otio_bridge": "x"})
    assert clip.SetThirdPartyMetadata({"otio_bridge.take": "t1"})
    assert clip.GetThirdPartyMetadata("otio_bridge.take") == "t1"
    assert clip.GetMetadata() == {"Shot": "s1"}


def test_8_selection_and_the_item_under_the_playhead(desk: Desk) -> None:
    assert desk.timeline.GetSelectedClips() == []
    desk.fake.editor.select(desk.second)
    assert [one.GetName() for one in desk.timeline.GetSelectedClips()] == ["b.mov"]
    desk.append(recordFrame=86450)
    desk.timeline.SetCurrentTimecode("01:00:02:03")
    item = desk.timeline.GetCurrentVideoItem()
    assert item is not None and item.GetTrackTypeAndIndex() == ["video", 2]
    assert desk.pool.GetSelectedClips() is None


# -- 4, 9: edits


def test_9_deletion_needs_the_edit_page_and_leaves_linked_audio(desk: Desk) -> None:
    desk.app.OpenPage("color")
    assert not desk.timeline.DeleteClips([desk.handle()])
    desk.app.OpenPage("edit")
    assert desk.timeline.DeleteClips([desk.handle()])
    assert [one.track for one in desk.fake.truth()] == [("video", 1), ("audio", 1)]
    assert desk.fake.truth()[0].start == 48


def test_9_a_ripple_deletion_closes_the_gap(desk: Desk) -> None:
    assert desk.timeline.DeleteClips([desk.handle()], True)
    assert desk.fake.truth()[0].start == 0


def test_9_deleting_a_clip_takes_its_transitions(desk: Desk) -> None:
    desk.fake.editor.transition(48)
    desk.timeline.DeleteClips([desk.handle(2)])
    assert [one.kind for one in desk.fake.truth()] == ["video", "audio"]


def test_9_properties_are_known_names_and_21_1_is_all_or_nothing(desk: Desk) -> None:
    item = desk.handle()
    assert item.SetProperty("ZoomX", 1.5) and not item.SetProperty("Speed", 2)
    assert (item.GetProperty("ZoomX"), item.GetProperty()["Opacity"]) == (1.5, 100.0)
    assert not item.SetProperties({"ZoomX": 3.0, "Speed": 2}) and item.GetProperty("ZoomX") == 1.5


def test_4_grades_are_copied_within_one_timeline_and_one_layer(desk: Desk) -> None:
    desk.first.grade.update({1: ("warm",), 2: ("grain",)})
    assert desk.handle(1).CopyGrades([desk.handle(2)])
    assert desk.second.grade == {1: ("warm",)}
    source = desk.handle(1)
    other = desk.fake.editor.timeline("Other")
    there = desk.fake.editor.place(desk.film, 0)
    assert not source.CopyGrades([desk.fake.item(other, there)])


@pytest.mark.parametrize(
    ("options", "made"),
    [
        ({"position": "end", "alignment": "center"}, True),
        ({"position": "end"}, False),
        ({"position": "start", "alignment": "left"}, True),
    ],
)
def test_9_a_transition_needs_alignment_and_handles(
    desk: Desk, options: dict[str, Any], made: bool
) -> None:
    wish = {"type": "Cross Dissolve", "category": "simple", "duration": 8, **options}
    assert (desk.handle().AddTransition(wish) is not None) == made
    assert any(one.kind == "transition" for one in desk.fake.truth()) == made


def test_9_no_transition_without_an_incoming_handle(desk: Desk) -> None:
    desk.second.left = 0
    wish = {"type": "Cross Dissolve", "category": "simple", "position": "end", "duration": 8}
    assert desk.handle().AddTransition({**wish, "alignment": "left"}) is None
    assert desk.handle().AddTransition({**wish, "alignment": "right"}) is not None


def test_9_no_transition_without_an_outgoing_handle(desk: Desk) -> None:
    desk.first.left = 120 - 48
    wish = {"type": "Cross Dissolve", "category": "simple", "position": "end", "duration": 8}
    assert desk.handle().AddTransition({**wish, "alignment": "right"}) is None


def test_9_speed_keeps_the_span_unless_it_ripples(desk: Desk) -> None:
    assert desk.handle().SetSpeed({"Percentage": 200})
    assert [(one.start, one.duration, one.speed) for one in desk.fake.truth()[:2]] == [
        (0, 48, 2), (48, 48, 1),
    ]  # fmt: skip
    assert desk.handle(2).SetSpeed({"Percentage": 200, "RippleTimeline": True})
    assert desk.fake.truth()[1].duration == 24


def test_4_a_compound_clip_is_one_item_without_a_timeline(desk: Desk) -> None:
    before = desk.fake.shown(0, 96)
    made = desk.timeline.CreateCompoundClip([desk.handle(1), desk.handle(2)], {"name": "Two"})
    assert made is not None and (made.GetStart(), made.GetDuration()) == (86400, 96)
    pool_item = made.GetMediaPoolItem()
    assert pool_item is not None and pool_item.GetClipProperty("Type") == "Compound"
    assert pool_item.GetTimeline() is None
    assert desk.fake.shown(0, 96) == before


def test_4_a_nested_timeline_is_placed_as_one_item_and_follows_its_inside(desk: Desk) -> None:
    nested = desk.fake.editor.timeline("Splice")
    desk.fake.editor.place(desk.other, 0, start=30, frames=20)
    entry = desk.fake.clip(nested.media)
    assert entry is not None and entry.GetTimeline() is not None
    desk.project.SetCurrentTimeline(desk.timeline)
    desk.append(mediaPoolItem=entry, startFrame=0, endFrame=20)
    assert desk.fake.shown(0, 2) == [(str(desk.other), 30), (str(desk.other), 31)]


def test_4_a_duplicate_is_equal_and_apart(desk: Desk) -> None:
    copy = desk.timeline.DuplicateTimeline("Cut v002")
    assert copy is not None and desk.timeline.DuplicateTimeline("Cut v002") is None
    assert desk.fake.truth("Cut v002") == desk.fake.truth("Cut")
    copy.DeleteClips([copy.GetItemListInTrack("video", 1)[0]])
    assert len(desk.fake.truth("Cut")) == 3 == len(desk.fake.truth("Cut v002")) + 1


def test_locked_tracks_refuse_everything_but_the_lie_of_append(desk: Desk) -> None:
    desk.fake.editor.lock("video", 1)
    before, item = desk.fake.truth(), desk.handle()
    assert not desk.timeline.DeleteClips([item]) and not item.SetClipEnabled(False)
    assert not item.AddTake(desk.clip(desk.other), 0, 48)
    assert desk.timeline.CreateCompoundClip([item]) is None
    assert desk.fake.truth() == before


# -- 9: bins, stills, renders


def test_9_bins_hold_what_is_imported_into_the_current_one(desk: Desk) -> None:
    root = desk.pool.GetRootFolder()
    made = desk.pool.AddSubFolder(root, "OTIO Bridge")
    assert desk.pool.SetCurrentFolder(desk.pool.AddSubFolder(made, "Cut"))
    desk.pool.ImportMedia([str(desk.fake.film("t.mov", 24, timecode="10:00:00:00"))])
    assert ("OTIO Bridge/Cut", "t.mov", "Video") in [one[:3] for one in desk.fake.pool()]
    (clip,) = desk.pool.GetCurrentFolder().GetClipList()
    assert clip.GetClipProperty("Start TC") == "10:00:00:00"
    assert desk.pool.ImportMedia([str(desk.folder / "absent.mov")]) == []


def test_9_a_still_is_the_very_frame_that_the_truth_names(desk: Desk) -> None:
    desk.fake.editor.playhead(50)
    assert desk.project.ExportCurrentFrameAsStill(str(desk.folder / "still.png"))
    with Image.open(desk.folder / "still.png") as picture:
        number = number_in(np.asarray(picture.convert("L")))
    assert desk.fake.shown(50, 51) == [(str(desk.other), number)] == [(str(desk.other), 12)]


def test_9_stills_are_grabbed_but_leave_only_with_the_gallery_open_on_color(desk: Desk) -> None:
    desk.fake.editor.playhead(50)
    album, still = desk.project.GetGallery().GetCurrentStillAlbum(), desk.timeline.GrabStill()
    assert album.GetStills() == [still]
    for page, opened, leaves in (
        ("edit", True, False),
        ("color", False, False),
        ("color", True, True),
    ):
        desk.app.OpenPage(page)
        desk.fake.gallery_open = opened
        assert album.ExportStills([still], str(desk.folder), "still", "png") == leaves
    assert (desk.folder / "still_1.png").is_file()


def test_9_a_render_includes_its_mark_out_and_never_overwrites(desk: Desk) -> None:
    project, marks = desk.project, {"SelectAllFrames": False, "MarkIn": 86446, "MarkOut": 86449}
    assert project.AddRenderJob() == ""
    assert project.LoadRenderPreset("H.264 Master")
    project.SetRenderSettings({**marks, "TargetDir": str(desk.folder), "CustomName": "out"})
    jobs = [project.AddRenderJob()]
    assert project.StartRendering(jobs) and project.IsRenderingInProgress()
    jobs.append(project.AddRenderJob())
    assert project.StartRendering(jobs[1:])
    assert [project.GetRenderJobStatus(one)["CompletionPercentage"] for one in jobs] == [100, 100]
    for name in ("out.mov", "out_0.mov"):
        with av.open(str(desk.folder / name)) as film:
            seen = [number_in(one.to_ndarray(format="gray")) for one in film.decode(video=0)]
        assert seen == [71, 72, 10, 11]


# -- the editor's own hands, the truth, and all builds


def test_what_an_editor_does_later_keeps_the_source_in_step(desk: Desk) -> None:
    editor, start = desk.fake.editor, desk.fake.shown(0, 48)
    half = editor.split(desk.first, 20)
    assert desk.fake.shown(0, 48) == start
    editor.trim(half, head=5, tail=3)
    assert desk.fake.shown(25, 45) == start[25:45] and desk.fake.shown(24, 25) == [None]
    editor.move(half, 200)
    assert desk.fake.shown(225, 245) == start[25:45]
    editor.duplicate(half, 300)
    assert desk.fake.shown(300, 320) == start[25:45]
    editor.slip(half, 2)
    assert desk.fake.shown(225, 226) == [(str(desk.film), 52)]
    editor.relink(editor.pool(desk.film), desk.fake.film("moved.mov", 120, audio=True))
    assert desk.fake.shown(0, 1) == [(str(desk.folder / "media" / "moved.mov"), 25)]
    editor.remove(half)
    assert desk.fake.shown(225, 226) == [None]


def test_the_frames_of_a_film_carry_their_numbers(desk: Desk) -> None:
    for name in ("n.mov", "n.mp4"):
        with av.open(str(desk.fake.film(name, 70))) as film:
            seen = [number_in(one.to_ndarray(format="gray")) for one in film.decode(video=0)]
        assert seen == list(range(70))


@pytest.mark.parametrize("build", AS_MEASURED)
def test_an_honest_adapter_can_work_with_every_build(tmp_path: Path, build: str) -> None:
    """The road of facts 4, 5 and 6: track above, probe endFrame, append, list again, compare."""
    knobs = AS_MEASURED[build]
    fake = FakeResolve(knobs, tmp_path)
    film = fake.film("a.mov", 120)
    fake.editor.timeline("Cut")
    fake.editor.place(film, 0, frames=96)
    project = fake.app().GetProjectManager().GetCurrentProject()
    timeline, pool = project.GetCurrentTimeline(), project.GetMediaPool()
    timeline.AddTrack("video")
    clip = timeline.GetItemListInTrack("video", 1)[0].GetMediaPoolItem()
    pool.SetSelectedClip(clip)
    last = 39 if knobs.end_frame_inclusive else 40
    pool.AppendToTimeline([
        {"mediaPoolItem": clip, "startFrame": 30, "endFrame": last, "mediaType": 1,
         "trackIndex": 2, "recordFrame": timeline.GetStartFrame() + 8}
    ])  # fmt: skip
    (item,) = timeline.GetItemListInTrack("video", 2)
    assert (item.GetStart() - 86400, item.GetDuration(), item.GetLeftOffset()) == (8, 10, 30)
    assert fake.shown(7, 9) == [(str(film), 7), (str(film), 30)]
    assert len(fake.threads) == 1


def test_what_is_disabled_is_not_shown(desk: Desk) -> None:
    desk.append(startFrame=0, endFrame=10)
    assert desk.fake.shown(0, 1) == [(str(desk.film), 0)]
    upper = desk.timeline.GetItemListInTrack("video", 2)[0]
    assert upper.SetClipEnabled(False) and not upper.GetClipEnabled()
    assert desk.fake.shown(0, 1) == [(str(desk.film), 25)]
    upper.SetClipEnabled(True)
    assert desk.timeline.SetTrackEnable("video", 2, False)
    assert desk.fake.shown(0, 1) == [(str(desk.film), 25)]
    assert desk.timeline.SetTrackEnable("video", 1, False)
    assert desk.fake.shown(0, 1) == [None]


def test_after_quitting_every_call_answers_nothing(desk: Desk) -> None:
    app, item = desk.app, desk.handle()
    app.Quit()
    assert (app.GetCurrentPage(), item.GetStart(), item.SetName("x")) == (None, None, False)
    assert desk.fake.scriptapp("Resolve") is None
