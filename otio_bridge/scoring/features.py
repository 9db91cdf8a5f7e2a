"""From curves to measures: how odd a frame is in its take, how far off, and how much it has."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from otio_bridge.scoring.arrays import Numbers
from otio_bridge.scoring.curves import CURVES

MEASURES = ("odd", "off", "amount")
"""What is made of every curve: its distance from the take's middle over what is usual in this take,
the same over what is usual in all, and its height over that. How strong changes are depends on the
kind of picture; how they stand out of a take does much less."""
CONSTANTS = 3
"""Numbers that hold for the whole take."""
ODDEST = 20.0
TURNED = {"past": "future", "future": "past", "last": "next", "next": "last"}
"""What a memory is when time runs the other way."""
HEED, CONSTANT_HEED = (0.7, 1.0, 1.0), np.array([1.0, 1.0, 0.3], np.float32)
"""By which each measure, and each constant, is multiplied, so that none drowns the others."""


def measured(curves: Numbers, constants: Numbers, usual: Numbers) -> Numbers:
    """Return frames x (MEASURES x curves, then CONSTANTS); large numbers are drawn together.

    Args:
        curves: Frames x curves.
        constants: What holds for the whole take.
        usual: By curve: its standard deviation in many takes.
    """
    middle = np.median(curves, axis=0)
    off = curves - middle
    spread = 1.4826 * np.median(np.abs(off), axis=0) + 1e-3 + 0.05 * np.abs(middle)
    parts = np.clip(off / spread, -ODDEST, ODDEST), off / usual, curves / usual
    shown = [heed * np.arcsinh(part) for heed, part in zip(HEED, parts, strict=True)]
    held = np.repeat((constants * CONSTANT_HEED)[None], len(curves), axis=0)
    numbers = np.concatenate([*shown, held], axis=1)
    every: Numbers = np.nan_to_num(numbers).astype(np.float32)
    return every


def columns_of(measures: Sequence[str], curves: int) -> NDArray[np.int64]:
    """Return where some MEASURES of so many curves stand, and after them the CONSTANTS."""
    parts = [MEASURES.index(name) * curves + np.arange(curves) for name in measures]
    return np.concatenate([*parts, len(MEASURES) * curves + np.arange(CONSTANTS)])


def curves_behind(measures: Numbers) -> int:
    """Return of how many curves these measures were made."""
    return int(measures.shape[1] - CONSTANTS) // len(MEASURES)


def backwards(measures: Numbers) -> Numbers:
    """Return measures of a take as they would be if time ran the other way."""
    turned: Numbers = measures[::-1, _turned(curves_behind(measures))]
    return turned


@lru_cache(maxsize=2)
def _turned(curves: int) -> NDArray[np.int64]:
    """Return which measure each one is when time runs the other way."""
    at = {name: column for column, name in enumerate(CURVES)}
    turned = np.arange(curves)
    for name, column in at.items():
        change, _, how = name.partition(" ")
        kind, _, memory = change.rpartition("_")
        if memory in TURNED:
            turned[column] = at[f"{kind}_{TURNED[memory]} {how}"]
    every = [turned + curves * part for part in range(len(MEASURES))]
    return np.concatenate([*every, np.arange(CONSTANTS) + curves * len(MEASURES)])
