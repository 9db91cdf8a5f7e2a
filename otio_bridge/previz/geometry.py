"""Small vector geometry: rotations, frames, easing. Metres, radians; y up, z to the camera."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
"""Numbers of any kind; shapes stand in the docstrings."""

UP = np.array([0.0, 1.0, 0.0])


def vector(x: float, y: float, z: float) -> Array:
    """Return a point or direction (3,)."""
    return np.array([x, y, z], float)


def unit(direction: Array) -> Array:
    """Return the direction (..., 3) at length 1; zero stays zero."""
    length = np.linalg.norm(direction, axis=-1, keepdims=True)
    return np.asarray(direction / np.maximum(length, 1e-9))


def cross(one: Array, other: Array) -> Array:
    """Return the cross product of two vectors (3,); quicker than numpy's for single ones."""
    a, b, c = one
    x, y, z = other
    return np.array([b * z - c * y, c * x - a * z, a * y - b * x])


def length(direction: Array) -> float:
    """Return the length of a vector (3,)."""
    return math.sqrt(float(direction @ direction))


def turned(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> Array:
    """Return the rotation (3, 3) that rolls, then pitches forward, then turns to the left."""
    cy, sy, cp, sp = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    cr, sr = np.cos(roll), np.sin(roll)
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(about_y @ about_x @ about_z)


def about(axis: Array, angle: float) -> Array:
    """Return the rotation (3, 3) by an angle about an axis (Rodrigues)."""
    x, y, z = axis / length(axis)
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + math.sin(angle) * skew + (1 - math.cos(angle)) * skew @ skew)


def frame(along: Array, side: Array) -> Array:
    """Return an orthonormal frame (3, 3) whose first column is `along`, the second near `side`."""
    first = along / max(length(along), 1e-9)
    third = cross(first, side)
    third /= max(length(third), 1e-9)
    return np.array([first, cross(third, first), third]).T


def bent(start: Array, goal: Array, upper: float, lower: float, pole: Array) -> tuple[Array, Array]:
    """Return middle joint and reached end of a two-bone limb (cosine rule).

    Args:
        start: Root of the limb.
        goal: Wished place of its end; pulled in when out of reach.
        upper: Length of the first bone.
        lower: Length of the second bone.
        pole: Direction to which the middle joint points.
    """
    distance = length(goal - start)
    axis = (goal - start) / max(distance, 1e-9)
    reach = min(distance, (upper + lower) * 0.995)
    reach = max(reach, abs(upper - lower) * 1.02 + 1e-6)
    along = (upper**2 - lower**2 + reach**2) / (2 * reach)
    out = math.sqrt(max(upper**2 - along**2, 0.0))
    sideways = pole - (pole @ axis) * axis
    sideways = sideways / max(length(sideways), 1e-9)
    return start + along * axis + out * sideways, start + reach * axis


def eased(share: float) -> float:
    """Return a smooth step of a share 0..1."""
    share = min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)


def mixed(one: Array, other: Array, weight: float) -> Array:
    """Return the linear mix of two arrays."""
    return np.asarray(one + (other - one) * weight)
