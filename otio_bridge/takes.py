"""From a fetched file to a take: conformed to the timeline's rate, named, with its sidecars."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from filelock import FileLock

from otio_bridge.clock import timecode
from otio_bridge.errors import JournalError
from otio_bridge.journal import data_folder
from otio_bridge.media import conformed, probe
from otio_bridge.model import Job, Take
from otio_bridge.project import Project
from otio_bridge.workers import Here, Workers

DAY = 24 * 60 * 60
TRUTH = ".truth.json"
"""Ending of the sidecar in which the offline generator says what it broke."""


def take_from(
    job: Job,
    project: Project,
    progress: Callable[[float], None] | None = None,
    workers: Workers | None = None,
) -> Take:
    """Turn a fetched job into a take of its shot and add it to the project.

    May be called again for the same job: a file that was conformed before is used as it lies
    there, and a take that is known already is returned.

    Raises:
        JournalError: The job has not been fetched.
        MediaError: The fetched file is no video.
    """
    if job.state != "fetched" or job.media is None:
        raise JournalError(f"Job {job.id} is {job.state}, not fetched; run 'jobs resume' first.")
    # The engine may take in the same job; others may be taken in meanwhile.
    with FileLock(data_folder() / f"taking-{job.id[:1]}.lock"):
        record = project.shot(job.request.shot)
        for known in record.takes if record is not None else ():
            if known.id == job.request.take:
                return known
        raw = project.path(job.media)
        take = _conformed_take(job, project, raw, progress, workers or Here())
        project.add_take(take)
    return take


def _conformed_take(
    job: Job,
    project: Project,
    raw: Path,
    progress: Callable[[float], None] | None,
    workers: Workers,
) -> Take:
    request = job.request
    rate = Fraction(request.rate)
    target = project.take_path(request.shot, request.take, request.model)
    first = request.media_base + request.slot_start
    notes: tuple[str, ...] = ()
    how = "frame for frame"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        start = timecode(first % (DAY * -(-rate.numerator // rate.denominator)), rate)
        done = workers.call(conformed, raw, target, rate=rate, timecode=start, progress=progress)
        how, notes = done.how, done.notes
    truth = raw.with_suffix(TRUTH)
    if truth.exists():
        shutil.copyfile(truth, target.with_suffix(TRUTH))
    footage = probe(target)
    return Take(
        id=request.take,
        shot=request.shot,
        provider=request.provider,
        model=request.model,
        seed=request.seed,
        media=project.relative(target),
        frames=footage.frames,
        rate=request.rate,
        slot_start=request.slot_start,
        slot_frames=request.slot_frames,
        source_start=request.source_start,
        source_speed=request.source_speed,
        media_start=first,
        cost_usd=job.paid_usd,
        sha256=file_sha256(target),
        job=job.id,
        size=footage.size,
        conform=how,
        step=request.step,
        prompt=request.prompt,
        notes=(*notes, *_short(footage.frames, request.frames)),
    )


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file of any size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _short(made: int, asked: int) -> tuple[str, ...]:
    if made >= asked:
        return ()
    return (f"{made} frames came back of the {asked} that were asked for",)
