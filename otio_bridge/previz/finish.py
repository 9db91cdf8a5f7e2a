"""The last touches on a picture: exposure, grade, vignette, grain, size."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from otio_bridge.previz.geometry import Array
from otio_bridge.previz.look import dice
from otio_bridge.previz.stage import Stage

GRAIN = 0.006


def finished(picture: Array, stage: Stage, frame: int) -> Array:
    """Return a drawn picture as it goes into the film, (height, width, 3) uint8."""
    size = stage.request.size
    shrink = size[0] < picture.shape[1]
    sized = cv2.resize(
        picture, size, interpolation=cv2.INTER_AREA if shrink else cv2.INTER_LANCZOS4
    )
    gain = 2.0**stage.variation.exposure
    warmth = np.array([1 + stage.variation.warmth, 1.0, 1 - stage.variation.warmth], np.float32)
    graded = sized * (gain * warmth) * _vignette(size)[..., None]
    graded = np.clip(graded, 0, None)
    graded = graded * (1.06 + 0.10 * graded) / (1 + 0.16 * graded * graded)
    noise = _grain(size)
    shift = int(dice("grain", stage.request.seed, frame).integers(noise.shape[1]))
    graded = graded + np.roll(noise, (shift * 7, shift), axis=(0, 1))[..., None]
    return np.asarray(np.clip(graded * 255 + 0.5, 0, 255), np.uint8)


@lru_cache(maxsize=4)
def _vignette(size: tuple[int, int]) -> Array:
    x, y = np.linspace(-1, 1, size[0]), np.linspace(-1, 1, size[1])[:, None]
    return np.asarray(1 - 0.16 * (x * x + y * y) ** 1.2 / 2, np.float32)


@lru_cache(maxsize=4)
def _grain(size: tuple[int, int]) -> Array:
    raw = dice("grain").normal(0, GRAIN, (size[1], size[0])).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(raw, (0, 0), 0.6) * 1.6)
