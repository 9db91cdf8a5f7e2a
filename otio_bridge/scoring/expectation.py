"""What is expected where: outside the contact, failures are rarer than the judge was taught.

The judge learns inside contact windows, where about a third of the seconds fail. On the labelled
clips of facts/scoring.md (section 1) 201 of 620 seconds failed inside the window and 26 of 340
outside, so outside it the odds of a failure are 0.17 times as high: Bayes' rule for a changed prior
multiplies the odds of every answer there by that.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from otio_bridge.model import Span
from otio_bridge.scoring.arrays import Numbers

CALM_ODDS = (26 / 314) / (201 / 419)
"""Odds of a failing second outside the contact window over those inside."""
RAMP = Fraction(1, 4)
"""Seconds from a span's edge until the calm outside is believed in full."""


def expected(failing: Numbers, contact: Sequence[Span], rate: Fraction) -> Numbers:
    """Return P(failure) per frame, shape (frames, kinds), with calm expected outside contact.

    Args:
        failing: P(failure) per frame as calibrated inside contact.
        contact: Spans in frames; nothing changes when none lies inside the film.
        rate: Frames per second.
    """
    frames = np.arange(len(failing))
    spans = [(start, end) for start, end in contact if start < end and start < len(failing)]
    if not spans:
        return failing
    away = np.min(
        [np.maximum(0, np.maximum(start - frames, frames - (end - 1))) for start, end in spans],
        axis=0,
    )
    trust = np.minimum(1.0, away / max(1.0, float(RAMP * rate)))
    factor = np.exp(trust * np.log(CALM_ODDS))[:, None]
    changed: Numbers = (failing * factor) / (1.0 - failing + failing * factor)
    return changed
