"""What a media file is: its exact frames, rate and size as shown; remembered while unchanged.

Containers lie about frame counts and rates, so every packet's time is read. Material of variable
rate is presented on a constant grid of its nominal rate: frame n is the picture shown at n / rate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np

from otio_bridge.clock import exact_rate
from otio_bridge.errors import MediaError

COMMON_RATES = tuple(
    Fraction(rate) for rate in (12, 15, 16, 24, 25, 30, 48, 50, 60, 100, 120)
) + tuple(Fraction(base * 1000, 1001) for base in (24, 30, 48, 60, 120))
COMMON_TOLERANCE = Fraction(1, 200)
"""Share by which a measured rate may miss a common one and still mean it."""

TEXT_FORMATS = frozenset({"tty", "bin", "xbin", "adf", "idf"})
"""Demuxers that read any text as pictures of letters."""
COUNTED_FORMATS = ("mov", "matroska")
"""Containers whose packets carry a trustworthy time each; all others are decoded to be counted."""


@dataclass(frozen=True)
class Footage:
    """One media file as an editor sees it: picture upright, pixels square, frames counted."""

    path: Path
    frames: int
    """Frames that can be shown at `rate`."""
    rate: Fraction
    """Frames per second; for variable rate the nominal one; for a still 25, which means nothing."""
    size: tuple[int, int]
    """Width and height in pixels as shown: rotation and pixel aspect applied."""
    duration: Fraction
    """Seconds, exactly frames / rate."""
    pixel_format: str
    rotation: int
    """Degrees counter-clockwise by which the stored picture is turned when shown: 0 90 180 270."""
    variable_rate: bool
    has_audio: bool
    has_alpha: bool
    codec: str
    start_timecode: str | None
    is_still: bool


@dataclass(frozen=True)
class Survey:
    """Footage with the place of every picture in the file; for the media modules only."""

    footage: Footage
    times: tuple[int, ...]
    """Time of every stored picture in display order, in the stream's own ticks."""
    shown: Sequence[int]
    """Index of the stored picture that each frame shows."""
    keys: tuple[int, ...]
    """Indices of the key pictures; with none, pictures are counted from the file's start."""


def probe(path: str | Path) -> Footage:
    """Read what a video or picture file is.

    Raises:
        MediaError: It is missing, empty, a folder, cut short, or holds no picture.
    """
    return survey(path).footage


def survey(path: str | Path) -> Survey:
    """Read a file's footage and the place of every picture; remembered until the file changes.

    Raises:
        MediaError: As for `probe`.
    """
    file = Path(path)
    if file.is_dir():
        raise MediaError(f"{file} is a folder, not a video; name a file in it.")
    if not file.exists():
        raise MediaError(f"There is no media file {file}; check the name or relink the clip.")
    state = file.stat()
    if state.st_size == 0:
        raise MediaError(f"{file} is empty; fetch or export it again.")
    return _surveyed(file.absolute(), state.st_mtime_ns, state.st_size)


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a file for reading, local files only, and turn FFmpeg's errors into one sentence."""
    try:
        with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
            yield container
    except av.error.PermissionError as error:
        raise MediaError(f"{path} may not be read; ask for permission to open it.") from error
    except av.error.FFmpegError as error:
        raise MediaError(
            f"{path} is no video that can be read; choose another file or export it again."
        ) from error


def picture_stream(container: Any, path: Path) -> Any:
    """Return the stream that holds the picture, decoding on all cores.

    Raises:
        MediaError: There is none, or only the cover art of a sound file.
    """
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic:
            if not stream.codec_context.is_open:
                stream.thread_type = "AUTO"
            return stream
    what = "holds sound but no picture" if container.streams.audio else "is no video"
    raise MediaError(f"{path} {what}; choose a video or picture file.")


@lru_cache(maxsize=128)
def _surveyed(path: Path, _modified: int, _size: int) -> Survey:
    with opened(path) as container:
        if container.format.name in TEXT_FORMATS:
            raise MediaError(f"{path} is a text, not a video; choose a video or picture file.")
        stream = picture_stream(container, path)
        times, keys = _read_times(container, stream, path)
    with opened(path) as container:
        stream = picture_stream(container, path)
        first = next(container.decode(stream), None)
        if first is None or not times:
            raise MediaError(f"{path} has no frame that can be decoded; export it again.")
        return _described(path, container, stream, first, times, keys)


def _read_times(container: Any, stream: Any, path: Path) -> tuple[list[int], tuple[int, ...]]:
    """Return the display time of every picture, and which can be sought, none where unsure."""
    found = [
        (packet.pts, packet.is_keyframe, packet.is_discard)
        for packet in container.demux(stream)
        if packet.size and not packet.is_corrupt
    ]
    if "mov" in container.format.name and len(found) < stream.frames:
        raise MediaError(
            f"{path} ends early, only {len(found)} of {stream.frames} frames can be read; "
            "fetch or export it again."
        )
    shown = [(time, key) for time, key, discarded in found if not discarded]
    times = {time for time, _ in shown}
    counted = container.format.name.startswith(COUNTED_FORMATS)
    if not counted or None in times or len(times) < len(shown) or not found[0][1]:
        return _decoded_times(path), ()
    shown.sort()
    return [time for time, _ in shown], tuple(n for n, (_, key) in enumerate(shown) if key)


def _decoded_times(path: Path) -> list[int]:
    with opened(path) as container:
        times = [frame.pts for frame in container.decode(picture_stream(container, path))]
    if None in times or any(one >= other for one, other in pairwise(times)):
        return list(range(len(times)))
    return times


def _described(
    path: Path, container: Any, stream: Any, first: Any, times: list[int], keys: tuple[int, ...]
) -> Survey:
    rate, steady = _found_rate(stream, times)
    shown = range(len(times)) if steady else _grid_of(times, stream.time_base, rate)
    still = len(times) == 1 and container.format.name.endswith(("_pipe", "image2", "gif"))
    turn = round(first.rotation / 90) * 90 % 360
    footage = Footage(
        path=path,
        frames=len(shown),
        rate=rate,
        size=_shown_size(first, stream.sample_aspect_ratio, turn),
        duration=len(shown) / rate,
        pixel_format=first.format.name,
        rotation=turn,
        variable_rate=not steady,
        has_audio=bool(container.streams.audio),
        has_alpha=_has_alpha(first.format),
        codec=stream.codec_context.name,
        start_timecode=_start_timecode(container),
        is_still=still,
    )
    return Survey(footage, tuple(times), shown, keys)


def _found_rate(stream: Any, times: list[int]) -> tuple[Fraction, bool]:
    """Return the rate, and whether every picture lies on its grid (else the rate is nominal)."""
    declared = [rate for rate in (stream.average_rate, stream.guessed_rate) if rate]
    if len(times) < 2 or stream.time_base is None:
        return exact_rate(declared[0] if declared else 25), True
    nominal = _nominal_rate(times, stream.time_base)
    rates = [exact_rate(Fraction(rate).limit_denominator(1001)) for rate in declared] + [nominal]
    misses = {rate: _largest_miss(times, float(stream.time_base * rate)) for rate in rates}
    steady = [rate for rate in rates if misses[rate] < _tolerated_miss(rate)]
    return (min(steady, key=misses.__getitem__), True) if steady else (nominal, False)


def _tolerated_miss(rate: Fraction) -> float:
    """Return how far, in frames, a picture may lie off the grid of a constant rate.

    A declared average of variable material comes close to its pictures by construction, so a rate
    that nobody uses must fit them well.
    """
    return 0.5 if rate in COMMON_RATES else 0.1


def _nominal_rate(times: list[int], tick: Fraction) -> Fraction:
    """Return the rate of the usual distance between pictures: pauses do not slow it down."""
    distances = np.diff(times)
    middle = np.median(distances)
    usual = distances[np.abs(distances - middle) <= middle / 4]
    measured = 1 / (Fraction(float(usual.mean() if usual.size else middle)) * tick)
    nearest = min(COMMON_RATES, key=lambda rate: abs(rate - measured))
    if abs(nearest - measured) <= COMMON_TOLERANCE * nearest:
        return nearest
    return measured.limit_denominator(1001)


def _largest_miss(times: list[int], frames_per_tick: float) -> float:
    """Return how far, in frames, the worst picture lies from its place on a constant grid."""
    places = (np.asarray(times) - times[0]) * frames_per_tick
    return float(np.abs(places - np.arange(len(times))).max())


def _grid_of(times: list[int], tick: Fraction, rate: Fraction) -> tuple[int, ...]:
    """Return the picture shown at each n / rate, until the last has been shown for one frame."""
    places = (np.asarray(times) - times[0]) * float(tick * rate)
    moments = np.arange(round(places[-1]) + 1)
    # Halves go to the later picture: a time stamp rounded up must not cost its own frame.
    return tuple((np.searchsorted(places, moments + 0.499, side="right") - 1).tolist())


def _shown_size(first: Any, aspect: Fraction | None, turn: int) -> tuple[int, int]:
    width = round(first.width * (aspect or 1)) or first.width
    return (first.height, width) if turn % 180 else (width, first.height)


def _has_alpha(pixel_format: Any) -> bool:
    return pixel_format.name == "pal8" or any(part.is_alpha for part in pixel_format.components)


def _start_timecode(container: Any) -> str | None:
    for part in (*container.streams, container):
        if "timecode" in part.metadata:
            return str(part.metadata["timecode"])
    return None
