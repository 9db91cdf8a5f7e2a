"""The second domain: posed 3-D bodies in costume, as the offline provider draws and breaks them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from contact.cast import Image
from contact.clips import Clip, changed_cells, save, write_film
from contact.dressed import draw_ground, draw_look_sheet, draw_looks, draw_names, relight_sheet
from contact.failures import KINDS
from contact.mishaps import broken_widely, mishaps
from contact.nuisances import Nuisances, disturbed, draw_nuisances, grained
from otio_bridge.model import Performer, Reference, Request
from otio_bridge.previz import FailureEvent, draw_prop, failures_of
from otio_bridge.previz.stage import Stage, staged
from otio_bridge.previz.take import frame_of
from otio_bridge.previz.truth import strengths

SIZE = (480, 270)
RATE = 12
"""Frames per second: what the judge looks at, since drawing a body is slow."""
FRAMINGS = (1.0, 1.35)
"""How much nearer than the provider's camera a disturbed clip may be."""
SETS = ("kitchen", "park", "street", "office", "beach", "living room", "forest", "library")
GROUNDS = 0.35
"""Share of the clips before a drawn set instead of the provider's."""
PROPS = ("juice box", "box", "ball", "book", "cup", "umbrella")
KINDS_SHOWN = {"hug": 0.3, "handshake": 0.2, "carry": 0.15, "pass": 0.25, "rope": 0.1}
"""Share of every kind of contact; more than half show a prop, whose failures are rare."""


def make_clip(seed: int, folder: Path) -> Clip:
    """Draw one labelled clip with its sheets into the folder."""
    return _clip(
        f"posed_{seed:05d}", np.random.default_rng((21, seed)), lambda events: events, folder
    )


def make_mishap(seed: int, folder: Path) -> Clip:
    """Draw one that fails in the ways of `contact.mishaps`, not the provider's alone."""
    rng = np.random.default_rng((22, seed))
    return _clip(f"mishap_{seed:05d}", rng, lambda events: mishaps(events, rng), folder)


def _clip(
    name: str, rng: np.random.Generator,
    changed_events: Callable[[tuple[FailureEvent, ...]], tuple[FailureEvent, ...]], folder: Path,
) -> Clip:  # fmt: skip
    request = _request(name, rng)
    files = {f"{who.name}.png": folder / f"{name}_{who.name}.png" for who in request.performers}
    likeness, worn = draw_looks([who.name for who in request.performers], rng)
    for who, look in zip(request.performers, worn, strict=True):
        draw_look_sheet(look, who.name, files[f"{who.name}.png"])
    props = tuple(f"{name}_prop.png" for _ in request.props)
    for what, file in zip(request.props, props, strict=True):
        draw_prop(what, folder / file)
    events = changed_events(failures_of(request, "b" if rng.random() < 0.3 else "a"))
    nuisances = _nuisances(request.frames, rng)
    if request.location is None:
        files["ground.png"] = folder / f"{name}_ground.png"
        draw_ground(files["ground.png"], worn[0], rng)
    film, changed = _render(staged(request, files), events, nuisances)
    if nuisances is not None:
        for who in request.performers:
            relight_sheet(files[f"{who.name}.png"], rng)
    write_film(folder / f"{name}.mp4", film, RATE, int(rng.integers(17, 30)))
    rows = [strengths(events, frame) for frame in range(request.frames)]
    strength = np.array([[row[kind] for kind in KINDS] for row in rows], np.float32)
    looks = tuple(
        {"name": who.name, "side": who.side, "image": files[f"{who.name}.png"].name}
        for who in request.performers
    )
    clip = Clip(
        name, "posed", folder / f"{name}.mp4", float(RATE), looks, props, request.contact[0],
        strength, changed, f"{likeness} {request.kind} {len(request.performers)}",
    )  # fmt: skip
    save(clip, folder)
    return clip


def _request(name: str, rng: np.random.Generator) -> Request:
    kind = str(rng.choice(list(KINDS_SHOWN), p=list(KINDS_SHOWN.values())))
    count = 3 if rng.random() < 0.2 else 2
    who = draw_names(count, rng)
    shows_prop = kind != "hug" and (kind != "handshake" or rng.random() < 0.5)
    # A prop's colours follow from its name.
    thing = "rope" if kind == "rope" else f"{rng.choice(PROPS)} {rng.integers(1 << 20)}"
    sides = ("left", "right", "center")
    performers = tuple(Performer(name=n, side=s) for n, s in zip(who, sides, strict=False))
    frames = int(rng.integers(4, 8)) * RATE
    start = int(rng.integers(0, RATE * 3 // 2))
    end = frames if rng.random() < 0.6 else frames - int(rng.integers(0, RATE))
    return Request(
        id=name, shot=name, take="t01", provider="offline", model="previz", prompt="",
        seed=int(rng.integers(1 << 20)), slot_start=0, frames=frames, slot_frames=frames,
        rate=f"{RATE}/1", size=SIZE, performers=performers,
        location=None if rng.random() < GROUNDS else str(rng.choice(SETS)),
        props=(thing,) if shows_prop else (),
        contact=((start, end),), kind=kind,
        references=(
            *(Reference(name=n, images=(f"{n}.png",)) for n in who),
            Reference(name="ground", role="location", images=("ground.png",)),
        ),
    )  # fmt: skip


def _nuisances(frames: int, rng: np.random.Generator) -> Nuisances | None:
    """Draw disturbances for two clips in three; the others stay as the provider draws them."""
    if rng.random() < 1 / 3:
        return None
    drawn = draw_nuisances(frames, RATE, SIZE, rng)
    nearer = np.array([1.0, 1.0, rng.uniform(*FRAMINGS), 1.0])
    gain = drawn.gain / drawn.gain.mean() * rng.uniform(0.85, 1.1)
    return replace(drawn, camera=drawn.camera * nearer, gain=gain)


def _render(
    stage: Stage, events: tuple[FailureEvent, ...], nuisances: Nuisances | None
) -> tuple[list[Image], NDArray[np.bool_]]:
    count = stage.request.frames
    film, changed = [], np.zeros((count, 45, 80), bool)
    for frame in range(count):
        shown = _taken(stage, frame, events, nuisances)
        if any(event.strength(frame) > 0.01 for event in events):
            changed[frame] = changed_cells(_taken(stage, frame, (), nuisances), shown)
        film.append(shown if nuisances is None else grained(shown, frame, nuisances))
    return film, changed


def _taken(
    stage: Stage, frame: int, events: tuple[FailureEvent, ...], nuisances: Nuisances | None
) -> Image:
    shown, _ = frame_of(stage, frame, events, broken_widely)
    picture = cv2.cvtColor(shown, cv2.COLOR_RGB2BGR)
    return picture if nuisances is None else disturbed(picture, frame, SIZE, nuisances)
