"""Clips exchanged in their own place: one goes, others stand there and wear what it wore.

Resolve has no call for this (facts sections 4 and 9): deleting loses grade, transform, markers,
colour, flags, links and takes. So the new pieces first stand on our track, which proves that they
land and keeps the dress of the old; only then does the old go. What no call can carry (takes,
Fusion compositions, grade versions beyond the current layer) is refused or told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from .bins import HostRefused
from .host import AUDIO, VIDEO, Host, Piece, markers_of
from .surface import Item, PoolItem


class Notes(NamedTuple):
    """What is noted on a clip; markers by record frame."""

    enabled: bool
    colour: str
    flags: tuple[str, ...]
    markers: tuple[tuple[int, dict[str, Any]], ...]


def notes_of(host: Host, items: Sequence[Item]) -> Notes:
    """Return what is noted on neighbouring clips taken together."""
    markers = []
    for item in items:
        stand = host.stand_of(item)
        for at, marker in markers_of(item).items():
            markers.append((at - stand.source_start + stand.start, marker))
    first = items[0]
    return Notes(
        bool(first.GetClipEnabled()),
        str(first.GetClipColor() or ""),
        tuple(first.GetFlagList() or ()),
        tuple(sorted(markers, key=lambda one: one[0])),
    )


def refuse_unrepeatable(host: Host, item: Item, ours: set[str]) -> None:
    """Refuse a clip that cannot be put back as it is.

    Args:
        host: The timeline.
        item: The clip.
        ours: Files of its takes that can be offered again, and its own.

    Raises:
        HostRefused: It has other takes or a Fusion composition, which no call gives to a clip.
    """
    what = "takes of yours in its take selector" if set(host.takes_of(item)) - ours else ""
    if int(item.GetFusionCompCount() or 0):
        what = "a Fusion composition"
    if what:
        raise HostRefused(
            f"'{item.GetName()}' has {what}, which would be lost if it were replaced in its own "
            "place; splice on the track above instead."
        )


def exchanged(
    host: Host,
    track: int,
    old: list[Piece],
    new: list[Piece],
    clips: dict[str, PoolItem],
    notes: Notes | None = None,
) -> Notes:
    """Put pieces in the place of others, dressed, noted and linked as those were.

    Args:
        host: The timeline.
        track: Number of the video track.
        old: What stands there; together as long as `new`.
        new: What is to stand there.
        clips: Clips of the pool by file, of both.
        notes: What to note on the new; what is noted on the old where None.

    Returns:
        What was noted on the old.

    Raises:
        HostRefused: It cannot be done; the old stands there again, dressed and noted.
    """
    contact = host.needed_contact_track()
    before = notes_of(host, _those(host, track, old))
    links = _linked(host, _those(host, track, old))
    staged = host.placed(new, clips, contact)
    try:
        host.dressed(staged, _those(host, track, old)[0])
        _set(host, track, old, new, clips, before if notes is None else notes, contact, new, links)
    except HostRefused:
        if not _standing(host, track, old):
            host.taken_away(_found(host, track, new))
            _set(host, track, [], old, clips, before, contact, new, links)
        raise
    finally:
        host.taken_away(_found(host, contact, new))
    return before


def _set(
    host: Host,
    track: int,
    old: list[Piece],
    new: list[Piece],
    clips: dict[str, PoolItem],
    notes: Notes,
    contact: int,
    dress: list[Piece],
    links: set[str],
) -> None:
    """Delete the old, put the new there, and give them dress, notes and links."""
    host.taken_away(_found(host, track, old))
    if _found(host, track, old):
        raise HostRefused("Resolve does not delete the clip; unlock its track and try again.")
    host.placed(new, clips, track)
    host.dressed(_those(host, track, new), _those(host, contact, dress)[0])
    _noted(host, _those(host, track, new), notes)
    mates = [item for item in _sounds(host) if item.GetUniqueId() in links]
    if mates:
        host.timeline.SetClipsLinked([*_those(host, track, new), *mates], True)
    found = notes_of(host, _those(host, track, new))
    inside = [one for one in notes.markers if any(_holds(piece, one[0]) for piece in new)]
    if found[:3] != notes[:3] or [at for at, _ in found.markers] != [at for at, _ in inside]:
        raise HostRefused(
            "Resolve does not give the clip's colour, flags, markers or state to what replaces it; "
            "splice on the track above instead."
        )


def _noted(host: Host, items: Sequence[Item], notes: Notes) -> None:
    for item in items:
        if notes.colour:
            item.SetClipColor(notes.colour)
        for flag in notes.flags:
            item.AddFlag(flag)
        item.SetClipEnabled(notes.enabled)
        piece = host.as_piece(item)
        for at, marker in notes.markers:
            if _holds(piece, at):
                frame = at - piece.start + piece.source_start
                item.AddMarker(
                    frame, marker.get("color", "Blue"), marker.get("name", ""),
                    marker.get("note", ""), marker.get("duration", 1), marker.get("customData", ""),
                )  # fmt: skip


def _holds(piece: Piece, at: int) -> bool:
    return piece.start <= at < piece.start + piece.frames


def _found(host: Host, track: int, wanted: Sequence[Piece]) -> list[Item]:
    """Return the items of a track that show these pieces; handles do not outlive an edit."""
    return [item for item in host.items(VIDEO, track) if host.as_piece(item) in wanted]


def _standing(host: Host, track: int, wanted: Sequence[Piece]) -> bool:
    return [host.as_piece(item) for item in _found(host, track, wanted)] == list(wanted)


def _those(host: Host, track: int, wanted: Sequence[Piece]) -> list[Item]:
    found = _found(host, track, wanted)
    if [host.as_piece(item) for item in found] != list(wanted):
        raise HostRefused("What stood in the clip's place was moved or trimmed; press Ctrl+Z.")
    return found


def _linked(host: Host, items: Sequence[Item]) -> set[str]:
    """Return the identities of the sounds that are linked with clips."""
    mates = [mate for item in items for mate in item.GetLinkedItems() or ()]
    sounds = {str(item.GetUniqueId()) for item in _sounds(host)}
    return {str(mate.GetUniqueId()) for mate in mates} & sounds


def _sounds(host: Host) -> list[Item]:
    tracks = range(1, host.tracks(AUDIO) + 1)
    return [item for track in tracks for item in host.items(AUDIO, track)]
