"""Everything learned from made clips: nets on the frames of a take, and scales that make them P."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from otio_bridge.model import FAILURE_KINDS
from otio_bridge.scoring.arrays import Numbers
from otio_bridge.scoring.features import backwards, measured
from otio_bridge.scoring.nets import Net

OUTPUTS = (*FAILURE_KINDS, "any")
Arrays = dict[str, NDArray[np.generic]]
KEPT = {name: np.float16 for name in Net.__dataclass_fields__} | {"columns": np.int16}
"""How the arrays of a net are stored."""
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
    """Nets that see different measures; what they say is averaged, with time running both ways."""

    usual: Numbers
    """By curve: what `measured` measures by."""
    nets: tuple[Net, ...]

    def said(self, curves: Numbers, constants: Numbers) -> Numbers:
        """Return frames x OUTPUTS from frames x curves, and what holds for the whole take."""
        measures = measured(curves, constants, self.usual)
        turned = backwards(measures)
        odds = np.mean([net.odds(measures) + net.odds(turned)[::-1] for net in self.nets], axis=0)
        return shared(1.0 / (1.0 + np.exp(-odds / 2)))


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


def packed(judge: Judge) -> Arrays:
    """Return the arrays of a judge by name, as `load_judge` reads them."""
    arrays = packed_panel(judge.panel)
    for name, scale in zip(OUTPUTS, judge.scales, strict=True):
        arrays |= {f"said_{name}": scale.said, f"true_{name}": scale.true}
    return arrays


def packed_panel(panel: Panel) -> Arrays:
    """Return the arrays of a panel by name, weights in half precision."""
    arrays: Arrays = {"usual": panel.usual}
    for number, net in enumerate(panel.nets):
        arrays |= {f"{name}_{number}": getattr(net, name).astype(KEPT[name]) for name in KEPT}
    return arrays


def load_panel(stored: Mapping[str, NDArray[Any]]) -> Panel:
    """Return the panel of which these are the arrays."""
    count = sum(name.startswith("columns_") for name in stored)
    weights = [name for name in KEPT if name != "columns"]
    nets = tuple(
        Net(
            stored[f"columns_{number}"],
            **{name: stored[f"{name}_{number}"].astype(np.float32) for name in weights},
        )
        for number in range(count)
    )
    return Panel(stored["usual"], nets)


@lru_cache(maxsize=2)
def load_judge(path: Path = MODEL) -> Judge:
    """Read a judge written from `packed`."""
    with np.load(path) as stored:
        scales = tuple(Scale(stored[f"said_{name}"], stored[f"true_{name}"]) for name in OUTPUTS)
        return Judge(load_panel(stored), scales)
