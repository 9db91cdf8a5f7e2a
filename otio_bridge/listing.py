"""List a timeline's shots: the one verb that must be quick, so it loads no judge and no media."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from otio_bridge.clock import rate_text
from otio_bridge.identity import Placed
from otio_bridge.outcome import ShotLine, ShotList, state_of
from otio_bridge.session import Session
from otio_bridge.timeline_slots import audio_clips_in, record_timecode


def shots(timeline: Path, *, rate: float | None = None) -> ShotList:
    """List every picture clip of a timeline as a shot."""
    return listed(Session.opened(timeline, rate=rate))


def listed(session: Session) -> ShotList:
    """List every picture clip of a timeline that was read."""
    busy = _open_jobs(session)
    return ShotList(
        timeline=str(session.cut.path),
        rate=rate_text(session.rate),
        shots=[_line(session, placed, busy) for placed in session.placed],
        audio_clips=audio_clips_in(session.cut),
    )


def _line(session: Session, placed: Placed, busy: Counter[str]) -> ShotLine:
    slot, record = placed.slot, placed.record
    shot = session.shot_of(placed) if record is not None else None
    return ShotLine(
        id=placed.id,
        clip=slot.name,
        track=slot.track,
        record_start=slot.record_start,
        frames=slot.frames,
        active_take=slot.takes[0] if len(slot.takes) == 1 else None,
        takes=[take.id for take in record.takes] if record is not None else [],
        characters=[performer.name for performer in shot.performers] if shot else [],
        contact=list(shot.contact) if shot else [],
        state=state_of(placed, busy),
        record_timecode=record_timecode(session.cut, slot),
        enabled=slot.enabled,
    )


def _open_jobs(session: Session) -> Counter[str]:
    """Count the jobs on their way, per shot; none without a project or journal."""
    if session.project is None or not any((session.project.folder / "jobs").glob("*.jsonl")):
        return Counter()
    from otio_bridge.journal import Journal  # loads a database: only where there are jobs

    with Journal.opened(session.project) as journal:
        return Counter(job.shot for job in journal.open_jobs())
