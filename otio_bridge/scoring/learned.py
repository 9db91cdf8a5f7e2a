"""Everything learned from made clips: boosted trees on frames, and scales that make them P."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from otio_bridge.model import FAILURE_KINDS
from otio_bridge.scoring.arrays import Numbers

OUTPUTS = (*FAILURE_KINDS, "any")
MODEL = Path(__file__).with_name("model.npz")
AT_ONCE = 256
"""Rows that go through the trees together."""


@dataclass(frozen=True)
class Forest:
    """Boosted decision trees, stored one node after the other; each tree speaks of one output."""

    roots: NDArray[np.int32]
    output: NDArray[np.int8]
    """By tree: what it speaks of."""
    feature: NDArray[np.int16]
    """Number that a node looks at; -1 in a leaf."""
    threshold: Numbers
    below: NDArray[np.int32]
    """Node for values at or under the threshold; the next node is for those above."""
    worth: Numbers
    """By node: what a leaf adds to the log odds; the first tree's, their level too."""

    @property
    def outputs(self) -> int:
        """Outputs that are spoken of."""
        return int(self.output.max()) + 1

    def said(self, numbers: Numbers) -> Numbers:
        """Return P of every output for every row."""
        parts = [self._odds(numbers[at : at + AT_ONCE]) for at in range(0, len(numbers), AT_ONCE)]
        odds = np.concatenate([np.empty((0, self.outputs), np.float32), *parts])
        return shared(1.0 / (1.0 + np.exp(-odds)))

    def _odds(self, numbers: Numbers) -> Numbers:
        trees = len(self.roots)
        row = np.repeat(np.arange(len(numbers)), trees)
        node = np.tile(self.roots, len(numbers))
        still = np.arange(len(node))  # pairs of row and tree that have not come to a leaf
        while len(still):
            at = node[still]
            looked_at = self.feature[at]
            inner = looked_at >= 0
            still, at = still[inner], at[inner]
            above = numbers[row[still], looked_at[inner]] > self.threshold[at]
            node[still] = self.below[at] + above
        worth = self.worth[node].reshape(len(numbers), trees)
        sums = [worth[:, self.output == index].sum(axis=1) for index in range(self.outputs)]
        odds: Numbers = np.stack(sums, axis=1)
        return odds


def shared(said: Numbers) -> Numbers:
    """Return P of every kind as its share of P(any), so that all kinds together are P(any).

    That some failure shows is known better than which. Against seconds that hold, a share by roots
    ranks every kind better than its own trees do; against all other seconds, pops a little worse.
    """
    parts = np.sqrt(said[:, :-1])
    total = np.maximum(parts.sum(axis=1, keepdims=True), 1e-6)
    every: Numbers = np.concatenate([parts / total * said[:, -1:], said[:, -1:]], axis=1)
    return every


@dataclass(frozen=True)
class Scale:
    """A rising, piecewise linear map from what the forest says to a calibrated probability."""

    said: Numbers
    true: Numbers

    def calibrated(self, values: Numbers) -> Numbers:
        """Return the probabilities; order is kept."""
        return np.interp(values, self.said, self.true).astype(np.float32)


@dataclass(frozen=True)
class Judge:
    """Everything learned."""

    forest: Forest
    scales: tuple[Scale, ...]
    """One for each of OUTPUTS."""

    def said(self, features: Numbers) -> Numbers:
        """Return frames x OUTPUTS, calibrated."""
        raw = self.forest.said(features)
        scaled = [scale.calibrated(raw[:, i]) for i, scale in enumerate(self.scales)]
        return np.stack(scaled, axis=1)


def packed(judge: Judge) -> dict[str, NDArray[np.generic]]:
    """Return the arrays of a judge by name, as `load_judge` reads them."""
    names = Forest.__dataclass_fields__
    arrays: dict[str, NDArray[np.generic]] = {name: getattr(judge.forest, name) for name in names}
    for name, scale in zip(OUTPUTS, judge.scales, strict=True):
        arrays |= {f"said_{name}": scale.said, f"true_{name}": scale.true}
    return arrays


@lru_cache(maxsize=2)
def load_judge(path: Path = MODEL) -> Judge:
    """Read a judge written from `packed`."""
    with np.load(path) as stored:
        forest = Forest(*(stored[name] for name in Forest.__dataclass_fields__))
        scales = tuple(Scale(stored[f"said_{name}"], stored[f"true_{name}"]) for name in OUTPUTS)
    return Judge(forest, scales)
