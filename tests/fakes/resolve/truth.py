"""What is really there, as plain tuples: no knob touches this."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, NamedTuple

from .model import Item, Sequence


class Placed(NamedTuple):
    """One item as it really lies. `start` counts from the timeline's start; frames are whole.

    `left` is the first source frame (0-based), `media` a path, a sequence's name or "".
    """

    track: tuple[str, int]
    start: int
    duration: int
    kind: str
    name: str
    media: str
    left: int
    speed: Fraction
    enabled: bool
    takes: tuple[tuple[str, int, int], ...]
    selected_take: int
    colour: str
    flags: tuple[str, ...]
    properties: tuple[tuple[str, Any], ...]
    grade: tuple[tuple[int, tuple[str, ...]], ...]
    markers: tuple[tuple[int, str, str, str, str], ...]
    linked: tuple[tuple[str, int, int], ...]
    offsets: tuple[int, int]


class Lane(NamedTuple):
    """One track as it really is."""

    kind: str
    number: int
    name: str
    subtype: str
    enabled: bool
    locked: bool


class Desk(NamedTuple):
    """What the user sees besides the clips; playhead and marks count from the timeline's start."""

    page: str
    timeline: str
    playhead: int
    marks: tuple[tuple[str, int, int], ...]
    folder: str
    timelines: tuple[str, ...]


def placed(sequence: Sequence) -> tuple[Placed, ...]:
    """Every item of a timeline, tracks in order, then by start."""
    return tuple(
        _placed(sequence, (kind, index), item) for kind, index, item in sequence.everything()
    )


def lanes(sequence: Sequence) -> tuple[Lane, ...]:
    return tuple(
        Lane(kind, index, one.name, one.subtype, one.enabled, one.locked)
        for kind in ("video", "audio", "subtitle")
        for index, one in enumerate(sequence.tracks[kind], 1)
    )


def shown(sequence: Sequence, frame: int) -> tuple[str, int] | None:
    """(path, source frame) of the picture at `frame` from the timeline's start; None for black.

    The topmost enabled clip of an enabled track; transitions and transforms are not drawn.
    """
    return shown_at(sequence, sequence.start + frame)


def shown_at(sequence: Sequence, record: int) -> tuple[str, int] | None:
    for track in reversed(sequence.tracks["video"]):
        for item in track.clips() if track.enabled else ():
            if item.enabled and item.start <= record < item.end:
                return source_at(sequence, item, record)
    return None


def source_at(sequence: Sequence, item: Item, record: int) -> tuple[str, int] | None:
    """(path, source frame) that an item plays at a record frame."""
    media = item.media or item.lost
    if media is None or media.still:
        return (media.path if media else item.name), 0
    steps = (record - item.start) * sequence.pace(media) * item.speed
    frame, nested = math.floor(item.left + steps), media.sequence
    return shown_at(nested, nested.start + frame) if nested else (media.path, frame)


def _placed(sequence: Sequence, track: tuple[str, int], item: Item) -> Placed:
    partners = sorted(
        (kind, index, one.start - sequence.start)
        for kind, index, one in sequence.everything()
        if item.link is not None and one.link == item.link and one is not item
    )
    return Placed(
        track, item.start - sequence.start, item.duration, item.kind, item.name, media_name(item),
        item.left, item.speed, item.enabled,
        tuple((take.media.path or take.media.name, take.start, take.end) for take in item.takes),
        item.selected, item.colour, tuple(item.flags), tuple(sorted(item.properties.items())),
        tuple(sorted(item.grade.items())),
        tuple(
            (frame, one["color"], one["name"], one["note"], one["customData"])
            for frame, one in sorted(item.markers.items())
        ),
        tuple(partners), item.offsets,
    )  # fmt: skip


def media_name(item: Item) -> str:
    media = item.media or item.lost
    return (media.path or media.name) if media else ""
