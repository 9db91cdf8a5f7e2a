"""AppendToTimeline, the call that bites (facts 5)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from .item import TimelineItem
from .model import Item, Media, Sequence, Track, next_link

if TYPE_CHECKING:
    from .fake import FakeResolve

MEDIA_TYPES = {1: "video", 2: "audio"}
STILL_SECONDS = 5
"""How long a still lasts while its Out is not set."""


@dataclass(frozen=True)
class Wish:
    """One clipInfo, understood: `media[left:left+frames)` onto track `index` at `record`."""

    media: Media
    kinds: tuple[str, ...]
    index: int
    left: int
    frames: int
    record: int | None


def appended(fake: FakeResolve, infos: list[Any]) -> list[TimelineItem | None] | None:
    """Place clips on the current timeline as this Resolve would; None for an errored batch."""
    sequence, knobs = fake.project.current, fake.knobs
    if sequence is None:
        return None
    if knobs.append_needs_pool_selection and not fake.project.picked:
        return []
    errored = knobs.build >= (21,) and any(_fractional(info) for info in infos)
    placed: list[tuple[Item, str]] = []
    for info in infos:
        if errored and (_fractional(info) or not knobs.errored_appends_linger):
            break
        placed += _placed(fake, sequence, info)
    sequence.generation += 1
    for item, _ in placed:
        item.errored = errored
    if errored:
        return None
    return [_answer(fake, sequence, item, state) for item, state in placed]


def _answer(fake: FakeResolve, sequence: Sequence, item: Item, state: str) -> TimelineItem | None:
    return None if state == "none" else TimelineItem(fake, sequence, item, state)


def _fractional(info: Any) -> bool:
    if not isinstance(info, dict):
        return False
    return any(float(info.get(key, 0)) % 1 for key in ("startFrame", "endFrame", "recordFrame"))


def _placed(fake: FakeResolve, sequence: Sequence, info: Any) -> list[tuple[Item, str]]:
    wish = _understood(fake, sequence, info)
    if wish is None:
        return []
    link = next_link() if len(wish.kinds) > 1 else None
    landed = []
    for kind in wish.kinds:
        track = sequence.track(kind, wish.index)
        if track is not None:
            landed += _landed(fake, track, sequence, kind, wish, link)
    return landed


def _landed(
    fake: FakeResolve, track: Track, sequence: Sequence, kind: str, wish: Wish, link: int | None
) -> list[tuple[Item, str]]:
    knobs = fake.knobs
    record = sequence.end if wish.record is None else wish.record
    item = Item(kind, wish.media.name, record, wish.frames, wish.media, wish.left, link=link)
    if track.locked:
        return [(item, "phantom")] if knobs.locked_tracks_succeed else []
    fake.placements += 1
    faulty = knobs.append_fault is not None and fake.placements == knobs.append_fault_at
    if not faulty and track.free(item.start, item.end):
        track.put(item)
        return [(item, "placed")]
    how = knobs.append_fault if faulty else knobs.collision
    if how == "slid":
        item.start = track.next_free(record + int(faulty), wish.frames)
        track.put(item)
        return [(item, "placed")]
    return [] if how == "dropped" else [(item, str(how))]


def _understood(fake: FakeResolve, sequence: Sequence, info: Any) -> Wish | None:
    if not isinstance(info, dict):
        info = {"mediaPoolItem": info}
    media = fake.media(info.get("mediaPoolItem"))
    if media is None:
        return None
    kinds = _kinds(media, info)
    index = int(info.get("trackIndex", 1))
    if not kinds or sequence.track(kinds[0], index) is None:
        return None
    extent = _extent(fake, media, kinds[0], info)
    if extent is None:
        return None
    left, source = extent
    frames = math.floor(Fraction(source) / sequence.pace(media))
    record = info.get("recordFrame")
    if frames < 1:
        return None
    return Wish(media, kinds, index, left, frames, None if record is None else int(record))


def _kinds(media: Media, info: dict[str, Any]) -> tuple[str, ...]:
    """Which tracks a clip goes to: without mediaType it brings its audio."""
    has = tuple(k for k, there in (("video", media.video), ("audio", media.audio)) if there)
    wanted = info.get("mediaType")
    return has if wanted is None else tuple(k for k in has if k == MEDIA_TYPES.get(wanted))


def _extent(
    fake: FakeResolve, media: Media, kind: str, info: dict[str, Any]
) -> tuple[int, int] | None:
    """(first source frame, how many), None when nothing can be appended."""
    knobs = fake.knobs
    if media.still and "video" not in media.marks:
        return 0, round(media.rate * STILL_SECONDS)
    first = int(info.get("startFrame", 0))
    if knobs.start_frame_counts_timecode and "startFrame" in info:
        first -= media.timecode
    inclusive = knobs.end_frame_inclusive
    if kind == "audio" and knobs.audio_end_frame_inclusive is not None:
        inclusive = knobs.audio_end_frame_inclusive
    if "endFrame" not in info:
        last = media.length
    else:
        last = int(info["endFrame"]) + int(inclusive)
        last -= media.timecode if knobs.start_frame_counts_timecode else 0
    if last > media.length and not media.still:
        if not knobs.overlong_append_clamps:
            return None
        last = media.length
    return (first, last - first) if 0 <= first < last else None
