# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes in strips: the only place that changes what a strip of the user's shows.

A shot owns a slot: one strip, or after a splice the pieces that a cut of it left in a row. Pieces
are made by splitting the user's own strip and changing what they show, so that transform, crop,
modifiers, colour tag, blend and mute stay. What was there before is noted on every piece, so that
`reverted` needs the .blend alone. Frames are frames of the scene.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import bpy

from .versions import (
    SCRATCH,
    all_strips,
    content_start_of,
    editor_of,
    left_of,
    new_effect,
    owner_of,
    right_of,
    show,
    strips_of,
)

KEY = "otio_bridge"
"""The ID property that carries our facts as one JSON text; it survives copy, split and save."""
PICTURES = ("MOVIE", "IMAGE", "META", "SCENE")
TRANSITIONS = ("CROSS", "GAMMA_CROSS", "WIPE")
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


class Piece(NamedTuple):
    """One stretch of a file in a slot, as the engine's placements."""

    take: str
    media: str
    source_start: int
    slot_start: int
    frames: int
    size: tuple[int, int] | None = None
    """Width and height in pixels, where the engine knows them."""


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


def spliced(slot: Slot, shape: dict[str, Any], number: str) -> Slot:
    """Show the pieces of an edit in a slot, and return the slot as it is then.

    Args:
        slot: What the shot owns now.
        shape: The engine's edit: placements, alternates, slot.
        number: Id of the splice, new for each.

    Raises:
        SlotRefused: The slot cannot be changed; nothing was.
    """
    pieces = _grown([Piece(*_facts(one)) for one in shape["placements"]], *reach_of(slot))
    _guard(slot, pieces)
    whole = reverted(slot).strips[0]
    record = _record(whole)
    effects = _detached(whole)
    try:
        row = _cut(whole, [left_of(whole) + piece.slot_start for piece in pieces[1:]])
        for index, (strip, piece) in enumerate(zip(row, pieces, strict=True)):
            if piece.take != ORIGINAL:
                _swap(strip, piece)
            splice = {"id": number, "index": index} if len(row) > 1 else None
            note(
                strip,
                shot=shape["shot"],
                take=piece.take,
                splice=splice,
                was=record,
                placed=content_start_of(strip),
                clip=_carried(shape, index),
            )
    finally:
        _attached(effects, whole, row[-1])
    return Slot(tuple(row))


def reverted(slot: Slot) -> Slot:
    """Show again what a slot showed before any take, trimmed as the slot is now."""
    first, others = slot.strips[0], slot.strips[1:]
    was = note_of(first).get("was")
    if was is None:
        return slot
    left, right = slot.left, slot.right
    moved = round(content_start_of(first) - note_of(first).get("placed", was["content_start"]))
    effects = [found for strip in slot.strips for found in _detached(strip)]
    channel = first.channel
    for strip in others:
        strips_of(owner_of(first)).remove(strip)
    first.channel = SCRATCH
    first.filepath = _found_again(was["filepath"], (note_of(first).get("clip") or {}).get("home"))
    first.transform.scale_x, first.transform.scale_y = was["scale"]
    show(first, content_start=was["content_start"] + moved, left=left, right=right)
    first.channel = channel
    note(first, take=None, splice=None, was=None, placed=None, clip=None)
    _attached(effects, first, first)
    return Slot((first,))


def with_alternates(slot: Slot, shape: dict[str, Any]) -> None:
    """Keep the takes of a shot in the data of its strips, whatever they show now."""
    for strip in slot.strips:
        new, had = _carried(shape, 0), note_of(strip).get("clip")
        if new is not None and had is not None:
            media = {**new["media_references"], **had["media_references"]}
            new = {**had, "media_references": media}
        note(strip, shot=shape["shot"], clip=new)


def _carried(shape: dict[str, Any], index: int) -> dict[str, Any] | None:
    """Return what a strip keeps of its OTIO clip: name, media with all takes, our metadata."""
    clips = shape.get("clips") or ()
    if index >= len(clips):
        return None
    clip = clips[index]
    return {
        "name": clip["name"],
        "metadata": clip["metadata"].get(KEY, {}),
        "media_references": clip["media_references"],
        "active": clip["active_media_reference_key"],
        "home": home(),
    }


def home() -> str:
    """Return the folder that relative addresses in strips' data start from: the project's."""
    return str(Path(bpy.data.filepath).parent)


def _found_again(path: str, start: str | None) -> str:
    """Return a relative path as it was, or absolute where the .blend was saved elsewhere since."""
    if start and not Path(bpy.path.abspath(path)).exists():
        before = bpy.path.abspath(path, start=start)
        return before if Path(before).exists() else path
    return path


def placements_in(slot: Slot) -> list[dict[str, Any]]:
    """Return what a slot shows, for the engine to compare, its reach under transitions left out."""
    head, tail = reach_of(slot)
    begin, end = slot.left + head, slot.right - tail
    found = []
    for strip in slot.strips:
        left, right = max(left_of(strip), begin), min(right_of(strip), end)
        found.append({
            "media": str(path_of(strip)), "source_start": left - round(content_start_of(strip)),
            "slot_start": left - begin, "frames": right - left,
        })  # fmt: skip
    return found


def path_of(strip: Any) -> Path:
    """Return the absolute path of the file that a movie or image strip shows."""
    if strip.type == "IMAGE":
        name = strip.elements[0].filename if len(strip.elements) else ""
        return Path(bpy.path.abspath(strip.directory)) / name
    return Path(bpy.path.abspath(strip.filepath))


def _facts(one: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(one.get(key) for key in Piece._fields)


def reach_of(slot: Slot) -> tuple[int, int]:
    """Return how many frames a slot's strips reach under the transitions before and after it."""
    head = tail = 0
    for effect in effects_on(slot):
        if effect.type in TRANSITIONS:
            if effect.input_2 in slot.strips:
                head = cut_in(effect) - slot.left
            if effect.input_1 in slot.strips:
                tail = slot.right - cut_in(effect)
    return head, tail


def cut_in(transition: Any) -> int:
    """Return the frame on which a transition counts as cut: its middle, halves go down."""
    return (left_of(transition) + right_of(transition)) // 2


def _grown(pieces: list[Piece], head: int, tail: int) -> list[Piece]:
    """Let the outer pieces reach under the transitions, whose frames lie beyond the slot's own."""
    moved = [piece._replace(slot_start=piece.slot_start + head) for piece in pieces]
    first = moved[0]
    moved[0] = first._replace(
        source_start=first.source_start - head, frames=first.frames + head, slot_start=0
    )
    moved[-1] = moved[-1]._replace(frames=moved[-1].frames + tail)
    return moved


def _guard(slot: Slot, pieces: Sequence[Piece]) -> None:
    """Refuse before anything is changed."""
    first = slot.strips[0]
    if first.lock:
        raise SlotRefused(f"'{first.name}' is locked; unlock it first.")
    if first.type != "MOVIE":
        raise SlotRefused(
            f"'{first.name}' is no movie strip; render it to a movie, or put the take above it."
        )
    total = sum(piece.frames for piece in pieces)
    if total != slot.right - slot.left:
        raise SlotRefused(
            f"The plan has {total} frames and '{first.name}' has {slot.right - slot.left}; the "
            "strip was trimmed meanwhile: ask for the splice again."
        )
    for piece in pieces:
        if piece.source_start < 0:
            raise SlotRefused(
                f"{piece.take} has no picture for the transition before '{first.name}'; choose "
                "another take there or shorten the transition."
            )
        if not Path(piece.media).is_file():
            raise SlotRefused(f"{piece.media} is not there; regenerate the take or find the file.")
    for effect in effects_on(slot):
        if effect.type not in TRANSITIONS:
            raise SlotRefused(
                f"'{effect.name}' works on '{first.name}'; put both into a meta strip first."
            )


def effects_on(slot: Slot) -> list[Any]:
    """Return the effect strips that take a slot's strips as input."""
    return [
        one
        for one in strips_of(owner_of(slot.strips[0]))
        if any(getattr(one, key, None) in slot.strips for key in ("input_1", "input_2"))
    ]


def _record(strip: Any) -> dict[str, Any]:
    """Return what a strip shows, for the day it comes back."""
    return {
        "filepath": strip.filepath,
        "content_start": content_start_of(strip),
        "left": left_of(strip),
        "right": right_of(strip),
        "scale": [strip.transform.scale_x, strip.transform.scale_y],
    }


def _swap(strip: Any, piece: Piece) -> None:
    """Show a take in a strip from one of its frames on, as large as what stood there."""
    left, right, channel = left_of(strip), right_of(strip), strip.channel
    before, after = _size_of(strip), piece.size
    strip.channel = SCRATCH
    strip.filepath = _written(piece.media, strip.filepath)
    show(strip, content_start=left - piece.source_start, left=left, right=right)
    strip.channel = channel
    if before and after:
        strip.transform.scale_x *= before[0] / after[0]
        strip.transform.scale_y *= before[1] / after[1]


def _size_of(strip: Any) -> tuple[int, int] | None:
    """Return the pixels of the file that a strip was made with; a new path does not change it."""
    element = strip.elements[0] if len(strip.elements) else None
    if element is None or not element.orig_width or not element.orig_height:
        return None
    return element.orig_width, element.orig_height


def _written(path: str, like: str) -> str:
    """Return a path as the user's own strips write it: relative to the .blend, or absolute."""
    if like.startswith("//") and bpy.data.filepath:
        try:
            return str(bpy.path.relpath(path))
        except ValueError:  # another drive
            return path
    return path


def _cut(strip: Any, frames: Iterable[int]) -> list[Any]:
    """Split a strip at frames; what is connected to it, such as its sound, stays whole."""
    row = [strip]
    for frame in frames:
        others = {one.name: right_of(one) for one in all_strips(editor_of(strip.id_data))}
        right = row[-1].split(frame, "SOFT")
        _joined_again(strip, {one.name for one in (*row, right)}, others)
        row.append(right)
    return row


def _joined_again(strip: Any, ours: set[str], before: dict[str, int]) -> None:
    """Undo what a split did to connected strips."""
    owner = owner_of(strip)
    for one in list(strips_of(owner)):
        if one.name not in before and one.name not in ours:
            strips_of(owner).remove(one)
    for one in strips_of(owner):
        if one.name in before and one.name not in ours and right_of(one) != before[one.name]:
            show(one, content_start=content_start_of(one), left=left_of(one),
                 right=before[one.name])  # fmt: skip


def _detached(strip: Any) -> list[tuple[Any, str, Any]]:
    """Let effects look at a stand-in while their input is split; a split would copy the chain."""
    found = [
        (effect, key)
        for effect in effects_on(Slot((strip,)))
        for key in ("input_1", "input_2")
        if getattr(effect, key, None) == strip
    ]
    if not found:
        return []
    stand_in = _stand_in(strip)
    for effect, key in found:
        setattr(effect, key, stand_in)
    _renew_relations(strip)
    return [(effect, key, stand_in) for effect, key in found]


def _attached(effects: Sequence[tuple[Any, str, Any]], first: Any, last: Any) -> None:
    """Give effects back the piece that they overlap, and throw the stand-ins away."""
    if not effects:
        return
    strips = strips_of(owner_of(first))
    for effect, key, _ in effects:
        setattr(effect, key, first if key == "input_2" else last)
    _renew_relations(first)
    for stand_in in {one.name: one for _, _, one in effects}.values():
        strips.remove(stand_in)


def _stand_in(strip: Any) -> Any:
    span = (left_of(strip), right_of(strip))
    return new_effect(strips_of(owner_of(strip)), "otio-bridge", "COLOR", SCRATCH, span, ())


def _renew_relations(strip: Any) -> None:
    """Make Blender see what effects look at now.

    Blender 5.2 remembers which effects work on a strip until strips come or go, and removes them
    together with a strip that they looked at before.
    """
    strips_of(owner_of(strip)).remove(_stand_in(strip))
