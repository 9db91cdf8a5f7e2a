"""A second opinion of the judge: small convolutions over cells, then frames (plain numpy).

Trained with PyTorch by `benchmarks/contact/net.py`, whose `Net` it repeats operation by operation.
Cells are looked at block by block, the frame as a whole at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from otio_bridge.scoring.arrays import Numbers
from otio_bridge.scoring.features import LATELY
from otio_bridge.scoring.viewing import Viewing

STRONGEST = 8
"""Cells of which a frame takes the mean."""
CLIP = 4.0
"""Standard deviations beyond which a number counts no further."""
STEPS = {"second": 1, "third": 2, "near": 1, "far": 4, "summary": 1, "long": 4}
"""Dilation of each convolution."""


@dataclass(frozen=True)
class Vote:
    """Weights by name: NAME.weight, NAME.bias, and the four scales of what comes in."""

    arrays: Mapping[str, Numbers]

    def of_cells(self, maps: Numbers) -> Numbers:
        """Return frames x numbers: what the cells of each frame have to say.

        Args:
            maps: As `features.cell_maps` returns them; frames within 7 of a block's ends are right
                only at the ends of the film.
        """
        planes = vote_planes(maps)
        planes = self._standard(planes, "planes", (1, -1, 1, 1))
        x = np.maximum(self._in_space("first", planes, 1), 0.0)
        for name in ("second", "third"):
            x = np.maximum(x + self._in_space(name, x, STEPS[name]), 0.0)
        count, width, rows, columns = x.shape
        cells = x.reshape(count, width, rows * columns).transpose(0, 2, 1)
        for name in ("near", "far"):
            cells = np.maximum(cells + self._in_time(name, cells), 0.0)
        weight, bias = self._of("cell")
        said = cells @ weight[:, :, 0].T + bias
        return np.concatenate([_strongest(cells), cells.mean(1), _strongest(said)], axis=1)

    def of_frames(self, cells: Numbers, viewing: Viewing) -> Numbers:
        """Return frames x outputs, logits.

        Args:
            cells: As `of_cells` returns them, of the whole film.
            viewing: What was seen of the whole film.
        """
        numbers = self._standard(vote_numbers(viewing), "numbers", (1, -1))
        y = np.concatenate([cells, numbers], axis=1)[:, None]
        y = np.maximum(self._in_time("summary", y), 0.0)
        y = np.maximum(y + self._in_time("long", y), 0.0)
        weight, bias = self._of("frame")
        outputs = len(bias)
        logits: Numbers = y[:, 0] @ weight[:, :, 0].T + bias + cells[:, -outputs:]
        return logits

    def _of(self, name: str) -> tuple[Numbers, Numbers]:
        return self.arrays[f"{name}.weight"], self.arrays[f"{name}.bias"]

    def _standard(self, numbers: Numbers, kind: str, shape: tuple[int, ...]) -> Numbers:
        mean, spread = (self.arrays[f"{kind}_{one}"].reshape(shape) for one in ("mean", "spread"))
        scaled: Numbers = np.clip((numbers - mean) / spread, -CLIP, CLIP).astype(np.float32)
        return scaled

    def _in_space(self, name: str, planes: Numbers, step: int) -> Numbers:
        """Convolve frames x planes x rows x columns with 3 x 3 weights."""
        weight, bias = self._of(name)
        rows, columns = planes.shape[2:]
        edge = ((0, 0), (step, step), (step, step))
        flat = weight.transpose(2, 3, 0, 1)
        out = np.empty((len(planes), len(bias), rows, columns), np.float32)
        for frame, picture in enumerate(planes):
            wide = np.pad(picture, edge)
            total = np.zeros((len(bias), rows * columns), np.float32)
            for y in range(3):
                for x in range(3):
                    part = wide[:, y * step : y * step + rows, x * step : x * step + columns]
                    total += flat[y, x] @ part.reshape(len(picture), -1)
            out[frame] = (total + bias[:, None]).reshape(-1, rows, columns)
        return out

    def _in_time(self, name: str, series: Numbers) -> Numbers:
        """Convolve frames x places x planes along the frames; beyond the ends is nothing."""
        weight, bias = self._of(name)
        size, step = weight.shape[2], STEPS[name]
        reach = (size // 2) * step
        wide = np.pad(series, ((reach, reach), (0, 0), (0, 0)))
        out = np.broadcast_to(bias, (*series.shape[:2], len(bias))).copy()
        for k in range(size):
            out += wide[k * step : k * step + len(series)] @ weight[:, :, k].T
        return out


def vote_planes(maps: Numbers) -> Numbers:
    """Return frames x planes x rows x columns: the maps, and how strong they were lately; roots."""
    padded = np.pad(maps, ((LATELY, LATELY), (0, 0), (0, 0), (0, 0)))
    lately = sliding_window_view(padded, 2 * LATELY + 1, 0).max(axis=-1)
    both: Numbers = np.sqrt(np.maximum(np.concatenate([maps, lately], axis=1), 0.0))
    return both


def vote_numbers(viewing: Viewing) -> Numbers:
    """Return frames x numbers that hold for the whole frame."""
    whole, each = viewing.whole, viewing.each
    usual = np.median(each[:, :, 0], axis=0) + 1e-3
    jump = np.abs(np.log((each[:, :, 0] + 1e-3) / usual)).max(1)
    fixed = np.array([viewing.likeness, viewing.has_prop, each.shape[1]], np.float32)
    spread = np.broadcast_to(fixed, (len(whole), 3))
    numbers: NDArray[np.float32] = np.concatenate(
        [whole, jump[:, None], each[:, :, 1:].max(1), spread], axis=1
    ).astype(np.float32)
    return numbers


def _strongest(cells: Numbers) -> Numbers:
    """Return frames x planes: the mean of the strongest cells of each plane."""
    strongest: Numbers = -np.partition(-cells, STRONGEST - 1, axis=1)[:, :STRONGEST].mean(1)
    return strongest
