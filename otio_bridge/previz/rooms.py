"""Places indoors."""

from __future__ import annotations

import cv2
import numpy as np

from otio_bridge.previz import painting as paint
from otio_bridge.previz.geometry import unit, vector
from otio_bridge.previz.lighting import Light
from otio_bridge.previz.look import Colour
from otio_bridge.previz.scenery import (
    BACK,
    PIXELS,
    Random,
    block,
    blurred,
    floor_flat,
    hung,
    lamplight,
    leaning,
    plaster,
    standing,
)
from otio_bridge.previz.sets import Place


def room(roll: Random, words: set[str]) -> Place:
    """Return a living room."""
    colour = [(188, 176, 156), (150, 168, 170), (196, 172, 148), (160, 172, 146)][roll.integers(4)]
    wall = plaster(colour, roll)
    outside = paint.sky(120, 120, (168, 204, 236), (236, 240, 240), roll, 0.5)
    side = float(roll.choice((-1.0, 1.0)))
    hung(wall, paint.window(190, 200, outside, (238, 234, 226)), 1.5 * side, 2.5)
    for sign in (-1, 1):
        curtain = paint.boards(235, 44, (214, 202, 182), roll, 9)
        hung(wall, curtain, 1.5 * side + sign * 1.13, 2.6)
    hung(wall, paint.framed(90, 120, roll), -0.9 * side, 2.15)
    hung(wall, paint.framed(70, 60, roll), -2.1 * side, 2.1)
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
        floor_flat(floor), standing(blurred(wall, 1.4), 0, BACK, 12, 3.2),
        standing(blurred(couch, 1.0), -1.5 * side, BACK + 0.75, 2.1, 0.85),
        standing(paint.lamp(300, 90, (252, 226, 164)), -2.9 * side, BACK + 0.6, 0.5, 1.65),
        standing(blurred(paint.plant(240, 150, roll), 0.8), 2.75 * side, BACK + 0.8, 0.75, 1.25),
    ]  # fmt: skip
    return Place(
        tuple(flats),
        lamplight(),
        paint.tone(colour, 0.9),
        leaning(roll, paint.plant(300, 200, roll)),
    )


def kitchen(roll: Random, words: set[str]) -> Place:
    """Return a kitchen."""
    colour: Colour = [(206, 208, 196), (196, 206, 212), (216, 200, 176)][roll.integers(3)]
    doors: Colour = [(78, 112, 108), (70, 92, 126), (212, 206, 190)][roll.integers(3)]
    wall = plaster(colour, roll)
    splash = paint.tiles(int(0.7 * PIXELS), 12 * PIXELS, (232, 232, 224), roll, 18)
    wall[int(1.6 * PIXELS) : int(1.6 * PIXELS) + splash.shape[0]] = splash
    outside = paint.sky(120, 120, (150, 196, 232), (232, 238, 236), roll, 0.6)
    hung(wall, paint.window(130, 190, outside, (244, 242, 236)), 0.2, 2.5)
    for x in (-2.3, 2.4):
        hung(wall, paint.cupboards(86, 260, doors, 3), x, 2.55)
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
    flats = [floor_flat(floor), standing(blurred(wall, 1.2), 0, BACK, 12, 3.2)]
    flats += block(blurred(counter, 0.8), -0.3, BACK + 0.62, 6.0, 0.92, 0.6)
    flats += block(blurred(fridge, 0.8), 3.15, BACK + 0.7, 0.85, 1.9, 0.68)
    flats.append(standing(paint.plant(160, 110, roll), -2.0, BACK + 0.35, 0.35, 0.45, 0.92))
    return Place(tuple(flats), lamplight(), colour, leaning(roll, paint.plant(300, 200, roll)))


def office(roll: Random, words: set[str]) -> Place:
    """Return an office above a city."""
    wall = plaster((186, 190, 192), roll)
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
    hung(wall, paint.window(200, 420, city, (70, 74, 78)), 0.9, 2.7)
    floor = paint.surface(600, 800, (92, 100, 112), roll, 7) + roll.normal(0, 4, (600, 800, 1))
    screen = np.full((90, 150, 3), (34, 40, 48), np.float32)
    cv2.rectangle(screen, (6, 6), (143, 80), (90, 140, 190), -1)
    desk = paint.cupboards(100, 300, (190, 164, 130), 3)
    books = paint.shelves(300, 220, (150, 122, 92), roll)
    flats = [floor_flat(np.asarray(floor)), standing(blurred(wall, 1.4), 0, BACK, 12, 3.2)]
    flats += block(blurred(books, 1.2), -2.6, BACK + 0.4, 1.7, 2.2, 0.38)
    flats += block(desk, 1.7, BACK + 1.0, 2.1, 0.75, 0.7)
    flats.append(standing(screen, 1.5, BACK + 0.7, 0.65, 0.4, 0.82))
    flats.append(standing(paint.plant(240, 150, roll), -1.2, BACK + 0.5, 0.7, 1.2))
    return Place(
        tuple(flats), lamplight(), (186, 190, 192), leaning(roll, paint.plant(300, 200, roll))
    )


def library(roll: Random, words: set[str]) -> Place:
    """Return a room lined with books."""
    colour: Colour = (128, 88, 58)
    wall = np.concatenate([paint.shelves(352, 330, colour, roll) for _ in range(4)], axis=1)
    floor = paint.boards(640, 900, (120, 82, 54), roll, 30)
    flats = [floor_flat(floor), standing(blurred(wall, 1.6), 0, BACK, 12, 3.2)]
    flats += block(
        blurred(paint.shelves(260, 150, colour, roll), 1.0), -2.7, BACK + 1.1, 1.2, 2.1, 0.5
    )
    flats.append(standing(paint.lamp(300, 90, (250, 220, 150)), 2.6, BACK + 0.9, 0.5, 1.6))
    return Place(
        tuple(flats), lamplight(), colour, leaning(roll, paint.lamp(300, 200, (250, 220, 150)))
    )


def stage(roll: Random, words: set[str]) -> Place:
    """Return a stage with a red curtain and a spotlight."""
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
    flats = (floor_flat(floor), standing(blurred(curtain, 1.6), 0, BACK, 12, 3.6))
    return Place(flats, light, (20, 12, 14))
