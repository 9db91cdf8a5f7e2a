"""Painting a look: one texture atlas a performer, and the body shaped by its garments."""

from __future__ import annotations

import base64
import io
import math

import cv2
import numpy as np
from PIL import Image

from otio_bridge.previz.body import Body, anatomy, blended, vertex_normals
from otio_bridge.previz.face import painted_head
from otio_bridge.previz.geometry import Array
from otio_bridge.previz.look import Colour, Look, dice

CELL = 192
"""Edge of one part's square in the atlas, pixels."""
METRES = {
    "torso": (0.95, 0.51), "arm_l": (0.34, 0.62), "arm_r": (0.34, 0.62), "hips": (1.0, 0.2),
    "leg_l": (0.5, 0.8), "leg_r": (0.5, 0.8), "skirt": (1.7, 0.83),
}  # fmt: skip
"""Size of the cloth that a cell stands for."""
SHORT_SLEEVE, SHORTS, SKIRT = 0.40, 0.50, 0.52
"""How far down a limb the garment reaches, in v."""
LOOSE = {"tee": 0.010, "shirt": 0.012, "jacket": 0.022, "hoodie": 0.020, "sweater": 0.016}
"""Metres by which a garment stands off the body."""
HAIR_DEPTH = {
    "crop": 0.005,
    "short": 0.014,
    "curly": 0.034,
    "bob": 0.016,
    "long": 0.013,
    "bun": 0.010,
}


def painted(look: Look) -> Array:
    """Return the atlas of a look, (parts, 192, 192, 3), float32 RGB 0..1, row 0 at v = 0."""
    names = anatomy().part_names
    atlas = np.stack([_cell(look, name) for name in names]).astype(np.float32)
    return np.asarray(np.clip(atlas / 255.0, 0, 1))


def _cell(look: Look, part: str) -> Array:
    if part == "head":
        return painted_head(look, CELL)
    if part == "eyes":
        return _eyes()
    if part in ("hair", "cap", "bun"):
        return _strands(look.hair, part)
    if part.startswith("hand"):
        return _skin(look)
    if part.startswith("shoe"):
        return _shoe(look)
    if part == "torso":
        return _torso(look)
    if part.startswith("arm"):
        return _sleeve(look, part)
    return _below(look, part)


def _plain(colour: Colour) -> Array:
    return np.full((CELL, CELL, 3), colour, np.float32)


def _grid(part: str) -> tuple[Array, Array]:
    wide, high = METRES[part]
    v, u = (np.mgrid[:CELL, :CELL] + 0.5) / CELL
    return u * wide, v * high


def _fabric(look: Look, part: str, colour: Colour, pattern: str) -> Array:
    """Return woven cloth with its pattern and soft folds."""
    if print64 := look.prints.get("top" if colour == look.top_colour else "bottom"):
        cloth = _printed(print64)
    else:
        cloth = _plain(colour)
        mask = _pattern_mask(pattern, *_grid(part))
        cloth += mask[..., None] * (np.array(look.accent, np.float32) - cloth)
    return cloth * _folds(part, look)[..., None]


def _printed(encoded: str) -> Array:
    """Return a picture patch mirrored twice around, so that it closes on itself."""
    raw = np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGB"))
    half = cv2.resize(raw, (CELL // 2, CELL), interpolation=cv2.INTER_AREA)
    turned = np.concatenate([half[:, ::-1], half], axis=1)
    return np.roll(turned, CELL // 4, axis=1).astype(np.float32)


def _pattern_mask(pattern: str, x: Array, y: Array) -> Array:
    """Return where the accent colour lies, 0..1; x and y in metres."""
    if pattern == "stripes":
        return (np.sin(2 * np.pi * y / 0.075) > 0.15).astype(np.float32)
    if pattern == "pinstripes":
        return (np.sin(2 * np.pi * x / 0.0475) > 0.72).astype(np.float32)
    if pattern == "checks":
        bars = (np.sin(2 * np.pi * x / 0.095) > 0).astype(np.float32)
        return np.asarray(0.5 * bars + 0.5 * (np.sin(2 * np.pi * y / 0.095) > 0))
    if pattern == "diagonal":
        return (np.sin(2 * np.pi * (x + y) / 0.095) > 0.25).astype(np.float32)
    if pattern == "dots":
        row = np.floor(y / 0.05)
        dx = (x / 0.0594 + 0.5 * (row % 2)) % 1 - 0.5
        return ((dx * 0.0594) ** 2 + ((y / 0.05) % 1 * 0.05 - 0.025) ** 2 < 0.014**2).astype(
            np.float32
        )
    return np.zeros(x.shape, np.float32)


def _folds(part: str, look: Look) -> Array:
    """Return soft light and dark creases around 1."""
    noise = dice("folds", part, look.top_colour, look.bottom_colour).normal(size=(24, 24))
    large = cv2.resize(noise, (CELL, CELL), interpolation=cv2.INTER_CUBIC)
    stretched = cv2.GaussianBlur(large, (0, 0), sigmaX=9, sigmaY=3)
    weave = 0.012 * (np.indices((CELL, CELL)).sum(0) % 2)
    return np.asarray(1 + 0.16 * stretched + weave, np.float32)


def _skin(look: Look) -> Array:
    v = np.linspace(0, 1, CELL)[:, None, None]
    flush = np.array([10.0, -6.0, -8.0]) * v
    return np.asarray(_plain(look.skin) + flush, np.float32)


def _torso(look: Look) -> Array:
    cell = _fabric(look, "torso", look.top_colour, look.pattern)
    accent, dark = look.accent, _shade(look.top_colour, 0.62)
    middle = CELL // 2
    if look.pattern == "band":
        cv2.rectangle(cell, (0, 84), (CELL, 122), accent, -1)
    if look.pattern == "star":
        cv2.fillPoly(cell, [_star(middle, 92, 25)], accent)
    if look.top == "shirt":
        cv2.line(cell, (middle, 30), (middle, CELL), dark, 1)
        for y in range(44, CELL, 26):
            cv2.circle(cell, (middle, y), 2, (240, 236, 226), -1)
    if look.top in ("jacket", "hoodie"):
        _open_front(cell, look)
    _neck(cell, look)
    return cell


def _open_front(cell: Array, look: Look) -> None:
    middle, inner = CELL // 2, (236, 232, 222) if sum(look.accent) < 420 else look.accent
    if look.top == "hoodie":
        cv2.line(cell, (middle, 20), (middle, CELL), _shade(look.top_colour, 0.5), 2)
        cv2.rectangle(
            cell, (middle - 24, 140), (middle + 24, 172), _shade(look.top_colour, 0.8), -1
        )
        return
    shape = [(middle - 16, 14), (middle + 16, 14), (middle + 7, CELL), (middle - 7, CELL)]
    cv2.fillPoly(cell, [np.array(shape, np.int32)], inner)
    for sign in (-1, 1):
        lapel = [(middle + sign * 14, 16), (middle + sign * 26, 46), (middle + sign * 8, 96)]
        cv2.fillPoly(cell, [np.array(lapel, np.int32)], _shade(look.top_colour, 0.75))


def _neck(cell: Array, look: Look) -> None:
    """Paint neck and collar; the garment mesh reaches up to the throat."""
    u = np.abs(np.linspace(-1, 1, CELL)) * math.pi
    depth = {"tee": 0.25, "sweater": 0.19}.get(look.top, 0.22)
    scoop = (0.135 + (depth - 0.135) * np.clip(np.cos(np.minimum(u * 2.4, math.pi)), 0, 1)) * CELL
    rows = np.arange(CELL)[:, None]
    trim = _shade(look.top_colour, 0.7) if look.top != "tee" else look.accent
    cell[rows < scoop + 5] = trim
    cell[rows < scoop] = look.skin


def _sleeve(look: Look, part: str) -> Array:
    cell = _fabric(look, part, look.top_colour, _limb_pattern(look))
    if look.top == "tee":
        edge = int(SHORT_SLEEVE * CELL)
        cell[edge:] = look.skin
        cell[edge - 5 : edge] = look.accent
        return cell
    cell[int(0.93 * CELL) :] = (
        _shade(look.accent, 0.9) if look.top != "jacket" else _shade(look.top_colour, 0.6)
    )
    return cell


def _limb_pattern(look: Look) -> str:
    return "plain" if look.pattern in ("band", "star") else look.pattern


def _below(look: Look, part: str) -> Array:
    """Return hips, legs and skirt."""
    if look.bottom == "dress":
        worn = _fabric(look, part, look.top_colour, _limb_pattern(look))
        if part == "skirt":
            worn[int((SKIRT - 0.05) * CELL) : int(SKIRT * CELL) + 4] = look.accent
    else:
        worn = _fabric(look, part, look.bottom_colour, "plain")
    if part.startswith("leg"):
        _trouser_leg(worn, look)
    if part == "hips" and look.bottom != "dress":
        hem = 0.30 if look.top in ("sweater", "hoodie", "jacket") else 0.08
        worn[: int(hem * CELL)] = _shade(look.top_colour, 0.78)
        if hem < 0.2:
            worn[: int(0.16 * CELL)] = (62, 44, 32)
    return worn


def _trouser_leg(cell: Array, look: Look) -> None:
    if look.bottom in ("skirt", "dress"):
        cell[:] = look.skin
    elif look.bottom == "shorts":
        cell[int(SHORTS * CELL) :] = look.skin
        cell[int((SHORTS - 0.03) * CELL) : int(SHORTS * CELL)] = _shade(look.bottom_colour, 0.7)
    elif look.bottom == "jeans":
        fade = np.exp(-((np.linspace(0, 1, CELL) - 0.35) ** 2) / 0.03)[:, None, None]
        cell += fade * 34 * np.array([0.8, 0.9, 1.0], np.float32)
        cell[-8:] = _shade(look.bottom_colour, 1.25)


def _shoe(look: Look) -> Array:
    cell = _plain(look.shoes)
    cell[int(0.80 * CELL) :] = (232, 228, 218) if sum(look.shoes) < 500 else (180, 60, 50)
    cell[: int(0.12 * CELL)] = _shade(look.shoes, 0.75)
    return cell


def _strands(colour: Colour, part: str) -> Array:
    noise = dice("hair", part).normal(size=(1, CELL)).astype(np.float32)
    streaks = 1 + 0.16 * np.repeat(cv2.GaussianBlur(noise, (0, 0), 1.2), CELL, axis=0)
    return np.asarray(_plain(colour) * streaks[..., None], np.float32)


def _eyes() -> Array:
    cell = _plain((238, 236, 232))
    cv2.circle(cell, (CELL // 2, CELL // 2), 44, (70, 52, 40), -1)
    cv2.circle(cell, (CELL // 2, CELL // 2), 20, (16, 14, 14), -1)
    return cell


def _shade(colour: Colour, by: float) -> Colour:
    red, green, blue = (int(min(255, value * by)) for value in colour)
    return red, green, blue


def _star(x: int, y: int, radius: int) -> Array:
    angles = np.arange(10) * np.pi / 5 - np.pi / 2
    reach = np.where(np.arange(10) % 2, radius * 0.42, radius)
    points = np.stack([x + reach * np.cos(angles) * 0.55, y + reach * np.sin(angles)], axis=1)
    return np.round(points).astype(np.int32)


def dressed(look: Look) -> Body:
    """Return the body of a look with its garments standing off the skin."""
    man = anatomy()
    vertices, joints = blended(look.build)
    thickness, along = _thickness(look)
    keep = _worn_faces(look, along, vertices)
    normals = vertex_normals(vertices, man.faces)
    vertices = vertices + normals * thickness[:, None]
    faces = man.faces[keep]
    return Body(
        vertices.astype(np.float32), vertex_normals(vertices, faces).astype(np.float32),
        joints[:, 0], joints[:, 1], faces, man.parts[keep], man.uv[keep],
    )  # fmt: skip


def _thickness(look: Look) -> tuple[Array, Array]:
    """Return by how much every vertex stands off, and its v, (V,) each."""
    man = anatomy()
    count = len(man.strengths)
    along, part = np.zeros(count, np.float32), np.zeros(count, int)
    along[man.faces.ravel()] = man.uv[:, :, 1].ravel()
    part[man.faces.ravel()] = np.repeat(man.parts, 3)
    loose = LOOSE[look.top]
    sleeve = SHORT_SLEEVE if look.top == "tee" else 0.97
    bare = look.bottom in ("skirt", "dress")
    rules = {
        "torso": np.where(along > 0.2, loose, 0.001),
        "arm": np.where(along < sleeve, loose * 0.9 + 0.006 * along, -0.001),
        "hips": np.full(count, 0.004 if bare else 0.5 * loose + 0.006),
        "leg": np.full(count, 0.0) if bare else _leg_room(look, along),
        "shoe": np.full(count, 0.008),
        "cap": HAIR_DEPTH.get(look.hair_style, 0.01) * np.clip(1.5 - along * 1.6, 0.25, 1),
        "hair": np.full(count, 0.004),
        "skirt": 0.010 + 0.02 * along,
    }
    thickness = np.zeros(count, np.float32)
    for number, name in enumerate(man.part_names):
        if (rule := rules.get(name.split("_")[0])) is not None:
            thickness = np.where(part == number, rule, thickness)
    return thickness, along


def _leg_room(look: Look, along: Array) -> Array:
    if look.bottom == "shorts":
        return np.where(along < SHORTS, 0.014 + 0.03 * along, 0.0)
    return np.asarray(0.010 + 0.014 * along)


def _worn_faces(look: Look, along: Array, vertices: Array) -> Array:
    man = anatomy()
    keep = np.ones(len(man.faces), bool)
    style = look.hair_style
    centre, down = vertices[man.faces].mean(1), along[man.faces].mean(1)
    head = vertices[np.unique(man.faces[man.parts == man.part("head")])]
    chin = head[:, 1].max() - 0.19
    hair = man.parts == man.part("hair")
    before_face = (centre[:, 2] > head[:, 2].max() - 0.105) & (
        centre[:, 1] < head[:, 1].max() - 0.03
    )
    too_low = centre[:, 1] < (chin - 0.02 if style == "bob" else chin - 0.16)
    keep &= ~hair | ((style in ("long", "bob")) & ~before_face & ~too_low)
    keep &= (man.parts != man.part("bun")) | (style == "bun")
    keep &= (man.parts != man.part("cap")) | (style != "bald")
    skirt = man.parts == man.part("skirt")
    return np.asarray(keep & (~skirt | ((look.bottom in ("skirt", "dress")) & (down < SKIRT))))
