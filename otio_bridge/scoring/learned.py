"""What was learned from made clips, in plain numpy: a net on cells, a forest on frames, a scale."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from otio_bridge.model import FAILURE_KINDS
from otio_bridge.scoring.arrays import Numbers
from otio_bridge.scoring.vote import Vote

OUTPUTS = (*FAILURE_KINDS, "any")
CLIP = 4.0
"""Standard deviations beyond which a number counts no further."""
VOTE = "vote_"
MODEL = Path(__file__).with_name("model.npz")


@dataclass(frozen=True)
class Net:
    """A small perceptron on standardised numbers: rectified layers, logistic outputs."""

    mean: Numbers
    scale: Numbers
    weights: tuple[Numbers, ...]
    biases: tuple[Numbers, ...]

    def said(self, numbers: Numbers) -> Numbers:
        """Return P of every output for every row."""
        signal = np.clip((numbers - self.mean) / self.scale, -CLIP, CLIP)
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            signal = np.maximum(signal @ weight + bias, 0.0)
        logits = signal @ self.weights[-1] + self.biases[-1]
        share: Numbers = 1.0 / (1.0 + np.exp(-np.clip(logits, -30, 30)))
        return share


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

    net: Net
    forest: Forest
    scales: tuple[Scale, ...]
    """One for each of OUTPUTS."""
    vote: Vote
    """A second opinion, learned apart."""


def packed(judge: Judge) -> dict[str, NDArray[np.generic]]:
    """Return the arrays of a judge by name, as `load_judge` reads them."""
    net, forest = judge.net, judge.forest
    arrays: dict[str, NDArray[np.generic]] = {
        "mean": net.mean, "scale": net.scale, "layers": np.array(len(net.weights)),
        "roots": forest.roots, "feature": forest.feature, "threshold": forest.threshold,
        "below": forest.below, "share": forest.share,
    }  # fmt: skip
    for index, (weight, bias) in enumerate(zip(net.weights, net.biases, strict=True)):
        arrays |= {f"weight{index}": weight, f"bias{index}": bias}
    for name, scale in zip(OUTPUTS, judge.scales, strict=True):
        arrays |= {f"said_{name}": scale.said, f"true_{name}": scale.true}
    return arrays | {f"{VOTE}{name}": array for name, array in judge.vote.arrays.items()}


@lru_cache(maxsize=2)
def load_judge(path: Path = MODEL) -> Judge:
    """Read a judge written from `packed`."""
    with np.load(path) as stored:
        layers = range(int(stored["layers"]))
        net = Net(
            stored["mean"], stored["scale"],
            tuple(stored[f"weight{i}"] for i in layers), tuple(stored[f"bias{i}"] for i in layers),
        )  # fmt: skip
        forest = Forest(*(stored[name] for name in Forest.__dataclass_fields__))
        scales = tuple(Scale(stored[f"said_{name}"], stored[f"true_{name}"]) for name in OUTPUTS)
        named = (name for name in stored if name.startswith(VOTE))
        vote = Vote({name.removeprefix(VOTE): stored[name] for name in named})
    return Judge(net, forest, scales, vote)
