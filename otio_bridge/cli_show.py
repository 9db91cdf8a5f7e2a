"""What the command line shows to people: tables, cells of seconds, live progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from otio_bridge.model import Job, Reference, Score, SecondScore, Shot, SplicePlan
from otio_bridge.outcome import ShotList, ShotOutcome, TakeLine
from otio_bridge.splicing_words import words_of

if TYPE_CHECKING:
    from otio_bridge.covering import CoverageOutcome
    from otio_bridge.demo import Demonstration
    from otio_bridge.doctor import Finding
    from otio_bridge.fusing import Fused
    from otio_bridge.keys import KeyState
    from otio_bridge.model import Request
    from otio_bridge.report_figures import Figures
    from otio_bridge.routing import Capability

WIDE = 4000
"""Columns where there is no terminal: files and pipes get every line whole."""
console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
errors = Console(stderr=True, highlight=False)
GOOD, FAIR = 0.66, 0.5
"""P(held) from which a cell is shown as good or fair."""
MARKS = {"held": "held", "failed": "fail"}
CELL = 6
"""Columns of one second in the table of takes, its gap counted."""
BESIDE = 32
"""Columns of that table for the take and the reasons."""


def line(words: str) -> None:
    """Print one line."""
    console.print(words, soft_wrap=True, markup=False)


def _table(
    rows: Sequence[dict[str, str]], leave_out: Sequence[str] = (), fold: Sequence[str] = ()
) -> None:
    """Print rows of named cells.

    Args:
        rows: All with the same names.
        leave_out: Columns that a narrow terminal does without.
        fold: Columns that may take several lines.
    """
    heads = list(rows[0])
    while True:
        table = Table(box=None, header_style="bold", pad_edge=False)
        for head in heads:
            table.add_column(head, no_wrap=head not in fold, overflow="fold")
        for row in rows:
            table.add_row(*(Text(row[head]) for head in heads))
        wanted = console.measure(table, options=console.options.update(width=WIDE)).maximum
        spare = [head for head in leave_out if head in heads]
        if wanted <= console.width or not spare:
            console.print(table)
            return
        heads.remove(spare[0])


def shots(answer: ShotList) -> None:
    """Print the shots of a timeline."""
    rows = [
        {
            "shot": entry.id,
            "clip": entry.clip,
            "track": entry.track,
            "record": entry.record_timecode,
            "frames": str(entry.frames),
            "shows": entry.active_take or "splice",
            "takes": str(len(entry.takes)),
            "state": entry.state,
        }
        for entry in answer.shots
    ]
    if rows:
        _table(rows, leave_out=("shot", "shows", "frames", "track"), fold=("clip",))
    line(f"{len(rows)} shots at {answer.rate}; {answer.audio_clips} audio clips stay.")


def shot(told: Shot) -> None:
    """Print what a shot is."""
    people = ", ".join(f"{one.name} ({one.side})" for one in told.performers) or "nobody named"
    contact = ", ".join(f"frames {start}-{end}" for start, end in told.contact) or "not marked"
    line(f"{told.id}: {told.prompt or 'no prompt'}")
    line(f"  {told.kind} · {people} · contact {contact}")
    line(f"  place: {told.location or '-'} · props: {', '.join(told.props) or '-'}")


def outcomes(answers: Sequence[ShotOutcome]) -> None:
    """Print takes x seconds and the best plan of each shot."""
    for answer in answers:
        for note in answer.notes:
            line(note)
        _takes(answer)
        _plan(answer.plan)
        cost = f"{answer.generated_seconds:.1f} s generated, {answer.paid_usd:.2f} USD"
        line(f"{cost}; timeline {answer.timeline}")


def _takes(answer: ShotOutcome) -> None:
    """Print takes x seconds; a narrow terminal gets the seconds in stretches."""
    line(answer.shot)
    count = max((cell.second for take in answer.takes for cell in take.seconds), default=-1) + 1
    room = max(4, (console.width - BESIDE) // CELL)
    for start in range(0, count, room):
        console.print(_takes_table(answer.takes, range(start, min(count, start + room))))


def _takes_table(takes: Sequence[TakeLine], seconds: range) -> Table:
    table = Table(box=None, header_style="bold")
    table.add_column("take", no_wrap=True)
    for second in seconds:
        table.add_column(f"{second}s", justify="right", no_wrap=True)
    table.add_column("why")
    for take in takes:
        cells = {cell.second: cell for cell in take.seconds if cell.second in seconds}
        row = [_cell(cells.get(second)) for second in seconds]
        table.add_row(take.id, *row, Text(_reasons(take, list(cells.values())), style="dim"))
    return table


def _cell(cell: SecondScore | None) -> Text:
    if cell is None:
        return Text("-", style="dim")
    if cell.verdict is not None:
        return Text(
            MARKS[cell.verdict], style="bold green" if cell.verdict == "held" else "bold red"
        )
    if cell.held is None:
        return Text("?", style="dim")
    style = "green" if cell.held >= GOOD else "yellow" if cell.held >= FAIR else "red"
    return Text(f"{cell.held:.2f}".removeprefix("0"), style=style)


def _reasons(take: TakeLine, cells: Sequence[SecondScore]) -> str:
    """Say what the judge doubts in a take, or why it says nothing."""
    silent = any(cell.held is None and cell.verdict is None for cell in cells)
    return _worst(cells) or ("; ".join(take.notes) if silent else "")


def _worst(cells: Sequence[SecondScore]) -> str:
    said = []
    for cell in cells:
        doubted = cell.held is not None and cell.held < FAIR and cell.verdict is None
        if doubted and cell.failures:
            kind = max(cell.failures, key=lambda name: cell.failures[name])
            said.append(f"{cell.second}s {kind.replace('_', ' ')}")
    return ", ".join(said[:3])


def _plan(plan: SplicePlan | None) -> None:
    if plan is None:
        line("No takes yet.")
        return
    line(f"Best plan: {words_of(plan.segments, {})}")
    if plan.uncovered_seconds:
        named = ", ".join(map(str, plan.uncovered_seconds))
        line(f"Uncovered seconds: {named}. Look at them; mark one held, or regenerate --seconds.")


def spliced(clip: str, written: Path, plan: SplicePlan, words: str) -> None:
    """Say what a splice did."""
    line(f"'{clip}' is spliced from {words} in {written}")
    if plan.uncovered_seconds:
        line(f"Seconds that may not hold: {', '.join(map(str, plan.uncovered_seconds))}")


def jobs(found: Sequence[Job]) -> None:
    """Print jobs."""
    if not found:
        line("No jobs.")
        return
    rows = [
        {
            "job": job.id[:12],
            "shot": job.shot,
            "take": job.request.take,
            "provider": job.provider,
            "state": job.state,
            "estimate": f"{job.estimate_usd:.2f}",
            "paid": f"{job.paid_usd:.2f}",
            "why": job.why,
        }
        for job in found
    ]
    _table(rows, leave_out=("shot", "provider", "estimate"), fold=("shot", "why"))


def score(media: Path, found: Score, rate_seconds: Sequence[SecondScore]) -> None:
    """Print a timeline of cells for one file, with reasons."""
    text = Text(f"{media.name}  ")
    for cell in rate_seconds:
        text.append_text(_cell(cell))
        text.append("  ")
    console.print(text)
    for evidence in found.evidence:
        line(f"  frames {evidence.start}-{evidence.end}: {evidence.words}")
    for note in found.notes:
        line(f"  {note}")


def looks(found: Sequence[Reference]) -> None:
    """Print looks."""
    for look in found:
        state = "locked" if look.locked else "open"
        line(f"{look.role} {look.name}: {len(look.images)} pictures, {look.origin}, {state}")


def requests(found: Sequence[Request]) -> None:
    """Print what would be sent, and to whom."""
    for one in found:
        start, end = one.slot_start, one.slot_start + one.frames
        frames = [name for name in ("first_frame", "last_frame", "source") if getattr(one, name)]
        line(f"{one.shot}: {one.provider} {one.model}, frames {start}-{end}, seed {one.seed}")
        line(f"  {one.estimate_usd:.2f} USD; pictures: {len(one.references)} {' '.join(frames)}")
        line(f"  {one.prompt}")


def fused(made: Fused) -> None:
    """Print where the candidates for a fused reference are."""
    for number, path in enumerate(made.candidates, 1):
        line(f"candidate {number}: {path}")
    if made.chosen is not None:
        line(f"Locked for {made.shot}: {made.chosen.origin}")
    else:
        line("Choose one with 'otio-bridge references choose TIMELINE CLIP N'.")


def coverage(answer: CoverageOutcome) -> None:
    """Print single-subject shots and where they are cut."""
    for one in answer.proposed:
        line(f"frames {one.start}-{one.end}: {one.character} alone")
    if answer.plan is not None:
        line(f"They stand in the slot now; timeline {answer.timeline}")


def report(path: Path, found: Figures) -> None:
    """Print the figures of a production, and where its report is."""
    from otio_bridge.report_words import cards, failures

    rows = [{"figure": n, "value": value, "of": words} for n, value, words in cards(found)]
    rows += [{"figure": name, "value": "", "of": words} for name, words in failures(found)]
    _table(rows, fold=("of",))
    line(f"The report is in {path}")


def providers(found: Sequence[Capability]) -> None:
    """Print what generators can do."""
    rows = [
        {
            "provider": one.provider,
            "steps": ", ".join(sorted(one.steps)),
            "models": ", ".join(one.limits.models),
            "seconds": f"{one.limits.min_seconds}-{one.limits.max_seconds}",
            "pictures": str(one.limits.max_references),
            "USD/s": f"{one.limits.usd_per_second:.2f}",
            "key": one.key.where if one.limits.needs_key else "none needed",
            "lacks": one.lacks,
        }
        for one in found
    ]
    _table(rows, leave_out=("pictures", "lacks"), fold=("models", "steps", "lacks"))


def keys(found: Sequence[KeyState]) -> None:
    """Print where keys are."""
    for state in found:
        line(f"{state.provider:10} {state.where:12} {state.name}")


def findings(found: Sequence[Finding]) -> None:
    """Print what the doctor saw."""
    for one in found:
        line(f"{'ok  ' if one.good else 'LACK'} {one.what}: {one.said}")


def demo(answer: Demonstration) -> None:
    """Say what the demo left behind."""
    outcomes([answer.outcome])
    for what in ("timeline", "before", "after", "board", "report"):
        line(f"{what:9} {getattr(answer, what)}")


@contextmanager
def progress(quiet: bool = False) -> Iterator[Callable[[str, float | None], None]]:
    """Show live progress on stderr; give the function that hears it."""
    if quiet or not errors.is_terminal:
        yield lambda words, share: None
        return
    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=errors, transient=True) as bar:
        task: TaskID = bar.add_task("starting", total=None)

        def heard(words: str, share: float | None) -> None:
            bar.update(task, description=words, total=1.0, completed=share or 0.0)

        yield heard
