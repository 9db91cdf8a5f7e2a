"""Nets: what convolutions over time say of the measures of a take; plain NumPy.

A net mixes the measures of each frame, looks four times at frames beside it, each time twice as far
away, and at last at the mean and the largest of the whole window. `benchmarks/contact/teaching.py`
has the same net in JAX, and checks that both say the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from otio_bridge.scoring.arrays import Numbers

APART = (1, 2, 4, 8)
"""By layer: analysed frames from one frame that is looked at to the next."""
BESIDE = (2, 1, 0, -1, -2)
"""Frames that a layer looks at, so many times as far back."""
WINDOW = 96
"""Analysed frames (eight seconds) that are read together: as long as clips that were learned from
are. The mean and the largest of a longer take would be others."""


@dataclass(frozen=True)
class Net:
    """Weights; width is the numbers that each frame has inside the net."""

    columns: NDArray[np.int16]
    """Measures that it sees."""
    first: Numbers
    """Columns x width."""
    first_level: Numbers
    gains: Numbers
    """Layers x width."""
    layers: Numbers
    """Layers x (BESIDE x width) x width."""
    levels: Numbers
    """Layers x width."""
    last: Numbers
    """(Own, mean, largest) x width, to outputs."""
    last_level: Numbers

    def odds(self, measures: Numbers) -> Numbers:
        """Return frames x outputs: log odds that something fails."""
        windows = [slice(at, at + WINDOW) for at in starts_of(len(measures))]
        total = np.zeros((len(measures), self.last.shape[1]), np.float32)
        weight = np.zeros((len(measures), 1), np.float32)
        for window in windows:
            odds = self.odds_together(measures[window])
            trust = _inner(len(odds))
            total[window] += trust * odds
            weight[window] += trust
        mean: Numbers = total / weight
        return mean

    def odds_together(self, measures: Numbers) -> Numbers:
        """Return what `odds` returns of frames that are read together."""
        seen = measures[:, self.columns]
        inside = bent(seen @ self.first + self.first_level)
        for apart, gain, weights, level in zip(
            APART, self.gains, self.layers, self.levels, strict=True
        ):
            even = evened(inside) * gain
            beside = np.concatenate([_moved(even, by * apart) for by in BESIDE], axis=1)
            inside = inside + bent(beside @ weights + level)
        even = evened(inside)
        whole = [even.mean(axis=0), even.max(axis=0)]
        every = np.concatenate([even, np.tile(np.concatenate(whole), (len(even), 1))], axis=1)
        odds: Numbers = every @ self.last + self.last_level
        return odds


def starts_of(frames: int) -> list[int]:
    """Return where windows start: half a window apart, the last one flush with the end."""
    return [*range(0, max(frames - WINDOW, 0), WINDOW // 2), max(frames - WINDOW, 0)]


def bent(numbers: Numbers) -> Numbers:
    """Return the Gaussian error linear unit (Hendrycks and Gimpel 2016, by tanh)."""
    cube = numbers * numbers * numbers  # a power takes fifty times as long
    inner = np.float32(0.7978846) * (numbers + np.float32(0.044715) * cube)
    curve: Numbers = np.float32(0.5) * numbers * (1 + np.tanh(inner))
    return curve


def evened(numbers: Numbers) -> Numbers:
    """Return rows brought to a root mean square of 1 (Zhang and Sennrich 2019)."""
    square = np.mean(numbers * numbers, axis=-1, keepdims=True)
    even: Numbers = numbers / np.sqrt(square + np.float32(1e-5))
    return even


def _moved(rows: Numbers, later: int) -> Numbers:
    """Return every frame's row from so many frames before; 0 where there is none."""
    moved = np.zeros_like(rows)
    if later >= 0:
        moved[later:] = rows[: max(len(rows) - later, 0)]
    else:
        moved[:later] = rows[-later:]
    return moved


def _inner(frames: int) -> Numbers:
    """Return how much the frames of a window count: most in its middle."""
    at = np.arange(frames)
    return np.minimum(at + 1, frames - at)[:, None].astype(np.float32)
