# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes in the user's strips: the only place that changes what a strip shows.

Pieces are made by splitting the user's own strip and changing what they show, so that transform,
crop, modifiers, colour tag, blend, mute and speed stay. What was there before is noted on every
piece, so that `reverted` needs the .blend alone. Frames are frames of the scene.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import bpy

from .alternates import carried
from .effects import (
    attached,
    detached,
    in_the_way,
    pace_of,
    paced,
    reach_of,
    speed_facts,
    speed_over,
)
from .strips import ORIGINAL, Slot, SlotRefused, note, note_of, path_of
from .versions import (
    SCRATCH,
    all_strips,
    content_start_of,
    editor_of,
    left_of,
    owner_of,
    right_of,
    show,
    strips_of,
)
from .words import worded

LIGHT = "otio-bridge light"
"""Name of the modifier that matches a take's light; the user may change or remove it."""


class Piece(NamedTuple):
    """One stretch of a file in a slot, as the engine's placements."""

    take: str
    media: str
    source_start: int
    slot_start: int
    frames: int
    size: tuple[int, int] | None = None
    """Width and height in pixels, where the engine knows them."""
    gain: tuple[float, float, float] | None = None
    """Of R, G and B, to bring its light to that of its neighbours."""


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
    record, pace = _record(whole), pace_of(whole)
    first = left_of(whole) - round(content_start_of(whole))
    effects = detached(whole)
    try:
        row = _cut(whole, [left_of(whole) + piece.slot_start for piece in pieces[1:]])
        for index, (strip, piece) in enumerate(zip(row, pieces, strict=True)):
            if piece.take != ORIGINAL:
                _swap(strip, piece)
                _lit(strip, piece.gain)
            elif pace != 1:
                _slip(strip, first + int(piece.slot_start * pace))
            splice = {"id": number, "index": index} if len(row) > 1 else None
            note(
                strip,
                shot=shape["shot"],
                take=piece.take,
                splice=splice,
                was=record,
                placed=content_start_of(strip),
                clip=carried(shape, index),
            )
    finally:
        attached(effects, whole, row[-1])
    return Slot(tuple(row))


def reverted(slot: Slot) -> Slot:
    """Show again what a slot showed before any take, trimmed as the slot is now."""
    first, others = slot.strips[0], slot.strips[1:]
    was = note_of(first).get("was")
    if was is None:
        return slot
    left, right = slot.left, slot.right
    moved = round(content_start_of(first) - note_of(first).get("placed", was["content_start"]))
    effects = [found for strip in slot.strips for found in detached(strip)]
    channel = first.channel
    for strip in others:
        _removed(strip)
    first.channel = SCRATCH
    first.filepath = _found_again(was["filepath"], (note_of(first).get("clip") or {}).get("home"))
    first.transform.scale_x, first.transform.scale_y = was["scale"]
    _lit(first, None)
    show(first, content_start=was["content_start"] + moved, left=left, right=right)
    first.channel = channel
    paced(first, was.get("speed"))
    note(first, take=None, splice=None, was=None, placed=None, clip=None)
    attached(effects, first, first)
    return Slot((first,))


def _found_again(path: str, start: str | None) -> str:
    """Return a relative path as it was, or absolute where the .blend was saved elsewhere since."""
    if start and not Path(bpy.path.abspath(path)).exists():
        before = bpy.path.abspath(path, start=start)
        return before if Path(before).exists() else path
    return path


def _facts(one: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(one.get(key) for key in Piece._fields)


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
        raise SlotRefused(worded("'{name}' is locked; unlock it first.", name=first.name))
    if first.type != "MOVIE":
        raise SlotRefused(
            worded(
                "'{name}' is no movie strip; render it to a movie, or put the take above it.",
                name=first.name,
            )
        )
    total = sum(piece.frames for piece in pieces)
    if total != slot.right - slot.left:
        raise SlotRefused(
            worded(
                "The plan has {total} frames and '{name}' has {frames}; the strip was trimmed "
                "meanwhile: ask for the splice again.",
                total=total,
                name=first.name,
                frames=slot.right - slot.left,
            )
        )
    for piece in pieces:
        if piece.source_start < 0:
            raise SlotRefused(
                worded(
                    "{take} has no picture for the transition before '{name}'; choose another "
                    "take there or shorten the transition.",
                    take=piece.take,
                    name=first.name,
                )
            )
        if not Path(piece.media).is_file():
            raise SlotRefused(
                worded(
                    "{media} is not there; regenerate the take or find the file.", media=piece.media
                )
            )
    effect = in_the_way(slot)
    if effect is not None:
        raise SlotRefused(
            worded(
                "'{name}' works on '{strip}'; put both into a meta strip first.",
                name=effect.name,
                strip=first.name,
            )
        )
    _guard_speed(slot, pieces)


def _guard_speed(slot: Slot, pieces: Sequence[Piece]) -> None:
    """Refuse a cut back to the original between two of its frames, which no strip can show."""
    first = slot.strips[0]
    was = note_of(first).get("was") or _record(first)
    factor = (was.get("speed") or {"factor": 1})["factor"]
    pace = Fraction(factor).limit_denominator(1000)
    for piece in pieces:
        if piece.take == ORIGINAL and (piece.slot_start * pace).denominator > 1:
            raise SlotRefused(
                worded(
                    "At {factor:g} times its speed '{name}' has no whole frame where frame "
                    "{slot_start} of the shot begins; cut one frame earlier or later.",
                    factor=factor,
                    name=first.name,
                    slot_start=piece.slot_start,
                )
            )


def _record(strip: Any) -> dict[str, Any]:
    """Return what a strip shows, for the day it comes back."""
    return {
        "filepath": strip.filepath,
        "content_start": content_start_of(strip),
        "left": left_of(strip),
        "right": right_of(strip),
        "scale": [strip.transform.scale_x, strip.transform.scale_y],
        "speed": speed_facts(strip),
    }


def _removed(strip: Any) -> None:
    """Remove a piece, its own speed effect first."""
    strips, over = strips_of(owner_of(strip)), speed_over(strip)
    if over is not None:
        strips.remove(over)
    strips.remove(strip)


def _slip(strip: Any, source_start: int, path: str = "") -> None:
    """Show another frame first, of the same file or of another.

    On a channel of its own: another length would push neighbours, and 4.5 may try that for ever.
    """
    left, right, channel = left_of(strip), right_of(strip), strip.channel
    strip.channel = SCRATCH
    if path:
        strip.filepath = path
    show(strip, content_start=left - source_start, left=left, right=right)
    strip.channel = channel


def _swap(strip: Any, piece: Piece) -> None:
    """Show a take in a strip from one of its frames on, as large as what stood there."""
    before, after = _size_of(strip), piece.size
    _slip(strip, piece.source_start, _written(piece.media, strip.filepath))
    over = speed_over(strip)
    if over is not None:  # a take plays at the scene's own rate
        over.speed_factor = 1.0
    if before and after:
        strip.transform.scale_x *= before[0] / after[0]
        strip.transform.scale_y *= before[1] / after[1]


def _lit(strip: Any, gain: tuple[float, float, float] | None) -> None:
    """Give a take the light of its neighbours by a modifier of ours; None takes that away."""
    modifiers = strip.modifiers
    ours = modifiers.get(LIGHT)
    if ours is not None:
        modifiers.remove(ours)
    if gain is not None:
        modifiers.new(LIGHT, "COLOR_BALANCE").color_balance.gain = gain


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
        row.append(right)
        over = filter(None, map(speed_over, row))
        _joined_again(strip, {one.name for one in (*row, *over)}, others)
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
