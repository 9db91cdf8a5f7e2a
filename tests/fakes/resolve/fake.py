"""The fake program: one project, one user, one set of knobs."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
from PIL import Image

from . import truth as plain
from .app import Fusion, ProjectManager, Resolve
from .editor import Editor
from .gallery import GalleryStill
from .item import TimelineItem
from .knobs import Knobs
from .model import Item, Media, ProjectModel, Sequence, Track
from .pool import MediaPoolItem
from .prefs import Preferences
from .probe import probed, write_film
from .render import Queue
from .timeline import Timeline

UNTITLED = "Untitled Project"


class FakeResolve:
    """A running DaVinci Resolve. See the package's docstring for how to use it."""

    def __init__(
        self, knobs: Knobs | None = None, folder: Path | None = None, *, rate: str = "24/1",
        project: str = "Film",
    ) -> None:  # fmt: skip
        self.knobs = knobs or Knobs()
        self.folder = folder or Path.cwd()
        self.project = ProjectModel(project, Fraction(rate))
        self.editor = Editor(self)
        self.queue = Queue()
        self.stills: list[GalleryStill] = []
        self.gallery_open = False
        self.prefs = Preferences(self.folder / "Fusion.prefs")
        self.page = "edit"
        self.modal = False
        self.running = True
        self.saved: tuple[int, ...] = ()
        self.deleted_before = False
        self.placements = 0
        self.selection: list[Item] = []
        self.held: set[Path] = set()
        self.calls: list[tuple[str, str, tuple[Any, ...]]] = []
        self.threads: set[int] = set()

    # -- ways in (facts 2)

    def app(self) -> Resolve:
        """The `resolve` object, whatever the edition allows: for tests of everything else."""
        return Resolve(self)

    def GetProjectManager(self) -> ProjectManager:
        return ProjectManager(self)

    def lists_python(self) -> bool:
        """Whether Workspace > Scripts lists .py files: not in the free edition from 21.1 on."""
        if self.knobs.mac_app_store:
            return False
        return self.knobs.studio or self.knobs.build < (21, 1)

    def menu(self) -> dict[str, Any]:
        """The globals of a Python script started from the menu; {} when it cannot be."""
        if not self.lists_python():
            return {}
        fusion = Fusion(self)
        bmd = SimpleNamespace(scriptapp=lambda name: Resolve(self), UIDispatcher=None)
        return {"resolve": Resolve(self), "app": Resolve(self), "fusion": fusion, "bmd": bmd}

    def scriptapp(self, name: str = "Resolve") -> Resolve | None:
        """`DaVinciResolveScript.scriptapp`, from outside: None in free from 19.1 on."""
        open_to_all = self.knobs.studio or self.knobs.build < (19, 1)
        allowed = open_to_all and not self.knobs.mac_app_store and self.running
        return Resolve(self) if allowed and name == "Resolve" else None

    def quit(self) -> None:
        """The program ends: every call answers None from now on."""
        self.running = False

    # -- what is really there

    def truth(self, timeline: str | Sequence | None = None) -> tuple[plain.Placed, ...]:
        """Every item of a timeline (the current one unless named), honestly."""
        return plain.placed(self.find(timeline))

    def tracks(self, timeline: str | Sequence | None = None) -> tuple[plain.Lane, ...]:
        return plain.lanes(self.find(timeline))

    def shown(
        self, start: int, end: int, timeline: str | Sequence | None = None
    ) -> list[tuple[str, int] | None]:
        """(path, source frame) of the picture at each timeline frame of [start, end)."""
        sequence = self.find(timeline)
        return [plain.shown(sequence, frame) for frame in range(start, end)]

    def desk(self) -> plain.Desk:
        """Page, current timeline, playhead, marks, current bin and the names of all timelines."""
        project, now = self.project, self.project.current
        folder = next(path for path, one in project.root.walk() if one is project.folder)
        marks = tuple((k, *two) for k, two in sorted(now.marks.items())) if now else ()
        return plain.Desk(
            self.page, now.name if now else "", now.playhead - now.start if now else 0, marks,
            folder, tuple(one.name for one in project.timelines),
        )  # fmt: skip

    def pool(self) -> tuple[tuple[str, str, str, str], ...]:
        """(bin, name, type, path) of everything in the pool; the root bin is ""."""
        return tuple(
            (path, clip.name, clip.type, clip.path)
            for path, folder in self.project.root.walk()
            for clip in folder.clips
        )

    def find(self, timeline: str | Sequence | None = None) -> Sequence:
        if isinstance(timeline, Sequence):
            return timeline
        found = self.project.current if timeline is None else self.project.named(timeline)
        if found is None:
            raise LookupError(f"no timeline {timeline or 'is current'}")
        return found

    # -- making material

    def film(
        self, name: str = "a.mov", frames: int = 120, rate: str | None = None, *,
        timecode: str = "", audio: bool = False, shade: int = 90,
    ) -> Path:  # fmt: skip
        """Write a real film whose frames carry their number; not yet in the pool."""
        speed = Fraction(rate) if rate else self.project.rate
        path = self.folder / "media" / name
        return write_film(path, frames, speed, timecode=timecode, audio=audio, shade=shade)

    def still(self, name: str = "a.png") -> Path:
        """Write a real picture; not yet in the pool."""
        path = self.folder / "media" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (128, 72), "grey").save(path)
        return path

    def import_file(self, path: Path) -> Media | None:
        """A file into the current bin; None when it cannot be read or is there and not wanted."""
        there = any(media.path == str(path) for _, media in self.project.media())
        media = probed(path, self.project.rate)
        if media is None or (there and not self.knobs.reimport_duplicates):
            return None
        self.project.folder.clips.append(media)
        return media

    def new_sequence(
        self, name: str, rate: Fraction | None = None, start: int | None = None
    ) -> Sequence:
        """A new current timeline with V1 and A1."""
        speed = rate or self.project.rate
        made = Sequence(name, speed, self.first_frame(speed) if start is None else start)
        made.add_track("video")
        made.add_track("audio", "stereo")
        self.project.add_timeline(made)
        return made

    def first_frame(self, rate: Fraction) -> int:
        """01:00:00:00, 86400 at 24 (facts 5)."""
        return round(rate) * 3600

    def model_transition(self, track: Track, cut: int, head: int, tail: int, name: str) -> Item:
        """Put a transition about a cut in record frames."""
        made = Item("transition", name, cut - head, head + tail, offsets=(head, tail))
        track.put(made)
        return made

    # -- from handles to truth and back

    def media(self, handle: Any) -> Media | None:
        """What is behind a live MediaPoolItem, None for anything else."""
        live = isinstance(handle, MediaPoolItem) and handle._alive()
        return handle._media if live else None

    def clip(self, media: Media | None) -> MediaPoolItem | None:
        return None if media is None else MediaPoolItem(self, media)

    def timeline(self, sequence: Sequence | None) -> Timeline | None:
        return None if sequence is None else Timeline(self, sequence)

    def item(self, sequence: Sequence, item: Item) -> TimelineItem:
        return TimelineItem(self, sequence, item)

    # -- moods of the program

    def dismiss_modal(self) -> None:
        """The user closes the dialog that a Studio-only call raised."""
        self.modal = False

    def turn_to(self, page: str) -> None:
        """Deliver disturbs the user's in and out marks (facts 9)."""
        self.page = page
        now = self.project.current
        if page == "deliver" and self.knobs.deliver_disturbs_marks and now is not None:
            whole = (0, max(now.end - now.start - 1, 0))
            now.marks = {"video": whole, "audio": whole}

    def save(self) -> bool:
        """False on 'Untitled Project'; what errored calls placed vanishes (facts 5, 9)."""
        for sequence in self.project.timelines:
            for item in [one for _, _, one in sequence.everything() if one.errored]:
                sequence.remove(item)
                sequence.generation += 1
        kept = not (self.knobs.untitled_cannot_save and self.project.name == UNTITLED)
        self.saved = self.edits() if kept else self.saved
        return kept

    def edits(self) -> tuple[int, ...]:
        """Changes with every edit of a timeline, with their number and with the pool."""
        timelines = self.project.timelines
        return len(list(self.project.media())), *(one.generation for one in timelines)

    def start_project(self, name: str) -> bool:
        """Refused while the current project is dirty, where the host is like that (facts 9)."""
        if self.knobs.dirty_project_blocks_new and self.edits() != self.saved:
            return False
        self.project = ProjectModel(name, self.project.rate)
        self.selection.clear()
        return True

    def project_settings(self) -> dict[str, str]:
        rate = f"{float(self.project.rate):.3f}".rstrip("0").rstrip(".")
        return {"timelineFrameRate": rate, **self.project.settings}

    def write_still(
        self, path: Path, sequence: Sequence, record: int, only: Item | None = None
    ) -> bool:
        """Write the real picture of a record frame; False for black or what cannot be read."""
        seen = plain.source_at(sequence, only, record) if only else plain.shown_at(sequence, record)
        if seen is None or not Path(seen[0]).is_file():
            return False
        with av.open(seen[0]) as film:
            for number, frame in enumerate(film.decode(video=0)):
                if number == seen[1]:
                    Image.fromarray(frame.to_ndarray(format="rgb24")).save(path)
                    return True
        return False
