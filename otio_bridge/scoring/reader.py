"""One pass over a film at the analysis size: every n-th frame, never the whole film in memory."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from otio_bridge import media
from otio_bridge.scoring.arrays import Image

AREA = 256 * 144
"""Pixels of an analysed frame, whatever the aspect."""
CELL = 4
"""Pixels of an analysed frame along the side of one cell."""
SIDE = 2 * CELL
"""Pixels of which both sides of an analysed frame are multiples."""
PACE = 12.0
"""Analysed frames per second."""
AHEAD = 8
"""Frames that are decoded while those before them are looked at."""


@dataclass(frozen=True)
class Film:
    """What is looked at: every `step`-th frame, `size` (width, height) pixels small."""

    path: Path
    frames: int
    """Frames of the film, analysed or not."""
    rate: Fraction
    shown_size: tuple[int, int]
    """Width and height in pixels of the film itself."""
    size: tuple[int, int]
    step: int

    @property
    def pace(self) -> float:
        """Analysed frames per second."""
        return float(self.rate) / self.step

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of cells."""
        return self.size[1] // CELL, self.size[0] // CELL

    @property
    def fine(self) -> tuple[int, int]:
        """Rows and columns of quarter cells, in which memories are carried."""
        return 2 * self.grid[0], 2 * self.grid[1]


def analysis_size(width: int, height: int) -> tuple[int, int]:
    """Return the analysed width and height: multiples of 8, the aspect kept, at least 48 pixels."""
    scale = math.sqrt(AREA / (width * height))
    columns, rows = (min(max(round(side * scale / SIDE), 6), 96) for side in (width, height))
    return columns * SIDE, rows * SIDE


def open_film(path: Path) -> Film:
    """Return what will be looked at in a media file.

    Raises:
        MediaError: The file is missing, unreadable or no video.
    """
    footage = media.probe(path)
    step = max(1, round(float(footage.rate) / PACE))
    size = analysis_size(*footage.size)
    return Film(Path(path), footage.frames, footage.rate, footage.size, size, step)


def analysed_frames(film: Film) -> Iterator[Image]:
    """Yield frames 0, step, 2 step ... of the film, BGR at the analysis size."""
    return media.frames_of(film.path, size=film.size, pixels="bgr24", step=film.step)


def analysed_frame(film: Film, frame: int) -> Image:
    """Return one frame of the film, BGR at the analysis size."""
    return media.frame_at(film.path, frame, size=film.size, pixels="bgr24")


def read_ahead(frames: Iterator[Image]) -> Iterator[Image]:
    """Yield the same frames, decoded ahead by a thread of their own; errors keep their place."""
    with ThreadPoolExecutor(1, "decoding") as thread:
        coming = deque(thread.submit(next, frames, None) for _ in range(AHEAD))
        while (frame := coming.popleft().result()) is not None:
            coming.append(thread.submit(next, frames, None))
            yield frame
