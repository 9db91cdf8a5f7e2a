"""What may happen to a job, and the file in the project that remembers it.

    planned -> submitting -> submitted(remote id) -> ready -> fetched(sha256)
    and from there refused | failed | cancelled | unknown: may have been paid

A job is the sum of its events. Its sidecar `jobs/<job id>.jsonl` has one event a line, is only ever
added to, and is on the disk before the step it tells of counts as done.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from pydantic import AwareDatetime, ValidationError

from otio_bridge.errors import JournalError
from otio_bridge.files import sync, sync_folder, telling
from otio_bridge.model import Job, JobState, Noun, Request

FOLLOWING: dict[JobState, frozenset[JobState]] = {
    "planned": frozenset({"submitting", "refused", "failed", "cancelled"}),
    "submitting": frozenset({"submitted", "refused", "failed", "unknown"}),
    "submitted": frozenset({"ready", "refused", "failed", "cancelled"}),
    "ready": frozenset({"fetched", "failed", "cancelled"}),
    # only a person or the provider's own list leads out of here, and never to a second submit
    "unknown": frozenset({"submitted", "failed", "cancelled"}),
    "fetched": frozenset(),
    "refused": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
}
"""Every legal transition."""

OPEN_STATES: tuple[JobState, ...] = ("planned", "submitting", "submitted", "ready", "unknown")
SAFE_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")


class Event(Noun):
    """One transition of one job; what is None leaves the job as it was."""

    job: str
    number: int
    """0 for the plan, then 1, 2, 3."""
    at: AwareDatetime
    state: JobState
    why: str = ""
    journal: str = ""
    """Id of the journal that wrote it; only the one that planned a job may send it."""
    request: Request | None = None
    estimate_usd: float | None = None
    account: str | None = None
    remote_id: str | None = None
    paid_usd: float | None = None
    media: str | None = None
    sha256: str | None = None


CARRIED = ("estimate_usd", "account", "remote_id", "paid_usd", "media", "sha256")
"""Facts that an event hands on to its job."""


def advanced(job: Job, event: Event) -> Job:
    """Return the job after one legal event.

    Raises:
        JournalError: The job's state does not allow it.
    """
    if event.state not in FOLLOWING[job.state]:
        raise JournalError(
            f"Job {job.id} is {job.state}, so it cannot become {event.state}; look at it with "
            "`otio-bridge jobs`."
        )
    return _changed(job, event)


def folded(events: Sequence[Event]) -> Job:
    """Sum up a job's history, which is taken as it happened, legal or not.

    Raises:
        JournalError: The plan, and with it the request, is missing.
    """
    request = next((event.request for event in events if event.request is not None), None)
    if request is None:
        raise JournalError("The plan of a job is missing from its file; put back a copy of it.")
    job = Job(
        id=events[0].job,
        shot=request.shot,
        provider=request.provider,
        state="planned",
        request=request,
    )
    for event in events:
        job = _changed(job, event)
    return job


def _changed(job: Job, event: Event) -> Job:
    facts = {name: getattr(event, name) for name in CARRIED}
    known = {name: fact for name, fact in facts.items() if fact is not None}
    return job.model_copy(update={"state": event.state, "why": event.why, **known})


def begun(sidecar: Path) -> bool:
    """Say whether a job's file holds a whole line; else a crash cut its plan short.

    Raises:
        ProjectError: The file cannot be read.
    """
    if not sidecar.exists():
        return False
    with telling(sidecar):
        return b"\n" in sidecar.read_bytes()


def read_events(sidecar: Path) -> list[Event]:
    """Read a job's history; a last line cut short by a crash never happened.

    A line that was whole once and cannot be read any more might have been the submit: a job that
    would look merely planned is then unknown.

    Raises:
        ProjectError: The file cannot be read.
    """
    with telling(sidecar):
        whole, newline, _ = sidecar.read_bytes().rpartition(b"\n")
    events: dict[int, Event] = {}
    damaged = False
    for line in whole.split(b"\n") if newline else []:
        try:
            event = Event.model_validate_json(line)
        except ValidationError:
            damaged = True
        else:
            events.setdefault(event.number, event)
    history = [events[number] for number in sorted(events)]
    if damaged and history and history[-1].state == "planned":
        why = "Its file is damaged, so it may have been sent and paid."
        history.append(
            Event(job=history[0].job, number=1, at=history[0].at, state="unknown", why=why)
        )
    return history


def append_events(sidecar: Path, events: Sequence[Event]) -> int:
    """Add events to a job's file and bring them onto the disk; call under the project's lock.

    Returns:
        The file's size in bytes afterwards.

    Raises:
        ProjectError: The disk is full or the folder may not be written.
    """
    lines = "".join(event.model_dump_json(exclude_none=True) + "\n" for event in events)
    with telling(sidecar):
        sidecar.parent.mkdir(exist_ok=True)
        new = not sidecar.exists()
        with sidecar.open("wb" if new else "r+b") as file:
            if not new:
                content = file.read()
                file.truncate(content.rfind(b"\n") + 1)  # a line that a crash cut short
                file.seek(0, 2)
            file.write(lines.encode())
            file.flush()
            sync(file.fileno())
            size = file.tell()
        if new:
            sync_folder(sidecar.parent)
            sync_folder(sidecar.parent.parent)
    return size
