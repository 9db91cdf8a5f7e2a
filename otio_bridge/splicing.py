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
import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import numpy as np

from otio_bridge.clock import frames_at, frames_of_second, second_of_frame, seconds_in
from otio_bridge.errors import PlanError
from otio_bridge.model import Mark, Seam, Segment, Span, SplicePlan, second_held
from otio_bridge.splicing_path import Floats, Run, Terrain, best_path, orders_allowed
from otio_bridge.splicing_terms import Candidate, NextSpan, PlanRules, SeamTable, Stretch
from otio_bridge.splicing_worth import cuts, gains

__all__ = [
    "Candidate", "NextSpan", "PlanRules", "SeamTable", "Stretch",
    "checked", "next_request_span", "parse_plan", "plan", "uncovered_seconds", "visibility",
]  # fmt: skip

ORDER = re.compile(r"([A-Za-z]\w*):(\d+(?:\.\d+)?)(f?)-(\d+(?:\.\d+)?)(f?)")


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
    return [_drawn(path, shown, seam_costs, slot_frames, rate, rules) for path in paths]


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
        frames = range(segment.slot_start, segment.slot_start + segment.frames)
        if segment.take in known:
            shown[frames.start : frames.stop] = _believed(known[segment.take], segment)
    bad = []
    for second in range(seconds_in(slot_frames, rate)):
        frames = frames_of_second(second, rate, slot_frames)
        values = shown[frames.start : frames.stop]
        fold = second_held(values)
        if fold is None or fold < threshold or -1.0 in values:
            bad.append(second)
    return tuple(bad)


def parse_plan(
    text: str, *, slot_frames: int, rate: Fraction, takes: Mapping[str, Span]
) -> tuple[Segment, ...]:
    """Read "t1:0-2,t3:2-5" (seconds of the slot) or "t1:0f-37f,..." (its frames).

    Args:
        text: Stretches in any order; "t1" may be written for "t01".
        slot_frames: Length of the slot; its last second may be short.
        rate: Frames per second.
        takes: Slot frames that each take has a picture for, handles included (`Take.covers`).

    Raises:
        PlanError: The text cannot be read, or the plan is not `checked`.
    """
    segments = []
    for part in text.split(","):
        match = ORDER.fullmatch(part.strip())
        if not match or match[3] != match[5]:
            raise PlanError(
                f'"{part.strip()}" is no part of a plan; write TAKE:START-END in seconds as in '
                '"t1:0-2,t3:2-5", or in frames as in "t1:0f-37f"'
            )
        take = _take_named(match[1], takes)
        start, end = (_slot_frame(match[n], match[3], slot_frames, rate) for n in (2, 4))
        segments.append(
            Segment(
                take=take, take_start=start - takes[take][0], slot_start=start, frames=end - start
            )
        )
    return checked(segments, slot_frames, takes)


def checked(
    segments: Iterable[Segment], slot_frames: int, takes: Mapping[str, Span]
) -> tuple[Segment, ...]:
    """Return the segments in order, those that continue each other joined.

    Args:
        segments: In any order.
        slot_frames: Length of the slot.
        takes: Slot frames that each take has a picture for; only their number counts here.

    Raises:
        PlanError: They do not show every frame of the slot exactly once, name an unknown take, or
            ask for frames that a take does not have.
    """
    joined: list[Segment] = []
    at = 0
    for segment in sorted(segments, key=lambda each: each.slot_start):
        _require_material(segment, takes)
        _require_next(at, segment.slot_start)
        at = segment.slot_start + segment.frames
        last = joined[-1] if joined else None
        if (
            last
            and last.take == segment.take
            and segment.take_start == last.take_start + last.frames
        ):
            joined[-1] = last.model_copy(update={"frames": last.frames + segment.frames})
        else:
            joined.append(segment)
    if at > slot_frames:
        raise PlanError(f"the plan ends at frame {at} but the slot at {slot_frames}; end it there")
    _require_next(at, slot_frames)
    return tuple(joined)


def next_request_span(
    plan: SplicePlan, slot_frames: int, rate: Fraction, *, handle: int = 12, min_frames: int = 1
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


def _drawn(
    path: Sequence[Run],
    candidates: Sequence[Candidate],
    seam_costs: Floats,
    slot_frames: int,
    rate: Fraction,
    rules: PlanRules,
) -> SplicePlan:
    segments, seams = [], []
    before: tuple[int, int] | None = None
    for run in path:
        index, take = divmod(run.source, len(candidates))
        candidate, offset = candidates[take], index - rules.max_offset
        segments.append(
            Segment(
                take=candidate.take,
                take_start=run.start - candidate.slot_start + offset,
                slot_start=run.start,
                frames=run.end - run.start,
            )
        )
        if before is not None:
            place = run.start + before[0], before[1], index - before[0] + 2 * rules.max_offset, take
            seams.append(Seam(slot_frame=run.start, visibility=visibility(seam_costs[place])))
        before = index, take
    bad = uncovered_seconds(
        segments, candidates, slot_frames=slot_frames, rate=rate, threshold=rules.threshold
    )
    return SplicePlan(
        covered=not bad, uncovered_seconds=bad, segments=tuple(segments), seams=tuple(seams)
    )


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
        raise PlanError("there is nothing to plan without a take and a slot; make a take first")
    if len(set(names)) < len(names):
        raise PlanError(f"a take stands twice among {', '.join(names)}; name each once")


def _take_named(name: str, takes: Mapping[str, Span]) -> str:
    if name in takes:
        return name
    number = re.fullmatch(r"[tT](\d+)", name)
    for take in takes:
        same = re.fullmatch(r"t(\d+)", take)
        if number and same and int(number[1]) == int(same[1]):
            return take
    raise PlanError(f"there is no take {name}; the shot has {', '.join(takes) or 'none yet'}")


def _slot_frame(number: str, unit: str, slot_frames: int, rate: Fraction) -> int:
    """First frame of the slot at or after that time; the last second ends where the slot does."""
    value = Fraction(number)
    if unit and value.denominator > 1:
        raise PlanError(f"{number}f is no whole frame; write {math.floor(value)}f")
    frame = int(value) if unit else math.ceil(value * rate)
    return frame if unit or value > seconds_in(slot_frames, rate) else min(frame, slot_frames)


def _require_material(segment: Segment, takes: Mapping[str, Span]) -> None:
    if segment.take not in takes:
        raise PlanError(
            f"there is no take {segment.take}; the shot has {', '.join(takes) or 'none yet'}"
        )
    if segment.frames <= 0:
        raise PlanError(
            f"the stretch of {segment.take} at slot frame {segment.slot_start} has no frames; "
            "let it end after it starts"
        )
    length = takes[segment.take][1] - takes[segment.take][0]
    shift = segment.slot_start - segment.take_start
    if segment.take_start < 0 or segment.take_start + segment.frames > length:
        raise PlanError(
            f"{segment.take} has pictures for slot frames {shift} to {shift + length} only, not "
            f"for {segment.slot_start} to {segment.slot_start + segment.frames}; take another there"
        )


def _require_next(expected: int, start: int) -> None:
    if start > expected:
        raise PlanError(f"nothing shows slot frames {expected} to {start}; name a take for them")
    if start < expected:
        raise PlanError(
            f"slot frames {max(start, 0)} to {expected} are shown twice; let each stretch start "
            "where the one before ends"
        )


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
