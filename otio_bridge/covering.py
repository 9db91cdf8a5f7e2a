"""Coverage: a contact that no take holds, told in single-subject shots cut on its beat."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from otio_bridge import recipe
from otio_bridge.errors import BridgeError, ProviderError
from otio_bridge.identity import Placed
from otio_bridge.journal import Journal
from otio_bridge.model import Job, Noun, Request, Segment, Shot, SplicePlan, Take
from otio_bridge.outcome import ShotOutcome
from otio_bridge.pipeline import outcome_of, quiet, refresh
from otio_bridge.recipe_coverage import CoverageShot, coverage_action, proposed_coverage
from otio_bridge.regeneration import remember, settle_looks, taken_in, taken_up
from otio_bridge.regeneration_price import Price, agree, model_checked, priced, project_wish
from otio_bridge.regeneration_steps import references_of, seed_of
from otio_bridge.regeneration_terms import Order, Tell, Work, aim_of
from otio_bridge.routing import chosen
from otio_bridge.session import Session
from otio_bridge.timeline import target_of
from otio_bridge.timeline_edits import splice as spliced
from otio_bridge.worker import Worker


class CoverageOutcome(Noun):
    """The answer of `coverage`."""

    shot: str
    proposed: tuple[CoverageShot, ...]
    """One shot a character, in slot frames."""
    plan: SplicePlan | None = None
    """What stands in the slot now; None while it is only proposed."""
    timeline: str = ""
    outcome: ShotOutcome | None = None


def coverage(
    timeline: Path,
    clip: str,
    *,
    order: Order | None = None,
    only_propose: bool = False,
    out: Path | None = None,
    tell: Tell = quiet,
) -> CoverageOutcome:
    """Make single-subject shots of a contact and put them in its slot; its takes stay.

    Args:
        timeline: The timeline file.
        clip: Clip name or shot id.
        order: From whom and for how much; its count of takes does not matter.
        only_propose: Say the shots and cuts, and make nothing.
        out: Where to write instead of the timeline's own place.
        tell: Hears progress.

    Raises:
        BridgeError: There are fewer than two characters, or the slot is too short.
        ProviderError: A shot could not be made; what was made stays and is not paid again.
    """
    session = Session.opened(timeline, out=out)
    placed = session.named(clip)
    if only_propose:
        return CoverageOutcome(shot=placed.id, proposed=tuple(_proposed(session, placed)))
    target_of(session.cut, out)
    return _put_in(timeline, clip, out, covered(session, placed, order or Order(), out, tell))


def covered(
    session: Session, placed: Placed, order: Order, out: Path | None = None, tell: Tell = quiet
) -> CoverageOutcome:
    """Make the single-subject shots of a slot, and plan how they stand in it; it stays as it is.

    Raises:
        BridgeError: There are fewer than two characters, or the slot is too short.
        ProviderError: A shot could not be made; what was made stays and is not paid again.
    """
    shots = _proposed(session, placed)
    session.started(out)
    remember(session, placed)
    made = _made(session, placed, session.shot_of(placed), shots, order, tell)
    segments = [
        Segment(
            take=take.id,
            take_start=one.start - take.slot_start,
            slot_start=one.start,
            frames=one.end - one.start,
        )
        for one, take in zip(shots, made, strict=True)
    ]
    plan = SplicePlan(covered=True, segments=tuple(segments))
    return CoverageOutcome(shot=placed.id, proposed=tuple(shots), plan=plan)


def price_of_coverage(session: Session, placed: Placed, order: Order) -> Price:
    """Return what the single-subject shots that are not there yet may cost.

    Raises:
        BridgeError: There are fewer than two characters, the slot is too short, or the one who
            is to make it cannot.
    """
    shot = session.shot_of(placed)
    shots = _proposed(session, placed)
    works = [_work(session, placed, shot, one, order) for one in shots]
    if session.project is not None:
        with Journal.opened(session.project) as journal:
            known = [_known(session, journal, placed, one) for one in shots]
        works = [work for work, take in zip(works, known, strict=True) if take is None]
    return priced(session.project, works, Order(1))


def _proposed(session: Session, placed: Placed) -> list[CoverageShot]:
    return proposed_coverage(session.shot_of(placed), placed.slot.frames, session.rate)


def _made(
    session: Session,
    placed: Placed,
    shot: Shot,
    shots: Sequence[CoverageShot],
    order: Order,
    tell: Tell,
) -> list[Take]:
    """Return one take for each shot, making those that are not there yet."""
    project = session.needed_project()
    works = [_work(session, placed, shot, one, order) for one in shots]
    with Journal.opened(project) as journal:
        taken_up(session, journal, works[0], tell, coverage=True)
        if works[0].stopped:
            raise ProviderError(" ".join(works[0].notes))
        known = [_known(session, journal, placed, one) for one in shots]
        wanted = [work for work, take in zip(works, known, strict=True) if take is None]
        agree(project, wanted, Order(1, budget_usd=order.budget_usd, agreed=order.agreed))
        for work in wanted:
            settle_looks(project, work, tell)
        jobs = _sent(session, journal, shots, works, known)
        Worker(project, journal).run(
            [job.id for job in jobs if job is not None],
            lambda news: tell(news.words, news.share),
            poll_seconds=0.2,
        )
        for work, job in zip(works, jobs, strict=True):
            if job is not None:
                taken_in(session, work, journal.job(job.id), tell)
        found = [_known(session, journal, placed, one) for one in shots]
    missing = [one.character for one, take in zip(shots, found, strict=True) if take is None]
    if missing:
        notes = " ".join(note for work in works for note in work.notes)
        raise ProviderError(f"The shot of {missing[0]} was not made. {notes}")
    return [take for take in found if take is not None]


def _work(session: Session, placed: Placed, shot: Shot, one: CoverageShot, order: Order) -> Work:
    alone = shot.model_copy(
        update={
            "performers": tuple(p for p in shot.performers if p.name == one.character),
            "prompt": coverage_action(shot, one.character),
        }
    )
    work = Work(placed, alone, aim_of(session, placed))
    routes = chosen(
        "coverage",
        click=order.provider,
        shot=shot.provider,
        project=project_wish(session, "coverage"),
    )
    work.routes = [model_checked(routes[0], order)]
    frames = one.end - one.start + sum(work.aim.handles)
    if work.limits.needs_key and not shot.described:
        raise BridgeError(
            f"'{placed.slot.name}' was never described, and {work.route.provider} costs money; "
            "say what it is first with 'otio-bridge shot'."
        )
    longest = work.limits.max_seconds * work.aim.rate
    if frames > longest:
        raise BridgeError(
            f"{work.route.provider} makes at most {float(work.limits.max_seconds):g} s at once and "
            f"the shot of {one.character} needs {float(frames / work.aim.rate):.1f}; choose "
            "another --provider."
        )
    work.most_usd = work.limits.usd(work.route.model, frames / work.aim.rate)
    return work


def _sent(
    session: Session,
    journal: Journal,
    shots: Sequence[CoverageShot],
    works: Sequence[Work],
    known: Sequence[Take | None],
) -> list[Job | None]:
    return [
        None if take is not None else journal.plan(_request(session, work, one))
        for one, work, take in zip(shots, works, known, strict=True)
    ]


def _request(session: Session, work: Work, one: CoverageShot) -> Request:
    project = session.needed_project()
    take = project.reserve_take(work.placed.shot)
    head, tail = work.aim.handles
    looks = [look for look in references_of(project, work.shot) if look.role != "fused"]
    request = recipe.request_for(
        work.shot,
        work.aim,
        (one.start - head, one.end + tail),
        take=take,
        provider=work.route.provider,
        limits=work.limits,
        references=looks,
        seed=seed_of(work.placed.shot, take),
        model=work.route.model,
        step="coverage",
        own_templates=project.settings.get("prompts"),
    )
    return request.model_copy(update={"kind": "other"})


def _known(session: Session, journal: Journal, placed: Placed, one: CoverageShot) -> Take | None:
    """Return the take that shows a character alone over those frames, the newest."""
    record = session.needed_project().shot(placed.shot)
    now = session.takes_of(Placed(placed.slot, placed.id, placed.shot, record))
    for take in reversed(now):
        if take.step != "coverage" or not take.job:
            continue
        people = journal.job(take.job).request.performers
        shows = take.covers[0] <= one.start and take.covers[1] >= one.end
        if shows and [p.name for p in people] == [one.character]:
            return take
    return None


def _put_in(
    timeline: Path, clip: str, out: Path | None, answer: CoverageOutcome
) -> CoverageOutcome:
    """Put the shots in the slot as an editable splice, in the timeline as it is by now."""
    session = Session.opened(timeline, out=out)
    placed = session.named(clip)
    refresh(session, placed, out)
    spliced(session.cut, placed.slot, answer.plan.segments if answer.plan else ())
    written = session.write(out)
    after = Session.opened(written)
    outcome = outcome_of(after, after.named(answer.shot))
    return answer.model_copy(update={"timeline": str(written), "outcome": outcome})
