"""The last touches on a picture: exposure, grade, vignette, grain, size."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from otio_bridge.previz.geometry import Array
from otio_bridge.previz.look import dice
from otio_bridge.previz.stage import Stage

GRAIN = 1.7
"""Standard deviation in levels of 255."""
GRAIN_ZERO = 16
"""Level that stands for no grain."""
GRAIN_ROOM = 64
"""Pixels by which the grain is larger than the picture; every frame cuts its own window."""


def finished(picture: Array, stage: Stage, frame: int, jitter: float) -> Array:
    """Return a drawn picture as it goes into the film, (height, width, 3) uint8.

    Args:
        picture: (height, width, 3) float32 0..1, of any size.
        stage: The shot.
        frame: Of the take; decides the grain.
        jitter: How far the take may go its own way here, 0..1.
    """
    warmth = stage.variation.warmth * jitter
    gains = 2.0 ** (stage.variation.exposure * jitter) * np.array([1 + warmth, 1.0, 1 - warmth])
    gains = gains * np.array(stage.place.tint)
    drawn = (picture.shape[1], picture.shape[0])
    levels = cv2.convertScaleAbs(cv2.multiply(picture, _vignette(drawn)))
    graded = cv2.LUT(levels, _curve(tuple(round(float(gain), 4) for gain in gains)))
    size = stage.request.size
    smaller = size[0] < drawn[0]
    sized = cv2.resize(
        graded, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LANCZOS4
    )
    left, top = dice("grain", stage.request.seed, frame).integers(GRAIN_ROOM, size=2)
    grain = _grain(size)[top : top + size[1], left : left + size[0]]
    return np.asarray(cv2.addWeighted(sized, 1.0, grain, 1.0, -GRAIN_ZERO))


@lru_cache(maxsize=64)
def _curve(gains: tuple[float, ...]) -> Array:
    """Return exposure and a gentle film curve as one table (1, 256, 3)."""
    x = np.clip(np.linspace(0, 1, 256)[:, None] * np.array(gains), 0, 1)
    curve = 255 * (x + 0.035 * np.sin(2 * np.pi * (x - 0.5)))
    return np.asarray(np.clip(curve + 0.5, 0, 255), np.uint8)[None]


@lru_cache(maxsize=4)
def _vignette(size: tuple[int, int]) -> Array:
    x, y = np.linspace(-1, 1, size[0]), np.linspace(-1, 1, size[1])[:, None]
    dark = 255 * (1 - 0.16 * (x * x + y * y) ** 1.2 / 2)
    return np.repeat(dark[..., None], 3, axis=2).astype(np.float32)


@lru_cache(maxsize=4)
def _grain(size: tuple[int, int]) -> Array:
    shape = (size[1] + GRAIN_ROOM, size[0] + GRAIN_ROOM)
    raw = dice("grain").normal(0, GRAIN, shape).astype(np.float32)
    soft = cv2.GaussianBlur(raw, (0, 0), 0.6) * 1.6
    levels = np.clip(np.round(soft) + GRAIN_ZERO, 0, 255).astype(np.uint8)
    return np.repeat(levels[..., None], 3, axis=2)
