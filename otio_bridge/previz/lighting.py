"""Light on bodies: a key with soft shadows, a sky with occlusion, and a rim; per vertex."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from otio_bridge.previz.camera import Camera
from otio_bridge.previz.geometry import UP, Array, unit, vector

GRID = 0.02
"""Edge of a shadow map's cell in metres."""
MAP = 224
FILL = 0.16
"""Gain of a weak light beside the camera, which opens faces in shadow."""
BIAS = 0.045
"""Metres that a blocker must be nearer to the light to throw a shadow."""


@dataclass(frozen=True)
class Light:
    """The light of a place. Colours are linear gains (3,)."""

    key: Array
    """Direction to the key light, unit."""
    key_colour: Array
    sky_colour: Array
    ground_colour: Array
    rim_colour: Array
    shadow: float = 0.55
    """How dark the shadow on the floor is, 0..1."""


def lit(points: Array, normals: Array, light: Light, camera: Camera) -> Array:
    """Return the light that leaves white vertices, (V, 3)."""
    facing = np.clip(normals @ light.key * 0.85 + 0.15, 0, None)
    key = facing * _reached(points, light.key, 1.0)
    above = normals[:, 1] * 0.5 + 0.5
    sky = above * (0.55 + 0.45 * _reached(points, unit(UP + 0.25 * vector(0, 0, 1)), 2.2))
    view = unit(camera.place - points)
    front = np.einsum("vk,vk->v", normals, view)
    edge = np.clip(1 - np.abs(front), 0, 1) ** 3
    rim = edge * np.clip(-normals @ light.key + 0.4, 0, 1)
    gains = ((key, light.key_colour), (sky, light.sky_colour), (1 - above, light.ground_colour))
    total = sum(amount[:, None] * colour for amount, colour in (*gains, (rim, light.rim_colour)))
    return np.asarray(total + FILL * np.clip(front, 0, 1)[:, None], np.float32)


def _reached(points: Array, direction: Array, softness: float) -> Array:
    """Return how much of a far light reaches every vertex, 0..1 (a splatted shadow map)."""
    side = unit(np.cross(direction, vector(0.3, 0, 1)))
    across = np.stack([side, np.cross(side, direction)])
    flat = points @ across.T / GRID
    # By whole cells: whatever else stands in the picture, the same cloth keeps the same shade.
    flat += MAP / 2 - np.round(flat.mean(0))
    near = -(points @ direction)
    column, row = np.clip(flat.astype(np.int64), 0, MAP - 1).T
    nearest = np.full(MAP * MAP, 1e3, np.float32)
    np.minimum.at(nearest, row * MAP + column, near.astype(np.float32))
    blockers = cv2.erode(nearest.reshape(MAP, MAP), np.ones((3, 3), np.uint8))
    taps = [
        near - blockers[np.clip(row + y, 0, MAP - 1), np.clip(column + x, 0, MAP - 1)]
        > BIAS * softness
        for x, y in ((-2, -1), (2, -1), (0, 2))
    ]
    return np.asarray(1 - np.mean(taps, axis=0))


def floor_shadow(points: Array, light: Light, camera: Camera) -> Array:
    """Return how much of the key light the floor loses, (height, width) 0..1."""
    reach = points[:, 1:2] / light.key[1]
    fallen = points - reach * light.key
    width, height = (edge // 3 for edge in camera.size)
    seen = camera.seen(fallen.astype(np.float32))[:, :2] / 3
    inside = ((seen >= 0) & (seen < [width, height])).all(1)
    column, row = seen[inside].astype(np.int64).T
    weight = np.clip(1.15 - 0.35 * points[inside, 1], 0.35, 1)
    dark = np.zeros(width * height, np.float32)
    np.maximum.at(dark, row * width + column, weight.astype(np.float32))
    filled = cv2.dilate(dark.reshape(height, width), np.ones((3, 5), np.uint8))
    soft = cv2.GaussianBlur(filled, (0, 0), 1.6) * 0.5 + cv2.GaussianBlur(filled, (0, 0), 6) * 0.5
    return np.asarray(cv2.resize(soft, camera.size) * light.shadow)
