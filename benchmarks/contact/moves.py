"""What the drawn figures do: approach, hug, shake hands, carry or pass something, and part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from contact.cast import Figure, Part, Point, moved, posed

MOVES = ("hug", "handshake", "carry", "pass")
GAP = {"hug": 0.17, "handshake": 0.52, "carry": 0.62, "pass": 0.58}
"""Distance between two figures in contact, as a share of their height."""


@dataclass(frozen=True)
class Scene:
    """One choreography on a canvas; all lengths in canvas pixels, all times 0..1 of the clip."""

    move: str
    figures: tuple[Figure, ...]
    prop: Figure | None
    ground: Point
    contact: tuple[float, float]
    far: float
    gap: float
    swaps_depth: bool
    tempo: float
    phases: tuple[float, ...]


def make_scene(
    figures: tuple[Figure, ...],
    prop: Figure | None,
    canvas: tuple[int, int],
    rng: np.random.Generator,
) -> Scene:
    """Draw a choreography for these figures."""
    move = str(rng.choice(MOVES, p=[0.4, 0.22, 0.19, 0.19] if prop else [0.6, 0.4, 0, 0]))
    start = rng.uniform(0.0, 0.35)
    end = rng.uniform(0.8, 1.0) if rng.random() < 0.4 else 1.0
    ground = np.array([canvas[0] * rng.uniform(0.44, 0.56), canvas[1] * rng.uniform(0.86, 1.1)])
    return Scene(
        move, figures, prop, ground, (start, end), rng.uniform(0.6, 1.1),
        GAP[move] * rng.uniform(0.75, 1.25), bool(rng.random() < 0.5), rng.uniform(0.8, 2.0),
        tuple(rng.uniform(0, 6.28, 12)),
    )  # fmt: skip


def closeness(scene: Scene, time: float) -> float:
    """Return 0 apart .. 1 in contact."""
    start, end = scene.contact
    coming = np.clip(time / max(start, 1e-6), 0, 1) if start > 0.02 else 1.0
    leaving = np.clip((1.0 - time) / max(1.0 - end, 1e-6), 0, 1) if end < 0.999 else 1.0
    eased = min(coming, leaving)
    return float(eased * eased * (3 - 2 * eased))


def parts_at(scene: Scene, time: float, seconds: float) -> list[Part]:
    """Return every part of every figure, and the prop, at one moment.

    Args:
        scene: The choreography.
        time: Share of the clip, 0..1.
        seconds: The same moment in seconds.
    """
    near = closeness(scene, time)
    feet = _feet(scene, near, seconds)
    hands, prop = _hands(scene, feet, near, time, seconds)
    parts: list[Part] = []
    walking = (1.0 - near) * 7.0 * scene.tempo * seconds
    for index, figure in enumerate(scene.figures):
        facing = 1.0 if index == 0 else -1.0
        lean = (0.05 * near * facing if index < 2 else 0.0) + 0.02 * np.sin(
            1.7 * scene.tempo * seconds + scene.phases[index]
        )
        depth = _depths(scene, index, near)
        parts += posed(index, figure, feet[index], lean, hands[index], walking, facing, depth)
    if scene.prop is not None and prop is not None:
        parts.append(_prop_part(scene.prop, prop, scene, seconds))
    return parts


def _feet(scene: Scene, near: float, seconds: float) -> list[Point]:
    height = scene.figures[0].height
    gap = height * (scene.far + (scene.gap - scene.far) * near)
    feet = []
    for index in range(len(scene.figures)):
        sway = 0.025 * height * np.sin(1.3 * scene.tempo * seconds + scene.phases[4 + index])
        offset = (-gap / 2, gap / 2, -gap / 2 - 0.42 * height, gap / 2 + 0.42 * height)[index]
        feet.append(scene.ground + np.array([offset + sway, (0.02 * height) * (index >= 2) * -1]))
    return feet


def _depths(scene: Scene, index: int, near: float) -> tuple[float, float, float]:
    front = (index == 0) == scene.swaps_depth
    body = 4.0 if front else 0.0
    if index >= 2:
        return -6.0, -5.0, -4.5
    if scene.move == "hug" and near > 0.5:
        # One arm of each goes in front of the partner, the other behind it.
        return body, (7.0 if front else 6.0), (-2.0 if front else 2.0)
    return body, body + 1.0, body - 1.0


def _hands(
    scene: Scene, feet: list[Point], near: float, time: float, seconds: float
) -> tuple[list[tuple[Point | None, Point | None]], Point | None]:
    h = scene.figures[0].height
    wave = np.sin(2.6 * scene.tempo * seconds + scene.phases[8])
    middle = (feet[0] + feet[1]) / 2
    hands: list[tuple[Point | None, Point | None]] = [(None, None) for _ in feet]
    if scene.move == "hug" and near > 0.35:
        for index, other in ((0, 1), (1, 0)):
            away = 1.0 if index == 0 else -1.0
            back = feet[other] + np.array([away * 0.07 * h, -0.70 * h + 0.03 * h * wave])
            low = feet[other] + np.array([away * 0.05 * h, -0.58 * h - 0.02 * h * wave])
            hands[index] = (back, low)
        if len(feet) > 2:
            hands[2] = (None, feet[0] + np.array([-0.03 * h, -0.68 * h]))
        return hands, None
    if scene.move == "handshake" and near > 0.6:
        clasp = middle + np.array([0.0, -0.58 * h + 0.04 * h * np.sin(9 * seconds)])
        hands[0], hands[1] = (None, moved(clasp, -0.01 * h, 0)), (moved(clasp, 0.01 * h, 0), None)
        return hands, None
    if scene.move == "carry":
        box = middle + np.array([0.0, -0.55 * h + 0.02 * h * wave])
        side = 0.11 * h
        hands[0] = (moved(box, -side, 0.03 * h), moved(box, -side, -0.02 * h))
        hands[1] = (moved(box, side, 0.03 * h), moved(box, side, -0.02 * h))
        return hands, box
    if scene.move == "pass":
        return _passing(scene, feet, hands, time, wave)
    return hands, None


def _passing(
    scene: Scene,
    feet: list[Point],
    hands: list[tuple[Point | None, Point | None]],
    time: float,
    wave: float,
) -> tuple[list[tuple[Point | None, Point | None]], Point]:
    h = scene.figures[0].height
    start, end = scene.contact
    share = float(np.clip((time - start) / max(end - start, 1e-6), 0, 1))
    given = np.clip((share - 0.2) / 0.6, 0, 1)
    height = np.array([0.0, -0.57 * h + 0.02 * h * wave])
    way = moved(feet[1] - feet[0], -0.4 * h, 0)
    spot = moved(feet[0], 0.2 * h, 0) + way * given + height
    hands[0] = (None, moved(spot, -0.05 * h, 0) if share < 0.65 else None)
    hands[1] = (moved(spot, 0.05 * h, 0) if share > 0.35 else None, None)
    return hands, spot


def _prop_part(prop: Figure, spot: Point, scene: Scene, seconds: float) -> Part:
    turn = 0.15 * np.sin(1.1 * scene.tempo * seconds + scene.phases[9])
    half = prop.height / 2 * np.array([np.cos(turn), np.sin(turn)])
    return Part(-1, "prop", 0, spot - half, spot + half, 5.5, prop.sprites["prop"])
