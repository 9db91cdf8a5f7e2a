"""Whatever is called on the fake Resolve, with whatever knobs: what must hold of what is there."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from fakes.resolve import AS_MEASURED, CLASSES, FakeResolve, Knobs, surface
from hypothesis import given, settings
from hypothesis import strategies as st
from resolve_desk import NEWEST, Desk

SWITCHES = [one.name for one in fields(Knobs) if isinstance(one.default, bool)]
"""Knobs that are on or off."""


@st.composite
def any_knobs(draw: st.DrawFn) -> Knobs:
    turned = {name: draw(st.booleans()) for name in SWITCHES}
    landing = st.sampled_from(("dropped", "none", "dead", "slid"))
    builds = [NEWEST, *(one.build for one in AS_MEASURED.values())]
    return Knobs(
        **{**turned, "mac_app_store": False}, build=draw(st.sampled_from(builds)),
        collision=draw(landing), append_fault=draw(st.none() | landing),
        append_fault_at=draw(st.integers(1, 4)),
    )  # fmt: skip


class Session:
    """Someone who calls at random: two films, one timeline, a locked track."""

    def __init__(self, knobs: Knobs, folder: Path, draw: Callable[[Any], Any]) -> None:
        self.fake, self.draw = FakeResolve(knobs, folder), draw
        films = [self.fake.film(f"{n}.mov", 60, rate) for n, rate in enumerate(("24/1", "30/1"))]
        self.fake.editor.timeline("Cut", video=3)
        for number, film in enumerate(films):
            self.fake.editor.place(film, number * 30, start=3, frames=30, with_audio=True)
        self.fake.editor.place(films[0], 0, frames=20, track=3)
        self.fake.editor.transition(30, 2, 2)
        self.fake.editor.lock("video", 3)
        self.clips = [self.fake.clip(self.fake.editor.pool(one)) for one in films]
        self.project = self.fake.app().GetProjectManager().GetCurrentProject()
        self.timeline, self.pool = self.fake.timeline(self.fake.find("Cut")), None
        self.pool = self.project.GetMediaPool()

    def number(self, least: int, most: int) -> int:
        return int(self.draw(st.integers(least, most)))

    def items(self) -> list[Any]:
        kind = self.draw(st.sampled_from(("video", "audio")))
        return list(self.timeline.GetItemListInTrack(kind, self.number(1, 4)) or [])

    def act(self) -> None:
        getattr(self, self.draw(st.sampled_from(ACTS)))()

    def append(self) -> None:
        info = {
            "mediaPoolItem": self.draw(st.sampled_from(self.clips)),
            "startFrame": self.number(0, 30), "endFrame": self.number(0, 70),
            "mediaType": self.number(1, 2), "trackIndex": self.number(1, 4),
            "recordFrame": 86400 + self.number(-5, 90),
        }  # fmt: skip
        self.pool.AppendToTimeline([info] * self.number(1, 2))

    def delete(self) -> None:
        self.timeline.DeleteClips(self.items()[: self.number(1, 2)], self.draw(st.booleans()))

    def take(self) -> None:
        for item in self.items()[:1]:
            start = self.number(0, 30)
            item.AddTake(self.draw(st.sampled_from(self.clips)), start, start + self.number(1, 40))
            item.SelectTakeByIndex(self.number(1, 3))

    def tidy(self) -> None:
        for item in self.items()[:1]:
            item.DeleteTakeByIndex(self.number(1, 3))
            item.FinalizeTake()
            item.SetProperty("ZoomX", 1.5)
            item.SetClipEnabled(self.draw(st.booleans()))

    def tracks(self) -> None:
        self.timeline.AddTrack(self.draw(st.sampled_from(("video", "audio"))))
        self.timeline.DeleteTrack("video", self.number(4, 6))

    def compound(self) -> None:
        self.timeline.CreateCompoundClip(self.items()[:2], {"name": "c"})

    def page(self) -> None:
        resolve = self.fake.app()
        resolve.OpenPage(self.draw(st.sampled_from(("edit", "edit", "deliver"))))

    def save(self) -> None:
        self.fake.save()


ACTS = ("append", "append", "delete", "take", "tidy", "tracks", "compound", "page", "save")


@settings(max_examples=80, deadline=None)
@given(knobs=any_knobs(), data=st.data())
def test_nothing_overlaps_and_a_locked_track_never_changes(
    knobs: Knobs, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        session = Session(knobs, Path(folder), data.draw)
        sequence = session.fake.find("Cut")
        locked = sequence.tracks["video"][2]
        before = [(one.uid, one.start, one.duration) for one in locked.items]
        for _ in range(data.draw(st.integers(1, 12))):
            session.act()
        for tracks in sequence.tracks.values():
            for track in tracks:
                clips = track.clips()
                assert all(one.duration > 0 for one in clips)
                assert all(a.end <= b.start for a, b in pairwise(clips))
        assert [(one.uid, one.start, one.duration) for one in locked.items] == before
        everything = [item.uid for _, _, item in sequence.everything()]
        assert len(set(everything)) == len(everything)


METHODS = [
    (kind, name)
    for kind in ("Timeline", "TimelineItem", "MediaPool", "MediaPoolItem")
    for name in surface(CLASSES[kind])
]


@pytest.mark.parametrize(("kind", "name"), METHODS)
def test_any_method_can_be_made_to_fail_quietly(tmp_path: Path, kind: str, name: str) -> None:
    desk = Desk(tmp_path, refuses=frozenset({name}))
    found = {"Timeline": desk.timeline, "MediaPool": desk.fake.app().GetMediaPool(),
             "TimelineItem": desk.fake.item(desk.fake.find(), desk.first),
             "MediaPoolItem": desk.clip()}[kind]  # fmt: skip
    before = desk.fake.truth(), desk.fake.tracks(), desk.fake.pool()
    assert getattr(found, name)() in (None, False)
    assert (desk.fake.truth(), desk.fake.tracks(), desk.fake.pool()) == before
