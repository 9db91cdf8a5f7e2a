"""From glances to numbers: what a cell knows of its surroundings, and a frame of its neighbours."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from otio_bridge.scoring.arrays import Numbers
from otio_bridge.scoring.viewing import Viewing
from otio_bridge.scoring.watching import CHANNELS

AROUND = 6
"""Frames on either side (half a second) against which a cell or frame counts as odd."""
LATELY = 2
"""Frames on either side from which a cell takes the strongest sign."""
CONTEXT = AROUND + LATELY
"""Frames on either side that a frame's cells depend on."""
LONG = 24
"""Frames (two seconds) for which a failure may last after it began."""
ODD = ("odd_figure", "odd_prop", "odd_owner")
CELL_CHANNELS = (*CHANNELS, *ODD)
STRONGEST = slice(2 * len(CELL_CHANNELS) + 6, 2 * len(CELL_CHANNELS) + 12)
"""Curves of a frame that hold the mean of the five strongest cells, one for each output."""


def cell_maps(cells: NDArray[np.float16], owners: NDArray[np.float16]) -> Numbers:
    """Return frames x channels x rows x columns: the glances and what is odd in half a second.

    Args:
        cells: Frames x CHANNELS x rows x columns.
        owners: Frames x characters x rows x columns.
    """
    known = cells.astype(np.float32)
    figure, prop = (known[:, CHANNELS.index(name)] for name in ("figure", "prop"))
    odd_owner = np.zeros_like(figure)
    for owner in np.moveaxis(owners.astype(np.float32), 1, 0):
        odd_owner = np.maximum(odd_owner, np.abs(owner - _middle(owner)))
    odd = [np.abs(figure - _middle(figure)), np.abs(prop - _middle(prop)), odd_owner]
    return np.concatenate([known, np.stack(odd, axis=1)], axis=1)


def _windows(series: Numbers, before: int, after: int) -> Numbers:
    """Return every frame's neighbours as a new last axis; the ends repeat."""
    width = [(before, after)] + [(0, 0)] * (series.ndim - 1)
    view: Numbers = sliding_window_view(np.pad(series, width, mode="edge"), before + after + 1, 0)
    return view


def _middle(series: Numbers) -> Numbers:
    middle: Numbers = np.median(_windows(series, AROUND, AROUND), axis=-1)
    return middle


def cell_features(maps: Numbers, whole: Numbers) -> Numbers:
    """Return frames x rows x columns x numbers: each cell, its surroundings and its neighbours.

    Args:
        maps: As `cell_maps` returns them.
        whole: Frames x numbers that hold for the whole frame.
    """
    count, _, rows, columns = maps.shape
    near, wide = np.empty_like(maps), np.empty_like(maps)
    for frame in range(count):
        picture = np.ascontiguousarray(np.moveaxis(maps[frame], 0, 2))
        for into, size in ((near, 3), (wide, 7)):
            into[frame] = np.moveaxis(_blurred(picture, size), 2, 0)
    lately = _windows(maps, LATELY, LATELY).max(axis=-1)
    # The square root brings faint signs, where failures begin, into the range of the strong.
    stacked = np.sqrt(np.maximum(np.concatenate([maps, near, wide, lately], axis=1), 0.0))
    spread = np.broadcast_to(whole[:, :, None, None], (count, whole.shape[1], rows, columns))
    return np.moveaxis(np.concatenate([stacked, spread], axis=1), 1, 3)


def _blurred(picture: Numbers, size: int) -> Numbers:
    blurred: Numbers = cv2.blur(picture, (size, size), borderType=cv2.BORDER_REPLICATE)
    return blurred.reshape(picture.shape)


def cell_curves(maps: Numbers, verdicts: Numbers) -> Numbers:
    """Return frames x curves: the strongest cells of every channel and verdict, and the means.

    Args:
        maps: As `cell_maps` returns them.
        verdicts: Frames x rows x columns x outputs: what the cell net says.
    """
    count = len(maps)
    flat = maps.reshape(count, maps.shape[1], -1)
    ordered = -np.partition(-flat, 11, axis=2)
    said = np.moveaxis(verdicts, 3, 1).reshape(count, verdicts.shape[3], -1)
    said_ordered = -np.partition(-said, (0, 4, 19), axis=2)
    parts = [
        ordered[:, :, :12].mean(2), flat.mean(2),
        said_ordered[:, :, 0], said_ordered[:, :, :5].mean(2), said_ordered[:, :, :20].mean(2),
    ]  # fmt: skip
    return np.concatenate(parts, axis=1).astype(np.float32)


def take_curves(viewing: Viewing) -> Numbers:
    """Return frames x curves: whole-frame numbers, shapes of the characters, constants."""
    steady = (float(viewing.has_prop), float(viewing.each.shape[1]), viewing.likeness)
    constants = np.tile(np.array(steady, np.float32), (len(viewing.each), 1))
    return np.concatenate([viewing.whole, _characters(viewing.each), constants], axis=1)


def _characters(each: Numbers) -> Numbers:
    """Return, over the characters, extremes of their shapes' departure from half a second's."""
    if each.shape[1] == 0:
        return np.zeros((len(each), 3 * each.shape[2]), np.float32)
    usual = np.median(each[..., :1], axis=0, keepdims=True) + 0.01
    shape = each.copy()
    shape[..., (0, 1, 3)] = each[..., (0, 1, 3)] / usual
    leap = shape - _middle(shape)
    extremes: Numbers = np.concatenate([leap.max(1), leap.min(1), shape.max(1)], axis=1)
    return extremes


def frame_features(lines: Numbers) -> Numbers:
    """Return frames x numbers: each curve now, around, before, and relative to the take."""
    around = _windows(lines, AROUND, AROUND)
    before, after = _windows(lines, LONG, 0), _windows(lines, 0, LONG)
    middle = np.median(lines, axis=0)
    spread = 1.4826 * np.median(np.abs(lines - middle), axis=0) + 1e-3 + 0.05 * np.abs(middle)
    parts = [
        lines,
        around[..., AROUND - 2 : AROUND + 3].max(axis=-1),
        around.mean(axis=-1),
        lines - np.median(around, axis=-1),
        lines - before[..., -2 * AROUND : -1].mean(axis=-1),
        before.max(axis=-1),
        after.max(axis=-1),
        np.clip((lines - middle) / spread, -20, 20),
    ]
    numbers: Numbers = np.nan_to_num(np.concatenate(parts, axis=1)).astype(np.float32)
    return numbers
