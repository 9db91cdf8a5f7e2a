"""One timeline on the table: its cut, its project and the shot behind every clip.

Verbs of `pipeline` open a session, do one thing and write. The project lies in the timeline's own
folder; where that cannot be (a read-only source written elsewhere by `--out`) it lies beside what
is written, and a timeline that lives away from its project says in its metadata where that is.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Self

from otio_bridge.errors import ProjectError, TimelineError
from otio_bridge.files import write_atomically
from otio_bridge.identity import Placed, identified, named
from otio_bridge.model import Shot, Span, Take
from otio_bridge.project import Project, ShotRecord
from otio_bridge.timeline import (
    METADATA,
    METADATA_VERSION,
    Cut,
    our_metadata,
    read_cut,
    write_cut,
)
from otio_bridge.timeline_edits import takes_on
from otio_bridge.timeline_markers import markers_of
from otio_bridge.timeline_media import local_path, rebase, url_from
from otio_bridge.timeline_place import Place, place_of, take_start_in
from otio_bridge.timeline_slots import Slot, media_of, original_key, slots_in

MARKS = ("contact", "regenerate")
"""Names of clip markers by which an editor points at clips for `--marked`."""


@dataclass
class Session:
    """A timeline that was read, with all that is known of its shots."""

    cut: Cut
    project: Project | None

    @classmethod
    def opened(cls, path: Path, *, rate: float | None = None, out: Path | None = None) -> Self:
        """Read a timeline and open its project, if there is one.

        Args:
            path: The timeline.
            rate: For formats that do not say, such as EDL.
            out: Where the timeline will be written, if not in its own place; its project counts
                where the source has none.
        """
        cut = read_cut(Path(path), rate)
        project = Project.found(cut.path.parent) or _project_named_in(cut)
        if project is None and out is not None:
            project = Project.found(Path(out).absolute().parent)
        return cls(cut, project)

    def started(self, out: Path | None = None) -> Project:
        """Return the project, made where there is none: beside the timeline or what is written."""
        if self.project is None:
            home = self.cut.path.parent if out is None else Path(out).absolute().parent
            self.project = Project.opened(home, create=True)
        return self.project

    @property
    def rate(self) -> Fraction:
        """Frames per second of the timeline."""
        return self.cut.rate

    @cached_property
    def records(self) -> list[ShotRecord]:
        """All shots the project knows."""
        return [] if self.project is None else self.project.shots()

    @cached_property
    def placed(self) -> list[Placed]:
        """Every clip with its shot, in track and record order."""
        files = {
            Path(take.media).name: (record.shot.id, take.id)
            for record in self.records
            for take in record.takes
        }
        return identified(slots_in(self.cut, files), self.records)

    def forget(self) -> None:
        """Look at timeline and project anew, after an edit moved things."""
        self.__dict__.pop("placed", None)
        self.__dict__.pop("records", None)

    def named(self, clip: str) -> Placed:
        """Return the one clip that a person means."""
        return named(self.cut, self.placed, clip)

    def marked(self) -> list[Placed]:
        """Return the clips with a marker named "contact" or "regenerate".

        Raises:
            TimelineError: No clip has one.
        """
        found = [one for one in self.placed if _is_marked(one.slot)]
        if not found:
            raise TimelineError(
                f"No clip of {self.cut.path.name} has a marker named 'contact' or 'regenerate'; "
                "set one on each clip that is meant."
            )
        return found

    def needed_project(self) -> Project:
        """Return the project.

        Raises:
            ProjectError: There is none yet.
        """
        if self.project is None:
            raise ProjectError(
                f"No shot of {self.cut.path.name} was described or regenerated yet; start with "
                "'otio-bridge regenerate'."
            )
        return self.project

    def shot_of(self, placed: Placed) -> Shot:
        """Return what is known of a shot, its contact spans moved along with later trims."""
        slot = placed.slot
        shot = placed.record.shot if placed.record else Shot(id=placed.shot, clip=slot.name)
        if shot.contact and shot.source_start is not None:
            place = place_of(slot, self.rate)
            spans = _moved_contact(shot, place, slot.frames, self.rate)
            return shot.model_copy(update={"contact": spans})
        return (
            shot
            if shot.contact
            else shot.model_copy(update={"contact": contact_markers(slot, self.rate)})
        )

    def takes_of(self, placed: Placed) -> list[Take]:
        """Return a shot's takes as they stand in its slot now.

        Takes come from the project and, where that does not know them, from the clip's metadata.
        """
        takes = {take.id: take for take in takes_on(placed.slot)}
        takes.update({take.id: take for take in (placed.record.takes if placed.record else ())})
        if not takes:
            return []
        place = place_of(placed.slot, self.rate)
        return [self._as_placed(takes[name], placed.slot, place) for name in sorted(takes)]

    def _as_placed(self, take: Take, slot: Slot, place: Place) -> Take:
        start = take_start_in(place, take, self.rate)
        return take.model_copy(update={"slot_start": start, "slot_frames": slot.frames})

    def take_file(self, take: Take) -> Path:
        """Return where a take's media lies."""
        return self.needed_project().path(take.media)

    def media_of(self, slot: Slot) -> Path | None:
        """Return the file of a slot's own media, None where it is missing or no file."""
        item = slot.item
        clip = item if hasattr(item, "media_references") else item.find_clips()[0]
        url = media_of(clip, original_key(clip))
        path = local_path(url, self.cut.path.parent) if url else None
        return path if path is not None and os.path.isfile(path) else None

    def write(self, out: Path | None = None) -> Path:
        """Write the timeline, keeping the version it replaces.

        Raises:
            TimelineChanged: Somebody else changed the file since it was read.
        """
        project = self.needed_project()
        target = Path(out).absolute() if out is not None else self.cut.home
        rebase(self.cut, target.parent)
        _say_project(self.cut, project, target.parent)
        with project.locked():
            written = write_cut(self.cut, out, before=project.keep_version)
            _sign(project, written)
        return written


def take_name(text: str) -> str:
    """Return a take id as it is kept: "t1", "T1" and "1" are "t01"; others stay as they are."""
    digits = text.lower().removeprefix("t")
    return f"t{int(digits):02}" if digits.isascii() and digits.isdecimal() else text


def undo_write(path: Path) -> Path:
    """Put back the version of a timeline that its last write replaced.

    Raises:
        TimelineError: None is kept, or another program wrote the file since.
    """
    path = Path(path).absolute()
    session = Session.opened(path)
    project = session.needed_project()
    kept = project.versions(path)
    if not kept:
        raise TimelineError(f"No earlier version of {path.name} is kept, so nothing was undone.")
    signature = _signature(project, path)
    if not signature.exists() or signature.read_text() != _digest(path):
        raise TimelineError(
            f"{path.name} was changed by another program after otio-bridge wrote it; undo there "
            f"first, or copy back {kept[-1]}."
        )
    with project.locked():
        write_atomically(path, kept[-1].read_bytes())
        kept[-1].unlink()
        _sign(project, path)
    return path


def _sign(project: Project, timeline: Path) -> None:
    write_atomically(_signature(project, timeline), _digest(timeline).encode())


def _digest(timeline: Path) -> str:
    return hashlib.sha256(timeline.read_bytes()).hexdigest()


def _signature(project: Project, timeline: Path) -> Path:
    """File that keeps the digest of what we last wrote, so that undo never undoes others' work."""
    name = hashlib.sha256(str(timeline.name).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return project.folder / "versions" / f"{name}.written"


def _project_named_in(cut: Cut) -> Project | None:
    where = our_metadata(cut.timeline).get("project")
    folder = local_path(where, cut.path.parent) if isinstance(where, str) else None
    return None if folder is None else Project.found(folder)


def _say_project(cut: Cut, project: Project, folder: Path) -> None:
    """Note in a timeline that lives elsewhere where its project is."""
    if folder.resolve() == project.root:
        cut.timeline.metadata.pop(METADATA, None)
        return
    where = url_from(project.root, folder)
    cut.timeline.metadata[METADATA] = {"version": METADATA_VERSION, "project": where}


def _is_marked(slot: Slot) -> bool:
    return any(marker.name.casefold() in MARKS for item in slot.items for marker in item.markers)


def contact_markers(slot: Slot, rate: Fraction) -> tuple[Span, ...]:
    """Return the frames of a slot that markers named "contact" span."""
    spans = [
        (max(0, one.start), min(slot.frames, one.start + one.frames))
        for one in markers_of(slot, rate)
        if one.name.casefold() == "contact" and one.frames > 1
    ]
    return tuple(span for span in spans if span[0] < span[1])


def _moved_contact(shot: Shot, place: Place, frames: int, rate: Fraction) -> tuple[Span, ...]:
    """Return a shot's contact spans in the slot as it stands now."""
    if shot.source_start is None:
        return shot.contact
    then = Place(Fraction(shot.source_start), Fraction(shot.source_speed))
    moved = place.frames_after(then, rate)
    spans = [(max(0, start - moved), min(frames, end - moved)) for start, end in shot.contact]
    return tuple(span for span in spans if span[0] < span[1])
