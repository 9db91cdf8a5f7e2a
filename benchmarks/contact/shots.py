"""End to end: does a splice by the judge make the shots that a splice by the truth makes?

    python -m contact.shots FOLDER --shots 100

Each shot has four takes of the same people and moves that fail each in their own way. A shot is
made when no whole second inside its contact is bad in what is shown. Compared are the best single
take and the splice, chosen by the truth and by the shipped judge. FOLDER keeps takes and verdicts,
so the command can be stopped and started again. The shipped judge never saw these seeds.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from contact import drawn
from contact.clips import Clip, load
from contact.making import alone
from contact.seconds import BAD_SHARE, seconds_in_contact
from contact.table import looks_of
from otio_bridge.model import Segment, SplicePlan
from otio_bridge.scoring import score
from otio_bridge.seams import SeamMeter
from otio_bridge.splicing import Candidate, plan

TAKES = 4
FIRST_SEED = 50_000
"""Far from every seed of training."""
SURE = 0.99
Held = tuple[float | None, ...]


class Result(NamedTuple):
    """What became of one shot: made or not, and how many cuts."""

    single_true: bool
    single_judged: bool
    splice_true: bool
    splice_judged: bool
    cuts_true: int
    cuts_judged: int


def main() -> None:
    """Make what is missing, plan, and print one row."""
    options = _parser().parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    seeds = range(options.first, options.first + options.shots)
    results = []
    with ProcessPoolExecutor(options.processes, get_context("spawn"), initializer=alone) as pool:
        jobs = [pool.submit(_result, seed, options.folder) for seed in seeds]
        for done, job in enumerate(as_completed(jobs), start=1):
            results.append(job.result())
            if done % 10 == 0:
                print(printed(results), flush=True)
    print(printed(results))


def printed(results: Sequence[Result]) -> str:
    """Return the results as one line of a table."""
    made = [sum(one[column] for one in results) for column in range(4)]
    share = made[3] / max(1, made[2])
    cuts = [float(np.mean([one[column] for one in results])) for column in (4, 5)]
    return (
        f"{len(results)} shots x {TAKES} takes: best take by truth {made[0]}, by judge {made[1]}; "
        f"splice by truth {made[2]} ({cuts[0]:.2f} cuts), by judge {made[3]} ({cuts[1]:.2f} cuts), "
        f"{share:.0%} of the truth's"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="contact.shots", description=__doc__)
    parser.add_argument("folder", type=Path, help="where takes and verdicts are kept")
    parser.add_argument("--shots", type=int, default=100)
    parser.add_argument("--first", type=int, default=FIRST_SEED, help="seed of the first shot")
    parser.add_argument("--processes", type=int, default=2)
    return parser


def _result(seed: int, folder: Path) -> Result:
    takes = [_take(seed, number, folder) for number in range(TAKES)]
    judged = [_judged(take, folder) for take in takes]
    truth: list[Held] = [
        tuple(1 - SURE if bad else SURE for bad in take.bad.any(1).tolist()) for take in takes
    ]
    by_truth, by_judge = _plan(takes, truth), _plan(takes, judged)
    return Result(
        any(_made(takes, [_whole(take, n)]) for n, take in enumerate(takes)),
        _made(takes, [_whole(takes[0], _best(judged, takes))]),
        _made(takes, by_truth.segments),
        _made(takes, by_judge.segments),
        len(by_truth.seams),
        len(by_judge.seams),
    )


def _take(seed: int, number: int, folder: Path) -> Clip:
    path = folder / f"shot_{seed:05d}_{number}.npz"
    return load(path) if path.exists() else drawn.make_clip(seed, folder, number)


def _judged(take: Clip, folder: Path) -> Held:
    kept = folder / f"{take.name}.held.json"
    if not kept.exists():
        characters, props = looks_of(take)
        found = score(take.film, characters, props=props, contact=[take.contact])
        kept.write_text(json.dumps(found.held), encoding="utf-8")
    return tuple(json.loads(kept.read_text(encoding="utf-8")))


def _plan(takes: Sequence[Clip], held: Sequence[Held]) -> SplicePlan:
    rate, frames = Fraction(takes[0].rate).limit_denominator(1001), len(takes[0].strength)
    names = [f"t{number}" for number in range(len(takes))]
    candidates = [Candidate(n, 0, each[:frames]) for n, each in zip(names, held, strict=True)]
    files = {name: take.film for name, take in zip(names, takes, strict=True)}
    meter = SeamMeter(files, dict.fromkeys(names, 0), slot_frames=frames, rate=rate)
    return plan(candidates, slot_frames=frames, rate=rate, seams=meter.table())[0]


def spans_of(take: Clip) -> list[range]:
    """Return the frames of each judged second of a take."""
    return seconds_in_contact(len(take.strength), take.rate, take.contact)


def _whole(take: Clip, number: int) -> Segment:
    return Segment(take=f"t{number}", take_start=0, slot_start=0, frames=len(take.strength))


def _best(held: Sequence[Held], takes: Sequence[Clip]) -> int:
    """Return the take whose worst second in the contact the judge likes best."""
    spans = spans_of(takes[0])

    def worst(each: Held) -> float:
        known = [np.mean([p for p in each[s.start : s.stop] if p is not None] or [0.5])
                 for s in spans]  # fmt: skip
        return float(min(known, default=0.5))

    return max(range(len(held)), key=lambda number: worst(held[number]))


def _made(takes: Sequence[Clip], segments: Sequence[Segment]) -> bool:
    """Say whether no second in the contact is bad in what is shown."""
    bad: NDArray[np.bool_] = np.zeros(len(takes[0].strength), bool)
    for one in segments:
        source = takes[int(one.take[1:])].bad.any(1)
        shown = source[one.take_start : one.take_start + one.frames]
        bad[one.slot_start : one.slot_start + len(shown)] = shown
    return not any(bad[s.start : s.stop].mean() >= BAD_SHARE for s in spans_of(takes[0]))


if __name__ == "__main__":
    main()
