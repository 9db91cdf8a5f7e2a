"""The road as verbs: shots, describe, regenerate, takes, mark, use, splice, revert, undo.

Every window, be it the command line, the engine or a host, is a thin skin over these. A verb opens
the timeline, does one thing, writes once, and answers with nouns.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from otio_bridge import judging, splicing
from otio_bridge import provider as providers
from otio_bridge.clock import seconds_in
from otio_bridge.describing import describe as describe
from otio_bridge.errors import BridgeError, MediaError, PlanError, TakeNotFound, TimelineChanged
from otio_bridge.identity import Placed
from otio_bridge.journal import Journal
from otio_bridge.media_conform import relit
from otio_bridge.model import (
    FailureKind,
    Job,
    Mark,
    Request,
    Segment,
    SplicePlan,
    Take,
    Verdict,
)
from otio_bridge.outcome import (
    ShotOutcome,
    frames_marked,
    take_line,
)
from otio_bridge.project import ShotRecord
from otio_bridge.regeneration import Order, Tell, Work, foreseen, regenerated, resumed
from otio_bridge.routing import AUTO
from otio_bridge.session import Session, take_name, undo_write
from otio_bridge.timeline import target_of
from otio_bridge.timeline_edits import add_takes, items_as_json, use_take
from otio_bridge.timeline_edits import revert as reverted
from otio_bridge.timeline_edits import splice as spliced
from otio_bridge.timeline_light import lit
from otio_bridge.timeline_media import url_from
from otio_bridge.timeline_place import place_of
from otio_bridge.timeline_slots import ORIGINAL

OFFERS = 4
"""Times that takes are offered again to a timeline that others keep writing."""


def quiet(words: str, share: float | None) -> None:
    """Hear progress and say nothing."""


def regenerate(
    timeline: Path,
    clips: Sequence[str] = (),
    *,
    marked: bool = False,
    order: Order | None = None,
    out: Path | None = None,
    rate: float | None = None,
    tell: Tell = quiet,
) -> list[ShotOutcome]:
    """Make takes of contact shots and add them to their clips as alternates.

    The picture never changes. Takes are made one after another until the best plan covers the
    slot; when only some seconds are uncovered, only those are asked for.

    Args:
        timeline: The timeline file.
        clips: Clip names or shot ids.
        marked: Instead, all clips with a marker named "contact" or "regenerate".
        order: How many takes, from whom, for how much.
        out: Where to write instead of the timeline's own place.
        rate: For timelines that do not say.
        tell: Hears progress.
    """
    session = Session.opened(timeline, rate=rate, out=out)
    chosen = session.marked() if marked else [session.named(clip) for clip in clips]
    if not chosen:
        raise BridgeError("No clip was named; give clip names or shot ids, or --marked.")
    order = order or Order()
    if order.provider not in ("", AUTO):
        providers.find(order.provider)
    for placed in chosen:
        place_of(placed.slot, session.rate)  # refuses what cannot be regenerated, before all else
        if order.seconds is not None:
            _check_seconds(session, placed, order.seconds)
    target_of(session.cut, out)  # so is a file that may not be written
    session.started(out)
    works = regenerated(session, chosen, order, tell)
    written = _offer(timeline, works, out, rate)
    after = Session.opened(written, rate=None)
    return [_regenerated(after, work) for work in works]


def requests(
    timeline: Path,
    clips: Sequence[str] = (),
    *,
    marked: bool = False,
    order: Order | None = None,
    rate: float | None = None,
) -> list[Request]:
    """Return what `regenerate` would ask for first, with prompts and prices; nothing is kept."""
    session = Session.opened(timeline, rate=rate)
    chosen = session.marked() if marked else [session.named(clip) for clip in clips]
    return foreseen(session, chosen, order or Order())


def _check_seconds(session: Session, placed: Placed, seconds: tuple[int, int]) -> None:
    last = seconds_in(placed.slot.frames, session.rate)
    if not 0 <= seconds[0] < seconds[1] <= last:
        raise BridgeError(
            f"Seconds {seconds[0]}-{seconds[1]} do not lie in '{placed.slot.name}', which has "
            f"{last}; give --seconds A-B with 0 <= A < B <= {last}."
        )


def _offer(timeline: Path, works: Sequence[Work], out: Path | None, rate: float | None) -> Path:
    """Add all takes of the shots to the timeline as it is on the disk by now.

    Takes were long in the making; whoever wrote the timeline meanwhile is not in the way.
    """
    for _ in range(OFFERS):
        try:
            return _offered(timeline, works, out, rate)
        except TimelineChanged:
            continue
    return _offered(timeline, works, out, rate)


def _offered(timeline: Path, works: Sequence[Work], out: Path | None, rate: float | None) -> Path:
    session = Session.opened(timeline, rate=rate, out=out)
    folder = (Path(out).absolute() if out is not None else session.cut.home).parent
    project = session.needed_project()
    for work in works:
        placed = session.named(work.placed.id)
        record = project.shot(work.placed.shot)
        takes = record.takes if record is not None else ()
        urls = [(take, url_from(project.path(take.media), folder)) for take in takes]
        add_takes(placed.slot, placed.shot, urls)
    return session.write(out)


def _regenerated(session: Session, work: Work) -> ShotOutcome:
    outcome = outcome_of(session, session.named(work.placed.id))
    return outcome.model_copy(update={"notes": [*work.notes, *outcome.notes]})


def takes(timeline: Path, clip: str, *, rate: float | None = None) -> ShotOutcome:
    """Return the alternates of a shot, their seconds judged, and the best plan through them."""
    session = Session.opened(timeline, rate=rate)
    return outcome_of(session, session.named(clip))


def outcome_of(session: Session, placed: Placed) -> ShotOutcome:
    """Return the alternates of a shot as `takes` says them."""
    if session.project is None:
        made = []
        verdicts: tuple[Verdict, ...] = ()
    else:
        made = session.takes_of(placed)
        verdicts = judging.verdicts_of(session, placed)
    lines = [
        take_line(
            take,
            str(session.take_file(take)),
            session.needed_project().score(take),
            verdicts,
            session.rate,
        )
        for take in made
    ]
    plan = judging.planned(session, placed, made) if made else None
    return ShotOutcome(
        shot=placed.id,
        takes=lines,
        plan=plan,
        timeline=str(session.cut.path),
        generated_seconds=round(sum(float(take.frames / session.rate) for take in made), 3),
        paid_usd=round(sum(take.cost_usd for take in made), 4),
        notes=judging.advised(session, placed, made, plan),
    )


def mark(
    timeline: Path,
    clip: str,
    take_id: str,
    second: int,
    verdict: Mark | None,
    because: FailureKind | None = None,
) -> ShotOutcome:
    """Put a person's mark on one second of a take, or clear it; the plan obeys at once.

    Args:
        timeline: The timeline file.
        clip: Clip name or shot id.
        take_id: The take, "t1" meaning "t01".
        second: Second of the slot, from 0.
        verdict: None clears what was said.
        because: With "failed": what went wrong.
    """
    session = Session.opened(timeline)
    project = session.needed_project()
    placed = session.named(clip)
    take = _take(session, placed, take_id)
    start, end = frames_marked(take, second, session.rate)
    if not 0 <= start < end <= take.frames:
        raise PlanError(
            f"{take.id} does not show second {second} of '{placed.slot.name}'; 'takes' lists the "
            "seconds it has."
        )

    def judged(record: ShotRecord) -> ShotRecord:
        kept = [one for one in record.verdicts if not _overlaps(one, take.id, start, end)]
        if verdict is not None:
            why = because if verdict == "failed" else None
            said = Verdict(take=take.id, start=start, end=end, mark=verdict, because=why)
            kept.append(said)
        return record.model_copy(update={"verdicts": tuple(kept)})

    project.edit_shot(placed.shot, judged)
    session.forget()
    return outcome_of(session, session.named(clip))


def _overlaps(verdict: Verdict, take: str, start: int, end: int) -> bool:
    return verdict.take == take and verdict.start < end and start < verdict.end


def _take(session: Session, placed: Placed, take_id: str) -> Take:
    """Return a shot's take by its id, "t1" meaning "t01"."""
    known = {take.id: take for take in session.takes_of(placed)}
    wanted = take_name(take_id)
    if wanted not in known:
        raise TakeNotFound(
            f"'{placed.slot.name}' has no take '{take_id}' (its takes: "
            f"{', '.join(known) or 'none yet'}); list them with 'otio-bridge takes'."
        )
    return known[wanted]


def use(timeline: Path, clip: str, take: str, *, out: Path | None = None) -> Path:
    """Show one take, or "original", in the clip's slot and write the timeline."""
    session = Session.opened(timeline, out=out)
    placed = session.named(clip)
    wanted = take_name(take)
    if wanted != ORIGINAL:
        session.needed_project()
        _guard_files(session, [_take(session, placed, take)])
        refresh(session, placed, out)
    use_take(session.cut, placed.slot, wanted)
    return session.write(out)


class Spliced(NamedTuple):
    """What a splice did."""

    timeline: Path
    """The written file."""
    plan: SplicePlan
    """What was carried out."""
    words: str
    """The plan as `splice --plan` takes it."""


def splice(
    timeline: Path,
    clip: str,
    *,
    plan: str = "auto",
    shift: int = 0,
    nested: bool = False,
    match_light: bool = False,
    out: Path | None = None,
) -> Spliced:
    """Put the best plan, or a given one, in the clip's place and write the timeline.

    Args:
        timeline: The timeline file.
        clip: Clip name or shot id.
        plan: "auto", or stretches such as "t1:0-2,t3:2-5" (seconds) or "t1:0f-37f,...".
        shift: With "auto": how many frames earlier or later than in step a take may be shown, where
            takes reach the contact at different times.
        nested: One stack in the slot instead of neighbouring clips.
        match_light: Takes whose light differs a little are shown in that of the take shown most,
            by films made for that beside their own.
        out: Where to write instead of the timeline's own place.
    """
    session = Session.opened(timeline, out=out)
    placed = session.named(clip)
    session.needed_project()
    chosen = _chosen_plan(session, placed, plan, shift)
    shown = {segment.take for segment in chosen.segments}
    takes = session.takes_of(placed)
    _guard_files(session, [take for take in takes if take.id in shown])
    refresh(session, placed, out)
    spliced(session.cut, placed.slot, chosen.segments, nested=nested)
    if match_light:
        _match_light(session, placed, takes, chosen.segments, out)
    starts = {take.id: take.slot_start for take in takes}
    return Spliced(session.write(out), chosen, splicing.words_of(chosen.segments, starts))


def clips_after(
    timeline: Path,
    clip: str,
    segments: Sequence[Segment],
    *,
    back: bool = False,
    rate: float | None = None,
) -> list[str]:
    """Return the clips that would stand in a slot after an edit, as OTIO JSON; nothing is written.

    Hosts keep them on their own strips, so that a timeline they export carries takes and original.

    Args:
        timeline: The timeline file.
        clip: Clip name or shot id.
        segments: What a splice shows; none when only alternates are added.
        back: The slot is reverted instead.
        rate: Frames per second, for formats that do not say.
    """
    session = Session.opened(timeline, rate=rate)
    placed = session.named(clip)
    project, made = session.needed_project(), session.takes_of(placed)
    add_takes(placed.slot, placed.shot, [(take, str(project.path(take.media))) for take in made])
    if back:
        reverted(session.cut, placed.slot)
    elif segments:
        spliced(session.cut, placed.slot, segments)
    return items_as_json(placed.slot)


def _chosen_plan(session: Session, placed: Placed, text: str, shift: int) -> SplicePlan:
    made = session.takes_of(placed)
    if text == "auto":
        best = judging.planned(session, placed, made, shift)
        if best is None:
            raise PlanError(
                f"'{placed.slot.name}' has no takes yet; make some with 'otio-bridge regenerate'."
            )
        return best
    frames = placed.slot.frames
    covers = {take.id: take.covers for take in made} | {ORIGINAL: (0, frames)}
    segments = splicing.parse_plan(text, slot_frames=frames, rate=session.rate, takes=covers)
    return judging.weighed(session, placed, made, segments)


def _match_light(
    session: Session,
    placed: Placed,
    takes: Sequence[Take],
    segments: Sequence[Segment],
    out: Path | None,
) -> None:
    """Let a splice show its takes in one light, by films that are made once and kept."""
    gains = judging.lights(session, takes, segments)
    folder = (Path(out).absolute() if out is not None else session.cut.home).parent
    films = {}
    for take in takes:
        if take.id in gains:
            own = session.take_file(take)
            told = hashlib.sha256(repr((take.sha256, gains[take.id])).encode()).hexdigest()[:8]
            film = own.with_name(f"{own.stem}.light-{told}.mov")
            if not film.is_file():
                relit(own, film, gains[take.id])
            films[take.id] = url_from(film, folder)
    lit(placed.slot, films, gains)


def _guard_files(session: Session, wanted: Sequence[Take]) -> None:
    """Refuse to show takes whose media is gone."""
    for take in wanted:
        if not session.take_file(take).is_file():
            raise MediaError(
                f"The media of {take.id} is missing at {session.take_file(take)}; put the file "
                "back, or choose other takes."
            )


def refresh(session: Session, placed: Placed, out: Path | None) -> None:
    """Let the clip carry every take the project has of its shot."""
    project = session.needed_project()
    folder = (Path(out).absolute() if out is not None else session.cut.home).parent
    made = placed.record.takes if placed.record is not None else ()
    urls = [(take, url_from(project.path(take.media), folder)) for take in made]
    add_takes(placed.slot, placed.shot, urls)


def revert(timeline: Path, clip: str, *, out: Path | None = None) -> Path:
    """Put a clip back as it was before takes stood in its place; the takes stay on it."""
    session = Session.opened(timeline, out=out)
    placed = session.named(clip)
    session.needed_project()
    reverted(session.cut, placed.slot)
    return session.write(out)


def undo(timeline: Path) -> Path:
    """Put back the version of the timeline that the last command replaced."""
    return undo_write(timeline)


def jobs(timeline: Path) -> list[Job]:
    """List a project's jobs in the order in which they were planned."""
    project = Session.opened(timeline).needed_project()
    with Journal.opened(project) as journal:
        return journal.jobs()


def resume(timeline: Path, tell: Tell = quiet) -> list[Job]:
    """Go on with a project's open jobs, and take in, judge and offer what comes back.

    Returns:
        The jobs that were open, as they stand now.
    """
    session = Session.opened(timeline)
    works, found = resumed(session, tell)
    if works:
        _offer(timeline, works, None, None)
    return found
