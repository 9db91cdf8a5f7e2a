"""Places by words: rooms, kitchens, offices, streets, forests, beaches, stages, by day or night."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from otio_bridge.previz import painting as paint
from otio_bridge.previz.geometry import Array, unit, vector
from otio_bridge.previz.lighting import Light
from otio_bridge.previz.look import Colour, dice
from otio_bridge.previz.sets import Flat, Place

PLACE_KEY = "otio_bridge_place"
"""PNG text field of a still drawn by us: the location's name."""
BACK = -3.3
"""Depth of a room's back wall, metres."""
FLOOR = (16.0, 12.0)
"""Metres of floor, across and in depth."""
PIXELS = 110
"""Per metre of wall."""

Random = np.random.Generator


def place_of(name: str | None, picture: Path | None = None) -> Place:
    """Return the set that a location's name or picture stands for.

    Args:
        name: Such as "kitchen" or "street at night"; None for a plain room.
        picture: A still of the place, which becomes the backdrop.
    """
    if picture is not None:
        with Image.open(picture) as still:
            drawn = still.info.get(PLACE_KEY)
            pixels = np.asarray(still.convert("RGB"))
        if not isinstance(drawn, str):
            return _backdrop(pixels)
        name = drawn
    words = set((name or "").lower().replace("_", " ").replace("-", " ").split())
    make = next((maker for known, maker in LIBRARY if known & words), _room)
    roll = dice("place", (name or "").lower())
    place = make(roll, words)
    if words & {"night", "midnight", "dark", "moonlight"}:
        return _by_night(place)
    if words & {"sunset", "dusk", "dawn", "evening", "sunrise", "golden"}:
        return Place(place.flats, _sunlight(1.0, 0.35), place.sky, place.front, (1.10, 0.95, 0.78))
    return place


def _lamplight() -> Light:
    return Light(
        key=unit(vector(-0.45, 0.75, 0.95)),
        key_colour=np.array([0.80, 0.73, 0.63]),
        sky_colour=np.array([0.55, 0.55, 0.56]),
        ground_colour=np.array([0.40, 0.36, 0.31]),
        rim_colour=np.array([0.40, 0.42, 0.48]),
    )


def _sunlight(side: float = -1.0, height: float = 0.8) -> Light:
    return Light(
        key=unit(vector(0.6 * side, height, 0.8)),
        key_colour=np.array([0.88, 0.80, 0.66]),
        sky_colour=np.array([0.52, 0.57, 0.62]),
        ground_colour=np.array([0.38, 0.37, 0.31]),
        rim_colour=np.array([0.45, 0.46, 0.46]),
        shadow=0.6,
    )


def _standing(
    picture: Array, x: float, z: float, wide: float, high: float, low: float = 0.0
) -> Flat:
    """Return an upright flat, centred at x, its foot at height `low`."""
    pixels = np.clip(picture, 0, 255).astype(np.uint8)
    return Flat(
        pixels, vector(x - wide / 2, low + high, z), vector(wide, 0, 0), vector(0, -high, 0)
    )


def _ground(picture: Array, far: float = BACK) -> Flat:
    pixels = np.clip(picture, 0, 255).astype(np.uint8)
    return Flat(
        pixels, vector(-FLOOR[0] / 2, 0, far), vector(FLOOR[0], 0, 0), vector(0, 0, FLOOR[1])
    )


def _block(front: Array, x: float, z: float, wide: float, high: float, deep: float) -> list[Flat]:
    """Return a piece of furniture: top, sides and front; z is its front."""
    mean = front[:, :, :3].mean((0, 1))
    plain = np.broadcast_to(mean, (8, 8, 3))
    top = Flat(
        np.clip(plain * 1.18, 0, 255).astype(np.uint8), vector(x - wide / 2, high, z - deep),
        vector(wide, 0, 0), vector(0, 0, deep),
    )  # fmt: skip
    sides = [
        Flat(
            np.clip(plain * 0.7, 0, 255).astype(np.uint8), vector(x + side * wide / 2, high, z - deep),
            vector(0, 0, deep), vector(0, -high, 0),
        )
        for side in (-1, 1)
    ]  # fmt: skip
    return [*sides, top, _standing(front, x, z, wide, high)]


def _wall(colour: Colour, roll: Random) -> Array:
    wall = paint.graded(
        paint.surface(int(3.2 * PIXELS), int(12 * PIXELS), colour, roll, 4), 0.86, 1.0
    )
    wall[-16:] = paint.tone(colour, 1.15)
    wall[-18:-16] = paint.tone(colour, 0.6)
    return wall


def _hung(wall: Array, thing: Array, x: float, top: float) -> None:
    """Paint a thing onto a wall in place; x in metres from its middle, top in metres of height."""
    high, wide = thing.shape[:2]
    left, row = int((x + 6) * PIXELS - wide / 2), int((3.2 - top) * PIXELS)
    shadow = wall[row + 8 : row + high + 8, left + 8 : left + wide + 8]
    shadow *= 0.8
    wall[row : row + high, left : left + wide] = thing


def _blurred(picture: Array, sigma: float) -> Array:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma))


def _leaning(roll: Random, thing: Array) -> tuple[Flat, ...]:
    """Return a blurred thing at one edge of the frame, near the camera."""
    soft = _blurred(thing, 5)
    side = float(roll.choice((-1.0, 1.0)))
    return (_standing(soft, 1.55 * side, 1.7, 0.9, 1.5, 0.05),)


def _room(roll: Random, words: set[str]) -> Place:
    colour = [(188, 176, 156), (150, 168, 170), (196, 172, 148), (160, 172, 146)][roll.integers(4)]
    wall = _wall(colour, roll)
    outside = paint.sky(120, 120, (168, 204, 236), (236, 240, 240), roll, 0.5)
    side = float(roll.choice((-1.0, 1.0)))
    _hung(wall, paint.window(190, 200, outside, (238, 234, 226)), 1.5 * side, 2.5)
    for sign in (-1, 1):
        curtain = paint.boards(235, 44, (214, 202, 182), roll, 9)
        _hung(wall, curtain, 1.5 * side + sign * 1.13, 2.6)
    _hung(wall, paint.framed(90, 120, roll), -0.9 * side, 2.15)
    _hung(wall, paint.framed(70, 60, roll), -2.1 * side, 2.1)
    paint.glow(wall, 0.5 - 0.2 * side, 0.45, 0.10, (255, 220, 160), 0.22)
    floor = paint.boards(640, 900, (142, 100, 66), roll, 30)
    rug = paint.surface(140, 280, (148, 62, 54), roll, 5)
    cv2.rectangle(rug, (8, 8), (271, 131), (222, 196, 150), 5)
    floor[300:440, 310:590] = rug
    paint.glow(floor, 0.5 + 0.15 * side, 0.35, 0.16, (255, 230, 190), 0.22)
    couch = paint.sofa(
        150, 380, [(92, 110, 128), (138, 92, 70), (96, 116, 88)][roll.integers(3)], roll
    )
    flats = [
        _ground(floor), _standing(_blurred(wall, 1.4), 0, BACK, 12, 3.2),
        _standing(_blurred(couch, 1.0), -1.5 * side, BACK + 0.75, 2.1, 0.85),
        _standing(paint.lamp(300, 90, (252, 226, 164)), -2.9 * side, BACK + 0.6, 0.5, 1.65),
        _standing(_blurred(paint.plant(240, 150, roll), 0.8), 2.75 * side, BACK + 0.8, 0.75, 1.25),
    ]  # fmt: skip
    return Place(
        tuple(flats),
        _lamplight(),
        paint.tone(colour, 0.9),
        _leaning(roll, paint.plant(300, 200, roll)),
    )


def _kitchen(roll: Random, words: set[str]) -> Place:
    colour: Colour = [(206, 208, 196), (196, 206, 212), (216, 200, 176)][roll.integers(3)]
    doors: Colour = [(78, 112, 108), (70, 92, 126), (212, 206, 190)][roll.integers(3)]
    wall = _wall(colour, roll)
    splash = paint.tiles(int(0.7 * PIXELS), 12 * PIXELS, (232, 232, 224), roll, 18)
    wall[int(1.6 * PIXELS) : int(1.6 * PIXELS) + splash.shape[0]] = splash
    outside = paint.sky(120, 120, (150, 196, 232), (232, 238, 236), roll, 0.6)
    _hung(wall, paint.window(130, 190, outside, (244, 242, 236)), 0.2, 2.5)
    for x in (-2.3, 2.4):
        _hung(wall, paint.cupboards(86, 260, doors, 3), x, 2.55)
    paint.glow(wall, 0.5, 0.5, 0.18, (255, 226, 170), 0.15)
    floor = paint.tiles(800, 1000, (198, 186, 166), roll, 50)
    dark = paint.tiles(800, 1000, (120, 96, 78), roll, 50)
    checker = (np.indices((800, 1000)) // 50).sum(0) % 2 == 1
    floor[checker] = dark[checker]
    fridge = paint.graded(paint.surface(260, 110, (204, 208, 212), roll, 2), 1.05, 0.85)
    cv2.line(fridge, (0, 96), (110, 96), (110, 112, 116), 3)
    cv2.line(fridge, (14, 30), (14, 80), (90, 92, 96), 5)
    counter = paint.cupboards(120, 700, doors, 8)
    counter[:10] = (226, 218, 202)
    flats = [_ground(floor), _standing(_blurred(wall, 1.2), 0, BACK, 12, 3.2)]
    flats += _block(_blurred(counter, 0.8), -0.3, BACK + 0.62, 6.0, 0.92, 0.6)
    flats += _block(_blurred(fridge, 0.8), 3.15, BACK + 0.7, 0.85, 1.9, 0.68)
    flats.append(_standing(paint.plant(160, 110, roll), -2.0, BACK + 0.35, 0.35, 0.45, 0.92))
    return Place(tuple(flats), _lamplight(), colour, _leaning(roll, paint.plant(300, 200, roll)))


def _office(roll: Random, words: set[str]) -> Place:
    wall = _wall((186, 190, 192), roll)
    city = paint.sky(200, 420, (150, 190, 226), (226, 232, 234), roll, 0.5)
    for x in range(0, 420, 38):
        tall = int(roll.integers(40, 150))
        cv2.rectangle(
            city,
            (x, 200 - tall),
            (x + int(roll.integers(22, 40)), 200),
            roll.integers(110, 190, 3).tolist(),
            -1,
        )
    _hung(wall, paint.window(200, 420, city, (70, 74, 78)), 0.9, 2.7)
    floor = paint.surface(600, 800, (92, 100, 112), roll, 7) + roll.normal(0, 4, (600, 800, 1))
    screen = np.full((90, 150, 3), (34, 40, 48), np.float32)
    cv2.rectangle(screen, (6, 6), (143, 80), (90, 140, 190), -1)
    desk = paint.cupboards(100, 300, (190, 164, 130), 3)
    books = paint.shelves(300, 220, (150, 122, 92), roll)
    flats = [_ground(np.asarray(floor)), _standing(_blurred(wall, 1.4), 0, BACK, 12, 3.2)]
    flats += _block(_blurred(books, 1.2), -2.6, BACK + 0.4, 1.7, 2.2, 0.38)
    flats += _block(desk, 1.7, BACK + 1.0, 2.1, 0.75, 0.7)
    flats.append(_standing(screen, 1.5, BACK + 0.7, 0.65, 0.4, 0.82))
    flats.append(_standing(paint.plant(240, 150, roll), -1.2, BACK + 0.5, 0.7, 1.2))
    return Place(
        tuple(flats), _lamplight(), (186, 190, 192), _leaning(roll, paint.plant(300, 200, roll))
    )


def _library(roll: Random, words: set[str]) -> Place:
    colour: Colour = (128, 88, 58)
    wall = np.concatenate([paint.shelves(352, 330, colour, roll) for _ in range(4)], axis=1)
    floor = paint.boards(640, 900, (120, 82, 54), roll, 30)
    flats = [_ground(floor), _standing(_blurred(wall, 1.6), 0, BACK, 12, 3.2)]
    flats += _block(
        _blurred(paint.shelves(260, 150, colour, roll), 1.0), -2.7, BACK + 1.1, 1.2, 2.1, 0.5
    )
    flats.append(_standing(paint.lamp(300, 90, (250, 220, 150)), 2.6, BACK + 0.9, 0.5, 1.6))
    return Place(
        tuple(flats), _lamplight(), colour, _leaning(roll, paint.lamp(300, 200, (250, 220, 150)))
    )


def _street(roll: Random, words: set[str]) -> Place:
    lights = 0.6 if words & {"night", "evening", "dusk"} else 0.08
    houses = [
        paint.facade(640, 420, tuple(roll.integers(110, 190, 3)), roll, lights) for _ in range(4)
    ]
    row = _blurred(np.concatenate(houses, axis=1), 1.8)
    ground = paint.surface(700, 900, (96, 96, 98), roll, 6) + roll.normal(0, 6, (700, 900, 1))
    kerb = paint.tiles(180, 900, (156, 150, 140), roll, 45)
    ground[:180] = kerb
    ground[180:188] = (190, 186, 176)
    for x in range(20, 900, 130):
        ground[560:572, x : x + 70] = (216, 212, 196)
    sky = paint.sky(300, 600, (120, 172, 224), (226, 232, 236), roll, 0.7)
    pole = paint.lamp(420, 60, (250, 236, 190))
    crown = _blurred(paint.foliage(260, 260, (86, 128, 62), roll), 1.0)
    flats = [
        _standing(sky, 0, -16.0, 46, 22, -1), _ground(np.asarray(ground), -5.2),
        _standing(row, 0, -5.2, 17, 6.4), _standing(pole, -2.5, -3.4, 0.5, 3.3),
        _standing(paint.trunk(160, 40, (92, 74, 58), roll), 2.7, -3.2, 0.28, 1.9),
        _standing(crown, 2.7, -3.2, 2.3, 2.2, 1.5),
    ]  # fmt: skip
    return Place(tuple(flats), _sunlight(float(roll.choice((-1, 1)))), (200, 214, 226))


def _forest(roll: Random, words: set[str]) -> Place:
    far = paint.sky(420, 900, (176, 202, 170), (214, 222, 182), roll, 0.3)
    for k in range(46):
        x, wide = int(roll.integers(900)), int(roll.integers(6, 24))
        cv2.rectangle(far, (x, 0), (x + wide, 420), paint.tone((74, 92, 66), 0.9 + 0.012 * k), -1)
    floor = paint.surface(700, 900, (104, 104, 58), roll, 20) + roll.normal(0, 11, (700, 900, 1))
    paint.glow(floor, 0.55, 0.4, 0.14, (240, 220, 140), 0.25)
    flats = [_standing(_blurred(far, 5), 0, -8.5, 24, 9, -0.6), _ground(np.asarray(floor), -8.5)]
    for z in (-6.4, -5.4, -4.6, -3.8, -3.1, -2.5):
        for _ in range(2):
            x = float(roll.uniform(1.0, 4.0) * roll.choice((-1, 1)))
            bark = paint.trunk(420, 60, (92, 72, 54), roll)
            flats.append(_standing(_blurred(bark, 0.6 - z / 8), x, z, roll.uniform(0.3, 0.5), 6.0))
        bush = paint.foliage(180, 260, (78, 118, 52), roll)
        flats.append(
            _standing(_blurred(bush, 1.0), float(roll.uniform(-3.5, 3.5)), z, 1.5, 0.9, -0.12)
        )
    return Place(
        tuple(flats),
        _sunlight(),
        (206, 216, 180),
        _leaning(roll, paint.foliage(300, 200, (58, 92, 44), roll)),
    )


def _park(roll: Random, words: set[str]) -> Place:
    sky = paint.sky(360, 900, (118, 176, 230), (222, 234, 238), roll, 0.8)
    lawn = paint.surface(700, 900, (104, 142, 66), roll, 14) + roll.normal(0, 9, (700, 900, 1))
    cv2.rectangle(lawn, (0, 330), (900, 470), (196, 182, 150), -1)
    lawn[330:470] += 8 * paint.clouded(140, 900, roll)[..., None]
    flats = [_standing(sky, 0, -14, 44, 17, -1), _ground(np.asarray(lawn), -9.0)]
    for z, count in ((-8.0, 6), (-6.2, 4), (-4.2, 2)):
        for k in range(count):
            x = (
                (k - (count - 1) / 2) * 3.1
                + float(roll.uniform(-0.8, 0.8))
                + (1.9 if count == 2 else 0)
            )
            crown = paint.foliage(
                260, 260, paint.tone((84, 132, 60), roll.uniform(0.8, 1.15)), roll
            )
            flats.append(_standing(paint.trunk(200, 44, (96, 76, 58), roll), x, z, 0.32, 2.0))
            flats.append(_standing(_blurred(crown, 1.4), x, z, 2.7, 2.6, 1.3))
    return Place(tuple(flats), _sunlight(float(roll.choice((-1, 1)))), (190, 214, 232))


def _beach(roll: Random, words: set[str]) -> Place:
    sky = paint.sky(420, 900, (98, 168, 228), (228, 238, 240), roll, 0.55)
    paint.glow(sky, 0.68, 0.55, 0.10, (255, 240, 200), 0.6)
    sea = paint.graded(paint.surface(220, 900, (46, 132, 160), roll, 8), 0.85, 1.15)
    for y in (150, 180, 205):
        wave = (6 * np.sin(np.arange(900) / 40 + y)).astype(int)
        for x in range(900):
            sea[min(219, y + wave[x]) : y + wave[x] + 5, x] = (236, 242, 240)
    sand = paint.surface(700, 900, (222, 196, 146), roll, 9) + roll.normal(0, 5, (700, 900, 1))
    sand[:70] = paint.graded(sand[:70], 0.72, 0.98)
    water = Flat(
        np.clip(sea, 0, 255).astype(np.uint8),
        vector(-40, 0, -60),
        vector(80, 0, 0),
        vector(0, 0, 55.5),
    )
    palm = paint.foliage(220, 300, (70, 126, 66), roll)
    flats = [
        _standing(sky, 0, -60, 120, 46, -0.4), water, _ground(np.asarray(sand), -4.6),
        _standing(paint.trunk(300, 40, (150, 118, 82), roll), -2.9, -3.0, 0.28, 2.9),
        _standing(_blurred(palm, 1.0), -2.9, -3.0, 2.6, 1.5, 2.1),
    ]  # fmt: skip
    return Place(tuple(flats), _sunlight(1.0), (190, 216, 234))


def _stage(roll: Random, words: set[str]) -> Place:
    curtain = paint.boards(352, 1320, (128, 26, 34), roll, 34)
    folds = 0.72 + 0.34 * np.sin(np.arange(1320) / 11.0)[None, :, None]
    curtain = paint.graded(np.asarray(curtain * folds, np.float32), 0.5, 1.05)
    floor = paint.graded(paint.boards(640, 900, (104, 70, 46), roll, 26), 0.5, 0.9)
    paint.glow(floor, 0.5, 0.28, 0.17, (255, 236, 200), 0.45)
    paint.glow(curtain, 0.5, 0.75, 0.22, (255, 210, 170), 0.22)
    light = Light(
        key=unit(vector(-0.25, 1.0, 0.85)), key_colour=np.array([1.05, 0.98, 0.86]),
        sky_colour=np.array([0.46, 0.44, 0.50]), ground_colour=np.array([0.36, 0.28, 0.24]),
        rim_colour=np.array([0.5, 0.5, 0.7]), shadow=0.65,
    )  # fmt: skip
    flats = (_ground(floor), _standing(_blurred(curtain, 1.6), 0, BACK, 12, 3.6))
    return Place(flats, light, (20, 12, 14))


def _snow(roll: Random, words: set[str]) -> Place:
    sky = paint.sky(420, 900, (120, 164, 214), (226, 232, 240), roll, 0.5)
    desert = bool(words & {"desert", "canyon", "dune"})
    rock: Colour = (206, 146, 92) if desert else (128, 142, 166)
    steps = np.arange(900)
    for layer in range(3):
        bumps = sum(np.sin(steps / roll.uniform(14, 90) + roll.uniform(0, 6)) for _ in range(5))
        ridge = (150 + 62 * layer + (20 - 4 * layer) * bumps).astype(int).clip(0, 419)
        for x in steps:
            sky[ridge[x] :, x] = paint.tone(rock, 1.25 - 0.17 * layer)
            if not desert and layer < 2:
                sky[ridge[x] : ridge[x] + 26 + int(9 * np.sin(x / 5.0)), x] = (240, 244, 250)
    ground = paint.surface(700, 900, (226, 184, 128) if desert else (232, 238, 246), roll, 8)
    flats = (_standing(_blurred(sky, 3), 0, -20, 60, 26, -1.5), _ground(ground, -14.0))
    return Place(flats, _sunlight(), (200, 220, 236))


def _by_night(place: Place) -> Place:
    light = Light(
        key=unit(vector(0.6, 0.8, 0.7)), key_colour=np.array([0.62, 0.62, 0.66]),
        sky_colour=np.array([0.40, 0.47, 0.64]), ground_colour=np.array([0.32, 0.31, 0.36]),
        rim_colour=np.array([0.55, 0.50, 0.38]), shadow=0.5,
    )  # fmt: skip
    flats = tuple(
        Flat(_night_picture(flat.picture), flat.origin, flat.along, flat.down)
        for flat in place.flats
    )
    return Place(flats, light, (16, 22, 40), (), (0.94, 0.98, 1.10))


def _night_picture(picture: Array) -> Array:
    """Return a picture in moonlight; what is bright and warm stays lit."""
    colours = picture[:, :, :3].astype(np.float32)
    warm = np.clip((colours[:, :, 0] - colours[:, :, 2] - 60) / 50, 0, 1)
    lit = (warm * (colours.mean(2) > 185))[..., None]
    dark = colours * np.array([0.33, 0.39, 0.54])
    mixed = np.clip(dark + (colours - dark) * lit, 0, 255).astype(np.uint8)
    return np.dstack([mixed, picture[:, :, 3]]) if picture.shape[2] == 4 else mixed


def _backdrop(pixels: Array) -> Place:
    """Return a set whose backdrop is the user's picture and whose floor continues its colours."""
    high, wide = pixels.shape[:2]
    tall = 4.6
    across = tall * wide / high
    scale = max(1.0, 11.0 / across)
    still = cv2.resize(
        pixels, (1280, max(2, round(1280 * high / wide))), interpolation=cv2.INTER_AREA
    )
    foot = cv2.GaussianBlur(still[-max(2, still.shape[0] // 7) :], (0, 0), 3)
    floor = np.concatenate([foot[::-1], foot, foot[::-1]])
    flats = (
        _ground(cv2.resize(floor, (900, 600)).astype(np.float32), -4.0),
        _standing(
            cv2.GaussianBlur(still, (0, 0), 1.0), 0, -4.0, across * scale, tall * scale, -0.25
        ),
    )
    mean = pixels.reshape(-1, 3).mean(0)
    red, green, blue = (int(value) for value in mean)
    return Place(flats, _lamplight(), (red, green, blue))


LIBRARY: tuple[tuple[frozenset[str], Callable[[Random, set[str]], Place]], ...] = (
    (
        frozenset({"kitchen", "bakery", "bathroom", "laundry", "hospital", "lab", "laboratory"}),
        _kitchen,
    ),
    (
        frozenset({"street", "city", "alley", "road", "town", "market", "square", "sidewalk"}),
        _street,
    ),
    (frozenset({"forest", "wood", "woods", "jungle"}), _forest),
    (frozenset({"park", "garden", "meadow", "field", "yard", "farm", "lawn", "playground"}), _park),
    (frozenset({"beach", "sea", "coast", "shore", "ocean", "harbour", "lake"}), _beach),
    (
        frozenset({"office", "meeting", "studio", "school", "classroom", "airport", "station"}),
        _office,
    ),
    (frozenset({"library", "bookshop", "study", "archive"}), _library),
    (frozenset({"stage", "theatre", "theater", "concert", "circus", "opera"}), _stage),
    (
        frozenset({"snow", "mountain", "mountains", "desert", "canyon", "dune", "ice", "moon"}),
        _snow,
    ),
)
