# SPDX-License-Identifier: GPL-3.0-or-later
"""OTIO JSON without OTIO: the few schemas that a sequence of strips needs, as plain dictionaries.

Blender's own process imports no library, so this writes and reads the format itself: Timeline.1,
Stack.1, Track.1, Clip.2, Gap.1, Transition.1, Marker.2 and what hangs on them. Pure: no bpy. Frames
are whole frames of the rate beside them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

Json = dict[str, Any]
HOST = "blender"
"""Metadata key of what only Blender knows."""
OURS = "otio_bridge"


def time(value: float, rate: Fraction) -> Json:
    """Return a RationalTime of frames at a rate."""
    return {"OTIO_SCHEMA": "RationalTime.1", "rate": float(rate), "value": float(value)}


def span(start: float, frames: float, rate: Fraction) -> Json:
    """Return a TimeRange of frames at one rate."""
    return {
        "OTIO_SCHEMA": "TimeRange.1",
        "start_time": time(start, rate),
        "duration": time(frames, rate),
    }


def external(url: str, available: Json | None, name: str = "") -> Json:
    """Return an ExternalReference to a file."""
    return {
        "OTIO_SCHEMA": "ExternalReference.1",
        "name": name,
        "target_url": url,
        "available_range": available,
        "metadata": {},
    }


def generator(kind: str, parameters: Json) -> Json:
    """Return a GeneratorReference, such as of a colour or a text."""
    return {
        "OTIO_SCHEMA": "GeneratorReference.1",
        "name": kind,
        "generator_kind": kind,
        "parameters": parameters,
        "available_range": None,
        "metadata": {},
    }


def image_sequence(folder: str, prefix: str, suffix: str, first: int, padding: int,
                   available: Json, rate: Fraction) -> Json:  # fmt: skip
    """Return an ImageSequenceReference to numbered files in a folder."""
    return {
        "OTIO_SCHEMA": "ImageSequenceReference.1",
        "name": "",
        "target_url_base": folder,
        "name_prefix": prefix,
        "name_suffix": suffix,
        "start_frame": first,
        "frame_step": 1,
        "frame_zero_padding": padding,
        "rate": float(rate),
        "missing_frame_policy": "error",
        "available_range": available,
        "metadata": {},
    }


def clip(name: str, source: Json, reference: Json, **more: Any) -> Json:
    """Return a Clip of one medium; `more` overrides fields."""
    return {
        "OTIO_SCHEMA": "Clip.2",
        "name": name,
        "source_range": source,
        "media_references": {"DEFAULT_MEDIA": reference},
        "active_media_reference_key": "DEFAULT_MEDIA",
        "effects": [],
        "markers": [],
        "enabled": True,
        "metadata": {},
        **more,
    }


def gap(frames: float, rate: Fraction) -> Json:
    """Return a Gap."""
    return {
        "OTIO_SCHEMA": "Gap.1",
        "name": "",
        "source_range": span(0, frames, rate),
        "effects": [],
        "markers": [],
        "enabled": True,
        "metadata": {},
    }


def transition(name: str, before: float, after: float, rate: Fraction, **more: Any) -> Json:
    """Return a dissolve that reaches so many frames before and after its cut."""
    return {
        "OTIO_SCHEMA": "Transition.1",
        "name": name,
        "transition_type": "SMPTE_Dissolve",
        "in_offset": time(before, rate),
        "out_offset": time(after, rate),
        "metadata": {},
        **more,
    }


def marker(name: str, start: float, frames: float, rate: Fraction, **more: Any) -> Json:
    """Return a Marker over frames of what it stands on."""
    return {
        "OTIO_SCHEMA": "Marker.2",
        "name": name,
        "color": "GREEN",
        "comment": "",
        "marked_range": span(start, frames, rate),
        "metadata": {},
        **more,
    }


def speed(factor: float) -> Json:
    """Return a LinearTimeWarp; 2 is twice as fast."""
    return {
        "OTIO_SCHEMA": "LinearTimeWarp.1",
        "name": "",
        "effect_name": "LinearTimeWarp",
        "time_scalar": float(factor),
        "metadata": {},
    }


def composition(schema: str, name: str, children: Iterable[Json], **more: Any) -> Json:
    """Return a Stack or, with `kind`, a Track."""
    return {
        "OTIO_SCHEMA": schema,
        "name": name,
        "children": list(children),
        "source_range": None,
        "effects": [],
        "markers": [],
        "enabled": True,
        "metadata": {},
        **more,
    }


def timeline(name: str, tracks: Json, start: Json | None, metadata: Json) -> Json:
    """Return a Timeline."""
    return {
        "OTIO_SCHEMA": "Timeline.1",
        "name": name,
        "global_start_time": start,
        "tracks": tracks,
        "metadata": metadata,
    }


# -- reading ---------------------------------------------------------------------------------------


def schema_of(thing: Json) -> str:
    """Return the name of an object's schema without its version."""
    return str(thing.get("OTIO_SCHEMA", "")).partition(".")[0]


def frames_of(value: Json | None, rate: Fraction) -> Fraction:
    """Return a RationalTime as frames of a rate, exactly; 0 for none."""
    return Fraction(0) if value is None else _converted(value["value"], value["rate"], rate)


@functools.lru_cache(maxsize=4096)
def _converted(value: float, own: float, rate: Fraction) -> Fraction:
    return Fraction(value) / exact(own) * rate


@functools.cache
def exact(rate: float) -> Fraction:
    """Return a rate as the fraction that is meant: 23.976 is 24000/1001."""
    whole = round(rate)
    if abs(rate - whole) < 1e-6:
        return Fraction(whole)
    if abs(rate * 1.001 - round(rate * 1.001)) < 0.006:
        return Fraction(round(rate * 1.001) * 1000, 1001)
    return Fraction(rate).limit_denominator(100_000)


def reference_of(item: Json) -> Json | None:
    """Return the medium that a clip shows; None where it has none."""
    if "media_references" in item:
        key = item.get("active_media_reference_key", "DEFAULT_MEDIA")
        return item["media_references"].get(key)  # type: ignore[no-any-return]
    return item.get("media_reference")


def range_of(item: Json) -> Json | None:
    """Return the part of its content that an item shows."""
    if item.get("source_range") is not None:
        return item["source_range"]  # type: ignore[no-any-return]
    if schema_of(item) == "Clip":
        return (reference_of(item) or {}).get("available_range")
    return None


def length_of(item: Json, rate: Fraction) -> Fraction:
    """Return how many frames of a rate an item lasts."""
    shown = range_of(item)
    if shown is not None:
        return frames_of(shown["duration"], rate)
    children = [child for child in item.get("children", ()) if schema_of(child) != "Transition"]
    lengths = [length_of(child, rate) for child in children]
    if schema_of(item) == "Track":
        return sum(lengths, Fraction(0))
    return max(lengths, default=Fraction(0))


def speed_of(item: Json) -> Fraction | None:
    """Return the constant speed of an item; None where its speed changes or it is frozen."""
    factor = Fraction(1)
    for effect in item.get("effects", ()):
        kind = schema_of(effect)
        if kind == "LinearTimeWarp":
            factor *= Fraction(effect.get("time_scalar", 1)).limit_denominator(10_000)
        elif kind in ("FreezeFrame", "TimeEffect"):
            return None
    return factor or None


def tracks_of(thing: Json) -> Iterator[Json]:
    """Yield the tracks of a timeline or stack; other children come as tracks of their own."""
    stack = thing["tracks"] if schema_of(thing) == "Timeline" else thing
    for child in stack.get("children", ()):
        if schema_of(child) == "Track":
            yield child
        else:
            yield composition("Track.1", child.get("name", ""), [child], kind="Video")
