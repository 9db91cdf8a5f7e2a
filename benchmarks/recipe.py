"""What the recipe costs: shots finished, seconds generated, looks and dollars, by simulation.

    python -m benchmarks.recipe [--shots 200]

The takes fail as those of the offline generator do (`previz.failures`, both calibrations), without
pixels; ladder, planner and request spans are the product's own. Two judges are compared on the
same shots: an oracle that knows every second, and one as good as ours was measured, behind which a
person looks at the planned splice and marks what it shows. Joins at cuts match all, or half of
them; where they do not, the planner sees a plain seam and does not cut there. A generation that
starts from a given frame joins there.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from statistics import NormalDist, mean
from typing import Literal

import numpy as np

from otio_bridge.clock import frames_of_second, seconds_in
from otio_bridge.model import Request, SecondScore, Span, SplicePlan
from otio_bridge.previz.failures import Calibration, failures_of
from otio_bridge.provider import Limits
from otio_bridge.recipe_ladder import Standing, chances, hopes, next_rung
from otio_bridge.splicing import Candidate, PlanRules, SeamTable, next_request_span, plan

Judge = Literal["oracle", "real"]
RATE = Fraction(8)
"""Frames a second; seconds are what is counted, and eight frames keep the label rule of 1/8."""
AUROC = 0.80
"""Of our judge per second on unseen clips (`benchmarks/README.md`)."""
HELD_SHARE = 0.75
"""Share of seconds that hold, to which our judge is calibrated."""
MOST_GENERATIONS = 24
PLAIN = 60.0
"""Seam cost of a join that does not match: no plan cuts there."""
USD = {"gemini": 0.10, "ark": 0.231}
"""Dollars a second, as the providers declare them."""
APART = NormalDist().inv_cdf(AUROC) * math.sqrt(2)
"""How far the scores of held and failed seconds lie apart, in standard deviations."""


@dataclass
class Take:
    """One simulated generation."""

    name: str
    span: Span
    """Slot frames that it shows."""
    held: dict[int, bool]
    """The truth, by second of the slot."""
    score: dict[int, float]
    """The judge's P(held)."""
    marks: dict[int, bool] = field(default_factory=dict)
    """What a person saw."""
    joined: bool = False
    """Whether it starts from a frame that was given to it."""

    def chance(self, second: int) -> float:
        """Return P(held): a person's mark first."""
        if second in self.marks:
            return 0.999 if self.marks[second] else 0.001
        return self.score[second]


@dataclass
class Run:
    """What became of a shot."""

    solved: bool
    true: bool
    """Whether all that stands there holds by the truth."""
    generations: int
    seconds: float
    """Generated."""
    looks: int


class Shot:
    """One shot on its way up the ladder."""

    def __init__(self, name: str, length: int, calibration: Calibration, matching: float) -> None:
        self.name = name
        self.frames = int(length * RATE)
        self.seconds = length
        self.calibration = calibration
        self.matching = matching
        self.takes: list[Take] = []
        self.generated = Fraction(0)

    def generate(self, span: Span, judge: Judge, joined: bool = False) -> None:
        """Make one more take of some slot frames."""
        number = len(self.takes) + 1
        request = Request(
            id=str(number), shot=self.name, take=f"t{number:02}", provider="offline", model="m",
            prompt="", seed=number, slot_start=span[0], frames=span[1] - span[0],
            slot_frames=self.frames, rate=f"{RATE}/1", size=(64, 36), contact=self.contact,
        )  # fmt: skip
        held = {second: True for second in self._inside(span)}
        for event in failures_of(request, self.calibration):
            for second in held:
                frames = frames_of_second(second, RATE, self.frames)
                held[second] &= not any(event.start <= frame < event.end for frame in frames)
        roll = random.Random(f"{self.name}/{number}/score")
        score = {second: _scored(one, judge, roll) for second, one in held.items()}
        self.takes.append(Take(request.take, span, held, score, joined=joined))
        self.generated += Fraction(span[1] - span[0]) / RATE

    @property
    def contact(self) -> tuple[Span, ...]:
        """The middle of the slot."""
        return ((self.frames // 5, self.frames - self.frames // 5),)

    def planned(self) -> SplicePlan:
        """Return the best plan through the takes so far."""
        names = tuple(take.name for take in self.takes)
        candidates = [
            Candidate(take.name, take.span[0], tuple(self._frames(take))) for take in self.takes
        ]
        seams = SeamTable(names, self._joins()) if len(names) > 1 else None
        return plan(candidates, slot_frames=self.frames, rate=RATE, seams=seams, rules=PlanRules())[
            0
        ]

    def look(self, best: SplicePlan) -> bool:
        """Let a person watch the plan and mark what it shows; whether all of it holds."""
        shown = [(take, second) for second, take in self._shown(best)]
        for take, second in shown:
            take.marks[second] = take.held[second]
        return all(take.held[second] for take, second in shown)

    def true(self, best: SplicePlan) -> bool:
        """Say whether all that a plan shows holds."""
        return all(take.held[second] for second, take in self._shown(best))

    def cells(self) -> dict[str, list[SecondScore]]:
        """Return what is known of every take, as the ladder reads it."""
        return {
            take.name: [
                SecondScore(
                    second=second,
                    held=take.score[second],
                    verdict=None if second not in take.marks else _word(take.marks[second]),
                )
                for second in take.held
            ]
            for take in self.takes
        }

    def _inside(self, span: Span) -> Iterator[int]:
        for second in range(seconds_in(self.frames, RATE)):
            frames = frames_of_second(second, RATE, self.frames)
            if span[0] <= frames.start and frames.stop <= span[1]:
                yield second

    def _frames(self, take: Take) -> Iterator[float]:
        """Yield P(held) of every frame; a second that is not whole is worth its neighbour's."""
        known = sorted(take.held)
        for frame in range(*take.span):
            second = min(max(int(frame / RATE), known[0]), known[-1]) if known else -1
            yield take.chance(second) if known else 0.05

    def _joins(self) -> np.ndarray:
        """Return the seam costs: 0 where a join matches; one draw a pair of takes and second."""
        count = len(self.takes)
        cost = np.zeros((count, count, self.frames))
        for one in range(count):
            for other in range(count):
                for second in range(self.seconds):
                    roll = random.Random(f"{self.name}/{one}/{other}/{second}").random()
                    given = self.takes[other].joined and one < other
                    at = self.takes[other].span[0] // int(RATE) == second
                    if roll >= self.matching and not (given and at):
                        start = int(second * RATE)
                        cost[one, other, start : start + int(RATE)] = PLAIN
        return cost

    def _shown(self, best: SplicePlan) -> Iterator[tuple[int, Take]]:
        """Yield every second and take of which a plan shows the greater part."""
        by_name = {take.name: take for take in self.takes}
        for second in range(self.seconds):
            middle = int((second + Fraction(1, 2)) * RATE)
            for part in best.segments:
                if part.slot_start <= middle < part.slot_start + part.frames:
                    take = by_name[part.take]
                    if second in take.held:
                        yield second, take


def climbed(shot: Shot, judge: Judge, window: int) -> Run:
    """Climb the ladder until a person is content, or coverage is proposed."""
    limits = Limits(
        models=("m",), min_seconds=Fraction(window), max_seconds=Fraction(15), first_frame=True,
        last_frame=True, usd_per_second=0.1,
    )  # fmt: skip
    shot.generate((0, shot.frames), judge)
    looks = 0
    while True:
        best = shot.planned()
        if best.covered:
            looks += 1
            if shot.look(best):
                return Run(True, shot.true(best), len(shot.takes), float(shot.generated), looks)
            continue
        standing, after = _standing(shot, best, limits, window)
        rung = next_rung(standing, limits)
        if rung.step == "look":
            looks += 1
            if shot.look(best):
                return Run(True, shot.true(best), len(shot.takes), float(shot.generated), looks)
            continue
        if rung.step == "coverage" or len(shot.takes) >= MOST_GENERATIONS:
            return Run(False, False, len(shot.takes), float(shot.generated), looks)
        shot.generate(after, judge, joined=rung.step in ("fill", "extend"))


def _standing(shot: Shot, best: SplicePlan, limits: Limits, window: int) -> tuple[Standing, Span]:
    after = next_request_span(
        best, shot.frames, RATE, handle=int(RATE / 2), min_frames=int(window * RATE)
    )
    assert after is not None
    bad = set(best.uncovered_seconds)
    before, behind = min(after.seconds) - 1, max(after.seconds) + 1
    span = max(0, after.start), min(shot.frames, after.end)
    usd = limits.usd("m", Fraction(span[1] - span[0]) / RATE)
    seen = shot.cells()
    return (
        Standing(
            uncovered=best.uncovered_seconds,
            chances=chances(best.uncovered_seconds, list(seen.values()), HELD_SHARE),
            maybe=hopes(best, seen, RATE, shot.frames),
            retake=span,
            seconds=after.seconds,
            extends=after.extends is not None,
            held_before=before >= 0 and before not in bad,
            held_after=behind < shot.seconds and behind not in bad,
            usd=usd,
            coverage_usd=limits.usd("m", Fraction(shot.frames, 2) / RATE),
        ),
        span,
    )


def _scored(held: bool, judge: Judge, roll: random.Random) -> float:
    if judge == "oracle":
        return 0.98 if held else 0.02
    seen = roll.gauss(APART / 2 if held else -APART / 2, 1)
    odds = APART * seen + math.log(HELD_SHARE / (1 - HELD_SHARE))
    return 1 / (1 + math.exp(-odds))


def _word(held: bool) -> Literal["held", "failed"]:
    return "held" if held else "failed"


def whole_takes(shot: Shot) -> int:
    """Count whole takes until one holds throughout, at most 60."""
    while len(shot.takes) < 60:
        shot.generate((0, shot.frames), "oracle")
        if all(shot.takes[-1].held.values()):
            break
    return len(shot.takes)


def spliced_takes(shot: Shot) -> int:
    """Count whole takes until a splice of them holds, at most `MOST_GENERATIONS`."""
    while len(shot.takes) < MOST_GENERATIONS:
        shot.generate((0, shot.frames), "oracle")
        if shot.planned().covered:
            break
    return len(shot.takes)


def main() -> None:
    """Print the tables."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--shots", type=int, default=200, help="of each length and calibration")
    count = words.parse_args().shots
    kinds = [(length, name) for length in (4, 8, 10) for name in ("a", "b")]
    print(f"{count} shots of each length and calibration\n")
    print("reference, oracle | whole takes | seconds | spliced whole takes | seconds")
    for length, name in kinds:
        shots = [f"{length}{name}{number}" for number in range(count)]
        one = [whole_takes(Shot(shot, length, name, 1.0)) for shot in shots]
        two = [spliced_takes(Shot(shot, length, name, 1.0)) for shot in shots]
        print(
            f"{length:>2} s, {name} | {mean(one):.1f} | {mean(one) * length:.0f} | "
            f"{mean(two):.1f} | {mean(two) * length:.0f}"
        )
    print(
        "\nwindow | joins | shot | oracle s | real s | ratio | solved oracle / real | "
        "truly held | looks | USD gemini / ark"
    )
    for window in (2, 3, 4):
        for matching, said in ((1.0, "all"), (0.5, "half")):
            for length, name in kinds:
                shots = [f"{length}{name}{number}" for number in range(count)]
                oracle, real = (
                    [climbed(Shot(shot, length, name, matching), judge, window) for shot in shots]
                    for judge in ("oracle", "real")
                )
                print(_row(f"{window} s | {said} | {length} s, {name}", oracle, real))


def _row(name: str, oracle: list[Run], real: list[Run]) -> str:
    done = [run for run in real if run.solved]
    seconds, least = mean(run.seconds for run in real), mean(run.seconds for run in oracle)
    usd = " / ".join(f"{seconds * price:.2f}" for price in USD.values())
    share = [mean(run.solved for run in runs) for runs in (oracle, real)]
    return (
        f"{name} | {least:.1f} | {seconds:.1f} | {seconds / least:.2f} | {share[0]:.0%} / "
        f"{share[1]:.0%} | {mean(run.true for run in done):.1%} | "
        f"{mean(run.looks for run in real):.1f} | {usd}"
    )


if __name__ == "__main__":
    main()
