"""Pictures and figures of what was done: previews, the board of takes, the HTML report."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from otio_bridge import judging
from otio_bridge.board import draw_board
from otio_bridge.errors import BridgeError
from otio_bridge.identity import Placed
from otio_bridge.model import Segment, SplicePlan
from otio_bridge.outcome import cells
from otio_bridge.preview import render_slot
from otio_bridge.report import Figures, ShotReport, figures, write_report
from otio_bridge.session import Session, take_name
from otio_bridge.timeline_shown import segments_shown
from otio_bridge.timeline_slots import ORIGINAL


def preview(timeline: Path, clip: str, into: Path, take: str | None) -> int:
    """Render a slot with handles and return the preview's length in frames.

    Args:
        timeline: The timeline file.
        clip: Clip name or shot id.
        into: An .mp4 that does not exist yet.
        take: A take id, "original", "plan" for the best plan, or None for what the slot shows.

    Raises:
        BridgeError: There is no such take, or no plan yet.
        MediaError: The file exists or cannot be written.
    """
    session = Session.opened(timeline)
    placed = session.named(clip)
    return render_slot(session, placed, _wanted(session, placed, take), Path(into))


def _wanted(session: Session, placed: Placed, take: str | None) -> list[Segment]:
    frames = placed.slot.frames
    if take is None:
        return segments_shown(session.cut, placed.slot)
    if take == ORIGINAL:
        return [Segment(take=ORIGINAL, take_start=0, slot_start=0, frames=frames)]
    if take == "plan":
        best = judging.planned(session, placed, session.takes_of(placed))
        if best is None:
            raise BridgeError(f"'{placed.slot.name}' has no takes to plan; regenerate it first.")
        return list(best.segments)
    known = {one.id: one for one in session.takes_of(placed)}
    wanted = take_name(take)
    if wanted not in known:
        raise BridgeError(f"'{placed.slot.name}' has no take '{take}'; see 'otio-bridge takes'.")
    start = -known[wanted].slot_start
    return [Segment(take=wanted, take_start=start, slot_start=0, frames=frames)]


def board(timeline: Path, clip: str, into: Path) -> Path:
    """Draw takes x seconds of one shot with the path that is shown or planned, as a PNG."""
    session = Session.opened(timeline)
    _draw(session, session.named(clip), Path(into))
    return Path(into)


def _draw(session: Session, placed: Placed, into: Path) -> None:
    takes = session.takes_of(placed)
    project = session.needed_project()
    verdicts = judging.verdicts_of(session, placed)
    rows = []
    for take in takes:
        score = project.score(take)
        rows.append((take, score, cells(take, score, verdicts, session.rate)))
    draw_board(
        into,
        shot=session.shot_of(placed),
        takes=rows,
        media={take.id: session.take_file(take) for take in takes},
        plan=shown_plan(session, placed) or judging.planned(session, placed, takes),
        rate=session.rate,
        slot_frames=placed.slot.frames,
    )


def shown_plan(session: Session, placed: Placed) -> SplicePlan | None:
    """Return what a slot shows as a plan; None while it shows its own media."""
    segments = segments_shown(session.cut, placed.slot)
    if all(segment.take == ORIGINAL for segment in segments):
        return None
    return judging.weighed(session, placed, session.takes_of(placed), segments)


def report(timeline: Path, out: Path | None = None) -> tuple[Path, Figures]:
    """Write the HTML report of a timeline's shots with takes, beside it unless told otherwise."""
    session = Session.opened(timeline)
    target = Path(out) if out else session.cut.path.with_suffix(".report.html")
    chosen = [placed for placed in session.placed if placed.record and placed.record.takes]
    if not chosen:
        raise BridgeError(
            f"No shot of {session.cut.path.name} has takes; make some with 'regenerate' first."
        )
    with TemporaryDirectory() as folder:
        shots = [_shot_report(session, placed, Path(folder)) for placed in chosen]
        write_report(target, shots)
    return target, figures(shots)


def _shot_report(session: Session, placed: Placed, folder: Path) -> ShotReport:
    picture = folder / f"{len(list(folder.iterdir()))}.png"
    _draw(session, placed, picture)
    takes = session.takes_of(placed)
    project = session.needed_project()
    return ShotReport(
        shot=session.shot_of(placed),
        rate=session.rate,
        slot_frames=placed.slot.frames,
        takes=tuple(takes),
        scores={take.id: score for take in takes if (score := project.score(take))},
        verdicts=judging.verdicts_of(session, placed),
        plan=shown_plan(session, placed) or judging.planned(session, placed, takes),
        segments=tuple(segments_shown(session.cut, placed.slot)),
        board=picture,
    )
