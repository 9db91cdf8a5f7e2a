# SPDX-License-Identifier: GPL-3.0-or-later
"""A scene's sequence as OTIO: channels as tracks, metas as nested stacks, effects where OTIO can.

What OTIO cannot say travels in the metadata key "blender", or is listed in the report.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy

from . import otio_shape as shape
from .strips import TRANSITIONS, cut_in, note_of, path_of
from .versions import (
    content_start_of,
    editor_of,
    hidden_of,
    left_of,
    rate_of,
    right_of,
    strips_of,
)

Json = dict[str, Any]
Url = Callable[[Path], str]
NUMBERED = re.compile(r"^(?P<prefix>.*?)(?P<number>\d+)(?P<suffix>\.[^.]*)$")
LOOKS = ("blend_type", "blend_alpha", "color_tag", "use_flip_x", "use_flip_y", "use_reverse_frames",
         "color_saturation", "color_multiply", "volume", "pan")  # fmt: skip
"""Settings of strips that OTIO has no word for."""
PLACES = {
    "transform": ("offset_x", "offset_y", "scale_x", "scale_y", "rotation", "filter"),
    "crop": ("min_x", "max_x", "min_y", "max_y"),
}
TEXTS = ("text", "font_size", "color", "location", "use_shadow", "wrap_width", "align_x")
SPEEDS = ("SPEED",)


@dataclass
class Export:
    """One run: where it counts from, at which rate, and what could not be said."""

    rate: Fraction
    origin: int
    """Frame of the scene that is frame 0 of the timeline."""
    url: Url
    lost: list[str] = field(default_factory=list)
    """What could not be said, in sentences."""
    names: dict[tuple[str, int], str] = field(default_factory=dict)
    """Clip name and first frame of the timeline: name of the strip."""


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
    scene: Any, url: Url = str, only: tuple[int, int] | None = None
) -> tuple[Json, Export]:
    """Return a scene's sequence as an OTIO timeline, and the run with what could not be said.

    Args:
        scene: The scene with the sequence.
        url: How to name a file, such as relative to where the timeline is written.
        only: Frames of the scene to keep, [start, end); all when None.
    """
    editor = editor_of(scene)
    strips = list(strips_of(editor))
    origin = min([scene.frame_start, *map(left_of, strips)]) if only is None else only[0]
    run = Export(Fraction(*rate_of(scene)), origin, url)
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
        sped={one.input_1.name for one in strips if one.type in SPEEDS and one.input_1},
    )


def _homes(strips: list[Any]) -> dict[str, int]:
    """Return the channel whose track a strip goes to: dissolves bring their two strips together."""
    home = {strip.name: int(strip.channel) for strip in strips}
    for fade in strips:
        if fade.type in TRANSITIONS and fade.input_1 is not None and fade.input_2 is not None:
            home[fade.input_2.name] = home[fade.input_1.name]
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
            run.lost.append(f"'{placed.item['name']}' overlaps its neighbour on channel {channel}.")
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
    made = _item(run, strip)
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
        made["metadata"][shape.HOST] = _settings(run, strip)
    _carry(made, strip)
    if strip.type in ("MOVIE", "IMAGE"):
        run.names[made["name"], begin - run.origin] = strip.name
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


def _item(run: Export, strip: Any) -> Json | None:
    makers: dict[str, Callable[[Export, Any], Json]] = {
        "MOVIE": _movie, "SOUND": _sound, "IMAGE": _images, "META": _meta, "COLOR": _colour,
        "TEXT": _text, "SPEED": _sped,
    }  # fmt: skip
    if strip.type in makers:
        return makers[strip.type](run, strip)
    if getattr(strip, "input_1", None) is not None:
        run.lost.append(f"Effect '{strip.name}' ({strip.type.lower()}) has no word in OTIO.")
        return None
    run.lost.append(f"'{strip.name}' ({strip.type.lower()}) is written as an empty generator.")
    return _made_of(run, strip, shape.generator(f"Blender {strip.type}", {}))


def _made_of(run: Export, strip: Any, reference: Json) -> Json:
    source = shape.span(0, right_of(strip) - left_of(strip), run.rate)
    return shape.clip(strip.name, source, reference)


def _colour(run: Export, strip: Any) -> Json:
    return _made_of(run, strip, shape.generator("SolidColor", {"color": list(strip.color)}))


def _text(run: Export, strip: Any) -> Json:
    known = {key: getattr(strip, key) for key in TEXTS if hasattr(strip, key)}
    return _made_of(run, strip, shape.generator("Text", {k: plain(v) for k, v in known.items()}))


def _movie(run: Export, strip: Any) -> Json:
    """Return a movie strip: source frames at the file's own rate, its pace as a time warp."""
    own = _file_rate(strip) or run.rate
    content = right_of(strip) - left_of(strip) + sum(hidden_of(strip))
    file_frames = _file_frames(strip, own, run.rate, content)
    pace = Fraction(file_frames).limit_denominator(1000) / Fraction(round(content) or 1)
    alike = abs(own - run.rate) <= Fraction(1, 20) * max(own, run.rate)
    counted = run.rate if alike and pace == 1 else own
    start = (left_of(strip) - content_start_of(strip)) * float(pace)
    available = shape.span(0, file_frames, counted)
    length = (right_of(strip) - left_of(strip)) * counted / run.rate
    made = shape.clip(
        strip.name, shape.span(start, float(length), counted),
        shape.external(run.url(path_of(strip)), available),
    )  # fmt: skip
    factor = pace * run.rate / counted
    if factor != 1:
        made["effects"] = [shape.speed(float(factor))]
    return made


def _file_rate(strip: Any) -> Fraction | None:
    element = strip.elements[0] if len(strip.elements) else None
    found = float(getattr(element, "orig_fps", 0) or getattr(strip, "fps", 0) or 0)
    return shape.exact(found) if found > 0 else None


def _file_frames(strip: Any, own: Fraction, rate: Fraction, content: float) -> float:
    """Return how many frames the file has; a strip at the file's own pace does not say."""
    if own == rate or not path_of(strip).is_file():
        return content
    film = bpy.data.movieclips.load(str(path_of(strip)))
    try:
        return float(film.frame_duration)
    finally:
        bpy.data.movieclips.remove(film)


def _sound(run: Export, strip: Any) -> Json:
    start = left_of(strip) - content_start_of(strip)
    content = right_of(strip) - left_of(strip) + sum(hidden_of(strip))
    path = Path(bpy.path.abspath(strip.sound.filepath))
    reference = shape.external(run.url(path), shape.span(0, content, run.rate))
    reference["metadata"] = {shape.HOST: {"channels": strip.sound.channels}}
    length = right_of(strip) - left_of(strip)
    return shape.clip(strip.name, shape.span(start, length, run.rate), reference)


def _images(run: Export, strip: Any) -> Json:
    """Return a still, a numbered sequence, or a list of pictures."""
    length, start = right_of(strip) - left_of(strip), left_of(strip) - content_start_of(strip)
    files = [element.filename for element in strip.elements]
    folder = Path(bpy.path.abspath(strip.directory))
    if len(files) == 1:
        reference = shape.external(run.url(folder / files[0]), shape.span(0, 1, run.rate))
        return shape.clip(strip.name, shape.span(0, length, run.rate), reference)
    source = shape.span(start, length, run.rate)
    available = shape.span(0, len(files), run.rate)
    numbers = [NUMBERED.match(name) for name in files]
    if all(numbers) and _even(numbers):
        first = numbers[0]
        digits = first["number"]  # type: ignore[index]
        return shape.clip(strip.name, source, shape.image_sequence(
            run.url(folder) + "/", first["prefix"], first["suffix"],  # type: ignore[index]
            int(digits), len(digits), available, run.rate,
        ))  # fmt: skip
    reference = shape.external(run.url(folder / files[0]), available)
    reference["metadata"] = {shape.HOST: {"files": files}}
    run.lost.append(f"'{strip.name}' shows pictures without even numbers; only Blender reads all.")
    return shape.clip(strip.name, source, reference)


def _even(found: list[Any]) -> bool:
    first = found[0]
    return all(
        (one["prefix"], one["suffix"]) == (first["prefix"], first["suffix"])
        and int(one["number"]) == int(first["number"]) + index
        for index, one in enumerate(found)
    )


def _meta(run: Export, strip: Any) -> Json:
    """Return a meta strip as a stack of tracks that count from its first strip on."""
    children = list(strips_of(strip))
    origin = min(map(left_of, children), default=left_of(strip))
    tracks = _tracks(run, children, strip, origin)
    start = left_of(strip) - origin
    source = shape.span(start, right_of(strip) - left_of(strip), run.rate)
    return shape.composition("Stack.1", strip.name, tracks, source_range=source)


def _sped(run: Export, strip: Any) -> Json | None:
    """Return the strip under a speed effect as a clip with a time warp."""
    under = strip.input_1
    made = _item(run, under)
    if made is None:
        return None
    if strip.speed_control != "MULTIPLY":
        run.lost.append(f"'{strip.name}' changes its speed; it is written at normal speed.")
        return made
    made["effects"] = [*made["effects"], shape.speed(strip.speed_factor)]
    above = {"name": strip.name, "channel": strip.channel}
    made["metadata"][shape.HOST] = {**_settings(run, under), "speed": above}
    length = (right_of(strip) - left_of(strip)) * shape.exact(
        made["source_range"]["duration"]["rate"]
    ) / run.rate  # fmt: skip
    made["source_range"]["duration"]["value"] = float(length)
    return made


def _fade(run: Export, fade: Any) -> Json:
    cut = cut_in(fade)
    if fade.type == "WIPE":
        run.lost.append(f"Wipe '{fade.name}' is written as a dissolve.")
    return shape.transition(
        fade.name, cut - left_of(fade), right_of(fade) - cut, run.rate,
        metadata={shape.HOST: {"type": fade.type, "channel": fade.channel}},
    )  # fmt: skip


def _settings(run: Export, strip: Any) -> Json:
    """Return what only Blender knows of a strip."""
    facts: Json = {"name": strip.name, "type": strip.type, "channel": strip.channel}
    facts |= {key: plain(getattr(strip, key)) for key in LOOKS if hasattr(strip, key)}
    for part, keys in PLACES.items():
        place = getattr(strip, part, None)
        if place is not None:
            facts[part] = {key: plain(getattr(place, key)) for key in keys if hasattr(place, key)}
    if len(getattr(strip, "modifiers", ())):
        run.lost.append(f"The modifiers of '{strip.name}' stay in Blender.")
    return facts


def _carry(item: Json, strip: Any) -> None:
    """Give a clip the shot, takes and reversal record that its strip carries."""
    facts = note_of(strip)
    kept = facts.get("clip")
    if kept is None:
        if "shot" in facts:
            item["metadata"][shape.OURS] = {"version": 1, "shot": facts["shot"]}
        return
    if item["OTIO_SCHEMA"] != "Clip.2":
        return
    item["metadata"] |= {shape.OURS: kept["metadata"]}
    key, reference = kept["active"], kept["media_references"][kept["active"]]
    own = shape.exact(reference["available_range"]["start_time"]["rate"])
    begin = reference["available_range"]["start_time"]["value"]
    source = item["source_range"]
    frames = Fraction(source["start_time"]["value"]) / shape.exact(source["start_time"]["rate"])
    source["start_time"] = shape.time(begin + float(frames * own), own)
    item["media_references"], item["active_media_reference_key"] = kept["media_references"], key
    item["name"] = kept["name"]


def _markers(run: Export, scene: Any, only: tuple[int, int] | None) -> list[Json]:
    kept = [one for one in scene.timeline_markers if only is None or only[0] <= one.frame < only[1]]
    return [shape.marker(one.name, one.frame - run.origin, 0, run.rate) for one in kept]


def plain(value: Any) -> Any:
    """Return a property's value as JSON has it."""
    return list(value) if hasattr(value, "__len__") and not isinstance(value, str) else value
