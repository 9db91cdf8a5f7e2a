"""The desk: which timelines are open, and what was read of them, kept until a file changes."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pydantic import TypeAdapter

from otio_bridge.engine.memory import Remembered, RememberedProject, Stamp, stamp_of
from otio_bridge.engine.refusals import Refusal
from otio_bridge.engine.runtime import engine_folder, write_private
from otio_bridge.errors import BridgeError
from otio_bridge.identity import Placed
from otio_bridge.journal import data_folder
from otio_bridge.listing import listed
from otio_bridge.model import Noun
from otio_bridge.outcome import ShotList
from otio_bridge.project import FOLDER, Project
from otio_bridge.session import Session
from otio_bridge.timeline import Cut, file_state, our_metadata, read_cut

Tagged = tuple[str, bytes]
"""An answer as JSON, and the ETag of its state."""


class OpenTimeline(Noun):
    """A timeline that is open in the engine."""

    id: str
    path: str
    """Absolute path of the file."""
    rate: float | None = None
    """As given at opening, for formats that do not say."""
    host: str = ""
    """Which host posted it; "" for a file that was opened."""


@dataclass(frozen=True)
class Page:
    """A timeline with its project, as they stand on the disk now."""

    opened: OpenTimeline
    session: Session
    stamp: Stamp
    """State of the timeline and of all shots."""

    @property
    def path(self) -> Path:
        """The timeline's file."""
        return Path(self.opened.path)

    @property
    def project(self) -> RememberedProject:
        """The project.

        Raises:
            ProjectError: There is none yet.
        """
        project = self.session.needed_project()
        assert isinstance(project, RememberedProject)
        return project

    def placed(self, shot: str) -> Placed:
        """Return the one clip that an id or name means.

        Raises:
            ClipNotFound: There is none.
            ClipAmbiguous: There are several.
        """
        return self.session.named(shot)


_OPEN = TypeAdapter(dict[str, OpenTimeline])


class Desk:
    """All open timelines of this engine; may be asked from any thread."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._cuts = Remembered()
        self._sessions = Remembered()
        self._answers = Remembered()
        self._projects = Remembered()
        self._file = engine_folder() / "timelines.json"
        self._open = self._read()

    def open(self, path: Path, rate: float | None = None, host: str = "") -> OpenTimeline:
        """Open a timeline and remember that it is open.

        Raises:
            TimelineError: It cannot be read.
        """
        opened = self.seen(path, rate, host)
        self.page_of(opened)
        with self._lock:
            if self._open.get(opened.id) != opened:
                self._open[opened.id] = opened
                self._write()
        return opened

    def seen(self, path: Path | str, rate: float | None = None, host: str = "") -> OpenTimeline:
        """Return a timeline as it would be opened.

        Raises:
            Refusal: The path is not absolute, or cannot be followed.
        """
        path = Path(path)
        if not path.is_absolute():
            raise Refusal(422, f"'{path}' is no absolute path; name the timeline from the root.")
        try:
            full = path.resolve()
        except (OSError, ValueError, RuntimeError):
            raise Refusal(422, "The path cannot be followed; check it.") from None
        name = hashlib.sha256(str(full).encode("utf-8", "surrogatepass")).hexdigest()[:16]
        return OpenTimeline(id=name, path=str(full), rate=rate, host=host)

    def close(self, timeline: str) -> None:
        """Forget that a timeline is open.

        Raises:
            Refusal: It is not.
        """
        with self._lock:
            self.known(timeline)
            del self._open[timeline]
            self._write()

    def all(self) -> list[OpenTimeline]:
        """Return all open timelines."""
        with self._lock:
            return list(self._open.values())

    def known(self, timeline: str) -> OpenTimeline:
        """Return an open timeline.

        Raises:
            Refusal: There is none of that id.
        """
        found = self._open.get(timeline)
        if found is None:
            raise Refusal(404, "No timeline of that id is open; open it with POST /v1/timelines.")
        return found

    def page(self, timeline: str) -> Page:
        """Return an open timeline as it stands on the disk now.

        Raises:
            Refusal: There is none of that id.
            TimelineError: Its file is gone or broken.
        """
        return self.page_of(self.known(timeline))

    def page_of(self, opened: OpenTimeline) -> Page:
        """Return a timeline, listed as open or not, as it stands on the disk now."""
        path = Path(opened.path)
        state = (file_state(path), opened.rate)
        cut: Cut = self._cuts.get(opened.id, state, lambda: _cut(path, opened.rate))
        project = self._project_of(cut)
        shots = () if project is None else project.shots_stamp()
        stamp = (*state, shots, None if project is None else project.id)
        session: Session = self._sessions.get(
            opened.id, stamp, lambda: _looked_through(Session(cut, project))
        )
        return Page(opened, session, stamp)

    def shots(self, page: Page) -> Tagged:
        """Return the list of shots as JSON, with a tag that tells two states apart."""
        stamp = (page.stamp, *self._jobs_stamp(page.session.project))
        return self.kept((page.opened.id,), stamp, lambda: listed(page.session))

    def kept(self, name: tuple[object, ...], stamp: Stamp, answer: Callable[[], object]) -> Tagged:
        """Return an answer as JSON, made once for each state of what it is made from."""
        return self._answers.get(name, stamp, lambda: _tagged(answer(), stamp))

    def with_project(self, timeline: str) -> Page:
        """Return an open timeline, its project begun where there was none."""
        page = self.page(timeline)
        if page.session.project is None:
            Project.opened(page.session.cut.path.parent, create=True)
            page = self.page(timeline)
        return page

    def _project_of(self, cut: Cut) -> RememberedProject | None:
        where = our_metadata(cut.timeline).get("project")
        homes = [cut.path.parent]
        if isinstance(where, str):
            homes.append(cut.path.parent / where)
        for home in homes:
            if stamp := stamp_of(home / FOLDER / "project.json"):
                found: RememberedProject | None = self._projects.get(
                    home, stamp, partial(RememberedProject.found, home)
                )
                return found
        return None

    def _jobs_stamp(self, project: Project | None) -> Stamp:
        if project is None:
            return ()
        journal = data_folder() / "journals" / f"{project.id}.sqlite"
        return tuple(
            stamp_of(path)
            for path in (project.folder / "jobs", journal, journal.with_name(f"{journal.name}-wal"))
        )

    def _read(self) -> dict[str, OpenTimeline]:
        try:
            return _OPEN.validate_json(self._file.read_bytes())
        except (OSError, ValueError):
            return {}

    def _write(self) -> None:
        write_private(self._file, _OPEN.dump_json(self._open, indent=1))


def examined(path: Path) -> None:
    """Read a timeline and list its shots, to see whether that works.

    Raises:
        TimelineError: It is none.
        Refusal: It holds what cannot be understood.
    """
    session = _looked_through(Session(_cut(path, None), None))
    try:
        TypeAdapter(ShotList).dump_json(listed(session))
    except BridgeError:
        raise
    except Exception as error:
        raise _unreadable(path, error) from error


def _cut(path: Path, rate: float | None) -> Cut:
    """Read a timeline; whatever a broken one makes its reader raise becomes a sentence."""
    try:
        return read_cut(path, rate)
    except BridgeError:
        raise
    except Exception as error:
        raise _unreadable(path, error) from error


def _looked_through(session: Session) -> Session:
    try:
        assert session.placed is not None
        return session
    except BridgeError:
        raise
    except Exception as error:  # numbers that are none, of which OTIO's C++ takes any
        raise _unreadable(session.cut.path, error) from error


def _unreadable(path: Path, error: Exception) -> Refusal:
    said = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    return Refusal(422, f"{path.name} holds what cannot be understood ({said}); export it again.")


def _tagged(answer: object, stamp: Stamp) -> Tagged:
    tag = hashlib.sha256(repr(stamp).encode("utf-8", "surrogatepass")).hexdigest()[:24]
    return f'"{tag}"', TypeAdapter(type(answer)).dump_json(answer)
