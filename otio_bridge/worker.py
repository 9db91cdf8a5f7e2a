"""The worker: one tick looks once at every open job and moves it by at most one step.

It may be killed at any line. What was being sent when it died becomes "unknown: may have been
paid"; the provider is asked whether it knows the request, and nothing is ever sent twice. One lock
per user lets only one process at a time send, look and fetch.
"""

from __future__ import annotations

import hashlib
import math
import shutil
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Protocol, runtime_checkable

from filelock import FileLock, Timeout

from otio_bridge import provider
from otio_bridge.errors import (
    BridgeError,
    JournalError,
    ProjectError,
    ProviderError,
    Refused,
    Unanswered,
)
from otio_bridge.files import PARTIAL, put_in_place, telling
from otio_bridge.job_events import FOLLOWING
from otio_bridge.journal import Journal, data_folder
from otio_bridge.model import Job, JobState, Request
from otio_bridge.project import Project
from otio_bridge.provider import Provider

LOCK_SECONDS = 0.5
"""How long a tick waits for another process to finish its own."""
SLOWEST_POLL = 8.0
"""While nothing moves, the pause between ticks grows up to this many times its start."""
GROWTH = 1.5
PATIENCE = 30.0
"""Seconds for which a provider may do nothing but fail before `run` stops waiting for it."""
SUFFIX = ".mp4"
"""File type of results, unless the provider says another one in `suffix`."""
STILL = ".png"
"""File type of pictures."""


@dataclass(frozen=True)
class JobProgress:
    """News of one job, for people."""

    job: str
    state: JobState
    share: float
    """Share done of the present step, 0 to 1."""
    words: str


Tell = Callable[[JobProgress], None]


@runtime_checkable
class Reconciling(Protocol):
    """What a provider offers that can tell whether a request arrived."""

    def reconcile(self, request: Request) -> str | None:
        """Return the provider's id for a request it knows, by its own list or a client-chosen id.

        Must never cost anything. None when the provider does not know the request.
        """
        ...


@contextmanager
def worker_lock() -> Iterator[bool]:
    """Try to be the only worker of this user; gives whether that worked."""
    lock = FileLock(data_folder() / "worker.lock", is_singleton=True)
    try:
        with telling(data_folder()):
            lock.acquire(timeout=LOCK_SECONDS, poll_interval=0.02)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


class Worker:
    """Moves the jobs of one project."""

    def __init__(
        self,
        project: Project,
        journal: Journal,
        find_provider: Callable[[str], Provider] = provider.find,
    ) -> None:
        self.project = project
        self.journal = journal
        self._find = find_provider
        self._found: dict[str, Provider] = {}
        self._asked: set[str] = set()
        self._failing_since: dict[str, float] = {}

    def tick(self, progress: Tell | None = None) -> bool:
        """Look once at each open job and move it by at most one step.

        Args:
            progress: Is told what happens to each job.

        Returns:
            Whether any job moved. False too while another process works; then nothing was done.

        Raises:
            ProjectError: The project cannot be written.
            JournalError: The journal cannot be written.
        """
        tell = progress or (lambda _: None)
        with worker_lock() as mine:
            jobs = self.journal.open_jobs()
            if not mine:
                for job in jobs:
                    tell(JobProgress(job.id, job.state, 0.0, "waiting for another otio-bridge"))
            if not mine or not jobs:
                return False
            with self.project.locked():  # a sign of life for those who share the folder
                pass
            moved = [self._moved(job, tell) for job in jobs]
        return any(moved)

    def run(
        self, until: Collection[str], progress: Tell | None = None, poll_seconds: float = 1.0
    ) -> list[Job]:
        """Tick until jobs are settled; after Ctrl-C call it again to go on.

        Args:
            until: Ids of the jobs to wait for; all open jobs are moved meanwhile.
            progress: Is told what happens to each job.
            poll_seconds: Pause after a tick in which nothing moved; grows up to eightfold.

        Returns:
            The jobs waited for: settled, unknown when only a person can say more, or still open
            when the provider did nothing but fail for half a minute; a later run goes on.
        """
        pause = poll_seconds
        self._failing_since.clear()
        while any(self._moving(self.journal.job(job_id)) for job_id in until):
            if self.tick(progress):
                pause = poll_seconds
            else:
                time.sleep(pause)
                pause = min(pause * GROWTH, poll_seconds * SLOWEST_POLL)
        return [self.journal.job(job_id) for job_id in until]

    def cancel(self, job_id: str) -> Job:
        """Stop a job; one that was sent ends when the provider says so, at a later tick.

        Raises:
            JournalError: It is settled, being sent, or may have been paid.
            ProviderError: The provider cannot be asked.
        """
        job = self.journal.job(job_id)
        if job.state == "unknown":
            raise JournalError(
                f"Job {job_id} may have been paid; say what happened with "
                "`otio-bridge jobs resolve` instead of cancelling it."
            )
        if job.state == "submitted" and job.remote_id is not None:
            self._provider(job).cancel(job.remote_id)
            return job
        return self.journal.cancelled(job_id, "A person cancelled it.")

    def _moving(self, job: Job) -> bool:
        if job.state == "unknown":
            return job.id not in self._asked
        if time.monotonic() - self._failing_since.get(job.id, math.inf) > PATIENCE:
            return False
        return bool(FOLLOWING[job.state])

    def _moved(self, job: Job, tell: Tell) -> bool:
        try:
            after = STEPS[job.state](self, job, tell)
        except (ProjectError, JournalError):
            after = self.journal.job(job.id)
            if after.state in (job.state, "submitting"):
                raise  # else a person settled it in between, which is as good
        except Exception as error:  # a provider's fault holds up this job only
            words = f"{job.provider} could not be asked, trying again later: {_words(error)}"
            tell(JobProgress(job.id, job.state, 0.0, words))
            self._failing_since.setdefault(job.id, time.monotonic())
            return False
        self._failing_since.pop(job.id, None)
        if after.state == job.state:
            return False
        tell(JobProgress(job.id, after.state, 1.0, after.why or after.state))
        return True

    # one step each --------------------------------------------------------------------------------

    def _submitted(self, job: Job, tell: Tell) -> Job:
        if not self.journal.planned_here(job.id):
            return self.journal.cancelled(
                job.id,
                "It was planned by another copy of this project, which may send it; ask again "
                "here if it is still wanted.",
            )
        try:
            asked = self._provider(job)
            files = self._files(job.request)
        except Exception as error:
            return self.journal.failed(job.id, f"Not sent: {_words(error)}")
        if self._full(job, asked):
            tell(JobProgress(job.id, "planned", 0.0, f"waiting for a free place at {job.provider}"))
            return job
        tell(JobProgress(job.id, "submitting", 0.0, f"sending to {job.provider}"))
        with _recorded_first():
            self.journal.submitting(job.id, account=getattr(asked, "account", None))
            return self._sent(job, asked, files)

    def _sent(self, job: Job, asked: Provider, files: dict[str, Path]) -> Job:
        try:
            remote_id = asked.submit(job.request, files)
        except Refused as error:
            return self.journal.refused(job.id, str(error))
        except ProviderError as error:
            return self.journal.failed(job.id, str(error))
        except Unanswered as error:
            return self.journal.unknown(job.id, str(error))
        except BaseException as error:
            why = f"Sending broke off ({_words(error)}); it may have been paid."
            unknown = self.journal.unknown(job.id, why)
            if not isinstance(error, Exception):
                raise
            return unknown
        try:
            return self.journal.submitted(job.id, remote_id)
        except BridgeError as error:
            raise JournalError(
                f"{job.provider} took job {job.id} as '{remote_id}', but that could not be noted "
                f"({error}); then tell it with `otio-bridge jobs resolve`."
            ) from error

    def _left(self, job: Job, tell: Tell) -> Job:
        # we hold the worker lock, so whoever was sending it is gone
        why = "Its sender ended before the answer came; it may have been paid."
        return self.journal.unknown(job.id, why)

    def _reconciled(self, job: Job, tell: Tell) -> Job:
        if job.id in self._asked:
            return job
        self._asked.add(job.id)
        asked = self._provider(job)
        remote_id = asked.reconcile(job.request) if isinstance(asked, Reconciling) else None
        if remote_id is None:
            price = f"{job.estimate_usd:.2f} USD"
            words = f"may have been paid ({price}); look at {job.provider}, then resolve it"
            tell(JobProgress(job.id, "unknown", 0.0, words))
            return job
        return self.journal.submitted(job.id, remote_id, f"{job.provider} knows it.")

    def _looked(self, job: Job, tell: Tell) -> Job:
        try:
            look = self._payer(job).look(job.remote_id or "")
        except Refused as error:
            return self.journal.refused(job.id, str(error))
        if look.state == "ready":
            return self.journal.ready(job.id, look.paid_usd or None)
        if look.state == "refused":
            return self.journal.refused(job.id, look.why, look.paid_usd)
        if look.state == "failed":
            return self.journal.failed(job.id, look.why, look.paid_usd)
        if look.state == "cancelled":
            return self.journal.cancelled(job.id, look.why or "It was cancelled.", look.paid_usd)
        tell(JobProgress(job.id, "submitted", look.progress, look.why or "generating"))
        return job

    def _fetched(self, job: Job, tell: Tell) -> Job:
        asked = self._payer(job)
        still = job.request.model in asked.limits.stills
        suffix = STILL if still else getattr(asked, "suffix", SUFFIX)
        media = self.project.path(f"raw/{job.id}{suffix}")
        if not media.exists():  # it is there when we died before noting it
            try:
                self._download(job, asked, media, tell)
            except Refused as error:
                return self.journal.failed(job.id, str(error))
        with telling(media), media.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        paid = job.paid_usd or job.estimate_usd
        return self.journal.fetched(job.id, self.project.relative(media), digest, paid)

    def _download(self, job: Job, asked: Provider, media: Path, tell: Tell) -> None:
        """Fetch into a folder of its own, then move in place what lies there, the media last."""
        folder = media.with_name(f"{PARTIAL}{job.id}")
        with telling(folder):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        partial = folder / media.name

        def heard(share: float) -> None:
            tell(JobProgress(job.id, "ready", share, "fetching"))

        asked.fetch(job.remote_id or "", partial, heard)
        if not partial.is_file() or partial.stat().st_size == 0:
            raise ProviderError(f"{job.provider} delivered an empty file for job {job.id}.")
        with telling(media):
            for file in sorted(folder.iterdir(), key=lambda file: file == partial):
                put_in_place(file, media.with_name(file.name))
            shutil.rmtree(folder, ignore_errors=True)

    def _provider(self, job: Job) -> Provider:
        if job.provider not in self._found:
            self._found[job.provider] = self._find(job.provider)
        return self._found[job.provider]

    def _payer(self, job: Job) -> Provider:
        """Return the provider under the account that the job was sent with."""
        asked = self._provider(job)
        account = getattr(asked, "account", None)
        if job.account and account and account != job.account:
            raise ProviderError(
                f"Job {job.id} was paid by another account of {job.provider} ({job.account}, now "
                f"{account}); set that key again."
            )
        return asked

    def _full(self, job: Job, asked: Provider) -> bool:
        """Say whether the account makes as many at once as the provider allows."""
        most = asked.limits.concurrent
        if most is None:
            return False
        running = [one for one in self.journal.open_jobs() if one.state == "submitted"]
        return sum(one.provider == job.provider for one in running) >= most

    def _files(self, request: Request) -> dict[str, Path]:
        names = [image for look in request.references for image in look.images]
        more = (request.first_frame, request.last_frame, request.source)
        names += [name for name in more if name]
        files = {name: self.project.path(name) for name in names}
        for name, file in files.items():
            if not file.is_file():
                raise ProjectError(f"Picture {name} of the request is missing; put it back.")
        return files


STEPS: dict[JobState, Callable[[Worker, Job, Tell], Job]] = {
    "planned": Worker._submitted,
    "submitting": Worker._left,
    "submitted": Worker._looked,
    "ready": Worker._fetched,
    "unknown": Worker._reconciled,
}


@contextmanager
def _recorded_first() -> Iterator[None]:
    """Let a first Ctrl-C wait until a paid step is on record; a second one ends it at once."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    pressed: list[tuple[int, FrameType | None]] = []

    def later(number: int, frame: FrameType | None) -> None:
        pressed.append((number, frame))
        if len(pressed) > 1:
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, later)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if len(pressed) == 1:
            before(*pressed[0])


def _words(error: BaseException) -> str:
    """Describe an error without quoting foreign text, in which keys and URLs may stand."""
    return str(error) if isinstance(error, BridgeError) else type(error).__name__
