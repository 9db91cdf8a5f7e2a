"""Bins and clips of Resolve's media pool, each file once, found again by its path."""

from __future__ import annotations

import os
from typing import Any

from .surface import Folder, MediaPool, PoolItem

BIN = "OTIO Bridge"


class HostRefused(Exception):
    """What Resolve does not let us do; one sentence with the cure. The timeline is as before."""


def imported(pool: MediaPool, path: str, bins: tuple[str, ...], facts: dict[str, str]) -> PoolItem:
    """Return a file as a clip of the media pool, in its bin, with its facts; once a file.

    Raises:
        HostRefused: Resolve does not take the file.
    """
    folder = _bin(pool, bins)
    known = {path_of(one): one for one in folder.GetClipList() or []}
    clip = known.get(_plain(path))
    if clip is None:
        before = pool.GetCurrentFolder()
        pool.SetCurrentFolder(folder)
        pool.ImportMedia([path])
        if before is not None:
            pool.SetCurrentFolder(before)
        clip = {path_of(one): one for one in folder.GetClipList() or []}.get(_plain(path))
    if clip is None:  # a file that the project has already is not taken a second time
        clip = _found_in(needed(pool.GetRootFolder(), "Resolve shows no bins."), path)
    if clip is None:
        raise HostRefused(f"Resolve does not import {path}; check that it can be played.")
    clip.SetMetadata({"Comments": facts.get("words", ""), "Take": facts.get("take", "")})
    if facts:  # an empty Lua table is a list and a dictionary
        mine = {f"otio_bridge_{key}": value for key, value in facts.items()}
        clip.SetThirdPartyMetadata(mine)
    return clip


def _bin(pool: MediaPool, names: tuple[str, ...]) -> Folder:
    folder = needed(pool.GetRootFolder(), "Resolve shows no bins; try again.")
    for name in names:
        inside = {one.GetName(): one for one in folder.GetSubFolderList() or []}
        found = inside.get(name) or pool.AddSubFolder(folder, name)
        folder = needed(found, f"Resolve does not make the bin '{name}'; make it by hand.")
    made: Folder = folder
    return made


def needed(found: Any, words: str) -> Any:
    """Return what is there.

    Raises:
        HostRefused: It is not.
    """
    if found is None:
        raise HostRefused(words)
    return found


def path_of(clip: PoolItem) -> str:
    """Return a clip's file; "" where there is none."""
    return _plain(str(clip.GetClipProperty("File Path") or ""))


def _found_in(folder: Folder, path: str) -> PoolItem | None:
    """Return the clip of a file in a bin or the bins inside it."""
    for clip in folder.GetClipList() or []:
        if path_of(clip) == _plain(path):
            return clip
    inside = (_found_in(one, path) for one in folder.GetSubFolderList() or [])
    return next((clip for clip in inside if clip is not None), None)


def _plain(path: str) -> str:
    return os.path.normpath(path) if path else ""
