"""OTIO out of the fake Resolve and in again (facts/resolve.md, sections 9 and 11)."""

from __future__ import annotations

import json
from collections import Counter
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import opentimelineio as otio
import pytest
from fakes.resolve import FakeResolve, Knobs
from hypothesis import given, settings
from hypothesis import strategies as st
from resolve_desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_11_a_kind_round_trip_gives_the_same_timeline(desk: Desk) -> None:
    desk.fake.editor.transition(48)
    desk.first.properties.update({"ZoomX": 1.2, "Opacity": 50.0})
    desk.handle().AddMarker(30, "Red", "name", "note", 1, "{}")
    desk.timeline.AddMarker(12, "Blue", "here", "there", 4)
    desk.fake.editor.generator(100, 24)
    desk.fake.editor.title(124, 24)
    desk.fake.editor.place(desk.film, 160, start=10, frames=20, speed=Fraction(1, 2))
    slow = desk.fake.film("slow.mov", 100, "25/1", timecode="10:00:00:00")
    desk.fake.editor.place(slow, 10, start=33, frames=31, track=3)
    desk.fake.editor.lock("video", 2)
    again = desk.round_trip()
    assert again.GetName() == "Again"
    assert desk.fake.tracks("Again") == desk.fake.tracks("Cut")
    assert desk.fake.truth("Again") == desk.fake.truth("Cut")
    assert again.GetMarkers() == desk.timeline.GetMarkers()


def test_11_a_quarter_frame_keeps_23_976_from_drifting(tmp_path: Path) -> None:
    desk = Desk(tmp_path, otio_floors_ntsc=True)
    film = desk.fake.film("slow.mov", 120, "24000/1001")
    desk.fake.editor.timeline("Slow", rate="24000/1001")
    desk.fake.editor.place(film, 0, start=30, frames=48)
    path, lefts = desk.folder / "slow.otio", {}
    for nudge in (0.0, 0.25):
        desk.project.GetTimelineByIndex(2).Export(str(path), desk.app.EXPORT_OTIO, 8)
        file = json.loads(path.read_text(encoding="utf-8"))
        clip = file["tracks"]["children"][0]["children"][0]
        clip["source_range"]["start_time"]["value"] += nudge
        path.write_text(json.dumps(file), encoding="utf-8")
        assert desk.read_in(path, timelineName=f"{nudge}")
        lefts[nudge] = desk.fake.truth(f"{nudge}")[0].left
    assert lefts == {0.0: 29, 0.25: 30}


def test_9_an_fcpxml_1_10_says_true_and_has_no_bytes(desk: Desk) -> None:
    path = desk.folder / "cut.fcpxml"
    assert desk.timeline.Export(str(path), desk.app.EXPORT_FCPXML_1_10, 8)
    assert path.stat().st_size == 0
    assert not desk.timeline.Export(str(path), desk.app.EXPORT_AAF, 8)


RATES = ("24/1", "25/1", "30/1", "24000/1001", "60/1")


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_11_any_kind_round_trip_gives_the_same_timeline(data: st.DataObject) -> None:
    """Any rate in any timeline, with timecodes, speeds, gaps, links and transforms."""
    with TemporaryDirectory() as folder:
        fake = FakeResolve(Knobs(), Path(folder), rate=data.draw(st.sampled_from(RATES)))
        fake.editor.timeline("Cut", start=data.draw(st.sampled_from((0, 86400, 90000))))
        for number in range(data.draw(st.integers(1, 5))):
            rate = data.draw(st.sampled_from(RATES))
            timecode = data.draw(st.sampled_from(("", "10:00:00:00")))
            film = fake.film(f"{number}.mov", 60, rate, timecode=timecode)
            item = fake.editor.place(
                film, number * 40 + data.draw(st.integers(0, 20)),
                start=data.draw(st.integers(0, 30)), frames=data.draw(st.integers(1, 20)),
                speed=data.draw(st.sampled_from((1, 1, 2, Fraction(1, 2), -1))),
                with_audio=data.draw(st.booleans()),
            )  # fmt: skip
            item.properties["Pan"] = data.draw(st.sampled_from((0.5, -12.25)))
            item.enabled = data.draw(st.booleans())
        app, path = fake.app(), Path(folder) / "cut.otio"
        project = app.GetProjectManager().GetCurrentProject()
        assert project.GetCurrentTimeline().Export(str(path), app.EXPORT_OTIO, app.EXPORT_NONE)
        pool = project.GetMediaPool()
        assert pool.ImportTimelineFromFile(str(path), {"timelineName": "Again"})
        assert fake.truth("Again") == fake.truth("Cut")
        assert fake.shown(0, 240, "Again") == fake.shown(0, 240, "Cut")


def test_11_a_compound_clip_survives(desk: Desk) -> None:
    desk.fake.editor.compound([desk.first, desk.second], "Two")
    assert desk.round_trip()
    assert desk.fake.shown(0, 96, "Again") == desk.fake.shown(0, 96, "Cut")


def test_11_every_track_is_padded_to_the_length_of_the_timeline(desk: Desk) -> None:
    timeline = otio.adapters.read_from_file(str(desk.export()))
    assert [one.duration().value for one in timeline.tracks] == [96, 96, 96]
    assert [type(one[-1]).__name__ for one in timeline.tracks] == ["Clip", "Gap", "Gap"]


def test_11_takes_colours_and_flags_stay_behind(desk: Desk) -> None:
    item = desk.handle()
    item.AddTake(desk.clip(desk.other), 0, 48)
    item.SetClipColor("Teal")
    item.AddFlag("Red")
    desk.round_trip()
    first = desk.fake.truth("Again")[0]
    assert (first.takes, first.colour, first.flags) == ((), "", ())


def edited(desk: Desk, change: Any) -> Path:
    """An export of the cut whose first clip was changed in the file."""
    path = desk.export()
    file = json.loads(path.read_text(encoding="utf-8"))
    change(file["tracks"]["children"][0]["children"][0])
    path.write_text(json.dumps(file), encoding="utf-8")
    return path


def reference(clip: dict[str, Any]) -> dict[str, Any]:
    return clip["media_references"]["DEFAULT_MEDIA"]


@pytest.mark.parametrize(
    "change",
    [
        lambda clip: reference(clip).update(available_range=None),
        lambda clip: reference(clip).update(target_url="/nowhere/gone.mov"),
        lambda clip: clip.update(OTIO_SCHEMA="Clip.9"),
    ],
    ids=["no available_range", "moved media", "a schema of tomorrow"],
)
def test_11_what_an_import_refuses_answers_none_and_changes_nothing(
    desk: Desk, change: Any
) -> None:
    path = edited(desk, change)
    before = desk.fake.pool(), desk.fake.desk()
    assert desk.read_in(path, importSourceClips=True) is None
    assert (desk.fake.pool(), desk.fake.desk()) == before


def test_9_an_import_under_a_name_that_exists_answers_none(desk: Desk) -> None:
    assert desk.read_in(desk.export(), timelineName="Cut") is None


def test_11_a_zero_based_source_range_fails_for_media_with_a_timecode(desk: Desk) -> None:
    film = desk.fake.film("tc.mov", 100, timecode="10:00:00:00")
    desk.fake.editor.place(film, 100, start=10, frames=20)
    path = desk.export()
    good = json.loads(path.read_text(encoding="utf-8"))
    clip = good["tracks"]["children"][0]["children"][-1]
    assert clip["source_range"]["start_time"]["value"] == 10 * 3600 * 24 + 10
    clip["source_range"]["start_time"]["value"] = 10.0
    path.write_text(json.dumps(good), encoding="utf-8")
    item = desk.read_in(path).GetItemListInTrack("video", 1)[-1]
    assert item.GetMediaPoolItem() is None


def test_11_offline_media_leaves_as_a_missing_reference_and_comes_back_as_such(desk: Desk) -> None:
    desk.other.unlink()
    desk.round_trip(importSourceClips=True)
    timeline = otio.adapters.read_from_file(str(desk.export("second.otio")))
    kinds = [type(one.media_reference).__name__ for one in timeline.find_clips()]
    assert kinds == ["ExternalReference", "MissingReference", "ExternalReference"]
    lost = desk.fake.truth("Again")[1]
    assert (lost.name, lost.left, lost.duration) == ("b.mov", 10, 48)


@pytest.mark.parametrize("name", ["resolve_nested_export", "resolve_picchu_effects"])
def test_11_a_real_export_is_written_again_in_the_same_shape(
    tmp_path: Path, shared: Path, name: str
) -> None:
    real = shared / "otio" / f"{name}.otio"
    fake = FakeResolve(Knobs(), tmp_path)
    pool = fake.app().GetProjectManager().GetCurrentProject().GetMediaPool()
    timeline = pool.ImportTimelineFromFile(str(real), {"importSourceClips": False})
    ours = tmp_path / "ours.otio"
    assert timeline.Export(str(ours), fake.app().EXPORT_OTIO, 8)
    two = [json.loads(path.read_text(encoding="utf-8")) for path in (real, ours)]
    first, second = (Counter(shapes(one)) for one in two)
    assert set(second) <= set(first)
    same = ("Clip.2", "Stack.1", "Track.1", "Transition.1", "Timeline.1")
    assert [first[one] for one in same] == [second[one] for one in same]
    where = [
        [(clip.name, clip.trimmed_range_in_parent()) for clip in read.find_clips()]
        for read in (otio.adapters.read_from_file(str(path)) for path in (real, ours))
    ]
    assert where[0] == where[1]


def shapes(value: Any) -> list[str]:
    """Every schema in a file with the keys that it has."""
    if isinstance(value, list):
        return [one for item in value for one in shapes(item)]
    if not isinstance(value, dict):
        return []
    inner = [one for item in value.values() for one in shapes(item)]
    schema = value.get("OTIO_SCHEMA", "")
    return [*([schema] if schema and not schema.startswith("Missing") else []), *inner]
