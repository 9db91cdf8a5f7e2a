"""Painting the head: brows, eyes, nose, lips, beard and the shadow of the hair, in its own cell."""

from __future__ import annotations

import cv2
import numpy as np

from otio_bridge.previz.geometry import Array
from otio_bridge.previz.look import Colour, Look

EYES, BROWS, NOSE, MOUTH, CHIN = 0.385, 0.335, 0.52, 0.605, 0.72
"""Places on the face, as v of the head's cell."""


def painted_head(look: Look, cell: int) -> Array:
    """Return the skin of head and neck, (cell, cell, 3) RGB 0..255; the face is in the middle."""
    picture = np.full((cell, cell, 3), look.skin, np.float32)
    v = (np.arange(cell) / cell)[:, None]
    angle = (np.arange(cell)[None, :] / cell - 0.5) * 2 * np.pi
    picture = _blended(picture, _spot(angle, v, 0.55, 0.55, 0.22, 0.07), (214, 96, 84), 0.28)
    picture = _blended(picture, _spot(angle, v, 0.0, NOSE, 0.16, 0.03), (206, 110, 90), 0.22)
    picture = _blended(picture, _spot(angle, v, 0.33, EYES, 0.20, 0.03), (70, 40, 36), 0.45)
    if look.beard:
        jaw = (v > 0.56) & (v < 0.80) & (np.abs(angle) < 1.45)
        soft = cv2.GaussianBlur((jaw & ~_lips(angle, v)).astype(np.float32), (0, 0), 2.0)
        picture = _blended(picture, soft, look.hair, 0.82)
    lips = cv2.GaussianBlur(_lips(angle, v).astype(np.float32), (0, 0), 0.7)
    picture = _blended(picture, lips, _lip_colour(look), 0.75)
    brows = (np.abs(v - BROWS - 0.018 * np.cos(2.2 * (np.abs(angle) - 0.45)) + 0.012) < 0.014) & (
        np.abs(np.abs(angle) - 0.36) < 0.20
    )
    return _blended(picture, brows.astype(np.float32), _darker(look.hair), 0.9)


def _spot(angle: Array, v: Array, at: float, down: float, wide: float, high: float) -> Array:
    return np.asarray(np.exp(-(((np.abs(angle) - at) / wide) ** 2) - ((v - down) / high) ** 2))


def _lips(angle: Array, v: Array) -> Array:
    return np.asarray((angle / 0.24) ** 2 + ((v - MOUTH) / 0.018) ** 2 < 1)


def _lip_colour(look: Look) -> Colour:
    red, green, blue = look.skin
    return min(255, int(red * 0.88)), int(green * 0.55), int(blue * 0.56)


def _darker(colour: Colour) -> Colour:
    red, green, blue = (int(0.6 * value) for value in colour)
    return red, green, blue


def _blended(picture: Array, mask: Array, colour: Colour, strength: float) -> Array:
    return np.asarray(
        picture + (strength * mask)[..., None] * (np.array(colour, np.float32) - picture),
        np.float32,
    )
