"""Places outdoors."""

from __future__ import annotations

import cv2
import numpy as np

from otio_bridge.previz import painting as paint
from otio_bridge.previz.geometry import vector
from otio_bridge.previz.look import Colour
from otio_bridge.previz.scenery import (
    Random,
    blurred,
    floor_flat,
    leaning,
    standing,
    sunlight,
)
from otio_bridge.previz.sets import Flat, Place


def street(roll: Random, words: set[str]) -> Place:
    """Return a street with shops."""
    lights = 0.6 if words & {"night", "evening", "dusk"} else 0.08
    houses = [
        paint.facade(640, 420, tuple(roll.integers(110, 190, 3)), roll, lights) for _ in range(4)
    ]
    row = blurred(np.concatenate(houses, axis=1), 1.8)
    ground = paint.surface(700, 900, (96, 96, 98), roll, 6) + roll.normal(0, 6, (700, 900, 1))
    kerb = paint.tiles(180, 900, (156, 150, 140), roll, 45)
    ground[:180] = kerb
    ground[180:188] = (190, 186, 176)
    for x in range(20, 900, 130):
        ground[560:572, x : x + 70] = (216, 212, 196)
    sky = paint.sky(300, 600, (120, 172, 224), (226, 232, 236), roll, 0.7)
    pole = paint.lamp(420, 60, (250, 236, 190))
    crown = blurred(paint.foliage(260, 260, (86, 128, 62), roll), 1.0)
    flats = [
        standing(sky, 0, -16.0, 46, 22, -1), floor_flat(np.asarray(ground), -5.2),
        standing(row, 0, -5.2, 17, 6.4), standing(pole, -2.5, -3.4, 0.5, 3.3),
        standing(paint.trunk(160, 40, (92, 74, 58), roll), 2.7, -3.2, 0.28, 1.9),
        standing(crown, 2.7, -3.2, 2.3, 2.2, 1.5),
    ]  # fmt: skip
    return Place(tuple(flats), sunlight(float(roll.choice((-1, 1)))), (200, 214, 226))


def forest(roll: Random, words: set[str]) -> Place:
    """Return a forest."""
    far = paint.sky(420, 900, (176, 202, 170), (214, 222, 182), roll, 0.3)
    for k in range(46):
        x, wide = int(roll.integers(900)), int(roll.integers(6, 24))
        cv2.rectangle(far, (x, 0), (x + wide, 420), paint.tone((74, 92, 66), 0.9 + 0.012 * k), -1)
    floor = paint.surface(700, 900, (104, 104, 58), roll, 20) + roll.normal(0, 11, (700, 900, 1))
    paint.glow(floor, 0.55, 0.4, 0.14, (240, 220, 140), 0.25)
    flats = [standing(blurred(far, 5), 0, -8.5, 24, 9, -0.6), floor_flat(np.asarray(floor), -8.5)]
    for z in (-6.4, -5.4, -4.6, -3.8, -3.1, -2.5):
        for _ in range(2):
            aside = float(roll.uniform(1.0, 4.0) * roll.choice((-1, 1)))
            bark = paint.trunk(420, 60, (92, 72, 54), roll)
            flats.append(
                standing(blurred(bark, 0.6 - z / 8), aside, z, float(roll.uniform(0.3, 0.5)), 6.0)
            )
        bush = paint.foliage(180, 260, (78, 118, 52), roll)
        flats.append(
            standing(blurred(bush, 1.0), float(roll.uniform(-3.5, 3.5)), z, 1.5, 0.9, -0.12)
        )
    return Place(
        tuple(flats),
        sunlight(),
        (206, 216, 180),
        leaning(roll, paint.foliage(300, 200, (58, 92, 44), roll)),
    )


def park(roll: Random, words: set[str]) -> Place:
    """Return a park with a path."""
    sky = paint.sky(360, 900, (118, 176, 230), (222, 234, 238), roll, 0.8)
    lawn = paint.surface(700, 900, (104, 142, 66), roll, 14) + roll.normal(0, 9, (700, 900, 1))
    cv2.rectangle(lawn, (0, 330), (900, 470), (196, 182, 150), -1)
    lawn[330:470] += 8 * paint.clouded(140, 900, roll)[..., None]
    flats = [standing(sky, 0, -14, 44, 17, -1), floor_flat(np.asarray(lawn), -9.0)]
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
            flats.append(standing(paint.trunk(200, 44, (96, 76, 58), roll), x, z, 0.32, 2.0))
            flats.append(standing(blurred(crown, 1.4), x, z, 2.7, 2.6, 1.3))
    return Place(tuple(flats), sunlight(float(roll.choice((-1, 1)))), (190, 214, 232))


def beach(roll: Random, words: set[str]) -> Place:
    """Return a beach."""
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
        standing(sky, 0, -60, 120, 46, -0.4), water, floor_flat(np.asarray(sand), -4.6),
        standing(paint.trunk(300, 40, (150, 118, 82), roll), -2.9, -3.0, 0.28, 2.9),
        standing(blurred(palm, 1.0), -2.9, -3.0, 2.6, 1.5, 2.1),
    ]  # fmt: skip
    return Place(tuple(flats), sunlight(1.0), (190, 216, 234))


def snow(roll: Random, words: set[str]) -> Place:
    """Return snowy mountains, or a desert where the words say so."""
    sky = paint.sky(420, 900, (120, 164, 214), (226, 232, 240), roll, 0.5)
    desert = bool(words & {"desert", "canyon", "dune"})
    rock: Colour = (206, 146, 92) if desert else (128, 142, 166)
    steps = np.arange(900)
    for layer in range(3):
        waves = [np.sin(steps / roll.uniform(14, 90) + roll.uniform(0, 6)) for _ in range(5)]
        bumps = np.sum(waves, axis=0)
        ridge = (318 + 30 * layer + (8 - 2 * layer) * bumps).astype(int).clip(0, 419)
        for x in steps:
            sky[ridge[x] :, x] = paint.tone(rock, 1.25 - 0.17 * layer)
            if not desert and layer < 2:
                sky[ridge[x] : ridge[x] + 11 + int(4 * np.sin(x / 5.0)), x] = (240, 244, 250)
    ground = paint.surface(700, 900, (226, 184, 128) if desert else (232, 238, 246), roll, 8)
    flats = (standing(blurred(sky, 3), 0, -20, 60, 26, -1.5), floor_flat(ground, -14.0))
    return Place(flats, sunlight(), (200, 220, 236))
