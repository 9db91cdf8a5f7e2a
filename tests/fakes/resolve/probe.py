"""Real files: reading what the pool must know of one, and writing test films."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
import opentimelineio as otio

from .model import Media

STILLS = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".exr", ".dpx", ".bmp"}
CODECS = {".mov": "mjpeg", ".mp4": "libx264"}
CELLS = 16
"""Squares in the strip that shows a frame's number in binary."""


def frame_number(timecode: str, rate: Fraction) -> int:
    """A timecode as a count of frames (23.976 counts like 24)."""
    drop = ";" in timecode
    time = otio.opentime.from_timecode(timecode, float(rate) if drop else float(round(rate)))
    return int(time.value)


def timecode_of(frame: int, rate: Fraction) -> str:
    """A count of frames as a non-drop timecode."""
    nominal = float(round(rate))
    return str(otio.opentime.to_timecode(otio.opentime.RationalTime(frame, nominal), nominal))


def probed(path: Path, project_rate: Fraction) -> Media | None:
    """What the pool knows of a file, None when it cannot be read.

    Audio alone counts at the project's rate as it is now (facts 5).
    """
    if not path.is_file():
        return None
    try:
        with av.open(str(path)) as film:
            return _read(film, path, project_rate)
    except (av.error.FFmpegError, IndexError, ValueError):
        return None


def _read(film: av.container.InputContainer, path: Path, project_rate: Fraction) -> Media | None:
    pictures, sounds = film.streams.video, film.streams.audio
    name, where = path.name, str(path)
    if pictures and path.suffix.lower() in STILLS:
        size = (pictures[0].width, pictures[0].height)
        return Media(name, "Still", project_rate, 1, where, size=size)
    if not pictures:
        if not sounds or film.duration is None:
            return None
        frames = int(Fraction(film.duration, av.time_base) * project_rate)
        return Media(name, "Audio", project_rate, frames, where, video=False, audio=True)
    stream = pictures[0]
    rate = Fraction(stream.average_rate or stream.base_rate or 24)
    written = stream.metadata.get("timecode") or film.metadata.get("timecode") or ""
    known = re.fullmatch(r"\d\d:\d\d:\d\d[:;]\d\d", written) is not None
    frames = stream.frames or sum(1 for packet in film.demux(stream) if packet.size)
    return Media(
        name, "Video + Audio" if sounds else "Video", rate, frames, where,
        frame_number(written, rate) if known else 0, True, bool(sounds),
        (stream.width, stream.height), stream.codec_context.name,
    )  # fmt: skip


def write_film(
    path: Path,
    frames: int,
    rate: Fraction,
    *,
    timecode: str = "",
    audio: bool = False,
    shade: int = 90,
) -> Path:
    """Write a small real film whose frames carry their number; `shade` 0..255 tells films apart.

    .mov is Motion JPEG, .mp4 H.264, .wav silence alone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_film(path.suffix, frames, rate, timecode, audio, shade))
    return path


@lru_cache(maxsize=64)
def _film(
    suffix: str, frames: int, rate: Fraction, timecode: str, audio: bool, shade: int
) -> bytes:
    file, pictures = BytesIO(), suffix != ".wav"
    options = {"write_tmcd": "on"} if timecode else {}
    with av.open(file, "w", format=suffix.lstrip("."), options=options) as film:
        if timecode:
            film.metadata["timecode"] = timecode
        stream: Any = film.add_stream(CODECS[suffix], rate=rate) if pictures else None
        codec = "aac" if pictures else "pcm_s16le"
        sound: Any = None
        if audio or not pictures:
            sound = film.add_stream(codec, rate=48000, layout="stereo")
        if stream is not None:
            _write_pictures(film, stream, frames, shade)
        if sound is not None:
            _write_silence(film, sound, Fraction(frames) / rate)
    return file.getvalue()


def _write_pictures(
    film: av.container.OutputContainer, stream: av.VideoStream, frames: int, shade: int
) -> None:
    stream.width, stream.height = 128, 72
    stream.pix_fmt = "yuvj420p" if stream.codec_context.name == "mjpeg" else "yuv420p"
    for number in range(frames):
        picture = av.VideoFrame.from_ndarray(_numbered(number, shade), format="gray")
        picture.pts = number
        film.mux(stream.encode(picture))
    film.mux(stream.encode())


def _write_silence(
    film: av.container.OutputContainer, stream: av.AudioStream, seconds: Fraction
) -> None:
    left, block = int(seconds * 48000), 1024
    for start in range(0, left, block):
        sound = av.AudioFrame.from_ndarray(
            np.zeros((2, min(block, left - start)), np.float32), format="fltp", layout="stereo"
        )
        sound.sample_rate, sound.pts = 48000, start
        film.mux(stream.encode(sound))
    film.mux(stream.encode())


def _numbered(number: int, shade: int) -> np.ndarray:
    """A grey picture (72 x 128, uint8) with `number` as bright and dark squares on top."""
    picture = np.full((72, 128), shade, np.uint8)
    for bit in range(CELLS):
        picture[0:16, bit * 8 : bit * 8 + 8] = 235 if number >> bit & 1 else 16
    return picture


def number_in(picture: np.ndarray) -> int:
    """Read a frame's number out of a grey picture that `write_film` made."""
    cells = picture[4:12, : CELLS * 8].reshape(8, CELLS, 8)[:, :, 2:6].mean(axis=(0, 2))
    return sum(1 << bit for bit in range(CELLS) if cells[bit] > 125)
