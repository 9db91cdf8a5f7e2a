"""The baseline row: curves of a frame, ten numbers a second, trees (facts/scoring.md, 3).

Steps 1 to 6 of the facts' pipeline (looks, flow, light, memories) are the product's own; curves,
seconds and trees are the facts'. No scale: AUROC alone is compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier

from contact.report import spread_of_any
from contact.seconds import Seconds, seconds_of, table_row, truth_of
from contact.table import Seen
from otio_bridge.scoring.arrays import Numbers
from otio_bridge.scoring.curves import CURVES

TREES, LEAF = 600, 4
"""As the facts have them."""
CELLS = ("mean", "strongest")
OWN = [
    at for at, name in enumerate(CURVES)
    if name.endswith(CELLS) and ("_" not in name or name.split()[0].endswith(("_last", "_past")))
]  # fmt: skip
"""Changes along the flow and against the long memory, on average and at their strongest, and signs,
of single cells; numbers of the whole frame and of shapes follow after. Without the facts' memory of
1.2 s, which added nothing once the frame before was known."""


def said_by_trees(taught: Sequence[Seen], asked: Sequence[Seen]) -> list[Numbers]:
    """Return seconds x (kinds, any) of clips that are asked, by trees taught on others."""
    rows = [second_rows(one) for one in taught]
    numbers, truth = (np.concatenate([row[part] for row in rows]) for part in (0, 1))
    trees = [_trees(numbers, column) for column in truth.T]
    shown = [second_rows(one)[0] for one in asked]
    said = [each.predict_proba(np.concatenate(shown))[:, -1] for each in trees]
    ends = np.cumsum([len(rows) for rows in shown])[:-1]
    return np.split(np.stack(said, axis=1).astype(np.float32), ends)


def baseline_rows(
    clips: Sequence[Seen], said: Mapping[int, Numbers], domains: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Return one row a domain of what trees said of clips that they never saw."""
    found = {}
    for domain in domains:
        inside = [i for i, one in enumerate(clips) if one.domain == domain and len(said[i])]
        seconds = Seconds(
            np.concatenate([said[i] for i in inside]).astype(np.float64),
            np.concatenate([second_rows(clips[i])[1] for i in inside]),
            np.repeat(np.arange(len(inside)), [len(said[i]) for i in inside]),
            tuple(clips[i].condition for i in inside for _ in said[i]),
        )
        found[f"baseline, {domain}"] = table_row(seconds) | spread_of_any(seconds)
    return found


def _trees(numbers: Numbers, truth: NDArray[np.bool_]) -> ExtraTreesClassifier:
    trees = ExtraTreesClassifier(
        TREES, min_samples_leaf=LEAF, class_weight="balanced", random_state=0
    )
    return trees.fit(numbers, truth)


def second_rows(one: Seen) -> tuple[Numbers, NDArray[np.bool_]]:
    """Return ten numbers a curve for every judged second, and its truth (kinds, any)."""
    curves = np.concatenate([one.curves[:, OWN], one.curves[:, len(CURVES) :]], axis=1)
    middle = np.median(curves, axis=0)
    spread = 1.4826 * np.median(np.abs(curves - middle), axis=0) + 1e-3
    odd = np.clip((curves - middle) / spread, -20, 20)
    step = np.abs(np.diff(curves, axis=0, prepend=curves[:1]))
    first = curves[: max(1, round(one.rate / one.step))].mean(0)
    spans = seconds_of(one)
    rows = []
    for span in spans:
        at = slice(span.start // one.step, -(-span.stop // one.step))
        now, strange = curves[at], odd[at]
        before = curves[max(0, at.start - len(now)) : max(at.start, 1)].mean(0)
        after = curves[at.stop : at.stop + len(now)]
        later = after.mean(0) if len(after) else now.mean(0)
        rows.append(np.concatenate([
            now.max(0), now.mean(0), now.min(0), strange.max(0), strange.mean(0), strange.min(0),
            step[at].max(0), now.mean(0) - before, now.mean(0) - later, now.mean(0) - first,
        ]))  # fmt: skip
    truth = [truth_of(one.bad[span.start : span.stop]) for span in spans]
    return (
        np.array(rows, np.float32).reshape(len(spans), 10 * curves.shape[1]),
        np.array(truth, bool).reshape(len(spans), one.labels.shape[1]),
    )
