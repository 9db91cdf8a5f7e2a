"""The loop behind `regenerate`: ask, wait, judge, plan, and ask again only for what is uncovered.

Several shots share one queue: every round asks once for each shot that still needs something. All
that is made is kept in the project as it arrives; a loop that is killed goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, runtime_checkable

from otio_bridge import judging, recipe
from otio_bridge.errors import BridgeError, LookError, ProviderError
from otio_bridge.files import replacing, telling
from otio_bridge.identity import Placed, trace_of
from otio_bridge.journal import Journal
from otio_bridge.looks import keep_locked
from otio_bridge.model import Job, Performer, Reference, Request, Role, Shot
from otio_bridge.project import Project, ShotRecord
from otio_bridge.regeneration_price import agree, price_of, with_route
from otio_bridge.regeneration_steps import ask, first_request
from otio_bridge.regeneration_terms import Order, Tell, Work, aim_of
from otio_bridge.scorer import named
from otio_bridge.session import Session
from otio_bridge.takes import take_from
from otio_bridge.worker import JobProgress, Worker
from otio_bridge.workers import Workers, opened

__all__ = ["Order", "Tell", "Work", "foreseen", "price_of", "regenerated", "resumed"]

FRUITLESS = ("refused", "failed", "cancelled")
"""States of jobs that end without a take."""
ASSUMED_PEOPLE = (Performer(name="left", side="left"), Performer(name="right", side="right"))


def regenerated(session: Session, chosen: Sequence[Placed], order: Order, tell: Tell) -> list[Work]:
    """Make takes of shots until their plans cover them or the order is used up.

    Raises:
        ProviderError: The provider cannot do it, or the shot must be described first.
        LookError: A character's look is not locked.
        BudgetExceeded: The price passes the budget or was not agreed to.
        SlotRefused: A slot is frozen or its speed changes.
    """
    project = session.needed_project()
    named(order.scorer)  # before anything is paid for
    works = [_work(session, placed, order) for placed in chosen]
    agree(project, works, order)
    for work in works:
        settle_looks(project, work, tell)
    with Journal.opened(project) as journal, opened(order.workers) as hands:
        worker = Worker(project, journal)
        before = [len(taken_up(session, journal, work, tell)) for work in works]
        for number in range(min(before), order.takes):
            jobs = [
                ask(session, journal, work, order) if number >= mine else None
                for work, mine in zip(works, before, strict=True)
            ]
            waiting = [job for job in jobs if job is not None]
            if not waiting and number >= max(before):
                break
            worker.run([job.id for job in waiting], _job_teller(tell), poll_seconds=0.2)
            settled = [
                (work, journal.job(job.id))
                for work, job in zip(works, jobs, strict=True)
                if job is not None
            ]
            _all_taken_in(session, settled, tell, order, hands)
    return works


def _all_taken_in(
    session: Session,
    settled: Sequence[tuple[Work, Job]],
    tell: Tell,
    order: Order,
    hands: Workers,
) -> None:
    """Take in the results of a round, as many side by side as there are hands."""
    if hands.count == 1:
        for work, job in settled:
            taken_in(session, work, job, tell, by=order.scorer, hands=hands)
        return
    with ThreadPoolExecutor(hands.count) as pool:
        waiting = [
            pool.submit(taken_in, session, work, job, tell, by=order.scorer, hands=hands)
            for work, job in settled
        ]
    for one in waiting:
        one.result()


def foreseen(session: Session, chosen: Sequence[Placed], order: Order) -> list[Request]:
    """Return the first request of each shot as it would be sent; nothing is sent or kept."""
    found = []
    for placed in chosen:
        shot = _with_only(session.shot_of(placed), order)
        work = with_route(session, Work(placed, shot, aim_of(session, placed)), order)
        if not shot.performers:
            work.shot = shot.model_copy(update={"performers": ASSUMED_PEOPLE})
        found.append(first_request(session, work, order))
    return found


def resumed(session: Session, tell: Tell) -> tuple[list[Work], list[Job]]:
    """Settle what is on its way, and make takes of all that was fetched and not taken in."""
    project = session.needed_project()
    with Journal.opened(project) as journal:
        waiting = [job.id for job in journal.open_jobs()]
        Worker(project, journal).run(waiting, _job_teller(tell), poll_seconds=0.2)
        works = []
        for job in journal.jobs():
            if job.state == "fetched" and not _is_over(project, job):
                works += [_late(session, one, job, tell) for one in _clips_of(session, job.shot)]
        return works, [journal.job(job_id) for job_id in waiting]


def taken_up(
    session: Session, journal: Journal, work: Work, tell: Tell, *, coverage: bool = False
) -> list[Job]:
    """Settle what an earlier run asked for a shot and left behind, so that nothing is paid twice.

    Returns:
        The jobs that were left. One that only a person can settle stops the shot.
    """
    project = session.needed_project()
    mine = [
        job
        for job in journal.jobs(work.placed.shot)
        if (job.request.step == "coverage") == coverage and not _is_over(project, job)
    ]
    for job in mine:
        if job.state == "unknown":
            work.stop(
                f"{job.request.take} of an earlier run may have been paid; settle it first with "
                f"'otio-bridge jobs resolve TIMELINE {job.id[:8]} ...'."
            )
    left = [job for job in mine if job.state != "unknown"]
    worker = Worker(project, journal)
    worker.run([job.id for job in left], _job_teller(tell), poll_seconds=0.2)
    for job in left:
        taken_in(session, work, journal.job(job.id), tell)
    return left


def _is_over(project: Project, job: Job) -> bool:
    """Return whether nothing more can come of a job: its take is there, or its file is gone."""
    if job.state == "fetched":
        there = job.media is not None and project.path(job.media).is_file()
        return not there or _is_taken(project, job)
    return job.state in FRUITLESS


def _is_taken(project: Project, job: Job) -> bool:
    record = project.shot(job.shot)
    takes = record.takes if record is not None else ()
    return any(take.id == job.request.take and project.score(take) for take in takes)


def _clips_of(session: Session, shot: str) -> list[Placed]:
    """Return the first clip of this timeline that shows a shot, none for another timeline's."""
    return [placed for placed in session.placed if placed.shot == shot][:1]


def _late(session: Session, placed: Placed, job: Job, tell: Tell) -> Work:
    """Take in what came back after its `regenerate` had ended."""
    work = Work(placed, session.shot_of(placed), aim_of(session, placed))
    taken_in(session, work, job, tell)
    return work


def _work(session: Session, placed: Placed, order: Order) -> Work:
    """Prepare one shot; said once, so that a first `regenerate` works without a description."""
    shot = _with_only(session.shot_of(placed), order)
    aim = aim_of(session, placed)
    work = with_route(session, Work(placed, shot, aim), order)
    if work.limits.needs_key and not shot.described:
        raise ProviderError(
            f"'{placed.slot.name}' was never described, and {work.route.provider} costs money; say "
            f"what it is first with 'otio-bridge shot TIMELINE {placed.id} --prompt ...'."
        )
    if not order.unlocked:
        _guard_locked(session.needed_project(), shot)
    _say_assumptions(session, work)
    if not shot.performers:
        work.shot = shot.model_copy(update={"performers": ASSUMED_PEOPLE})
    remember(session, placed)
    return work


def _with_only(shot: Shot, order: Order) -> Shot:
    """Return a shot with only those characters that were asked for."""
    if not order.only:
        return shot
    known = {performer.name for performer in shot.performers}
    strange = [name for name in order.only if name not in known]
    if strange:
        raise LookError(
            f"'{shot.clip}' has no character '{strange[0]}' (it has "
            f"{', '.join(sorted(known)) or 'none yet'}); describe the shot first."
        )
    kept = tuple(one for one in shot.performers if one.name in order.only)
    return shot.model_copy(update={"performers": kept})


def _guard_locked(project: Project, shot: Shot) -> None:
    """Refuse characters whose look may still change: what is made with it would not fit later."""
    for performer in shot.performers:
        look = project.reference("character", performer.name)
        if look is not None and not look.locked:
            raise LookError(
                f"The look of '{performer.name}' is not locked; lock it with 'otio-bridge "
                f"characters lock {performer.name}', or add --unlocked to go on without."
            )


def _say_assumptions(session: Session, work: Work) -> None:
    """Note what is taken for granted, who makes it and why, and what would be safer."""
    name, project = work.placed.slot.name, session.needed_project()
    said = recipe.assumptions(work.shot, work.aim.frames, work.aim.rate)
    if said:
        work.notes.append(f"Assumed for '{name}': {'; '.join(said)}.")
    if session.media_of(work.placed.slot) is None:
        width, height = work.aim.size
        work.notes.append(
            f"The media of '{name}' is missing; previews show a stand-in, and takes "
            f"are made at {width} x {height}."
        )
    work.notes.append(work.route.why)
    if fewer := recipe.fewer_subjects(work.shot):
        work.notes.append(fewer)
    if work.limits.needs_key:
        bare = [p.name for p in work.shot.performers if not project.reference("character", p.name)]
        if bare:
            work.notes.append(f"No sheet shows {' and '.join(bare)}; the model makes up the looks.")
    if work.around == "contact":
        work.notes.append(f"Only the contact of '{name}' is made; the footage around it is kept.")


def remember(session: Session, placed: Placed) -> None:
    """Keep a shot's record and where its clip is seen now."""
    trace = trace_of(placed.slot, session.cut.path.name)

    def traced(record: ShotRecord) -> ShotRecord:
        if trace in record.traces:
            return record
        return record.model_copy(update={"traces": (*record.traces, trace)})

    new = Shot(id=placed.shot, clip=placed.slot.name)
    session.needed_project().edit_shot(placed.shot, traced, new=new)


@runtime_checkable
class Drawing(Protocol):
    """What a provider offers that can draw looks nobody gave a picture of."""

    def draw_reference(self, role: Role, name: str, into: Path) -> None:
        """Draw a look as a PNG."""
        ...


def settle_looks(project: Project, work: Work, tell: Tell) -> None:
    """Let a provider that can draw looks draw those that nobody gave, and lock them."""
    asked: object = work.provider
    if not isinstance(asked, Drawing):
        return
    wanted: list[tuple[Role, str]] = [("character", one.name) for one in work.shot.performers]
    wanted += [("prop", name) for name in work.shot.props]
    for role, name in wanted:
        if project.reference(role, name) is None:
            tell(f"drawing {name}", None)
            path = project.reference_path(role, name, ".png")
            with telling(path), replacing(path) as partial:
                asked.draw_reference(role, name, partial)
            image = project.relative(path)
            drawn = Reference(name=name, role=role, images=(image,), origin="drawn by offline")
            keep_locked(project, drawn)


def taken_in(
    session: Session,
    work: Work,
    job: Job,
    tell: Tell,
    *,
    by: str = "",
    hands: Workers | None = None,
) -> None:
    """Make a settled job's take part of the shot, judged; say what went wrong otherwise."""
    if job.state != "fetched":
        work.notes.append(f"{job.request.take}: {job.state}. {job.why}")
        work.stopped = job.state not in ("failed", "cancelled")
        return
    project = session.needed_project()
    tell(f"{job.request.take} conforming", None)
    words = f"{job.request.take} conforming"
    take = take_from(job, project, lambda share: tell(words, share), hands)
    work.made.append(take)
    tell(f"{take.id} judging", None)
    people = job.request.performers or work.shot.performers
    shot = work.shot.model_copy(update={"performers": people})
    try:
        judging.judged(
            session, work.placed, shot, take, lambda share: tell(f"{take.id} judging", share),
            by=by, start=job.request.first_frame, workers=hands,
        )  # fmt: skip
    except Exception as error:  # a judge may be a plug-in; a take is never lost to it
        said = str(error) if isinstance(error, BridgeError) else type(error).__name__
        work.notes.append(f"{take.id} is kept but could not be judged: {said}")


def _job_teller(tell: Tell) -> Callable[[JobProgress], None]:
    return lambda news: tell(f"{news.words}", news.share)
