"""Verbs on jobs: list, resume, cancel, resolve."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from otio_bridge import pipeline
from otio_bridge.errors import BridgeError, JournalError
from otio_bridge.journal import Journal
from otio_bridge.model import Job
from otio_bridge.regeneration import Tell
from otio_bridge.session import Session
from otio_bridge.worker import Worker


def line(job: Job) -> dict[str, Any]:
    """Return a job as `jobs --json` says it (design, section 9)."""
    return {
        "id": job.id,
        "shot": job.shot,
        "take": job.request.take,
        "provider": job.provider,
        "state": job.state,
        "estimate_usd": job.estimate_usd,
        "paid_usd": job.paid_usd,
        "why": job.why,
    }


def listed(words: Sequence[str], _tell: Tell) -> list[Job]:
    """List a project's jobs: TIMELINE."""
    (timeline,) = _counted(words, 1, 1)
    return pipeline.jobs(Path(timeline))


def resumed(words: Sequence[str], tell: Tell) -> list[Job]:
    """Go on with a project's open jobs and take in what comes back: TIMELINE."""
    (timeline,) = _counted(words, 1, 1)
    return pipeline.resume(Path(timeline), tell)


def cancelled(words: Sequence[str], _tell: Tell) -> list[Job]:
    """Cancel one job, or all open ones: TIMELINE [JOB]."""
    timeline, *chosen = _counted(words, 1, 2)
    project = Session.opened(Path(timeline)).needed_project()
    with Journal.opened(project) as journal:
        open_jobs = journal.open_jobs()
        wanted = [_job(journal, chosen[0])] if chosen else open_jobs
        worker = Worker(project, journal)
        return [worker.cancel(job.id) for job in wanted]


def resolved(words: Sequence[str], _tell: Tell) -> list[Job]:
    """Say what became of a job that may have been paid: TIMELINE JOB paid|not-paid|REMOTE-ID."""
    timeline, job_id, answer = _counted(words, 3, 3)
    project = Session.opened(Path(timeline)).needed_project()
    with Journal.opened(project) as journal:
        job = _job(journal, job_id)
        return [journal.resolve(job.id, answer.replace("not-paid", "not paid"))]


VERBS: Mapping[str, Callable[[Sequence[str], Tell], list[Job]]] = {
    "list": listed,
    "resume": resumed,
    "cancel": cancelled,
    "resolve": resolved,
}


def _job(journal: Journal, text: str) -> Job:
    """Return the one job whose id begins with a text."""
    found = [job for job in journal.jobs() if job.id.startswith(text)]
    if len(found) != 1:
        raise JournalError(
            f"'{text}' begins the id of {len(found)} jobs; list them with 'otio-bridge jobs' and "
            "give more of the id."
        )
    return found[0]


def _counted(words: Sequence[str], least: int, most: int) -> Sequence[str]:
    if not least <= len(words) <= most:
        raise BridgeError(
            "Jobs wants: TIMELINE, resume TIMELINE, cancel TIMELINE [JOB], or resolve TIMELINE JOB "
            "paid|not-paid|REMOTE-ID."
        )
    return words
