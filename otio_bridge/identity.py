"""Which shot is this clip? By its metadata, its take's file, or the traces the project kept.

Hosts drop metadata, rename clips and relink media, but rarely all at once. A shot that carries no
id is looked for by media file and source range, by a marker's note, and last by a clip name that
only one shot ever had. Clips nobody described yet get an id derived from what they show, so that
it is the same at every reading and in every version of the cut.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from otio_bridge.clock import exact_rate, rate_text
from otio_bridge.errors import ClipAmbiguous, ClipNotFound
from otio_bridge.project import ShotRecord, Trace
from otio_bridge.timeline import Cut
from otio_bridge.timeline_markers import notes_of
from otio_bridge.timeline_notes import NOTE
from otio_bridge.timeline_slots import Slot, record_timecode

OTHERS = re.compile(r"[^a-z0-9]+")


class Placed(NamedTuple):
    """A slot and the shot behind it."""

    slot: Slot
    id: str
    """What to call this very clip: the shot's id, with ~2 for the second clip that carries it."""
    shot: str
    """Id of the shot, which a split or duplicated clip shares."""
    record: ShotRecord | None
    """What the project knows; None for a shot nobody touched."""


def identified(slots: Sequence[Slot], records: Iterable[ShotRecord] = ()) -> list[Placed]:
    """Give every slot its shot.

    A shot that is plainly there, by its metadata or an exact match, is not looked for elsewhere:
    another clip that happens to use the same media is another shot.
    """
    known = {record.shot.id: record for record in records}
    ids = [slot.shot or derived_id(slot) for slot in slots]
    strays = known.keys() - set(ids)
    if strays:
        finder = _Finder(known[shot] for shot in strays)
        for number, slot in enumerate(slots):
            if slot.shot is None and ids[number] not in known:
                ids[number] = finder.shot_of(slot) or ids[number]
    shared = Counter(ids)
    seen: Counter[str] = Counter()
    placed = []
    for slot, shot in zip(slots, ids, strict=True):
        seen[shot] += 1
        name = shot if shared[shot] == 1 else f"{shot}~{seen[shot]}"
        placed.append(Placed(slot, name, shot, known.get(shot)))
    return placed


def derived_id(slot: Slot) -> str:
    """Return the id of a shot nobody touched: its clip's name and a digest of what it shows."""
    shown = f"{slot.name}|{slot.media}|{slot.source}"
    digest = hashlib.blake2s(shown.encode("utf-8", "surrogatepass"), digest_size=5).hexdigest()
    return f"{_slug(slot.name)}-{digest}"


def trace_of(slot: Slot, timeline: str) -> Trace:
    """Return where a slot is seen now, for finding its shot again later."""
    start, frames, number = slot.source
    return Trace(
        clip=slot.name,
        media=slot.media,
        source_start=start,
        source_frames=frames,
        rate=rate_text(exact_rate(number)) if number else "24/1",
        timeline=timeline,
    )


def named(cut: Cut, placed: Sequence[Placed], text: str) -> Placed:
    """Return the one clip that a person means by an id, a clip name, or NAME@TIME.

    Args:
        cut: The timeline, for timecodes in messages.
        placed: All its clips.
        text: An id; a clip name; either followed by "@" and a record frame or timecode.

    Raises:
        ClipNotFound: Nothing answers to it.
        ClipAmbiguous: Several clips do; the message lists them.
    """
    found = _matches(cut, placed, text)
    if len(found) == 1:
        return found[0]
    if not found:
        raise ClipNotFound(_not_found(placed, text))
    places = "; ".join(
        f"{one.id} on {one.slot.track} at {record_timecode(cut, one.slot)}" for one in found[:8]
    )
    more = f" and {len(found) - 8} more" if len(found) > 8 else ""
    raise ClipAmbiguous(
        f"'{text}' names {len(found)} clips ({places}{more}); use one of these ids."
    )


def _matches(cut: Cut, placed: Sequence[Placed], text: str) -> list[Placed]:
    tests: tuple[Callable[[Placed], bool], ...] = (
        lambda one: one.id == text,
        lambda one: one.slot.name == text,
        lambda one: one.shot == text,
        lambda one: one.slot.name.casefold() == text.casefold(),
        lambda one: one.slot.name.rsplit(".", 1)[0].casefold() == text.casefold(),
    )
    for test in tests:
        if found := [one for one in placed if test(one)]:
            return found
    name, at, where = text.rpartition("@")
    if not at:
        return []
    inside = _matches(cut, placed, name)
    return [
        one
        for one in inside
        if where in (str(one.slot.record_start), record_timecode(cut, one.slot), one.slot.track)
    ]


def _not_found(placed: Sequence[Placed], text: str) -> str:
    names = list({one.slot.name for one in placed if one.slot.name} | {one.id for one in placed})
    near = get_close_matches(text, names, 3, 0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "list its clips with 'shots'."
    return f"The timeline has no clip or shot '{text}'; {hint}"


def _slug(name: str) -> str:
    plain = name.rsplit(".", 1)[0]
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return OTHERS.sub("-", plain.lower()).strip("-")[:24].strip("-") or "clip"


class _Finder:
    """Finds shots again by the traces that their clips left."""

    def __init__(self, records: Iterable[ShotRecord]) -> None:
        self._by_media: Mapping[str, list[tuple[Trace, str]]] = defaultdict(list)
        self._by_name: Mapping[str, list[tuple[Trace, str]]] = defaultdict(list)
        self._ids = set()
        for record in records:
            self._ids.add(record.shot.id)
            for trace in record.traces:
                if trace.media:
                    self._by_media[trace.media].append((trace, record.shot.id))
                self._by_name[trace.clip].append((trace, record.shot.id))

    def shot_of(self, slot: Slot) -> str | None:
        media = slot.media
        return (
            (_overlapping(slot, self._by_media[media]) if media in self._by_media else None)
            or self._noted(slot)
            or self._by_clip_name(slot, media)
        )

    def _noted(self, slot: Slot) -> str | None:
        if not len(slot.item.markers):
            return None
        for note in notes_of(slot):
            match = NOTE.search(note)
            if match and match[1] in self._ids:
                return match[1]
        return None

    def _by_clip_name(self, slot: Slot, media: str) -> str | None:
        traces = self._by_name.get(slot.name, [])
        if not traces or not slot.name:
            return None
        without_media = [one for one in traces if not one[0].media or not media]
        found = _overlapping(slot, without_media or traces)
        only = {shot for _, shot in traces}
        return found or (only.pop() if len(only) == 1 and not media else None)


def _overlapping(slot: Slot, traces: Iterable[tuple[Trace, str]]) -> str | None:
    """Return the shot whose trace shares the most source time with a slot, None without any."""
    start, frames, number = slot.source
    rate = float(exact_rate(number)) if number else 24.0
    best: tuple[float, str | None] = (0.0, None)
    for trace, shot in traces:
        own = float(exact_rate(trace.rate))
        first = max(start / rate, trace.source_start / own)
        last = min((start + frames) / rate, (trace.source_start + trace.source_frames) / own)
        best = max(best, (last - first, shot), key=lambda pair: pair[0])
    return best[1]
