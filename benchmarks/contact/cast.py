"""The drawn figures: who they are (costume sprites) and which painted parts a pose consists of."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Point = NDArray[np.float64]

ARM_PARTS = ("upper_arm", "forearm", "hand")
LEG_PARTS = ("thigh", "shin", "foot")

# Length and width of every part as shares of the figure's height.
PROPORTIONS = {
    "head": (0.05, 0.10), "hair": (0.045, 0.07), "torso": (0.30, 0.20), "hips": (0.06, 0.17),
    "upper_arm": (0.165, 0.07), "forearm": (0.15, 0.058), "hand": (0.03, 0.05),
    "thigh": (0.23, 0.095), "shin": (0.22, 0.075), "foot": (0.06, 0.05),
}  # fmt: skip
GARMENT = {
    "head": "skin", "hair": "hair", "torso": "top", "hips": "bottom", "upper_arm": "top",
    "forearm": "sleeve", "hand": "skin", "thigh": "bottom", "shin": "bottom", "foot": "shoe",
}  # fmt: skip
LIKENESS = {"distinct": None, "moderate": 26.0, "similar": 12.0, "uniform": 3.0}
"""How far apart in Lab the costumes of two lie."""
LIKENESS_SHARES = (0.45, 0.3, 0.17, 0.08)


@dataclass(frozen=True)
class Part:
    """One capsule to paint: from `start` to `end`, in canvas pixels, farther parts first."""

    figure: int
    name: str
    side: int
    start: Point
    end: Point
    depth: float
    sprite: Image
    opacity: float = 1.0


@dataclass(frozen=True)
class Figure:
    """One drawn character: height in pixels, build and one sprite a part."""

    height: float
    build: float
    sprites: dict[str, Image]
    shoulder_width: float
    colours: dict[str, Point] = field(default_factory=dict)


def moved(point: Point, x: float, y: float) -> Point:
    """Return a point moved by that many pixels."""
    return point + np.array([x, y])


def lab_to_bgr(lab: Point) -> Point:
    """Convert one CIE Lab colour (L 0..100) to BGR 0..255."""
    pixel = np.array(lab, np.float32).reshape(1, 1, 3)
    return np.clip(cv2.cvtColor(pixel, cv2.COLOR_Lab2BGR).reshape(3) * 255.0, 0, 255).astype(float)


def random_lab(rng: np.random.Generator) -> Point:
    """Draw a costume colour."""
    chroma, hue = rng.uniform(0, 62), rng.uniform(0, 2 * np.pi)
    return np.array([rng.uniform(18, 82), chroma * np.cos(hue), chroma * np.sin(hue)])


def costume_colours(rng: np.random.Generator) -> dict[str, Point]:
    """Draw the Lab colours of one character's garments, skin and hair."""
    top = random_lab(rng)
    skin = np.array([rng.uniform(32, 80), rng.uniform(8, 22), rng.uniform(12, 28)])
    bare_arms = rng.random() < 0.35
    return {
        "top": top,
        "sleeve": skin if bare_arms else top,
        "bottom": random_lab(rng) if rng.random() < 0.8 else top + rng.normal(0, 6, 3),
        "skin": skin,
        "hair": np.array([rng.uniform(8, 70), rng.uniform(0, 15), rng.uniform(0, 30)]),
        "shoe": np.array([rng.uniform(10, 70), rng.normal(0, 8), rng.normal(0, 8)]),
    }


def similar_costume(
    colours: dict[str, Point], distance: float, rng: np.random.Generator
) -> dict[str, Point]:
    """Return garments whose colours lie at about that Lab distance from another's."""
    shifted = {}
    for garment, lab in colours.items():
        step = rng.normal(0, 1, 3)
        shifted[garment] = lab + step / np.linalg.norm(step) * distance
    return shifted


def draw_costumes(rng: np.random.Generator) -> tuple[str, list[dict[str, Point]]]:
    """Draw the costumes of two; return how like they are, in a word of LIKENESS, and both."""
    likeness = str(rng.choice(list(LIKENESS), p=LIKENESS_SHARES))
    first, distance = costume_colours(rng), LIKENESS[likeness]
    second = costume_colours(rng) if distance is None else similar_costume(first, distance, rng)
    return likeness, [first, second]


def drifted(sheet: Image, rng: np.random.Generator) -> Image:
    """Return a sheet in another light than the take's; its ground stays."""
    drift = rng.uniform(0.85, 1.12) * (1 + rng.normal(0, 0.03, 3))
    plain = np.all(sheet == sheet[0, 0], axis=2)
    shown = np.clip(sheet.astype(np.float32) * drift, 0, 255)
    shown[plain] = sheet[0, 0]
    return shown.astype(np.uint8)


def _pattern(rng: np.random.Generator, length: int, width: int, kind: str) -> NDArray[np.float64]:
    """Draw a lightness pattern -1..1 of one garment."""
    x, y = np.meshgrid(np.arange(length), np.arange(width))
    period = rng.uniform(5, 14)
    if kind == "stripes":
        return np.sign(np.sin(2 * np.pi * x / period))
    if kind == "pinstripes":
        return np.sign(np.sin(2 * np.pi * y / period) - 0.5)
    if kind == "checks":
        return np.sign(np.sin(2 * np.pi * x / period) * np.sin(2 * np.pi * y / period))
    if kind == "dots":
        waves = np.sin(2 * np.pi * x / period) * np.sin(2 * np.pi * y / period)
        return np.where(waves > 0.5, 1.0, -0.2)
    if kind == "cloth":
        noise = rng.normal(0, 1, (max(2, width // 4), max(2, length // 4))).astype(np.float32)
        return np.clip(cv2.resize(noise, (length, width)), -1, 1).astype(float)
    return np.zeros((width, length))


def _sprite(lab: Point, length: int, width: int, pattern: NDArray[np.float64]) -> Image:
    """Bake one BGRA capsule, shaded like a cylinder."""
    across = (np.arange(width) - width / 2 + 0.5) / (width / 2)
    shade = -14.0 * across[:, None] ** 2 + 6.0 * across[:, None]
    image = np.empty((width, length, 3), np.float32)
    image[:] = lab
    image[..., 0] = np.clip(image[..., 0] + shade + 13.0 * pattern, 2, 97)
    bgr = cv2.cvtColor(image, cv2.COLOR_Lab2BGR) * 255.0
    alpha = np.zeros((width, length), np.uint8)
    radius = width // 2
    ends = (radius, radius), (max(radius, length - 1 - radius), radius)
    cv2.line(alpha, *ends, 255, width - 2, cv2.LINE_AA)
    return np.dstack([np.clip(bgr, 0, 255).astype(np.uint8), alpha])


def make_figure(colours: dict[str, Point], height: float, rng: np.random.Generator) -> Figure:
    """Dress one figure: same colours, own patterns, own build."""
    build = rng.uniform(0.85, 1.3)
    kinds = ["plain", "cloth", "stripes", "checks", "dots", "pinstripes"]
    garment_pattern = {
        garment: rng.choice(kinds, p=[0.3, 0.3, 0.12, 0.1, 0.1, 0.08])
        for garment in ("top", "bottom", "shoe")
    }
    seeds = {garment: int(rng.integers(1 << 30)) for garment in colours}
    sprites = {}
    for name, (length, width) in PROPORTIONS.items():
        garment = GARMENT[name]
        thick = max(5, round(width * height * build))
        long = max(round(length * height) + thick, thick + 2)
        kind = garment_pattern.get("top" if garment == "sleeve" else garment, "plain")
        if garment == "sleeve" and np.allclose(colours["sleeve"], colours["skin"]):
            kind = "plain"
        pattern = _pattern(np.random.default_rng(seeds[garment]), long, thick, str(kind))
        sprites[name] = _sprite(colours[garment], long, thick, pattern)
    return Figure(height, build, sprites, rng.uniform(0.07, 0.17), colours)


def _bent(
    start: Point, end: Point, first: float, second: float, bend: float
) -> tuple[Point, Point]:
    """Return the middle joint and the reachable end of a two-bone chain (law of cosines)."""
    reach = end - start
    distance = float(np.hypot(*reach)) + 1e-6
    limited = min(distance, (first + second) * 0.999)
    end = start + reach / distance * limited
    along = (first**2 - second**2 + limited**2) / (2 * limited)
    aside = bend * np.sqrt(max(first**2 - along**2, 0.0))
    direction = reach / distance
    return start + direction * along + np.array([-direction[1], direction[0]]) * aside, end


def posed(
    index: int,
    figure: Figure,
    foot_line: Point,
    lean: float,
    hands: tuple[Point | None, Point | None],
    stride: float,
    facing: float,
    depths: tuple[float, float, float],
) -> list[Part]:
    """Return the parts of one figure in one pose.

    Args:
        index: Which figure of the clip this is.
        figure: Its look and size.
        foot_line: Canvas point on the ground below the hips.
        lean: Horizontal offset of the shoulders as a share of the height.
        hands: Canvas point each hand reaches for, None to hang.
        stride: Phase of the walk in radians.
        facing: +1 looks right, -1 looks left.
        depths: Depth of the body, of arm 0 and of arm 1.
    """
    h = figure.height
    hips = foot_line + np.array([0.0, -0.47 * h])
    chest = hips + np.array([lean * h, -0.33 * h])
    head = chest + np.array([0.03 * h * facing + lean * 0.2 * h, -0.085 * h])
    parts = [
        ("torso", 0, moved(chest, 0, 0.03 * h), hips, 0.0),
        ("hips", 0, moved(hips, -0.03 * h, 0), moved(hips, 0.03 * h, 0), -0.1),
        ("head", 0, moved(head, 0, 0.02 * h), moved(head, 0, -0.02 * h), 0.3),
        ("hair", 0, moved(head, -0.025 * h, -0.05 * h), moved(head, 0.025 * h, -0.05 * h), 0.4),
    ]
    for side, sign in enumerate((-1.0, 1.0)):
        parts += _leg(h, hips, side, sign, stride, facing)
    painted = [_part(index, figure, p, depths[0]) for p in parts]
    for side, sign in enumerate((-1.0, 1.0)):
        shoulder = chest + np.array([sign * figure.shoulder_width * h, 0.035 * h])
        swing = 0.08 * np.sin(stride + side * np.pi)
        target = hands[side]
        hanging = moved(shoulder, swing * h + 0.02 * h * facing, 0.31 * h)
        goal = hanging if target is None else target
        elbow, wrist = _bent(shoulder, goal, 0.165 * h, 0.15 * h, facing)
        knuckle = wrist + (wrist - elbow) / (np.hypot(*(wrist - elbow)) + 1e-6) * 0.03 * h
        arm = [
            ("upper_arm", side, shoulder, elbow, 0.0),
            ("hand", side, wrist, knuckle, 0.05),
            ("forearm", side, elbow, wrist, 0.1),
        ]
        painted += [_part(index, figure, p, depths[1 + side]) for p in arm]
    return painted


def _leg(
    h: float, hips: Point, side: int, sign: float, stride: float, facing: float
) -> list[tuple[str, int, Point, Point, float]]:
    socket = hips + np.array([sign * 0.04 * h, 0.02 * h])
    phase = np.sin(stride + side * np.pi)
    ankle = hips + np.array(
        [sign * 0.05 * h + 0.13 * h * phase, 0.45 * h - 0.03 * h * max(0, phase)]
    )
    knee, ankle = _bent(socket, ankle, 0.23 * h, 0.22 * h, -facing)
    toe = ankle + np.array([0.06 * h * facing, 0.015 * h])
    depth = -0.4 + 0.1 * side
    return [
        ("thigh", side, socket, knee, depth + 0.05),
        ("shin", side, knee, ankle, depth),
        ("foot", side, ankle, toe, depth - 0.01),
    ]


def _part(
    index: int, figure: Figure, raw: tuple[str, int, Point, Point, float], base: float
) -> Part:
    name, side, start, end, depth = raw
    return Part(index, name, side, start, end, base + depth, figure.sprites[name])


def painted(canvas: Image, parts: list[Part]) -> Image:
    """Return the canvas with the parts painted far to near."""
    picture = canvas.copy()
    for part in sorted(parts, key=lambda p: p.depth):
        if part.opacity > 0.01:
            _paint(picture, part)
    return picture


def _paint(picture: Image, part: Part) -> None:
    width, length = part.sprite.shape[:2]
    radius = width / 2
    axis = part.end - part.start
    bone = float(np.hypot(*axis)) + 1e-6
    along = axis / bone * (bone / max(length - 2 * radius, 1.0))
    across = np.array([-axis[1], axis[0]]) / bone
    linear = np.column_stack([along, across])
    offset = part.start - linear @ np.array([radius, radius])
    corners = np.array([[0, 0], [length, 0], [0, width], [length, width]]) @ linear.T + offset
    low = np.maximum(np.floor(corners.min(0)).astype(int) - 1, 0)
    high = np.minimum(np.ceil(corners.max(0)).astype(int) + 2, picture.shape[1::-1])
    if (high - low).min() < 1:
        return
    matrix = np.column_stack([linear, offset - low])
    drawn = cv2.warpAffine(part.sprite, matrix, (int(high[0] - low[0]), int(high[1] - low[1])))
    region = picture[low[1] : high[1], low[0] : high[0]]
    alpha = drawn[..., 3:].astype(np.float32) * (part.opacity / 255.0)
    region[:] = (region + (drawn[..., :3].astype(np.float32) - region) * alpha).astype(np.uint8)


def mixed_sprite(own: Image, other: Image, share: NDArray[np.float32] | float) -> Image:
    """Return a part's sprite with the colours of another blended in; the shape stays its own."""
    colours = cv2.resize(other[..., :3], own.shape[1::-1])
    weight = share if isinstance(share, float) else share[..., None]
    mixed = own[..., :3] * (1.0 - weight) + colours * weight
    return np.dstack([mixed.astype(np.uint8), own[..., 3]])


def wearing(part: Part, sprite: Image) -> Part:
    """Return the part painted with another sprite."""
    return replace(part, sprite=sprite)
