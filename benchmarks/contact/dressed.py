"""Costumes and sets for the posed bodies, as random as the drawn figures' are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Picture
from PIL import PngImagePlugin

from contact.cast import (
    Point,
    costume_colours,
    draw_costumes,
    drifted,
    lab_to_bgr,
    random_lab,
)
from contact.nuisances import draw_background
from otio_bridge.previz import draw_sheet
from otio_bridge.previz.look import BOTTOMS, PATTERNS, TOPS, Look, look_of
from otio_bridge.previz.portrait import LOOK_KEY

WORDS = ("woman", "man", "girl", "boy", "old woman", "old man", "man", "woman")
"""What the performers are; the name decides their build."""
GROUND = (960, 540)
"""Pixels of a drawn set."""


def draw_names(count: int, rng: np.random.Generator) -> list[str]:
    """Draw the names of performers."""
    return [f"{rng.choice(WORDS)} {n}" for n in rng.choice(1 << 20, count, replace=False)]


def draw_looks(names: Sequence[str], rng: np.random.Generator) -> tuple[str, list[Look]]:
    """Draw what everybody wears; return how like the first two are, in a word, and the looks."""
    likeness, colours = draw_costumes(rng)
    colours += [costume_colours(rng) for _ in names[2:]]
    looks = [_look(name, each, rng) for name, each in zip(names, colours, strict=True)]
    if likeness == "uniform":
        cut = {key: getattr(looks[0], key) for key in ("top", "bottom", "pattern")}
        looks[1] = looks[1].model_copy(update=cut)
    return likeness, looks


def _look(name: str, colours: dict[str, Point], rng: np.random.Generator) -> Look:
    accent = (
        random_lab(rng) if rng.random() < 0.5 else colours["top"] + [rng.choice([-25, 25]), 0, 0]
    )
    return look_of(name).model_copy(update={
        "top": str(rng.choice(TOPS)), "bottom": str(rng.choice(BOTTOMS)),
        "pattern": str(rng.choice(PATTERNS)), "accent": _rgb(accent),
        "top_colour": _rgb(colours["top"]), "bottom_colour": _rgb(colours["bottom"]),
        "skin": _rgb(colours["skin"]), "hair": _rgb(colours["hair"]),
        "shoes": _rgb(colours["shoe"]),
    })  # fmt: skip


def _rgb(lab: Point) -> tuple[int, int, int]:
    blue, green, red = (round(value) for value in lab_to_bgr(lab))
    return red, green, blue


def draw_look_sheet(look: Look, name: str, into: Path) -> None:
    """Draw the sheet of a look; the file carries the look itself too."""
    info = PngImagePlugin.PngInfo()
    info.add_text(LOOK_KEY, look.model_dump_json(), zip=True)
    note = into.with_suffix(".look.png")
    Picture.new("RGB", (8, 8)).save(note, pnginfo=info)
    draw_sheet(name, into, look=note)
    note.unlink()


def relight_sheet(path: Path, rng: np.random.Generator) -> None:
    """Change a sheet's light, as if photographed elsewhere, half as large; the look goes."""
    sheet = cv2.imread(str(path), cv2.IMREAD_COLOR)
    small = cv2.resize(sheet, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(path), drifted(small.astype(np.uint8), rng))


def draw_ground(into: Path, look: Look, rng: np.random.Generator) -> None:
    """Draw a set as behind the drawn figures, with things in the colour of somebody's costume."""
    costume = np.array(look.top_colour[::-1], float) if rng.random() < 0.5 else None
    cv2.imwrite(str(into), draw_background(GROUND, costume, rng))
