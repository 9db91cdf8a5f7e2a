"""The fake Resolve does what the facts say (section numbers: facts/resolve.md)."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes.resolve import (
    AS_MEASURED,
    FACTS,
    UNVERIFIED,
    FakeResolve,
    Knobs,
    Timeline,
    TimelineItem,
    number_in,
)
from PIL import Image


class Desk:
    """A Resolve with a cut: a.mov (audio) at 0, b.mov at 48, both 48 frames; V2 empty."""

    def __init__(self, folder: Path, start: int | None = None, **knobs: Any) -> None:
        build = {"build": (21, 1, 2, 10), **knobs}
        self.fake = FakeResolve(Knobs(**build), folder)
        self.film = self.fake.film("a.mov", 120, audio=True)
        self.other = self.fake.film("b.mov", 100, shade=160)
        self.fake.editor.timeline("Cut", start=start, video=2)
        self.first = self.fake.editor.place(self.film, 0, start=24, frames=48, with_audio=True)
        self.second = self.fake.editor.place(self.other, 48, start=10, frames=48)

    @property
    def timeline(self) -> Timeline:
        found = self.fake.timeline(self.fake.find("Cut"))
        assert found is not None
        return found

    @property
    def pool(self) -> Any:
        return self.fake.app().GetProjectManager().GetCurrentProject().GetMediaPool()

    def clip(self, path: Path | None = None) -> Any:
        return self.fake.clip(self.fake.editor.pool(path or self.film))

    def append(self, **info: Any) -> Any:
        base = {"mediaPoolItem": self.clip(), "startFrame": 0, "endFrame": 10, "mediaType": 1,
                "trackIndex": 2, "recordFrame": self.timeline.GetStartFrame()}  # fmt: skip
        return self.pool.AppendToTimeline([{**base, **info}])

    def handle(self) -> TimelineItem:
        return self.timeline.GetItemListInTrack("video", 1)[0]

    def upper(self) -> list[tuple[int, int, int]]:
        """(start, duration, source start) of what lies on V2."""
        return [(p.start, p.duration, p.left) for p in self.fake.truth() if p.track == ("video", 2)]

    def round_trip(self, folder: Path, name: str = "Again", **options: Any) -> Any:
        path = folder / f"{name}.otio"
        assert self.timeline.Export(str(path), self.fake.app().EXPORT_OTIO, 8)
        wish = {"timelineName": name, "importSourceClips": True, **options}
        return self.pool.ImportTimelineFromFile(str(path), wish)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return tmp_path


# -- the kind world


def test_a_kind_append_lands_where_it_was_asked(here: Path) -> None:
    desk = Desk(here)
    (item,) = desk.append(startFrame=5, endFrame=15, recordFrame=86400 + 50)
    assert (item.GetStart(), item.GetEnd(), item.GetLeftOffset()) == (86450, 86460, 5)
    assert desk.upper() == [(50, 10, 5)]
    picture = desk.fake.shown(49, 52)
    assert picture == [(str(desk.other), 11), (str(desk.film), 5), (str(desk.film), 6)]


def test_a_still_shows_the_very_frame_that_the_truth_names(here: Path) -> None:
    desk = Desk(here)
    desk.fake.editor.playhead(50)
    project = desk.fake.app().GetProjectManager().GetCurrentProject()
    assert project.ExportCurrentFrameAsStill(str(here / "still.png"))
    with Image.open(here / "still.png") as picture:
        assert number_in(np.asarray(picture.convert("L"))) == 12
    assert desk.fake.shown(50, 51) == [(str(desk.other), 12)]


def test_a_kind_round_trip_gives_the_same_timeline(here: Path) -> None:
    desk = Desk(here)
    desk.fake.editor.transition(48)
    desk.first.properties["ZoomX"] = 1.2
    desk.first.markers[30] = {
        "color": "Red", "name": "n", "note": "o", "duration": 1, "customData": "{}"
    }  # fmt: skip
    desk.fake.editor.generator(100, 24)
    desk.fake.editor.title(124, 24)
    assert desk.round_trip(here).GetName() == "Again"
    assert desk.fake.truth("Again") == desk.fake.truth("Cut")


# -- section 5


@pytest.mark.parametrize(("inclusive", "frames"), [(False, 10), (True, 11)])
def test_5_end_frame_is_exclusive_or_inclusive(here: Path, inclusive: bool, frames: int) -> None:
    desk = Desk(here, end_frame_inclusive=inclusive)
    desk.append()
    assert desk.upper() == [(0, frames, 0)]


def test_5_an_inclusive_end_frame_equal_to_the_frame_count_appends_nothing(here: Path) -> None:
    desk = Desk(here, end_frame_inclusive=True)
    assert desk.append(endFrame=120) == []
    assert desk.upper() == []


def test_5_record_frames_are_absolute_and_a_zero_based_one_is_not_rendered(here: Path) -> None:
    desk = Desk(here)
    (item,) = desk.append(recordFrame=0)
    assert item.GetStart() == 0
    assert desk.upper() == [(-86400, 10, 0)]
    assert desk.fake.shown(0, 1) == [(str(desk.film), 24)]


@pytest.mark.parametrize("knob", ["collision", "append_fault"])
@pytest.mark.parametrize(
    ("how", "answer", "lands"),
    [("dropped", [], False), ("none", [None], False), ("dead", ["dead"], False),
     ("slid", ["alive"], True)],
)  # fmt: skip
def test_5_what_cannot_land(
    here: Path, knob: str, how: str, answer: list[Any], lands: bool
) -> None:
    desk = Desk(here, **{knob: how})
    if knob == "collision":
        desk.fake.editor.place(desk.other, 5, frames=10, track=2)
    before = desk.upper()
    got = desk.append()
    said = [one and ("alive" if one.GetUniqueId() else "dead") for one in got]
    assert said == answer
    assert (desk.upper() != before) == lands
    assert not lands or desk.upper()[-1][0] == (15 if knob == "collision" else 1)


def test_5_a_locked_track_returns_items_and_places_nothing(here: Path) -> None:
    desk = Desk(here, locked_tracks_succeed=True)
    desk.fake.editor.lock("video", 2)
    (item,) = desk.append()
    assert item.GetDuration() == 10
    assert desk.upper() == []


def test_the_names_and_facts_of_all_knobs_are_told() -> None:
    assert set(FACTS) == {one.name for one in fields(Knobs)}
    assert all(fact.split(":")[0].replace(",", "").split() for fact in FACTS.values())
    assert set(UNVERIFIED) <= set(FACTS)
    assert {replace(one, build=(0, 0, 0, 0)) for one in AS_MEASURED.values()}
