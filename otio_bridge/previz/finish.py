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


def finished(picture: Array, stage: Stage, frame: int, jitter: float) -> Array:
    """Return a drawn picture as it goes into the film, (height, width, 3) uint8.

    Args:
        picture: (height, width, 3) float32 0..1, of any size.
        stage: The shot.
        frame: Of the take; decides the grain.
        jitter: How far the take may go its own way here, 0..1.
    """
    size = stage.request.size
    shrink = size[0] < picture.shape[1]
    sized = cv2.resize(
        picture, size, interpolation=cv2.INTER_AREA if shrink else cv2.INTER_LANCZOS4
    )
    warmth = stage.variation.warmth * jitter
    gains = 2.0 ** (stage.variation.exposure * jitter) * np.array([1 + warmth, 1.0, 1 - warmth])
    gains = gains * np.array(stage.place.tint)
    exposed = cv2.multiply(sized, _vignette(size) * (gains * 255).astype(np.float32))
    graded = cv2.LUT(cv2.convertScaleAbs(np.maximum(exposed, 0)), _curve())
    shift = int(dice("grain", stage.request.seed, frame).integers(size[0]))
    return np.asarray(
        cv2.add(graded, np.roll(_grain(size), (shift * 7, shift), axis=(0, 1)), dtype=0)
    )


@lru_cache(maxsize=1)
def _curve() -> Array:
    """Return a gentle film curve: deeper shadows, soft highlights."""
    x = np.linspace(0, 1, 256)
    return np.asarray(np.clip(255 * (x + 0.035 * np.sin(2 * np.pi * (x - 0.5))), 0, 255), np.uint8)


@lru_cache(maxsize=4)
def _vignette(size: tuple[int, int]) -> Array:
    x, y = np.linspace(-1, 1, size[0]), np.linspace(-1, 1, size[1])[:, None]
    dark = 1 - 0.16 * (x * x + y * y) ** 1.2 / 2
    return np.repeat(dark[..., None], 3, axis=2).astype(np.float32)


@lru_cache(maxsize=4)
def _grain(size: tuple[int, int]) -> Array:
    raw = dice("grain").normal(0, GRAIN, (size[1], size[0])).astype(np.float32)
    soft = cv2.GaussianBlur(raw, (0, 0), 0.6) * 1.6
    return np.repeat(np.round(soft).astype(np.int16)[..., None], 3, axis=2)
