# SPDX-License-Identifier: GPL-3.0-or-later
"""An OTIO timeline as strips: tracks as channels, nested stacks as metas, dissolves as effects.

What the sequencer cannot say is listed in the report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from . import otio_shape as shape
from .otio_strips import Import, Json, Stand, free_channel, made, whole
from .versions import editor_of, new_effect, rate_of, strips_of
from .words import worded

FADES = {"SMPTE_Dissolve": "CROSS"}


def imported(
    scene: Any, timeline: Json, folder: Path, tell: Callable[[float], None] = lambda _share: None
) -> Import:
    """Make the strips of a timeline in a scene, and return the run with what could not be said.

    Args:
        scene: Its sequence gets the strips; what is there stays.
        timeline: OTIO JSON of a Timeline.
        folder: Where relative paths of media begin.
        tell: Hears the share that is done.
    """
    facts = (timeline.get("metadata") or {}).get(shape.HOST) or {}
    run = Import(Fraction(*rate_of(scene)), folder, tell, _tracks)
    run.total = max(1, sum(1 for _ in _all_items(timeline["tracks"])))
    origin = int(facts.get("origin", scene.frame_start))
    _tracks(run, strips_of(editor_of(scene)), timeline, origin, 1)
    for mark in timeline["tracks"].get("markers", ()):
        at = shape.frames_of(mark["marked_range"]["start_time"], run.rate)
        scene.timeline_markers.new(mark.get("name", ""), frame=origin + whole(at))
    return run


def _all_items(thing: Json) -> Iterator[Json]:
    for child in thing.get("children", ()):
        yield child
        yield from _all_items(child)


def _tracks(run: Import, strips: Any, thing: Json, origin: int, lowest: int) -> list[Any]:
    """Make the strips of all tracks of a timeline or stack."""
    all_made, channel = [], lowest
    tracks = list(shape.tracks_of(thing))
    for track in sorted(tracks, key=lambda one: one.get("kind") == "Audio"):
        fades = any(shape.schema_of(one) == "Transition" for one in track.get("children", ()))
        own = (track.get("metadata") or {}).get(shape.HOST, {}).get("channel")
        base = int(own) if own is not None else channel
        all_made += _track(run, strips, track, origin, base)
        channel = max(channel, base + (3 if fades else 1))
        settings = getattr(strips, "id_data", None)
        if settings is not None and lowest == 1:
            _name_channel(settings, base, track)
    return all_made


def _name_channel(scene: Any, channel: int, track: Json) -> None:
    channels = editor_of(scene).channels
    if channel < len(channels):
        facts = (track.get("metadata") or {}).get(shape.HOST, {})
        if track.get("name"):
            channels[channel].name = track["name"]
        channels[channel].mute = bool(facts.get("mute", not track.get("enabled", True)))


def _track(run: Import, strips: Any, track: Json, origin: int, channel: int) -> list[Any]:
    stands, fades = _stands(run, track, origin, channel)
    found: dict[int, Any] = {}
    for index, stand in enumerate(stands):
        run.done += 1
        if run.done % 50 == 0:
            run.tell(run.done / run.total)
        strip = made(run, strips, stand, track.get("kind") == "Audio")
        if strip is not None:
            found[index] = strip
    for before, cut, fade in fades:
        if before in found and before + 1 in found:
            _faded(run, strips, fade, (found[before], found[before + 1]), cut, channel)
    return list(found.values())


def _stands(
    run: Import, track: Json, origin: int, channel: int
) -> tuple[list[Stand], list[tuple[int, int, Json]]]:
    """Return where a track's items stand, and its transitions by the item before them."""
    stands: list[Stand] = []
    fades: list[tuple[int, int, Json]] = []
    shown = shape.range_of(track)
    at = Fraction(origin)
    if shown is not None:
        at -= shape.frames_of(shown["start_time"], run.rate)
    head, lane = 0, 0
    audio = track.get("kind") == "Audio"
    for child in track.get("children", ()):
        kind = shape.schema_of(child)
        if kind == "Transition":
            before = whole(shape.frames_of(child["in_offset"], run.rate))
            after = whole(shape.frames_of(child["out_offset"], run.rate))
            if audio or not stands or stands[-1].end != whole(at):
                if not audio:
                    run.lost.append(
                        worded(
                            "'{name}' fades from or to nothing; left out.", name=child.get("name")
                        )
                    )
                continue
            stands[-1].tail, head, lane = after, before, 1 - lane
            fades.append((len(stands) - 1, whole(at), child))
            continue
        length = shape.length_of(child, run.rate)
        if kind != "Gap" and length > 0:
            own = (child.get("metadata") or {}).get(shape.HOST, {}).get("channel")
            place = int(own) if own is not None else channel + lane
            stands.append(Stand(child, whole(at), whole(at + length), place, head))
        head = 0
        at += length
    return stands, fades


def _faded(
    run: Import, strips: Any, fade: Json, pair: tuple[Any, Any], cut: int, channel: int
) -> None:
    """Make the dissolve between two strips that overlap."""
    facts = (fade.get("metadata") or {}).get(shape.HOST) or {}
    kind = facts.get("type") or FADES.get(fade.get("transition_type", ""))
    if kind is None:
        kind = "CROSS"
        run.lost.append(worded("'{name}' is made a dissolve.", name=fade.get("name")))
    start = cut - whole(shape.frames_of(fade["in_offset"], run.rate))
    end = cut + whole(shape.frames_of(fade["out_offset"], run.rate))
    lane = int(facts.get("channel", max(pair[0].channel, pair[1].channel) + 1))
    lane = free_channel(run, lane, start, end)
    new_effect(strips, fade.get("name") or "Dissolve", kind, lane, (start, end), pair)
