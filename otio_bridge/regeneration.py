"""The loop behind `regenerate`: ask, wait, judge, plan, and ask again only for what is uncovered.

Several shots share one queue: every round asks once for each shot that still needs something. All
that is made is kept in the project as it arrives; a loop that is killed goes on where it stopped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from otio_bridge import judging, provider, recipe
from otio_bridge.budget import guard_budget
from otio_bridge.errors import BridgeError, BudgetExceeded, MediaError, ProviderError
from otio_bridge.files import replacing, telling
from otio_bridge.identity import Placed, trace_of
from otio_bridge.journal import Journal
from otio_bridge.media import frame_at, probe
from otio_bridge.model import Job, Performer, Reference, Request, Role, Shot, Span, Take
from otio_bridge.pictures import write_picture
from otio_bridge.project import Project, ShotRecord
from otio_bridge.recipe import Aim
from otio_bridge.session import Session
from otio_bridge.splicing import NextSpan, next_request_span
from otio_bridge.takes import take_from
from otio_bridge.timeline import seconds_of_time
from otio_bridge.timeline_edits import transitions_around
from otio_bridge.timeline_place import place_of, visible_range
from otio_bridge.worker import JobProgress, Worker

Tell = Callable[[str, float | None], None]
"""Hears what is going on: words, and the share done where that is known."""

UNKNOWN_SIZE = (1280, 720)
"""Width and height in pixels where the clip's media cannot be read."""
ASSUMED_PEOPLE = (Performer(name="left", side="left"), Performer(name="right", side="right"))


@dataclass
class Order:
    """What a person asked for in one `regenerate`."""

    takes: int = 4
    """At most so many generations a shot."""
    provider: str = "offline"
    model: str | None = None
    seconds: tuple[int, int] | None = None
    """Only these seconds of the slot."""
    budget_usd: float | None = None
    agreed: Callable[[str, float], bool] = lambda _words, _usd: False
    """Asked before paid work, with words and the price in USD."""


@dataclass
class Work:
    """One shot in the loop."""

    placed: Placed
    shot: Shot
    aim: Aim
    made: list[Take] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    stopped: bool = False


def regenerated(session: Session, chosen: Sequence[Placed], order: Order, tell: Tell) -> list[Work]:
    """Make takes of shots until their plans cover them or the order is used up.

    Raises:
        ProviderError: The provider cannot do it, or the shot must be described first.
        BudgetExceeded: The price passes the budget or was not agreed to.
        SlotRefused: A slot is frozen or its speed changes.
    """
    project = session.needed_project()
    asked = provider.find(order.provider)
    _check_model(asked.limits, order)
    works = [_work(session, placed, asked.limits, order) for placed in chosen]
    _agree(project, works, asked.limits, order)
    for work in works:
        _settle_looks(project, work, asked, tell)
    with Journal.opened(project) as journal:
        worker = Worker(project, journal)
        for _ in range(order.takes):
            jobs = [_ask(session, journal, work, asked.limits, order) for work in works]
            waiting = [job for job in jobs if job is not None]
            if not waiting:
                break
            worker.run([job.id for job in waiting], _job_teller(tell), poll_seconds=0.2)
            for work, job in zip(works, jobs, strict=True):
                if job is not None:
                    _take_in(session, work, journal.job(job.id), tell)
    return works


def resumed(session: Session, tell: Tell) -> tuple[list[Work], list[Job]]:
    """Settle what is on its way, and make takes of all that was fetched and not taken in."""
    project = session.needed_project()
    with Journal.opened(project) as journal:
        waiting = [job.id for job in journal.open_jobs()]
        Worker(project, journal).run(waiting, _job_teller(tell), poll_seconds=0.2)
        works = []
        for job in journal.jobs():
            if job.state == "fetched" and not _is_taken(project, job):
                works += [_late(session, one, job, tell) for one in _clips_of(session, job.shot)]
        return works, [journal.job(job_id) for job_id in waiting]


def _is_taken(project: Project, job: Job) -> bool:
    record = project.shot(job.shot)
    takes = record.takes if record is not None else ()
    return any(take.id == job.request.take and project.score(take) for take in takes)


def _clips_of(session: Session, shot: str) -> list[Placed]:
    """Return the first clip of this timeline that shows a shot, none for another timeline's."""
    return [placed for placed in session.placed if placed.shot == shot][:1]


def _late(session: Session, placed: Placed, job: Job, tell: Tell) -> Work:
    """Take in what came back after its `regenerate` had ended."""
    work = Work(placed, session.shot_of(placed), _aim(session, placed))
    _take_in(session, work, job, tell)
    return work


def _check_model(limits: provider.Limits, order: Order) -> None:
    if order.model is not None and order.model not in limits.models:
        raise ProviderError(
            f"{order.provider} has no model '{order.model}'; give one of "
            f"{', '.join(limits.models)}."
        )


def _work(session: Session, placed: Placed, limits: provider.Limits, order: Order) -> Work:
    """Prepare one shot; said once, so that a first `regenerate` works without a description."""
    shot = session.shot_of(placed)
    if limits.needs_key and not shot.described:
        raise ProviderError(
            f"'{placed.slot.name}' was never described, and {order.provider} costs money; say "
            f"what it is first with 'otio-bridge shot TIMELINE {placed.id} --prompt ...'."
        )
    aim = _aim(session, placed)
    work = Work(placed, shot, aim)
    said = recipe.assumptions(shot, aim.frames, aim.rate)
    if said:
        work.notes.append(f"Assumed for '{placed.slot.name}': {'; '.join(said)}.")
    if session.media_of(placed.slot) is None:
        width, height = aim.size
        work.notes.append(
            f"The media of '{placed.slot.name}' is missing; previews show a stand-in, and takes "
            f"are made at {width} x {height}."
        )
    if not shot.performers:
        work.shot = shot.model_copy(update={"performers": ASSUMED_PEOPLE})
    _remember(session, placed)
    return work


def _aim(session: Session, placed: Placed) -> Aim:
    slot = placed.slot
    place = place_of(slot, session.rate)
    item = slot.item
    shown = visible_range(item).start_time if hasattr(item, "media_references") else None
    start = place.head if shown is None else seconds_of_time(shown)
    return Aim(
        frames=slot.frames,
        rate=session.rate,
        size=_size_of(session, placed),
        handles=recipe.handles_for(transitions_around(session.cut, slot)),
        source_start=str(place.head),
        source_speed=str(place.speed),
        media_base=round(start * session.rate),
    )


def _size_of(session: Session, placed: Placed) -> tuple[int, int]:
    media = session.media_of(placed.slot)
    if media is not None:
        try:
            return probe(media).size
        except MediaError:
            return UNKNOWN_SIZE
    return UNKNOWN_SIZE


def _remember(session: Session, placed: Placed) -> None:
    """Keep a shot's record and where its clip is seen now."""
    trace = trace_of(placed.slot, session.cut.path.name)

    def traced(record: ShotRecord) -> ShotRecord:
        if trace in record.traces:
            return record
        return record.model_copy(update={"traces": (*record.traces, trace)})

    new = Shot(id=placed.shot, clip=placed.slot.name)
    session.needed_project().edit_shot(placed.shot, traced, new=new)


def _agree(project: Project, works: Sequence[Work], limits: provider.Limits, order: Order) -> None:
    """Stop before anything is paid that was not allowed; one price for the whole order."""
    words, most = _price([(work.shot, work.aim) for work in works], limits, order)
    if most <= 0:
        return
    guard_budget(project, most)
    if order.budget_usd is not None and most > order.budget_usd:
        raise BudgetExceeded(
            f"{words}, above the budget of {order.budget_usd:.2f}; lower --takes or raise --budget."
        )
    if order.budget_usd is None and not order.agreed(words, most):
        raise BudgetExceeded(f"{words}; add --yes to agree, or --budget USD. Nothing was sent.")


def price_of(session: Session, chosen: Sequence[Placed], order: Order) -> tuple[str, float]:
    """Return what an order may cost at most, in words and in USD; nothing is kept of the question.

    Raises:
        ProviderError: There is no such provider.
    """
    asked = provider.find(order.provider)
    wanted = [(session.shot_of(placed), _aim(session, placed)) for placed in chosen]
    return _price(wanted, asked.limits, order)


def _price(
    wanted: Sequence[tuple[Shot, Aim]], limits: provider.Limits, order: Order
) -> tuple[str, float]:
    model = order.model or limits.models[0]
    each = [
        max(limits.usd(model, (end - start) / aim.rate) for start, end in spans)
        for shot, aim in wanted
        for spans in [_asked_spans(shot, aim, limits, order)]
    ]
    most = round(sum(each) * order.takes, 4)
    words = (
        f"{len(wanted)} shot(s), at most {order.takes} takes each from {order.provider}: "
        f"up to {most:.2f} USD"
    )
    return words, most


def _asked_spans(shot: Shot, aim: Aim, limits: provider.Limits, order: Order) -> list[Span]:
    """Return the spans that may be asked for; every one is at most as long as a first one."""
    if order.seconds is not None:
        return [recipe.span_of_seconds(order.seconds, aim, limits)]
    return recipe.first_spans(shot, aim, limits)


@runtime_checkable
class Drawing(Protocol):
    """What a provider offers that can draw looks nobody gave a picture of."""

    def draw_reference(self, role: Role, name: str, into: Path) -> None:
        """Draw a look as a PNG."""
        ...


def _settle_looks(project: Project, work: Work, asked: object, tell: Tell) -> None:
    """Let a provider that can draw looks draw those that nobody gave."""
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
            project.save_reference(
                Reference(name=name, role=role, images=(image,), origin="drawn by offline")
            )


def references_of(project: Project, shot: Shot) -> list[Reference]:
    """Return the looks of a shot: its characters from left to right, props, location."""
    order = {"left": 0, "center": 1, "right": 2}
    people = sorted(shot.performers, key=lambda performer: order[performer.side])
    found = [project.reference("character", performer.name) for performer in people]
    found += [project.reference("prop", name) for name in shot.props]
    found += [project.reference("location", shot.location)] if shot.location else []
    return [look for look in found if look is not None]


def _ask(
    session: Session, journal: Journal, work: Work, limits: provider.Limits, order: Order
) -> Job | None:
    """Plan the next generation of a shot; None when nothing more is wanted."""
    if work.stopped:
        return None
    project = session.needed_project()
    wanted = _next_span(session, work, limits, order)
    if wanted is None:
        return None
    span, extends = wanted
    take = project.reserve_take(work.placed.shot)
    request = recipe.request_for(
        work.shot,
        work.aim,
        span,
        take=take,
        provider=order.provider,
        limits=limits,
        references=references_of(project, work.shot),
        seed=_seed(work.placed.shot, take),
        model=order.model,
    )
    if extends is not None and limits.first_frame:
        request = _starting_from(session, work, request, extends)
    return journal.plan(request)


def _next_span(
    session: Session, work: Work, limits: provider.Limits, order: Order
) -> tuple[Span, NextSpan | None] | None:
    if order.seconds is not None:
        return recipe.span_of_seconds(order.seconds, work.aim, limits), None
    spans = recipe.first_spans(work.shot, work.aim, limits)
    takes = session_takes(session, work)
    for span in spans:
        if not any(_reaches(take, span, work.aim) for take in takes):
            return span, None
    best = judging.planned(session, work.placed, takes)
    if best is None or best.covered:
        return None
    least = -(-limits.min_seconds.numerator * work.aim.rate // limits.min_seconds.denominator)
    after = next_request_span(
        best,
        work.aim.frames,
        work.aim.rate,
        handle=max(work.aim.handles),
        min_frames=int(least),
        extends=limits.first_frame,
    )
    return None if after is None else ((after.start, after.end), after)


def session_takes(session: Session, work: Work) -> list[Take]:
    """Return a shot's takes as the project knows them at this moment."""
    record = session.needed_project().shot(work.placed.shot)
    return session.takes_of(Placed(work.placed.slot, work.placed.id, work.placed.shot, record))


def _reaches(take: Take, span: Span, aim: Aim) -> bool:
    start, end = take.covers
    return start <= max(0, span[0]) and end >= min(aim.frames, span[1])


def _starting_from(session: Session, work: Work, request: Request, after: NextSpan) -> Request:
    """Let an extension start from the last good frame."""
    good = after.extends
    takes = {take.id: take for take in session_takes(session, work)}
    if good is None or good.take not in takes:
        return request
    project = session.needed_project()
    path = project.folder / "raw" / f"{request.id}_first.png"
    write_picture(path, frame_at(session.take_file(takes[good.take]), good.take_start))
    return request.model_copy(update={"first_frame": project.relative(path)})


def _seed(shot: str, take: str) -> int:
    digest = hashlib.blake2s(f"{shot}/{take}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") >> 1


def _take_in(session: Session, work: Work, job: Job, tell: Tell) -> None:
    """Make a settled job's take part of the shot, judged; say what went wrong otherwise."""
    if job.state != "fetched":
        work.notes.append(f"{job.request.take}: {job.state}. {job.why}")
        work.stopped = job.state not in ("failed", "cancelled")
        return
    project = session.needed_project()
    tell(f"{job.request.take} conforming", None)
    take = take_from(job, project, lambda share: tell(f"{job.request.take} conforming", share))
    work.made.append(take)
    tell(f"{take.id} judging", None)
    try:
        judging.judged(
            session, work.placed, work.shot, take, lambda s: tell(f"{take.id} judging", s)
        )
    except Exception as error:  # a judge may be a plug-in; a take is never lost to it
        said = str(error) if isinstance(error, BridgeError) else type(error).__name__
        work.notes.append(f"{take.id} is kept but could not be judged: {said}")


def _job_teller(tell: Tell) -> Callable[[JobProgress], None]:
    return lambda news: tell(f"{news.words}", news.share)
