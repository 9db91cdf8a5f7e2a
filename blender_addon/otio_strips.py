# SPDX-License-Identifier: GPL-3.0-or-later
"""One item of an OTIO timeline as a strip, on the frames of the scene that it covers.

Missing media become strips that show nothing until their file is there (`relinking`). Frames are
frames of the scene, pace is source frames a frame of the scene.
"""

from __future__ import annotations

import functools
import json
import math
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from . import otio_shape as shape
from .otio_items import KEPT_NOTES, LOOKS, PLACES, TEXTS
from .relinking import placeholder
from .strips import note
from .versions import SCRATCH, content_start_of, new_effect, show, strips_of
from .words import worded

Json = dict[str, Any]
FIND = "File > External Data > Find Missing Media"
SOUNDS = {".wav", ".mp3", ".aac", ".m4a", ".flac", ".ogg", ".aif", ".aiff"}
STILLS = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".exr", ".dpx", ".bmp", ".webp", ".tga"}


@dataclass
class Import:
    """One run: the scene's rate, where relative files lie, and what could not be said."""

    rate: Fraction
    folder: Path
    tell: Callable[[float], None]
    nested: Callable[..., Any]
    """Makes the strips of a stack in a meta strip."""
    total: int = 1
    done: int = 0
    lost: list[str] = field(default_factory=list)
    splices: dict[str, tuple[int, Json]] = field(default_factory=dict)
    """Splice id: first frame of its slot and what stood there before."""
    known: dict[str, bool] = field(default_factory=dict)
    """Paths that were looked for, and whether they are there."""
    taken: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """Channel: frames [start, end) on which strips stand, in the editor or the meta at hand."""


@dataclass
class Stand:
    """An item and the frames of the scene that it covers, with its transitions' reach."""

    item: Json
    start: int
    end: int
    lane: int
    """Channel."""
    head: int = 0
    """Frames shown before the cut, under a transition."""
    tail: int = 0
    missing: bool = False
    """Whether its file is not there."""


def made(run: Import, strips: Any, stand: Stand, audio: bool) -> Any:
    """Make the strip of one item; None for what cannot be one."""
    item = stand.item
    if shape.schema_of(item) in ("Stack", "Track"):
        strip = _meta(run, strips, stand)
    else:
        strip = _clip(run, strips, stand, audio)
    if strip is None:
        return None
    strip.mute = not item.get("enabled", True)
    _settle(strip, (item.get("metadata") or {}).get(shape.HOST) or {})
    _noted(run, strip, stand)
    if stand.missing:
        placeholder(strip)
    return strip


def _clip(run: Import, strips: Any, stand: Stand, audio: bool) -> Any:
    reference = shape.reference_of(stand.item) or {}
    kind = shape.schema_of(reference)
    if kind == "GeneratorReference":
        return _generated(run, strips, stand, reference)
    if kind == "ImageSequenceReference":
        return _pictures(run, strips, stand, reference)
    path = media_path(run, reference)
    if audio or path.suffix.lower() in SOUNDS:
        return _sound(run, strips, stand, reference, path)
    if path.suffix.lower() in STILLS:
        return _still(run, strips, stand, reference, path)
    return _movie(run, strips, stand, reference, path)


def media_path(run: Import, reference: Json) -> Path:
    """Return where a reference's file lies; a name that is not there where it names none."""
    url = reference.get("target_url") or ""
    if not url:
        return run.folder / f"missing_{reference.get('name') or 'media'}.mov"
    return _located(run.folder, url)


@functools.lru_cache(maxsize=4096)
def _located(folder: Path, url: str) -> Path:
    parts = urlparse(url)
    if parts.scheme == "file":
        plain = unquote(parts.path)
        if os.name == "nt" and plain[:1] == "/" and plain[2:3] == ":":
            plain = plain[1:]
        return Path(plain)
    path = Path(url)
    return path if path.is_absolute() else folder / path


def _look_for(run: Import, stand: Stand, path: Path) -> None:
    """Find out whether an item's file is there; a file is looked for once."""
    key = str(path)
    if key not in run.known:
        run.known[key] = path.exists()
        if not run.known[key]:
            run.lost.append(
                worded(
                    "'{item}': {path} is missing; {menu} shows it.",
                    item=name_of(stand.item),
                    path=path,
                    menu=FIND,
                )
            )
    stand.missing = not run.known[key]


def first_frame(stand: Stand, reference: Json, own: Fraction) -> Fraction:
    """Return the frame of the file that an item shows first, at the file's rate."""
    source = shape.range_of(stand.item)
    available = reference.get("available_range")
    start = shape.frames_of(source["start_time"] if source else None, own)
    return start - shape.frames_of(available["start_time"] if available else None, own)


def _movie(run: Import, strips: Any, stand: Stand, reference: Json, path: Path) -> Any:
    """Make a movie strip; another pace than frame for frame needs a speed effect above it."""
    name = name_of(stand.item)
    _look_for(run, stand, path)
    source = reference.get("available_range") or shape.range_of(stand.item)
    own = shape.exact(source["duration"]["rate"]) if source else run.rate
    factor = shape.speed_of(stand.item)
    if factor is None:
        run.lost.append(
            worded("The speed of '{name}' changes; it plays at normal speed.", name=name)
        )
        factor = Fraction(1)
    pace = factor * _pace(own, run.rate)
    first = first_frame(stand, reference, own)
    strip = strips.new_movie(name, str(path), SCRATCH, stand.start, fit_method=_fit(stand))
    if pace == 1 or abs(pace - 1) < Fraction(1, 1000):
        _shown(run, strip, stand, first)
        return strip
    return _sped(run, strips, strip, stand, first, pace)


@functools.cache
def _pace(own: Fraction, rate: Fraction) -> Fraction:
    """Return how many frames of a file pass a frame of the scene; rates within 5 % count as one."""
    alike = abs(own - rate) <= Fraction(1, 20) * max(own, rate)
    return Fraction(1) if alike else own / rate


def _fit(stand: Stand) -> str:
    """Return how a picture fills the frame: as Blender wrote it, or as large as it goes."""
    return "ORIGINAL" if shape.HOST in (stand.item.get("metadata") or {}) else "FIT"


def _shown(run: Import, strip: Any, stand: Stand, first: Fraction) -> None:
    """Put a strip on its frames and its channel, its handles reaching under its transitions."""
    left, right = stand.start - stand.head, stand.end + stand.tail
    show(strip, content_start=stand.start - whole(first), left=left, right=right)
    strip.channel = free_channel(run, stand.lane, left, right)


def free_channel(run: Import, wanted: int, left: int, right: int) -> int:
    """Return the first channel from the wanted one on that is free there, and take it.

    A strip that is put where another stands is moved in silence; Blender 4.5 may try for ever.
    """
    channel = wanted
    while True:
        row = run.taken.setdefault(channel, [])
        if not row or row[-1][1] <= left or all(e <= left or s >= right for s, e in row):
            row.append((left, right))
            return channel
        channel += 1


def _sped(
    run: Import, strips: Any, strip: Any, stand: Stand, first: Fraction, pace: Fraction
) -> Any:
    """Make a speed effect over a strip, and return the strip."""
    name = strip.name
    if pace < 0:
        strip.use_reverse_frames = True
        run.lost.append(worded("'{name}' plays backwards; check its first frame.", name=name))
    if stand.head or stand.tail:
        run.lost.append(
            worded("'{name}' has another speed under a transition; check its frames.", name=name)
        )
    _shown(run, strip, stand, first)
    facts = ((stand.item.get("metadata") or {}).get(shape.HOST) or {}).get("speed") or {}
    called, channel = facts.get("name", f"{name} speed"), facts.get("channel", stand.lane + 1)
    channel = free_channel(run, max(channel, strip.channel + 1), stand.start, stand.end)
    above = new_effect(strips, called, "SPEED", channel, (stand.start, stand.end), (strip,))
    above.speed_control = "MULTIPLY"
    above.speed_factor = float(abs(pace))
    return strip


def _sound(run: Import, strips: Any, stand: Stand, reference: Json, path: Path) -> Any:
    name = name_of(stand.item)
    _look_for(run, stand, path)
    strip = strips.new_sound(name, str(path), SCRATCH, stand.start)
    _shown(run, strip, stand, first_frame(stand, reference, run.rate))
    if shape.speed_of(stand.item) != 1:
        run.lost.append(worded("The sound '{name}' plays at normal speed.", name=name))
    return strip


def _still(run: Import, strips: Any, stand: Stand, reference: Json, path: Path) -> Any:
    """Make an image strip of one picture, or of the list that Blender wrote."""
    _look_for(run, stand, path)
    files = (reference.get("metadata") or {}).get(shape.HOST, {}).get("files") or [path.name]
    strip = strips.new_image(
        name_of(stand.item),
        str(path.parent / files[0]),
        SCRATCH,
        stand.start,
        fit_method=_fit(stand),
    )
    for name in files[1:]:
        strip.elements.append(name)
    first = first_frame(stand, reference, run.rate) if len(files) > 1 else Fraction(0)
    _shown(run, strip, stand, first)
    return strip


def _pictures(run: Import, strips: Any, stand: Stand, reference: Json) -> Any:
    """Make an image strip of a numbered sequence."""
    folder = media_path(run, {"target_url": reference.get("target_url_base") or "."})
    available = reference.get("available_range") or shape.range_of(stand.item)
    count = whole(shape.frames_of(available["duration"], run.rate)) if available else 1
    padding = int(reference.get("frame_zero_padding", 0))
    first, step = int(reference.get("start_frame", 0)), int(reference.get("frame_step", 1))
    names = [
        f"{reference.get('name_prefix', '')}{first + n * step:0{padding}d}"
        f"{reference.get('name_suffix', '')}"
        for n in range(max(1, count))
    ]
    _look_for(run, stand, folder / names[0])
    strip = strips.new_image(
        name_of(stand.item), str(folder / names[0]), SCRATCH, stand.start, fit_method=_fit(stand)
    )
    for name in names[1:]:
        strip.elements.append(name)
    _shown(run, strip, stand, first_frame(stand, reference, run.rate))
    return strip


def _generated(run: Import, strips: Any, stand: Stand, reference: Json) -> Any:
    """Make a colour or text strip of a generator; of others a black colour strip, told."""
    kind, wanted = reference.get("generator_kind"), reference.get("parameters") or {}
    name = name_of(stand.item)
    span = (stand.start - stand.head, stand.end + stand.tail)
    type_of = {"SolidColor": "COLOR", "Solid Color": "COLOR", "black": "COLOR", "Text": "TEXT"}
    made = type_of.get(str(kind))
    if made is None:
        run.lost.append(
            worded(
                "'{name}' is made by '{kind}', which Blender has not; a black strip.",
                name=name,
                kind=kind,
            )
        )
    strip = new_effect(strips, name, made or "COLOR", SCRATCH, span, ())
    if made == "TEXT":
        for key in TEXTS:
            if key in wanted and hasattr(strip, key):
                setattr(strip, key, wanted[key])
    elif len(wanted.get("color", ())) >= 3:
        strip.color = wanted["color"][:3]
    strip.channel = free_channel(run, stand.lane, *span)
    return strip


def _meta(run: Import, strips: Any, stand: Stand) -> Any:
    """Make a meta strip with the strips of a nested stack or track in it."""
    shown = shape.range_of(stand.item)
    first = shape.frames_of(shown["start_time"] if shown else None, run.rate)
    meta = strips.new_meta(name_of(stand.item), SCRATCH, stand.start)
    inner = stand.item
    if shape.schema_of(inner) == "Track":
        inner = shape.composition(
            "Stack.1", inner.get("name", ""), [{**inner, "source_range": None}]
        )
    outside, run.taken = run.taken, {}
    run.nested(run, strips_of(meta), inner, stand.start - whole(first), 1)
    run.taken = outside
    right, left = stand.end + stand.tail, stand.start - stand.head
    show(meta, content_start=content_start_of(meta), left=left, right=right)
    meta.channel = free_channel(run, stand.lane, left, right)
    if shape.speed_of(stand.item) != 1:
        run.lost.append(worded("The speed of '{name}' is lost.", name=meta.name))
    return meta


def _settle(strip: Any, facts: Json) -> None:
    """Give a strip back what only Blender knows of it."""
    for key in LOOKS:
        if key in facts and hasattr(strip, key):
            setattr(strip, key, facts[key])
    for part, keys in PLACES.items():
        place, wanted = getattr(strip, part, None), facts.get(part)
        if place is not None and wanted:
            for key in keys:
                if key in wanted:
                    setattr(place, key, wanted[key])
    kept = {key: facts[key] for key in KEPT_NOTES if key in facts}
    if kept:
        note(strip, **kept)


def name_of(item: Json) -> str:
    """Return the name that a strip of an item gets: Blender's own, where it wrote the item."""
    facts = (item.get("metadata") or {}).get(shape.HOST) or {}
    return str(facts.get("name") or item.get("name") or "clip")


def whole(frames: Fraction) -> int:
    """Return the nearest whole frame; halves go up."""
    return math.floor(frames + Fraction(1, 2))


def _noted(run: Import, strip: Any, stand: Stand) -> None:
    """Give a strip back its shot, takes and reversal record."""
    item = stand.item
    ours = (item.get("metadata") or {}).get(shape.OURS)
    if not ours or "shot" not in ours:
        return
    active = item.get("active_media_reference_key", "DEFAULT_MEDIA")
    facts: Json = {"shot": ours["shot"]}
    if "media_references" in item:
        facts["clip"] = {
            "name": item.get("name", ""),
            "metadata": ours,
            "media_references": item["media_references"],
            "active": active,
            "home": str(run.folder),
        }
    record, splice = ours.get("original"), ours.get("splice")
    if record is not None and strip.type == "MOVIE":
        key = splice["id"] if splice else f"{ours['shot']}@{stand.start}"
        if key not in run.splices:
            run.splices[key] = (stand.start, _was(run, stand, json.loads(record["clip"])))
        facts |= {
            "take": active if active != record["key"] else "original",
            "was": run.splices[key][1],
            "splice": splice,
            "placed": content_start_of(strip),
        }
    note(strip, **facts)


def _was(run: Import, stand: Stand, clip: Json) -> Json:
    """Return what a slot showed before its takes, as `strips.reverted` wants it."""
    reference = shape.reference_of(clip) or {}
    source = reference.get("available_range") or shape.range_of(clip)
    own = shape.exact(source["duration"]["rate"]) if source else run.rate
    first = first_frame(Stand(clip, stand.start, stand.end, stand.lane), reference, own)
    pace = shape.speed_of(clip) or Fraction(1)
    speed = {"name": f"{name_of(clip)} speed", "channel": stand.lane + 1, "factor": float(pace)}
    return {
        "filepath": str(media_path(run, reference)),
        "content_start": stand.start - whole(first),
        "left": stand.start,
        "right": stand.end,
        "scale": [1.0, 1.0],
        "speed": None if pace == 1 else speed,
    }
