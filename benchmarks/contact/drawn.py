"""The first domain: drawn, jointed, textured figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from contact.cast import (
    Figure,
    Image,
    costume_colours,
    draw_costumes,
    drifted,
    lab_to_bgr,
    make_figure,
    painted,
    posed,
    random_lab,
)
from contact.clips import Clip, changed_cells, save, write_film
from contact.failures import KINDS, broken, draw_failures
from contact.moves import Scene, closeness, make_scene, parts_at
from contact.nuisances import Nuisances, disturbed, draw_background, draw_nuisances, grained

SIZE = (480, 270)
CANVAS = (620, 350)


def make_clip(seed: int, folder: Path, take: int | None = None) -> Clip:
    """Draw one labelled clip with its sheets into the folder.

    Takes of one seed show the same people, place and moves, and fail each in its own way.
    """
    rng = np.random.default_rng((11, seed))
    likeness, cast, prop = _cast(rng)
    scene = make_scene(cast, prop, CANVAS, rng)
    rate = float(rng.choice([24, 24, 24, 25, 30, 15]))
    frames = round(rng.uniform(4.5, 7.5) * rate)
    name = f"drawn_{seed:05d}" if take is None else f"shot_{seed:05d}_{take}"
    inside = [i for i in range(frames) if closeness(scene, i / (frames - 1)) > 0.75]
    contact = (inside[0], inside[-1] + 1)
    shows_prop = scene.move in ("carry", "pass")
    ground_rng = rng
    if take is not None:
        rng = np.random.default_rng((11, seed, take))
    failures = draw_failures(frames, rate, contact, shows_prop, rng)
    nuisances = draw_nuisances(frames, rate, SIZE, rng)
    clutter = lab_to_bgr(cast[0].colours["top"]) if ground_rng.random() < 0.35 else None
    ground = draw_background(CANVAS, clutter, ground_rng)
    film, changed = _render(scene, ground, failures, nuisances, frames, rate)
    write_film(folder / f"{name}.mp4", film, rate, int(rng.integers(18, 33)))
    strength = np.zeros((frames, len(KINDS)), np.float32)
    for failure in failures:
        column = KINDS.index(failure.kind)
        strength[:, column] = np.maximum(strength[:, column], failure.strength)
    looks, props = _sheets(scene, name, folder, shows_prop, rng)
    condition = f"{likeness} {scene.move} {len(cast)} {'grain' if nuisances.grain > 5 else ''}"
    clip = Clip(
        name, "drawn", folder / f"{name}.mp4", rate, looks, props, contact, strength, changed,
        condition,
    )  # fmt: skip
    save(clip, folder)
    return clip


def _cast(rng: np.random.Generator) -> tuple[str, tuple[Figure, ...], Figure | None]:
    likeness, colours = draw_costumes(rng)
    if rng.random() < 0.22:
        colours.append(costume_colours(rng))
    height = rng.uniform(0.62, 1.0) * CANVAS[1]
    cast = tuple(make_figure(c, height * rng.uniform(0.9, 1.08), rng) for c in colours)
    if rng.random() < 0.4:
        return likeness, cast, None
    size = height * rng.uniform(0.12, 0.22)
    plain = make_figure({**colours[0], "top": random_lab(rng)}, size / 0.42, rng)
    return likeness, cast, Figure(size * 0.6, 1.0, {"prop": plain.sprites["torso"]}, 0.0)


def _render(
    scene: Scene, ground: Image, failures: list, nuisances: Nuisances, frames: int, rate: float
) -> tuple[list[Image], np.ndarray]:
    film, changed = [], np.zeros((frames, 45, 80), bool)
    for frame in range(frames):
        parts = parts_at(scene, frame / (frames - 1), frame / rate)
        shown = disturbed(painted(ground, parts), frame, SIZE, nuisances)
        active = [f for f in failures if f.strength[frame] > 0.01]
        if active:
            wrong = parts
            for failure in active:
                wrong = broken(wrong, scene.figures, failure, float(failure.strength[frame]))
            failed = disturbed(painted(ground, wrong), frame, SIZE, nuisances)
            changed[frame] = changed_cells(shown, failed)
            shown = failed
        film.append(grained(shown, frame, nuisances))
    return film, changed


def _sheets(
    scene: Scene, name: str, folder: Path, shows_prop: bool, rng: np.random.Generator
) -> tuple[tuple[dict[str, object], ...], tuple[str, ...]]:
    looks = []
    for index, figure in enumerate(scene.figures):
        path = folder / f"{name}_{index}.png"
        cv2.imwrite(str(path), draw_sheet(figure, rng))
        side = ("left", "right", "left", "right")[index]
        looks.append({"name": "ABCD"[index], "side": side, "image": path.name})
    if not (shows_prop and scene.prop):
        return tuple(looks), ()
    path = folder / f"{name}_prop.png"
    sprite = scene.prop.sprites["prop"]
    white = sprite[..., 3:] / 255.0
    cv2.imwrite(str(path), (sprite[..., :3] * white + 255 * (1 - white)).astype(np.uint8))
    return tuple(looks), (path.name,)


def draw_sheet(figure: Figure, rng: np.random.Generator) -> Image:
    """Draw a three-view sheet on a plain ground, its colours drifted from the take's."""
    view = (round(figure.height * 0.75), round(figure.height * 1.1))
    tone = rng.choice([255, 240, 128, 30])
    pages = []
    for facing in (-1.0, 1.0, 1.0):
        page = np.full((view[1], view[0], 3), tone, np.uint8)
        feet = np.array([view[0] / 2, view[1] * 0.99])
        shoulders = replace(figure, shoulder_width=figure.shoulder_width * rng.uniform(0.8, 1.3))
        parts = posed(0, shoulders, feet, 0.0, (None, None), rng.uniform(0, 6), facing, (0, 1, -1))
        pages.append(painted(page, parts))
    return drifted(np.hstack(pages), rng)
