"""Surfaces and things of a set, painted as flat pictures: boards, tiles, walls, trees, windows."""

from __future__ import annotations

import cv2
import numpy as np

from otio_bridge.previz.geometry import Array
from otio_bridge.previz.look import Colour

Random = np.random.Generator


def tone(colour: Colour, by: float) -> Colour:
    """Return a colour made darker or lighter."""
    red, green, blue = (int(min(255, max(0, value * by))) for value in colour)
    return red, green, blue


def clouded(high: int, wide: int, roll: Random, grain: int = 6) -> Array:
    """Return soft noise (high, wide) around 0, about -1..1."""
    total = np.zeros((high, wide), np.float32)
    for octave in range(4):
        cells = grain * 2**octave
        noise = roll.normal(size=(cells, cells)).astype(np.float32)
        total += cv2.resize(noise, (wide, high), interpolation=cv2.INTER_CUBIC) / 2**octave
    return np.asarray(total / 2.2)


def surface(high: int, wide: int, colour: Colour, roll: Random, strength: float = 9.0) -> Array:
    """Return a plain surface with soft stains, (high, wide, 3) float32 0..255."""
    return np.asarray(
        np.array(colour, np.float32) + strength * clouded(high, wide, roll)[..., None], np.float32
    )


def boards(high: int, wide: int, colour: Colour, roll: Random, width: int = 40) -> Array:
    """Return floor boards that run along the picture's height."""
    picture = surface(high, wide, colour, roll, 5)
    grain = cv2.resize(roll.normal(size=(12, wide)).astype(np.float32), (wide, high))
    picture += 7 * grain[..., None]
    for left in range(0, wide, width):
        picture[:, left : left + width] *= roll.uniform(0.84, 1.12)
        for top in roll.integers(0, high, 3):
            picture[top : top + 2, left : left + width] *= 0.6
        picture[:, left : left + 2] *= 0.55
    return picture


def tiles(high: int, wide: int, colour: Colour, roll: Random, edge: int = 48) -> Array:
    """Return square tiles with joints."""
    picture = surface(high, wide, colour, roll, 4)
    for top in range(0, high, edge):
        for left in range(0, wide, edge):
            picture[top : top + edge, left : left + edge] *= roll.uniform(0.93, 1.05)
            picture[top : top + 3, left : left + edge] *= 0.78
            picture[top : top + edge, left : left + 3] *= 0.78
    return picture


def bricks(high: int, wide: int, colour: Colour, roll: Random) -> Array:
    """Return a brick wall."""
    picture = surface(high, wide, tone(colour, 0.62), roll, 6)
    for row, top in enumerate(range(0, high, 14)):
        for left in range(-20 * (row % 2), wide, 40):
            shade = np.array(colour) * roll.uniform(0.8, 1.12)
            cv2.rectangle(picture, (left + 2, top + 2), (left + 37, top + 12), shade.tolist(), -1)
    return picture


def graded(picture: Array, top: float, bottom: float) -> Array:
    """Return the picture with its brightness running from top to bottom."""
    ramp = np.linspace(top, bottom, picture.shape[0], dtype=np.float32)[:, None, None]
    return np.asarray(picture * ramp)


def glow(
    picture: Array, x: float, y: float, radius: float, colour: Colour, strength: float
) -> None:
    """Add a soft pool of light in place; x, y and radius are shares of width, height, width."""
    high, wide = picture.shape[:2]
    across = (np.arange(wide) / wide - x) / radius
    down = ((np.arange(high) / high - y) * high / wide / radius)[:, None]
    picture += strength * np.exp(-(across**2) - down**2)[..., None] * np.array(colour, np.float32)


def sky(high: int, wide: int, top: Colour, bottom: Colour, roll: Random, clouds: float) -> Array:
    """Return a sky with soft clouds."""
    ramp = np.linspace(0, 1, high, dtype=np.float32)[:, None, None]
    picture = np.array(top, np.float32) * (1 - ramp) + np.array(bottom, np.float32) * ramp
    picture = np.repeat(picture, wide, axis=1)
    veil = np.clip(clouded(high, wide, roll, 4), 0, 1)[..., None] * clouds
    return np.asarray(picture + veil * (250 - picture))


def window(high: int, wide: int, outside: Array, frame: Colour) -> Array:
    """Return a window with four panes and what is seen through it."""
    picture = cv2.resize(outside, (wide, high)).astype(np.float32)
    edge = max(4, wide // 22)
    for x in (0, wide // 2 - edge // 2, wide - edge):
        picture[:, x : x + edge] = frame
    for y in (0, high // 2 - edge // 2, high - edge):
        picture[y : y + edge] = frame
    return picture


def framed(high: int, wide: int, roll: Random) -> Array:
    """Return a framed abstract painting."""
    picture = np.full((high, wide, 3), (236, 230, 216), np.float32)
    for _ in range(5):
        colour = roll.integers(40, 230, 3).tolist()
        centre = (int(roll.integers(wide)), int(roll.integers(high)))
        cv2.circle(picture, centre, int(roll.integers(wide // 10, wide // 3)), colour, -1)
    cv2.rectangle(picture, (0, 0), (wide - 1, high - 1), (58, 44, 34), max(6, wide // 16))
    return picture


def shelves(high: int, wide: int, colour: Colour, roll: Random) -> Array:
    """Return shelves full of books."""
    picture = np.full((high, wide, 3), tone(colour, 0.5), np.float32)
    rows = 5
    for row in range(rows):
        floor = (row + 1) * high // rows - 6
        x = 8
        while x < wide - 14:
            width, tall = int(roll.integers(6, 15)), int(high / rows * roll.uniform(0.55, 0.85))
            shade = (0.5 * roll.integers(60, 215, 3) + 0.5 * roll.integers(60, 190)).tolist()
            cv2.rectangle(picture, (x, floor - tall), (x + width - 1, floor), shade, -1)
            x += width + (int(roll.integers(20)) if roll.random() < 0.1 else 0)
        cv2.rectangle(picture, (0, floor), (wide, floor + 7), colour, -1)
    cv2.rectangle(picture, (0, 0), (wide - 1, high - 1), colour, 9)
    return picture


def cupboards(high: int, wide: int, colour: Colour, doors: int) -> Array:
    """Return a row of doors with handles."""
    picture = np.full((high, wide, 3), colour, np.float32)
    for door in range(doors):
        left, right = door * wide // doors, (door + 1) * wide // doors
        cv2.rectangle(picture, (left + 4, 4), (right - 4, high - 4), tone(colour, 0.9), 2)
        cv2.rectangle(picture, (left + 12, 12), (right - 12, high - 12), tone(colour, 1.05), 2)
        cv2.line(
            picture, (right - 22, high // 2 - 16), (right - 22, high // 2 + 16), (70, 68, 66), 4
        )
    return graded(picture, 1.05, 0.85)


def facade(high: int, wide: int, colour: Colour, roll: Random, lights: float) -> Array:
    """Return the front of a house with windows above shops; `lights` is the share of lit ones."""
    picture = graded(bricks(high, wide, colour, roll), 1.05, 0.85)
    floors, rows = max(3, high // 110), max(3, wide // 90)
    for level in range(floors):
        top = level * high // floors + 16
        for column in range(rows):
            left = column * wide // rows + 18
            right, bottom = (column + 1) * wide // rows - 18, (level + 1) * high // floors - 26
            lit = roll.random() < lights
            glass = (250, 214, 140) if lit else tone((92, 112, 132), roll.uniform(0.7, 1.3))
            cv2.rectangle(
                picture, (left - 4, top - 4), (right + 4, bottom + 6), (206, 200, 188), -1
            )
            cv2.rectangle(picture, (left, top), (right, bottom), glass, -1)
            cv2.line(
                picture,
                ((left + right) // 2, top),
                ((left + right) // 2, bottom),
                (206, 200, 188),
                3,
            )
    for shop in range(2):
        left, right = shop * wide // 2 + 14, (shop + 1) * wide // 2 - 14
        top = high - high // floors + 4
        shade = roll.integers(40, 200, 3).tolist()
        cv2.rectangle(picture, (left, top), (right, high), (60, 54, 50), -1)
        cv2.rectangle(picture, (left + 10, top + 34), (right - 10, high - 18), (210, 196, 160), -1)
        cv2.rectangle(picture, (left, top), (right, top + 26), shade, -1)
    return picture


def trunk(high: int, wide: int, colour: Colour, roll: Random) -> Array:
    """Return a tree trunk with bark as RGBA."""
    bark = boards(high, wide, colour, roll, max(4, wide // 7))
    round_shade = np.sin(np.linspace(0.25, np.pi - 0.1, wide))[None, :, None]
    edge = wide * (0.06 + 0.05 * np.abs(clouded(high, 1, roll, 3)))
    flare = np.clip(np.linspace(-2.2, 1, high), 0, 1)[:, None] ** 2 * wide * 0.14
    x = np.arange(wide)[None, :]
    inset = edge + wide * 0.14 - flare
    opaque = np.clip(np.minimum(x - inset, wide - inset - x) / 2, 0, 1) * 255
    return np.dstack([bark * round_shade, opaque]).astype(np.float32)


def foliage(high: int, wide: int, colour: Colour, roll: Random, leaves: int = 260) -> Array:
    """Return a bush or crown as RGBA: many small leaves, lit from above."""
    picture = np.zeros((high, wide, 4), np.float32)
    for k in range(leaves):
        angle, reach = roll.uniform(0, 2 * np.pi), np.sqrt(roll.random()) * 0.44
        x, y = wide * (0.5 + reach * np.cos(angle)), high * (0.52 + reach * np.sin(angle))
        shade = (0.55 + 0.45 * k / leaves) * (1.25 - 0.6 * y / high) * roll.uniform(0.85, 1.15)
        axes = (
            int(wide * roll.uniform(0.03, 0.07)) + 1,
            int(high * roll.uniform(0.015, 0.035)) + 1,
        )
        paint = (*tone(colour, shade), 255)
        cv2.ellipse(picture, (int(x), int(y)), axes, float(roll.uniform(0, 180)), 0, 360, paint, -1)
    return picture


def plant(high: int, wide: int, roll: Random) -> Array:
    """Return a potted plant as RGBA."""
    picture = np.zeros((high, wide, 4), np.float32)
    base = (wide // 2, int(high * 0.74))
    for k in range(22):
        angle = roll.uniform(-1.15, 1.15)
        tip = (
            int(base[0] + np.sin(angle) * wide * 0.46),
            int(base[1] - np.cos(angle) * high * roll.uniform(0.4, 0.7)),
        )
        bend = ((base[0] + tip[0]) // 2, (base[1] + tip[1]) // 2 - high // 14)
        paint = (*tone((64, 128, 62), 0.6 + 0.03 * k), 255)
        leaf = np.array(
            [base, (bend[0] - wide // 26, bend[1]), tip, (bend[0] + wide // 26, bend[1])]
        )
        cv2.fillPoly(picture, [leaf], paint, cv2.LINE_AA)
    pot = np.array([(0.32, 0.72), (0.68, 0.72), (0.62, 1.0), (0.38, 1.0)]) * [wide, high]
    cv2.fillPoly(picture, [pot.astype(np.int32)], (198, 186, 172, 255), cv2.LINE_AA)
    return picture


def lamp(high: int, wide: int, shade: Colour) -> Array:
    """Return a standing lamp as RGBA."""
    picture = np.zeros((high, wide, 4), np.float32)
    middle = wide // 2
    cv2.line(
        picture, (middle, high // 5), (middle, high - 6), (52, 46, 42, 255), max(3, wide // 20)
    )
    cv2.ellipse(picture, (middle, high - 5), (wide // 4, 5), 0, 0, 360, (52, 46, 42, 255), -1)
    cone = np.array([(0.30, 0.0), (0.70, 0.0), (0.95, 0.22), (0.05, 0.22)]) * [wide, high]
    cv2.fillPoly(picture, [cone.astype(np.int32)], (*shade, 255), cv2.LINE_AA)
    return picture


def sofa(high: int, wide: int, colour: Colour, roll: Random) -> Array:
    """Return a sofa from the front as RGBA."""
    picture = np.zeros((high, wide, 4), np.float32)
    cloth = surface(high, wide, colour, roll, 5)
    shape = np.zeros((high, wide), np.uint8)
    cv2.rectangle(shape, (wide // 18, high // 10), (wide - wide // 18, high - high // 9), 255, -1)
    cv2.rectangle(shape, (0, high // 3), (wide, high - high // 9), 255, -1)
    cloth[: high // 2] *= 0.88
    for x in (wide // 9, wide // 2, wide - wide // 9):
        cv2.line(cloth, (x, high // 8), (x, high - high // 5), tone(colour, 0.6), 3)
    cv2.line(
        cloth,
        (wide // 9, high * 55 // 100),
        (wide - wide // 9, high * 55 // 100),
        tone(colour, 0.55),
        4,
    )
    picture[:, :, :3], picture[:, :, 3] = (
        graded(cloth, 1.1, 0.7),
        cv2.GaussianBlur(shape, (0, 0), 2),
    )
    for x in (wide // 12, wide - wide // 12):
        cv2.rectangle(picture, (x - 4, high - high // 9), (x + 4, high - 1), (48, 36, 28, 255), -1)
    return picture
