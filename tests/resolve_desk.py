"""A small cut in the fake Resolve, for the tests of the fake itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fakes.resolve import FakeResolve, Knobs, Timeline, TimelineItem

NEWEST = (21, 1, 2, 10)


class Desk:
    """V1: a.mov (with its audio on A1) at 0 and b.mov at 48, 48 frames each; V2 is empty."""

    def __init__(self, folder: Path, **knobs: Any) -> None:
        self.folder = folder
        self.fake = FakeResolve(Knobs(**{"build": NEWEST, **knobs}), folder)
        self.film = self.fake.film("a.mov", 120, audio=True)
        self.other = self.fake.film("b.mov", 100, shade=160)
        self.fake.editor.timeline("Cut", video=2)
        self.first = self.fake.editor.place(self.film, 0, start=25, frames=48, with_audio=True)
        self.second = self.fake.editor.place(self.other, 48, start=10, frames=48)

    @property
    def app(self) -> Any:
        return self.fake.app()

    @property
    def project(self) -> Any:
        return self.app.GetProjectManager().GetCurrentProject()

    @property
    def pool(self) -> Any:
        return self.project.GetMediaPool()

    @property
    def timeline(self) -> Timeline:
        found = self.fake.timeline(self.fake.find("Cut"))
        assert found is not None
        return found

    def clip(self, path: Path | None = None) -> Any:
        return self.fake.clip(self.fake.editor.pool(path or self.film))

    def handle(self, number: int = 1) -> TimelineItem:
        """The `number`-th item of V1, from 1."""
        return self.timeline.GetItemListInTrack("video", 1)[number - 1]

    def append(self, **info: Any) -> Any:
        """Append a.mov [0, 10) to V2 at the timeline's start, or as told."""
        base = {"mediaPoolItem": self.clip(), "startFrame": 0, "endFrame": 10, "mediaType": 1,
                "trackIndex": 2, "recordFrame": self.timeline.GetStartFrame()}  # fmt: skip
        return self.pool.AppendToTimeline([{**base, **info}])

    def upper(self) -> list[tuple[int, int, int]]:
        """(start, duration, source start) of what really lies on V2."""
        truth = self.fake.truth("Cut")
        return [(one.start, one.duration, one.left) for one in truth if one.track == ("video", 2)]

    def beside(self) -> Timeline:
        """Make another timeline the current one; returns the handle of 'Cut'."""
        self.fake.editor.timeline("Other")
        return self.timeline

    def export(self, name: str = "out.otio") -> Path:
        path = self.folder / name
        assert self.timeline.Export(str(path), self.app.EXPORT_OTIO, self.app.EXPORT_NONE)
        return path

    def read_in(self, path: Path, **options: Any) -> Any:
        """Import a file as 'Again'."""
        wish = {"timelineName": "Again", **options}
        return self.pool.ImportTimelineFromFile(str(path), wish)

    def round_trip(self, **options: Any) -> Any:
        return self.read_in(self.export(), **options)
