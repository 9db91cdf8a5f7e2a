"""Still pictures in and out, by Pillow: references, first frames, crops of characters."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps, UnidentifiedImageError

from otio_bridge.errors import LookError
from otio_bridge.files import replacing, telling

LEAST = 8
"""Pixels that a box must have each way."""


def write_picture(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Write RGB or RGBA pixels, (height, width, 3 or 4), as a PNG, whole or not at all."""
    with telling(path), replacing(path) as partial:
        Image.fromarray(pixels).save(partial, format="PNG")


def upright(path: Path) -> Image.Image:
    """Open a picture a person gave, turned as its camera says.

    Raises:
        LookError: It is missing or no picture.
    """
    try:
        with Image.open(path) as image:
            turned: Any = ImageOps.exif_transpose(image)
            turned.load()
            return turned if isinstance(turned, Image.Image) else image.copy()
    except FileNotFoundError:
        raise LookError(f"There is no picture at {path}; check the path.") from None
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        raise LookError(f"{path} is no picture that can be read; give a PNG or JPEG.") from None


def cropped(pixels: NDArray[np.uint8], box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """Return the part of a picture inside x0, y0, x1, y1 in pixels.

    Raises:
        LookError: The box has no area inside the picture.
    """
    height, width = pixels.shape[:2]
    x0, y0, x1, y1 = box
    if x0 < 0 or y0 < 0 or x1 > width or y1 > height or x1 - x0 < LEAST or y1 - y0 < LEAST:
        raise LookError(
            f"The box {','.join(map(str, box))} does not lie in the {width} x {height} picture, "
            f"or is under {LEAST} pixels wide or high; give x0,y0,x1,y1 in its pixels."
        )
    return pixels[y0:y1, x0:x1]


def brushed(
    pixels: NDArray[np.uint8], points: Sequence[tuple[int, int]], radius: int
) -> NDArray[np.uint8]:
    """Return what a brush stroke covers, (height, width, 4) RGBA, cut to the stroke.

    Args:
        pixels: RGB picture.
        points: x and y in its pixels, in the order in which the brush went.
        radius: Half the brush's width, in pixels.

    Raises:
        LookError: The stroke covers next to nothing of the picture.
    """
    height, width = pixels.shape[:2]
    mask = Image.new("L", (width, height))
    pen = ImageDraw.Draw(mask)
    if len(points) > 1:
        pen.line(list(points), fill=255, width=2 * radius, joint="curve")
    for x, y in points:
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    box = mask.getbbox()
    if box is None or box[2] - box[0] < LEAST or box[3] - box[1] < LEAST:
        raise LookError(
            f"The brush covers nothing of the {width} x {height} picture; paint over the body."
        )
    covered = np.dstack([pixels, np.asarray(mask)])
    return np.ascontiguousarray(covered[box[1] : box[3], box[0] : box[2]])
