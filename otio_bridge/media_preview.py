"""Films that are put together or drawn: the preview of a spliced slot, stand-ins for lost media."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from otio_bridge.clock import timecode
from otio_bridge.lettering import drawable, fitted
from otio_bridge.media_film import FilmCodec, film, fitting_codec, picture_from
from otio_bridge.media_footage import Survey, survey
from otio_bridge.media_frames import gathered, pictures, pixels_of

Size = tuple[int, int]
"""Width and height in pixels."""
Colour = tuple[int, int, int]
Canvas = NDArray[np.uint8]
"""Height x width x 3."""

BACKWARD_BLOCK = 24
"""Frames decoded at once where a piece runs backwards; bounds the memory it takes."""
INK: Colour = (228, 230, 235)
FAINT: Colour = (140, 146, 158)
SLATE: Colour = (24, 26, 31)
STRIPE: Colour = (30, 33, 39)
AMBER: Colour = (232, 163, 61)


@dataclass(frozen=True)
class Piece:
    """One stretch of a preview."""

    media: Path | None
    """A video or still; None for a plain colour, with a caption for a card."""
    start: int
    """Source frame shown first."""
    frames: int
    """Length in frames of the preview."""
    speed: Fraction = Fraction(1)
    """Source frames per frame of the preview: 1 plays, 0 holds, -1 runs backwards."""
    caption: str | None = None
    """Burnt in at the lower left; on a plain colour large in the middle."""
    colour: Colour = (0, 0, 0)
    """Where there is no media."""


def render(
    pieces: Sequence[Piece],
    into: str | Path,
    *,
    rate: Fraction,
    size: Size,
    progress: Callable[[float], None] | None = None,
) -> int:
    """Write pieces one after the other as one film and return its length in frames.

    Pictures keep their shape, with black beside them. Where a piece asks for frames that its media
    does not have, a striped card says "no material".

    Args:
        pieces: In order.
        into: A path that does not exist yet; .mov becomes DNxHR, .mp4 and .mkv H.264.
        rate: Frames per second of the preview; media of another rate is stretched by its `speed`.
        size: Width and height in pixels.
        progress: Called with the share done.

    Raises:
        MediaError: Media is missing or unreadable, or the target exists or cannot be written.
    """
    total = sum(piece.frames for piece in pieces)
    with film(into, rate=rate, size=size, codec=usual_codec(into, size)) as writer:
        for piece in pieces:
            for picture in _pictured(piece, size):
                writer.add(picture_from(picture))
                if progress:
                    progress(writer.frames / total)
    return total


def stand_in(into: str | Path, *, text: str, frames: int, rate: Fraction, size: Size) -> None:
    """Draw a clip that stands in for missing media: its name, frame count and time burnt in.

    Args:
        into: A path that does not exist yet; .mov becomes DNxHR, .mp4 and .mkv H.264.
        text: Name of the clip.
        frames: Length.
        rate: Frames per second.
        size: Width and height in pixels.

    Raises:
        MediaError: The target exists or cannot be written.
    """
    background = _striped(size, text, "media missing")
    with film(into, rate=rate, size=size, codec=usual_codec(into, size)) as writer:
        for frame in range(frames):
            writer.add(picture_from(_counted(background, frame, frames, rate)))


def usual_codec(into: str | Path, size: Size) -> FilmCodec:
    """Return the codec usual for a file name's ending: DNxHR in .mov, else H.264."""
    return fitting_codec("dnxhr", size) if Path(into).suffix == ".mov" else "h264"


def source_frames(piece: Piece) -> list[int]:
    """Return the source frame of every frame of a piece: steps of `speed`, rounded to the start."""
    sign, pace = (-1, -piece.speed) if piece.speed < 0 else (1, piece.speed)
    return [piece.start + sign * int(n * pace) for n in range(piece.frames)]


def _pictured(piece: Piece, size: Size) -> Iterator[Canvas]:
    if piece.media is None:
        card = _card(piece, size)
        yield from (card for _ in range(piece.frames))
        return
    known = survey(piece.media)
    wanted = [0] * piece.frames if known.footage.is_still else source_frames(piece)
    for picture in _canvases(known, wanted, size):
        yield _captioned(picture, piece.caption)


def _canvases(known: Survey, wanted: Sequence[int], size: Size) -> Iterator[Canvas]:
    """Yield each wanted frame on a canvas of that size; a card where the media has none."""
    present = [frame for frame in wanted if 0 <= frame < known.footage.frames]
    fitted = _fitted(known.footage.size, size)
    backwards = present[:1] > present[-1:]
    arrays = _backward(known, present, fitted) if backwards else _forward(known, present, fitted)
    absent = _striped(size, "no material", known.footage.path.name) if wanted != present else None
    for frame in wanted:
        inside = 0 <= frame < known.footage.frames
        yield _letterboxed(next(arrays), size) if inside or absent is None else absent


def _forward(known: Survey, wanted: Sequence[int], size: Size) -> Iterator[Canvas]:
    for picture in pictures(known, wanted):
        yield pixels_of(picture, known, size, "rgb24")


def _backward(known: Survey, wanted: Sequence[int], size: Size) -> Iterator[Canvas]:
    for first in range(0, len(wanted), BACKWARD_BLOCK):
        yield from gathered(known, wanted[first : first + BACKWARD_BLOCK], size)


def _fitted(shape: Size, size: Size) -> Size:
    """Return the largest size of that shape inside a size."""
    scale = min(Fraction(size[0], shape[0]), Fraction(size[1], shape[1]))
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))


def _letterboxed(picture: Canvas, size: Size) -> Canvas:
    height, width = picture.shape[:2]
    if (width, height) == size:
        return picture
    canvas = np.zeros((size[1], size[0], 3), np.uint8)
    top, left = (size[1] - height) // 2, (size[0] - width) // 2
    canvas[top : top + height, left : left + width] = picture
    return canvas


def _captioned(picture: Canvas, caption: str | None) -> Canvas:
    if not caption:
        return picture
    image, caption = Image.fromarray(picture), drawable(caption)
    draw = ImageDraw.Draw(image, "RGBA")
    font = fitted(caption, max(11, image.height // 26), image.width * 0.9)
    pad = max(4, image.height // 60)
    place = (2 * pad, image.height - 2 * pad)
    box = draw.textbbox(place, caption, font, anchor="ld")
    draw.rounded_rectangle(
        (box[0] - pad, box[1] - pad, box[2] + pad, box[3] + pad), pad, fill=(0, 0, 0, 150)
    )
    draw.text(place, caption, INK, font, anchor="ld")
    return np.asarray(image)


def _card(piece: Piece, size: Size) -> Canvas:
    if piece.caption:
        return _striped(size, piece.caption, "")
    return np.full((size[1], size[0], 3), piece.colour, np.uint8)


def _striped(size: Size, title: str, below: str) -> Canvas:
    """Return a dark card with quiet diagonal stripes, a title and a fainter line below it."""
    width, height = size
    rows, columns = np.indices((height, width))
    band = max(8, height // 12)
    striped = ((rows + columns) // band % 2)[..., None]
    image = Image.fromarray(np.where(striped, SLATE, STRIPE).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for text, share, pixels, colour in (
        (drawable(title), 0.44, max(12, height // 9), INK),
        (drawable(below), 0.58, max(10, height // 18), AMBER),
    ):
        font = fitted(text, pixels, width * 0.9)
        draw.text((width / 2, height * share), text, colour, font, anchor="mm")
    return np.asarray(image)


def _counted(background: Canvas, frame: int, frames: int, rate: Fraction) -> Canvas:
    """Return the card with its frame, time and a bar that fills up."""
    image = Image.fromarray(background)
    draw = ImageDraw.Draw(image)
    width, height = image.size
    line = f"{timecode(frame, rate)}   frame {frame} of {frames}"
    font = fitted(line, max(10, height // 18), width * 0.9)
    draw.text((width / 2, height * 0.78), line, FAINT, font, anchor="mm")
    top = height - max(2, height // 60)
    draw.rectangle((0, top, width * (frame + 1) // frames, height), fill=AMBER)
    return np.asarray(image)
