"""Making what nets say a probability: one logistic scale an output."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from contact.seconds import Seconds, folded
from contact.table import Seen
from otio_bridge.scoring.arrays import Numbers
from otio_bridge.scoring.learned import OUTPUTS, Scale

USUALLY_BAD = 0.32
"""Share of contact seconds that fail in takes (facts: the base rate of the first test bed)."""


def calibrated(values: Numbers, scales: Sequence[Scale]) -> Numbers:
    """Return values of all outputs on their calibrated scales."""
    return np.stack([scale.calibrated(values[:, c]) for c, scale in enumerate(scales)], axis=1)


def crossed(clips: Sequence[Seen], said: Sequence[Numbers]) -> list[Numbers]:
    """Return what was said, calibrated by scales fitted on the other half of the clips."""
    halves = [range(0, len(clips), 2), range(1, len(clips), 2)]
    shown = list(said)
    for mine, other in (halves, halves[::-1]):
        seconds = folded([clips[i] for i in other], [said[i] for i in other])
        if not len(seconds.true) or seconds.true[:, -1].all() or not seconds.true[:, -1].any():
            continue
        scales = fit_scales(seconds, usually_bad=None)
        for i in mine:
            shown[i] = calibrated(said[i], scales)
    return shown


def fit_scales(seconds: Seconds, usually_bad: float | None = USUALLY_BAD) -> tuple[Scale, ...]:
    """Fit one scale an output, as if that share of all seconds failed.

    Training clips fail more often than takes do, so that there is something to learn from; with
    None their own share stands.
    """
    bad = seconds.true[:, -1]
    share = float(np.clip(bad.mean(), 0.01, 0.99))
    usual = share if usually_bad is None else usually_bad
    odds = usual / (1 - usual) * (1 - share) / share
    weight = np.where(bad, odds, 1.0)
    columns = range(len(OUTPUTS))
    return tuple(fit_scale(seconds.said[:, c], seconds.true[:, c], weight) for c in columns)


def fit_scale(
    said: NDArray[np.float64], true: NDArray[np.bool_], weight: NDArray[np.float64]
) -> Scale:
    """Fit P(second fails) to what is said of a second: a logistic curve, which keeps order."""
    at = np.concatenate([[0.0], np.linspace(0.002, 0.998, 83), [1.0 + 1e-6]])
    if true.all() or not true.any():
        return Scale(at.astype(np.float32), at.clip(0.005, 0.99).astype(np.float32))
    rows = LogisticRegression(C=10.0).fit(_logit(said)[:, None], true, weight)
    probability = rows.predict_proba(_logit(np.clip(at, 0, 1))[:, None])[:, 1]
    probability = np.clip(probability, 0.005, 0.99) + np.linspace(0, 1e-3, len(at))
    return Scale(at.astype(np.float32), np.maximum.accumulate(probability).astype(np.float32))


def _logit(share: NDArray[np.float64]) -> NDArray[np.float64]:
    logit: NDArray[np.float64] = np.log((share + 1e-3) / (1.001 - share))
    return logit
