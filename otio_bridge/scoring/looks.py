"""The looks that were given: which pixels of a sheet are the character, and their colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from otio_bridge.errors import LookError
from otio_bridge.scoring.arrays import Flags, Image, Numbers

SAMPLES = 6000
"""Pixels kept of one look."""
PLAIN = 14.0
"""Lab distance below which a border pixel belongs to the plain ground of a sheet."""
SHEET_WIDTH = 720
"""Pixels to which wide sheets are shrunk before anything is measured."""
FIGURE_HEIGHT = 104
"""Height in pixels to which the figure on a sheet is brought, so that patterns compare."""


@dataclass(frozen=True)
class CharacterLook:
    """One locked character.

    Give either `images` (sheets: plain or transparent ground, views side by side; or crops of
    footage), or `box` and `frame`: x0, y0, x1, y1 in pixels on that frame of the judged media.
    """

    name: str
    side: Literal["left", "center", "right"] = "left"
    images: tuple[Path, ...] = ()
    box: tuple[int, int, int, int] | None = None
    frame: int | None = None


@dataclass(frozen=True)
class PropLook:
    """One locked prop and its pictures."""

    name: str
    images: tuple[Path, ...] = ()


def contrast_of(lightness: Image) -> Numbers:
    """Return the local standard deviation of lightness over 5 x 5 pixels."""
    light = lightness.astype(np.float32)
    mean = cv2.blur(light, (5, 5))
    spread: Numbers = cv2.blur(light * light, (5, 5)) - mean * mean
    return np.sqrt(np.maximum(spread, 0.0))


def pixels_of_images(images: Sequence[Path], height: int = FIGURE_HEIGHT) -> Numbers:
    """Return sampled pixels of a look: rows of L, a, b (0..255 each) and local contrast.

    Raises:
        LookError: A picture cannot be read.
    """
    return _thinned(np.concatenate([_pixels_of_image(path, height) for path in images]))


def _pixels_of_image(path: Path, height: int) -> Numbers:
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if picture is None or picture.size == 0:
        raise LookError(
            f"{path} cannot be read as a picture of a look; give a PNG or JPEG of the sheet."
        )
    if picture.dtype != np.uint8:
        picture = cv2.convertScaleAbs(picture, alpha=255.0 / 65535.0)
    if picture.ndim == 2:
        picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
    shrink = min(1.0, SHEET_WIDTH / picture.shape[1])
    picture = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    mask = _figure_mask(picture)
    rows = np.flatnonzero(mask.any(axis=1))
    scale = height / max(int(rows[-1] - rows[0]) + 1, 1) if len(rows) else 1.0
    size = [max(8, round(side * scale)) for side in picture.shape[1::-1]]
    small = cv2.resize(picture[..., :3], size, interpolation=cv2.INTER_AREA)
    kept = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_AREA) > 0
    core = cv2.erode(kept.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return described(small)[core if core.sum() > 50 else kept]


def described(picture: Image) -> Numbers:
    """Return L, a, b and local contrast of every pixel, rows x columns x 4."""
    lab = cv2.cvtColor(picture, cv2.COLOR_BGR2Lab)
    return np.dstack([lab.astype(np.float32), contrast_of(lab[..., 0])])


def _figure_mask(picture: Image) -> Flags:
    """Return where the character is: by alpha, else by difference from a plain border."""
    if picture.shape[2] == 4 and picture[..., 3].min() < 128:
        opaque: Flags = picture[..., 3] > 128
        return opaque if opaque.any() else np.ones(opaque.shape, bool)
    lab = cv2.cvtColor(picture[..., :3], cv2.COLOR_BGR2Lab).astype(np.float32)
    edge = max(1, min(picture.shape[:2]) // 50)
    border = np.concatenate([
        lab[:edge].reshape(-1, 3), lab[:, :edge].reshape(-1, 3), lab[:, -edge:].reshape(-1, 3),
    ])  # fmt: skip
    ground = np.median(border, axis=0)
    plain = np.linalg.norm(border - ground, axis=1) < PLAIN
    if plain.mean() < 0.6:
        return _central_ellipse(picture.shape[:2])
    mask: Flags = np.linalg.norm(lab - ground, axis=2) > PLAIN
    return mask if 0.01 < mask.mean() < 0.97 else _central_ellipse(picture.shape[:2])


def _central_ellipse(shape: tuple[int, int]) -> Flags:
    """Return the middle of a crop of footage, where its subject most probably is."""
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    inside: Flags = (x / 0.8) ** 2 + (y / 0.92) ** 2 <= 1.0
    return inside


def pixels_of_box(picture: Image, box: tuple[float, float, float, float]) -> Numbers:
    """Return sampled pixels of a character boxed on a frame of the media.

    Args:
        picture: The frame at the analysis size.
        box: x0, y0, x1, y1 as shares of width and height.
    """
    height, width = picture.shape[:2]
    x0, x1 = (round(min(max(box[i], 0), 1) * width) for i in (0, 2))
    y0, y1 = (round(min(max(box[i], 0), 1) * height) for i in (1, 3))
    if x1 - x0 < 4 or y1 - y0 < 4:
        raise LookError(
            f"The box {box} of a character lies outside its frame or is too small; draw it anew."
        )
    return _thinned(described(picture)[_cut_out(picture, (x0, y0, x1 - x0, y1 - y0))])


def _cut_out(picture: Image, rectangle: tuple[int, int, int, int]) -> Flags:
    """Return the boxed figure: by GrabCut, or the middle ellipse of the box where that fails."""
    x, y, width, height = rectangle
    mask = np.full(picture.shape[:2], cv2.GC_BGD, np.uint8)
    mask[y : y + height, x : x + width] = cv2.GC_PR_FGD
    ellipse = np.zeros(picture.shape[:2], bool)
    ellipse[y : y + height, x : x + width] = _central_ellipse((height, width))
    if width * height > 0.9 * mask.size:
        return ellipse
    cv2.setRNGSeed(1)
    whole = (0, 0, 0, 0)
    cv2.grabCut(
        picture, mask, whole, np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK
    )
    figure = (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)
    return figure if figure.sum() > 0.15 * width * height else ellipse


def _thinned(pixels: Numbers) -> Numbers:
    return pixels[:: max(1, -(-len(pixels) // SAMPLES))]
