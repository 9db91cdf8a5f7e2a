"""From glances to P(held) and P(kind) of every frame, and when to keep silent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from otio_bridge.scoring.arrays import Flags, Numbers
from otio_bridge.scoring.curves import (
    constants_of,
    curves_of,
    heat_of,
    owners_of,
    take_curves,
)
from otio_bridge.scoring.learned import OUTPUTS, Judge
from otio_bridge.scoring.viewing import Screening, Viewing

TOO_ALIKE = 0.985
"""Overlap of two characters' colours above which their pixels cannot be told apart."""
OFTEN_MISSED = 0.9
"""Overlap from which failures of made clips were ranked rightly in 88 of 100 pairs, not in 96."""
UNFOUND, UNSEEN = 0.4, 0.03
"""Share of a sheet's colours, and of the picture, below both of which a character is not there."""
EMPTY = 0.003
"""Share of cells with a figure below which a frame shows nobody."""
NOBODY = "No figure can be told from its surroundings "
FEWEST = 3
"""Analysed frames below which nothing can be said about movement."""


@dataclass(frozen=True)
class Findings:
    """What was found in the analysed frames of one film."""

    said: Numbers
    """Frames x OUTPUTS, calibrated."""
    heat: NDArray[np.float16]
    """Frames x rows x columns x kinds: how strongly each kind of failure shows where."""
    owners: NDArray[np.float16]
    """Frames x characters x rows x columns."""
    viewing: Viewing


def findings_of(
    screening: Screening, judge: Judge, progress: Callable[[float], None] | None = None
) -> Findings:
    """Look at a film and judge its analysed frames."""
    total = -(-screening.film.frames // screening.film.step)
    lines, heat, owners, whole, each = [], [], [], [], []
    for done, glance in enumerate(screening.glances, start=1):
        line, smallest = curves_of(glance)
        lines.append(line)
        heat.append(heat_of(smallest))
        owners.append(owners_of(glance))
        whole.append(glance.sight.whole)
        each.append(glance.sight.each)
        if progress is not None:
            progress(min(done / total, 1.0))
    palette = screening.palette
    viewing = Viewing(
        np.stack(whole), np.stack(each), palette.likeness, palette.found, screening.has_prop
    )
    curves = np.concatenate([np.stack(lines), take_curves(viewing)], axis=1)
    said = judge.said(curves, constants_of(viewing))
    return Findings(said, np.stack(heat), np.stack(owners), viewing)


def silences(findings: Findings, names: Sequence[str]) -> tuple[Flags, list[str]]:
    """Return the analysed frames on which nothing can be said, and words: why, what to doubt."""
    area = findings.viewing.each[:, :, 0]
    count = len(area)
    everywhere, likeness = np.ones(count, bool), findings.viewing.likeness
    if count < FEWEST:
        return everywhere, [f"Only {count} frames were looked at, too few to judge movement."]
    if likeness > TOO_ALIKE:
        return everywhere, [
            f"The looks of {' and '.join(names)} overlap so much that their pixels cannot be told "
            "apart; lock sheets with different costumes."
        ]
    shown = zip(names, findings.viewing.found, area.max(axis=0), strict=True)
    unseen = [name for name, found, most in shown if found < UNFOUND and most < UNSEEN]
    if unseen:
        return everywhere, [f"{n} is not seen in this take; check the sheet." for n in unseen]
    figure = findings.owners.sum(axis=1) > 0.5
    empty = figure.mean(axis=(1, 2)) < EMPTY
    if empty.all():
        return empty, [NOBODY + "in this take."]
    reasons = []
    if likeness >= OFTEN_MISSED:
        reasons.append(
            f"The looks of {' and '.join(names)} overlap by {likeness:.0%}, so that failures are "
            "often missed; look at the takes yourself."
        )
    if empty.any():
        reasons.append(f"{NOBODY}on {int(empty.sum())} of {count} frames looked at.")
    return empty, reasons


def spread_over_frames(values: Numbers, step: int, frames: int) -> Numbers:
    """Return values of analysed frames (every `step`-th) for all frames, linear between them."""
    at = np.arange(len(values)) * step
    every = np.arange(frames)
    columns = [np.interp(every, at, column) for column in values.T]
    return np.stack(columns, axis=1).astype(np.float32)


def column_of(output: str) -> int:
    """Return the column of an output in `Findings.said`, and of a kind in `Findings.heat`."""
    return OUTPUTS.index(output)
