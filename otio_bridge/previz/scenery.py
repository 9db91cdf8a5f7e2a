"""What sets are built of: standing flats, floors, walls, furniture and their light."""

from __future__ import annotations

import cv2
import numpy as np

from otio_bridge.previz import painting as paint
from otio_bridge.previz.geometry import Array, unit, vector
from otio_bridge.previz.lighting import Light
from otio_bridge.previz.look import Colour
from otio_bridge.previz.sets import Flat

BACK = -3.3
"""Depth of a room's back wall, metres."""
FLOOR = (16.0, 12.0)
"""Metres of floor, across and in depth."""
PIXELS = 110
"""Per metre of wall."""

Random = np.random.Generator


def lamplight() -> Light:
    """Return the soft light of a room."""
    return Light(
        key=unit(vector(-0.45, 0.75, 0.95)),
        key_colour=np.array([0.80, 0.73, 0.63]),
        sky_colour=np.array([0.55, 0.55, 0.56]),
        ground_colour=np.array([0.40, 0.36, 0.31]),
        rim_colour=np.array([0.40, 0.42, 0.48]),
    )


def sunlight(side: float = -1.0, height: float = 0.8) -> Light:
    """Return daylight from the left (-1) or right (1), by its height."""
    return Light(
        key=unit(vector(0.6 * side, height, 0.8)),
        key_colour=np.array([0.88, 0.80, 0.66]),
        sky_colour=np.array([0.52, 0.57, 0.62]),
        ground_colour=np.array([0.38, 0.37, 0.31]),
        rim_colour=np.array([0.45, 0.46, 0.46]),
        shadow=0.6,
    )


def standing(
    picture: Array, x: float, z: float, wide: float, high: float, low: float = 0.0
) -> Flat:
    """Return an upright flat, centred at x, its foot at height `low`."""
    pixels = np.clip(picture, 0, 255).astype(np.uint8)
    return Flat(
        pixels, vector(x - wide / 2, low + high, z), vector(wide, 0, 0), vector(0, -high, 0)
    )


def floor_flat(picture: Array, far: float = BACK) -> Flat:
    """Return the floor from a depth to behind the camera."""
    pixels = np.clip(picture, 0, 255).astype(np.uint8)
    return Flat(
        pixels, vector(-FLOOR[0] / 2, 0, far), vector(FLOOR[0], 0, 0), vector(0, 0, FLOOR[1])
    )


def block(front: Array, x: float, z: float, wide: float, high: float, deep: float) -> list[Flat]:
    """Return a piece of furniture: top, sides and front; z is its front."""
    mean = front[:, :, :3].mean((0, 1))
    plain = np.broadcast_to(mean, (64, 64, 3))
    top = Flat(
        np.clip(plain * 1.18, 0, 255).astype(np.uint8), vector(x - wide / 2, high, z - deep),
        vector(wide, 0, 0), vector(0, 0, deep),
    )  # fmt: skip
    sides = [
        Flat(
            np.clip(plain * 0.7, 0, 255).astype(np.uint8),
            vector(x + side * wide / 2, high, z - deep),
            vector(0, 0, deep), vector(0, -high, 0),
        )
        for side in (-1, 1)
    ]  # fmt: skip
    return [*sides, top, standing(front, x, z, wide, high)]


def plaster(colour: Colour, roll: Random) -> Array:
    """Return a plastered wall of 12 x 3.2 m with a skirting board."""
    wall = paint.graded(
        paint.surface(int(3.2 * PIXELS), int(12 * PIXELS), colour, roll, 4), 0.86, 1.0
    )
    wall[-16:] = paint.tone(colour, 1.15)
    wall[-18:-16] = paint.tone(colour, 0.6)
    return wall


def hung(wall: Array, thing: Array, x: float, top: float) -> None:
    """Paint a thing onto a wall in place; x in metres from its middle, top in metres of height."""
    high, wide = thing.shape[:2]
    left, row = int((x + 6) * PIXELS - wide / 2), int((3.2 - top) * PIXELS)
    shadow = wall[row + 8 : row + high + 8, left + 8 : left + wide + 8]
    shadow *= 0.8
    wall[row : row + high, left : left + wide] = thing


def blurred(picture: Array, sigma: float) -> Array:
    """Return the picture out of focus."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma))


def leaning(roll: Random, thing: Array) -> tuple[Flat, ...]:
    """Return a blurred thing at one edge of the frame, near the camera."""
    soft = blurred(thing, 5)
    side = float(roll.choice((-1.0, 1.0)))
    return (standing(soft, 1.55 * side, 1.7, 0.9, 1.5, 0.05),)
