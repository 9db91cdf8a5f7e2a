"""A person's marks as lessons: `python -m contact.marked FOLDER OUT` (then `train --marked OUT`).

FOLDER holds timelines with a project. Every take on which a person marked seconds becomes one file
of OUT, in which the marked frames alone count. A rejected second without a reason is taken for the
kind that the judge itself suspected most.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contact.clips import Clip
from contact.table import save, seen_of
from otio_bridge.clock import exact_rate
from otio_bridge.judging import character_looks, prop_looks
from otio_bridge.model import FAILURE_KINDS, Score, Take, Verdict
from otio_bridge.project import Project
from otio_bridge.scoring.viewing import screening_of


def main() -> None:
    """Write what was seen and said of all marked takes of a project."""
    parser = argparse.ArgumentParser(prog="contact.marked", description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder that the timelines lie in")
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    project = Project.opened(options.folder)
    count = 0
    for record in project.shots():
        for take in record.takes:
            marks = [one for one in record.verdicts if one.take == take.id]
            film = project.path(take.media)
            if marks and film.is_file():
                looks, props = (of(project, record.shot) for of in (character_looks, prop_looks))
                clip = clip_of(take, film, marks, project.judged(take))
                save(
                    seen_of(clip, screening_of(film, looks, props)),
                    options.out / f"{clip.name}.npz",
                )
                count += 1
    print(f"{count} marked takes")


def clip_of(take: Take, film: Path, marks: Sequence[Verdict], score: Score | None) -> Clip:
    """Return a take as a labelled clip; frames without a mark count neither as good nor as bad."""
    strength = np.full((take.frames, len(FAILURE_KINDS)), 0.1, np.float32)
    changed: NDArray[np.bool_] = np.zeros((take.frames, 45, 80), bool)
    for mark in marks:
        frames = slice(mark.start, mark.end)
        strength[frames] = 0.0
        if mark.mark == "failed":
            strength[frames, FAILURE_KINDS.index(_kind_of(mark, score))] = 1.0
            changed[frames] = True
    name = f"marked_{take.shot}_{take.id}"
    rate = float(exact_rate(take.rate))
    return Clip(name, "marked", film, rate, (), (), (0, take.frames), strength, changed, "marked")


def _kind_of(mark: Verdict, score: Score | None) -> str:
    if mark.because is not None or score is None:
        return mark.because or FAILURE_KINDS[0]
    return max(FAILURE_KINDS, key=lambda kind: sum(score.failures[kind][mark.start : mark.end]))


if __name__ == "__main__":
    main()
