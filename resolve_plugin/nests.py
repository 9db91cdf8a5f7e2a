"""Splices in timelines of their own: one nested item in the slot, or a new version of the cut.

A timeline that we made is taken away again only while nobody can have worked in it: when its making
fails. A nest that a revert takes off the track stays in the bin.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy

from .bins import HostRefused, needed
from .host import VIDEO, Host, Piece
from .surface import PoolItem, Timeline

NO_FILE = ""
"""What a nested timeline shows instead of a file."""


def nested(
    host: Host, pieces: Sequence[Piece], clips: dict[str, PoolItem], name: str
) -> tuple[Piece, str]:
    """Put pieces into a timeline of their own, and make it known among the clips.

    Args:
        host: The timeline that the nest is for; it is current again afterwards.
        pieces: What lies side by side, in record frames of that timeline.
        clips: Clips of the media pool by file; the nest joins them as `NO_FILE`.
        name: Of the nest; a number follows that no timeline has yet.

    Returns:
        The nest as one piece for the timeline, and its name.

    Raises:
        HostRefused: It cannot be made; nothing of it is left.
    """
    start, end = pieces[0].start, pieces[-1].start + pieces[-1].frames
    with _back_here(host):
        made = _empty(host, name)
        try:
            _filled(host, made, [one._replace(start=one.start - start) for one in pieces], clips)
            clips[NO_FILE] = needed(
                made.GetMediaPoolItem(), "Resolve shows no clip for the nested timeline; try again."
            )
        except HostRefused:
            host.pool.DeleteTimelines([made])
            raise
        return Piece(NO_FILE, start, 0, end - start), str(made.GetName())


def nest_named(host: Host, name: str) -> PoolItem | None:
    """Return the pool's clip of a nest that was made earlier."""
    made = _timelines(host).get(name)
    return None if made is None else made.GetMediaPoolItem()


@contextmanager
def kept_if_shown(host: Host, name: str | None) -> Iterator[None]:
    """Take a nest away again where putting it into the cut fails."""
    try:
        yield
    except HostRefused:
        made = _timelines(host).get(name or "")
        if made is not None:
            host.pool.DeleteTimelines([made])
        raise


def new_version(host: Host) -> None:
    """Copy the timeline as its next version ("Cut v002"), and make the copy current.

    Raises:
        HostRefused: Resolve makes no copy; the timeline is as before.
    """
    stem = str(host.timeline.GetName() or "timeline")
    head, _, last = stem.rpartition(" v")
    if head and last.isdigit():
        stem = head
    known = _timelines(host)
    number = next(n for n in range(2, len(known) + 3) if f"{stem} v{n:03}" not in known)
    made = needed(
        host.timeline.DuplicateTimeline(f"{stem} v{number:03}"),
        f"Resolve does not duplicate '{stem}'; do it by hand in the media pool and splice there.",
    )
    at = host.timeline.GetCurrentTimecode()
    host.project.SetCurrentTimeline(made)
    if at:  # switching moves the playhead
        made.SetCurrentTimecode(at)


def _timelines(host: Host) -> dict[str, Timeline]:
    count = int(host.project.GetTimelineCount() or 0)
    found = [host.project.GetTimelineByIndex(number) for number in range(1, count + 1)]
    return {str(one.GetName()): one for one in found if one is not None}


def _empty(host: Host, name: str) -> Timeline:
    known = _timelines(host)
    free = next(n for n in range(1, len(known) + 2) if f"{name} {n}" not in known)
    made: Timeline = needed(
        host.pool.CreateEmptyTimeline(f"{name} {free}"),
        "Resolve makes no timeline for the nest; splice on the track instead.",
    )
    return made


def _filled(host: Host, made: Timeline, pieces: list[Piece], clips: dict[str, PoolItem]) -> None:
    rates = {str(one.GetSetting("timelineFrameRate")) for one in (host.timeline, made)}
    if len(rates) > 1:
        raise HostRefused(
            "New timelines of this project have another frame rate than this one, and a nest would "
            "run at it; splice on the track instead."
        )
    host.project.SetCurrentTimeline(made)
    inside = copy(host)
    inside.timeline, inside.origin = made, int(made.GetStartFrame() or 0)
    if not inside.tracks(VIDEO):
        made.AddTrack(VIDEO)
    inside.placed(pieces, clips, 1)


@contextmanager
def _back_here(host: Host) -> Iterator[None]:
    """Return to the host's timeline and its playhead, which switching moves."""
    at = host.timeline.GetCurrentTimecode()
    try:
        yield
    finally:
        host.project.SetCurrentTimeline(host.timeline)
        if at:
            host.timeline.SetCurrentTimecode(at)
