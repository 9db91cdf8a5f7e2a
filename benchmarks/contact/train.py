"""Training: a net on cells, out-of-fold verdicts, a forest on frames, a calibrated scale."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from contact.seconds import Seconds, folded
from contact.table import Example
from otio_bridge.scoring.features import (
    cell_curves,
    cell_features,
    cell_maps,
    frame_features,
    take_curves,
)
from otio_bridge.scoring.learned import CLIP, OUTPUTS, Forest, Judge, Net, Scale, load_judge
from otio_bridge.scoring.verdict import opinion

Rows = NDArray[np.float32]

FOLDS = 4
USUALLY_BAD = 0.32
"""Share of contact seconds that fail in takes (facts: the base rate of the first test bed)."""
TREES = 80
LEAF = 10
HIDDEN = (24,)
NETS = 3
WRONG_CELLS, GOOD_CELLS = 260, 240
"""Cells drawn from one clip."""


@dataclass(frozen=True)
class Lesson:
    """What was learned, and what was said of every clip by judges that never saw it."""

    judge: Judge
    unseen: list[Rows]
    """Per example: analysed frames x OUTPUTS, not calibrated."""
    fold: NDArray[np.int64]


def train(examples: list[Example], folds: int = FOLDS, seed: int = 0) -> Lesson:
    """Return a judge learned from the examples, and its out-of-fold opinions."""
    fold = folds_of(examples, folds)
    sampled = [cell_sample(seen, seed + i) for i, seen in enumerate(examples)]
    lines: list[Rows] = [np.empty(0)] * len(examples)
    for k in range(folds):
        net = fit_net([s for s, f in zip(sampled, fold, strict=True) if f != k], seed)
        for i in np.flatnonzero(fold == k):
            lines[i] = clip_curves(examples[i], net)
    unseen = _out_of_fold(examples, lines, fold, seed)
    said = folded(examples, unseen)
    scales = fit_scales(said)
    net, forest = fit_net(sampled, seed), fit_forest(examples, lines, seed)
    judge = replace(load_judge(), net=net, forest=forest, scales=scales)
    return Lesson(judge, unseen, fold)


def folds_of(examples: list[Example], folds: int) -> NDArray[np.int64]:
    """Return each clip's fold; all clips broken from one piece of footage share a fold."""
    sources = sorted({e.clip.condition for e in examples if e.clip.domain == "footage"})
    numbers = [
        sources.index(e.clip.condition) if e.clip.domain == "footage" else i
        for i, e in enumerate(examples)
    ]
    return np.array(numbers) % folds


def calibrated_unseen(examples: list[Example], lesson: Lesson) -> list[Rows]:
    """Return the out-of-fold opinions, each calibrated on the clips of the other folds."""
    shown: list[Rows] = [np.empty(0)] * len(examples)
    for k in np.unique(lesson.fold):
        others = np.flatnonzero(lesson.fold != k)
        said = folded([examples[i] for i in others], [lesson.unseen[i] for i in others])
        scales = fit_scales(said)
        for i in np.flatnonzero(lesson.fold == k):
            shown[i] = calibrated(lesson.unseen[i], scales)
    return shown


def calibrated(values: Rows, scales: Sequence[Scale]) -> Rows:
    """Return values of all outputs on their calibrated scales."""
    return np.stack([scale.calibrated(values[:, c]) for c, scale in enumerate(scales)], axis=1)


def judged(examples: list[Example], judge: Judge) -> list[Rows]:
    """Return what a judge says of clips, calibrated."""
    return [
        calibrated(opinion(clip_curves(seen, judge.net), judge.forest), judge.scales)
        for seen in examples
    ]


def _out_of_fold(
    examples: list[Example], lines: list[Rows], fold: NDArray[np.int64], seed: int
) -> list[Rows]:
    said: list[Rows] = [np.empty(0)] * len(examples)
    for k in np.unique(fold):
        kept = np.flatnonzero(fold != k)
        forest = fit_forest([examples[i] for i in kept], [lines[i] for i in kept], seed)
        for i in np.flatnonzero(fold == k):
            said[i] = opinion(lines[i], forest)
    return said


def cell_sample(seen: Example, seed: int) -> tuple[Rows, NDArray[np.bool_]]:
    """Draw cells of one clip: numbers and labels (kinds, any)."""
    rng = np.random.default_rng(seed)
    maps = cell_maps(seen.cells, seen.owners)
    numbers = cell_features(maps, seen.viewing.whole)
    body = (maps[:, 0] + maps[:, 1]) > 0.15
    usable = np.broadcast_to(seen.counts[:, None, None], body.shape)
    wrong = np.argwhere(seen.wrong_cells & usable)
    near = np.argwhere(~seen.wrong_cells & usable & body)
    far = np.argwhere(~seen.wrong_cells & usable & ~body)
    picks = [
        pool[rng.permutation(len(pool))[:count]]
        for pool, count in ((wrong, WRONG_CELLS), (near, GOOD_CELLS), (far, GOOD_CELLS // 4))
    ]
    t, y, x = np.concatenate(picks).T
    labels = seen.labels[t] & seen.wrong_cells[t, y, x][:, None]
    return numbers[t, y, x], labels


def fit_net(sampled: list[tuple[Rows, NDArray[np.bool_]]], seed: int) -> Net:
    """Fit the cell net: a few strongly regularised perceptrons side by side."""
    numbers = np.concatenate([s[0] for s in sampled])
    labels = np.concatenate([s[1] for s in sampled])
    mean, scale = numbers.mean(0), numbers.std(0) + 1e-3
    standard = np.clip((numbers - mean) / scale, -CLIP, CLIP)
    fits = [_perceptron(standard, labels, seed + i) for i in range(NETS)]
    return Net(
        mean.astype(np.float32), scale.astype(np.float32),
        (
            np.concatenate([f.coefs_[0] for f in fits], axis=1).astype(np.float32),
            np.concatenate([f.coefs_[1] / NETS for f in fits]).astype(np.float32),
        ),
        (
            np.concatenate([f.intercepts_[0] for f in fits]).astype(np.float32),
            np.mean([f.intercepts_[1] for f in fits], axis=0).astype(np.float32),
        ),
    )  # fmt: skip


def _perceptron(numbers: Rows, labels: NDArray[np.bool_], seed: int) -> MLPClassifier:
    model = MLPClassifier(
        HIDDEN, alpha=20.0, batch_size=512, learning_rate_init=2e-3, max_iter=8, random_state=seed
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(numbers, labels)
    return model


def clip_curves(seen: Example, net: Net) -> Rows:
    """Return the curves of every analysed frame."""
    maps = cell_maps(seen.cells, seen.owners)
    numbers = cell_features(maps, seen.viewing.whole)
    verdicts = net.said(numbers.reshape(-1, numbers.shape[-1]))
    said = cell_curves(maps, verdicts.reshape(*numbers.shape[:3], -1))
    return np.concatenate([said, take_curves(seen.viewing)], axis=1)


def fit_forest(examples: list[Example], lines: list[Rows], seed: int) -> Forest:
    """Fit the frame forest."""
    numbers = np.concatenate(
        [frame_features(n)[s.counts] for n, s in zip(lines, examples, strict=True)]
    )
    labels = np.concatenate([s.labels[s.counts] for s in examples]).astype(np.float32)
    model = ExtraTreesRegressor(
        TREES, min_samples_leaf=LEAF, max_features=0.12, random_state=seed, n_jobs=1, max_depth=14
    )
    model.fit(numbers, labels)
    return _as_arrays(model)


def _as_arrays(model: ExtraTreesRegressor) -> Forest:
    roots, feature, threshold, below, share = [], [], [], [], []
    start = 0
    for estimator in model.estimators_:
        tree = estimator.tree_
        order = _siblings_adjacent(tree)
        place = np.empty(tree.node_count, np.int32)
        place[order] = np.arange(tree.node_count)
        leaf = tree.children_left[order] < 0
        roots.append(start)
        feature.append(np.where(leaf, -1, tree.feature[order]))
        threshold.append(np.where(leaf, 0, tree.threshold[order]))
        below.append(np.where(leaf, 0, start + place[np.maximum(tree.children_left[order], 0)]))
        share.append(tree.value[order][:, :, 0])
        start += tree.node_count
    return Forest(
        np.array(roots, np.int32), np.concatenate(feature).astype(np.int16),
        np.concatenate(threshold).astype(np.float32), np.concatenate(below).astype(np.int32),
        np.concatenate(share).astype(np.float16),
    )  # fmt: skip


def _siblings_adjacent(tree) -> NDArray[np.int64]:  # type: ignore[no-untyped-def]
    """Return an order of nodes in which both children of a node follow each other."""
    order, queue = [0], [0]
    while queue:
        node = queue.pop()
        if tree.children_left[node] >= 0:
            pair = [tree.children_left[node], tree.children_right[node]]
            order += pair
            queue += pair
    return np.array(order)


def fit_scales(seconds: Seconds) -> tuple[Scale, ...]:
    """Fit one scale an output, as if USUALLY_BAD of all seconds failed.

    Training clips fail more often than takes do, so that there is something to learn from.
    """
    bad = seconds.true[:, -1]
    share = float(np.clip(bad.mean(), 0.01, 0.99))
    odds = USUALLY_BAD / (1 - USUALLY_BAD) * (1 - share) / share
    weight = np.where(bad, odds, 1.0)
    columns = range(len(OUTPUTS))
    return tuple(fit_scale(seconds.said[:, c], seconds.true[:, c], weight) for c in columns)


def fit_scale(
    said: NDArray[np.float64], true: NDArray[np.bool_], weight: NDArray[np.float64]
) -> Scale:
    """Fit P(second fails) to what is said of a second: a logistic curve, which keeps every order.

    Across halves of 386 seconds its ECE is .093, an isotonic one's .120, with AUROC .820 and .814.
    """
    rows = LogisticRegression(C=10.0).fit(_logit(said)[:, None], true, weight)
    at = np.concatenate([[0.0], np.linspace(0.002, 0.998, 83), [1.0 + 1e-6]])
    probability = rows.predict_proba(_logit(np.clip(at, 0, 1))[:, None])[:, 1]
    probability = np.clip(probability, 0.005, 0.99) + np.linspace(0, 1e-3, len(at))
    return Scale(at.astype(np.float32), np.maximum.accumulate(probability).astype(np.float32))


def _logit(share: NDArray[np.float64]) -> NDArray[np.float64]:
    logit: NDArray[np.float64] = np.log((share + 1e-3) / (1.001 - share))
    return logit
