"""Frames out of a media file: upright, in display order, exact, scaled while they are decoded."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from av.video.reformatter import Colorspace, Interpolation
from numpy.typing import NDArray

from otio_bridge.errors import MediaError
from otio_bridge.media_footage import Survey, opened, picture_stream, survey

Pixels = Literal["rgb24", "bgr24", "gray", "rgba", "rgb48le", "rgba64le"]
Picture = NDArray[Any]
"""Height x width x channels of uint8 (uint16 for the 48 and 64 bit kinds); gray has no channels."""

HD_HEIGHT = 720
"""Untagged material of this height or more is BT.709, below it BT.601, as players take it."""
UNTAGGED = 2
SKIPPED = 4
"""Pictures worth skipping: the decoder's threads have that many under way."""


def frames_of(
    path: str | Path,
    *,
    size: tuple[int, int] | None = None,
    pixels: Pixels = "rgb24",
    start: int = 0,
    stop: int | None = None,
    step: int = 1,
) -> Iterator[Picture]:
    """Yield frames start, start + step, ... before stop, in order of display.

    Args:
        path: A video or picture file.
        size: Width and height in pixels to scale to; as shown when None.
        pixels: Kind of array.
        start: First frame.
        stop: Frame after the last; the end when None or beyond it.
        step: Frames from one to the next, 1 or more.

    Raises:
        MediaError: The file is no video, or breaks off before a frame that was asked for.
    """
    known = survey(path)
    frames = known.footage.frames
    wanted = range(start, frames if stop is None else min(stop, frames), step)
    for picture in pictures(known, wanted):
        yield pixels_of(picture, known, size, pixels)


def frame_at(
    path: str | Path,
    frame: int,
    *,
    size: tuple[int, int] | None = None,
    pixels: Pixels = "rgb24",
) -> Picture:
    """Return exactly one frame.

    Raises:
        MediaError: The file is no video or has no such frame.
    """
    known = survey(path)
    _check_within(known, [frame])
    return pixels_of(next(pictures(known, [frame])), known, size, pixels)


def thumbnails(path: str | Path, frames: Sequence[int], width: int) -> list[Picture]:
    """Return RGB pictures of the frames, in the order given, `width` pixels wide.

    Raises:
        MediaError: The file is no video or has no such frame.
    """
    known = survey(path)
    _check_within(known, frames)
    return gathered(known, frames, scaled_to_width(known.footage.size, width))


def scaled_to_width(size: tuple[int, int], width: int) -> tuple[int, int]:
    """Return width and height in the same shape."""
    return width, max(1, round(size[1] * width / size[0]))


def pictures(known: Survey, wanted: Iterable[int]) -> Iterator[Any]:
    """Yield the stored picture of each wanted frame; for the media modules only.

    Args:
        known: The file.
        wanted: Frames that never go back; one wanted again yields the same picture.

    Raises:
        MediaError: The file breaks off before a wanted frame.
    """
    path, index, picture = known.footage.path, -1, None
    with opened(path) as container:
        decoded: Iterator[tuple[int, Any]] = iter(())
        for frame in wanted:
            target = known.shown[frame]
            if index < 0 or _worth_seeking(known, index, target):
                decoded = _decoded_from(container, known, target)
            while index < target:
                index, picture = next(decoded, (len(known.times), None))
            if picture is None:
                raise MediaError(f"{path} breaks off before frame {frame}; export it again.")
            yield picture


def gathered(known: Survey, frames: Sequence[int], size: tuple[int, int]) -> list[Picture]:
    """Return RGB arrays of frames in any order, decoded in one pass; for the media modules only."""
    ordered = sorted(set(frames))
    found = {
        frame: pixels_of(picture, known, size, "rgb24")
        for frame, picture in zip(ordered, pictures(known, ordered), strict=True)
    }
    return [found[frame] for frame in frames]


def pixels_of(picture: Any, known: Survey, size: tuple[int, int] | None, pixels: Pixels) -> Picture:
    """Return a stored picture as an upright array of that size; for the media modules only."""
    footage = known.footage
    width, height = size or footage.size
    if footage.rotation % 180:
        width, height = height, width
    array = picture.to_ndarray(
        format=pixels,
        width=width,
        height=height,
        interpolation=interpolation(picture, width, height),
        src_colorspace=colorspace(picture),
    )
    turned = np.rot90(array, footage.rotation // 90)
    return np.ascontiguousarray(turned)


def interpolation(picture: Any, width: int, height: int) -> Interpolation:
    """Choose how to scale: averaging areas downwards, bicubic upwards."""
    smaller = width <= picture.width and height <= picture.height
    return Interpolation.AREA if smaller else Interpolation.BICUBIC


def colorspace(picture: Any) -> Colorspace | None:
    """Return the matrix to read an untagged picture with; None where the picture says it."""
    if picture.colorspace != UNTAGGED:
        return None
    return Colorspace.ITU709 if picture.height >= HD_HEIGHT else Colorspace.ITU601


def _worth_seeking(known: Survey, index: int, target: int) -> bool:
    """Say whether a key picture lies so far ahead that jumping to it saves decoding."""
    key = bisect_right(known.keys, target) - 1
    return key >= 0 and known.keys[key] > index + SKIPPED


def _decoded_from(container: Any, known: Survey, target: int) -> Iterator[tuple[int, Any]]:
    """Yield stored pictures with their index, from the target or the key picture before it on."""
    path = known.footage.path
    if known.keys and target:
        stream = picture_stream(container, path)
        container.seek(known.times[target], stream=stream, backward=True)
        decoded = _indexed(container.decode(stream), known)
        first = next(decoded, None)
        if first is not None and first[0] <= target:
            yield first
            yield from decoded
            return
    with opened(path) as afresh:
        yield from _indexed(afresh.decode(picture_stream(afresh, path)), known)


def _indexed(decoded: Iterator[Any], known: Survey) -> Iterator[tuple[int, Any]]:
    if not known.keys:
        yield from enumerate(decoded)
        return
    places = {time: index for index, time in enumerate(known.times)}
    for picture in decoded:
        if picture.pts in places:
            yield places[picture.pts], picture


def _check_within(known: Survey, frames: Sequence[int]) -> None:
    for frame in frames:
        if not 0 <= frame < known.footage.frames:
            raise MediaError(
                f"{known.footage.path} has no frame {frame}; "
                f"choose one from 0 to {known.footage.frames - 1}."
            )
