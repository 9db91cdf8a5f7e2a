"""The journal: what happened to every job and what it cost, never lost and never repeated.

Each step is first added to the job's sidecar in the project (synced), then committed here (synced);
both are on the disk before a verb returns, so before a paid request leaves. After a crash in
between, the sidecar is ahead and the next opening, or the next step of that job, catches up. The
database lies in the user's own data folder, because SQLite cannot be trusted on network shares.
"""

from __future__ import annotations

import math
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import platformdirs

from otio_bridge.errors import JournalError, ProjectError
from otio_bridge.files import telling
from otio_bridge.job_events import (
    OPEN_STATES,
    SAFE_ID,
    Event,
    advanced,
    append_events,
    begun,
    folded,
    read_events,
)
from otio_bridge.journal_database import connected, moved_away, telling_journal, transaction
from otio_bridge.model import Job, JobState, Request
from otio_bridge.project import Project

SETTLED_NS = 5_000_000_000
"""A folder changed longer ago has another time after its next change, on every file system."""
_OPEN = f"({', '.join(repr(state) for state in OPEN_STATES)})"


def data_folder() -> Path:
    """Return the user's local folder for journals and locks, OTIO_BRIDGE_DATA_DIR if that is set.

    Raises:
        ProjectError: It cannot be made.
    """
    chosen = os.environ.get("OTIO_BRIDGE_DATA_DIR")
    folder = Path(chosen) if chosen else platformdirs.user_data_path("otio-bridge", appauthor=False)
    with telling(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


class Journal:
    """The jobs of one project; make it with `Journal.opened`."""

    def __init__(self, project: Project, file: Path, database: sqlite3.Connection) -> None:
        self.project = project
        self.notes: list[str] = []
        """What opening had to repair, in sentences for people."""
        self._file = file
        self._database = database
        self.id = str(self._one("SELECT id FROM journal"))
        """Differs between two machines that have a copy of the same project."""

    @classmethod
    def opened(cls, project: Project) -> Self:
        """Open a project's journal and catch up with its sidecars, or rebuild it from them.

        Raises:
            JournalError: A newer version wrote it, or it cannot be read or written.
            ProjectError: The data folder or a sidecar cannot be used.
        """
        file = data_folder() / "journals" / f"{project.id}.sqlite"
        with telling(file):
            file.parent.mkdir(exist_ok=True)
        with telling_journal(file):
            database, damaged = _connected_or_new(file)
            journal = cls(project, file, database)
            try:
                journal.notes += damaged
                journal._catch_up()
            except BaseException:
                database.close()
                raise
        return journal

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database; the journal cannot be used afterwards."""
        self._database.close()

    # the steps of a job ---------------------------------------------------------------------------

    def plan(self, request: Request, estimate_usd: float | None = None) -> Job:
        """Start a job, whose id is the request's.

        Args:
            request: Frozen from here on.
            estimate_usd: Its price; the request's own estimate when None.

        Raises:
            JournalError: There is such a job already, or the id cannot name a file.
        """
        if not SAFE_ID.fullmatch(request.id):
            raise JournalError(
                f"'{request.id}' cannot be a job's id; use up to 100 letters, digits, '-' and '_'."
            )
        estimate = request.estimate_usd if estimate_usd is None else estimate_usd
        with self._writing():
            if begun(self._sidecar(request.id)) or self._find(request.id) is not None:
                raise JournalError(f"Job {request.id} exists already; ask with a new request id.")
            event = self._event(request.id, 0, "planned", request=request, estimate_usd=estimate)
            return self._append(event, folded([event]))

    def submitting(self, job_id: str, account: str | None = None) -> Job:
        """Note that the request is about to be sent; on return that is on the disk twice.

        Args:
            job_id: Which job.
            account: Fingerprint of the key that pays, never the key.
        """
        return self._step(job_id, "submitting", account=account)

    def submitted(self, job_id: str, remote_id: str, why: str = "") -> Job:
        """Note the provider's id for the job."""
        return self._step(job_id, "submitted", why, remote_id=remote_id)

    def ready(self, job_id: str, paid_usd: float | None = None) -> Job:
        """Note that the result can be fetched."""
        return self._step(job_id, "ready", paid_usd=paid_usd)

    def fetched(self, job_id: str, media: str, sha256: str, paid_usd: float | None = None) -> Job:
        """Note that the result lies in the project, named relative to its folder."""
        return self._step(job_id, "fetched", media=media, sha256=sha256, paid_usd=paid_usd)

    def refused(self, job_id: str, why: str, paid_usd: float | None = None) -> Job:
        """Note that the provider declined by its rules."""
        return self._step(job_id, "refused", why, paid_usd=paid_usd)

    def failed(self, job_id: str, why: str, paid_usd: float | None = None) -> Job:
        """Note that there will be no result."""
        return self._step(job_id, "failed", why, paid_usd=paid_usd)

    def cancelled(self, job_id: str, why: str, paid_usd: float | None = None) -> Job:
        """Note that nobody wants the result any more."""
        return self._step(job_id, "cancelled", why, paid_usd=paid_usd)

    def unknown(self, job_id: str, why: str) -> Job:
        """Note that the request may have been sent and paid; it is never sent again by itself."""
        return self._step(job_id, "unknown", why)

    def resolve(self, job_id: str, answer: str) -> Job:
        """Settle an unknown job by what a person found out.

        Args:
            job_id: Which job.
            answer: "paid" (the result is lost), "not paid", or the provider's id for the job, which
                is then fetched.

        Raises:
            JournalError: The job is not unknown.
        """
        if (job := self.job(job_id)).state != "unknown":
            raise JournalError(
                f"Job {job_id} is {job.state}, not unknown, so there is nothing to resolve."
            )
        if answer == "paid":
            return self.failed(job_id, "A person found it paid and lost.", job.estimate_usd)
        if answer == "not paid":
            return self.cancelled(job_id, "A person found it not paid.", 0.0)
        return self.submitted(job_id, answer, "A person found the provider's id.")

    # questions ------------------------------------------------------------------------------------

    def job(self, job_id: str) -> Job:
        """Return a job.

        Raises:
            JournalError: There is none of that id.
        """
        if (job := self._find(job_id)) is None:
            raise JournalError(
                f"There is no job '{job_id}' in {self.project.name}; list them with "
                "`otio-bridge jobs`."
            )
        return job

    def jobs(self, shot: str | None = None) -> list[Job]:
        """Return all jobs, or those of one shot, in the order in which they were planned."""
        where, values = ("WHERE shot = ?", (shot,)) if shot is not None else ("", ())
        return self._listed(where, values)

    def open_jobs(self) -> list[Job]:
        """Return the jobs that are not settled, unknown ones too, in the order of planning."""
        return self._listed(f"WHERE state IN {_OPEN}")

    def history(self, job_id: str) -> list[Event]:
        """Return every event of a job."""
        rows = self._rows("SELECT event FROM events WHERE job = ? ORDER BY number", (job_id,))
        return [Event.model_validate_json(row[0]) for row in rows]

    def spent(self, shot: str | None = None) -> float:
        """Return what all jobs, or those of one shot, have cost so far, in USD."""
        return self._sum("paid_usd", "1", shot)

    def estimate_open(self, shot: str | None = None) -> float:
        """Return what the jobs not settled yet may cost, unknown ones too, in USD."""
        return self._sum("estimate_usd", f"state IN {_OPEN}", shot)

    def planned_here(self, job_id: str) -> bool:
        """Say whether this journal planned the job; a copy elsewhere may send it otherwise."""
        return self.history(job_id)[0].journal == self.id

    # keeping sidecar and database alike -----------------------------------------------------------

    def _step(self, job_id: str, state: JobState, why: str = "", **facts: Any) -> Job:
        with self._writing():
            self._match(job_id)
            number = self._one("SELECT max(number) + 1 FROM events WHERE job = ?", (job_id,))
            event = self._event(job_id, int(number or 0), state, why=why, **facts)
            return self._append(event, advanced(self.job(job_id), event))

    def _event(self, job_id: str, number: int, state: JobState, **facts: Any) -> Event:
        return Event(
            job=job_id,
            number=number,
            at=datetime.now(UTC),
            state=state,
            journal=self.id,
            **facts,
        )

    def _append(self, event: Event, job: Job) -> Job:
        size = append_events(self._sidecar(event.job), [event])
        with transaction(self._database):
            self._insert_events([event])
            self._upsert(job, size)
        return job

    def _catch_up(self) -> None:
        doubtful = self._listing_compared()
        doubtful |= {row[0] for row in self._rows(f"SELECT id FROM jobs WHERE state IN {_OPEN}")}
        for job_id in sorted(doubtful):
            try:
                self._match(job_id)
            except ProjectError as error:  # read only: what we know is enough to look at
                self.notes += [str(error)] if str(error) not in self.notes else []

    def _listing_compared(self) -> set[str]:
        """Take over jobs we do not know, and return those of which the project does not know."""
        folder = self.project.folder / "jobs"
        with telling(folder):
            changed = folder.stat().st_mtime_ns if folder.is_dir() else 0
            if changed and changed == self._one("SELECT listed_ns FROM journal"):
                return set()
            names = os.listdir(folder) if changed else []
        told = {name[:-6] for name in names if name.endswith(".jsonl")}
        known = {row[0] for row in self._rows("SELECT id FROM jobs")}
        settled = changed if time.time_ns() - changed > SETTLED_NS else 0
        with transaction(self._database):
            adopted = sum(self._adopt(job_id) for job_id in sorted(told - known))
            self._database.execute("UPDATE journal SET listed_ns = ?", (settled,))
        if adopted:
            self.notes.append(
                f"{adopted} of {len(told)} jobs were taken over from the project's files."
            )
        return known - told

    def _match(self, job_id: str) -> None:
        """Make sidecar and database tell the same of one job; only the latter when held by others.

        Raises:
            ProjectError: The sidecar is behind and may not be written.
        """
        sidecar = self._sidecar(job_id)
        size = self._one("SELECT size FROM jobs WHERE id = ?", (job_id,))
        if sidecar.exists():
            if sidecar.stat().st_size == size:
                return
            with transaction(self._database):
                self._adopt(job_id)
        if self._untold(job_id):
            with self.project.locked():
                append_events(sidecar, self._untold(job_id))
                with transaction(self._database):
                    self._adopt(job_id)

    def _untold(self, job_id: str) -> list[Event]:
        sidecar = self._sidecar(job_id)
        told = {event.number for event in read_events(sidecar)} if sidecar.exists() else set()
        return [event for event in self.history(job_id) if event.number not in told]

    def _adopt(self, job_id: str) -> bool:
        """Take a job's sidecar into the database, inside a transaction; say whether that worked."""
        sidecar = self._sidecar(job_id)
        try:
            if not begun(sidecar):
                return False
            size = sidecar.stat().st_size
            told = read_events(sidecar)
            if any(event.job != job_id for event in told):
                raise JournalError(f"{sidecar} tells of another job; give it back its name.")
            folded(told)
        except (JournalError, ProjectError, OSError) as error:
            self.notes.append(f"Job {job_id} was left alone: {error}")
            return False
        self._insert_events(told)
        self._upsert(folded(self.history(job_id)), size)
        return True

    def _insert_events(self, events: Iterable[Event]) -> None:
        rows = [
            (event.job, event.number, event.at.isoformat(), event.state, event.why,
             event.model_dump_json(exclude_none=True))
            for event in events
        ]  # fmt: skip
        self._database.executemany("INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?)", rows)

    def _upsert(self, job: Job, size: int) -> None:
        self._database.execute(
            "INSERT INTO jobs (id, shot, state, estimate_usd, paid_usd, size, job, planned_at) "
            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, (SELECT min(at) FROM events WHERE job = ?1)) "
            "ON CONFLICT (id) DO UPDATE SET state = excluded.state, paid_usd = excluded.paid_usd, "
            "estimate_usd = excluded.estimate_usd, size = excluded.size, job = excluded.job",
            (job.id, job.shot, job.state, job.estimate_usd, job.paid_usd, size,
             job.model_dump_json()),
        )  # fmt: skip

    def _sidecar(self, job_id: str) -> Path:
        return self.project.folder / "jobs" / f"{job_id}.jsonl"

    # asking the database --------------------------------------------------------------------------

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self.project.locked(), telling_journal(self._file):
            yield

    def _rows(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with telling_journal(self._file):
            return self._database.execute(query, values).fetchall()

    def _one(self, query: str, values: tuple[Any, ...] = ()) -> Any:
        rows = self._rows(query, values)
        return rows[0][0] if rows else None

    def _find(self, job_id: str) -> Job | None:
        row = self._one("SELECT job FROM jobs WHERE id = ?", (job_id,))
        return None if row is None else Job.model_validate_json(row)

    def _listed(self, where: str, values: tuple[Any, ...] = ()) -> list[Job]:
        rows = self._rows(f"SELECT job FROM jobs {where} ORDER BY planned_at, rowid", values)
        return [Job.model_validate_json(row[0]) for row in rows]

    def _sum(self, column: str, where: str, shot: str | None) -> float:
        query = f"SELECT {column} FROM jobs WHERE {where} AND (?1 IS NULL OR shot = ?1)"
        return math.fsum(row[0] for row in self._rows(query, (shot,)))


def _connected_or_new(file: Path) -> tuple[sqlite3.Connection, list[str]]:
    try:
        return connected(file), []
    except sqlite3.OperationalError:  # busy or full, not damaged
        raise
    except sqlite3.DatabaseError:
        kept = moved_away(file)
        return connected(file), [f"The journal was damaged; it was kept as {kept.name}."]
