"""Drawing one take: every frame right and wrong, the film, and the truth beside it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from fractions import Fraction
from multiprocessing import current_process, get_context
from pathlib import Path
from threading import current_thread, main_thread

import cv2
import numpy as np

from otio_bridge.files import write_json
from otio_bridge.media import write_film
from otio_bridge.model import FAILURE_KINDS, Request
from otio_bridge.previz.actors import acted
from otio_bridge.previz.breaking import Broken, Case, broken
from otio_bridge.previz.camera import Camera
from otio_bridge.previz.choreography import posed
from otio_bridge.previz.failures import Calibration, FailureEvent, failures_of
from otio_bridge.previz.finish import finished
from otio_bridge.previz.geometry import Array
from otio_bridge.previz.moment import moment_at
from otio_bridge.previz.motion import SHUTTER, movement, smeared
from otio_bridge.previz.picture import pictured
from otio_bridge.previz.sets import drawn_set, with_front
from otio_bridge.previz.stage import Stage, camera_at, light_at, staged
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
MOST_WORKERS = 4
STILL = 0.003
"""Change of nearness and touch below which nobody moves fast enough to be blurred."""
BLAS_THREADS = "OPENBLAS_NUM_THREADS"


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
        for picture, visible in drawn_frames(request, files, events):
            seen.append(visible)
            if progress:
                progress(len(seen) / request.frames)
            yield picture

    write_film(into, pictures(), rate=Fraction(request.rate), size=request.size)
    truth = _truth(request, events, seen)
    write_json(into.with_name(f"{into.stem}.truth.json"), truth)
    return truth


def drawn_frames(
    request: Request, files: Mapping[str, Path], events: tuple[FailureEvent, ...]
) -> Iterator[tuple[Array, Seen]]:
    """Yield all frames in order; workers draw them while there are enough and they live."""
    done = 0
    if request.frames >= PARALLEL_FROM and not current_process().daemon:
        try:
            for chunk in _by_workers(request, files, events):
                yield from chunk
                done += len(chunk)
        except BrokenExecutor:
            pass  # no processes to be had here; the rest is drawn in this one
    if done < request.frames:
        stage = staged(request, files)
        for frame in range(done, request.frames):
            yield frame_of(stage, frame, events)


def _by_workers(
    request: Request, files: Mapping[str, Path], events: tuple[FailureEvent, ...]
) -> Iterator[list[tuple[Array, Seen]]]:
    chunks = [
        (request, dict(files), events, start, min(start + CHUNK, request.frames))
        for start in range(0, request.frames, CHUNK)
    ]
    workers = min(MOST_WORKERS, os.cpu_count() or 1)
    with ProcessPoolExecutor(workers, get_context("spawn"), initializer=_alone) as pool:
        try:
            with _single_threaded(), _uninterrupted():
                done = pool.map(_chunk, chunks)
            yield from done
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _single_threaded() -> Iterator[None]:
    """Let processes that start here use one thread each for linear algebra."""
    before = os.environ.get(BLAS_THREADS)
    os.environ[BLAS_THREADS] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[BLAS_THREADS]
        else:
            os.environ[BLAS_THREADS] = before


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Start processes before Ctrl-C is heard, since half started ones complain.

    They are born deaf to it and end with their pool.
    """
    if current_thread() is not main_thread() or not hasattr(signal, "pthread_sigmask"):
        yield
        return
    pressed: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, handler or signal.SIG_DFL)
        if pressed:
            signal.raise_signal(signal.SIGINT)


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


def frame_of(
    stage: Stage,
    frame: int,
    events: tuple[FailureEvent, ...],
    breaking: Callable[[Case], Broken] = broken,
) -> tuple[Array, Seen]:
    """Return one frame of a take, (height, width, 3) uint8, and how visible its failure is."""
    request = stage.request
    moment = moment_at(request, stage.variation, frame)
    camera, scene = camera_at(stage, moment), posed(stage.cast, moment)
    light = light_at(stage, moment)
    meshes = acted(stage, scene)
    ground = drawn_set(stage.place, camera)
    right = pictured(meshes, stage.textures, light, camera, ground)
    flow = _movement(stage, frame, np.concatenate([mesh.points for mesh in meshes]), camera)

    def ended(picture: Array) -> Array:
        return smeared(
            finished(with_front(picture, stage.place, camera), stage, frame, moment.jitter),
            flow,
            camera.size[0],
        )

    slot_frame = frame + request.slot_start
    event = _active(events, slot_frame)
    if event is None:
        return ended(right), Seen()
    wrong = breaking(Case(stage, scene, meshes, event, event.strength(slot_frame)))
    drawn = pictured(wrong.meshes, stage.textures, light, camera, ground)
    mixed = right + (drawn - right) * np.float32(wrong.share)
    shown = ended(mixed)
    return shown, compared(ended(right), shown)


def _movement(stage: Stage, frame: int, now: Array, camera: Camera) -> Array | None:
    before = moment_at(stage.request, stage.variation, frame)
    moment = moment_at(stage.request, stage.variation, frame + SHUTTER)
    if abs(moment.near - before.near) + abs(moment.touch - before.touch) < STILL:
        return None
    then = acted(stage, posed(stage.cast, moment))
    later = np.concatenate([mesh.points for mesh in then])
    return movement(now, camera, later, camera_at(stage, moment))


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
