"""What is on a timeline: every clip as a slot, with the frames it owns and the take it shows.

A splice of ours, flat or nested, is one slot. Positions are summed exactly as the tree is walked,
so that listing a timeline costs one pass whatever its length.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import opentimelineio as otio

from otio_bridge.clock import timecode
from otio_bridge.errors import TimelineError
from otio_bridge.timeline import (
    Cut,
    cached_rate,
    exact_number,
    has_ours,
    our_metadata,
    seconds_of_time,
)
from otio_bridge.timeline_notes import shot_noted

Frames = int | Fraction
"""Exact record frames; plain integers wherever the timeline has them, which is fast."""

Numbers = tuple[float, float, float]

ORIGINAL = "original"
"""The clip's own media, whatever key it has."""
HALF = Fraction(1, 2)

TakesByFile = Mapping[str, tuple[str, str]]
"""File name of a take -> (shot id, take id): how takes are known when metadata was stripped."""


@dataclass(slots=True)
class Slot:
    """The exact stretch of a track that one shot owns, and where it hangs in the timeline."""

    name: str
    track: str
    """"V1", or "V2/Title comp/V1" inside a nested stack."""
    record_start: int
    """Frame of the timeline, counted from its first frame."""
    frames: int
    shot: str | None
    """Shot id in the metadata or known by its take's file name; None where nobody gave one yet."""
    takes: tuple[str, ...]
    """Take id each item shows, "original" for the clip's own media."""
    enabled: bool
    media: str
    """File name of what the first item shows, "" where it names no file."""
    source: Numbers
    """Source range of the first item: start and duration as numbers, and their rate."""
    parent: Any
    """The composition that holds the items."""
    index: int
    count: int
    """How many children of the parent the slot spans."""

    @property
    def item(self) -> Any:
        """The first clip of the slot, or the nested stack of a nested splice."""
        return self.parent[self.index]

    @property
    def items(self) -> list[Any]:
        """All clips or stacks of the slot in record order, without dissolves between them."""
        spanned = (self.parent[n] for n in range(self.index, self.index + self.count))
        return [item for item in spanned if not isinstance(item, otio.schema.Transition)]

    @property
    def spliced(self) -> bool:
        """Whether the slot shows several segments."""
        return len(self.takes) > 1


def slots_in(cut: Cut, takes_by_file: TakesByFile | None = None) -> list[Slot]:
    """List every picture clip of a timeline as a slot, track by track in record order.

    Raises:
        TimelineError: Its times are no numbers or its text is no text.
    """
    try:
        return list(_layers(cut.timeline.tracks, "", 0, cut.rate, takes_by_file or {}))
    except UnicodeDecodeError:
        raise TimelineError(f"{cut.path} holds text that is not UTF-8; export it again.") from None


def audio_clips_in(cut: Cut) -> int:
    """Count the clips on audio tracks, which no command here changes."""
    return sum(len(track.find_clips()) for track in cut.timeline.audio_tracks())


def record_timecode(cut: Cut, slot: Slot) -> str:
    """Return a slot's start as the editor reads it, global start time included."""
    return timecode(cut.start + slot.record_start, cut.rate)


def media_of(clip: Any, key: str | None = None) -> str | None:
    """Return the URL or path of a clip's active or named media; None where it names no file."""
    if not isinstance(clip, otio.schema.Clip):
        return None
    reference = clip.media_reference if key is None else clip.media_references().get(key)
    if isinstance(reference, otio.schema.ExternalReference):
        return reference.target_url or None
    if isinstance(reference, otio.schema.ImageSequenceReference):
        return str(reference.abstract_target_url("%04d"))
    return None


def original_key(clip: Any) -> str:
    """Return the key of the clip's own media: the first that is no take of ours."""
    record = record_on(clip)
    if record is not None:
        return str(record["key"])
    references = clip.media_references()
    active = clip.active_media_reference_key
    if active in references and not _is_take(references[active]):
        return str(active)
    return next((str(k) for k, reference in references.items() if not _is_take(reference)), active)


def record_on(item: Any) -> Mapping[str, str] | None:
    """Return the reversal record of the clip that an item took the place of, None without one."""
    found = our_metadata(item).get("original")
    whole = isinstance(found, dict) and {"clip", "key", "head", "speed"} <= found.keys()
    return found if whole else None


def take_keys(clip: Any) -> list[str]:
    """List the keys of a clip's media references that are takes of ours."""
    return [str(k) for k, reference in clip.media_references().items() if _is_take(reference)]


def duration_of(item: Any) -> Fraction | None:
    """Return an item's length in seconds; None for a clip that does not say."""
    if item.source_range is not None:
        return seconds_of_time(item.source_range.duration)
    try:
        return seconds_of_time(item.duration())
    except Exception:  # OTIO raises several types for "no available range"
        return None


def _layers(
    stack: Any, label: str, start: Frames, rate: Fraction, known: TakesByFile
) -> Iterator[Slot]:
    """Yield the slots of a stack, all of whose layers begin at `start` (record frames)."""
    numbers: dict[str, int] = {}
    for index, layer in enumerate(stack):
        if isinstance(layer, otio.schema.Track):
            yield from _track(layer, label, numbers, start, rate, known)
        elif isinstance(layer, otio.schema.Clip) or _is_splice(layer):
            source = _source_of(layer)
            place = (start, _frames_of(source, layer, rate), stack, index)
            yield _slot(layer, label or "tracks", source, place, known)
        elif isinstance(layer, otio.schema.Stack):
            name = _below(label, layer.name or "Stack")
            yield from _layers(layer, name, _before(start, layer, rate), rate, known)


def _track(
    track: Any, above: str, numbers: dict[str, int], start: Frames, rate: Fraction,
    known: TakesByFile,
) -> Iterator[Slot]:  # fmt: skip
    letter = "A" if track.kind == otio.schema.TrackKind.Audio else "V"
    numbers[letter] = numbers.get(letter, 0) + 1
    if letter == "V":
        label = _below(above, f"V{numbers[letter]}")
        yield from _walk(track, label, _before(start, track, rate), rate, known)


def _walk(
    track: Any, label: str, start: Frames, rate: Fraction, known: TakesByFile
) -> Iterator[Slot]:
    """Yield the slots of a track whose own frame 0 lies at `start` (record frames)."""
    position = start
    open_slot: Slot | None = None
    for index, child in enumerate(track):
        is_clip = isinstance(child, otio.schema.Clip)
        if not is_clip and isinstance(child, otio.schema.Transition):
            continue
        source = _source_of(child)
        length = _frames_of(source, child, rate)
        if is_clip or _is_splice(child):
            slot = _slot(child, label, source, (position, length, track, index), known)
            if open_slot is not None and _continues(open_slot, slot):
                _extend(open_slot, slot, position + length)
            else:
                if open_slot is not None:
                    yield open_slot
                open_slot = slot
        else:
            if open_slot is not None:
                yield open_slot
                open_slot = None
            yield from _nested(child, label, position, rate, known)
        position += length
    if open_slot is not None:
        yield open_slot


def _nested(
    child: Any, label: str, position: Frames, rate: Fraction, known: TakesByFile
) -> Iterator[Slot]:
    """Yield the slots of a stack or track that stands in a track; none of a gap."""
    name = _below(label, child.name or type(child).__name__)
    if isinstance(child, otio.schema.Track):
        yield from _track(child, name, {}, position, rate, known)
    elif isinstance(child, otio.schema.Stack):
        yield from _layers(child, name, _before(position, child, rate), rate, known)


def _slot(
    item: Any,
    label: str,
    source: Numbers | None,
    place: tuple[Frames, Frames, Any, int],
    known: TakesByFile,
) -> Slot:
    position, length, parent, index = place
    first = _rounded(position)
    media = _file_name(media_of(item))
    shot, takes = _said_by_metadata(item) if has_ours(item) else (None, (ORIGINAL,))
    if shot is None and media in known:
        shot, take = known[media]
        takes = (take,)
    return Slot(
        item.name, label, first, _rounded(position + length) - first, shot, takes, item.enabled,
        media, source or (0.0, float(length), 0.0), parent, index, 1,
    )  # fmt: skip


def _said_by_metadata(item: Any) -> tuple[str | None, tuple[str, ...]]:
    ours = our_metadata(item)
    shot = ours["shot"] if isinstance(ours.get("shot"), str) else None
    if isinstance(item, otio.schema.Stack):
        return shot, tuple(ours["splice"]["takes"])
    key = item.active_media_reference_key
    reference = item.media_references().get(key)
    return shot, (str(our_metadata(reference).get("id", key)) if _is_take(reference) else ORIGINAL,)


def _file_name(url: str | None) -> str:
    return "" if url is None else url.replace("\\", "/").rsplit("/", 1)[-1]


def _continues(before: Slot, after: Slot) -> bool:
    """Say whether two neighbours, perhaps with a dissolve between them, are of one splice.

    Where a host dropped our metadata, different takes that run on in source time are, and so is the
    clip's own media beside them.
    """
    if not _of_one_shot(before, after):
        return False
    last, item = before.items[-1], after.item
    if isinstance(last, otio.schema.Stack) or isinstance(item, otio.schema.Stack):
        return False
    if not has_ours(last) and not has_ours(item):
        return before.takes[-1] != after.takes[0] and _runs_on(last, item)
    one, other = (our_metadata(clip).get("splice") for clip in (last, item))
    if one is None or other is None or one["id"] != other["id"]:
        return False
    return bool(one["index"] <= other["index"])


def _of_one_shot(before: Slot, after: Slot) -> bool:
    """Say whether neighbours show one shot; the own media of a take's neighbour by its note."""
    if before.shot is None and after.shot is None:
        return False
    one, other = (slot.shot or shot_noted(slot.items[-1]) for slot in (before, after))
    return one == other


def _runs_on(last: Any, item: Any) -> bool:
    one, other = last.source_range, item.source_range
    if one is None or other is None:
        return False
    gap = seconds_of_time(other.start_time) - seconds_of_time(one.end_time_exclusive())
    return abs(gap) * cached_rate(one.duration.rate) < 1


def _extend(slot: Slot, by: Slot, end: Frames) -> None:
    slot.count = by.index + by.count - slot.index
    slot.frames = _rounded(end) - slot.record_start
    slot.takes += by.takes
    slot.shot = slot.shot or by.shot


def _is_splice(item: Any) -> bool:
    if not isinstance(item, otio.schema.Stack):
        return False
    splice = our_metadata(item).get("splice")
    whole = isinstance(splice, dict) and splice.keys() >= {"takes", "handle"}
    return whole and record_on(item) is not None


def _is_take(reference: Any) -> bool:
    return reference is not None and has_ours(reference)


def _rounded(frames: Frames) -> int:
    return frames if isinstance(frames, int) else math.floor(frames + HALF)


def _before(position: Frames, item: Any, rate: Fraction) -> Frames:
    """Return where a composition's own frame 0 lies when its visible part starts at `position`."""
    source = item.source_range
    if source is None or source.start_time.value == 0:
        return position
    return position - seconds_of_time(source.start_time) * rate


def _source_of(item: Any) -> Numbers | None:
    """Return an item's own source range as numbers: start, duration and the duration's rate."""
    source = item.source_range
    if source is None:
        return None
    duration = source.duration
    return source.start_time.value, duration.value, duration.rate


def _frames_of(source: Numbers | None, item: Any, rate: Fraction) -> Frames:
    """Return an item's exact length in record frames, 0 where it does not say."""
    if source is None:
        seconds = duration_of(item)
        return 0 if seconds is None else seconds * rate
    _, value, number = source
    own = cached_rate(number)
    if own is not rate and own != rate:
        return exact_number(value) / own * rate
    return int(value) if value.is_integer() else exact_number(value)


def _below(above: str, name: str) -> str:
    return f"{above}/{name}" if above else name
