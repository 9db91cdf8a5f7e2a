"""Seconds: what the judge said and what is true, inside the contact, and how well they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from contact.failures import KINDS
from contact.table import Seen
from otio_bridge.clock import frames_of_second
from otio_bridge.model import second_held
from otio_bridge.scoring.verdict import spread_over_frames

Values = NDArray[np.float64]
BAD_SHARE = 1 / 8


@dataclass(frozen=True)
class Seconds:
    """Rows are the judged seconds of many clips; columns are the kinds and any."""

    said: Values
    true: NDArray[np.bool_]
    take: NDArray[np.int64]
    condition: tuple[str, ...]

    def joined(self, other: Seconds) -> Seconds:
        """Return both together; the takes keep apart."""
        take = np.concatenate([self.take, other.take + self.take.max(initial=0) + 1])
        said, true = (np.concatenate(p) for p in ((self.said, other.said), (self.true, other.true)))
        return Seconds(said, true, take, self.condition + other.condition)


def seconds_in_contact(frames: int, rate: float, contact: tuple[int, int]) -> list[range]:
    """Return the frames of each whole second that lies in the contact."""
    found: list[range] = []
    second = 0
    start, end = contact
    exact = Fraction(rate).limit_denominator(1001)
    while span := frames_of_second(second, exact, frames):
        inside = span.start >= start - rate / 4 and span.stop <= end + rate / 4
        if inside and len(span) >= rate / 2:
            found.append(span)
        second += 1
    return found


def seconds_of(clip: Seen) -> list[range]:
    """Return the frames of each judged second of a clip."""
    return seconds_in_contact(len(clip.bad), clip.rate, clip.contact)


def folded(clips: Sequence[Seen], said: Sequence[NDArray[np.float32]]) -> Seconds:
    """Fold what was said of analysed frames into seconds, by the product's own rule."""
    rows, truth, take, conditions = [], [], [], []
    for index, (clip, values) in enumerate(zip(clips, said, strict=True)):
        every = spread_over_frames(values, clip.step, len(clip.bad))
        for span in seconds_of(clip):
            chosen = every[span.start : span.stop]
            rows.append([1 - (second_held(list(1 - column)) or 0.0) for column in chosen.T])
            truth.append(truth_of(clip.bad[span.start : span.stop]))
            take.append(index)
            conditions.append(clip.condition)
    return Seconds(np.array(rows), np.array(truth, bool), np.array(take), tuple(conditions))


def truth_of(bad: NDArray[np.bool_]) -> list[bool]:
    """Return whether each kind fails in a second, and any."""
    return [*(bad.mean(0) >= BAD_SHARE), bool(bad.any(1).mean() >= BAD_SHARE)]


def auroc(true: NDArray[np.bool_], said: Values) -> float:
    """Return the area under the ROC curve, NaN where one class is missing."""
    if true.all() or not true.any():
        return float("nan")
    return float(roc_auc_score(true, said))


def within_take(seconds: Seconds, column: int = -1) -> float:
    """Return the mean over takes of the AUROC inside the take, weighed by its pairs."""
    won = pairs = 0.0
    for take in np.unique(seconds.take):
        rows = seconds.take == take
        true, said = seconds.true[rows, column], seconds.said[rows, column]
        weight = float(true.sum() * (~true).sum())
        if weight:
            won += weight * auroc(true, said)
            pairs += weight
    return won / pairs if pairs else float("nan")


def calibration_error(true: NDArray[np.bool_], said: Values, bins: int = 10) -> float:
    """Return the expected calibration error over bins of equal mass."""
    order = np.argsort(said, kind="stable")
    gaps = [
        len(part) * abs(float(said[part].mean() - true[part].mean()))
        for part in np.array_split(order, bins)
        if len(part)
    ]
    return sum(gaps) / len(said)


def table_row(seconds: Seconds) -> dict[str, float]:
    """Return AUROC and AP per kind (against seconds free of every kind) and the summary numbers."""
    any_true, any_said = seconds.true[:, -1], seconds.said[:, -1]
    row: dict[str, float] = {"seconds": len(any_true), "bad": int(any_true.sum())}
    for column, kind in enumerate(KINDS):
        rows = seconds.true[:, column] | ~any_true
        true, said = seconds.true[rows, column], seconds.said[rows, column]
        row[kind] = auroc(true, said)
        row[f"{kind} n"] = int(true.sum())
    row["any"] = auroc(any_true, any_said)
    row["AP"] = float(average_precision_score(any_true, any_said)) if any_true.any() else np.nan
    row["within"] = within_take(seconds)
    row["ECE"] = calibration_error(any_true, any_said)
    for alarms in (0.1, 0.2):
        limit = np.quantile(any_said[~any_true], 1 - alarms)
        row[f"recall@{alarms:.1f}"] = float((any_said[any_true] > limit).mean())
    return row
