"""A small timeline made from scratch, for the demo and the samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio

from otio_bridge.timeline import Cut, write_cut
from otio_bridge.timeline_place import Range, Time


@dataclass(frozen=True)
class SampleClip:
    """One clip of a sample, in frames."""

    media: str
    """File, relative to the timeline."""
    frames: int
    """Shown."""
    length: int
    """Of the media."""
    start: int
    """First frame shown."""
    dissolve: int = 0
    """Length of the dissolve that leads into the clip, half before and half after the cut."""
    marker: str = ""
    """Name of a marker over the clip's middle three fifths."""


def written_sample(target: Path, rate: Fraction, clips: Sequence[SampleClip]) -> Path:
    """Write a one-track timeline that starts at one hour and return its path."""
    number = float(rate)
    timeline = otio.schema.Timeline(target.stem)
    timeline.global_start_time = Time(3600 * number, number)
    track = otio.schema.Track("Video 1", kind=otio.schema.TrackKind.Video)
    for clip in clips:
        if clip.dissolve:
            half = Time(clip.dissolve // 2, number)
            track.append(otio.schema.Transition("Cross Dissolve", "SMPTE_Dissolve", half, half))
        track.append(_clip(clip, number))
    timeline.tracks.append(track)
    return write_cut(Cut(target, timeline, rate, ""), target)


def _clip(clip: SampleClip, number: float) -> otio.schema.Clip:
    media = otio.schema.ExternalReference(
        clip.media, Range(Time(0, number), Time(clip.length, number))
    )
    shown = Range(Time(clip.start, number), Time(clip.frames, number))
    made = otio.schema.Clip(Path(clip.media).name, media, shown)
    if clip.marker:
        fifth = clip.frames // 5
        span = Range(Time(clip.start + fifth, number), Time(3 * fifth, number))
        made.markers.append(otio.schema.Marker(clip.marker, span))
    return made
