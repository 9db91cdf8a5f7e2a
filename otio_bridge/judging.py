"""Ask the judge about takes and the planner for the best cut, with what the project knows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from otio_bridge import scoring, splicing
from otio_bridge.files import replacing, telling
from otio_bridge.identity import Placed
from otio_bridge.lighting import Gain, gains
from otio_bridge.model import Score, Segment, Shot, Span, SplicePlan, Take, Verdict
from otio_bridge.project import Project
from otio_bridge.recipe import contact_of
from otio_bridge.scorer import judge
from otio_bridge.seams import SeamMeter
from otio_bridge.session import Session
from otio_bridge.splicing import Candidate, PlanRules, SeamTable
from otio_bridge.splicing_advice import advice
from otio_bridge.timeline_slots import ORIGINAL
from otio_bridge.workers import Here, Workers

FOOTAGE_HOLDS = 0.95
"""P(held) of footage in which nobody touches."""


def judged(
    session: Session,
    placed: Placed,
    shot: Shot,
    take: Take,
    progress: Callable[[float], None] | None = None,
    *,
    by: str = "",
    start: str | None = None,
    workers: Workers | None = None,
) -> Score:
    """Judge one take against the looks of its shot and keep what the judge says beside it.

    Args:
        session: The timeline.
        placed: The slot.
        shot: What is to be seen.
        take: What is judged.
        progress: Hears the share that is done, where that is known.
        by: Name of the judge; the usual one when "".
        start: The still that the take was to start from, relative to the project folder.
        workers: Who does the work; this process when None.
    """
    project = session.needed_project()
    score = (workers or Here()).call(
        judge,
        by,
        project.path(take.media),
        character_looks(project, shot),
        props=prop_looks(project, shot),
        contact=contact_in(take, shot),
        fused=_fused(project, shot),
        start_frame=_there(project, start),
        progress=progress,
    )
    project.save_score(take, score)
    return score


def character_looks(project: Project, shot: Shot) -> list[scoring.CharacterLook]:
    """Return the looks of a shot's characters, those without a picture left out."""
    looks = []
    for performer in shot.performers:
        reference = project.reference("character", performer.name)
        if reference is not None and reference.images:
            images = tuple(project.path(image) for image in reference.images)
            looks.append(scoring.CharacterLook(performer.name, performer.side, images))
    return looks


def _fused(project: Project, shot: Shot) -> Path | None:
    """Return the picture in which the contact of a shot is resolved, once it is locked."""
    fused = project.fused(shot.id)
    return _there(project, fused.images[0]) if fused is not None and fused.images else None


def _there(project: Project, picture: str | None) -> Path | None:
    path = project.path(picture) if picture is not None else None
    return path if path is not None and path.is_file() else None


def prop_looks(project: Project, shot: Shot) -> list[scoring.PropLook]:
    """Return the looks of a shot's props, those without a picture left out."""
    found = [project.reference("prop", name) for name in shot.props]
    return [
        scoring.PropLook(look.name, tuple(project.path(image) for image in look.images))
        for look in found
        if look is not None and look.images
    ]


def contact_in(take: Take, shot: Shot) -> list[Span]:
    """Return a shot's contact spans in frames of a take, cut to what the take shows."""
    spans = [
        (max(0, start - take.slot_start), min(take.frames, end - take.slot_start))
        for start, end in contact_of(shot, take.slot_frames)
    ]
    return [span for span in spans if span[0] < span[1]]


def planned(
    session: Session, placed: Placed, takes: Sequence[Take], shift: int = 0
) -> SplicePlan | None:
    """Return the best plan through takes as they stand in the slot; None without any take.

    Args:
        session: The timeline.
        placed: The slot.
        takes: The shot's takes as they stand in it.
        shift: How many frames earlier or later than in step a take may be shown.
    """
    plans = best_plans(session, placed, takes, count=1, rules=PlanRules(max_offset=shift))
    return plans[0] if plans else None


def best_plans(
    session: Session,
    placed: Placed,
    takes: Sequence[Take],
    count: int,
    *,
    marks: Sequence[Verdict] = (),
    rules: PlanRules | None = None,
) -> list[SplicePlan]:
    """Return the best plans through takes as they stand in the slot, best first.

    Args:
        session: The timeline.
        placed: The slot.
        takes: The shot's takes as they stand in it.
        count: How many plans.
        marks: Tried on top of the marks that are kept.
        rules: Locks, bans and weights; the usual ones when None.
    """
    usable = [take for take in takes if _shows_some(take) and take.step != "coverage"]
    if not usable:
        return []
    verdicts = (*verdicts_of(session, placed), *marks)
    candidates = [candidate(session, take, verdicts) for take in usable]
    frames = placed.slot.frames
    original = Candidate(ORIGINAL, 0, original_held(session, placed))

    def plans(table: SeamTable | None) -> list[SplicePlan]:
        return splicing.plan(
            candidates,
            slot_frames=frames,
            rate=session.rate,
            seams=table,
            rules=rules,
            original=original,
            count=count,
        )

    if len(usable) == 1:
        return plans(None)
    reach = rules.max_offset if rules is not None else 0
    return plans(_seam_table(session, placed, usable, lambda table: plans(table)[0], reach))


def weighed(
    session: Session, placed: Placed, takes: Sequence[Take], segments: Sequence[Segment]
) -> SplicePlan:
    """Return given segments as a plan: which seconds do not hold, how plain the seams are."""
    verdicts = verdicts_of(session, placed)
    usable = [take for take in takes if _shows_some(take)]
    seams = None
    if len({segment.take for segment in segments} - {ORIGINAL}) > 1:
        starts = {take.id: take.slot_start for take in usable}
        shifts = (
            abs(one.take_start + starts[one.take] - one.slot_start)
            for one in segments
            if one.take in starts
        )
        reach = max(shifts, default=0)
        seams = _seam_table(session, placed, usable, lambda _: SplicePlan(covered=True), reach)
    return splicing.weighed(
        segments,
        [
            *(candidate(session, take, verdicts) for take in usable),
            Candidate(ORIGINAL, 0, original_held(session, placed)),
        ],
        slot_frames=placed.slot.frames,
        rate=session.rate,
        seams=seams,
    )


def advised(
    session: Session, placed: Placed, takes: Sequence[Take], plan: SplicePlan | None
) -> list[str]:
    """Return what to do about the cuts of a plan that are plainly seen, in sentences."""
    if plan is None:
        return []
    covers = {take.id: take.covers for take in takes}
    return list(advice(plan, covers, slot_frames=placed.slot.frames, rate=session.rate))


def lights(session: Session, takes: Sequence[Take], segments: Sequence[Segment]) -> dict[str, Gain]:
    """Return the gains that bring a plan's takes into one light; none where a film is missing."""
    shown = {segment.take for segment in segments}
    used = [take for take in takes if take.id in shown]
    files = {take.id: session.take_file(take) for take in used}
    if not all(file.is_file() for file in files.values()):
        return {}
    return gains(segments, files, {take.id: take.slot_start for take in used})


def original_held(session: Session, placed: Placed) -> tuple[float | None, ...]:
    """Return P(held) of the clip's own footage: fine outside a contact that a person marked.

    Without its media or a marked contact nothing is known of it.
    """
    frames = placed.slot.frames
    shot = session.shot_of(placed)
    if not shot.contact or session.media_of(placed.slot) is None:
        return (None,) * frames
    touching = {frame for start, end in shot.contact for frame in range(start, end)}
    return tuple(None if frame in touching else FOOTAGE_HOLDS for frame in range(frames))


def candidate(session: Session, take: Take, verdicts: Sequence[Verdict]) -> Candidate:
    """Return a take as the planner wants it."""
    score = session.needed_project().score(take)
    held = score.held if score is not None else (None,) * take.frames
    return Candidate(take.id, take.slot_start, _fitted(held, take.frames), tuple(verdicts))


def verdicts_of(session: Session, placed: Placed) -> tuple[Verdict, ...]:
    """Return a person's marks on the takes of a shot, as they stand now."""
    record = session.needed_project().shot(placed.shot)
    return record.verdicts if record is not None else ()


def _seam_table(
    session: Session,
    placed: Placed,
    takes: Sequence[Take],
    plan: Callable[[SeamTable], SplicePlan],
    reach: int = 0,
) -> SeamTable:
    """Return the seam costs between takes up to `reach` frames out of step, kept in the project.

    They are measured finely where a first plan would cut, so that each cut finds its best frame.
    """
    project = session.needed_project()
    files = {take.id: session.take_file(take) for take in takes}
    starts = {take.id: take.slot_start for take in takes}
    frames = placed.slot.frames
    told = repr((sorted((take.id, take.sha256, take.slot_start) for take in takes), frames))
    told += f" {reach}" if reach else ""
    key = hashlib.sha256(told.encode()).hexdigest()[:24]
    kept = project.folder / "seams" / f"{key}.npz"
    if kept.exists():
        with np.load(kept) as stored:
            return SeamTable(tuple(map(str, stored["takes"])), stored["cost"])
    meter = SeamMeter(files, starts, slot_frames=frames, rate=session.rate, max_offset=reach)
    table = meter.sharpened(plan(meter.table()).segments)
    with telling(kept), replacing(kept) as partial:
        np.savez_compressed(partial, takes=np.array(table.takes), cost=table.cost)
    return table


def _shows_some(take: Take) -> bool:
    start, end = take.covers
    return start < take.slot_frames and end > 0


def _fitted(held: Sequence[float | None], frames: int) -> tuple[float | None, ...]:
    return (*held[:frames], *((None,) * (frames - len(held))))
