"""The judge's numbers, put right for one project by the marks that a person gave there.

A person who calls seconds held which the judge doubts, or the other way round, shifts the scale:

    logit P' = slope * logit P + shift

with slope and shift the most probable ones given the marks, by logistic regression with Gaussian
priors around 1 and 0 (Platt scaling, regularised). The order of seconds never changes; a few marks
move little, many rule. Marks themselves stay what they are: the last word on their second.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from otio_bridge.model import Score

LEAST_MARKS = 5
"""Fewer say nothing about a judge."""
SURE = 0.01
"""P(held) is kept this far from 0 and 1, as the planner does."""
SLOPE_SPREAD, SHIFT_SPREAD = 0.35, 1.0
"""Standard deviations of the priors, in logits."""
FLATTEST = 0.2
STEPS = 25


class Scale(NamedTuple):
    """How a project's numbers differ from the judge's."""

    slope: float = 1.0
    shift: float = 0.0
    marks: int = 0
    """How many marks it was learned from."""


def fitted(points: Sequence[tuple[float, bool]]) -> Scale:
    """Return the scale that marks ask for.

    Args:
        points: P(held) as the judge said it, and whether the person said that it held.
    """
    if len(points) < LEAST_MARKS:
        return Scale()
    logits = [_logit(p) for p, _ in points]
    wanted = [1.0 if held else 0.0 for _, held in points]
    slope, shift = 1.0, 0.0
    for _ in range(STEPS):  # Newton's method; the posterior has one summit
        said = [_sigmoid(slope * x + shift) for x in logits]
        left = [w - s for w, s in zip(wanted, said, strict=True)]
        weight = [s * (1.0 - s) for s in said]
        pull_slope = math.fsum(d * x for d, x in zip(left, logits, strict=True))
        pull_slope -= (slope - 1.0) / SLOPE_SPREAD**2
        pull_shift = math.fsum(left) - shift / SHIFT_SPREAD**2
        aa = math.fsum(w * x * x for w, x in zip(weight, logits, strict=True)) + SLOPE_SPREAD**-2
        ab = math.fsum(w * x for w, x in zip(weight, logits, strict=True))
        bb = math.fsum(weight) + SHIFT_SPREAD**-2
        spread = aa * bb - ab * ab
        slope += (bb * pull_slope - ab * pull_shift) / spread
        shift += (aa * pull_shift - ab * pull_slope) / spread
    return Scale(max(FLATTEST, slope), shift, len(points))


def rescaled(score: Score, scale: Scale) -> Score:
    """Return a score on a project's scale, with a note that says so; silence stays silence."""
    if scale.marks < LEAST_MARKS:
        return score
    held = tuple(None if p is None else round(_on(scale, p), 4) for p in score.held)
    note = f"The numbers follow {scale.marks} marks of this project."
    return score.model_copy(update={"held": held, "notes": (*score.notes, note)})


def _on(scale: Scale, p: float) -> float:
    return _sigmoid(scale.slope * _logit(p) + scale.shift)


def _logit(p: float) -> float:
    kept = min(max(p, SURE), 1.0 - SURE)
    return math.log(kept / (1.0 - kept))


def _sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0 else math.exp(x) / (1.0 + math.exp(x))
