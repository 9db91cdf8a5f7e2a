"""A set: flat pictures standing in space, laid into the camera's frame from far to near."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from otio_bridge.previz.camera import Camera
from otio_bridge.previz.geometry import Array
from otio_bridge.previz.lighting import Light


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
    front: tuple[Flat, ...] = ()
    """What stands between camera and figures, at the edge of the frame."""
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Grade of the whole picture: gains for red, green, blue."""


def drawn_set(place: Place, camera: Camera) -> Array:
    """Return the set without figures, (height, width, 3) float32 0..1."""
    picture = np.empty((camera.size[1], camera.size[0], 3), np.uint8)
    picture[:] = place.sky
    for flat in place.flats:
        _laid(picture, flat, camera)
    return np.multiply(picture, np.float32(1 / 255), dtype=np.float32)


def with_front(picture: Array, place: Place, camera: Camera) -> Array:
    """Return the picture (height, width, 3) float32 with the foreground over it."""
    for flat in place.front:
        warped, window = _warped(flat, camera)
        if warped is None:
            continue
        opacity = warped[:, :, 3:].astype(np.float32) / 255
        part = picture[window]
        part += (warped[:, :, :3].astype(np.float32) / 255 - part) * opacity
    return picture


def _laid(picture: Array, flat: Flat, camera: Camera) -> None:
    opaque = flat.picture.shape[2] == 3
    warped, window = _warped(flat, camera, picture if opaque else None)
    if warped is None or opaque:
        return
    part = picture[window]
    opacity = warped[:, :, 3:].astype(np.uint16)
    part[:] = (part * (255 - opacity) + warped[:, :, :3] * opacity + 127) // 255


def _warped(
    flat: Flat, camera: Camera, onto: Array | None = None
) -> tuple[Array | None, tuple[slice, slice]]:
    """Return the flat as the camera sees it and the window of the frame that it covers.

    Args:
        flat: The picture in space.
        camera: Who looks.
        onto: A frame to lay an opaque flat into; None to get it alone.
    """
    high, wide = flat.picture.shape[:2]
    shares = camera.plane(flat.origin, flat.along, flat.down) @ np.diag([1 / wide, 1 / high, 1.0])
    left, top, right, bottom = _window(flat, camera)
    window = (slice(top, bottom), slice(left, right))
    if right <= left or bottom <= top:
        return None, window
    shift = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]], float)
    size = (right - left, bottom - top)
    if onto is None:
        return cv2.warpPerspective(flat.picture, shift @ shares, size), window
    part = np.ascontiguousarray(onto[window])
    cv2.warpPerspective(
        flat.picture, shift @ shares, size, dst=part, borderMode=cv2.BORDER_TRANSPARENT
    )
    onto[window] = part
    return part, window


def _window(flat: Flat, camera: Camera) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of a flat in the frame; of a floor, all below the horizon."""
    width, height = camera.size
    corners = flat.origin + np.array([
        0 * flat.along, flat.along, flat.down, flat.along + flat.down
    ])  # fmt: skip
    seen = camera.seen(corners)
    if seen[:, 2].min() < 0.1:
        return 0, camera.horizon, width, height
    low, high = np.floor(seen[:, :2].min(0)) - 1, np.ceil(seen[:, :2].max(0)) + 2
    left, top = (int(max(0, value)) for value in low)
    return left, top, int(min(width, high[0])), int(min(height, high[1]))
