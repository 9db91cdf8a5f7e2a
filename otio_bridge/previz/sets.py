"""The place of a shot: a floor, a wall and what stands before it, as flat pictures in space."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from otio_bridge.previz.camera import Camera
from otio_bridge.previz.geometry import Array, unit, vector
from otio_bridge.previz.lighting import Light
from otio_bridge.previz.look import dice

BACK = -3.4
"""Depth of the back wall, metres."""


@dataclass(frozen=True)
class Flat:
    """One flat picture standing in the set."""

    picture: Array
    """(h, w, 3 or 4) uint8; a fourth channel is opacity."""
    origin: Array
    """World place of its upper left corner."""
    along: Array
    """World vector of its width."""
    down: Array
    """World vector of its height."""


@dataclass(frozen=True)
class Place:
    """A set with its light."""

    flats: tuple[Flat, ...]
    """From far to near."""
    light: Light
    sky: tuple[int, int, int]


def drawn_set(place: Place, camera: Camera) -> Array:
    """Return the set without figures, (height, width, 3) float32 0..1."""
    width, height = camera.size
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = place.sky
    for flat in place.flats:
        _laid(picture, flat, camera)
    return np.multiply(picture, np.float32(1 / 255), dtype=np.float32)


def _laid(picture: Array, flat: Flat, camera: Camera) -> None:
    high, wide = flat.picture.shape[:2]
    shares = camera.plane(flat.origin, flat.along, flat.down)
    onto = shares @ np.diag([1 / wide, 1 / high, 1.0])
    size = camera.size
    if flat.picture.shape[2] == 3:
        cv2.warpPerspective(
            flat.picture,
            onto,
            size,
            dst=picture,
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_TRANSPARENT,
        )
        return
    warped = cv2.warpPerspective(flat.picture, onto, size, flags=cv2.INTER_LINEAR)
    opacity = warped[:, :, 3:].astype(np.uint16)
    picture[:] = (picture * (255 - opacity) + warped[:, :, :3] * opacity) // 255


def place_of(name: str | None, picture: Path | None = None) -> Place:
    """Return the set that a location's name stands for."""
    roll = dice("place", name or "")
    light = Light(
        key=unit(vector(-0.55, 0.85, 0.75)),
        key_colour=np.array([0.86, 0.80, 0.70]),
        sky_colour=np.array([0.36, 0.38, 0.43]),
        ground_colour=np.array([0.20, 0.17, 0.14]),
        rim_colour=np.array([0.35, 0.38, 0.46]),
    )
    wall = np.full((300, 900, 3), (176, 166, 150), np.uint8)
    floor = np.full((512, 512, 3), (128, 92, 62), np.uint8)
    for row in range(0, 512, 32):
        tone = int(roll.integers(-12, 12))
        floor[row : row + 31] = np.clip(np.array([128, 92, 62]) + tone, 0, 255)
    flats = (
        Flat(floor, vector(-6, 0, BACK), vector(12, 0, 0), vector(0, 0, 9)),
        Flat(wall, vector(-6, 3.2, BACK), vector(12, 0, 0), vector(0, -3.2, 0)),
    )
    return Place(flats, light, (176, 166, 150))
