# SPDX-License-Identifier: GPL-3.0-or-later
"""What we know of the user's strips: our notes on them, and the slot that a shot owns.

A slot is one strip, or after a splice the pieces that a cut of it left in a row. Nothing here
changes what a strip shows: that is `splicing`. Frames are frames of the scene.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import bpy

from .versions import left_of, owner_of, right_of, strips_of

KEY = "otio_bridge"
"""The ID property that carries our facts as one JSON text; it survives copy, split and save."""
ORIGINAL = "original"


class SlotRefused(Exception):
    """A slot that cannot be changed; the text is one sentence that says why and what to do."""


class Slot(NamedTuple):
    """What a shot owns: strips in a row on one channel."""

    strips: tuple[Any, ...]

    @property
    def left(self) -> int:
        """First frame."""
        return left_of(self.strips[0])

    @property
    def right(self) -> int:
        """Frame after the last one."""
        return right_of(self.strips[-1])


def note_of(strip: Any) -> dict[str, Any]:
    """Return what we noted on a strip; {} where there is nothing."""
    try:
        found = json.loads(strip.get(KEY) or "{}")
    except (TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def note(strip: Any, **facts: Any) -> None:
    """Note facts on a strip; None takes a fact away."""
    ours = {"version": 1, **note_of(strip), **facts}
    kept = {key: value for key, value in ours.items() if value is not None}
    if kept.keys() == {"version"}:
        strip.pop(KEY, None)
    else:
        strip[KEY] = json.dumps(kept)


def is_slot(strip: Any) -> bool:
    """Say whether a strip shows pictures of its own that takes may replace."""
    return strip is not None and strip.type in ("MOVIE", "IMAGE")


def slot_of(strip: Any) -> Slot:
    """Return the slot to which a strip belongs: itself, or all pieces of its splice."""
    mine = note_of(strip).get("splice")
    if mine is None:
        return Slot((strip,))
    near = [
        one
        for one in strips_of(owner_of(strip))
        if one.channel == strip.channel and note_of(one).get("splice", {}).get("id") == mine["id"]
    ]
    return Slot(_touching(sorted(near, key=left_of), strip))


def _touching(row: Sequence[Any], strip: Any) -> tuple[Any, ...]:
    """Return the strips that stand in one unbroken row with a strip; copies elsewhere do not."""
    groups: list[list[Any]] = []
    for one in row:
        if groups and right_of(groups[-1][-1]) == left_of(one) and _follows(groups[-1][-1], one):
            groups[-1].append(one)
        else:
            groups.append([one])
    return tuple(next(group for group in groups if strip in group))


def _follows(one: Any, other: Any) -> bool:
    first, second = note_of(one)["splice"]["index"], note_of(other)["splice"]["index"]
    return bool(first <= second)


def shown_by(slot: Slot) -> str:
    """Return the take that a slot shows: its id, "original", or "splice"."""
    takes = {note_of(strip).get("take", ORIGINAL) for strip in slot.strips}
    return takes.pop() if len(takes) == 1 else "splice"


def path_of(strip: Any) -> Path:
    """Return the absolute path of the file that a movie or image strip shows."""
    if strip.type == "IMAGE":
        name = strip.elements[0].filename if len(strip.elements) else ""
        return Path(bpy.path.abspath(strip.directory)) / name
    return Path(bpy.path.abspath(strip.filepath))
