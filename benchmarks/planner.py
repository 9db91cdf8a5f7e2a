"""How long planning takes: `python benchmarks/planner.py`.

Bars: 8 takes x 15 s x 24 fps under 50 ms, also with a seam cost for every pair at every frame;
10 takes with offsets of up to 6 frames under 50 ms once the seam table exists.
"""

from __future__ import annotations

import statistics
import time
from fractions import Fraction

import numpy as np

from otio_bridge.splicing import Candidate, PlanRules, SeamTable, plan

RATE = Fraction(24)
SECONDS = 15
REPEATS = 21


def takes(count: int, rng: np.random.Generator) -> list[Candidate]:
    """Takes with handles whose seconds hold by chance, as a calibrated judge sees them."""
    held = rng.beta(4.0, 1.0, (count, SECONDS + 1)).repeat(24, axis=1)
    return [Candidate(f"t{n:02}", -12, tuple(row.tolist())) for n, row in enumerate(held, start=1)]


def timed(count: int, seamed: bool, rules: PlanRules, plans: int = 1) -> tuple[float, float, int]:
    """Least and median milliseconds, and the cuts of the best plan."""
    rng = np.random.default_rng(count)
    candidates = takes(count, rng)
    frames = SECONDS * 24
    wide = 4 * rules.max_offset + 1
    cost = rng.gamma(1.0, 1.0, (count, count, frames, wide))
    names = tuple(candidate.take for candidate in candidates)
    seams = SeamTable(names, cost if rules.max_offset else cost[..., 0]) if seamed else None
    spent = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        found = plan(
            candidates, slot_frames=frames, rate=RATE, seams=seams, rules=rules, count=plans
        )
        spent.append(1000.0 * (time.perf_counter() - began))
    return min(spent), statistics.median(spent), len(found[0].seams)


def main() -> None:
    rows = [
        ("8 takes", 8, False, PlanRules(), 1),
        ("8 takes, seams", 8, True, PlanRules(), 1),
        ("8 takes, seams, at most 2 cuts", 8, True, PlanRules(max_cuts=2), 1),
        ("8 takes, seams, 3 best plans", 8, True, PlanRules(), 3),
        ("10 takes, seams, offsets 6", 10, True, PlanRules(max_offset=6), 1),
        (
            "10 takes, seams, offsets 6, at most 2 cuts",
            10,
            True,
            PlanRules(max_cuts=2, max_offset=6),
            1,
        ),
        ("10 takes, seams, offsets 6, 3 best plans", 10, True, PlanRules(max_offset=6), 3),
    ]
    print(f"{SECONDS} s x {RATE} fps, {REPEATS} runs each{'least':>22}{'median':>10}  cuts")
    for name, count, seamed, rules, plans in rows:
        least, median, cuts = timed(count, seamed, rules, plans)
        print(f"{name:<44}{least:>7.1f} ms{median:>7.1f} ms{cuts:>6}")


if __name__ == "__main__":
    main()
