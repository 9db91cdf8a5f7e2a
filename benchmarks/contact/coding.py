"""Curves of many clips in few bytes: as waves along the directions in which they vary.

Curves are alike, and so are frames that follow each other. What is left once both are known is
mostly small, and rounded to nothing. Such steps are range coded, each row by its own values.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import constriction
import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]

BLOCK = 8
"""Frames whose waves are taken together."""
FINE = 30
"""Units of the root of a curve's range: most frames lie near its lower end, where they are fine."""
STEP = 3.05
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


@dataclass(frozen=True)
class CodedRows:
    """Rows of steps, each coded by how often its own values occur in it."""

    words: NDArray[np.uint32]
    """All rows, range coded one after the other."""
    least: NDArray[np.int16]
    """By row: its least value."""
    most: NDArray[np.int16]
    often: NDArray[np.uint32]
    """How often each value occurs, from the least to the most of every row in turn."""

    def spread(self, length: int) -> NDArray[np.int16]:
        """Return rows x length: the steps as they were."""
        decoder = constriction.stream.queue.RangeDecoder(self.words)
        rows = np.empty((len(self.least), length), np.int16)
        for row, least, often in zip(rows, self.least, self._counts(), strict=True):
            row[:] = least + decoder.decode(_model(often), length)
        return rows

    def _counts(self) -> Iterator[NDArray[np.uint32]]:
        at = np.cumsum(self.most.astype(np.int64) - self.least + 1)
        yield from np.split(self.often, at[:-1])


def coded_rows(steps: NDArray[np.int16]) -> CodedRows:
    """Return rows of steps, coded."""
    coder = constriction.stream.queue.RangeEncoder()
    least, most = steps.min(axis=1), np.maximum(steps.max(axis=1), steps.min(axis=1) + 1)
    counts = []
    for row, low, high in zip(steps.astype(np.int32), least, most, strict=True):
        counts.append(np.bincount(row - low, minlength=high - low + 1).astype(np.uint32))
        coder.encode(row - low, _model(counts[-1]))
    return CodedRows(coder.get_compressed(), least, most, np.concatenate(counts))


def _model(often: NDArray[np.uint32]) -> constriction.stream.model.Categorical:
    return constriction.stream.model.Categorical(often / often.sum(), perfect=False)


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
