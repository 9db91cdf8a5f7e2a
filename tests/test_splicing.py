"""The planner against brute force, its laws, the plan language and the next request."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

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
    """The objective written out naively, for one case: the definition that the planner must meet."""

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
            chance = min(0.99, max(0.01, 0.5 if held is None else held))
            failed = False
            for verdict in candidate.verdicts:
                if verdict.take == candidate.take and verdict.start <= own < verdict.end:
                    failed = verdict.mark == "failed"
                    chance = 0.01 if failed else 1.0
            values.append(math.log(chance) if inside else None)
            penalties.append(FAILED if failed else 0.0)
        for second in range(seconds_in(case.slot_frames, case.rate)):
            frames = frames_of_second(second, case.rate, case.slot_frames)
            known = sorted(v for f in frames if (v := values[f]) is not None)
            if known and sum(known):
                mean = sum(known) / len(known)
                scale = max(1.0, known[math.ceil(len(known) / 8) - 1] / mean)
                for f in frames:
                    old = values[f]
                    values[f] = None if old is None else old * scale
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
    found = [judge.value(judge.path_of(each)) for each in planned(case, count)]
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
