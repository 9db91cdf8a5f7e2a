"""Curves of many clips in few bytes: as waves along the directions in which they vary.

Curves are alike, and so are frames that follow each other. What is left once both are known is
mostly small, and rounded to nothing: 40 % of the bytes that curves rounded one by one take teach as
well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]

BLOCK = 8
"""Frames whose waves are taken together."""
FINE = 30
"""Units of the root of a curve's range: most frames lie near its lower end, where they are fine."""
STEP = 2.7
"""Units in a step."""
ROUNDED_UP = 0.4
"""Added before the rest of a step is cut off: .6 of one counts as a whole one, since half a step
would cost more bytes than it tells."""


@dataclass(frozen=True)
class Directions:
    """How curves of all clips vary together."""

    low: Values
    """By curve: the least that is told apart."""
    high: Values
    middle: Values
    """By curve, in units: the mean."""
    axes: NDArray[np.float16]
    """Curves x directions, each at right angles to the others."""

    def coded(self, curves: Values) -> NDArray[np.int16]:
        """Return steps of one clip's curves: waves x directions x blocks of frames."""
        units = _units(curves, self.low, self.high) - self.middle
        padded = np.pad(units, [(0, -len(units) % BLOCK), (0, 0)], mode="edge")
        blocks = (padded @ self.axes.astype(np.float32)).reshape(-1, BLOCK, len(self.middle))
        waves = np.einsum("wt,btd->wdb", _cosines(), blocks) / STEP
        return (np.sign(waves) * np.floor(np.abs(waves) + ROUNDED_UP)).astype(np.int16)

    def decoded(self, steps: NDArray[np.int16], frames: int) -> Values:
        """Return the curves of one clip of so many frames, as well as they are known."""
        blocks = np.einsum("wt,wdb->btd", _cosines(), steps * np.float32(STEP))
        units = blocks.reshape(-1, len(self.middle))[:frames] @ self.axes.astype(np.float32).T
        share = ((units + self.middle) / FINE).clip(0, 1)
        curves: Values = share**2 * (self.high - self.low) + self.low
        return curves.astype(np.float32)


def directions_of(every: Values) -> Directions:
    """Return the directions in which curves vary most first.

    Args:
        every: Frames of all clips x curves.
    """
    low, high = np.quantile(every, (0.001, 0.999), axis=0).astype(np.float32)
    units = _units(every, low, high)
    _, axes = np.linalg.eigh(np.cov(units.T))
    return Directions(
        low, high, units.mean(axis=0).astype(np.float32), axes[:, ::-1].astype(np.float16)
    )


def blocks_in(frames: int) -> int:
    """Return how many blocks hold so many frames."""
    return -(-frames // BLOCK)


def _units(curves: Values, low: Values, high: Values) -> Values:
    """Return the root of where curves lie in their range, in units."""
    share = ((curves - low) / np.maximum(high - low, 1e-6)).clip(0, 1)
    units: Values = FINE * np.sqrt(share)
    return units


def _cosines() -> Values:
    """Return waves x frames of a block: the orthonormal cosine transform (type II)."""
    wave, frame = np.arange(BLOCK)[:, None], np.arange(BLOCK) + 0.5
    table = np.sqrt(2 / BLOCK) * np.cos(np.pi / BLOCK * wave * frame)
    table[0] /= np.sqrt(2)
    return table.astype(np.float32)
