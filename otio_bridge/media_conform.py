"""One media file made into another: conformed to a timeline's rate, cut, made small for review."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
from PIL import Image

from otio_bridge.clock import rates_agree
from otio_bridge.errors import MediaError
from otio_bridge.files import replacing, telling
from otio_bridge.media_film import FilmCodec, even, film, fitting_codec, picture_from
from otio_bridge.media_footage import Footage, Survey, survey
from otio_bridge.media_frames import Pixels, pictures, pixels_of, thumbnails

Progress = Callable[[float], None]
"""Called with the share done, 0 to 1."""
How = Literal["frame for frame", "nearest frame"]


@dataclass(frozen=True)
class Conformed:
    """A film made from another file, and what was done to it."""

    path: Path
    frames: int
    rate: Fraction
    size: tuple[int, int]
    """Width and height in pixels, both even."""
    how: How
    codec: FilmCodec
    notes: tuple[str, ...] = ()
    """What differs from what was asked for, in words."""


def conformed(
    path: str | Path,
    into: str | Path,
    *,
    rate: Fraction,
    codec: Literal["dnxhr", "prores", "h264"] = "dnxhr",
    size: tuple[int, int] | None = None,
    timecode: str | None = None,
    progress: Progress | None = None,
) -> Conformed:
    """Write a file's picture at a timeline's rate: BT.709, no sound, every pixel upright.

    Rates within 5 % play frame for frame; of others each frame of the timeline shows the frame
    nearest in time. Transparency makes it ProRes 4444, more than 8 bits DNxHR HQX, and pictures
    too small for DNxHR become ProRes; `codec` and `notes` of the answer say so.

    Args:
        path: A video or picture file.
        into: A path that does not exist yet, .mov for DNxHR and ProRes.
        rate: Frames per second of the timeline.
        codec: What the editor reads best.
        size: Width and height in pixels; as shown when None.
        timecode: Timecode of the first frame, written as a timecode track.
        progress: Called with the share done.

    Raises:
        MediaError: The source is no video, or the target exists or cannot be written.
    """
    known = survey(path)
    how: How = "frame for frame" if rates_agree(known.footage.rate, rate) else "nearest frame"
    wanted: Sequence[int] = range(known.footage.frames)
    if how == "nearest frame":
        wanted = nearest_frames(known.footage, rate)
    size = size or known.footage.size
    fitting, notes = _fitting(codec, known.footage, size)
    _write(known, wanted, into, rate, size, fitting, timecode, progress)
    return Conformed(Path(into), len(wanted), rate, even(size), how, fitting, notes)


def nearest_frames(footage: Footage, rate: Fraction) -> list[int]:
    """Return the frame nearest in time to each frame of another rate; of two, the earlier."""
    last, ratio = footage.frames - 1, footage.rate / rate
    count = max(1, ceil(footage.duration * rate - Fraction(1, 2)))
    return [min(max(ceil(n * ratio - Fraction(1, 2)), 0), last) for n in range(count)]


def cut(path: str | Path, into: str | Path, start: int, frames: int) -> Conformed:
    """Write frames [start, start + frames) at their own rate and size, frame-exactly.

    Args:
        path: A video file.
        into: A path that does not exist yet; .mov becomes DNxHR, .mp4 and .mkv H.264.
        start: First frame.
        frames: How many.

    Raises:
        MediaError: The source has no such frames, or the target exists or cannot be written.
    """
    known = survey(path)
    footage = known.footage
    if frames < 1 or start < 0 or start + frames > footage.frames:
        raise MediaError(
            f"{path} has no frames {start} to {start + frames - 1}; "
            f"choose them from 0 to {footage.frames - 1}."
        )
    asked: FilmCodec = "dnxhr" if Path(into).suffix == ".mov" else "h264"
    codec, notes = _fitting(asked, footage, footage.size)
    wanted = range(start, start + frames)
    _write(known, wanted, into, footage.rate, footage.size, codec, None, None)
    return Conformed(
        Path(into), frames, footage.rate, even(footage.size), "frame for frame", codec, notes
    )


def relit(path: str | Path, into: str | Path, gain: tuple[float, float, float]) -> Conformed:
    """Write a film in another light, frame for frame as DNxHR at its own rate and size.

    Args:
        path: A video file.
        into: A path that does not exist yet, .mov.
        gain: Factors of R, G and B as they are shown.

    Raises:
        MediaError: The source is no video, or the target exists or cannot be written.
    """
    known = survey(path)
    footage = known.footage
    codec, notes = _fitting("dnxhr", footage, footage.size)
    pixels = _pixels_for(footage)
    factors = np.array((*gain, 1.0) if footage.has_alpha else gain)
    with film(into, rate=footage.rate, size=footage.size, codec=codec, timecode=None) as writer:
        for picture in pictures(known, range(footage.frames)):
            seen = pixels_of(picture, known, footage.size, pixels)
            brought = np.round(seen * factors).clip(0, np.iinfo(seen.dtype).max)
            writer.add(picture_from(brought.astype(seen.dtype), pixels))
    return Conformed(
        Path(into),
        footage.frames,
        footage.rate,
        even(footage.size),
        "frame for frame",
        codec,
        notes,
    )


def proxy(path: str | Path, into: str | Path, height: int = 360) -> Conformed:
    """Write a small H.264 .mp4 of key pictures only, through which a browser steps frame by frame.

    Args:
        path: A video or picture file.
        into: A path that does not exist yet.
        height: Height in pixels, never more than the source's own.

    Raises:
        MediaError: The source is no video, or the target exists or cannot be written.
    """
    known = survey(path)
    footage = known.footage
    height = min(height, footage.size[1])
    size = even((round(footage.size[0] * height / footage.size[1]), height))
    wanted = range(footage.frames)
    _write(known, wanted, into, footage.rate, size, "proxy", None, None)
    return Conformed(Path(into), len(wanted), footage.rate, size, "frame for frame", "proxy")


def thumbnail(path: str | Path, frame: int, into: str | Path, width: int) -> None:
    """Write one frame as a picture file, `width` pixels wide; the ending names its kind.

    Raises:
        MediaError: The source is no video or has no such frame.
    """
    picture = Image.fromarray(thumbnails(path, [frame], width)[0])
    with telling(Path(into)), replacing(Path(into)) as partial:
        picture.save(partial)


def _write(
    known: Survey,
    wanted: Sequence[int],
    into: str | Path,
    rate: Fraction,
    size: tuple[int, int],
    codec: FilmCodec,
    timecode: str | None,
    progress: Progress | None,
) -> None:
    with film(into, rate=rate, size=size, codec=codec, timecode=timecode) as writer:
        for picture in _upright(known, wanted, size):
            writer.add(picture)
            if progress:
                progress(writer.frames / len(wanted))


def _upright(known: Survey, wanted: Iterable[int], size: tuple[int, int]) -> Iterator[Any]:
    """Yield pictures ready to be written; those to be turned or padded pass through arrays."""
    footage = known.footage
    if not footage.rotation and size == even(size):
        yield from pictures(known, wanted)
        return
    pixels = _pixels_for(footage)
    for picture in pictures(known, wanted):
        yield picture_from(pixels_of(picture, known, size, pixels), pixels)


def _pixels_for(footage: Footage) -> Pixels:
    """Return the array format that keeps all of a footage's bits and its transparency."""
    deep = _bits(footage) > 8
    if footage.has_alpha:
        return "rgba64le" if deep else "rgba"
    return "rgb48le" if deep else "rgb24"


def _fitting(
    codec: FilmCodec, footage: Footage, size: tuple[int, int]
) -> tuple[FilmCodec, tuple[str, ...]]:
    """Return the codec that keeps what the footage has, with notes on what differs."""
    notes = []
    fitting = fitting_codec(codec, size)
    if footage.has_alpha and codec == "h264":
        notes.append("transparency dropped, H.264 has none")
    elif footage.has_alpha:
        fitting = "prores4444"
        notes.append("has transparency, written as ProRes 4444")
    elif fitting != codec:
        notes.append("too small for DNxHR, written as ProRes")
    elif fitting == "dnxhr" and _bits(footage) > 8:
        fitting = "dnxhr10"
    if size != even(size):
        notes.append(f"odd size padded to {even(size)[0]}x{even(size)[1]}")
    return fitting, tuple(notes)


def _bits(footage: Footage) -> int:
    return max(part.bits for part in av.VideoFormat(footage.pixel_format).components)
