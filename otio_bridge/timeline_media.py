"""Where a timeline's media lie on this machine, and how a timeline names ours."""

from __future__ import annotations

import os
import re
from pathlib import Path, PureWindowsPath
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import opentimelineio as otio

from otio_bridge.timeline import Cut

SAFE = "/:@!$&'()*+,;=~-._"
"""What a path keeps as it stands when it is written as a URL."""
DRIVE = re.compile(r"^[A-Za-z]:[\\/]")


def local_path(url: str, folder: Path) -> Path | None:
    """Return the file that a target URL names, or None where it names none on any local disk.

    Args:
        url: A plain path, a relative URL, or a file URL with or without escapes, as editors write.
        folder: The timeline's folder, which relative ones count from.
    """
    if DRIVE.match(url):
        return Path(PureWindowsPath(url)) if os.name == "nt" else None
    parts = urlsplit(url)
    if parts.scheme not in ("", "file"):
        return None
    plain = url if not parts.scheme else parts.path
    for text in (plain, unquote(plain)):
        path = folder / (text.lstrip("/") if DRIVE.match(text.lstrip("/")) else text)
        if path.exists():
            return path
    return folder / unquote(plain)


def url_from(path: Path, folder: Path) -> str:
    """Return how a timeline in a folder names a file: relative, so that both move together."""
    try:
        relative = Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive on Windows
        return path.as_uri()
    return quote(relative, safe=SAFE)


def rebase(cut: Cut, folder: Path) -> None:
    """Let relative names still find their files when a timeline is written to another folder."""
    if folder == cut.path.parent:
        return
    for clip in cut.timeline.find_clips():
        for reference in clip.media_references().values():
            if isinstance(reference, otio.schema.ExternalReference):
                _rebase_reference(reference, cut.path.parent, folder)


def _rebase_reference(reference: Any, old: Path, new: Path) -> None:
    url = reference.target_url
    if not url or urlsplit(url).scheme or url.startswith(("/", "\\")):
        return
    path = local_path(url, old)
    if path is not None and path.exists():
        reference.target_url = url_from(path, new)
