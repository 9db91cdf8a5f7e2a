# SPDX-License-Identifier: GPL-3.0-or-later
"""The takes of a shot, kept where the editor likes them: in the strips' data, or in a meta strip.

In a meta strip the user's own strip lies on the lowest channel, where takes are pulled and spliced
as anywhere; above it lie all takes, muted, each on the frames that it has a picture for.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from .effects import SPEED, effects_on
from .strips import KEY, Slot, is_slot, note, note_of
from .versions import (
    SCRATCH,
    content_start_of,
    left_of,
    owner_of,
    show,
    strips_of,
)

Json = dict[str, Any]


def with_alternates(slot: Slot, shape: Json) -> None:
    """Keep the takes of a shot in the data of its strips, whatever they show now."""
    for strip in slot.strips:
        new, had = carried(shape, 0), note_of(strip).get("clip")
        if new is not None and had is not None:
            media = {**new["media_references"], **had["media_references"]}
            new = {**had, "media_references": media}
        note(strip, shot=shape["shot"], clip=new)


def carried(shape: Json, index: int) -> Json | None:
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


def meant(strip: Any) -> Any:
    """Return the strip whose shot is meant by one that was clicked; None where none is.

    A speed effect means the strip under it; a meta strip of alternates, and each alternate in it,
    mean the user's own strip.
    """
    if strip is None:
        return None
    if strip.type == SPEED:
        return meant(strip.input_1)
    meta = strip if strip.type == "META" else strip.parent_meta()
    if meta is not None and note_of(meta).get("alternates") is not None:
        own = [one for one in strips_of(meta) if is_slot(one) and not _is_alternate(one)]
        if strip not in own:
            return min(own, key=left_of, default=None)
    return strip if is_slot(strip) else None


def _is_alternate(strip: Any) -> bool:
    return note_of(strip).get("alternate") is not None


def why_no_meta(slot: Slot) -> str:
    """Return why a slot cannot go into a meta strip without losing something; "" when it can."""
    first = slot.strips[0]
    effects = effects_on(slot)
    if effects:
        return f"'{effects[0].name}' works on '{first.name}'"
    if any(len(getattr(strip, "connections", ())) for strip in slot.strips):
        return f"'{first.name}' is connected to its sound"
    return ""


def stacked(slot: Slot, shape: Json) -> Slot:
    """Put a slot into a meta strip of its own with its takes muted above; returns the slot.

    Takes that lie there already stay as they are, muted or not. Ask `why_no_meta` first.
    """
    meta = owner_of(slot.strips[0])
    if _note_of_owner(meta).get("alternates") != shape["shot"]:
        meta = _wrapped(slot, shape)
    inside = strips_of(meta)
    known = {note_of(one).get("alternate") for one in inside}
    top = max(one.channel for one in inside)
    for number, take in enumerate(one for one in shape["alternates"] if one["take"] not in known):
        _laid(inside, slot, shape["shot"], take, top + 1 + number)
    return slot


def _note_of_owner(owner: Any) -> Json:
    """Return our note on a meta strip; {} on the sequence itself."""
    return note_of(owner) if hasattr(owner, "type") else {}


def _wrapped(slot: Slot, shape: Json) -> Any:
    """Make a meta strip over a slot's frames with the slot's strips in it."""
    first = slot.strips[0]
    left, right, channel = slot.left, slot.right, first.channel
    meta = strips_of(owner_of(first)).new_meta(f"{first.name} takes", SCRATCH, left)
    # Blender 4.5 freezes a strip that is moved into an empty meta: one take goes in before it.
    for take in shape["alternates"][:1]:
        _laid(strips_of(meta), slot, shape["shot"], take, 2)
    for strip in slot.strips:
        strip.move_to_meta(meta)
        strip.channel = 1
    show(meta, content_start=content_start_of(meta), left=left, right=right)
    meta.channel = channel
    note(meta, alternates=shape["shot"])
    return meta


def _laid(strips: Any, slot: Slot, shot: str, take: Json, channel: int) -> None:
    """Lay a take over a slot, muted, as large as what stands there."""
    first = slot.strips[0]
    start = slot.left - take["source_start"]
    name = f"{take['take']} of {note_of(first).get('clip', {}).get('name') or first.name}"
    strip = strips.new_movie(name, take["media"], SCRATCH, start)
    left, right = max(slot.left, start), min(slot.right, start + take["frames"])
    show(strip, content_start=start, left=left, right=right)
    strip.channel, strip.mute = channel, True
    _worn(strip, first)
    note(strip, alternate=take["take"], shot=shot)


def _worn(strip: Any, like: Any) -> None:
    """Give a take the colour tag and the place in the picture of the user's strip."""
    strip.color_tag, strip.blend_type = like.color_tag, like.blend_type
    place, other = strip.transform, like.transform
    place.offset_x, place.offset_y = other.offset_x, other.offset_y
    place.rotation = other.rotation
    place.scale_x, place.scale_y = other.scale_x, other.scale_y
    was, now = like.elements[0], strip.elements[0]
    if was.orig_width and now.orig_width and now.orig_height:
        place.scale_x *= was.orig_width / now.orig_width
        place.scale_y *= was.orig_height / now.orig_height
