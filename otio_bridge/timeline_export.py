"""Flavours of a timeline for programs that read OTIO their own way; facts/resolve.md section 11."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, get_args

import opentimelineio as otio

from otio_bridge.clock import exact_rate
from otio_bridge.timeline import METADATA, Cut, our_metadata
from otio_bridge.timeline_media import name_absolutely
from otio_bridge.timeline_place import Range, Time, take_of, visible_range
from otio_bridge.timeline_slots import duration_of

Flavour = Literal["resolve", "blender", "plain"]
FLAVOURS: tuple[str, ...] = get_args(Flavour)
DEFAULT_KEY = "DEFAULT_MEDIA"
DAY = 24 * 60 * 60
QUARTER = 0.25


def in_flavour(cut: Cut, wanted: Flavour) -> None:
    """Turn a timeline into a flavour, in place.

    "plain" and "resolve" keep only the media in use, as one DEFAULT_MEDIA, and none of our
    metadata. "resolve" names files by plain absolute paths, counts source ranges in the files'
    own timecode (a quarter frame late where rates are fractional), and leaves a marker whose note
    names the shot, because Resolve drops everything else. "blender" keeps the takes and names
    files by absolute paths.
    """
    if wanted != "plain":
        name_absolutely(cut)
    for clip in cut.timeline.find_clips():
        shot = our_metadata(clip).get("shot")
        if wanted == "resolve":
            _say_ranges(clip)
            _count_in_timecode(clip)
            _nudge(clip)
        if wanted != "blender":
            _flatten(clip)
        if wanted == "resolve" and shot:
            _leave_note(clip, str(shot))
    if wanted != "blender":
        _forget_ours(cut.timeline)


def _flatten(clip: Any) -> None:
    """Keep the media in use under the one key that every reader knows."""
    active = clip.media_references().get(clip.active_media_reference_key)
    kept = active.clone() if active is not None else otio.schema.MissingReference()
    kept.metadata.pop(METADATA, None)
    clip.set_media_references({DEFAULT_KEY: kept}, DEFAULT_KEY)


def _say_ranges(clip: Any) -> None:
    """Give a clip and its media the ranges that Resolve asks for; the shown one where unknown."""
    if duration_of(clip) is None:
        return
    clip.source_range = visible_range(clip)
    media = clip.media_reference
    if isinstance(media, otio.schema.ExternalReference) and media.available_range is None:
        media.available_range = clip.source_range


def _count_in_timecode(clip: Any) -> None:
    """Count a take in use from its file's own timecode, which is never negative."""
    take = take_of(clip)
    if take is None:
        return
    day = DAY * math.ceil(exact_rate(take.rate))
    start = take.media_start % day
    shift = start - take.media_start
    was, rate = clip.source_range, clip.source_range.start_time.rate
    clip.media_reference.available_range = Range(Time(start, rate), Time(take.frames, rate))
    clip.source_range = Range(Time(was.start_time.value + shift, rate), was.duration)
    for marker in clip.markers:
        at = marker.marked_range.start_time
        moved = Time(at.value + shift * at.rate / rate, at.rate)
        marker.marked_range = Range(moved, marker.marked_range.duration)


def _nudge(clip: Any) -> None:
    """Start a quarter frame late at rates such as 23.976, where Resolve floors a frame away."""
    shown = clip.source_range
    if shown is not None and exact_rate(shown.start_time.rate).denominator != 1:
        late = Time(shown.start_time.value + QUARTER, shown.start_time.rate)
        clip.source_range = Range(late, shown.duration)


def _leave_note(clip: Any, shot: str) -> None:
    note = f"otio_bridge shot={shot}"
    start = visible_range(clip).start_time
    marker = otio.schema.Marker("otio-bridge", Range(start, Time(1, start.rate)))
    marker.comment = note
    marker.metadata["Resolve_OTIO"] = {"Keywords": [], "Note": note}
    clip.markers.append(marker)


def _forget_ours(timeline: Any) -> None:
    timeline.metadata.pop(METADATA, None)
    everything: Callable[..., Any] = timeline.tracks.find_children
    for thing in everything():
        if METADATA in list(thing.metadata):
            del thing.metadata[METADATA]
