"""A project whose shots and scores stay in memory for as long as their files do not change."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from otio_bridge.model import Score, Take
from otio_bridge.project import Project, ProjectFacts, ShotRecord

Stamp = tuple[Any, ...]
"""What tells two states of files apart: times of change, places on the disk, sizes."""
KEPT = 4096
"""Entries kept before all are forgotten."""

T = TypeVar("T")


def stamp_of(path: Path) -> Stamp:
    """Return the state of one file; () where there is none."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_ino, found.st_size


def stamp_of_folder(folder: Path, ending: str) -> Stamp:
    """Return the state of all files with that ending in a folder."""
    try:
        with os.scandir(folder) as entries:
            named = [one for one in entries if one.name.endswith(ending) and one.name[0] != "."]
            found = [(one.name, one.stat()) for one in named]
    except OSError:  # not there, or a file went while we looked
        return ()
    return tuple(sorted((name, st.st_mtime_ns, st.st_ino, st.st_size) for name, st in found))


class Remembered:
    """Values by name, each good for one state of the files that it was made from."""

    def __init__(self) -> None:
        self._kept: dict[Any, tuple[Stamp, Any]] = {}
        self._locks: dict[Any, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, name: Any, stamp: Stamp, make: Callable[[], T]) -> T:
        """Return the value of that name and state; made once, however many ask at a time."""
        found = self._kept.get(name)
        if found is None or found[0] != stamp:
            with self._lock:
                if len(self._kept) > KEPT:
                    self._kept.clear()
                    self._locks.clear()
                lock = self._locks.setdefault(name, threading.Lock())
            with lock:
                found = self._kept.get(name)
                if found is None or found[0] != stamp:
                    found = (stamp, make())
                    self._kept[name] = found
        value: T = found[1]
        return value


class RememberedProject(Project):
    """A project that reads each file once per state; writing is as ever."""

    def __init__(self, root: Path, facts: ProjectFacts) -> None:
        super().__init__(root, facts)
        self._remembered = Remembered()

    def shot(self, shot_id: str) -> ShotRecord | None:
        """Return what is known of a shot, or None when it was never saved."""
        stamp = stamp_of(self._shot_file(shot_id))
        return self._remembered.get(("shot", shot_id), stamp, lambda: Project.shot(self, shot_id))

    def shots(self) -> list[ShotRecord]:
        """Return all shots, ordered by file name."""
        return self._remembered.get("shots", self.shots_stamp(), lambda: Project.shots(self))

    def judged(self, take: Take) -> Score | None:
        """Return what the judge said of a take as it said it, or None."""
        file = self.path(take.media).with_suffix(".score.json")
        return self._remembered.get(
            ("score", str(file)), stamp_of(file), lambda: Project.judged(self, take)
        )

    def _marks_stamp(self) -> object:
        return self.shots_stamp()

    def shots_stamp(self) -> Stamp:
        """Return the state of all shots."""
        return stamp_of_folder(self.folder / "shots", ".json")

    def takes_stamp(self, shot_id: str) -> Stamp:
        """Return the state of the takes and scores of one shot."""
        return stamp_of_folder(self.take_path(shot_id, "t00", "x").parent, ".json")
