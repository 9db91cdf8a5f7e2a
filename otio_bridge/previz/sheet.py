"""Reference stills: the multi-angle sheet of a character, and pictures of a prop and a location."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, PngImagePlugin

from otio_bridge.files import replacing
from otio_bridge.previz.body import Body, anatomy
from otio_bridge.previz.camera import Camera
from otio_bridge.previz.costume import dressed, painted
from otio_bridge.previz.geometry import Array, turned, unit, vector
from otio_bridge.previz.lighting import Light
from otio_bridge.previz.look import Look, look_of
from otio_bridge.previz.mesh import NOBODY, Mesh, figure, mesh_of
from otio_bridge.previz.picture import pictured
from otio_bridge.previz.places import PLACE_KEY, place_of
from otio_bridge.previz.portrait import LOOK_KEY, look_from_picture
from otio_bridge.previz.posing import SIDES, Stance, gripped, hanging, stood
from otio_bridge.previz.props import PROP_KEY, prop_of
from otio_bridge.previz.sets import drawn_set
from otio_bridge.previz.solids import moved
from otio_bridge.previz.stage import loose_parts

ANGLES = (0.0, 0.75, 1.5708, 3.1416)
"""Front, three-quarter, profile, back; radians."""
CELL = (420, 840)
"""Pixels of one figure on the sheet."""
PAPER = (232, 230, 226)
STILL = (1280, 720)
OVERSAMPLING = 2
STUDIO = Light(
    key=unit(vector(-0.28, 0.9, 0.75)),
    key_colour=np.array([0.70, 0.67, 0.62]),
    sky_colour=np.array([0.55, 0.56, 0.58]),
    ground_colour=np.array([0.38, 0.36, 0.34]),
    rim_colour=np.array([0.22, 0.22, 0.24]),
    shadow=0.28,
)


def draw_sheet(name: str, into: Path, *, look: Path | None = None) -> None:
    """Draw the character sheet of a name: front, three-quarter, profile and back, 1680x840 PNG.

    Args:
        name: From which the costume derives when there is no picture.
        into: A PNG path; its text metadata carries the look exactly.
        look: A picture of the character to follow.

    Raises:
        LookError: `look` is no picture.
    """
    worn = look_of(name) if look is None else look_from_picture(name, look)
    body, textures = dressed(worn), painted(worn)
    views = [_figure_view(body, textures, angle) for angle in ANGLES]
    _saved(np.concatenate(views, axis=1), into, {LOOK_KEY: worn.model_dump_json()})


def sheet_look(path: Path) -> Look:
    """Return the look that a sheet or picture shows; see `look_from_picture`."""
    return look_from_picture(path.stem, path)


def draw_prop(name: str, into: Path) -> None:
    """Draw a prop from two angles on plain paper, 1280x720 PNG.

    Args:
        name: Such as "juice box"; unknown things become a neat parcel.
        into: A PNG path.
    """
    prop = prop_of(name)
    views = []
    for yaw in (0.0, 0.7):
        solid = moved(prop.solid, turned(yaw, 0.0), vector(0, 0, 0))
        points = solid.points - vector(0, solid.points[:, 1].min(), 0)
        nothing = np.full(len(solid.faces), NOBODY)
        mesh = mesh_of(
            points,
            solid.normals,
            solid.faces,
            solid.uv.astype(np.float32),
            solid.layer,
            nothing,
            NOBODY,
        )
        views.append(_studio(mesh, prop.textures, (STILL[0] // 2, STILL[1]), 0.30, shadow=0.0))
    _saved(np.concatenate(views, axis=1), into, {PROP_KEY: name})


def draw_location(name: str, into: Path) -> None:
    """Draw a location without people, 1280x720 PNG.

    Args:
        name: Such as "kitchen" or "street at night"; unknown places become a room.
        into: A PNG path.
    """
    camera = Camera(vector(0, 1.45, 4.6), vector(0, 1.15, 0), STILL[1] * 1.35, STILL)
    place = place_of(name)
    picture = drawn_set(place, camera) * np.array(place.tint, np.float32)
    _saved(np.clip(picture * 255, 0, 255).astype(np.uint8), into, {PLACE_KEY: name})


def _figure_view(body: Body, textures: Array, angle: float) -> Array:
    stance = Stance(
        pelvis=body.heads[anatomy().bone("pelvis")] * vector(0, 1, 0) - vector(0, 0.01, 0),
        yaw=angle,
        feet=(_foot(body, angle, "l"), _foot(body, angle, "r")),
    )
    bones = stood(body, stance)
    for side in SIDES:
        hang = hanging(body, bones, side, 0.06, spread=0.34)
        bones = gripped(body, bones, side, hang)
    mesh = figure(body, bones, 0, 0, loose_parts())
    return _studio(mesh, textures, CELL, 0.0)


def _foot(body: Body, angle: float, side: str) -> Array:
    place = body.heads[anatomy().bone(f"foot_{side}")] * vector(0.75, 1, 0)
    return np.asarray(turned(angle) @ place)


def _studio(
    mesh: Mesh, textures: Array, size: tuple[int, int], above: float, shadow: float = STUDIO.shadow
) -> Array:
    """Return a thing on plain paper, (height, width, 3) uint8, filling the height."""
    big = (size[0] * OVERSAMPLING, size[1] * OVERSAMPLING)
    low, high = mesh.points.min(0), mesh.points.max(0)
    middle, extent = (low + high) / 2, float(max(high[1] - low[1], (high[0] - low[0]) * 1.6))
    distance = 4.0 * extent
    focal = 0.86 * big[1] * distance / extent
    centre = vector(float(middle[0]), float(middle[1]) - 0.02 * extent, float(middle[2]))
    camera = Camera(centre + vector(0, (0.05 + above) * distance, distance), centre, focal, big)
    paper = np.full((big[1], big[0], 3), np.array(PAPER, np.float32) / 255, np.float32)
    drawn = pictured([mesh], textures, replace(STUDIO, shadow=shadow), camera, paper)
    small = cv2.resize(drawn, size, interpolation=cv2.INTER_AREA)
    return np.asarray(np.clip(small * 255 + 0.5, 0, 255), np.uint8)


def _saved(picture: Array, into: Path, texts: Mapping[str, str]) -> None:
    info = PngImagePlugin.PngInfo()
    for key, text in texts.items():
        info.add_text(key, text, zip=True)
    with replacing(into) as partial:
        Image.fromarray(picture).save(partial, format="PNG", pnginfo=info)
