"""Plans of a shot: the best ones, one in words, or what if these seconds were kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from otio_bridge import judging, splicing
from otio_bridge.clock import frames_of_second
from otio_bridge.engine.asking import CellChoice, MarkAsked, PlanAsked
from otio_bridge.engine.desk import Page
from otio_bridge.errors import PlanError, TakeNotFound
from otio_bridge.identity import Placed
from otio_bridge.model import Segment, SplicePlan, Take, Verdict
from otio_bridge.outcome import frames_marked
from otio_bridge.session import take_name
from otio_bridge.splicing import PlanRules, Stretch
from otio_bridge.timeline_slots import ORIGINAL


def plans(page: Page, placed: Placed, asked: PlanAsked) -> list[SplicePlan]:
    """Return the plans that were asked for, best first; none where there is no take yet.

    Raises:
        PlanError: What must be kept cannot be shown, or the plan in words leaves a hole.
        TakeNotFound: There is no such take.
    """
    takes = page.session.takes_of(placed)
    if asked.plan != "auto":
        return [plan_in_words(page, placed, asked.plan)]
    if not takes:
        return []
    rules = PlanRules(
        max_offset=asked.shift,
        locks=tuple(_stretches(page, placed, takes, asked.keep)),
        bans=tuple(_stretches(page, placed, takes, asked.reject)),
    )
    marks = [mark for one in asked.marks if (mark := _verdict(page, placed, takes, one))]
    return judging.best_plans(page.session, placed, takes, asked.count, marks=marks, rules=rules)


def plan_in_words(page: Page, placed: Placed, text: str) -> SplicePlan:
    """Return the best plan for "auto", or the one that words tell.

    Raises:
        PlanError: There is no take to plan with, or the words leave a hole.
    """
    takes = page.session.takes_of(placed)
    if text == "auto":
        best = judging.planned(page.session, placed, takes)
        if best is None:
            raise PlanError(f"'{placed.slot.name}' has no takes yet; regenerate it first.")
        return best
    frames = placed.slot.frames
    covers = {take.id: take.covers for take in takes} | {ORIGINAL: (0, frames)}
    segments = splicing.parse_plan(text, slot_frames=frames, rate=page.session.rate, takes=covers)
    return judging.weighed(page.session, placed, takes, segments)


def words_of(segments: Iterable[Segment], takes: Iterable[Take]) -> str:
    """Return segments as the words that `splice --plan` takes."""
    return splicing.words_of(segments, {take.id: take.slot_start for take in takes})


def take_named(placed: Placed, takes: Sequence[Take], text: str) -> Take:
    """Return one of a shot's takes, "t1" meaning "t01".

    Raises:
        TakeNotFound: There is none of that id.
    """
    wanted = take_name(text)
    for take in takes:
        if take.id == wanted:
            return take
    known = ", ".join(take.id for take in takes) or "none yet"
    raise TakeNotFound(f"'{placed.slot.name}' has no take '{text}' (its takes: {known}).")


def seconds_marked(page: Page, placed: Placed, take: Take, second: int) -> tuple[int, int]:
    """Return the frames of a take that show a second of its slot.

    Raises:
        PlanError: The take does not show all of it.
    """
    start, end = frames_marked(take, second, page.session.rate)
    if not 0 <= start < end <= take.frames:
        raise PlanError(
            f"{take.id} does not show second {second} of '{placed.slot.name}'; choose one of the "
            "seconds that it has."
        )
    return start, end


def _stretches(
    page: Page, placed: Placed, takes: Sequence[Take], chosen: Iterable[CellChoice]
) -> Iterable[Stretch]:
    for cell in chosen:
        name = cell.take if cell.take == ORIGINAL else take_named(placed, takes, cell.take).id
        frames = frames_of_second(cell.second, page.session.rate, placed.slot.frames)
        if not frames:
            raise PlanError(
                f"'{placed.slot.name}' has no second {cell.second}; count from 0 inside the slot."
            )
        yield Stretch(name, frames.start, frames.stop)


def _verdict(page: Page, placed: Placed, takes: Sequence[Take], asked: MarkAsked) -> Verdict | None:
    if asked.mark is None:
        return None
    take = take_named(placed, takes, asked.take)
    start, end = seconds_marked(page, placed, take, asked.second)
    return Verdict(take=take.id, start=start, end=end, mark=asked.mark)
