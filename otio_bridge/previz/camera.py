"""A pinhole camera and the mapping of flat pictures in the set onto its frame."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from otio_bridge.previz.geometry import UP, Array, unit


@dataclass(frozen=True)
class Camera:
    """Where the picture is taken from. Metres, pixels."""

    place: Array
    target: Array
    focal: float
    """Focal length in pixels."""
    size: tuple[int, int]

    @property
    def axes(self) -> Array:
        """Right, down and forward as rows (3, 3)."""
        forward = unit(self.target - self.place)
        right = unit(np.cross(forward, UP))
        return np.stack([right, np.cross(forward, right), forward])

    @property
    def horizon(self) -> int:
        """Return the row of the horizon, kept within the frame."""
        x, y, z = self.target - self.place
        row = self.size[1] / 2 + self.focal * y / math.hypot(x, z)
        return int(min(max(row, 0), self.size[1]))

    def seen(self, points: Array) -> Array:
        """Return x and y in pixels and depth in metres of world points (N, 3)."""
        local = (points - self.place.astype(points.dtype)) @ self.axes.T.astype(points.dtype)
        depth = np.maximum(local[:, 2], 1e-3)
        scale = self.focal / depth
        across = local[:, 0] * scale + self.size[0] / 2
        down = local[:, 1] * scale + self.size[1] / 2
        return np.stack([across, down, local[:, 2]], axis=1).astype(np.float32)

    def plane(self, origin: Array, along: Array, down: Array) -> Array:
        """Return the homography (3, 3) from shares of a rectangle to pixels.

        Args:
            origin: World place of share (0, 0).
            along: World vector of the whole width.
            down: World vector of the whole height.
        """
        lens = np.array([
            [self.focal, 0, self.size[0] / 2 - 0.5],
            [0, self.focal, self.size[1] / 2 - 0.5],
            [0, 0, 1],
        ])  # fmt: skip
        span = np.stack([along, down, origin - self.place], axis=1)
        return np.asarray(lens @ self.axes @ span)
