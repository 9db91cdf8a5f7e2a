"""Everything learned from made clips: nets on the frames of a take, and scales that make them P."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from otio_bridge.model import FAILURE_KINDS
from otio_bridge.scoring.arrays import Numbers
from otio_bridge.scoring.features import measured
from otio_bridge.scoring.nets import Net

OUTPUTS = (*FAILURE_KINDS, "any")
MODEL = Path(__file__).with_name("model.npz")


def shared(said: Numbers) -> Numbers:
    """Return P of every kind as its share of P(any), so that all kinds together are P(any).

    That some failure shows is known better than which. Against seconds that hold, a share by roots
    ranks limbs better than their own output does, and props and pops a little worse.
    """
    parts = np.sqrt(said[:, :-1])
    total = np.maximum(parts.sum(axis=1, keepdims=True), 1e-6)
    every: Numbers = np.concatenate([parts / total * said[:, -1:], said[:, -1:]], axis=1)
    return every


@dataclass(frozen=True)
class Scale:
    """A rising, piecewise linear map from what the nets say to a calibrated probability."""

    said: Numbers
    true: Numbers

    def calibrated(self, values: Numbers) -> Numbers:
        """Return the probabilities; order is kept."""
        return np.interp(values, self.said, self.true).astype(np.float32)


@dataclass(frozen=True)
class Panel:
    """Nets that see different measures; what they say is averaged."""

    usual: Numbers
    """By curve: what `measured` measures by."""
    nets: tuple[Net, ...]

    def said(self, curves: Numbers, constants: Numbers) -> Numbers:
        """Return frames x OUTPUTS from frames x curves, and what holds for the whole take."""
        measures = measured(curves, constants, self.usual)
        odds = np.mean([net.odds(measures) for net in self.nets], axis=0)
        return shared(1.0 / (1.0 + np.exp(-odds)))


@dataclass(frozen=True)
class Judge:
    """Everything learned."""

    panel: Panel
    scales: tuple[Scale, ...]
    """One for each of OUTPUTS."""

    def said(self, curves: Numbers, constants: Numbers) -> Numbers:
        """Return frames x OUTPUTS, calibrated."""
        raw = self.panel.said(curves, constants)
        scaled = [scale.calibrated(raw[:, i]) for i, scale in enumerate(self.scales)]
        return np.stack(scaled, axis=1)


def packed(judge: Judge) -> dict[str, NDArray[np.generic]]:
    """Return the arrays of a judge by name, as `load_judge` reads them."""
    arrays: dict[str, NDArray[np.generic]] = {"usual": judge.panel.usual}
    for number, net in enumerate(judge.panel.nets):
        arrays |= {f"{name}_{number}": getattr(net, name) for name in Net.__dataclass_fields__}
    for name, scale in zip(OUTPUTS, judge.scales, strict=True):
        arrays |= {f"said_{name}": scale.said, f"true_{name}": scale.true}
    return arrays


@lru_cache(maxsize=2)
def load_judge(path: Path = MODEL) -> Judge:
    """Read a judge written from `packed`."""
    with np.load(path) as stored:
        nets = tuple(
            Net(*(stored[f"{name}_{number}"] for name in Net.__dataclass_fields__))
            for number in range(sum(name.startswith("columns_") for name in stored))
        )
        scales = tuple(Scale(stored[f"said_{name}"], stored[f"true_{name}"]) for name in OUTPUTS)
        return Judge(Panel(stored["usual"], nets), scales)
