"""The planner against brute force, its laws, the plan language and the next request."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otio_bridge.clock import frames_of_second, seconds_in
from otio_bridge.errors import PlanError
from otio_bridge.model import Segment, SplicePlan, Verdict
from otio_bridge.splicing import (
    Candidate,
    NextSpan,
    PlanRules,
    SeamTable,
    Stretch,
    checked,
    next_request_span,
    parse_plan,
    plan,
    uncovered_seconds,
    visibility,
    weighed,
    words_of,
)

RATE = Fraction(24)
FAILED, SHORTFALL, DRIFT = 1e6, 1e3, 1e-7


class Case(NamedTuple):
    candidates: tuple[Candidate, ...]
    slot_frames: int
    rate: Fraction
    rules: PlanRules
    seams: SeamTable
    original: Candidate | None


class Judge:
    """The objective written out naively, for one case: what the planner must meet."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.takes = [*case.candidates, *([case.original] if case.original else [])]
        reach = range(-case.rules.max_offset, case.rules.max_offset + 1)
        self.sources = list(itertools.product(range(len(self.takes)), reach))
        self.worth = {source: self._worths(*source) for source in self.sources}
        self._restrict()

    def _worths(self, take: int, offset: int) -> list[float | None]:
        """Worth of each slot frame, None without a picture."""
        case, candidate = self.case, self.takes[take]
        values: list[float | None] = []
        penalties = []
        for frame in range(case.slot_frames):
            own = frame - candidate.slot_start + offset
            inside = 0 <= own < len(candidate.held)
            held = candidate.held[own] if inside else None
            chance = min(0.99, max(0.25, 0.49 if held is None else held))
            failed = False
            for verdict in candidate.verdicts:
                if verdict.take == candidate.take and verdict.start <= own < verdict.end:
                    failed = verdict.mark == "failed"
                    chance = 0.25 if failed else 1.0
            values.append(math.log(chance) if inside else None)
            penalties.append(FAILED if failed else 0.0)
        for second in range(seconds_in(case.slot_frames, case.rate)):
            frames = frames_of_second(second, case.rate, case.slot_frames)
            known = sorted(v for f in frames if (v := values[f]) is not None)
            if known and sum(known):
                mean = sum(known) / len(known)
                fold = known[math.ceil(len(known) / 8) - 1]
                lacking = min(0.0, fold - mean) * len(known)
                if fold < math.log(case.rules.threshold):
                    share = len(known) / len(frames)
                    lacking -= case.rules.uncovered * share * float(case.rate)
                squares = sum(v * v for v in known)
                for f in frames:
                    old = values[f]
                    values[f] = None if old is None else old + lacking * old * old / squares
        bonus = case.rules.hero_bonus if candidate.take == case.rules.hero else 0.0
        return [
            None if v is None else (v + bonus) / float(case.rate) - p - DRIFT * abs(offset)
            for v, p in zip(values, penalties, strict=True)
        ]

    def _restrict(self) -> None:
        case = self.case
        for (take, offset), worth in self.worth.items():
            for ban in case.rules.bans:
                if ban.take == self.takes[take].take:
                    worth[ban.start : ban.end] = [None] * len(worth[ban.start : ban.end])
            if self.takes[take] is case.original and offset:
                worth[:] = [None] * len(worth)
        for frame in range(case.slot_frames):
            locked = {k.take for k in case.rules.locks if k.start <= frame < k.end}
            others = any(
                worth[frame] is not None
                for (take, _), worth in self.worth.items()
                if self.takes[take] is not case.original
            )
            for (take, _), worth in self.worth.items():
                candidate = self.takes[take]
                hidden = candidate is case.original and others
                if (locked and candidate.take not in locked) or (hidden and not locked):
                    worth[frame] = None

    def paths(self) -> Iterator[list[tuple[int, int]]]:
        """Every way to show every frame."""

        def grown(path: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
            if len(path) == self.case.slot_frames:
                yield path
                return
            for source in self.sources:
                if self.worth[source][len(path)] is not None:
                    yield from grown([*path, source])

        return grown([])

    def seam(self, one: tuple[int, int], other: tuple[int, int], frame: int) -> float:
        table = self.case.seams
        names = self.takes[one[0]].take, self.takes[other[0]].take
        if not set(names) <= set(table.takes):
            return table.unmeasured
        cost = table.cost[table.takes.index(names[0]), table.takes.index(names[1])]
        at = min(max(frame + one[1], 0), len(cost) - 1)
        if cost.ndim == 1:
            value = math.nan if one[0] == other[0] else cost[at]
        else:
            column = cost.shape[1] // 2 + other[1] - one[1]
            value = cost[at, column] if 0 <= column < cost.shape[1] else math.nan
        return table.unmeasured if math.isnan(value) else max(0.0, float(value))

    def value(self, path: list[tuple[int, int]]) -> tuple[float, tuple[int, ...]]:
        """Worth of a path and its order of takes."""
        total = 0.0
        rules = self.case.rules
        for frame, source in enumerate(path):
            worth = self.worth[source][frame]
            assert worth is not None, f"frame {frame} must not show {source}"
            total += worth
            if frame and source != path[frame - 1]:
                cost = self.seam(path[frame - 1], source, frame)
                total -= rules.cut_cost * (rules.base + cost)
        runs = [(source, len(list(run))) for source, run in itertools.groupby(path)]
        least = least_of(rules, self.case.rate)
        total -= SHORTFALL * sum(max(0, least - length) for _, length in runs)
        return total, tuple(source[0] for source, _ in runs)

    def path_of(self, drawn: SplicePlan) -> list[tuple[int, int]]:
        names = [candidate.take for candidate in self.takes]
        path = []
        for part in drawn.segments:
            take = names.index(part.take)
            offset = part.take_start + self.takes[take].slot_start - part.slot_start
            path += [(take, offset)] * part.frames
        return path


def least_of(rules: PlanRules, rate: Fraction) -> int:
    return math.floor(rate / 2 + Fraction(1, 2)) if rules.min_segment is None else rules.min_segment


def planned(case: Case, count: int = 1) -> list[SplicePlan]:
    return plan(
        case.candidates,
        slot_frames=case.slot_frames,
        rate=case.rate,
        seams=case.seams,
        rules=case.rules,
        original=case.original,
        count=count,
    )


@st.composite
def candidates(draw: st.DrawFn, name: str, slot_frames: int) -> Candidate:
    start = draw(st.integers(-2, slot_frames - 1))
    length = draw(st.integers(0, slot_frames + 3))
    if draw(st.booleans()):
        start, length = -1, slot_frames + 2
    chance = st.one_of(st.none(), st.sampled_from([0.0, 0.05, 0.3, 0.5, 0.8, 0.97, 1.0]))
    held = draw(st.lists(chance, min_size=length, max_size=length))
    spans = st.tuples(
        st.integers(-1, length), st.integers(0, 3), st.sampled_from(["held", "failed"])
    )
    marks = draw(st.lists(spans, max_size=2))
    verdicts = [Verdict(take=name, start=at, end=at + size, mark=mark) for at, size, mark in marks]
    return Candidate(name, start, tuple(held), tuple(verdicts))


@st.composite
def stretches(draw: st.DrawFn, names: list[str], slot_frames: int) -> Stretch:
    start = draw(st.integers(0, slot_frames - 1))
    return Stretch(draw(st.sampled_from(names)), start, start + draw(st.integers(1, 3)))


@st.composite
def cases(draw: st.DrawFn, shapes: tuple[tuple[int, int], ...], largest: int = 6) -> Case:
    """Small cases; shapes are the allowed (takes, max_offset)."""
    count, offset = draw(st.sampled_from(shapes))
    slot_frames = draw(st.integers(1, largest))
    names = [f"t{n:02}" for n in range(1, count + 1)]
    takes = tuple(draw(candidates(name, slot_frames)) for name in names)
    original = draw(st.none() | candidates("original", slot_frames))
    wide = draw(st.sampled_from([None, 1, 3, 5, 7]))
    shape = (count, count, slot_frames) if wide is None else (count, count, slot_frames, wide)
    seed = draw(st.integers(0, 2**16))
    rng = np.random.default_rng(seed)
    cost = rng.gamma(1.0, 1.0, shape)
    cost[rng.random(shape) < 0.2] = np.nan
    rules = PlanRules(
        min_segment=draw(st.sampled_from([None, 1, 2, 3, 9])),
        max_cuts=draw(st.sampled_from([None, 0, 1, 2])),
        cut_cost=draw(st.sampled_from([0.0, 0.1, 0.4])),
        hero=draw(st.sampled_from([None, "t01", "t09"])),
        max_offset=offset,
        locks=tuple(draw(st.lists(stretches(names, slot_frames), max_size=1))),
        bans=tuple(draw(st.lists(stretches(names, slot_frames), max_size=1))),
    )
    table = SeamTable(tuple(reversed(names)), cost)
    return Case(
        takes,
        slot_frames,
        draw(st.sampled_from([Fraction(2), Fraction(3), Fraction(5, 2), Fraction(16)])),
        rules,
        table,
        original,
    )


def assert_exact(case: Case, count: int) -> None:
    judge = Judge(case)
    best: dict[tuple[int, ...], float] = {}
    for path in judge.paths():
        worth, order = judge.value(path)
        best[order] = max(best.get(order, -math.inf), worth)
    locked_out = any(
        all(
            judge.worth[source][frame] is None
            for source in judge.sources
            if judge.takes[source[0]].take == lock.take
        )
        for lock in case.rules.locks
        for frame in range(lock.start, min(lock.end, case.slot_frames))
    )
    if not best or locked_out:
        with pytest.raises(PlanError):
            planned(case, count)
        return
    fewest = min(len(order) for order in best)
    limit = case.rules.max_cuts
    if limit is not None:
        best = {o: w for o, w in best.items() if len(o) <= max(fewest, limit + 1)}
    expected = sorted(best.values(), reverse=True)[:count]
    drawn = planned(case, count)
    found = [judge.value(judge.path_of(each)) for each in drawn]
    for each in drawn:
        path = judge.path_of(each)
        costs = [
            judge.seam(path[at - 1], path[at], at) for at in (s.slot_frame for s in each.seams)
        ]
        assert [seam.visibility for seam in each.seams] == [visibility(cost) for cost in costs]
    assert len({order for _, order in found}) == len(found)
    assert [worth for worth, _ in found] == pytest.approx(expected, rel=1e-12, abs=1e-6)


@settings(max_examples=150, deadline=None)
@given(cases(shapes=((1, 0), (2, 0), (3, 0), (4, 0))), st.integers(1, 4))
def test_equals_brute_force(case: Case, count: int) -> None:
    assert_exact(case, count)


@settings(max_examples=80, deadline=None)
@given(cases(largest=4, shapes=((1, 1), (2, 1), (1, 2))), st.integers(1, 3))
def test_equals_brute_force_with_offsets(case: Case, count: int) -> None:
    assert_exact(case, count)


def assert_lawful(drawn: SplicePlan, case: Case) -> None:
    """Every frame once, from frames that the takes have, in one piece per segment."""
    takes = {c.take: c for c in (*case.candidates, *([case.original] if case.original else []))}
    at = 0
    for part in drawn.segments:
        assert part.slot_start == at and part.frames > 0
        own = takes[part.take]
        assert part.take_start >= 0 and part.take_start + part.frames <= len(own.held)
        assert abs(part.take_start + own.slot_start - part.slot_start) <= case.rules.max_offset
        at += part.frames
    assert at == case.slot_frames
    assert [seam.slot_frame for seam in drawn.seams] == [p.slot_start for p in drawn.segments[1:]]
    assert all(0.0 <= seam.visibility <= 1.0 for seam in drawn.seams)
    for frame in range(case.slot_frames):
        shown = next(p.take for p in drawn.segments if frame < p.slot_start + p.frames)
        assert all(k.take == shown for k in case.rules.locks if k.start <= frame < k.end)
        assert all(b.take != shown for b in case.rules.bans if b.start <= frame < b.end)


@settings(max_examples=60, deadline=None)
@given(cases(largest=60, shapes=((1, 0), (3, 0), (5, 2), (7, 1))), st.integers(1, 3))
def test_every_frame_is_shown_exactly_once(case: Case, count: int) -> None:
    try:
        drawn = planned(case, count)
    except PlanError:
        return
    assert drawn
    for each in drawn:
        assert_lawful(each, case)
        spans = {c.take: (c.slot_start, c.slot_start + len(c.held)) for c in case.candidates}
        if case.original:
            start = case.original.slot_start
            spans["original"] = start, start + len(case.original.held)
        assert checked(each.segments, case.slot_frames, spans) == each.segments


def take(name: str, *seconds: float | None, verdicts: tuple[Verdict, ...] = ()) -> Candidate:
    """A take of 24-frame seconds with handles of 12 frames."""
    held = [value for value in (seconds[0], *seconds, seconds[-1]) for _ in range(24)]
    return Candidate(name, -12, tuple(held[12:-12]), verdicts)


def best(*takes: Candidate, seconds: int, **rules: object) -> SplicePlan:
    chosen = PlanRules(**rules)  # type: ignore[arg-type]
    return plan(takes, slot_frames=24 * seconds, rate=RATE, rules=chosen)[0]


def shown(drawn: SplicePlan) -> str:
    return ",".join(f"{p.take}:{p.slot_start}-{p.slot_start + p.frames}" for p in drawn.segments)


def test_splices_the_seconds_that_held() -> None:
    drawn = best(take("t01", 0.9, 0.9, 0.1, 0.1), take("t02", 0.1, 0.1, 0.9, 0.9), seconds=4)
    assert shown(drawn) == "t01:0-48,t02:48-96"
    assert drawn.covered and drawn.uncovered_seconds == ()
    assert drawn.segments[1].take_start == 60
    assert drawn.seams[0].slot_frame == 48


def test_a_slightly_better_second_is_not_worth_a_cut() -> None:
    assert (
        shown(best(take("t01", 0.8, 0.8, 0.8), take("t02", 0.6, 0.9, 0.6), seconds=3)) == "t01:0-72"
    )


def test_a_short_failure_costs_its_second_but_is_cut_out_alone() -> None:
    pop = take("t01", 0.95, 0.95, 0.95)
    pop = Candidate("t01", -12, pop.held[:40] + (0.02,) * 6 + pop.held[46:])
    drawn = best(pop, take("t02", 0.2, 0.9, 0.2), seconds=3)
    assert drawn.covered
    inner = drawn.segments[1]
    assert inner.take == "t02" and inner.frames == 12
    assert inner.slot_start <= 28 and inner.slot_start + 12 >= 34


def test_a_person_outweighs_the_judge() -> None:
    failed = Verdict(take="t01", start=36, end=60, mark="failed")
    sure = take("t01", 0.99, 0.99, 0.99, verdicts=(failed,))
    drawn = best(sure, take("t02", 0.02, 0.02, 0.02), seconds=3)
    assert shown(drawn) == "t01:0-24,t02:24-48,t01:48-72"
    assert drawn.uncovered_seconds == (1,)
    held = Verdict(take="t02", start=12, end=84, mark="held")
    drawn = best(sure, take("t02", 0.02, 0.02, 0.02, verdicts=(held,)), seconds=3)
    assert shown(drawn) == "t02:0-72" and drawn.covered


def test_a_failed_second_is_still_shown_where_there_is_nothing_else() -> None:
    failed = Verdict(take="t01", start=36, end=60, mark="failed")
    drawn = best(take("t01", 0.9, 0.9, 0.9, verdicts=(failed,)), seconds=3)
    assert shown(drawn) == "t01:0-72" and drawn.uncovered_seconds == (1,)


def test_a_second_the_judge_cannot_see_is_not_called_covered() -> None:
    assert best(take("t01", 0.9, None, 0.9), seconds=3).uncovered_seconds == (1,)


def test_the_original_stands_in_only_where_no_take_has_a_picture() -> None:
    start = Candidate("t01", 0, (0.9,) * 48)
    own = Candidate("original", 0, (1.0,) * 72)
    drawn = plan([start], slot_frames=72, rate=RATE, original=own)[0]
    assert shown(drawn) == "t01:0-48,original:48-72"


def test_frames_without_a_picture_are_named() -> None:
    with pytest.raises(PlanError, match="slot frames 48-71;"):
        plan([Candidate("t01", 0, (0.9,) * 48)], slot_frames=72, rate=RATE)


def test_offsets_bring_takes_into_step() -> None:
    table = np.full((2, 2, 48, 9), 5.0)
    table[0, 1, :, 4 + 2] = 0.0
    first, second = take("t01", 0.9, 0.05), take("t02", 0.05, 0.9)
    seams = SeamTable(("t01", "t02"), table)
    rules = PlanRules(max_offset=2)
    drawn = plan([first, second], slot_frames=48, rate=RATE, seams=seams, rules=rules)[0]
    one, other = drawn.segments
    assert other.take_start - (one.take_start + one.frames) == 2
    assert drawn.seams[0].visibility == 0.0


def test_plans_differ_in_their_takes() -> None:
    takes = [take("t01", 0.9, 0.3), take("t02", 0.3, 0.9), take("t03", 0.5, 0.5)]
    drawn = plan(takes, slot_frames=48, rate=RATE, count=4)
    assert shown(drawn[0]) == "t01:0-24,t02:24-48"
    assert len({tuple(part.take for part in each.segments) for each in drawn}) == 4


def test_a_plan_in_words_is_weighed_like_a_planned_one() -> None:
    takes = [take("t01", 0.9, 0.9, 0.1), take("t02", 0.1, 0.1, 0.9)]
    seams = SeamTable(("t01", "t02"), np.random.default_rng(5).random((2, 2, 72)))
    drawn = plan(takes, slot_frames=72, rate=RATE, seams=seams)[0]
    again = weighed(drawn.segments, takes, slot_frames=72, rate=RATE, seams=seams)
    assert again == drawn
    parts = parse_plan(
        "t01:0-1,original:1-3",
        slot_frames=72,
        rate=RATE,
        takes={"t01": (-12, 84), "original": (0, 72)},
    )
    foreign = weighed(parts, takes, slot_frames=72, rate=RATE, seams=seams)
    assert foreign.uncovered_seconds == (1, 2)
    assert [seam.visibility for seam in foreign.seams] == [visibility(seams.unmeasured)]


def test_marks_and_threshold_decide_what_is_uncovered() -> None:
    takes = [take("t01", 0.9, 0.4, 0.9)]
    segments = [Segment(take="t01", take_start=12, slot_start=0, frames=60)]
    bad = uncovered_seconds(segments, takes, slot_frames=72, rate=RATE)
    assert bad == (1, 2), "half of second 2 is shown by nothing"
    bad = uncovered_seconds(segments, takes, slot_frames=60, rate=RATE, threshold=0.3)
    assert bad == ()


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ({"locks": (Stretch("t09", 0, 5),)}, "t09 is locked but is not among"),
        ({"locks": (Stretch("t02", 0, 5),)}, "cannot be shown at slot frames 0-4;"),
        ({"locks": (Stretch("t01", 20, 40), Stretch("t02", 30, 48))}, "Two locks"),
        ({"bans": (Stretch("t01", 3, 4),)}, "slot frames 3;"),
    ],
)
def test_impossible_rules_are_refused(rules: dict[str, tuple[Stretch, ...]], why: str) -> None:
    late = Candidate("t02", 10, (0.5,) * 40)
    with pytest.raises(PlanError, match=why):
        best(take("t01", 0.9, 0.9), late, seconds=2, **rules)


@pytest.mark.parametrize("takes", [[], [take("t01", 0.5), take("t01", 0.5)]])
def test_no_takes_and_twins_are_refused(takes: list[Candidate]) -> None:
    with pytest.raises(PlanError):
        plan(takes, slot_frames=24, rate=RATE)


def test_tables_that_do_not_fit_are_refused() -> None:
    for shape in [(1, 2, 5), (2, 2), (2, 2, 5, 4)]:
        with pytest.raises(ValueError):
            SeamTable(("t01", "t02"), np.zeros(shape))
    with pytest.raises(ValueError):
        SeamTable(("t01",), np.full((1, 1, 5), -1.0))


SPANS = {"t01": (-12, 137), "t03": (36, 137), "original": (0, 125)}


def parsed(text: str) -> str:
    parts = parse_plan(text, slot_frames=125, rate=RATE, takes=SPANS)
    return ",".join(f"{p.take}@{p.take_start}:{p.slot_start}+{p.frames}" for p in parts)


def test_plans_in_words() -> None:
    assert parsed("t1:0-2,t3:2-6") == "t01@12:0+48,t03@12:48+77"
    assert parsed(" t03:2-6 , t01:0-2") == "t01@12:0+48,t03@12:48+77"
    assert parsed("t1:0f-37f,t3:37f-125f") == "t01@12:0+37,t03@1:37+88"
    assert parsed("t01:0-1.5,original:36f-125f") == "t01@12:0+36,original@36:36+89"
    assert parsed("t1:0-2,t1:2-6") == "t01@12:0+125"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no part of a plan"),
        ("t1", "no part of a plan"),
        ("t1:0f-37", "no part of a plan"),
        ("t1:0-1.5f", "no part of a plan"),
        ("t1:0.5f-3f", "no whole frame"),
        ("t1:2-0", "has no frames"),
        ("t9:0-6", "There is no take t9"),
        ("t1:0-2", "Nothing shows slot frames 48 to 125"),
        ("t1:1-6", "Nothing shows slot frames 0 to 24"),
        ("t1:0-3,t3:2-6", "Slot frames 48 to 72 are shown twice"),
        ("t3:0-6", "t03 has pictures for slot frames 36 to 137 only"),
        ("t1:0-7", "t01 has pictures for slot frames -12 to 137 only"),
        ("t1:0f-130f", "The plan ends at frame 130 but the slot at 125"),
    ],
)
def test_bad_plans_are_refused_with_the_cure(text: str, why: str) -> None:
    with pytest.raises(PlanError, match=why):
        parsed(text)


@given(st.text("t013:-,f. ", max_size=24))
def test_any_text_is_a_plan_or_refused(text: str) -> None:
    try:
        parts = parse_plan(text, slot_frames=125, rate=RATE, takes=SPANS)
    except PlanError:
        return
    assert sum(part.frames for part in parts) == 125


def spans_of(*uncovered: int, seconds: int = 8, **limits: Any) -> NextSpan | None:
    drawn = SplicePlan(
        covered=not uncovered,
        uncovered_seconds=uncovered,
        segments=(Segment(take="t02", take_start=12, slot_start=0, frames=24 * seconds),),
    )
    return next_request_span(drawn, 24 * seconds, RATE, **limits)


def test_only_the_uncovered_seconds_are_asked_for() -> None:
    assert spans_of() is None
    assert spans_of(3) == NextSpan(60, 108, (3,))
    assert spans_of(0) == NextSpan(-12, 36, (0,))
    assert spans_of(2, 3) == NextSpan(36, 108, (2, 3))
    assert spans_of(2, 4) == NextSpan(36, 132, (2, 4)), "one request is no longer than two"
    assert spans_of(1, 4, 5) == NextSpan(84, 156, (4, 5))
    assert spans_of(3, min_frames=97) == NextSpan(36, 133, (3,))


def test_the_shortest_generation_stays_near_the_slot() -> None:
    assert spans_of(0, min_frames=120) == NextSpan(-12, 108, (0,))
    assert spans_of(6, min_frames=120) == NextSpan(84, 204, (6,))
    assert spans_of(0, seconds=2, min_frames=120) == NextSpan(-12, 108, (0,))


def test_the_end_is_extended_from_the_last_good_frame() -> None:
    good = Segment(take="t02", take_start=155, slot_start=143, frames=1)
    assert spans_of(6, 7) == NextSpan(143, 204, (6, 7), good)
    earlier = Segment(take="t02", take_start=96, slot_start=84, frames=1)
    assert spans_of(6, 7, min_frames=120) == NextSpan(84, 204, (6, 7), earlier)
    assert spans_of(6, 7, extends=False) == NextSpan(132, 204, (6, 7))
    whole = spans_of(*range(8))
    assert whole == NextSpan(-12, 204, tuple(range(8)))


@given(
    st.sets(st.integers(0, 7), min_size=1),
    st.integers(0, 30),
    st.integers(1, 400),
)
def test_a_request_covers_its_seconds(bad: set[int], handle: int, least: int) -> None:
    span = spans_of(*sorted(bad), handle=handle, min_frames=least)
    assert span is not None and span.frames >= least and set(span.seconds) <= bad
    assert span.end >= 24 * (span.seconds[-1] + 1) + handle
    before = 1 if span.extends else handle
    assert span.start <= 24 * span.seconds[0] - before


def test_visibility_grows_from_unseen_to_plain() -> None:
    assert visibility(0.0) == 0.0
    assert 0.3 < visibility(1.0) < 0.5
    assert visibility(6.0) > 0.9


@given(
    st.lists(st.tuples(st.sampled_from(("t01", "t02")), st.integers(1, 40), st.integers(-9, 9)),
             min_size=1, max_size=5)
)  # fmt: skip
def test_what_a_plan_says_is_read_back_with_its_shifts(
    pieces: list[tuple[str, int, int]],
) -> None:
    starts, at, segments = {"t01": -12, "t02": -10}, 0, []
    for take, frames, shift in pieces:
        segments.append(
            Segment(take=take, take_start=at - starts[take] + shift, slot_start=at, frames=frames)
        )
        at += frames
    covers = {take: (start, at + 20) for take, start in starts.items()}
    joined = checked(segments, at, covers)
    words = words_of(joined, starts)
    assert parse_plan(words, slot_frames=at, rate=RATE, takes=covers) == joined


def test_a_shift_is_said_and_read_in_frames() -> None:
    covers = {"t01": (-12, 137), "t02": (-12, 137)}
    parts = parse_plan("t1:0-2+2f,t2:48f-125f-1f", slot_frames=125, rate=Fraction(24), takes=covers)
    assert [(one.take, one.take_start, one.slot_start) for one in parts] == [
        ("t01", 14, 0), ("t02", 59, 48),
    ]  # fmt: skip
    assert words_of(parts, {"t01": -12, "t02": -12}) == "t01:0f-48f+2f,t02:48f-125f-1f"
    with pytest.raises(PlanError, match="has pictures for slot frames"):
        parse_plan("t1:0-5.21-13f", slot_frames=125, rate=Fraction(24), takes=covers)
