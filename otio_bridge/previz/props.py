"""A small library of props, chosen by words in their names; what is unknown becomes a neat box."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from otio_bridge.previz.costume import CELL
from otio_bridge.previz.cutout import cut_out
from otio_bridge.previz.geometry import Array, turned, vector
from otio_bridge.previz.look import CLOTH, Colour, dice
from otio_bridge.previz.solids import Solid, ball, box, lathed, moved, together, tube

LAYERS = 3
"""Textures of a prop: front, side, top."""
PROP_KEY = "otio_bridge_prop"
"""PNG text field of a still drawn by us, which needs no reading."""
CARDBOARD: Colour = (186, 142, 92)


@dataclass(frozen=True)
class Prop:
    """A thing to hold, centred where it is gripped."""

    name: str
    solid: Solid
    textures: Array
    """(3, cell, cell, 3) float32 0..1."""
    wide: float
    """Metres from hand to hand when two hold it."""
    flexible: bool = False
    """A rope: its solid is made anew between the hands."""


def prop_of(name: str, picture: Path | None = None) -> Prop:
    """Return the prop that a name stands for, with the user's picture on it where there is one."""
    words = set(name.lower().replace("_", " ").replace("-", " ").split())
    make = next((maker for known, maker in LIBRARY if known & words), _parcel)
    prop = make(name)
    front = _user_picture(picture)
    if front is None:
        return prop
    rim = np.concatenate([front[:, :8].reshape(-1, 3), front[:, -8:].reshape(-1, 3)])
    side = np.broadcast_to(rim.mean(0), front.shape)
    return Prop(name, prop.solid, np.stack([front, side, side]), prop.wide, prop.flexible)


def _user_picture(path: Path | None) -> Array | None:
    if path is None:
        return None
    with Image.open(path) as picture:
        if PROP_KEY in picture.info:
            return None
        cropped = cut_out(picture).picture
    return np.asarray(
        cv2.resize(cropped, (CELL, CELL), interpolation=cv2.INTER_AREA) / 255, np.float32
    )


def rope_between(points: Array) -> Solid:
    """Return a rope along places (N, 3)."""
    return tube(points, 0.02, 0, turns=10.0)


def _painted(*pictures: Array) -> Array:
    return np.stack(pictures).astype(np.float32) / 255


def _plain(colour: Colour) -> Array:
    tone = dice("prop", colour).normal(0, 3, (CELL, CELL, 1))
    return np.asarray(np.full((CELL, CELL, 3), colour, np.float32) + tone, np.float32)


def _shade(colour: Colour, by: float) -> Colour:
    red, green, blue = (min(255, int(value * by)) for value in colour)
    return red, green, blue


def _colour(name: str) -> Colour:
    return CLOTH[dice("prop colour", name).integers(7)]


def _parcel(name: str) -> Prop:
    front = _plain(CARDBOARD)
    cv2.rectangle(front, (84, 0), (108, CELL), (222, 200, 150), -1)
    cv2.rectangle(front, (18, 110), (74, 168), (240, 238, 230), -1)
    for y in (122, 136, 150):
        cv2.line(front, (24, y), (66, y), (90, 84, 80), 2)
    cv2.rectangle(front, (0, 0), (CELL - 1, CELL - 1), _shade(CARDBOARD, 0.7), 4)
    side, top = _plain(_shade(CARDBOARD, 0.88)), _plain(_shade(CARDBOARD, 1.08))
    cv2.rectangle(top, (84, 0), (108, CELL), (222, 200, 150), -1)
    return Prop(name, box((0.36, 0.27, 0.26)), _painted(front, side, top), 0.38)


def _juice(name: str) -> Prop:
    front = _plain((244, 240, 228))
    cv2.rectangle(front, (0, 0), (CELL, 46), (36, 140, 70), -1)
    cv2.rectangle(front, (0, 150), (CELL, CELL), (240, 130, 30), -1)
    cv2.circle(front, (96, 98), 40, (246, 150, 34), -1)
    cv2.circle(front, (96, 98), 30, (252, 190, 90), -1)
    for angle in np.arange(0, np.pi, np.pi / 4):
        step = (30 * np.array([np.cos(angle), np.sin(angle)])).astype(int)
        cv2.line(front, tuple(96 - step + [0, 2]), tuple(96 + step + [0, 2]), (246, 150, 34), 4)
    straw = moved(
        tube(np.linspace([0, 0, 0], [0.02, 0.09, 0], 5), 0.007, 1), np.eye(3), vector(0.03, 0.10, 0)
    )
    solid = together([box((0.13, 0.20, 0.09), (0, 0, 2)), straw])
    return Prop(name, solid, _painted(front, _plain((240, 60, 60)), _plain((36, 140, 70))), 0.14)


def _ball(name: str) -> Prop:
    skin, colour = _plain((240, 236, 226)), _colour(name)
    for k in range(0, CELL, 64):
        cv2.rectangle(skin, (k, 0), (k + 32, CELL), colour, -1)
    return Prop(name, ball(0.14), _painted(skin, skin, skin), 0.27)


def _bottle(name: str) -> Prop:
    glass = _plain((40, 112, 72))
    cv2.rectangle(glass, (0, 90), (CELL, 150), (238, 226, 190), -1)
    profile = [
        (0.001, -0.16),
        (0.05, -0.16),
        (0.05, 0.04),
        (0.018, 0.10),
        (0.018, 0.17),
        (0.001, 0.17),
    ]
    return Prop(name, lathed(profile), _painted(glass, glass, glass), 0.11)


def _cup(name: str) -> Prop:
    glaze = _plain(_colour(name))
    cv2.rectangle(glaze, (0, 70), (CELL, 96), (246, 242, 232), -1)
    profile = [
        (0.001, -0.07),
        (0.05, -0.07),
        (0.06, 0.07),
        (0.05, 0.07),
        (0.045, -0.02),
        (0.001, -0.02),
    ]
    return Prop(name, lathed(profile), _painted(glaze, glaze, glaze), 0.13)


def _book(name: str) -> Prop:
    colour = _colour(name)
    cover = _plain(colour)
    cv2.rectangle(cover, (16, 16), (CELL - 16, CELL - 16), (232, 206, 130), 4)
    for y in (60, 84):
        cv2.rectangle(cover, (50, y), (142, y + 10), (232, 206, 130), -1)
    return Prop(
        name,
        box((0.20, 0.27, 0.045)),
        _painted(cover, _plain((240, 234, 216)), _plain((240, 234, 216))),
        0.21,
    )


def _bag(name: str) -> Prop:
    colour = _colour(name)
    front = _plain(colour)
    cv2.rectangle(front, (24, 96), (CELL - 24, 172), _shade(colour, 0.8), -1)
    cv2.rectangle(front, (0, 0), (CELL, 22), _shade(colour, 0.6), -1)
    bow = np.linspace(0, np.pi, 14)
    handle = np.stack([0.12 * np.cos(bow), 0.15 + 0.13 * np.sin(bow), 0 * bow], axis=1)
    solid = together([box((0.36, 0.30, 0.14)), tube(handle, 0.014, 1)])
    lowered = moved(solid, np.eye(3), vector(0, -0.27, 0))
    return Prop(
        name,
        lowered,
        _painted(front, _plain(_shade(colour, 0.6)), _plain(_shade(colour, 0.9))),
        0.1,
    )


def _umbrella(name: str) -> Prop:
    colour = _colour(name)
    cloth = _plain(colour)
    for k in range(0, CELL, 48):
        cv2.rectangle(cloth, (k, 0), (k + 24, CELL), _shade(colour, 1.25), -1)
    shape = [(0.40, 0.80), (0.34, 0.90), (0.20, 0.98), (0.02, 1.02), (0.001, 1.08)]
    stick = tube(np.linspace([0, -0.14, 0], [0, 1.04, 0], 10), 0.013, 1)
    solid = together([lathed(shape), stick])
    return Prop(name, solid, _painted(cloth, _plain((70, 48, 36)), cloth), 0.1)


def _flowers(name: str) -> Prop:
    roll = dice("flowers", name)
    stalks = [lathed([(0.001, -0.16), (0.022, -0.15), (0.07, 0.10), (0.001, 0.11)], 1)]
    for _ in range(9):
        at = vector(
            *(roll.uniform(-0.08, 0.08), roll.uniform(0.10, 0.18), roll.uniform(-0.08, 0.08))
        )
        stalks.append(moved(ball(0.045, int(roll.choice((0, 2)))), turned(), at))
    return Prop(
        name,
        together(stalks),
        _painted(_plain((222, 60, 90)), _plain((70, 130, 66)), _plain((246, 200, 70))),
        0.1,
    )


def _staff(name: str) -> Prop:
    wood = _plain((140, 98, 60))
    stick = tube(np.linspace([0, -0.45, 0], [0, 0.75, 0], 12), 0.018, 0)
    return Prop(name, stick, _painted(wood, wood, wood), 0.1)


def _rope(name: str) -> Prop:
    hemp = _plain((206, 172, 112))
    for k in range(-CELL, CELL, 24):
        cv2.line(hemp, (k, 0), (k + CELL, CELL), (150, 116, 66), 7)
    coil = tube(
        np.array([[0.12 * np.cos(a), 0.004 * a, 0.12 * np.sin(a)] for a in np.arange(0, 26, 0.3)]),
        0.02,
        0,
        16,
    )
    return Prop(name, coil, _painted(hemp, hemp, hemp), 0.3, flexible=True)


LIBRARY: tuple[tuple[frozenset[str], Callable[[str], Prop]], ...] = (
    (frozenset({"juice", "carton", "milk"}), _juice),
    (frozenset({"ball", "football", "globe", "balloon"}), _ball),
    (frozenset({"rope", "cord", "cable", "leash", "string"}), _rope),
    (frozenset({"bottle", "wine", "vase"}), _bottle),
    (frozenset({"cup", "mug", "glass", "coffee", "tea"}), _cup),
    (frozenset({"book", "notebook", "diary", "tablet", "folder", "letter", "map"}), _book),
    (frozenset({"bag", "handbag", "suitcase", "backpack", "briefcase", "basket"}), _bag),
    (frozenset({"umbrella", "parasol"}), _umbrella),
    (frozenset({"flower", "flowers", "bouquet", "rose", "roses"}), _flowers),
    (frozenset({"stick", "staff", "sword", "broom", "cane", "torch"}), _staff),
)
