"""The project folder: one per timeline folder, shared by all timelines in it, whole when moved.

    <timeline folder>/otio-bridge/
      project.json  shots/  takes/<shot>/  references/<role>/  jobs/  versions/<timeline>/  raw/

Everything inside is named relative to the project folder. A file is written under a temporary name,
synced and moved into place; read-modify-write happens under a file lock. Locks cannot be trusted on
network shares, so `holder.json` names who writes, and everybody else reads.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from pydantic import Field

from otio_bridge.errors import ProjectError, TakeNotFound
from otio_bridge.files import read_json, replacing, telling, write_json
from otio_bridge.model import (
    Noun,
    Reference,
    Role,
    Score,
    Shot,
    Take,
    Verdict,
    second_held,
)
from otio_bridge.project_lock import Holder, ProjectLock
from otio_bridge.recalibrating import Scale, fitted, rescaled

FOLDER = "otio-bridge"
VERSION = 1
KEPT_VERSIONS = 20
WINDOWS_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")


class Trace(Noun):
    """Where a shot was last seen, by which it is found when a host dropped the metadata."""

    clip: str
    media: str = ""
    """File name of the clip's media, without its folder."""
    source_start: float = 0.0
    """First source frame shown, counted at `rate`; some editors write fractions."""
    source_frames: float = 0.0
    rate: str = "24/1"
    timeline: str = ""
    """File name of the timeline."""
    note: str = ""
    """Marker note that carries the shot's id."""


class ShotRecord(Noun):
    """All the project knows of one shot."""

    shot: Shot
    takes: tuple[Take, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    next_take: int = 1
    """Number of the next take; numbers are never given twice."""
    traces: tuple[Trace, ...] = ()
    restores: dict[str, Any] = Field(default_factory=dict)
    """How to take back each edit, free JSON keyed by the edit's id."""

    def take(self, take_id: str) -> Take:
        """Return the take of that id.

        Raises:
            TakeNotFound: The shot has none.
        """
        for take in self.takes:
            if take.id == take_id:
                return take
        known = ", ".join(take.id for take in self.takes) or "none yet"
        raise TakeNotFound(f"Shot '{self.shot.clip}' has no take '{take_id}'; it has {known}.")


class ProjectFacts(Noun):
    """The content of project.json."""

    version: int = VERSION
    id: str
    name: str
    settings: dict[str, Any] = Field(default_factory=dict)


class Project:
    """One project folder, opened; make it with `Project.opened` or `Project.found`."""

    def __init__(self, root: Path, facts: ProjectFacts) -> None:
        self.root = root
        """The folder of the timelines."""
        self.folder = root / FOLDER
        """The folder of the data, to which all names inside are relative."""
        self._facts = facts
        self._lock = ProjectLock(self.folder)
        self._scale: tuple[object, Scale] | None = None
        """State of the shots, and what their marks say of the judge."""

    @classmethod
    def opened(cls, root: Path | str, create: bool = False) -> Self:
        """Open the project of a timeline folder.

        Args:
            root: The folder that the timelines lie in.
            create: Make the project when there is none.

        Raises:
            ProjectError: There is none, or it cannot be read, or a newer version wrote it.
        """
        root = Path(root).resolve()
        if (found := cls.found(root)) is not None:
            return found
        if not create:
            raise ProjectError(
                f"There is no otio-bridge project in {root}; open a timeline there to start one."
            )
        with telling(root / FOLDER):
            (root / FOLDER).mkdir(parents=True, exist_ok=True)
        made = cls(root, ProjectFacts(id=uuid.uuid4().hex, name=root.name or "project"))
        with made.locked():
            if (found := cls.found(root)) is not None:
                return found
            write_json(made.folder / "project.json", made._facts)
        return made

    @classmethod
    def found(cls, root: Path | str) -> Self | None:
        """Return the project of a timeline folder, or None when it has none yet."""
        root = Path(root).resolve()
        file = root / FOLDER / "project.json"
        facts = read_json(file, ProjectFacts)
        if facts is None:
            return None
        if facts.version > VERSION:
            raise ProjectError(
                f"{file} was written by a newer otio-bridge (format {facts.version}, this one "
                f"knows {VERSION}); update otio-bridge to open it."
            )
        return cls(root, facts)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give up the place of the writer, when this process has it."""
        self._lock.leave()

    @property
    def id(self) -> str:
        """The project's own id, which survives moving and renaming the folder."""
        return self._facts.id

    @property
    def name(self) -> str:
        """Name for people."""
        return self._facts.name

    @property
    def settings(self) -> dict[str, Any]:
        """A copy of the project's settings, read when it was opened or last saved."""
        return dict(self._facts.settings)

    def save_settings(self, **changes: Any) -> None:
        """Set some settings and keep the others; None removes one."""
        with self.locked():
            facts = read_json(file := self.folder / "project.json", ProjectFacts) or self._facts
            merged = {**facts.settings, **changes}
            kept = {key: value for key, value in merged.items() if value is not None}
            self._facts = facts.model_copy(update={"settings": kept})
            write_json(file, self._facts)

    # names ----------------------------------------------------------------------------------------

    def path(self, relative: str) -> Path:
        """Return the full path of a file named relative to the project folder.

        Raises:
            ProjectError: The name leads out of the project.
        """
        try:
            full = (self.folder / relative).resolve()
        except (OSError, ValueError):
            full = self.root
        if "\\" in relative or not full.is_relative_to(self.folder):
            raise ProjectError(
                f"The name '{relative}' leads out of the project folder {self.folder}; put the "
                "file inside and name it from there."
            )
        return full

    def relative(self, path: Path | str) -> str:
        """Name a file of the project relative to the project folder, with forward slashes.

        Raises:
            ProjectError: The file lies elsewhere.
        """
        full = Path(path).resolve()
        if not full.is_relative_to(self.folder):
            raise ProjectError(
                f"{path} lies outside the project folder {self.folder}; copy it inside first."
            )
        return full.relative_to(self.folder).as_posix()

    # locks ----------------------------------------------------------------------------------------

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only writer for a short while; may be nested.

        Raises:
            ProjectHeld: Another user or host writes here, or another process is busy for long.
            ProjectError: The folder cannot be written.
        """
        with self._lock.held():
            yield

    def held_by(self) -> Holder | None:
        """Return the other user or host that writes here now; while there is one, we only read."""
        return self._lock.other()

    # shots ----------------------------------------------------------------------------------------

    def shot(self, shot_id: str) -> ShotRecord | None:
        """Return what is known of a shot, or None when it was never saved."""
        record = read_json(file := self._shot_file(shot_id), ShotRecord)
        if record is not None and record.shot.id != shot_id:
            raise ProjectError(
                f"{file} belongs to shot '{record.shot.id}', whose id differs from '{shot_id}' "
                "only in case; rename one of the two shots."
            )
        return record

    def shots(self) -> list[ShotRecord]:
        """Return all shots, ordered by file name."""
        files = sorted((self.folder / "shots").glob("[!.]*.json"))
        return [record for file in files if (record := read_json(file, ShotRecord)) is not None]

    def save_shot(self, record: ShotRecord) -> None:
        """Write a shot as it is; to change one that others may be changing use `edit_shot`."""
        with self.locked():
            write_json(self._shot_file(record.shot.id), record)

    def edit_shot(
        self,
        shot_id: str,
        change: Callable[[ShotRecord], ShotRecord],
        new: Shot | None = None,
    ) -> ShotRecord:
        """Read, change and write a shot while nobody else does.

        Args:
            shot_id: Which shot.
            change: Makes the changed record from the present one; must be quick.
            new: What to start from when the shot was never saved.

        Raises:
            ProjectError: The shot was never saved and there is no `new`.
        """
        with self.locked():
            record = self.shot(shot_id) or (ShotRecord(shot=new) if new else None)
            if record is None:
                raise ProjectError(
                    f"The project in {self.root} has no shot '{shot_id}'; describe it first."
                )
            changed = change(record)
            write_json(self._shot_file(shot_id), changed)
        return changed

    # takes ----------------------------------------------------------------------------------------

    def reserve_take(self, shot_id: str) -> str:
        """Give the next take id of a shot, such as "t03", to exactly one caller."""
        edited = self.edit_shot(
            shot_id, lambda old: old.model_copy(update={"next_take": old.next_take + 1})
        )
        return f"t{edited.next_take - 1:02}"

    def take_path(self, shot_id: str, take: str, model: str, suffix: str = ".mov") -> Path:
        """Return where the media of a take belongs."""
        name = take_filename(shot_id, take, model, suffix)
        return self.folder / "takes" / file_key(shot_id) / name

    def add_take(self, take: Take, score: Score | None = None) -> ShotRecord:
        """Add a take to its shot and write its sidecars beside the media.

        Raises:
            ProjectError: The shot was never saved, or has a take of that id already.
        """

        def added(old: ShotRecord) -> ShotRecord:
            if any(known.id == take.id for known in old.takes):
                raise ProjectError(
                    f"Shot '{take.shot}' has a take '{take.id}' already; reserve a new take id."
                )
            write_json(self.path(take.media).with_suffix(".json"), take)
            if score is not None:
                self.save_score(take, score)
            return old.model_copy(update={"takes": (*old.takes, take)})

        return self.edit_shot(take.shot, added)

    def save_score(self, take: Take, score: Score) -> None:
        """Write what the judge says of a take beside its media, in place of what it said before."""
        with self.locked():
            write_json(self.path(take.media).with_suffix(".score.json"), score)

    def score(self, take: Take) -> Score | None:
        """Return what the judge said of a take, on the scale of this project's marks, or None."""
        said = self.judged(take)
        return None if said is None else rescaled(said, self.scale())

    def judged(self, take: Take) -> Score | None:
        """Return what the judge said of a take as it said it, or None."""
        return read_json(self.path(take.media).with_suffix(".score.json"), Score)

    def scale(self) -> Scale:
        """Return what all marks of the project say of the judge's numbers."""
        stamp = self._marks_stamp()
        if self._scale is None or self._scale[0] != stamp:
            try:
                self._scale = stamp, fitted([*self._marked()])
            except ProjectError:  # told of where the damaged shot itself is asked for
                self._scale = stamp, Scale()
        return self._scale[1]

    def _marks_stamp(self) -> object:
        """Return what changes whenever a shot is written."""
        files = sorted((self.folder / "shots").glob("[!.]*.json"))
        return [(file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in files]

    def _marked(self) -> Iterator[tuple[float, bool]]:
        """Yield P(held) and the person's word for every mark on a second that was judged."""
        for record in self.shots():
            for verdict in record.verdicts:
                take = next((one for one in record.takes if one.id == verdict.take), None)
                said = self.judged(take) if take is not None else None
                fold = second_held(said.held[verdict.start : verdict.end]) if said else None
                if fold is not None:
                    yield fold, verdict.mark == "held"

    # references -----------------------------------------------------------------------------------

    def reference(self, role: Role, name: str) -> Reference | None:
        """Return the look of that role and name, or None."""
        return read_json(self.reference_path(role, name), Reference)

    def fused(self, shot: str) -> Reference | None:
        """Return the fused reference of a shot; an open one does not count."""
        found = self.reference("fused", shot)
        return found if found is not None and found.locked else None

    def references(self, role: Role | None = None) -> list[Reference]:
        """Return all looks, or those of one role, ordered by role and name."""
        files = sorted((self.folder / "references").glob(f"{role or '*'}/[!.]*.json"))
        return [look for file in files if (look := read_json(file, Reference)) is not None]

    def save_reference(self, reference: Reference) -> None:
        """Write a look; its pictures must lie in the project already."""
        for image in reference.images:
            self.path(image)
        with self.locked():
            write_json(self.reference_path(reference.role, reference.name), reference)

    def reference_path(self, role: Role, name: str, suffix: str = ".json") -> Path:
        """Return where a look, or with another suffix one of its pictures, belongs."""
        return self.folder / "references" / role / f"{file_key(name)}{suffix}"

    # versions of timelines ------------------------------------------------------------------------

    def keep_version(self, timeline: Path) -> Path:
        """Copy a timeline file before it is replaced; the last 20 copies stay."""
        with self.locked():
            kept = self.versions(timeline)
            number = int(kept[-1].stem) + 1 if kept else 1
            folder = self.folder / "versions" / file_key(timeline.name)
            copy = folder / f"{number}{timeline.suffix}"
            with telling(copy), replacing(copy) as partial:
                shutil.copyfile(timeline, partial)
                for old in kept[: max(0, len(kept) + 1 - KEPT_VERSIONS)]:
                    old.unlink(missing_ok=True)
        return copy

    def versions(self, timeline: Path) -> list[Path]:
        """Return the kept copies of a timeline file, oldest first."""
        folder = self.folder / "versions" / file_key(timeline.name)
        files = [file for file in folder.glob("[!.]*") if file.stem.isdecimal()]
        return sorted(files, key=lambda file: int(file.stem))

    def _shot_file(self, shot_id: str) -> Path:
        return self.folder / "shots" / f"{file_key(shot_id)}.json"


# names that every system takes --------------------------------------------------------------------


def take_filename(shot: str, take: str, model: str, suffix: str = ".mov") -> str:
    """Name a take's file `<shot>_t03_<model>.mov` so that Windows, macOS and Linux take it."""
    return f"{_plain(shot, 100)}_{take}_{_plain(model, 60)}{suffix}"


def file_key(name: str) -> str:
    """Name a file after a shot, look or timeline; different names never share one.

    Names that differ only in case do, on systems that do not tell case apart.
    """
    plain = _plain(name, 100)
    if plain == name:
        return plain
    return f"{plain}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def _plain(text: str, most_bytes: int) -> str:
    normal = unicodedata.normalize("NFC", text)
    kept = "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in normal)
    short = kept.encode("utf-8", "ignore")[:most_bytes].decode("utf-8", "ignore")
    trimmed = short.strip(". ") or "_"
    return f"_{trimmed}" if WINDOWS_DEVICES.match(trimmed) else trimmed
