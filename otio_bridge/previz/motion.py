"""Motion blur after the fact: each pixel is averaged along the way that its figure moves."""

from __future__ import annotations

import cv2
import numpy as np

from otio_bridge.previz.camera import Camera
from otio_bridge.previz.geometry import Array

SHUTTER = 0.5
"""Share of a frame's time in which the shutter is open."""
TAP = 0.36
"""Share of the way at which the earlier and the later picture are taken."""
LEAST = 1.2
"""Pixels of movement below which nothing is blurred."""
COARSE = 8
"""Pixels of the frame in one cell of the flow."""


def movement(now: Array, camera: Camera, later: Array, then: Camera) -> Array | None:
    """Return how far the figures move while the shutter is open.

    Args:
        now: (V, 3) vertices when the shutter opens.
        camera: The camera at that time.
        later: (V, 3) vertices when it closes.
        then: The camera when it closes.

    Returns:
        A coarse flow (h, w, 2) in pixels of the camera's frame, 0 where no figure is; None when
        nothing moves enough to be seen.
    """
    places = camera.seen(now)[:, :2]
    way = then.seen(later)[:, :2] - places
    if float(np.abs(way).max()) < LEAST:
        return None
    width, height = (edge // COARSE + 1 for edge in camera.size)
    cell = (places / COARSE).astype(np.int64)
    inside = ((cell >= 0) & (cell < [width, height])).all(1)
    index = cell[inside, 1] * width + cell[inside, 0]
    sums = [np.bincount(index, weight, width * height) for weight in (*way[inside].T, None)]
    flow = np.stack(sums, axis=1).reshape(height, width, 3).astype(np.float32)
    spread = cv2.GaussianBlur(flow, (0, 0), 0.8)
    return np.asarray(spread[:, :, :2] / np.maximum(spread[:, :, 2:], 0.5))


def smeared(picture: Array, flow: Array | None, width: int) -> Array:
    """Return a picture (height, width, 3) uint8 blurred along a coarse flow.

    Args:
        picture: Of any size.
        flow: As `movement` gave it.
        width: Pixels of the frame to which the flow's lengths refer.
    """
    if flow is None:
        return picture
    high, wide = picture.shape[:2]
    way = cv2.resize(flow * np.float32(TAP * wide / width), (wide, high))
    x, y = np.meshgrid(np.arange(wide, dtype=np.float32), np.arange(high, dtype=np.float32))
    earlier, later = (
        cv2.remap(picture, x + sign * way[:, :, 0], y + sign * way[:, :, 1], cv2.INTER_LINEAR,
                  borderMode=cv2.BORDER_REPLICATE)
        for sign in (-1, 1)
    )  # fmt: skip
    both = cv2.addWeighted(earlier, 0.5, later, 0.5, 0)
    return np.asarray(cv2.addWeighted(picture, 1 / 3, both, 2 / 3, 0))
