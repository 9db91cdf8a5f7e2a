"""Files by HTTP range request: one range at a time, refusals as sentences."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi.responses import FileResponse

from otio_bridge.engine.refusals import Refusal

RANGE = re.compile(r"bytes=(\d*)-(\d*)")
CHUNK = 256 * 1024
"""Bytes read at a time."""


class MediaResponse(FileResponse):
    """A file in large pieces."""

    chunk_size = CHUNK


def ranged(path: Path, kind: str, asked: str | None) -> MediaResponse:
    """Return a file, or the part that a Range header asks for.

    Raises:
        Refusal: The range cannot be read or lies beyond the file.
    """
    size = path.stat().st_size
    if asked is not None:
        match = RANGE.fullmatch(asked.strip())
        if match is None or not (match[1] or match[2]) or len(asked) > 60:
            raise Refusal(
                416, "Only one range of bytes can be asked for.", Content_Range=f"bytes */{size}"
            )
        start, end = int(match[1] or -1), int(match[2] or size - 1)
        last_bytes = not match[1]
        if (last_bytes and (end == 0 or size == 0)) or (
            not last_bytes and (start >= size or end < start)
        ):
            raise Refusal(
                416, f"The file has {size} bytes, not that range.", Content_Range=f"bytes */{size}"
            )
    headers = {"cache-control": "private, max-age=3600", "accept-ranges": "bytes"}
    return MediaResponse(path, media_type=kind, headers=headers)
