"""Resolve's OTIO import: what it refuses, drops, renames, trims and links (facts 9, 11)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

import opentimelineio as otio
from opentimelineio.opentime import RationalTime

from .model import Item, Media, Sequence, Track, around, next_link, source_span
from .notes import MARKER_COLOURS
from .otio_out import OWN, PARAMETERS
from .probe import STILLS, probed

if TYPE_CHECKING:
    from .fake import FakeResolve

DRIFT = 3
"""Frames that a speed-up ends off by on 19 (measured: 1 to 9)."""
SHY = Fraction(1, 8)
"""Frames that an in point falls short at 23.976 before it is floored: more than rounding, less than
the quarter frame that is known to help."""
KEYS = {known: key for key, (_, known, _) in PARAMETERS.items()}


class Refused(Exception):
    """The import ends and answers None."""


def imported(fake: FakeResolve, path: Path, options: dict[str, Any]) -> Sequence | None:
    """Read an OTIO file as a new timeline and make it the current one; None when refused."""
    name = str(options.get("timelineName", "")) or path.stem
    if path.suffix.lower() != ".otio" or not path.is_file() or fake.project.named(name):
        return None
    try:
        read = _read(fake, path)
        media = _Linking(fake, read, options).media()
        sequence = _Reader(fake, media).timeline(read, name)
    except Refused:
        return None
    fake.project.add_timeline(sequence)
    return sequence


def _read(fake: FakeResolve, path: Path) -> otio.schema.Timeline:
    text = path.read_text(encoding="utf-8")
    try:
        read = otio.adapters.read_from_string(text, "otio_json")
        written = json.loads(text)
    except (otio.exceptions.OTIOError, ValueError) as error:
        raise Refused from error
    extra = fake.knobs.otio_minds_extra_keys and _has_newer_keys(written)
    if not isinstance(read, otio.schema.Timeline) or extra:
        raise Refused
    return read


def _has_newer_keys(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_has_newer_keys, value))
    if not isinstance(value, dict):
        return False
    schema = value.get("OTIO_SCHEMA", "")
    effect = schema.startswith(("Effect.", "LinearTimeWarp.", "TimeEffect."))
    newer = (effect and "enabled" in value) or ("color" in value and value["color"] is None)
    return newer or any(map(_has_newer_keys, value.values()))


def references(fake: FakeResolve, read: otio.schema.Timeline) -> Iterator[Any]:
    """The media reference that this Resolve takes of each clip."""
    for clip in read.find_clips():
        yield reference_of(fake, clip)


def reference_of(fake: FakeResolve, clip: otio.schema.Clip) -> Any:
    found = clip.media_references()
    key = clip.active_media_reference_key if fake.knobs.otio_honours_active_key else "DEFAULT_MEDIA"
    return found.get(key, clip.media_reference)


def is_title(reference: Any) -> bool:
    """Fusion titles leave as a MissingReference that has no range."""
    missing = isinstance(reference, otio.schema.MissingReference)
    return missing and reference.available_range is None


class _Linking:
    """From target URLs to pool entries, by the rules of importSourceClips (facts 9)."""

    def __init__(
        self, fake: FakeResolve, read: otio.schema.Timeline, options: dict[str, Any]
    ) -> None:
        self.fake, self.options = fake, options
        wanted = list(references(fake, read))
        if fake.knobs.otio_title_breaks_import and any(map(is_title, wanted)):
            raise Refused
        external = [one for one in wanted if isinstance(one, otio.schema.ExternalReference)]
        if any(one.available_range is None for one in external):
            raise Refused
        self.urls = sorted({one.target_url for one in external})
        if fake.knobs.otio_rejects_file_urls and any(u.startswith("file:") for u in self.urls):
            raise Refused

    def media(self) -> dict[str, Media]:
        """Target URL -> pool entry; what is absent stays offline."""
        if self.options.get("importSourceClips", True):
            return self.brought()
        if self.fake.knobs.import_false_offline:
            return {}
        found = {url: self.known(path_of(url)) for url in self.urls}
        return {url: media for url, media in found.items() if media is not None}

    def brought(self) -> dict[str, Media]:
        knobs, ready = self.fake.knobs, {}
        for url in self.urls:
            known = self.known(path_of(url))
            if known is not None and knobs.import_true_cancels:
                raise Refused
            media = None if knobs.import_duplicates_media else known
            media = media or probed(Path(path_of(url)), self.fake.project.rate)
            if media is None:
                raise Refused
            ready[url] = (media, known is not media)
        self.fake.project.folder.clips.extend(m for m, fresh in ready.values() if fresh)
        return {url: media for url, (media, _) in ready.items()}

    def known(self, path: str) -> Media | None:
        folders = self.options.get("sourceClipsFolders") or []
        bins = [inner for one in folders for _, inner in one._bin.walk()]
        entries = self.fake.project.media()
        return next((m for b, m in entries if m.path == path and (not bins or b in bins)), None)


def lost_media(reference: Any, name: str) -> Media:
    """What a reference tells of a file that is not in the pool."""
    path, span = path_of(getattr(reference, "target_url", "")), reference.available_range
    rate = exact(span.start_time.rate)
    kind = "Still" if Path(path or name).suffix.lower() in STILLS else "Video"
    return Media(
        reference.name or name, kind, rate, round(span.duration.value), path,
        round(span.start_time.value),
    )  # fmt: skip


def path_of(url: str) -> str:
    return unquote(urlparse(url).path) if url.startswith("file:") else url


def exact(rate: float) -> Fraction:
    """A frame rate as written to the fraction that was meant (23.976 to 24000/1001)."""
    whole = round(rate)
    near = Fraction(whole * 1000, 1001)
    return Fraction(whole) if abs(rate - whole) < 0.005 else near


class _Reader:
    def __init__(self, fake: FakeResolve, media: dict[str, Media]) -> None:
        self.fake, self.knobs, self.linked = fake, fake.knobs, media
        self.links: dict[int, int] = {}

    def timeline(self, read: otio.schema.Timeline, name: str) -> Sequence:
        start = read.global_start_time
        rate = exact(start.rate) if start else self.fake.project.rate
        first = round(start.value) if start else self.fake.first_frame(rate)
        sequence = self.sequence(read.tracks, name, rate, first)
        sequence.markers = self.markers(read.tracks.markers, 0)
        sequence.foreign = self.foreign(read)
        return sequence

    def sequence(self, stack: otio.schema.Stack, name: str, rate: Fraction, start: int) -> Sequence:
        sequence = Sequence(name, rate, start)
        for read in stack:
            kind = "audio" if read.kind == otio.schema.TrackKind.Audio else "video"
            own = read.metadata.get(OWN, {})
            track = sequence.add_track(kind, str(own.get("Audio Type", "")).lower())
            track.name, track.enabled = read.name, read.enabled
            self.fill(track, read, sequence)
            track.locked = bool(own.get("Locked", False))
        return sequence

    def fill(self, track: Track, read: otio.schema.Track, sequence: Sequence) -> None:
        clock, waiting = sequence.start, []
        for child in read:
            if isinstance(child, otio.schema.Transition):
                waiting.append((clock, child))
                continue
            frames = self.frames(child.trimmed_range().duration, sequence.rate)
            if not isinstance(child, otio.schema.Gap):
                track.put(self.item(child, track.kind, clock, frames, sequence))
            clock += frames
        for cut, transition in waiting:
            self.transition(track, cut, transition, sequence)

    def frames(self, duration: RationalTime, rate: Fraction) -> int:
        return round(
            Fraction(duration.value).limit_denominator(10**6) * rate / exact(duration.rate)
        )

    def item(self, child: Any, kind: str, start: int, frames: int, sequence: Sequence) -> Item:
        nested = isinstance(child, otio.schema.Stack)
        item = self.nested(child, kind) if nested else self.clip(child, kind)
        item.start, item.duration, item.enabled = start, frames, child.enabled
        self.locate(item, child)
        group = child.metadata.get(OWN, {}).get("Link Group ID")
        if group is not None:
            item.link = self.links.setdefault(int(group), 0) or self.new_link(int(group))
        for effect in child.effects:
            self.effect(item, effect)
        item.foreign = self.foreign(child)
        known = item.media or item.lost
        item.markers = self.markers(child.markers, known.timecode if known else 0)
        if self.knobs.otio_retimes_drift and item.speed != 1:
            item.speed = abs(item.speed) * (1 - Fraction(DRIFT, max(frames, DRIFT + 1)))
        return item

    def new_link(self, group: int) -> int:
        self.links[group] = next_link()
        return self.links[group]

    def clip(self, child: otio.schema.Clip, kind: str) -> Item:
        reference = reference_of(self.fake, child)
        if isinstance(reference, otio.schema.GeneratorReference):
            return Item("generator", reference.generator_kind, 0, 0)
        if is_title(reference):
            return Item("title", child.name, 0, 0)
        media = self.linked.get(getattr(reference, "target_url", ""))
        if media is not None:
            return Item(kind, media.name, 0, 0, media)
        lost = lost_media(reference, child.name)
        return Item(kind, lost.name, 0, 0, lost=lost)

    def nested(self, child: otio.schema.Stack, kind: str) -> Item:
        own = child.metadata.get(OWN, {})
        rate = exact(float(own.get("Sequence Fps", self.fake.project.rate)))
        inner = self.sequence(child, child.name, rate, 0)
        multicam = own.get("Sequence Type") == "Multicam Clip"
        media = Media(child.name, "Multicam" if multicam else "Compound", rate, 0, sequence=inner)
        self.fake.project.folder.clips.append(media)
        return Item(kind, child.name, 0, 0, media)

    def locate(self, item: Item, child: Any) -> None:
        """Count the in point in the media's own timecode; outside the media it is offline."""
        media, span = item.media or item.lost, child.source_range
        if media is None or span is None or media.still:
            return
        start = Fraction(span.start_time.value).limit_denominator(10**6)
        rate = exact(span.start_time.rate)
        first = start * media.rate / rate - media.timecode
        floors = self.knobs.otio_floors_ntsc and media.rate.denominator != 1
        item.left = math.floor(first - SHY if floors and first > 0 else first)
        if not 0 <= item.left < max(media.length, 1):
            item.media, item.lost = None, media

    def effect(self, item: Item, effect: Any) -> None:
        if isinstance(effect, otio.schema.LinearTimeWarp):
            item.speed = Fraction(effect.time_scalar).limit_denominator(10000) or Fraction(1)
            return
        for one in effect.metadata.get(OWN, {}).get("Parameters", []):
            key = KEYS.get(one["Parameter ID"])
            if key is not None:
                item.properties[key] = one["Parameter Value"]

    def transition(self, track: Track, cut: int, read: Any, sequence: Sequence) -> None:
        before, after = read.in_offset, read.out_offset
        head, tail = self.frames(before, sequence.rate), self.frames(after, sequence.rate)
        name = read.name
        if self.knobs.otio_trims_transitions:
            head, tail = trimmed(track, cut, head, tail, sequence)
        if self.knobs.otio_renames_transitions:
            name = "Cross Fade 0 dB" if track.kind == "audio" else "Cross Dissolve"
        if head + tail:
            made = Item("transition", name, cut - head, head + tail, offsets=(head, tail))
            made.foreign = self.foreign(read)
            track.put(made)

    def markers(self, markers: Any, timecode: int) -> dict[int, dict[str, Any]]:
        return {
            round(one.marked_range.start_time.value) - timecode: self.marker(one) for one in markers
        }

    def marker(self, read: otio.schema.Marker) -> dict[str, Any]:
        """The note comes from Resolve's own metadata; `comment` is ignored (facts 11)."""
        own, colour = read.metadata.get(OWN, {}), str(read.color).title()
        data = str(own.get("Custom Data", "")) if self.knobs.otio_keeps_custom_data else ""
        return {
            "color": colour if colour in MARKER_COLOURS else "Blue", "name": read.name,
            "duration": max(1, round(read.marked_range.duration.value)),
            "note": str(own.get("Note", "")), "customData": data,
        }  # fmt: skip

    def foreign(self, read: Any) -> dict[str, Any]:
        if self.knobs.otio_drops_metadata:
            return {}
        written = json.loads(read.to_json_string())["metadata"]
        return {key: value for key, value in written.items() if key != OWN}


def trimmed(track: Track, cut: int, head: int, tail: int, sequence: Sequence) -> tuple[int, int]:
    """A transition's offsets cut down to the handles that its clips have."""
    before, after = around(track, cut)
    if after is not None and after.media is not None and not after.media.still:
        head = min(head, math.floor(after.left / sequence.pace(after.media)))
    if before is not None and before.media is not None and not before.media.still:
        rest = before.media.length - before.left - abs(source_span(before, sequence.rate))
        tail = min(tail, math.floor(rest / sequence.pace(before.media)))
    return max(head, 0), max(tail, 0)
