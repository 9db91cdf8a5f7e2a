"""Finding the figure on a picture: by alpha, by plain background, else by GrabCut."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageOps

from otio_bridge.previz.geometry import Array

LONGEST = 480
"""Pixels to which pictures are reduced before they are looked at."""
PLAIN = 14.0
"""Spread of the border's colours, in levels, below which a background counts as plain."""
FAR = 30.0
"""Distance from the background's colour from which a pixel belongs to the figure."""


@dataclass(frozen=True)
class Cutout:
    """A figure cropped to its box."""

    picture: Array
    """(h, w, 3) uint8 RGB."""
    mask: Array
    """(h, w) bool."""


def cut_out(picture: Image.Image) -> Cutout:
    """Return the figure of a picture, the largest when there are several."""
    upright = ImageOps.exif_transpose(picture) or picture
    upright.thumbnail((LONGEST, LONGEST))
    pixels = np.asarray(upright.convert("RGBA"))
    colours, opacity = np.ascontiguousarray(pixels[:, :, :3]), pixels[:, :, 3]
    mask = opacity > 127 if opacity.min() < 128 else _found(colours)
    return _cropped(colours, _largest(mask))


def _found(colours: Array) -> Array:
    high, wide = colours.shape[:2]
    edge = max(2, min(high, wide) // 40)
    strips = (colours[:edge], colours[:, :edge], colours[:, -edge:])
    border = np.concatenate([strip.reshape(-1, 3) for strip in strips]).astype(np.float32)
    middle = np.median(border, axis=0)
    if np.median(np.abs(border - middle)) < PLAIN:
        distance = np.linalg.norm(colours - middle, axis=2)
        return np.asarray(cv2.medianBlur((distance > FAR).astype(np.uint8), 5) > 0)
    mask = np.zeros((high, wide), np.uint8)
    room = (max(1, wide // 12), max(1, high // 30), wide - wide // 6, high - high // 30 - 2)
    cv2.setRNGSeed(0)
    cv2.grabCut(colours, mask, room, np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_RECT)
    return np.asarray((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD))


def _largest(mask: Array) -> Array:
    """Return the largest connected piece; everything when nothing was found."""
    _, labels, sizes, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if len(sizes) < 2 or sizes[1:, cv2.CC_STAT_AREA].max() < 0.005 * mask.size:
        return np.ones(mask.shape, bool)
    return np.asarray(labels == 1 + sizes[1:, cv2.CC_STAT_AREA].argmax())


def _cropped(colours: Array, mask: Array) -> Cutout:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    return Cutout(colours[top:bottom, left:right], mask[top:bottom, left:right])
