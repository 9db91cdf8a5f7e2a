"""The report: one HTML file of figures, boards and takes, without scripts and without a network."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from fractions import Fraction
from html import escape
from pathlib import Path

from PIL import Image

from otio_bridge.files import write_atomically
from otio_bridge.model import FAILURE_KINDS, SecondScore, SplicePlan, Take
from otio_bridge.report_figures import Figures, ShotReport, failed, figures, worst_kind
from otio_bridge.report_style import STYLE
from otio_bridge.report_words import cards, counted, money, percent

__all__ = ["Figures", "ShotReport", "figures", "plan_in_words", "write_report"]

BOARD_WIDTH = 1280
"""Pixels."""
SEEN = ((0.25, "unseen"), (0.6, "faint"), (2.0, "plainly seen"))
"""Upper bounds of a seam's visibility, and the word for it."""


def write_report(into: Path, shots: Sequence[ShotReport]) -> None:
    """Write a self-contained HTML report, over one that was there.

    Raises:
        ProjectError: The file cannot be written.
    """
    title = "Contact shots"
    body = [
        _header(title, shots),
        _cards(figures(shots)),
        _failures(figures(shots)),
        *(_shot_section(each) for each in shots),
    ]
    page = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{title}</title><style>{STYLE}</style></head>"
        f"<body><main>{''.join(body)}</main></body></html>\n"
    )
    write_atomically(into, page.encode())


def plan_in_words(plan: SplicePlan, rate: Fraction) -> list[str]:
    """Say a plan as sentences: which seconds come from where, the seams, what is missing."""
    seams = {seam.slot_frame: _seen(seam.visibility) for seam in plan.seams}
    words = []
    for segment in plan.segments:
        start, end = segment.slot_start, segment.slot_start + segment.frames
        line = (
            f"{_seconds(start / rate)} to {_seconds(end / rate)} s from {segment.take} "
            f"(slot frames {start}-{end}, take from frame {segment.take_start})"
        )
        words.append(line + (f", seam {seams[start]}" if start in seams else ""))
    if plan.uncovered_seconds:
        names = ", ".join(str(second) for second in plan.uncovered_seconds)
        several = "s" if len(plan.uncovered_seconds) > 1 else ""
        words.append(f"no take holds in second{several} {names}")
    return words


def _header(title: str, shots: Sequence[ShotReport]) -> str:
    takes = sum(len(each.takes) for each in shots)
    links = "".join(
        f'<li><a href="#shot-{number}">{escape(each.shot.clip or each.shot.id)}</a></li>'
        for number, each in _numbered(shots)
    )
    jump = f'<nav aria-label="Shots"><ul>{links}</ul></nav>' if len(shots) > 1 else ""
    facts = f"{counted(len(shots), 'shot')}, {counted(takes, 'take')}"
    return f"<header><h1>{title}</h1><p>{facts}</p>{jump}</header>"


def _numbered(shots: Sequence[ShotReport]) -> Iterable[tuple[str, ShotReport]]:
    return ((escape(each.shot.id, quote=True), each) for each in shots)


def _cards(found: Figures) -> str:
    items = "".join(
        f"<div><dt>{name}</dt><dd><b>{value}</b><span>{words}</span></dd></div>"
        for name, value, words in cards(found)
    )
    return f'<section aria-label="Figures"><dl class="cards">{items}</dl></section>'


def _failures(found: Figures) -> str:
    if not found.generations:
        return ""
    most = max(1, *found.failures.values())
    kinds = "".join(
        _line(_kind(kind), f'<span class="bar" style="--share:{count / most:.3f}"></span>{count}')
        for kind, count in sorted(found.failures.items(), key=lambda item: -item[1])
    )
    providers = "".join(
        _line(
            escape(name), str(each.generations), str(each.used), str(each.seconds_judged),
            percent(each.seconds_failed / each.seconds_judged if each.seconds_judged else None),
            _kinds(each.failures), money(each.paid_usd),
        )
        for name, each in found.providers.items()
    )  # fmt: skip
    summary = f"{found.seconds_failed} of {counted(found.seconds_judged, 'judged second')} failed"
    return (
        '<section class="pair">'
        + _table("Failures by kind", ("Kind", "Seconds"), kinds)
        + _table(
            f"By provider: {summary}",
            ("Provider", "Takes", "In the cut", "Judged s", "Failed", "Worst", "Paid"),
            providers,
        )
        + "</section>"
    )


def _shot_section(report: ShotReport) -> str:
    shot = report.shot
    name = escape(shot.clip or shot.id)
    facts = [
        f"{_seconds(report.slot_frames / report.rate)} s, {report.slot_frames} frames",
        ", ".join(f"{each.name} {each.side}" for each in shot.performers),
        *shot.props,
        shot.location or "",
        "contact " + ", ".join(f"{a}-{b}" for a, b in shot.contact) if shot.contact else "",
    ]
    line = " · ".join(escape(fact) for fact in facts if fact)
    prompt = f'<p class="prompt">{escape(shot.prompt)}</p>' if shot.prompt else ""
    return (
        f'<section id="shot-{escape(shot.id, quote=True)}" class="shot"><h2>{name}</h2>{prompt}'
        f'<p class="facts">{line}</p>{_board(report)}{_plan(report)}'
        f"{_takes_table(report)}{_notes(report)}</section>"
    )


def _board(report: ShotReport) -> str:
    if report.board is None or not report.board.exists():
        return ""
    with Image.open(report.board) as picture:
        height = round(picture.height * BOARD_WIDTH / picture.width)
        small = picture.convert("RGB").resize((BOARD_WIDTH, height), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    small.save(written, "WEBP", quality=82)
    data = base64.b64encode(written.getvalue()).decode()
    name = escape(report.shot.clip or report.shot.id, quote=True)
    return (
        f'<figure><img src="data:image/webp;base64,{data}" width="{BOARD_WIDTH}" '
        f'height="{height}" alt="Takes of {name} second by second; the table below has its '
        'numbers."></figure>'
    )


def _plan(report: ShotReport) -> str:
    if report.plan is None:
        return '<p class="facts">No plan yet.</p>'
    state = "Every second is covered" if report.plan.covered else "Not every second is covered"
    shown = "and the slot shows takes" if report.used else "and the slot shows the original"
    lines = "".join(f"<li>{escape(line)}</li>" for line in plan_in_words(report.plan, report.rate))
    return f"<h3>Plan</h3><p>{state}, {shown}.</p><ul>{lines}</ul>"


def _takes_table(report: ShotReport) -> str:
    if not report.takes:
        return "<p>No takes yet.</p>"
    used = {segment.take for segment in report.used}
    rows = "".join(
        _line(
            escape(take.id), escape(take.model or take.provider), str(take.seed),
            _seconds(Fraction(take.frames) / Fraction(take.rate)) + " s",
            _cells(report.cells(take)), "yes" if take.id in used else "no",
            money(take.cost_usd), escape(_remarks(take)),
        )
        for take in report.takes
    )  # fmt: skip
    heads = ("Take", "Model", "Seed", "Length", "P(held) by second", "In the cut", "Paid", "Notes")
    return _table(f"Takes of {escape(report.shot.clip or report.shot.id)}", heads, rows)


def _cells(cells: Sequence[SecondScore]) -> str:
    """Write a take's seconds as a list, each with its number and, where it fails, its kind."""
    items = []
    for cell in cells:
        bad = failed(cell)
        state = "unknown" if bad is None else "failed" if bad else "held"
        number = "?" if cell.held is None else f"{cell.held:.2f}"
        mark = f", marked {cell.verdict}" if cell.verdict else ""
        kind = worst_kind(cell) if bad else None
        why = f": {_kind(kind)}" if kind else ""
        title = f"second {cell.second} {state}{why}{mark}"
        sign = {"held": "●", "failed": "✕", "unknown": "○"}[state]
        items.append(
            f'<li class="{state}{" marked" if mark else ""}" title="{title}">'
            f'<span aria-hidden="true"><small>{cell.second}</small>{sign}</span> {number}'
            f'<span class="hidden"> {title}</span></li>'
        )
    return f'<ul class="seconds">{"".join(items)}</ul>' if items else "no whole second"


def _remarks(take: Take) -> str:
    conform = [] if take.conform == "frame for frame" else [take.conform]
    return "; ".join([*conform, *take.notes])


def _notes(report: ShotReport) -> str:
    if not report.notes:
        return ""
    lines = "".join(f"<li>{escape(note)}</li>" for note in report.notes)
    return f"<h3>Notes</h3><ul>{lines}</ul>"


def _table(caption: str, heads: Sequence[str], rows: str) -> str:
    cells = "".join(f'<th scope="col">{head}</th>' for head in heads)
    return (
        f'<div class="scroll"><table><caption>{caption}</caption>'
        f"<thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _line(head: str, *cells: str) -> str:
    written = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr><th scope="row">{head}</th>{written}</tr>'


def _kinds(failures: dict[str, int]) -> str:
    worst = sorted(failures, key=lambda kind: -failures[kind])[:2]
    return ", ".join(f"{_kind(kind)} {failures[kind]}" for kind in worst) or "–"


def _kind(kind: str) -> str:
    return kind.replace("_", " ") if kind in FAILURE_KINDS else escape(kind)


def _seen(visibility: float) -> str:
    return next(word for bound, word in SEEN if visibility < bound)


def _seconds(value: Fraction) -> str:
    return f"{float(value):.2f}".rstrip("0").rstrip(".")
