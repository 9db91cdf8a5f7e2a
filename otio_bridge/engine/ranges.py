"""Files by HTTP range request: one range at a time, refusals as sentences."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi.responses import FileResponse, Response

from otio_bridge.engine.refusals import Refusal

RANGE = re.compile(r"bytes=(\d*)-(\d*)")
CHUNK = 256 * 1024
"""Bytes read at a time."""


class MediaResponse(FileResponse):
    """A file in large pieces."""

    chunk_size = CHUNK


def ranged(path: Path, kind: str, asked: str | None, validator: str | None = None) -> Response:
    """Return a file, or the part that a Range header asks for.

    A player asks for small parts many times a second: each is read at once, in the caller's thread.

    Args:
        path: The file.
        kind: Its media type.
        asked: The Range header.
        validator: The If-Range header: the part is wanted only of that state of the file.

    Raises:
        Refusal: The range cannot be read or lies beyond the file.
    """
    state = path.stat()
    headers = {"cache-control": "private, max-age=3600", "accept-ranges": "bytes"}
    whole = MediaResponse(path, media_type=kind, headers=headers, stat_result=state)
    part = None if asked is None else _part(asked, state.st_size)
    if part is None or len(part) > CHUNK or validator is not None:
        return whole
    with path.open("rb") as file:
        file.seek(part.start)
        content = file.read(len(part))
    headers = dict(whole.headers) | {
        "content-range": f"bytes {part.start}-{part.stop - 1}/{state.st_size}",
        "content-length": str(len(content)),
    }
    return Response(content, 206, headers)


def _part(asked: str, size: int) -> range:
    """Return the bytes that a Range header asks for."""
    every = f"bytes */{size}"
    match = RANGE.fullmatch(asked.strip())
    if match is None or not (match[1] or match[2]) or len(asked) > 60:
        raise Refusal(416, "Only one range of bytes can be asked for.", Content_Range=every)
    if not match[1]:  # the last bytes
        part = range(max(0, size - int(match[2])), size)
    else:
        part = range(int(match[1]), min(size, int(match[2] or size) + 1))
    if not part:
        raise Refusal(416, f"The file has {size} bytes, not that range.", Content_Range=every)
    return part
