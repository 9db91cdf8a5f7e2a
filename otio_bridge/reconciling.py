"""Find our shots again in a timeline that an editor changed: trimmed, copied, lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from otio_bridge.identity import Placed
from otio_bridge.model import Noun
from otio_bridge.project import ShotRecord
from otio_bridge.session import Session
from otio_bridge.timeline_slots import record_timecode

Fate = Literal["found", "trimmed", "copied", "lost"]


class FoundPlace(Noun):
    """One clip of a shot."""

    id: str
    clip: str
    track: str
    record_start: int
    """Frame of the timeline, counted from its first."""
    record_timecode: str
    frames: int
    shows: tuple[str, ...]
    """Takes, or "original"."""


class FoundShot(Noun):
    """One shot of the project and what became of it."""

    shot: str
    clip: str
    """Its clip's name when it was described."""
    fate: Fate
    places: list[FoundPlace]
    takes: list[str]
    """Takes the project has of it, wherever the clip is."""


class Reconciled(Noun):
    """All shots of a project, as a timeline has them now."""

    timeline: str
    shots: list[FoundShot]
    words: str


def reconciled(timeline: Path, *, rate: float | None = None) -> Reconciled:
    """Return what became of every shot of a timeline's project; nothing is written."""
    session = Session.opened(timeline, rate=rate)
    found: dict[str, list[Placed]] = defaultdict(list)
    for placed in session.placed:
        if placed.record is not None:
            found[placed.shot].append(placed)
    records = [] if session.project is None else session.project.shots()
    shots = [_found(session, record, found[record.shot.id]) for record in records]
    return Reconciled(timeline=str(session.cut.path), shots=shots, words=_words(shots))


def _found(session: Session, record: ShotRecord, places: Sequence[Placed]) -> FoundShot:
    return FoundShot(
        shot=record.shot.id,
        clip=record.shot.clip,
        fate=_fate(record, places),
        places=[_place(session, one) for one in places],
        takes=[take.id for take in record.takes],
    )


def _place(session: Session, placed: Placed) -> FoundPlace:
    slot = placed.slot
    return FoundPlace(
        id=placed.id,
        clip=slot.name,
        track=slot.track,
        record_start=slot.record_start,
        record_timecode=record_timecode(session.cut, slot),
        frames=slot.frames,
        shows=slot.takes,
    )


def _fate(record: ShotRecord, places: Sequence[Placed]) -> Fate:
    if not places:
        return "lost"
    if len(places) > 1:
        return "copied"
    lengths = {take.slot_frames for take in record.takes}
    return "trimmed" if lengths and places[0].slot.frames not in lengths else "found"


def _words(shots: Sequence[FoundShot]) -> str:
    """Return the report as one sentence."""
    if not shots:
        return "This folder has no shots yet."
    said = {
        "found": "as they were", "trimmed": "with another length", "copied": "in several clips",
        "lost": "no longer in the cut (their takes are kept)",
    }  # fmt: skip
    counts = {fate: sum(one.fate == fate for one in shots) for fate in said}
    parts = [f"{count} {said[fate]}" for fate, count in counts.items() if count]
    many = "shot" if len(shots) == 1 else "shots"
    return f"{len(shots)} {many}: {', '.join(parts)}."
