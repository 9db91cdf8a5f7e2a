"""Drawing one take: every frame right and wrong, the film, and the truth beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from otio_bridge.files import write_json
from otio_bridge.media import write_film
from otio_bridge.model import FAILURE_KINDS, Request
from otio_bridge.previz.actors import acted
from otio_bridge.previz.breaking import Case, broken
from otio_bridge.previz.choreography import posed
from otio_bridge.previz.failures import Calibration, FailureEvent, failures_of
from otio_bridge.previz.finish import finished
from otio_bridge.previz.geometry import Array
from otio_bridge.previz.moment import moment_at
from otio_bridge.previz.picture import pictured
from otio_bridge.previz.sets import drawn_set, with_front
from otio_bridge.previz.stage import Stage, camera_at, staged
from otio_bridge.previz.truth import (
    BAD_CELLS,
    BAD_STRENGTH,
    CELLS,
    Seen,
    Truth,
    compared,
    in_words,
    strengths,
)

CHUNK = 8
"""Frames that a worker draws at a time."""
PARALLEL_FROM = 24
"""Frames below which starting workers is slower than drawing here."""
WORKERS = 2


def draw_take(
    request: Request,
    files: Mapping[str, Path],
    into: Path,
    *,
    progress: Callable[[float], None] | None = None,
    calibration: Calibration = "auto",
) -> Truth:
    """Draw the take of a request and write `<stem>.truth.json` beside it.

    Args:
        request: What to draw; the same request gives the same pictures.
        files: Local path of every picture that the request names.
        into: An .mp4 path that does not exist yet.
        progress: Called with the share done, 0 to 1.
        calibration: How often takes fail; see `failures_of`.

    Raises:
        MediaError: The film cannot be written there.
        LookError: A reference is no picture.
    """
    events = failures_of(request, calibration)
    seen: list[Seen] = []

    def pictures() -> Iterator[Array]:
        for picture, visible in _drawn(request, files, events):
            seen.append(visible)
            if progress:
                progress(len(seen) / request.frames)
            yield picture

    write_film(into, pictures(), rate=Fraction(request.rate), size=request.size)
    truth = _truth(request, events, seen)
    write_json(into.with_name(f"{into.stem}.truth.json"), truth)
    return truth


def _drawn(
    request: Request, files: Mapping[str, Path], events: tuple[FailureEvent, ...]
) -> Iterator[tuple[Array, Seen]]:
    if request.frames < PARALLEL_FROM:
        stage = staged(request, files)
        for frame in range(request.frames):
            yield frame_of(stage, frame, events)
        return
    chunks = [
        (request, dict(files), events, start, min(start + CHUNK, request.frames))
        for start in range(0, request.frames, CHUNK)
    ]
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn"), initializer=_alone) as pool:
        for chunk in pool.map(_chunk, chunks):
            yield from chunk


def _alone() -> None:
    cv2.setNumThreads(1)


_staged: dict[str, Stage] = {}
"""The one stage that a worker process keeps."""


def _chunk(
    work: tuple[Request, dict[str, Path], tuple[FailureEvent, ...], int, int],
) -> list[tuple[Array, Seen]]:
    request, files, events, start, end = work
    key = request.model_dump_json()
    if key not in _staged:
        _staged.clear()
        _staged[key] = staged(request, files)
    return [frame_of(_staged[key], frame, events) for frame in range(start, end)]


def frame_of(stage: Stage, frame: int, events: tuple[FailureEvent, ...]) -> tuple[Array, Seen]:
    """Return one frame of a take, (height, width, 3) uint8, and how visible its failure is."""
    request = stage.request
    moment = moment_at(request, stage.variation, frame)
    camera = camera_at(stage, moment)
    scene = posed(stage.cast, moment)
    meshes = acted(stage, scene)
    ground = drawn_set(stage.place, camera)
    right = pictured(meshes, stage.textures, stage.place.light, camera, ground)
    clean = finished(with_front(right.copy(), stage.place, camera), stage, frame)
    event = _active(events, frame + request.slot_start)
    if event is None:
        return clean, Seen()
    strength = event.strength(frame + request.slot_start)
    wrong = broken(Case(stage, scene, meshes, event, strength))
    drawn = pictured(wrong.meshes, stage.textures, stage.place.light, camera, ground)
    mixed = right + (drawn - right) * np.float32(wrong.share)
    shown = finished(with_front(mixed, stage.place, camera), stage, frame)
    return shown, compared(clean, shown)


def _active(events: tuple[FailureEvent, ...], slot_frame: int) -> FailureEvent | None:
    strongest = max(events, key=lambda event: event.strength(slot_frame), default=None)
    return strongest if strongest and strongest.strength(slot_frame) > 0.01 else None


def _truth(request: Request, events: tuple[FailureEvent, ...], seen: list[Seen]) -> Truth:
    per_frame = [strengths(events, request.slot_start + frame) for frame in range(request.frames)]
    least = BAD_CELLS / (CELLS[0] * CELLS[1])
    names = [performer.name for performer in request.performers] or ["Alex", "Bo"]
    return Truth(
        shot=request.shot, seed=request.seed, rate=request.rate,
        slot_start=request.slot_start, frames=request.frames,
        strength={kind: tuple(frame[kind] for frame in per_frame) for kind in FAILURE_KINDS},
        visible=tuple(one.share for one in seen),
        bad={
            kind: tuple(
                frame[kind] > BAD_STRENGTH and one.share >= least
                for frame, one in zip(per_frame, seen, strict=True)
            )
            for kind in FAILURE_KINDS
        },
        boxes=tuple(one.box for one in seen),
        events=tuple(asdict(event) for event in events),
        words=tuple(in_words(event, names, float(Fraction(request.rate))) for event in events),
    )  # fmt: skip
