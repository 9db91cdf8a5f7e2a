"""The verdict drawn on the footage: whose pixel is whose, what is odd where, a strip of seconds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from otio_bridge import media
from otio_bridge.clock import exact_rate, frames_of_second
from otio_bridge.model import Evidence, Score, SecondScore, seconds_of
from otio_bridge.scoring.arrays import Image
from otio_bridge.scoring.looks import CharacterLook
from otio_bridge.scoring.palette import Palette, owned
from otio_bridge.scoring.reader import analysis_size
from otio_bridge.scoring.viewing import screening_of
from otio_bridge.scoring.watching import LOOK

LARGEST = 960
"""Width or height in pixels that an overlay does not pass."""
SMALLEST = 480
STRIP = 34
"""Height in pixels of the strip of seconds."""
TINTS = ((64, 160, 255), (255, 128, 64), (120, 220, 90), (220, 110, 220))
"""RGB of the characters in their order."""
TINT_SHARE = 0.38
SILENT = (110, 110, 110)


def write_overlay(
    media_path: Path, score: Score, characters: Sequence[CharacterLook], into: Path
) -> None:
    """Write an mp4 that shows the score on the footage.

    Every character is tinted where the judge sees it, evidence is boxed with its words, and each
    second is a cell below: green held, red failed, grey no answer.

    Raises:
        MediaError: The film cannot be read, or `into` exists.
        LookError: A look cannot be read.
    """
    footage = media.probe(media_path)
    palette = screening_of(media_path, characters).palette if characters else None
    size = _drawn_size(footage.size)
    rate = exact_rate(score.rate)
    cells = seconds_of(score, 0, score.frames, rate)
    names = [look.name for look in characters]

    def drawn() -> Iterator[Image]:
        pictures = media.frames_of(media_path, size=size, pixels="rgb24")
        for frame, picture in enumerate(pictures):
            tinted = picture if palette is None else _tinted(picture, palette)
            for item in score.evidence:
                if item.start <= frame < item.end:
                    _box(tinted, item)
            _legend(tinted, names)
            yield np.vstack([tinted, _strip(size[0], cells, score, frame)])

    media.write_film(into, drawn(), rate=footage.rate, size=(size[0], size[1] + STRIP))


def _drawn_size(size: tuple[int, int]) -> tuple[int, int]:
    scale = min(max(1.0, SMALLEST / max(size)), LARGEST / max(size))
    width, height = (max(2, round(side * scale / 2) * 2) for side in size)
    return width, height


def _tinted(picture: Image, palette: Palette) -> Image:
    """Return the picture with every character in its colour."""
    height, width = picture.shape[:2]
    size = analysis_size(width, height)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)[..., ::-1]
    layers = owned(np.ascontiguousarray(small), palette, (size[1] // 2, size[0] // 2))
    mixed = picture.astype(np.float32)
    for index, owner in enumerate(cv2.split(layers)[: -LOOK - 1]):
        share = cv2.resize(owner, (width, height))
        weight = np.clip((share - 0.3) / 0.5, 0, 1)[..., None] * TINT_SHARE
        mixed += (np.array(TINTS[index % len(TINTS)], np.float32) - mixed) * weight
    tinted: Image = mixed.astype(np.uint8)
    return tinted


def _box(picture: Image, item: Evidence) -> None:
    height, width = picture.shape[:2]
    x0, x1 = (round(item.box[i] * (width - 1)) for i in (0, 2))
    y0, y1 = (round(item.box[i] * (height - 1)) for i in (1, 3))
    cv2.rectangle(picture, (x0, y0), (x1, y1), (255, 60, 60), 2)
    _text(picture, item.kind.replace("_", " "), (x0 + 3, max(12, y0 - 5)), (255, 210, 210))


def _text(picture: Image, words: str, at: tuple[int, int], colour: tuple[int, int, int]) -> None:
    font, size = cv2.FONT_HERSHEY_SIMPLEX, 0.42
    cv2.putText(picture, words, at, font, size, (0, 0, 0), 3, cv2.LINE_AA)
    cv2.putText(picture, words, at, font, size, colour, 1, cv2.LINE_AA)


def _legend(picture: Image, names: Sequence[str]) -> None:
    for index, name in enumerate(names):
        _text(picture, name, (6, 16 + 16 * index), TINTS[index % len(TINTS)])


def _strip(width: int, cells: Sequence[SecondScore], score: Score, frame: int) -> Image:
    """Return the strip of seconds with a mark at the frame."""
    strip = np.full((STRIP, width, 3), 24, np.uint8)
    rate = exact_rate(score.rate)
    for cell in cells:
        span = frames_of_second(cell.second, rate, score.frames)
        x0, x1 = (round(n / score.frames * width) for n in (span.start, span.stop))
        strip[4:-4, x0 + 1 : x1 - 1] = held_colour(cell.held)
        words = "?" if cell.held is None else f"{cell.held:.2f}"
        _text(strip, words, (x0 + 5, STRIP // 2 + 5), (255, 255, 255))
    x = min(width - 1, round(frame / score.frames * width))
    strip[:, max(0, x - 1) : x + 1] = 255
    return strip


def held_colour(held: float | None) -> Image:
    """Return the RGB of a cell: from red (0) over amber to green (1); grey for no answer."""
    if held is None:
        return np.array(SILENT, np.uint8)
    red, amber, green = (np.array(c, float) for c in ((190, 40, 40), (200, 150, 40), (40, 140, 70)))
    low, high = (red, amber) if held < 0.5 else (amber, green)
    share = min(held * 2, 1.0) if held < 0.5 else held * 2 - 1
    colour: Image = (low + (high - low) * share).astype(np.uint8)
    return colour
