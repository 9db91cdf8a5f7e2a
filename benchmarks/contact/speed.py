"""How long the judge takes beyond decoding: `python -m contact.speed FOLDER`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from functools import partial
from multiprocessing import get_context
from operator import call
from pathlib import Path

import av
import cv2
import numpy as np

from contact import drawn
from contact.cast import Image
from contact.clips import Clip, load
from contact.table import looks_of
from otio_bridge.scoring import score
from otio_bridge.scoring.reader import analysed_frames, open_film

SECONDS = 8
RATE = 24
SIZE = (1280, 720)
MEGABITS = (1, 10)
CORES = 2
"""Takes that are judged at once, as the product's pool does."""


def main() -> None:
    """Print seconds per second of a 1280x720 take at about 1 and 10 Mbit/s."""
    folder = Path(sys.argv[1])
    clip = _clip(folder / "clips")
    films = [folder / f"speed_{megabits}.mp4" for megabits in MEGABITS]
    for film, megabits in zip(films, MEGABITS, strict=True):
        if not film.exists():
            _enlarged(clip.film, film, megabits)
    with ProcessPoolExecutor(CORES, get_context("spawn")) as pool:
        for film in films:
            decoding, whole = _spent(partial(_decoded, film)), _spent(partial(_judged, film, clip))
            together = _at_once(pool, partial(_judged, film, clip))
            beyond = together - _at_once(pool, partial(_decoded, film))
            cpu, wall = (after - before for after, before in zip(whole, decoding, strict=True))
            print(
                f"{film.stat().st_size * 8e-6 / SECONDS:.1f} Mbit/s: decode {decoding[0]:.3f}, "
                f"judge beyond it {cpu:.3f} CPU s; on the clock {wall:.3f} s for one take, "
                f"{beyond:.3f} s where {CORES} are judged at once; per second of a take"
            )


def _clip(folder: Path) -> Clip:
    """Return the first drawn clip of a folder, drawn where there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    there = sorted(folder.glob("drawn_*.npz"))
    return load(there[0]) if there else drawn.make_clip(0, folder)


def _decoded(film: Path) -> int:
    return sum(1 for _ in analysed_frames(open_film(film)))


def _judged(film: Path, clip: Clip) -> int:
    characters, props = looks_of(clip)
    return score(film, characters, props=props).frames


def _spent(work: Callable[[], int]) -> tuple[float, float]:
    """Return seconds of CPU and on the clock of the second of two runs, per second of the take."""
    work()
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return (time.process_time() - cpu) / SECONDS, (time.perf_counter() - wall) / SECONDS


def _at_once(pool: ProcessPoolExecutor, work: Callable[[], int]) -> float:
    """Return seconds on the clock per second of all takes, CORES of them at once, four each."""
    list(pool.map(call, [work] * 2 * CORES))  # warms up both
    wall, takes = time.perf_counter(), 4 * CORES
    list(pool.map(call, [work] * takes))
    return (time.perf_counter() - wall) / SECONDS / takes


def _enlarged(source: Path, into: Path, megabits: int) -> None:
    """Write a film, enlarged and looped to 8 s, with grain to spend the bits on."""
    with av.open(str(source)) as container:
        frames: list[Image] = [f.to_ndarray(format="bgr24") for f in container.decode(video=0)]
    rng = np.random.default_rng(1)
    with av.open(str(into), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(RATE))
        stream.width, stream.height = SIZE
        stream.pix_fmt, stream.bit_rate = "yuv420p", megabits * 1_000_000
        for index in range(SECONDS * RATE):
            large = cv2.resize(frames[index % len(frames)], SIZE, interpolation=cv2.INTER_CUBIC)
            noise = rng.normal(0, 0.6 * megabits, SIZE[::-1])[..., None]
            noisy = np.clip(large + noise, 0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(noisy, format="bgr24")))
        container.mux(stream.encode())


if __name__ == "__main__":
    main()
