"""Ask the judge about takes and the planner for the best cut, with what the project knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from otio_bridge import scoring, splicing
from otio_bridge.identity import Placed
from otio_bridge.model import Score, Shot, Span, SplicePlan, Take, Verdict
from otio_bridge.project import Project
from otio_bridge.recipe import contact_of
from otio_bridge.session import Session
from otio_bridge.splicing import Candidate, PlanRules, SeamTable
from otio_bridge.timeline_slots import ORIGINAL


def judged(
    session: Session,
    placed: Placed,
    shot: Shot,
    take: Take,
    progress: Callable[[float], None] | None = None,
) -> Score:
    """Judge one take against the looks of its shot and keep what the judge says beside it."""
    project = session.needed_project()
    score = scoring.score(
        project.path(take.media),
        character_looks(project, shot),
        props=prop_looks(project, shot),
        contact=contact_in(take, shot),
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
    session: Session, placed: Placed, takes: Sequence[Take], shot: Shot, *, seams: bool = True
) -> SplicePlan | None:
    """Return the best plan through takes as they stand in the slot; None without any take."""
    usable = [take for take in takes if _shows_some(take)]
    if not usable:
        return None
    verdicts = verdicts_of(session, placed)
    candidates = [candidate(session, take, verdicts) for take in usable]
    frames = placed.slot.frames
    original = Candidate(ORIGINAL, 0, (None,) * frames)
    table = seam_costs(session, placed, usable) if seams and len(usable) > 1 else None
    return splicing.plan(
        candidates,
        slot_frames=frames,
        rate=session.rate,
        seams=table,
        original=original,
        rules=PlanRules(),
    )[0]


def candidate(session: Session, take: Take, verdicts: Sequence[Verdict]) -> Candidate:
    """Return a take as the planner wants it."""
    score = session.needed_project().score(take)
    held = score.held if score is not None else (None,) * take.frames
    return Candidate(take.id, take.slot_start, _fitted(held, take.frames), tuple(verdicts))


def verdicts_of(session: Session, placed: Placed) -> tuple[Verdict, ...]:
    """Return a person's marks on the takes of a shot, as they stand now."""
    record = session.needed_project().shot(placed.shot)
    return record.verdicts if record is not None else ()


def seam_costs(session: Session, placed: Placed, takes: Sequence[Take]) -> SeamTable | None:
    """Return the seam costs between takes, measured once and kept in the project."""
    return None


def _shows_some(take: Take) -> bool:
    start, end = take.covers
    return start < take.slot_frames and end > 0


def _fitted(held: Sequence[float | None], frames: int) -> tuple[float | None, ...]:
    return (*held[:frames], *((None,) * (frames - len(held))))
