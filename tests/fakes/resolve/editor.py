"""The editor's hands: what a person does in the program, without the scripting API.

Frames count from the timeline's start. Everything acts on the current timeline and on the truth.
"""

from __future__ import annotations

import copy
import math
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from .model import Item, Media, Sequence, Track, fresh_id, next_link
from .nesting import nested
from .probe import probed

if TYPE_CHECKING:
    from .fake import FakeResolve


class Editor:
    """A person at the program: `fake.editor.place(film, at=0)`."""

    def __init__(self, fake: FakeResolve) -> None:
        self.fake = fake

    @property
    def sequence(self) -> Sequence:
        """The current timeline."""
        current = self.fake.project.current
        if current is None:
            raise LookupError("make a timeline first: fake.editor.timeline(name)")
        return current

    def timeline(
        self, name: str = "Cut", *, rate: str | Fraction | None = None, start: int | None = None,
        video: int = 1, audio: int = 1,
    ) -> Sequence:  # fmt: skip
        """A new current timeline; `start` frames, one hour unless given."""
        made = self.fake.new_sequence(name, None if rate is None else Fraction(rate), start)
        while len(made.tracks["video"]) < video:
            made.add_track("video")
        while len(made.tracks["audio"]) < audio:
            made.add_track("audio", "stereo")
        return made

    def pool(self, path: Path) -> Media:
        """The pool entry of a file, imported into the current bin when it is not there."""
        known = (media for _, media in self.fake.project.media() if media.path == str(path))
        media = next(known, None) or self.fake.import_file(path)
        if media is None:
            raise ValueError(f"{path} cannot be read; make it with fake.film(name)")
        return media

    def place(
        self, what: Path | Media, at: int, *, start: int = 0, frames: int | None = None,
        track: int = 1, kind: str = "video", speed: Fraction | int = 1,
        with_audio: bool = False,
    ) -> Item:  # fmt: skip
        """A clip at timeline frame `at`: `frames` timeline frames from source frame `start` on."""
        media = what if isinstance(what, Media) else self.pool(what)
        sequence, pace = self.sequence, self.sequence.pace(media) * abs(Fraction(speed))
        rest = math.floor((media.length - start) / pace)
        item = Item(
            kind, media.name, sequence.start + at, rest if frames is None else frames, media, start,
            Fraction(speed),
        )  # fmt: skip
        self.lane(kind, track).put(item)
        if with_audio:
            sound = copy.copy(item)
            sound.kind, sound.uid, sound.markers, sound.takes = "audio", fresh_id(), {}, []
            sound.flags, sound.properties, sound.grade, sound.versions = [], {}, {}, {}
            item.link = sound.link = next_link()
            self.lane("audio", track).put(sound)
        sequence.generation += 1
        return item

    def lane(self, kind: str, index: int) -> Track:
        """A track of the current timeline, made when it is not there."""
        while len(self.sequence.tracks[kind]) < index:
            self.sequence.add_track(kind, "stereo" if kind == "audio" else "")
        return self.sequence.tracks[kind][index - 1]

    def transition(
        self, at: int, head: int = 6, tail: int = 6, *, track: int = 1, kind: str = "video",
        name: str = "",
    ) -> Item:  # fmt: skip
        """A dissolve about the cut at `at`: `head` frames before it and `tail` after."""
        named = name or ("Cross Dissolve" if kind == "video" else "Cross Fade 0 dB")
        cut = self.sequence.start + at
        return self.fake.model_transition(self.lane(kind, track), cut, head, tail, named)

    def generator(self, at: int, frames: int, *, track: int = 1, name: str = "Solid Color") -> Item:
        return self._made("generator", name, at, frames, track)

    def title(self, at: int, frames: int, *, track: int = 1, name: str = "Text+") -> Item:
        return self._made("title", name, at, frames, track)

    def adjustment(self, at: int, frames: int, *, track: int = 1) -> Item:
        return self._made("adjustment", "Adjustment Clip", at, frames, track)

    def _made(self, kind: str, name: str, at: int, frames: int, track: int) -> Item:
        item = Item(kind, name, self.sequence.start + at, frames)
        self.lane("video", track).put(item)
        return item

    def compound(self, items: list[Item], name: str = "Compound Clip 1") -> Item:
        return self._nest(items, name, "Compound")

    def multicam(self, items: list[Item], name: str = "Multicam 1") -> Item:
        return self._nest(items, name, "Multicam")

    def _nest(self, items: list[Item], name: str, kind: str) -> Item:
        made = nested(self.fake.project, self.sequence, items, name, kind)
        if made is None:
            raise ValueError("Something else lies between these items; nest neighbours.")
        self.sequence.generation += 1
        return made

    def lock(self, kind: str, index: int, locked: bool = True) -> None:
        self.lane(kind, index).locked = locked

    def select(self, *items: Item) -> None:
        self.fake.selection[:] = items

    def playhead(self, frame: int) -> None:
        self.sequence.playhead = self.sequence.start + frame

    # -- what an editor does to the cut between our visits

    def move(self, item: Item, by: int, *, track: int | None = None) -> None:
        """Move an item in time, to another track when given."""
        home = self._home(item)
        home.items.remove(item)
        item.start += by
        (home if track is None else self.lane(home.kind, track)).put(item)
        self.sequence.generation += 1

    def trim(self, item: Item, head: int = 0, tail: int = 0) -> None:
        """Take `head` frames off the front and `tail` off the end, leaving gaps."""
        item.left += self._source(item, head)
        item.start, item.duration = item.start + head, item.duration - head - tail
        self.sequence.generation += 1

    def slip(self, item: Item, by: int) -> None:
        """Show other source frames in the same place."""
        item.left += by
        self.sequence.generation += 1

    def split(self, item: Item, at: int) -> Item:
        """Cut an item at `at` frames from its start; the second half is returned."""
        home, half = self._home(item), self._twin(item)
        half.left += self._source(item, at)
        half.start, half.duration, item.duration = item.start + at, item.duration - at, at
        home.put(half)
        self.sequence.generation += 1
        return half

    def duplicate(self, item: Item, at: int, *, track: int = 1) -> Item:
        twin = self._twin(item)
        twin.start = self.sequence.start + at
        self.lane(item.kind if item.kind == "audio" else "video", track).put(twin)
        self.sequence.generation += 1
        return twin

    def remove(self, item: Item, *, ripple: bool = False) -> None:
        self.sequence.remove(item)
        if ripple:
            self.sequence.shift(item.end, -item.duration)
        self.sequence.generation += 1

    def relink(self, media: Media, path: Path) -> None:
        """Point a pool entry at another file."""
        new = probed(path, self.fake.project.rate)
        if new is None:
            raise ValueError(f"{path} cannot be read; make it with fake.film(name)")
        for name in ("name", "type", "rate", "frames", "path", "timecode", "video", "audio"):
            setattr(media, name, getattr(new, name))

    def _home(self, item: Item) -> Track:
        home = self.sequence.track_of(item)
        if home is None:
            raise LookupError(f"{item.name} is on no track of {self.sequence.name}")
        return home

    def _source(self, item: Item, frames: int) -> int:
        if item.media is None:
            return 0
        return math.floor(frames * self.sequence.pace(item.media) * item.speed)

    def _twin(self, item: Item) -> Item:
        twin = copy.copy(item)
        for name in ("flags", "markers", "properties", "grade", "versions", "foreign"):
            setattr(twin, name, copy.deepcopy(getattr(item, name)))
        twin.takes, twin.uid, twin.link = list(item.takes), fresh_id(), None
        return twin
