"""A hand-drawn sketch, photo or scan: straightened, cleaned, its regions given to characters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from otio_bridge.errors import LookError
from otio_bridge.pictures import upright

Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]

LONGEST = 1600
"""Pixels to which sketches are reduced."""
HUES = {
    "red": 0, "orange": 12, "yellow": 28, "green": 60, "cyan": 90, "blue": 115, "purple": 140,
    "pink": 165,
}  # fmt: skip
"""Names of pencil colours and their hue, 0..179."""
NEAR_HUE = 11
"""Hues that count as the same pencil, to each side."""
COLOURFUL = 70
"""Saturation, 0..255, from which a pixel was drawn in colour."""
LEAST_SHARE = 0.002
"""Share of the sketch below which a patch of colour is a slip of the pencil."""
DARK = 150
"""Level below which a pixel of a cleaned sketch is a line."""
LEAK = 0.6
"""Share of the sketch above which a fill has run out through an open outline."""
POINT = re.compile(r"\s*(\d+)\s*,\s*(\d+)\s*")
HEX = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Sketch:
    """A cleaned sketch."""

    picture: Picture
    """(height, width, 3) RGB on white paper."""
    homography: NDArray[np.float64]
    """Takes pixels of the file to pixels of `picture`."""
    scale: float
    """Pixels of `picture` per pixel of the file, before it was straightened."""


def cleaned_sketch(path: Path) -> Sketch:
    """Return a sketch straightened to its sheet of paper, with the light on the paper taken out.

    Raises:
        LookError: It is missing, no picture, or nothing is drawn on it.
    """
    image = upright(path).convert("RGB")
    scale = min(1.0, LONGEST / max(image.size))
    small = image.resize([max(1, round(side * scale)) for side in image.size])
    flat, homography = _straightened(np.asarray(small))
    picture = _evenly_lit(flat)
    if picture.min(axis=2).min() > DARK and _saturation(picture).max() < COLOURFUL:
        raise LookError(f"Nothing is drawn on {path.name}; give a sketch with darker lines.")
    return Sketch(picture, homography, scale)


def regions_of(
    sketch: Sketch, given: Mapping[str, str], characters: Sequence[str]
) -> dict[str, Mask]:
    """Return where each character is on a sketch.

    Args:
        sketch: The cleaned sketch.
        given: For each character a colour (a name, or #rrggbb), or a point "x,y" in pixels of the
            file on its colour or inside its outline. Without any, colours go from left to right.
        characters: The shot's characters from left to right.

    Raises:
        LookError: A region is for no character, or a character has none.
    """
    strange = [name for name in given if name not in characters]
    if strange:
        raise LookError(
            f"The sketch has a region for '{strange[0]}', who is not in the shot; its characters "
            f"are {', '.join(characters) or 'not named yet'}."
        )
    if not given:
        return _left_to_right(sketch, characters)
    missing = [name for name in characters if name not in given]
    if missing:
        raise LookError(
            f"The sketch says nothing of {missing[0]}; add --region COLOUR={missing[0]}, or a "
            "point x,y inside the figure."
        )
    return {name: _region(sketch, text, name) for name, text in given.items()}


def _region(sketch: Sketch, text: str, name: str) -> Mask:
    if point := POINT.fullmatch(text):
        return _around(sketch, (int(point[1]), int(point[2])), name)
    hue = _hue(text)
    mask = _filled(_of_hue(sketch.picture, hue))
    if mask.mean() < LEAST_SHARE:
        raise LookError(
            f"The sketch has no {text} region for {name}; colour the figure, or give a point x,y "
            "inside its outline."
        )
    return mask


def _hue(text: str) -> int:
    if HEX.fullmatch(text):
        colour = np.array([[[int(text[n : n + 2], 16) for n in (1, 3, 5)]]], np.uint8)
        return int(cv2.cvtColor(colour, cv2.COLOR_RGB2HSV)[0, 0, 0])
    if text.casefold() not in HUES:
        raise LookError(
            f"'{text}' is no colour known here; give {', '.join(HUES)}, #rrggbb, or a point x,y."
        )
    return HUES[text.casefold()]


def _of_hue(picture: Picture, hue: int) -> Mask:
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    away = np.abs(hsv[..., 0].astype(int) - hue)
    near: Mask = (np.minimum(away, 180 - away) <= NEAR_HUE) & (hsv[..., 1] >= COLOURFUL)
    return near & (hsv[..., 2] > 40)


def _filled(mask: Mask) -> Mask:
    """Return a coloured patch without holes; an outline in colour counts with its inside."""
    size = max(3, round(max(mask.shape) / 160)) | 1
    closed = cv2.morphologyEx(
        mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((size, size), np.uint8), iterations=2
    )
    contours, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    large = [one for one in contours if cv2.contourArea(one) > LEAST_SHARE / 4 * mask.size]
    filled = np.zeros(mask.shape, np.uint8)
    cv2.drawContours(filled, large, -1, 1, cv2.FILLED)
    return filled > 0


def _around(sketch: Sketch, point: tuple[int, int], name: str) -> Mask:
    """Return the patch of colour at a point of the file, or the inside of the outline around it."""
    height, width = sketch.picture.shape[:2]
    at = np.array([[[value * sketch.scale for value in point]]], np.float64)
    x, y = (round(value) for value in cv2.perspectiveTransform(at, sketch.homography)[0, 0])
    if not (0 <= x < width and 0 <= y < height):
        raise LookError(f"The point {point[0]},{point[1]} for {name} lies outside the sketch.")
    if _saturation(sketch.picture)[y, x] >= COLOURFUL:
        return _patch_at(sketch.picture, x, y)
    lines = (sketch.picture.min(axis=2) < DARK).astype(np.uint8)
    walls = cv2.dilate(lines, np.ones((3, 3), np.uint8))
    canvas = np.pad(walls, 1, constant_values=1)
    inside = np.zeros((height, width), np.uint8)
    cv2.floodFill(inside, canvas, (x, y), 1)
    if walls[y, x] or inside.mean() > LEAK or inside.mean() < LEAST_SHARE / 4:
        raise LookError(
            f"No closed outline surrounds {point[0]},{point[1]} for {name}; close the line, or "
            "colour the figure and give the colour."
        )
    return _filled(inside > 0)


def _patch_at(picture: Picture, x: int, y: int) -> Mask:
    """Return the one patch of a colour that lies at a pixel."""
    hue = int(cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)[y, x, 0])
    _, patches = cv2.connectedComponents(_filled(_of_hue(picture, hue)).astype(np.uint8))
    found: Mask = patches == patches[y, x]
    return found


def _left_to_right(sketch: Sketch, characters: Sequence[str]) -> dict[str, Mask]:
    """Give the patches of colour to the characters in the order in which they stand."""
    found = [_filled(_of_hue(sketch.picture, hue)) for hue in _hues_in(sketch.picture)]
    found = [mask for mask in found if mask.mean() >= LEAST_SHARE]
    if len(found) != len(characters):
        raise LookError(
            f"The sketch has {len(found)} coloured figures and the shot {len(characters)} "
            "characters; colour each figure alike, or say which is whom with --region COLOUR=NAME."
        )
    found.sort(key=lambda mask: float(np.flatnonzero(mask.any(axis=0)).mean()))
    return dict(zip(characters, found, strict=True))


def _hues_in(picture: Picture) -> list[int]:
    """Return the hues that cover a patch each, the largest first."""
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    drawn = hsv[..., 0][(hsv[..., 1] >= COLOURFUL) & (hsv[..., 2] > 40)]
    counts = np.bincount(drawn, minlength=180).astype(float)
    hues: list[int] = []
    while len(hues) < 8:
        around = sum(np.roll(counts, turn) for turn in range(-NEAR_HUE, NEAR_HUE + 1))
        if np.max(around) < LEAST_SHARE / 4 * picture[..., 0].size:
            break
        hues.append(int(np.argmax(around)))
        near = np.abs(np.arange(180) - hues[-1])
        counts[np.minimum(near, 180 - near) <= 2 * NEAR_HUE] = 0
    return hues


def _saturation(picture: Picture) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)[..., 1], np.uint8)


def _straightened(picture: Picture) -> tuple[Picture, NDArray[np.float64]]:
    """Return the sheet of paper seen from straight above; all of it where no sheet is found."""
    corners = _sheet_corners(picture)
    if corners is None:
        return picture, np.eye(3)
    top_left, top_right, bottom_right, bottom_left = corners
    width = int(max(np.hypot(*(top_right - top_left)), np.hypot(*(bottom_right - bottom_left))))
    height = int(max(np.hypot(*(bottom_left - top_left)), np.hypot(*(bottom_right - top_right))))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    flat = cv2.warpPerspective(picture, matrix, (width, height), flags=cv2.INTER_AREA)
    return np.asarray(flat, np.uint8), np.asarray(matrix, np.float64)


def _sheet_corners(picture: Picture) -> NDArray[np.float64] | None:
    """Return the corners of a bright sheet on a darker table, clockwise from the top left."""
    bright = cv2.GaussianBlur(picture.min(axis=2), (0, 0), 3)
    _, paper = cv2.threshold(bright, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    size = max(3, round(max(picture.shape[:2]) / 60)) | 1
    paper = cv2.morphologyEx(paper, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8))
    contours, _ = cv2.findContours(paper, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not contours:
        return None
    largest = max(contours, key=cv2.contourArea)
    hull = cv2.convexHull(largest)
    quad = cv2.approxPolyDP(hull, 0.03 * cv2.arcLength(hull, True), True).reshape(-1, 2)
    share = cv2.contourArea(hull) / paper.size
    if len(quad) != 4 or not 0.25 < share < 0.93:
        return None
    ordered = quad[np.argsort(quad.sum(axis=1))]
    first, last = ordered[0], ordered[-1]
    right, left = sorted(ordered[1:3], key=lambda corner: int(corner[1] - corner[0]))
    return np.array([first, right, last, left], np.float64)


def _evenly_lit(picture: Picture) -> Picture:
    """Return a picture divided by the light on its paper, fitted as a quadratic surface."""
    plain = picture.astype(np.float32)
    value = plain.max(axis=2)
    paper = (_saturation(picture) < COLOURFUL) & (value > np.percentile(value, 40))
    if paper.mean() < 0.2:
        return picture
    height, width = paper.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=-1)
    rows = np.flatnonzero(paper)[:: max(1, int(paper.sum()) // 20_000)]
    for channel in range(3):
        known, asked = terms.reshape(-1, 6)[rows], plain[..., channel].reshape(-1)[rows]
        fit, *_ = np.linalg.lstsq(known, asked, rcond=None)
        plain[..., channel] *= 245.0 / np.maximum(terms @ fit, 40.0)
    stretched = np.clip((plain - 20.0) * (255.0 / 215.0), 0, 255)
    return np.asarray(stretched, np.uint8)
