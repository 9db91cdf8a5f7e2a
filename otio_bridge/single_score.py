"""Judge one file alone, without a timeline: the verb behind `otio-bridge score`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Literal

from otio_bridge import scoring
from otio_bridge.clock import frames_at, rate_text
from otio_bridge.errors import BridgeError, LookError
from otio_bridge.media import probe
from otio_bridge.model import Noun, Score, SecondScore, seconds_of
from otio_bridge.scorer import judge

BOX = re.compile(r"(\d+),(\d+),(\d+),(\d+)")
SPAN = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")


class MediaScore(Noun):
    """The answer of `score` (design, section 9)."""

    media: str
    rate: str
    frames: int
    seconds: list[SecondScore]
    notes: list[str]


def scored(
    media: Path,
    characters: Sequence[str],
    props: Sequence[str],
    contact: Sequence[str],
    overlay: Path | None,
    tell: Callable[[str, float | None], None],
    *,
    by: str = "",
) -> tuple[MediaScore, Score]:
    """Judge a file.

    Args:
        media: Any video.
        characters: NAME=SHEET, or NAME=x0,y0,x1,y1 for a box on the first frame, left to right.
        props: NAME=IMAGE.
        contact: A-B in seconds.
        overlay: An mp4 to draw, which must not exist.
        tell: Hears progress.
        by: Name of the judge; the usual one when "".

    Raises:
        MediaError: The file is no video.
        LookError: A look is misspelt or missing.
    """
    footage = probe(media)
    looks = [_character(text, n, len(characters)) for n, text in enumerate(characters)]
    found = judge(
        by,
        media,
        looks,
        props=[scoring.PropLook(*_named(text)) for text in props],
        contact=[_frames(text, footage.rate) for text in contact],
        progress=lambda share: tell("judging", share),
    )
    if overlay is not None:
        tell("drawing the overlay", None)
        scoring.write_overlay(media, found, looks, overlay)
    answer = MediaScore(
        media=str(media),
        rate=rate_text(footage.rate),
        frames=footage.frames,
        seconds=seconds_of(found, 0, found.frames, footage.rate),
        notes=list(found.notes),
    )
    return answer, found


def _character(text: str, number: int, count: int) -> scoring.CharacterLook:
    name, _, value = text.partition("=")
    side: Literal["left", "center", "right"] = "left" if number == 0 else "right"
    if 0 < number < count - 1:
        side = "center"
    match = BOX.fullmatch(value)
    if match:
        x0, y0, x1, y1 = (int(part) for part in match.groups())
        return scoring.CharacterLook(name, side, (), (x0, y0, x1, y1), 0)
    name, images = _named(text)
    return scoring.CharacterLook(name, side, images)


def _named(text: str) -> tuple[str, tuple[Path, ...]]:
    name, _, value = text.partition("=")
    if not name or not value:
        raise LookError(f"'{text}' is no look; write NAME=IMAGE.")
    if not Path(value).is_file():
        raise LookError(f"There is no picture at {value} for '{name}'; check the path.")
    return name, (Path(value),)


def _frames(text: str, rate: Fraction) -> tuple[int, int]:
    match = SPAN.fullmatch(text.strip())
    if not match:
        raise BridgeError(f"'{text}' is no span of seconds; write A-B, such as 1-4.")
    return frames_at(Fraction(match[1]), rate), frames_at(Fraction(match[2]), rate)
