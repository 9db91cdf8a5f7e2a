# SPDX-License-Identifier: GPL-3.0-or-later
"""A scene's sequence as OTIO: channels as tracks, metas as nested stacks, effects where OTIO can.

What OTIO cannot say is listed in the report.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from . import otio_shape as shape
from .effects import SPEED, TRANSITIONS, cut_in
from .otio_items import Export, Json, Tell, Url, carry, item_of, settings_of
from .strips import slot_of
from .versions import editor_of, left_of, rate_of, right_of, strips_of
from .words import worded


@dataclass
class Joins:
    """Which effects join which strips, by the strips' names."""

    into: dict[str, Any]
    """The transition that ends in a strip."""
    out_of: dict[str, Any]
    """The transition that begins in a strip."""
    sped: set[str]
    """Strips that a speed effect shows in their stead."""


@dataclass(order=True)
class Placed:
    """An item of a track with its frames of the scene, [start, end)."""

    start: int
    end: int
    item: Json = field(compare=False)
    fades: dict[str, Any] = field(default_factory=dict, compare=False)
    """The transition that begins at its end, if any."""


def exported(
    scene: Any,
    url: Url = str,
    only: tuple[int, int] | None = None,
    tell: Tell = lambda _share: None,
) -> tuple[Json, Export]:
    """Return a scene's sequence as an OTIO timeline, and the run with what could not be said.

    Args:
        scene: The scene with the sequence.
        url: How to name a file, such as relative to where the timeline is written.
        only: Frames of the scene to keep, [start, end); all when None.
        tell: Hears the share that is done.
    """
    editor = editor_of(scene)
    strips = list(strips_of(editor))
    origin = min([scene.frame_start, *map(left_of, strips)]) if only is None else only[0]
    run = Export(Fraction(*rate_of(scene)), origin, url, _tracks, tell, len(strips) or 1)
    tracks = _tracks(run, strips, editor, origin, only)
    stack = shape.composition("Stack.1", "tracks", tracks, markers=_markers(run, scene, only))
    facts = {
        "origin": origin,
        "fps": scene.render.fps,
        "fps_base": scene.render.fps_base,
        "size": [scene.render.resolution_x, scene.render.resolution_y],
    }
    return shape.timeline(scene.name, stack, None, {shape.HOST: facts}), run


def _tracks(
    run: Export,
    strips: Iterable[Any],
    owner: Any,
    origin: int,
    only: tuple[int, int] | None = None,
) -> list[Json]:
    """Return the tracks of an editor or meta: picture from bottom to top, then sound."""
    strips = sorted(strips, key=left_of)
    joins, home = _joins(strips), _homes(strips)
    rows: dict[tuple[str, int], list[Placed]] = {}
    for strip in strips:
        if strip.type in TRANSITIONS or strip.name in joins.sped:
            continue
        run.done += 1
        if run.done % 50 == 0:
            run.tell(min(1.0, run.done / run.total))
        placed = _placed(run, strip, joins)
        if placed is not None and (only is None or _within(placed, only, run.rate)):
            kind = "Audio" if strip.type == "SOUND" else "Video"
            rows.setdefault((kind, home[strip.name]), []).append(placed)
    ordered = sorted(rows, key=lambda key: (key[0] == "Audio", key[1]))
    return [_track(run, owner, *key, sorted(rows[key]), origin) for key in ordered]


def _joins(strips: list[Any]) -> Joins:
    fades = [one for one in strips if one.type in TRANSITIONS]
    return Joins(
        into={one.input_2.name: one for one in fades if one.input_2 is not None},
        out_of={one.input_1.name: one for one in fades if one.input_1 is not None},
        sped={one.input_1.name for one in strips if one.type == SPEED and one.input_1},
    )


def _homes(strips: list[Any]) -> dict[str, int]:
    """Return the channel whose track a strip goes to: dissolves bring their two strips together.

    All pieces of a splice come along, so that the shot stays in one row.
    """
    home = {strip.name: int(strip.channel) for strip in strips}
    for fade in strips:
        if fade.type in TRANSITIONS and fade.input_1 is not None and fade.input_2 is not None:
            for piece in slot_of(fade.input_2).strips:
                home[piece.name] = home[fade.input_1.name]
    return home


def _track(
    run: Export, owner: Any, kind: str, channel: int, row: list[Placed], origin: int
) -> Json:
    """Return a track with gaps between its items and transitions on its cuts."""
    children: list[Json] = []
    at = origin
    for placed in row:
        if placed.start > at:
            children.append(shape.gap(placed.start - at, run.rate))
        elif placed.start < at:
            run.lost.append(
                worded(
                    "'{name}' overlaps its neighbour on channel {channel}.",
                    name=placed.item["name"],
                    channel=channel,
                )
            )
        children.append(placed.item)
        if placed.fades:
            children.append(placed.fades)
        at = placed.end
    facts: Json = {"channel": channel}
    name = f"Channel {channel}"
    if hasattr(owner, "channels") and channel < len(owner.channels):
        settings = owner.channels[channel]
        name, facts["lock"], facts["mute"] = settings.name, settings.lock, settings.mute
    return shape.composition(
        "Track.1", name, children, kind=kind, enabled=not facts.get("mute", False),
        metadata={shape.HOST: facts},
    )  # fmt: skip


def _placed(run: Export, strip: Any, joins: Joins) -> Placed | None:
    """Return a strip as an item at its cuts; None for what only works on others."""
    made = item_of(run, strip)
    if made is None:
        return None
    before, after = joins.into.get(strip.name), joins.out_of.get(strip.name)
    left = left_of(strip)
    begin = left if before is None else cut_in(before)
    end = right_of(strip) if after is None else cut_in(after)
    if (begin, end) != (left, right_of(strip)):
        _trim(made, begin - left, end - begin, run.rate)
    made["enabled"] = not strip.mute
    if shape.HOST not in made["metadata"]:
        made["metadata"][shape.HOST] = settings_of(run, strip)
    shown = strip.input_1 if strip.type == SPEED else strip
    carry(made, shown)
    if shown.type in ("MOVIE", "IMAGE"):
        run.names[made["name"], begin - run.origin] = shown.name
    return Placed(begin, end, made, {} if after is None else _fade(run, after))


def _trim(item: Json, later: int, frames: int, rate: Fraction) -> None:
    """Let an item begin so many frames later and last so long."""
    own = shape.exact(item["source_range"]["start_time"]["rate"])
    factor = shape.speed_of(item) or Fraction(1)
    start = Fraction(item["source_range"]["start_time"]["value"])
    begin = start + later * factor * own / rate
    length = frames * own / rate
    item["source_range"] = shape.span(float(begin), float(length), own)


def _within(placed: Placed, only: tuple[int, int], rate: Fraction) -> bool:
    """Cut an item to the wanted frames; False where nothing is left."""
    start, end = max(placed.start, only[0]), min(placed.end, only[1])
    if start >= end:
        return False
    if (start, end) != (placed.start, placed.end):
        _trim(placed.item, start - placed.start, end - start, rate)
    if placed.end >= only[1]:
        placed.fades = {}
    placed.start, placed.end = start, end
    return True


def _fade(run: Export, fade: Any) -> Json:
    cut = cut_in(fade)
    if fade.type == "WIPE":
        run.lost.append(worded("Wipe '{name}' is written as a dissolve.", name=fade.name))
    return shape.transition(
        fade.name, cut - left_of(fade), right_of(fade) - cut, run.rate,
        metadata={shape.HOST: {"type": fade.type, "channel": fade.channel}},
    )  # fmt: skip


def _markers(run: Export, scene: Any, only: tuple[int, int] | None) -> list[Json]:
    kept = [one for one in scene.timeline_markers if only is None or only[0] <= one.frame < only[1]]
    return [shape.marker(one.name, one.frame - run.origin, 0, run.rate) for one in kept]
