"""How long the judge takes beyond decoding: `python -m contact.speed FOLDER` after the tables."""

from __future__ import annotations

import sys
import time
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from contact.cast import Image
from contact.clips import load
from contact.table import looks_of
from otio_bridge.scoring import score
from otio_bridge.scoring.reader import analysed_frames, open_film

SECONDS = 8
RATE = 24
SIZE = (1280, 720)
MEGABITS = (1, 10)


def main() -> None:
    """Print CPU seconds per second of a 1280x720 take at about 1 and 10 Mbit/s."""
    folder = Path(sys.argv[1])
    clip = load(sorted((folder / "clips").glob("drawn_*.npz"))[0])
    characters, props = looks_of(clip)
    for megabits in MEGABITS:
        film = folder / f"speed_{megabits}.mp4"
        if not film.exists():
            _enlarged(clip.film, film, megabits)
        decoding = _spent(lambda path=film: sum(1 for _ in analysed_frames(open_film(path))))
        whole = _spent(lambda path=film: score(path, characters, props=props))
        cpu, wall = (
            (after - before) / SECONDS for after, before in zip(whole, decoding, strict=True)
        )
        size = film.stat().st_size * 8e-6 / SECONDS
        print(
            f"{size:.1f} Mbit/s: decode {decoding[0] / SECONDS:.3f}, judge beyond it "
            f"{cpu:.3f} CPU s ({wall:.3f} s on the clock) per second of the take"
        )


def _spent(work: object) -> tuple[float, float]:
    """Return seconds of CPU and on the clock of the second of two runs (the first warms up)."""
    assert callable(work)
    work()
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


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
