"""What is really in the project: bins, media, sequences, tracks and items in whole frames.

Nothing here lies. Handles read this through the knobs; `truth` reads it plainly.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

KINDS = ("video", "audio", "subtitle")
_links = itertools.count(1)


def fresh_id() -> str:
    return str(uuid.uuid4())


def next_link() -> int:
    """A link group that no item is in."""
    return next(_links)


@dataclass(eq=False)
class Media:
    """An entry of the media pool; `frames` at `rate`, `timecode` = first frame's number."""

    name: str
    type: str
    rate: Fraction
    frames: int
    path: str = ""
    timecode: int = 0
    video: bool = True
    audio: bool = False
    size: tuple[int, int] = (0, 0)
    codec: str = ""
    sequence: Sequence | None = None
    uid: str = field(default_factory=fresh_id)
    media_id: str = field(default_factory=fresh_id)
    metadata: dict[str, str] = field(default_factory=dict)
    third_party: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    markers: dict[int, dict[str, Any]] = field(default_factory=dict)
    marks: dict[str, tuple[int, int]] = field(default_factory=dict)
    colour: str = ""
    flags: list[str] = field(default_factory=list)

    @property
    def online(self) -> bool:
        return self.sequence is not None or Path(self.path).is_file()

    @property
    def length(self) -> int:
        """Frames there are; a sequence grows with what is on it."""
        if self.sequence is None:
            return self.frames
        return self.sequence.end - self.sequence.start

    @property
    def still(self) -> bool:
        return self.type == "Still"


@dataclass(frozen=True)
class Take:
    """One take of a selector: `media[start:end)` in the media's frames."""

    media: Media
    start: int
    end: int


@dataclass(eq=False)
class Item:
    """Something on a track. `start` and `duration` in timeline frames, `left` in source frames.

    A transition has `offsets` (frames before and after its cut); an offline clip has no media but
    the `lost` one, as far as its file told of it.
    """

    kind: str
    name: str
    start: int
    duration: int
    media: Media | None = None
    left: int = 0
    speed: Fraction = Fraction(1)
    enabled: bool = True
    colour: str = ""
    flags: list[str] = field(default_factory=list)
    markers: dict[int, dict[str, Any]] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    grade: dict[int, tuple[str, ...]] = field(default_factory=dict)
    versions: dict[str, dict[int, tuple[str, ...]]] = field(default_factory=dict)
    version: str = "Version 1"
    takes: list[Take] = field(default_factory=list)
    selected: int = 0
    link: int | None = None
    fades: tuple[int, int] = (0, 0)
    offsets: tuple[int, int] = (0, 0)
    lost: Media | None = None
    foreign: dict[str, Any] = field(default_factory=dict)
    from_xml: bool = False
    errored: bool = False
    compositions: int = 0
    uid: str = field(default_factory=fresh_id)

    @property
    def end(self) -> int:
        return self.start + self.duration


@dataclass(eq=False)
class Track:
    """One track, its items in order of start, transitions among them."""

    kind: str
    name: str
    subtype: str = ""
    enabled: bool = True
    locked: bool = False
    items: list[Item] = field(default_factory=list)

    def clips(self) -> list[Item]:
        return [one for one in self.items if one.kind != "transition"]

    def transitions(self) -> list[Item]:
        return [one for one in self.items if one.kind == "transition"]

    def put(self, item: Item) -> None:
        self.items.append(item)
        self.items.sort(key=lambda one: (one.start, one.kind == "transition"))

    def free(self, start: int, end: int) -> bool:
        return all(one.end <= start or end <= one.start for one in self.clips())

    def next_free(self, start: int, frames: int) -> int:
        """The first frame from `start` on at which `frames` frames fit."""
        for one in self.clips():
            if one.start < start + frames and start < one.end:
                start = one.end
        return start


@dataclass(eq=False)
class Sequence:
    """A timeline or the inside of a compound clip; frames count from `start`."""

    name: str
    rate: Fraction
    start: int
    tracks: dict[str, list[Track]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    markers: dict[int, dict[str, Any]] = field(default_factory=dict)
    marks: dict[str, tuple[int, int]] = field(default_factory=dict)
    playhead: int = 0
    generation: int = 0
    media: Media | None = None
    foreign: dict[str, Any] = field(default_factory=dict)
    uid: str = field(default_factory=fresh_id)

    def __post_init__(self) -> None:
        self.playhead = self.playhead or self.start

    @property
    def end(self) -> int:
        return max((one.end for _, _, one in self.everything()), default=self.start)

    def everything(self) -> Iterator[tuple[str, int, Item]]:
        """(track kind, track index from 1, item), tracks in order."""
        for kind in KINDS:
            for index, track in enumerate(self.tracks[kind], 1):
                for item in track.items:
                    yield kind, index, item

    def place_of(self, item: Item) -> tuple[str, int] | None:
        """The track kind and index that hold the item, None when it is on no track."""
        for kind, index, one in self.everything():
            if one is item:
                return kind, index
        return None

    def track(self, kind: str, index: int) -> Track | None:
        """Track `index` from 1, None beyond the count."""
        tracks = self.tracks.get(kind, [])
        whole = isinstance(index, int | float) and int(index) == index
        return tracks[int(index) - 1] if whole and 1 <= index <= len(tracks) else None

    def track_of(self, item: Item) -> Track | None:
        place = self.place_of(item)
        return self.track(*place) if place else None

    def add_track(self, kind: str, subtype: str = "", index: int | None = None) -> Track:
        tracks = self.tracks[kind]
        track = Track(kind, f"{kind.title()} {len(tracks) + 1}", subtype)
        tracks.insert(len(tracks) if index is None else index - 1, track)
        return track

    def remove(self, item: Item) -> None:
        """Take an item off with the transitions at its ends; nothing moves."""
        track = self.track_of(item)
        if track is None:
            return
        track.items.remove(item)
        if item.kind != "transition":
            touching = [t for t in track.transitions() if cut_of(t) in (item.start, item.end)]
            for one in touching:
                track.items.remove(one)

    def shift(self, since: int, by: int) -> None:
        """Move what starts at `since` or later on unlocked tracks, as far as nothing overlaps."""
        for track in (one for tracks in self.tracks.values() for one in tracks if not one.locked):
            clips = track.clips()
            end = max((one.end for one in clips if one.start < since), default=self.start)
            first = min((one.start for one in clips if one.start >= since), default=since)
            step = max(by, min(end - first, 0))
            for item in track.items:
                if (cut_of(item) if item.kind == "transition" else item.start) >= since:
                    item.start += step

    def pace(self, media: Media) -> Fraction:
        """Source frames per timeline frame at normal speed."""
        return media.rate / self.rate


@dataclass(eq=False)
class Bin:
    """A folder of the media pool."""

    name: str
    bins: list[Bin] = field(default_factory=list)
    clips: list[Media] = field(default_factory=list)
    uid: str = field(default_factory=fresh_id)

    def walk(self, path: str = "") -> Iterator[tuple[str, Bin]]:
        """(path from the root, folder), the root's path being empty."""
        yield path, self
        for one in self.bins:
            yield from one.walk(f"{path}/{one.name}" if path else one.name)


@dataclass(eq=False)
class ProjectModel:
    """A project: its pool, its timelines in order, its settings."""

    name: str
    rate: Fraction
    root: Bin = field(default_factory=lambda: Bin("Master"))
    timelines: list[Sequence] = field(default_factory=list)
    current: Sequence | None = None
    settings: dict[str, str] = field(default_factory=dict)
    picked: list[Media] = field(default_factory=list)
    folder: Bin = field(init=False)
    uid: str = field(default_factory=fresh_id)

    def __post_init__(self) -> None:
        self.folder = self.root

    def media(self) -> Iterator[tuple[Bin, Media]]:
        for _, one in self.root.walk():
            for clip in one.clips:
                yield one, clip

    def bin_of(self, media: Media) -> Bin | None:
        return next((one for one, clip in self.media() if clip is media), None)

    def named(self, name: str) -> Sequence | None:
        return next((one for one in self.timelines if one.name == name), None)

    def add_timeline(self, sequence: Sequence) -> None:
        """Keep a timeline, with its entry in the current bin, and make it the current one."""
        sequence.media = Media(
            sequence.name, "Timeline", sequence.rate, 0, sequence=sequence, audio=True
        )
        self.folder.clips.append(sequence.media)
        self.timelines.append(sequence)
        self.current = sequence


def cut_of(transition: Item) -> int:
    """The frame that a transition is about."""
    return transition.start + transition.offsets[0]


def source_span(item: Item, rate: Fraction) -> Fraction:
    """Source frames that an item plays, negative for reverse; 0 without media."""
    if item.media is None:
        return Fraction(0)
    return item.duration * item.media.rate / rate * item.speed


def handles(item: Item, rate: Fraction) -> tuple[Fraction, Fraction]:
    """Frames before and after what an item shows, in the warped domain when it is retimed."""
    if item.media is None:
        return Fraction(0), Fraction(0)
    last = item.left + max(source_span(item, rate), Fraction(0))
    return abs(item.left / item.speed), (item.media.length - last) / abs(item.speed)


def around(track: Track, cut: int) -> tuple[Item | None, Item | None]:
    """The items that end and begin at a cut."""
    before = next((one for one in track.clips() if one.end == cut), None)
    return before, next((one for one in track.clips() if one.start == cut), None)
