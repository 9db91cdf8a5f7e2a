"""Reading a look from a picture: exactly from our own sheets, by colour from anything else."""

from __future__ import annotations

import base64
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from otio_bridge.errors import LookError
from otio_bridge.previz.cutout import Cutout, cut_out
from otio_bridge.previz.geometry import Array
from otio_bridge.previz.look import Colour, Look, look_of

LOOK_KEY = "otio_bridge_look"
"""PNG text field in which a sheet carries its look."""
PATCH = (48, 96)
"""Width and height in pixels of a print taken from a picture."""
HEAD, TOP, BOTTOM, SHOES = (0.0, 0.13), (0.19, 0.44), (0.54, 0.86), (0.95, 1.0)
"""Bands of a standing figure, as shares of its height."""
STANDING = 1.7
"""Height over width from which a figure counts as standing at full length."""
UNLIKE_HAIR = 35.0
"""Distance in RGB from the hair from which a pixel of the head may be skin."""
HALF_LENGTH = 0.55
"""Share of a full figure that a picture without legs is taken to show."""


def look_from_picture(name: str, path: Path) -> Look:
    """Return the look of the figure on a picture.

    A sheet drawn by `draw_sheet` is read back exactly. From any other picture the figure is cut
    out, split by height into hair, skin, top, bottom and shoes, and its colours and two patches of
    cloth are taken over; build and hair style still derive from the name.

    Raises:
        LookError: The file is no picture.
    """
    try:
        with Image.open(path) as picture:
            stored = picture.info.get(LOOK_KEY)
            if isinstance(stored, str):
                return Look.model_validate_json(stored)
            figure = cut_out(picture)
    except (OSError, ValueError) as error:
        raise LookError(f"{path} is no picture; give a PNG or JPEG of {name}.") from error
    return _read(look_of(name), _one_figure(figure))


def _one_figure(found: Cutout) -> Cutout:
    """Return the figure with what a half-length picture lacks counted in below."""
    high, wide = found.mask.shape
    if high / wide >= STANDING:
        return found
    missing = int(high / HALF_LENGTH) - high
    picture = np.pad(found.picture, ((0, missing), (0, 0), (0, 0)), mode="edge")
    return Cutout(picture, np.pad(found.mask, ((0, missing), (0, 0))))


def _read(plain: Look, figure: Cutout) -> Look:
    top, bottom = _colour(figure, TOP), _colour(figure, BOTTOM)
    hair, skin = _head_colours(figure, plain)
    prints = {"top": _patch(figure, TOP)}
    if bottom is not None:
        prints["bottom"] = _patch(figure, BOTTOM)
    top = top or plain.top_colour
    red, green, blue = top
    return plain.model_copy(
        update={
            "top": "sweater",
            "top_colour": top,
            "accent": (int(red * 0.75), int(green * 0.75), int(blue * 0.75)),
            "pattern": "plain",
            "bottom": "trousers",
            "bottom_colour": bottom or plain.bottom_colour,
            "shoes": _colour(figure, SHOES) or plain.shoes,
            "hair": hair,
            "skin": skin,
            "prints": prints,
        }
    )


def _band(figure: Cutout, band: tuple[float, float]) -> tuple[Array, Array]:
    high = len(figure.mask)
    rows = slice(int(band[0] * high), max(int(band[1] * high), int(band[0] * high) + 1))
    return figure.picture[rows], figure.mask[rows]


def _colour(figure: Cutout, band: tuple[float, float]) -> Colour | None:
    """Return the commonest colour of a band; None where the figure is not seen."""
    pixels, mask = _band(figure, band)
    chosen = pixels[mask]
    if len(chosen) < 20:
        return None
    return _commonest(chosen)


def _commonest(pixels: Array) -> Colour:
    bins = (pixels // 32).astype(np.int64) @ [64, 8, 1]
    most = np.bincount(bins, minlength=512).argmax()
    red, green, blue = (int(value) for value in np.median(pixels[bins == most], axis=0))
    return red, green, blue


def _head_colours(figure: Cutout, plain: Look) -> tuple[Colour, Colour]:
    """Return the colours of hair and skin: skin is what looks like skin, hair lies above it."""
    pixels, mask = _band(figure, HEAD)
    chosen = pixels[mask]
    if len(chosen) < 20:
        return plain.hair, plain.skin
    crown = pixels[: max(1, len(pixels) // 3)][mask[: max(1, len(pixels) // 3)]]
    hair = _commonest(crown) if len(crown) > 10 else plain.hair
    face = pixels[len(pixels) // 3 :][mask[len(pixels) // 3 :]]
    red, green, blue = (face[:, k].astype(int) for k in range(3))
    warm = (red > green) & (green > blue) & (red - blue > 18) & (red > 70) & (red - green < 90)
    warm &= np.linalg.norm(face - np.array(hair), axis=1) > UNLIKE_HAIR
    skin = _commonest(face[warm]) if warm.sum() > 0.08 * len(chosen) else plain.skin
    return hair, skin


def _patch(figure: Cutout, band: tuple[float, float]) -> str:
    """Return the cloth in the middle of a band as base64 PNG."""
    pixels, mask = _band(figure, band)
    weight = mask.sum(0)
    middle = int((weight * np.arange(len(weight))).sum() / max(weight.sum(), 1))
    half = max(2, int(weight.astype(bool).sum() * 0.22))
    left, right = max(0, middle - half), min(len(weight), middle + half)
    cloth, inside = pixels[:, left:right].copy(), mask[:, left:right]
    cloth[~inside] = np.median(pixels[mask], axis=0) if mask.any() else 128
    small = cv2.resize(cloth, PATCH, interpolation=cv2.INTER_AREA)
    done, encoded = cv2.imencode(".png", small[:, :, ::-1])
    return base64.b64encode(encoded.tobytes() if done else b"").decode()
