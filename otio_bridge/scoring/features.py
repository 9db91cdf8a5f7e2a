"""From curves to features: a frame beside its neighbours, its past, its future and its take."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from otio_bridge.scoring.arrays import Numbers

AROUND = 6
"""Frames on either side (half a second) against which a frame counts as odd."""
NEAR = 2
LONG = 24
"""Frames (two seconds) for which a failure may last after it began."""
ODDEST = 20.0
CONSTANTS = 3
"""Numbers that hold for the whole take."""
PARTS = 10
"""Numbers made of every curve."""
RELATIVE = (3, 4, 5, 8, 9)
"""Which of them say how a frame differs from others of its take: how strong changes are depends on
the kind of picture, how they stand out much less."""


def frame_features(curves: Numbers, constants: Numbers) -> Numbers:
    """Return frames x numbers.

    Args:
        curves: Frames x curves.
        constants: What holds for the whole take.
    """
    around = _windows(curves, AROUND, AROUND)
    before, after = _windows(curves, LONG, 0), _windows(curves, 0, LONG)
    near = around[..., AROUND - NEAR : AROUND + NEAR + 1].max(axis=-1)
    middle = np.median(curves, axis=0)
    spread = 1.4826 * np.median(np.abs(curves - middle), axis=0) + 1e-3 + 0.05 * np.abs(middle)
    parts = [
        curves,
        near,
        around.mean(axis=-1),
        curves - np.median(around, axis=-1),
        curves - before[..., -2 * AROUND : -1].mean(axis=-1),
        curves - after[..., 1 : 2 * AROUND].mean(axis=-1),
        before.max(axis=-1),
        after.max(axis=-1),
        np.clip((curves - middle) / spread, -ODDEST, ODDEST),
        np.clip((near - middle) / spread, -ODDEST, ODDEST),
        np.repeat(constants[None], len(curves), axis=0),
    ]
    numbers: Numbers = np.nan_to_num(np.concatenate(parts, axis=1)).astype(np.float32)
    return numbers


def relative_columns(curves: int) -> NDArray[np.int64]:
    """Return the features of so many curves that are RELATIVE, and what holds for the take."""
    every = np.arange(PARTS * curves).reshape(PARTS, curves)
    constants = PARTS * curves + np.arange(CONSTANTS)
    return np.concatenate([every[list(RELATIVE)].ravel(), constants])


def _windows(series: Numbers, before: int, after: int) -> Numbers:
    """Return every frame's neighbours as a new last axis; the ends repeat."""
    padded = np.pad(series, [(before, after), (0, 0)], mode="edge")
    view: Numbers = sliding_window_view(padded, before + after + 1, 0)
    return view
