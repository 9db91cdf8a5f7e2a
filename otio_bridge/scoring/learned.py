"""Everything learned from made clips: a forest on frames, and scales that make it a probability."""

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


@dataclass(frozen=True)
class Forest:
    """Averaged decision trees, stored one node after the other."""

    roots: NDArray[np.int32]
    feature: NDArray[np.int16]
    """Number that a node looks at; -1 in a leaf."""
    threshold: Numbers
    below: NDArray[np.int32]
    """Node for values at or under the threshold; the next node is for those above."""
    share: NDArray[np.float16]
    """Nodes x outputs: P in a leaf."""

    def said(self, numbers: Numbers) -> Numbers:
        """Return P of every output for every row."""
        total = np.zeros((len(numbers), self.share.shape[1]), np.float32)
        rows = np.arange(len(numbers))[:, None]
        node = np.broadcast_to(self.roots, (len(numbers), len(self.roots))).copy()
        while True:
            looked_at = self.feature[node]
            inner = looked_at >= 0
            if not inner.any():
                break
            above = numbers[rows, looked_at] > self.threshold[node]
            node = np.where(inner, self.below[node] + above, node)
        for tree in range(len(self.roots)):
            total += self.share[node[:, tree]]
        return total / len(self.roots)


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
