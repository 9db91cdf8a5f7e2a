# SPDX-License-Identifier: GPL-3.0-or-later
"""One strip as an OTIO item: source frames at the file's own rate, its pace as a time warp.

What OTIO cannot say travels in the metadata key "blender", or is listed in the report.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy

from . import otio_shape as shape
from .strips import note_of, path_of
from .versions import content_start_of, hidden_of, left_of, right_of, strips_of
from .words import worded

Json = dict[str, Any]
Url = Callable[[Path], str]
Tell = Callable[[float], None]
NUMBERED = re.compile(r"^(?P<prefix>.*?)(?P<number>\d+)(?P<suffix>\.[^.]*)$")
LOOKS = ("blend_type", "blend_alpha", "color_tag", "use_flip_x", "use_flip_y", "use_reverse_frames",
         "color_saturation", "color_multiply", "volume", "pan")  # fmt: skip
"""Settings of strips that OTIO has no word for."""
PLACES = {
    "transform": ("offset_x", "offset_y", "scale_x", "scale_y", "rotation", "filter"),
    "crop": ("min_x", "max_x", "min_y", "max_y"),
}
TEXTS = ("text", "font_size", "color", "location", "use_shadow", "wrap_width", "align_x")


KEPT_NOTES = ("alternates", "alternate")
"""Our notes that are no shot's: of a meta strip of takes, and of a take in it."""


@dataclass
class Export:
    """One run: where it counts from, at which rate, and what could not be said."""

    rate: Fraction
    origin: int
    """Frame of the scene that is frame 0 of the timeline."""
    url: Url
    nested: Callable[..., list[Json]]
    """Returns the tracks of a meta strip."""
    tell: Tell
    """Hears the share that is done."""
    total: int = 1
    done: int = 0
    lost: list[str] = field(default_factory=list)
    """What could not be said, in sentences."""
    names: dict[tuple[str, int], str] = field(default_factory=dict)
    """Clip name and first frame of the timeline: name of the strip."""


def item_of(run: Export, strip: Any) -> Json | None:
    """Return a strip as an item; None for effects that OTIO has no word for, which are told."""
    makers: dict[str, Callable[[Export, Any], Json]] = {
        "MOVIE": _movie, "SOUND": _sound, "IMAGE": _images, "META": _meta, "COLOR": _colour,
        "TEXT": _text, "SPEED": _sped,
    }  # fmt: skip
    if strip.type in makers:
        return makers[strip.type](run, strip)
    if getattr(strip, "input_1", None) is not None:
        run.lost.append(
            worded(
                "Effect '{name}' ({kind}) has no word in OTIO.",
                name=strip.name,
                kind=strip.type.lower(),
            )
        )
        return None
    run.lost.append(
        worded(
            "'{name}' ({kind}) is written as an empty generator.",
            name=strip.name,
            kind=strip.type.lower(),
        )
    )
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
    run.lost.append(
        worded(
            "'{name}' shows pictures without even numbers; only Blender reads all.", name=strip.name
        )
    )
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
    tracks = run.nested(run, children, strip, origin)
    start = left_of(strip) - origin
    source = shape.span(start, right_of(strip) - left_of(strip), run.rate)
    return shape.composition("Stack.1", strip.name, tracks, source_range=source)


def _sped(run: Export, strip: Any) -> Json | None:
    """Return the strip under a speed effect as a clip with a time warp."""
    under = strip.input_1
    made = item_of(run, under)
    if made is None:
        return None
    if strip.speed_control != "MULTIPLY":
        run.lost.append(
            worded("'{name}' changes its speed; it is written at normal speed.", name=strip.name)
        )
        return made
    if strip.speed_factor != 1:
        made["effects"] = [*made["effects"], shape.speed(strip.speed_factor)]
    above = {"name": strip.name, "channel": strip.channel}
    made["metadata"][shape.HOST] = {**settings_of(run, under), "speed": above}
    length = (right_of(strip) - left_of(strip)) * shape.exact(
        made["source_range"]["duration"]["rate"]
    ) / run.rate  # fmt: skip
    made["source_range"]["duration"]["value"] = float(length)
    return made


def settings_of(run: Export, strip: Any) -> Json:
    """Return what only Blender knows of a strip."""
    facts: Json = {"name": strip.name, "type": strip.type, "channel": strip.channel}
    facts |= {key: plain(getattr(strip, key)) for key in LOOKS if hasattr(strip, key)}
    ours = note_of(strip)
    facts |= {key: value for key, value in ours.items() if key in KEPT_NOTES}
    if "missing" in ours:  # the tag only marks it
        facts["color_tag"] = ours["missing"]
    for part, keys in PLACES.items():
        place = getattr(strip, part, None)
        if place is not None:
            facts[part] = {key: plain(getattr(place, key)) for key in keys if hasattr(place, key)}
    if len(getattr(strip, "modifiers", ())):
        run.lost.append(worded("The modifiers of '{name}' stay in Blender.", name=strip.name))
    return facts


def carry(item: Json, strip: Any) -> None:
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


def plain(value: Any) -> Any:
    """Return a property's value as JSON has it."""
    return list(value) if hasattr(value, "__len__") and not isinstance(value, str) else value
