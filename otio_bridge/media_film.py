"""Writing films: one writer for takes, proxies, previews and whatever draws its own frames.

Every film is tagged BT.709 in video range, picture only, written under a temporary name and moved
into place when whole. Widths and heights are even: an odd one repeats its last column or row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from otio_bridge.errors import MediaError
from otio_bridge.files import put_in_place, telling
from otio_bridge.media_frames import Pixels, colorspace, interpolation

FilmCodec = Literal["h264", "proxy", "dnxhr", "dnxhr10", "prores", "prores4444"]
CONTAINERS = {".mov": "mov", ".mp4": "mp4", ".mkv": "matroska"}
BT709 = 1
VIDEO_RANGE = 1
DNXHR_SMALLEST = (256, 120)
"""Width and height in pixels below which FFmpeg's DNxHR encoder declines."""


@dataclass(frozen=True)
class Encoding:
    """One way to write a film."""

    encoder: str
    pixel_format: str
    options: Mapping[str, str] = field(default_factory=dict)
    endings: tuple[str, ...] = (".mov",)


ENCODINGS: dict[FilmCodec, Encoding] = {
    "h264": Encoding(
        "libx264", "yuv420p", {"crf": "17", "preset": "veryfast"}, (".mp4", ".mov", ".mkv")
    ),
    # Baseline has neither B-pictures nor CABAC: browsers step through it at once, both ways.
    "proxy": Encoding(
        "libx264",
        "yuv420p",
        {"crf": "23", "preset": "veryfast", "profile": "baseline", "g": "1"},
        (".mp4",),
    ),
    "dnxhr": Encoding("dnxhd", "yuv422p", {"profile": "dnxhr_hq"}),
    "dnxhr10": Encoding("dnxhd", "yuv422p10le", {"profile": "dnxhr_hqx"}),
    # "prores" encodes three times as fast as "prores_ks"; its profiles 3 and 4 are HQ and 4444.
    "prores": Encoding("prores", "yuv422p10le", {"profile": "3", "vendor": "apl0"}),
    "prores4444": Encoding("prores", "yuva444p10le", {"profile": "4", "vendor": "apl0"}),
}


def write_film(
    into: str | Path,
    frames: Iterable[NDArray[np.uint8]],
    *,
    rate: Fraction,
    size: tuple[int, int],
    codec: FilmCodec = "h264",
    timecode: str | None = None,
) -> int:
    """Write RGB frames as a film and return how many there were.

    Args:
        into: A path that does not exist yet; .mov, or with "h264" also .mp4 and .mkv.
        frames: Arrays of height x width x 3, taken one by one.
        rate: Frames per second.
        size: Width and height in pixels of every array.
        codec: "h264", "proxy" (H.264 of key pictures only), "dnxhr", "prores", or their kin.
        timecode: Timecode of the first frame, "01:00:00:00"; .mov only.

    Raises:
        MediaError: The file exists, the ending does not fit the codec, or there was no frame.
        ValueError: An array has another size.
    """
    with film(into, rate=rate, size=size, codec=codec, timecode=timecode) as writer:
        for array in frames:
            if array.shape != (size[1], size[0], 3):
                raise ValueError(f"frame {writer.frames} is {array.shape}, not of size {size}")
            writer.add(picture_from(array))
    return writer.frames


@contextmanager
def film(
    into: str | Path,
    *,
    rate: Fraction,
    size: tuple[int, int],
    codec: FilmCodec,
    timecode: str | None = None,
) -> Iterator[FilmWriter]:
    """Open a film for pictures of `even(size)`; it appears when the block ends without an error.

    Raises:
        MediaError: The file exists, the ending does not fit the codec, or no picture was added.
    """
    target, encoding = Path(into), ENCODINGS[codec]
    _check_target(target, encoding, codec)
    draft = target.with_name(f".{target.stem}.{uuid4().hex[:8]}.part")
    try:
        with _encoding_to(draft, CONTAINERS[target.suffix], target) as container:
            writer = FilmWriter(container, encoding, rate, even(size), timecode)
            yield writer
            writer.finish()
        if not writer.frames:
            raise MediaError(f"{target} would be a film without a frame; give it at least one.")
        _check_absent(target)
        with telling(target):
            put_in_place(draft, target)
    finally:
        draft.unlink(missing_ok=True)


class FilmWriter:
    """Encodes one picture after the other at a constant rate."""

    def __init__(
        self,
        container: Any,
        encoding: Encoding,
        rate: Fraction,
        size: tuple[int, int],
        timecode: str | None,
    ) -> None:
        self.frames = 0
        self._container = container
        self._pixel_format = encoding.pixel_format
        stream = container.add_stream(encoding.encoder, rate=rate, options=dict(encoding.options))
        stream.width, stream.height = size
        stream.pix_fmt = encoding.pixel_format
        context = stream.codec_context
        context.color_primaries = context.color_trc = context.colorspace = BT709
        context.color_range = VIDEO_RANGE
        if timecode:
            stream.metadata["timecode"] = timecode
        self._stream = stream

    def add(self, picture: Any) -> None:
        """Append a picture of the film's size, in any pixel format."""
        frame = as_bt709(picture, self._pixel_format, (self._stream.width, self._stream.height))
        frame.pts, frame.time_base = self.frames, 1 / self._stream.codec_context.framerate
        self._container.mux(self._stream.encode(frame))
        self.frames += 1

    def finish(self) -> None:
        """Write what the encoder still holds back."""
        if self.frames:
            self._container.mux(self._stream.encode(None))


def as_bt709(picture: Any, pixel_format: str, size: tuple[int, int]) -> Any:
    """Return a picture in that pixel format and size, its colours as BT.709 in video range."""
    return picture.reformat(
        width=size[0],
        height=size[1],
        format=pixel_format,
        interpolation=interpolation(picture, *size),
        src_colorspace=colorspace(picture),
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
    )


def picture_from(array: NDArray[Any], pixels: Pixels = "rgb24") -> Any:
    """Return an array as a picture of even size, its last row or column repeated where needed."""
    height, width = array.shape[:2]
    if height % 2 or width % 2:
        array = np.pad(array, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(array), format=pixels)


def fitting_codec(codec: FilmCodec, size: tuple[int, int]) -> FilmCodec:
    """Return the codec, or ProRes where pictures of that size are too small for DNxHR."""
    small = size[0] < DNXHR_SMALLEST[0] or size[1] < DNXHR_SMALLEST[1]
    return "prores" if small and codec in ("dnxhr", "dnxhr10") else codec


def even(size: tuple[int, int]) -> tuple[int, int]:
    """Return width and height, each raised to the next even number."""
    return size[0] + size[0] % 2, size[1] + size[1] % 2


@contextmanager
def _encoding_to(draft: Path, container_format: str, target: Path) -> Iterator[Any]:
    options = {} if container_format == "matroska" else {"movflags": "+faststart"}
    try:
        with av.open(str(draft), "w", format=container_format, options=options) as container:
            yield container
    except av.error.FFmpegError as error:
        raise MediaError(f"{target} cannot be written ({error.strerror}); check the folder.") from (
            error
        )


def _check_target(target: Path, encoding: Encoding, codec: str) -> None:
    if target.suffix not in encoding.endings:
        endings = " or ".join(encoding.endings)
        raise MediaError(f"{target} must end in {endings} to be written as {codec}; rename it.")
    if not target.parent.is_dir():
        raise MediaError(f"The folder {target.parent} does not exist; create it first.")
    _check_absent(target)


def _check_absent(target: Path) -> None:
    if target.exists():
        raise MediaError(f"{target} exists and media is never overwritten; choose a new name.")
