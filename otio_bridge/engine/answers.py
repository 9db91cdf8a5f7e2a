"""What the API answers, made from nouns: shots, takes with their evidence, plans."""

from __future__ import annotations

from collections.abc import Sequence

from otio_bridge import judging
from otio_bridge.clock import rate_text, seconds_in
from otio_bridge.engine.asking import MarkAsked
from otio_bridge.engine.desk import Page
from otio_bridge.engine.planning import seconds_marked, take_named
from otio_bridge.fusing import has_sketch
from otio_bridge.identity import Placed
from otio_bridge.model import Evidence, Noun, Seam, Segment, Shot, SplicePlan, Take, Verdict
from otio_bridge.outcome import TakeLine, take_line
from otio_bridge.project import ShotRecord
from otio_bridge.timeline_shown import segments_shown
from otio_bridge.timeline_slots import record_timecode


class SlotAnswer(Noun):
    """Where a shot stands on its timeline."""

    track: str
    record_start: int
    """Frame of the timeline, counted from its first."""
    frames: int
    rate: str
    record_timecode: str
    seconds: int
    """Seconds of the slot, the last one perhaps short."""


class ShotAnswer(Noun):
    """One shot: what it is, where it stands, what it shows now."""

    id: str
    clip: str
    shot: Shot
    slot: SlotAnswer
    shown: list[Segment]
    has_media: bool
    """Whether the clip's own media is there."""
    has_sketch: bool
    """Whether a drawing of its contact is kept."""


class TakeAnswer(TakeLine):
    """One take with the place of its frames and the evidence against it."""

    slot_start: int
    """Slot frame shown by the take's first frame; negative for a handle."""
    size: tuple[int, int]
    """Width and height in pixels."""
    judged: bool
    active: bool
    """Whether the slot shows it now."""
    evidence: list[Evidence]
    """In frames of the take."""
    held: list[float | None]
    """P(held) of every frame of the take; empty while it was not judged."""


class TakesAnswer(Noun):
    """All takes of a shot with the best plan through them."""

    shot: str
    slot: SlotAnswer
    takes: list[TakeAnswer]
    plan: SplicePlan | None
    shown: list[Segment]
    generated_seconds: float
    paid_usd: float
    advice: tuple[str, ...] = ()
    """What to do about each cut of the plan that is plainly seen."""


class PlanAnswer(Noun):
    """One plan, and how to say it to `splice`."""

    words: str
    covered: bool
    uncovered_seconds: tuple[int, ...]
    segments: tuple[Segment, ...]
    seams: tuple[Seam, ...]
    advice: tuple[str, ...] = ()
    """What to do about each cut that is plainly seen, in their order."""


class PlansAnswer(Noun):
    """Plans, best first."""

    plans: list[PlanAnswer]


def slot_answer(page: Page, placed: Placed) -> SlotAnswer:
    """Return where a shot stands."""
    slot, session = placed.slot, page.session
    return SlotAnswer(
        track=slot.track,
        record_start=slot.record_start,
        frames=slot.frames,
        rate=rate_text(session.rate),
        record_timecode=record_timecode(session.cut, slot),
        seconds=seconds_in(slot.frames, session.rate),
    )


def shot_answer(page: Page, placed: Placed) -> ShotAnswer:
    """Return one shot."""
    return ShotAnswer(
        id=placed.id,
        clip=placed.slot.name,
        shot=page.session.shot_of(placed),
        slot=slot_answer(page, placed),
        shown=segments_shown(page.session.cut, placed.slot),
        has_media=page.session.media_of(placed.slot) is not None,
        has_sketch=has_sketch(page.session, placed),
    )


def takes_answer(page: Page, placed: Placed, with_plan: bool = True) -> TakesAnswer:
    """Return all takes of a shot, judged, and the best plan through them unless it is left out."""
    session = page.session
    known = session.project is not None
    made = session.takes_of(placed) if known else []
    verdicts = judging.verdicts_of(session, placed) if known else ()
    shown = segments_shown(session.cut, placed.slot)
    active = {segment.take for segment in shown}
    plan = judging.planned(session, placed, made) if made and with_plan else None
    return TakesAnswer(
        shot=placed.id,
        slot=slot_answer(page, placed),
        takes=[_take_answer(page, take, verdicts, take.id in active) for take in made],
        plan=plan,
        advice=tuple(judging.advised(session, placed, made, plan)),
        shown=shown,
        generated_seconds=round(sum(float(take.frames / session.rate) for take in made), 3),
        paid_usd=round(sum(take.cost_usd for take in made), 4),
    )


def _take_answer(page: Page, take: Take, verdicts: Sequence[Verdict], active: bool) -> TakeAnswer:
    score = page.project.score(take)
    line = take_line(take, str(page.session.take_file(take)), score, verdicts, page.session.rate)
    return TakeAnswer(
        **dict(line),
        slot_start=take.slot_start,
        size=take.size,
        judged=score is not None,
        active=active,
        evidence=list(score.evidence) if score is not None else [],
        held=[one if one is None else round(one, 3) for one in score.held] if score else [],
    )


def keep_marks(page: Page, placed: Placed, marks: Sequence[MarkAsked]) -> None:
    """Put a person's marks on takes, the later ones over the earlier.

    Raises:
        TakeNotFound: There is no such take.
        PlanError: A take does not show such a second.
    """
    takes = page.session.takes_of(placed)
    said: list[tuple[str, int, int, MarkAsked]] = []
    for mark in marks:
        take = take_named(placed, takes, mark.take)
        said.append((take.id, *seconds_marked(page, placed, take, mark.second), mark))

    def marked(record: ShotRecord) -> ShotRecord:
        kept = list(record.verdicts)
        for take, start, end, mark in said:
            kept = [one for one in kept if one.take != take or one.end <= start or end <= one.start]
            if mark.mark is not None:
                why = mark.because if mark.mark == "failed" else None
                said_so = Verdict(take=take, start=start, end=end, mark=mark.mark, because=why)
                kept.append(said_so)
        return record.model_copy(update={"verdicts": tuple(kept)})

    page.project.edit_shot(placed.shot, marked)


def plan_answer(plan: SplicePlan, words: str, advice: Sequence[str]) -> PlanAnswer:
    """Return a plan with its words, and what to do about its seams."""
    return PlanAnswer(words=words, advice=tuple(advice), **dict(plan))
