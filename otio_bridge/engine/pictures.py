"""Media for the page: what may be served, and proxies and thumbnails made on demand."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from otio_bridge.clock import frames_of_second, seconds_in
from otio_bridge.engine.desk import Page
from otio_bridge.engine.memory import stamp_of
from otio_bridge.engine.planning import take_named
from otio_bridge.engine.refusals import Refusal
from otio_bridge.files import replacing, telling
from otio_bridge.identity import Placed
from otio_bridge.media import frames_of, probe, proxy, thumbnails, write_film
from otio_bridge.preview import media_frame
from otio_bridge.timeline_place import place_of
from otio_bridge.timeline_slots import ORIGINAL

PROXY_HEIGHT = 360
"""Pixels."""
WIDTHS = (160, 240, 320, 480, 640, 960, 1280)
"""Widths in pixels that thumbnails are made in; a wish gets the next larger one."""
KINDS = {
    ".mov": "video/quicktime",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mkv": "video/x-matroska",
    ".webm": "video/webm",
    ".mxf": "application/mxf",
    ".avi": "video/x-msvideo",
    ".mpg": "video/mpeg",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".exr": "image/x-exr",
    ".dpx": "image/x-dpx",
}
"""Files that may be served at all, by ending, with their media type."""
MAKERS = 2
"""Proxies made at a time."""


def file_of(page: Page, placed: Placed, take: str) -> Path:
    """Return the file of a take, or of the clip's own media for "original".

    Raises:
        TakeNotFound: There is no such take.
        ProjectError: Its name leads out of the project.
        Refusal: The file is missing or no media.
    """
    if take == ORIGINAL:
        found = page.session.media_of(placed.slot)
        if found is None:
            raise Refusal(404, f"The media of '{placed.slot.name}' is missing; relink it.")
        path = found
    else:
        path = page.session.take_file(take_named(placed, page.session.takes_of(placed), take))
    if path.suffix.lower() not in KINDS:
        raise Refusal(403, f"'{path.name}' is no media that is served here.")
    if not path.is_file():
        raise Refusal(404, f"The file of {take} is gone; put {path.name} back.")
    return path


def frame_in_file(page: Page, placed: Placed, take: str, slot_frame: int) -> int:
    """Return the frame of a take's or the original's file that a slot frame shows."""
    if take == ORIGINAL:
        place = place_of(placed.slot, page.session.rate)
        return media_frame(page.session, placed.slot, place, slot_frame)
    known = take_named(placed, page.session.takes_of(placed), take)
    return slot_frame - known.slot_start


class Pictures:
    """Makes proxies and thumbnails, each once, and keeps them under proxies/ in the project."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(MAKERS, thread_name_prefix="proxy")
        self._making: dict[Path, Future[Path]] = {}
        self._lock = threading.Lock()

    def proxy(self, page: Page, placed: Placed, take: str) -> Future[Path]:
        """Return a small film of key pictures only: of a take whole, of the original its slot.

        Raises:
            BridgeError: There is no such take or file.
        """
        source = file_of(page, placed, take)
        key = (placed.id, placed.slot.frames, placed.slot.source) if take == ORIGINAL else ()
        target = _target(page, source, "proxy", ".mp4", PROXY_HEIGHT, key)
        if take == ORIGINAL:
            return self._made(target, lambda: _slot_film(page, placed, source, target))
        return self._made(target, lambda: _proxied(source, target))

    def thumbnail(
        self, page: Page, placed: Placed, take: str, slot_frame: int, width: int
    ) -> Future[Path]:
        """Return one frame of the slot as a JPEG.

        Raises:
            BridgeError: There is no such take, file or frame.
        """
        source = file_of(page, placed, take)
        frame = frame_in_file(page, placed, take, slot_frame)
        if not 0 <= frame < probe(source).frames:
            raise Refusal(404, f"{take} has no picture for slot frame {slot_frame}.")
        size = _width(width)
        target = _target(page, source, "thumb", ".jpg", size, (frame,))
        return self._made(target, lambda: _thumbnails([frame], source, target, size))

    def strip(self, page: Page, placed: Placed, take: str, width: int) -> Future[Path]:
        """Return the middle frame of every second of the slot, side by side, as one JPEG.

        Seconds that the take does not show are dark. Raises as `thumbnail`.
        """
        source = file_of(page, placed, take)
        known = probe(source).frames
        rate, frames = page.session.rate, placed.slot.frames
        middles = [
            seconds[len(seconds) // 2]
            for second in range(seconds_in(frames, rate))
            if (seconds := frames_of_second(second, rate, frames))
        ]
        wanted = [frame_in_file(page, placed, take, frame) for frame in middles]
        shown = [frame if 0 <= frame < known else None for frame in wanted]
        size = _width(width)
        target = _target(page, source, "strip", ".jpg", size, tuple(shown))
        return self._made(target, lambda: _thumbnails(shown, source, target, size))

    def stop(self) -> None:
        """Begin nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _made(self, target: Path, make: Callable[[], object]) -> Future[Path]:
        with self._lock:
            if target.exists():
                done: Future[Path] = Future()
                done.set_result(target)
                return done
            if target not in self._making:
                self._making[target] = self._pool.submit(self._make, target, make)
            return self._making[target]

    def _make(self, target: Path, make: Callable[[], object]) -> Path:
        try:
            make()
            return target
        finally:
            with self._lock:
                self._making.pop(target, None)


def _target(
    page: Page, source: Path, kind: str, ending: str, size: int, more: tuple[object, ...]
) -> Path:
    """Name a derived file after the very state of its source, so that it never is a stale one."""
    told = repr((str(source), stamp_of(source), kind, size, more))
    key = hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:20]
    folder = page.project.folder / "proxies"
    with telling(folder):
        folder.mkdir(exist_ok=True)
    return folder / f"{kind}_{key}{ending}"


def _proxied(source: Path, target: Path) -> None:
    with telling(target), replacing(target) as partial:
        proxy(source, partial, PROXY_HEIGHT)


def _slot_film(page: Page, placed: Placed, source: Path, target: Path) -> None:
    """Write the frames of the original that the slot shows, at the timeline's rate."""
    footage = probe(source)
    height = min(PROXY_HEIGHT, footage.size[1]) // 2 * 2
    size = (max(2, round(footage.size[0] * height / footage.size[1] / 2) * 2), max(2, height))
    place = place_of(placed.slot, page.session.rate)
    wanted = [
        media_frame(page.session, placed.slot, place, frame) for frame in range(placed.slot.frames)
    ]
    with telling(target), replacing(target) as partial:
        frames = _pictured(source, wanted, size)
        write_film(partial, frames, rate=page.session.rate, size=size, codec="proxy")


def _pictured(
    source: Path, wanted: Sequence[int], size: tuple[int, int]
) -> Iterator[NDArray[np.uint8]]:
    """Yield frames of a file in any order of display, decoded in one pass forwards."""
    first, last = min(wanted), max(wanted)
    if list(wanted) == sorted(wanted):
        decoded = frames_of(source, size=size, start=first, stop=last + 1)
        at, picture = first - 1, None
        for frame in wanted:
            while at < frame or picture is None:
                picture, at = next(decoded), at + 1
            yield _bytes(picture)
        return
    kept = list(frames_of(source, size=size, start=first, stop=last + 1))
    for frame in wanted:
        yield _bytes(kept[frame - first])


def _bytes(picture: NDArray[Any]) -> NDArray[np.uint8]:
    return np.asarray(picture, dtype=np.uint8)


def _thumbnails(frames: Sequence[int | None], source: Path, target: Path, width: int) -> None:
    present = [frame for frame in frames if frame is not None]
    found = iter(thumbnails(source, present, width)) if present else iter(())
    size = probe(source).size
    height = max(1, round(size[1] * width / size[0]))
    sheet = Image.new("RGB", (width * len(frames), height), (24, 26, 31))
    for number, frame in enumerate(frames):
        if frame is not None:
            sheet.paste(Image.fromarray(_bytes(next(found))), (number * width, 0))
    with telling(target), replacing(target) as partial:
        sheet.save(partial, format="JPEG", quality=85)


def _width(asked: int) -> int:
    return next((width for width in WIDTHS if width >= asked), WIDTHS[-1])
