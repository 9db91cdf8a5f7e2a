"""The best cut through the takes of one slot, and what to ask for where no take holds.

A plan maximises, over every way to show each frame of the slot exactly once,

    sum over frames of log P(held) / rate  -  sum over cuts of lambda * (base + C)

with C the seam cost (`seams`): facts, section 7, on frames instead of seconds. Dividing by the rate
counts a second once. Where the folded value of a second (`model.second_held`) is worse than the
mean of its frames, what is lacking is laid on its bad frames: a whole second costs what the fold
says, yet a cut around a short pop escapes it. Scores rank and never gate: as long as there is a
picture for every frame there is a plan.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np

from otio_bridge.clock import frames_at, frames_of_second, second_of_frame, seconds_in
from otio_bridge.errors import PlanError
from otio_bridge.model import Mark, Seam, Segment, SplicePlan, second_held
from otio_bridge.splicing_path import Run, Terrain, best_path, orders_allowed
from otio_bridge.splicing_terms import Candidate, NextSpan, PlanRules, SeamTable, Stretch
from otio_bridge.splicing_words import checked, parse_plan, words_of
from otio_bridge.splicing_worth import cuts, gains

__all__ = [
    "Candidate", "NextSpan", "PlanRules", "SeamTable", "Stretch",
    "checked", "next_request_span", "parse_plan", "plan", "uncovered_seconds", "visibility",
    "weighed", "words_of",
]  # fmt: skip


def plan(
    candidates: Sequence[Candidate],
    *,
    slot_frames: int,
    rate: Fraction,
    seams: SeamTable | None = None,
    rules: PlanRules | None = None,
    original: Candidate | None = None,
    count: int = 1,
) -> list[SplicePlan]:
    """Return the best plans for a slot, best first.

    Two plans are distinct when they show other takes or the same ones in another order; each is
    the best of its order, down to the frame of every cut. Fewer come back when no order is left.

    Args:
        candidates: The takes; where plans are worth the same, earlier ones are preferred.
        slot_frames: Length of the slot.
        rate: Frames per second of slot and takes.
        seams: Seam costs; without them every cut counts as unmeasured.
        rules: Constraints and weights.
        original: The clip's own media, shown only where no take has a picture or a lock says so.
        count: How many plans.

    Raises:
        PlanError: A frame has no picture at all, or locks ask for frames that a take lacks.
    """
    rules = rules or PlanRules()
    seams = seams or SeamTable((), np.empty((0, 0, 0)))
    shown = [*candidates, original] if original else list(candidates)
    _require_distinct(shown, slot_frames)
    takes = [candidate.take for candidate in shown]
    worth = gains(shown, original.take if original else None, slot_frames, rate, rules)
    seam_costs = seams.spread(takes, slot_frames, rules.max_offset)
    least = frames_at(Fraction(1, 2), rate) if rules.min_segment is None else rules.min_segment
    terrain = Terrain(worth, cuts(seam_costs, slot_frames, rules), max(1, least))
    paths = _best_orders(terrain, rules.max_cuts, count)
    return [
        weighed(
            _segments(path, shown, rules.max_offset),
            shown,
            slot_frames=slot_frames,
            rate=rate,
            seams=seams,
            threshold=rules.threshold,
        )
        for path in paths
    ]


def weighed(
    segments: Sequence[Segment],
    candidates: Iterable[Candidate],
    *,
    slot_frames: int,
    rate: Fraction,
    seams: SeamTable | None = None,
    threshold: float = 0.5,
) -> SplicePlan:
    """Return segments as a plan: which seconds they leave uncovered, how plain their seams are.

    Args:
        segments: As `checked` returns them.
        candidates: The takes that are judged; any other is taken to be in step.
        slot_frames: Length of the slot.
        rate: Frames per second.
        seams: Seam costs; without them every cut counts as unmeasured.
        threshold: Folded P(held) from which a second counts as covered.
    """
    seams = seams or SeamTable((), np.empty((0, 0, 0)))
    known = {candidate.take: candidate for candidate in candidates}
    offsets = [
        part.take_start + known[part.take].slot_start - part.slot_start if part.take in known else 0
        for part in segments
    ]
    cuts_made = zip(pairwise(segments), pairwise(offsets), strict=True)
    bad = uncovered_seconds(
        segments, known.values(), slot_frames=slot_frames, rate=rate, threshold=threshold
    )
    return SplicePlan(
        covered=not bad,
        uncovered_seconds=bad,
        segments=tuple(segments),
        seams=tuple(
            Seam(
                slot_frame=after.slot_start,
                visibility=visibility(
                    seams.between(before.take, after.take, after.slot_start, *pair)
                ),
            )
            for (before, after), pair in cuts_made
        ),
    )


def uncovered_seconds(
    segments: Iterable[Segment],
    candidates: Iterable[Candidate],
    *,
    slot_frames: int,
    rate: Fraction,
    threshold: float = 0.5,
) -> tuple[int, ...]:
    """Return the seconds of a slot that do not hold as the segments show them.

    A second holds when no frame of it was marked failed and the fold of its frames
    (`model.second_held`, marked held counts as 1) reaches the threshold; a second on which the
    judge abstains does not.
    """
    known = {candidate.take: candidate for candidate in candidates}
    shown: list[float | None] = [None] * slot_frames
    for segment in segments:
        if segment.take in known:
            for frame, held in enumerate(_believed(known[segment.take], segment)):
                shown[segment.slot_start + frame] = held
    bad = []
    for second in range(seconds_in(slot_frames, rate)):
        frames = frames_of_second(second, rate, slot_frames)
        values = shown[frames.start : frames.stop]
        fold = second_held(values)
        if fold is None or fold < threshold or -1.0 in values:
            bad.append(second)
    return tuple(bad)


def next_request_span(
    plan: SplicePlan,
    slot_frames: int,
    rate: Fraction,
    *,
    handle: int = 12,
    min_frames: int = 1,
    extends: bool = True,
) -> NextSpan | None:
    """Return the stretch to generate next for what a plan leaves uncovered, or None for nothing.

    Uncovered seconds are merged where one request costs no more frames than two; the group with
    the most of them is wanted first. Where it reaches the end of the slot, extending from the last
    good frame needs no handle before and makes a seamless join, so that is proposed.

    Args:
        plan: The plan now in force.
        slot_frames: Length of the slot.
        rate: Frames per second.
        handle: Frames wanted before and after.
        min_frames: The shortest the provider makes.
        extends: Whether the provider can start from a given frame.
    """
    groups: list[tuple[int, ...]] = []
    for second in plan.uncovered_seconds:
        alone = _retake((second,), slot_frames, rate, handle, min_frames)
        if groups:
            merged = _retake((*groups[-1], second), slot_frames, rate, handle, min_frames)
            apart = _retake(groups[-1], slot_frames, rate, handle, min_frames).frames + alone.frames
            if merged.frames <= apart:
                groups[-1] = merged.seconds
                continue
        groups.append(alone.seconds)
    if not groups:
        return None
    retake = _retake(max(groups, key=len), slot_frames, rate, handle, min_frames)
    if not extends:
        return retake
    return _extension(retake, plan, slot_frames, rate, handle, min_frames) or retake


def visibility(cost: float) -> float:
    """Squash a seam cost C >= 0 to 0 (unseen) .. 1 (plainly seen): 1 - exp(-C / 2)."""
    return round(1.0 - math.exp(-cost / 2.0), 4)


def _best_orders(terrain: Terrain, max_cuts: int | None, count: int) -> list[list[Run]]:
    found: list[list[Run]] = []
    seen: set[tuple[int, ...]] = set()
    while len(found) < count:
        path = _next_order(terrain, max_cuts, seen)
        while path is None and not found and max_cuts is not None:
            max_cuts += 1
            path = _next_order(terrain, max_cuts, seen)
        if path is None:
            break
        found.append(path)
        seen.add(tuple(run.source % terrain.takes for run in path))
    return found


def _next_order(
    terrain: Terrain, max_cuts: int | None, seen: set[tuple[int, ...]]
) -> list[Run] | None:
    path = best_path(terrain, orders_allowed(terrain.takes, None, seen))
    if path is None or max_cuts is None or len(path) - 1 <= max_cuts:
        return path
    # Counting cuts multiplies the work, so only now.
    return best_path(terrain, orders_allowed(terrain.takes, max_cuts, seen))


def _segments(
    path: Sequence[Run], candidates: Sequence[Candidate], max_offset: int
) -> tuple[Segment, ...]:
    segments = []
    for run in path:
        index, take = divmod(run.source, len(candidates))
        start = run.start - candidates[take].slot_start + index - max_offset
        segments.append(
            Segment(
                take=candidates[take].take,
                take_start=start,
                slot_start=run.start,
                frames=run.end - run.start,
            )
        )
    return tuple(segments)


def _believed(candidate: Candidate, segment: Segment) -> list[float | None]:
    """P(held) of the frames shown, 1 where marked held, -1 where marked failed."""
    values = list(candidate.held)
    worth: dict[Mark, float] = {"held": 1.0, "failed": -1.0}
    for verdict in candidate.verdicts:
        if verdict.take == candidate.take:
            for frame in range(max(0, verdict.start), min(verdict.end, len(values))):
                values[frame] = worth[verdict.mark]
    return values[segment.take_start : segment.take_start + segment.frames]


def _require_distinct(candidates: Sequence[Candidate], slot_frames: int) -> None:
    names = [candidate.take for candidate in candidates]
    if not names or slot_frames <= 0:
        raise PlanError("There is nothing to plan without a take and a slot; make a take first.")
    if len(set(names)) < len(names):
        raise PlanError(f"A take stands twice among {', '.join(names)}; name each once.")


def _retake(
    seconds: tuple[int, ...], slot_frames: int, rate: Fraction, handle: int, min_frames: int
) -> NextSpan:
    """The seconds with their handles, widened evenly to the minimum but kept near the slot."""
    start = frames_of_second(seconds[0], rate, slot_frames).start - handle
    end = frames_of_second(seconds[-1], rate, slot_frames).stop + handle
    spare = max(0, min_frames - (end - start))
    start = max(min(start - spare // 2, slot_frames + handle - min_frames), min(start, -handle))
    return NextSpan(start, max(end, start + min_frames), seconds)


def _extension(
    retake: NextSpan,
    plan: SplicePlan,
    slot_frames: int,
    rate: Fraction,
    handle: int,
    min_frames: int,
) -> NextSpan | None:
    """The rest of the slot from the last good frame, if the retake reaches the slot's end."""
    bad = frames_of_second(retake.seconds[0], rate, slot_frames).start
    if retake.seconds[-1] < second_of_frame(slot_frames - 1, rate) or bad == 0:
        return None
    good = next(
        part for part in plan.segments if part.slot_start < bad <= part.slot_start + part.frames
    )
    start = max(good.slot_start, min(bad - 1, slot_frames + handle - min_frames))
    frame = good.model_copy(
        update={
            "take_start": good.take_start + start - good.slot_start,
            "slot_start": start,
            "frames": 1,
        }
    )
    return NextSpan(start, max(slot_frames + handle, start + min_frames), retake.seconds, frame)
