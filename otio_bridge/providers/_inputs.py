"""What goes into a request, checked before anything is sent and turned into what providers take."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from otio_bridge.errors import ProviderError
from otio_bridge.model import Request
from otio_bridge.provider import Limits

TYPES = {
    ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp",
    ".gif": "image/gif", ".bmp": "image/bmp", ".tif": "image/tiff", ".tiff": "image/tiff",
    ".mp4": "video/mp4", ".mov": "video/quicktime", ".webm": "video/webm",
    ".wav": "audio/wav", ".mp3": "audio/mpeg",
}  # fmt: skip
IMAGE_SENTENCE = re.compile(r"Image (\d+) is [^.]*\.\s*")
"""How `recipe` says who is in which picture."""
RESOLUTIONS = ((360, "360p"), (480, "480p"), (720, "720p"), (1080, "1080p"))


@dataclass(frozen=True)
class Ask:
    """A request with its files found and its numbers in the provider's units."""

    request: Request
    prompt: str
    """Names only the pictures that go along."""
    looks: tuple[tuple[str, Path], ...]
    """Name and picture of each reference that goes along, in the order of the prompt."""
    first: Path | None
    last: Path | None
    source: Path | None
    """Film to edit or to go on from."""
    seconds: int
    """Length to ask for."""
    ratio: str
    """Nearest allowed aspect ratio, such as "16:9"."""
    still: bool
    """Whether one picture is wanted instead of a film."""

    @property
    def resolution(self) -> str:
        """Name of the size by its short side: "480p", "720p", "1080p", "4k"."""
        short = min(self.request.size)
        return next((name for most, name in RESOLUTIONS if short <= most), "4k")

    def ratio_among(self, ratios: Sequence[str]) -> str:
        """Return the aspect ratio among others that is nearest to the request's size."""
        return nearest_ratio(self.request.size, ratios)

    @property
    def pictures(self) -> tuple[Path, ...]:
        """The references' pictures."""
        return tuple(picture for _, picture in self.looks)

    @property
    def framed(self) -> bool:
        """Whether a film's first or last frame is fixed."""
        return _framed(self.request)

    @property
    def edit_seconds(self) -> tuple[int, int] | None:
        """Whole seconds of the source that hold the frames to make anew."""
        if self.request.edit is None:
            return None
        rate = Fraction(self.request.rate)
        start, end = (Fraction(frame) / rate for frame in self.request.edit)
        return math.floor(start), math.ceil(end)


def asked(request: Request, files: Mapping[str, Path], limits: Limits, name: str) -> Ask:
    """Return a request ready to be built, or say before anything is paid why it cannot be.

    Raises:
        ProviderError: It asks for more than the declared limits allow.
    """
    named = [(look.name, files[look.images[0]]) for look in request.references if look.images]
    alone = _framed(request) and not limits.frames_with_references
    ask = Ask(
        request=request,
        prompt=prompt_without_images(request.prompt) if alone else request.prompt,
        looks=() if alone else tuple(named),
        first=files[request.first_frame] if request.first_frame else None,
        last=files[request.last_frame] if request.last_frame else None,
        source=files[request.source] if request.source else None,
        seconds=seconds_of(request, limits),
        ratio=nearest_ratio(request.size, limits.ratios or (_plain_ratio(request.size),)),
        still=request.model in limits.stills,
    )
    _check(ask, limits, name)
    return ask


def seconds_of(request: Request, limits: Limits) -> int:
    """Return the whole seconds to ask for: enough for the frames, and a length that is sold."""
    return limits.billed_seconds(Fraction(request.frames) / Fraction(request.rate))


def _framed(request: Request) -> bool:
    return request.source is None and bool(request.first_frame or request.last_frame)


def _check(ask: Ask, limits: Limits, name: str) -> None:
    most = limits.max_references
    if len(ask.pictures) > most:
        raise ProviderError(
            f"{name} takes {most} reference pictures and the shot has {len(ask.pictures)}; remove "
            "some, or fuse them into one first."
        )
    if not ask.still and ask.seconds > limits.max_seconds and ask.source is None:
        raise ProviderError(
            f"{name} makes at most {float(limits.max_seconds):g} s at once and {ask.seconds} are "
            "asked for; ask for fewer seconds with --seconds."
        )
    if ask.last is not None and not limits.last_frame:
        raise ProviderError(f"{name} cannot fix the last frame; leave it out.")
    if ask.first is not None and not limits.first_frame:
        raise ProviderError(f"{name} cannot start from a given frame; leave it out.")
    if ask.source is not None and limits.min_edit_seconds is None:
        raise ProviderError(f"{name} cannot edit a film; choose a provider that can, or retake it.")
    for file in (*ask.pictures, *(one for one in (ask.first, ask.last) if one)):
        _check_picture(file, limits.max_picture_bytes, name)


def _check_picture(file: Path, most: int, name: str) -> None:
    if not media_type(file).startswith("image/"):
        raise ProviderError(f"{name} takes no {file.suffix} as a picture; save {file.name} as PNG.")
    size = file.stat().st_size
    if most and size > most:
        raise ProviderError(
            f"{file.name} has {size / 1e6:.1f} MB and {name} takes {most / 1e6:.0f}; save it "
            "smaller, or as JPEG."
        )


def media_type(file: Path) -> str:
    """Return a file's media type by its ending."""
    return TYPES.get(file.suffix.lower(), "application/octet-stream")


def encoded(file: Path) -> str:
    """Return a file as base64 text."""
    return base64.b64encode(file.read_bytes()).decode()


def data_uri(file: Path) -> str:
    """Return a file as a data URI."""
    return f"data:{media_type(file)};base64,{encoded(file)}"


def nearest_ratio(size: tuple[int, int], ratios: Sequence[str]) -> str:
    """Return the ratio, such as "16:9" or "1280:720", nearest to a size in shape, then in size."""

    def far(ratio: str) -> tuple[float, float]:
        width, height = (int(side) for side in ratio.split(":"))
        shape = abs(math.log(size[0] * height / (size[1] * width)))
        return round(shape, 2), abs(math.log(size[0] * size[1] / (width * height)))

    return min(ratios, key=far)


def _plain_ratio(size: tuple[int, int]) -> str:
    ratio = Fraction(*size)
    return f"{ratio.numerator}:{ratio.denominator}"


def prompt_naming(prompt: str, pattern: str, start: int = 1) -> str:
    """Return a prompt with "Image 2" written as a provider wants it, such as "<IMAGE_REF_{}>"."""

    def named(found: re.Match[str]) -> str:
        return pattern.format(int(found[1]) - 1 + start)

    return re.sub(r"\bImage (\d+)\b", named, prompt)


def prompt_without_images(prompt: str) -> str:
    """Return a prompt without the sentences on pictures that do not go along."""
    return IMAGE_SENTENCE.sub("", prompt).strip()
