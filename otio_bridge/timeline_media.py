"""Where a timeline's media lie on this machine, and how a timeline names ours."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path, PureWindowsPath
from urllib.parse import quote, unquote

import opentimelineio as otio

from otio_bridge.timeline import Cut

SAFE = "/:@!$&'()*+,;=~-._"
"""What a path keeps as it stands when it is written as a URL."""
DRIVE = re.compile(r"[A-Za-z]:[\\/]")
FILE = re.compile(r"file:(?://(?:localhost)?(?=/))?", re.IGNORECASE)
"""What stands before the path in a file URL; a server's name stays with the path."""
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
NAMED_BY = {
    otio.schema.ExternalReference: "target_url",
    otio.schema.ImageSequenceReference: "target_url_base",
}
"""Kind of media reference -> which of its attributes says where it lies."""


def local_path(url: str, folder: Path) -> Path | None:
    """Return the file that a target URL names, or None where it names none on any local disk.

    Args:
        url: A plain path, a relative URL, or a file URL with or without escapes, as editors write.
        folder: The timeline's folder, which relative ones count from.
    """
    if DRIVE.match(url):
        return Path(PureWindowsPath(url)) if os.name == "nt" else None
    start = FILE.match(url)
    if start is None and SCHEME.match(url):
        return None
    plain = url[start.end() :] if start else url
    for text in (plain, unquote(plain)):
        path = folder / (text.lstrip("/") if DRIVE.match(text.lstrip("/")) else text)
        if os.path.exists(path):  # unlike Path.exists says no to what may not be looked at
            return path
    return folder / unquote(plain)


def url_from(path: Path, folder: Path) -> str:
    """Return how a timeline in a folder names a file: relative, so that both move together."""
    try:
        relative = Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive on Windows
        return path.as_uri()
    return quote(relative, safe=SAFE)


def rename_media(cut: Cut, renamed: Callable[[str], str]) -> None:
    """Let every media reference of a timeline name its file as a function says."""
    for clip in cut.timeline.find_clips():
        for reference in clip.media_references().values():
            attribute = NAMED_BY.get(type(reference))
            url = getattr(reference, attribute) if attribute else None
            if attribute and url:
                setattr(reference, attribute, renamed(url))


def rebase(cut: Cut, folder: Path) -> None:
    """Let relative names still find their files when a timeline is written to another folder."""

    def renamed(url: str) -> str:
        if url.startswith(("/", "\\")) or any(p.match(url) for p in (DRIVE, FILE, SCHEME)):
            return url
        path = local_path(url, cut.path.parent)
        return url if path is None or not os.path.exists(path) else url_from(path, folder)

    if folder != cut.path.parent:
        rename_media(cut, renamed)


def name_absolutely(cut: Cut) -> None:
    """Let every file on a local disk be named by its plain absolute path."""

    def renamed(url: str) -> str:
        path = local_path(url, cut.path.parent)
        return url if path is None else Path(os.path.abspath(path)).as_posix()

    rename_media(cut, renamed)
