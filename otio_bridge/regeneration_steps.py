"""From a shot as it stands to its next request: one rung of the ladder, with all it needs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from otio_bridge import judging, recipe
from otio_bridge.clock import first_frame_of_second, frames_of_second, seconds_in
from otio_bridge.identity import Placed
from otio_bridge.journal import Journal
from otio_bridge.media import frame_at
from otio_bridge.model import (
    Job,
    Reference,
    Request,
    RequestStep,
    SecondScore,
    Segment,
    Shot,
    Span,
    SplicePlan,
    Take,
)
from otio_bridge.neighbours import neighbour_references
from otio_bridge.outcome import cells
from otio_bridge.pictures import write_picture
from otio_bridge.preview import media_frame
from otio_bridge.project import Project
from otio_bridge.recipe import Aim
from otio_bridge.recipe_ladder import Rung, Standing, chances, hopes, next_rung, prior_of
from otio_bridge.regeneration_price import asked_spans
from otio_bridge.regeneration_terms import Order, Work
from otio_bridge.routing import PREFERENCE
from otio_bridge.session import Session
from otio_bridge.splicing import NextSpan, next_request_span
from otio_bridge.timeline_place import place_of
from otio_bridge.timeline_slots import ORIGINAL

CENT = 0.005


@dataclass(frozen=True)
class Step:
    """What to ask for, and from what it may start."""

    rung: Rung
    span: Span
    """Slot frames, handles included."""
    first: Segment | None = None
    """The one frame of a take, or of the original, that the result must start from."""
    last: Segment | None = None
    film: Take | None = None
    """The take in which seconds are made anew."""
    edit: Span | None = None
    """Those seconds in frames of that take."""


def ask(session: Session, journal: Journal, work: Work, order: Order) -> Job | None:
    """Plan the next generation of a shot; None when nothing more is wanted, with a note why."""
    while not work.stopped:
        step = next_step(session, work, order)
        if step.rung.step == "done":
            return None
        if step.rung.step == "model":
            _change_model(work, step.rung)
            continue
        if step.rung.step == "look":
            work.stop(
                f"Look first: {step.rung.why}. Mark what holds with 'otio-bridge mark' or on the "
                "review page, or regenerate again to go on without."
            )
            return None
        if step.rung.step == "coverage":
            work.stop(
                f"{step.rung.why}; show the two alone instead, with 'otio-bridge coverage', "
                "or try another --provider."
            )
            return None
        request = request_of(session, work, step, order)
        if request.estimate_usd > work.most_usd + CENT:
            work.stop(f"The next step costs {request.estimate_usd:.2f} USD, more than agreed to.")
            return None
        if step.rung.step != "attempt":
            work.notes.append(f"{request.take} ({step.rung.step}): {step.rung.why}.")
        return journal.plan(request)
    return None


def next_step(session: Session, work: Work, order: Order) -> Step:
    """Return the next rung for a shot, and the frames it is about."""
    limits = work.limits
    if order.seconds is not None:
        span = recipe.span_of_seconds(order.seconds, work.aim, limits)
        return _conditioned(session, work, Step(Rung("retake", "a person asked for them"), span))
    takes = takes_of(session, work)
    for span in asked_spans(work.shot, work.aim, limits, work.around, order):
        if not any(_reaches(take, span, work.aim) for take in takes):
            rung = next_rung(Standing(unasked=span), limits)
            return _conditioned(session, work, Step(rung, span))
    best = judging.planned(session, work.placed, takes)
    after = None if best is None else _uncovered(best, work)
    if best is None or after is None:
        return Step(next_rung(Standing(), limits), (0, 0))
    return _laddered(session, work, takes, best, after)


def takes_of(session: Session, work: Work) -> list[Take]:
    """Return a shot's takes as the project knows them at this moment, coverage left out."""
    record = session.needed_project().shot(work.placed.shot)
    placed = Placed(work.placed.slot, work.placed.id, work.placed.shot, record)
    return [take for take in session.takes_of(placed) if take.step != "coverage"]


def request_of(session: Session, work: Work, step: Step, order: Order) -> Request:
    """Return the request of one step, its pictures written into the project."""
    take = session.needed_project().reserve_take(work.placed.shot)
    for_edit: RequestStep = "edit" if step.film is not None else "chunk"
    span = step.film.covers if step.film is not None else step.span
    looks = _references(session, work, order)
    request = _requested(session, work, order, take, span, for_edit, looks)
    return _with_frames(session, work, request, step)


def _requested(
    session: Session,
    work: Work,
    order: Order,
    take: str,
    span: Span,
    step: RequestStep,
    looks: Sequence[Reference],
) -> Request:
    settings = session.project.settings if session.project is not None else {}
    return recipe.request_for(
        work.shot,
        work.aim,
        span,
        take=take,
        provider=work.route.provider,
        limits=work.limits,
        references=looks,
        seed=seed_of(work.placed.shot, take),
        model=_model_for(work, step),
        step=step,
        prompt=order.prompt,
        own_templates=settings.get("prompts"),
        hand_props=order.hand_props,
    )


def first_request(session: Session, work: Work, order: Order) -> Request:
    """Return what would be asked for first, without its frames, and without keeping anything."""
    spans = asked_spans(work.shot, work.aim, work.limits, work.around, order)
    record = session.project.shot(work.placed.shot) if session.project is not None else None
    take = f"t{record.next_take if record is not None else 1:02}"
    looks = references_of(session.project, work.shot) if session.project is not None else []
    return _requested(session, work, order, take, spans[0], "chunk", looks)


def references_of(project: Project, shot: Shot) -> list[Reference]:
    """Return the looks of a shot: characters from left to right, fused reference, props, place."""
    order = {"left": 0, "center": 1, "right": 2}
    people = sorted(shot.performers, key=lambda performer: order[performer.side])
    found = [project.reference("character", performer.name) for performer in people]
    found.append(project.fused(shot.id))
    found += [project.reference("prop", name) for name in shot.props]
    found += [project.reference("location", shot.location)] if shot.location else []
    return [look for look in found if look is not None]


def _references(session: Session, work: Work, order: Order) -> list[Reference]:
    found = references_of(session.needed_project(), work.shot)
    if order.neighbours:
        found += neighbour_references(session, work.placed)
    return found


def _model_for(work: Work, step: RequestStep) -> str:
    """Return the model of a step; an edit may want another than the takes."""
    if step != "edit":
        return work.route.model
    known = dict(PREFERENCE["edit"]).get(work.route.provider, "")
    return known or work.route.model


def _uncovered(best: SplicePlan, work: Work) -> NextSpan | None:
    if best.covered:
        return None
    limits, rate = work.limits, work.aim.rate
    least = -(-limits.min_seconds.numerator * rate // limits.min_seconds.denominator)
    return next_request_span(
        best,
        work.aim.frames,
        rate,
        handle=max(work.aim.handles),
        min_frames=int(least),
        extends=limits.first_frame,
    )


def _laddered(
    session: Session, work: Work, takes: Sequence[Take], best: SplicePlan, after: NextSpan
) -> Step:
    """Return the rung for seconds that no take covers, with the frames it starts from."""
    film = _film_of(best, takes, after, work)
    ends = _held_ends(best, after.seconds, work)
    span = after.start, after.end
    seen = _seen(session, work, takes)
    now = Standing(
        uncovered=best.uncovered_seconds,
        chances=chances(best.uncovered_seconds, list(seen.values()), _record(session, work)),
        retake=span,
        seconds=after.seconds,
        extends=after.extends is not None,
        held_before=ends[0] is not None,
        held_after=ends[1] is not None,
        film=film is not None,
        # Who regenerates what was made earlier has seen it and wants more.
        maybe=hopes(best, seen, work.aim.rate, work.aim.frames) if work.made else 0.0,
        usd=work.limits.usd(work.route.model, after.frames / work.aim.rate),
        coverage_usd=work.limits.usd(work.route.model, work.aim.frames / work.aim.rate / 2),
        others=len(work.routes) - 1,
    )
    rung = next_rung(now, work.limits)
    if rung.step == "edit" and film is not None:
        return Step(rung, film.covers, film=film, edit=_edit_frames(film, after.seconds, work))
    if rung.step == "fill":
        first, last = ends
        assert first is not None and last is not None
        return Step(rung, _fill_span(first, last, work), first=first, last=last)
    if rung.step == "extend":
        return Step(rung, span, first=after.extends)
    return _conditioned(session, work, Step(rung, span))


def _seen(session: Session, work: Work, takes: Sequence[Take]) -> dict[str, list[SecondScore]]:
    """Return what is known of every second of the takes, by take."""
    project = session.needed_project()
    verdicts = judging.verdicts_of(session, work.placed)
    rate = work.aim.rate
    return {take.id: cells(take, project.score(take), verdicts, rate) for take in takes}


def _record(session: Session, work: Work) -> float:
    """Return the share of seconds that held in what the model made for other shots."""
    project = session.needed_project()
    return prior_of(
        cell
        for shot in project.shots()
        for take in shot.takes
        if take.model == work.route.model and take.shot != work.placed.shot
        for cell in cells(take, project.score(take), shot.verdicts, work.aim.rate)
    )


def _held_ends(
    best: SplicePlan, seconds: Sequence[int], work: Work
) -> tuple[Segment | None, Segment | None]:
    """Return the frame before some seconds and the one after, each where its second holds."""
    rate, frames = work.aim.rate, work.aim.frames
    before, after = min(seconds) - 1, max(seconds) + 1
    bad = set(best.uncovered_seconds)
    first = last = None
    if before >= 0 and before not in bad:
        first = _one_frame(best, frames_of_second(before, rate, frames).stop - 1)
    if after < seconds_in(frames, rate) and after not in bad:
        last = _one_frame(best, frames_of_second(after, rate, frames).start)
    return first, last


def _one_frame(best: SplicePlan, slot_frame: int) -> Segment | None:
    """Return the frame of the take that a plan shows at one frame of the slot."""
    for part in best.segments:
        inside = slot_frame - part.slot_start
        if 0 <= inside < part.frames and part.take != ORIGINAL:
            changes = {"take_start": part.take_start + inside, "slot_start": slot_frame}
            return part.model_copy(update={**changes, "frames": 1})
    return None


def _fill_span(first: Segment, last: Segment, work: Work) -> Span:
    """Return the frames from one given frame to the other, at least as many as can be made."""
    least = -(-work.limits.min_seconds * work.aim.rate // 1)
    return first.slot_start, max(last.slot_start + 1, first.slot_start + int(least))


def _film_of(best: SplicePlan, takes: Sequence[Take], after: NextSpan, work: Work) -> Take | None:
    """Return the take in which to make seconds anew: the one the plan shows there, if it may."""
    limits = work.limits
    first = first_frame_of_second(after.seconds[0], work.aim.rate)
    shown = next(
        (s.take for s in best.segments if s.slot_start <= first < s.slot_start + s.frames), ""
    )
    take = next((take for take in takes if take.id == shown), None)
    if take is None or limits.min_edit_seconds is None or "edit" not in limits.steps:
        return None
    length = take.frames / work.aim.rate
    dear = limits.usd(_model_for(work, "edit"), length) > work.most_usd + CENT
    all_of_it = len(after.seconds) >= seconds_in(work.aim.frames, work.aim.rate)
    fits = limits.min_edit_seconds <= length <= limits.max_seconds
    return take if fits and not dear and not all_of_it else None


def _edit_frames(take: Take, seconds: Sequence[int], work: Work) -> Span:
    """Return seconds of the slot in frames of a take, at least the shortest edit there is."""
    rate, frames = work.aim.rate, work.aim.frames
    start = frames_of_second(min(seconds), rate, frames).start - take.slot_start
    end = frames_of_second(max(seconds), rate, frames).stop - take.slot_start
    return max(0, start), min(take.frames, end)


def _conditioned(session: Session, work: Work, step: Step) -> Step:
    """Let a chunk inside kept footage, or after another chunk, start and end on what is there."""
    limits = work.limits
    if not limits.first_frame or not limits.frames_with_references:
        return step
    start, end = step.span
    first = _chained(session, work, start)
    last = None
    if work.around == "contact" and session.media_of(work.placed.slot) is not None:
        first = first or (_own_frame(start) if start > 0 else None)
        last = _own_frame(end - 1) if end <= work.aim.frames and limits.last_frame else None
    return Step(step.rung, step.span, first=first, last=last)


def _chained(session: Session, work: Work, start: int) -> Segment | None:
    """Return the frame of an earlier chunk at which a later one begins."""
    if start <= 0:
        return None
    for take in takes_of(session, work):
        if take.slot_start < start < take.covers[1] and take.slot_frames > take.covers[1]:
            inside = start - take.slot_start
            return Segment(take=take.id, take_start=inside, slot_start=start, frames=1)
    return None


def _own_frame(slot_frame: int) -> Segment:
    return Segment(take=ORIGINAL, take_start=slot_frame, slot_start=slot_frame, frames=1)


def _with_frames(session: Session, work: Work, request: Request, step: Step) -> Request:
    """Write the frames that a request starts from and ends on, and name its film."""
    project = session.needed_project()
    changes: dict[str, object] = {}
    for name, frame in (("first", step.first), ("last", step.last)):
        if frame is not None and (pixels := _pixels(session, work, frame)) is not None:
            path = project.folder / "raw" / f"{request.id}_{name}.png"
            write_picture(path, pixels)
            changes[f"{name}_frame"] = project.relative(path)
    if step.film is not None:
        changes |= {"source": step.film.media, "edit": step.edit}
    return request.model_copy(update=changes)


def _pixels(session: Session, work: Work, frame: Segment) -> Any:
    if frame.take == ORIGINAL:
        media = session.media_of(work.placed.slot)
        place = place_of(work.placed.slot, session.rate)
        at = media_frame(session, work.placed.slot, place, frame.slot_start)
        return None if media is None else frame_at(media, at)
    takes = {take.id: take for take in takes_of(session, work)}
    if frame.take not in takes:
        return None
    return frame_at(session.take_file(takes[frame.take]), frame.take_start)


def _reaches(take: Take, span: Span, aim: Aim) -> bool:
    start, end = take.covers
    return start <= max(0, span[0]) and end >= min(aim.frames, span[1])


def _change_model(work: Work, rung: Rung) -> None:
    gone = work.routes.pop(0)
    work.notes.append(
        f"{rung.why} with {gone.model}; going on with {work.route.provider} ({work.route.model})."
    )


def seed_of(shot: str, take: str) -> int:
    """Return the seed of a take, the same whenever it is asked for."""
    digest = hashlib.blake2s(f"{shot}/{take}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") >> 1
