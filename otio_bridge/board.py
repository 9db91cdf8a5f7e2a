"""The board: one picture that shows takes x seconds, what the judge says of each, and the path.

Takes are rows, time runs to the right exactly to the frame. Each cell is one second of the slot in
one take; under it a strip has the judge's P(held) of every frame. What the plan shows is lit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from PIL import Image

from otio_bridge.board_ink import (
    CONTACT,
    DARK,
    FAINT,
    GAP,
    GROUND,
    LINE,
    LIT,
    PANEL,
    TEXT,
    Ink,
    held_colour,
)
from otio_bridge.board_layout import HEAD, LEFT, RESULT, RIGHT, RULER, STRIP, WIDTH, Layout, Row
from otio_bridge.board_rows import draw_cell, draw_row, number_of, reel_of, shape_of
from otio_bridge.clock import frames_of_second
from otio_bridge.files import replacing, telling
from otio_bridge.lettering import font
from otio_bridge.model import Score, Seam, SecondScore, Segment, Shot, SplicePlan, Take


def draw_board(
    into: Path,
    *,
    shot: Shot,
    takes: Sequence[tuple[Take, Score | None, Sequence[SecondScore]]],
    media: Mapping[str, Path],
    plan: SplicePlan | None,
    rate: Fraction,
    slot_frames: int,
) -> None:
    """Draw the takes of a shot second by second as a PNG, over a board that was there.

    Args:
        into: Where to write.
        shot: What is to be seen.
        takes: Each take with its score per frame and its cells, in the order of rows.
        media: Media file of each take, by take id; a row without one has no pictures.
        plan: What the slot shows or would show; None while there is none.
        rate: Frames per second.
        slot_frames: Length of the slot.

    Raises:
        ProjectError: The picture cannot be written.
    """
    rows = [Row(*take) for take in takes]
    layout = Layout(rate, slot_frames, len(rows), _aspect([row.take for row in rows]))
    ink = Ink(Image.new("RGB", (WIDTH, layout.height), GROUND))
    plan = plan or SplicePlan(covered=True)
    _draw_head(ink, shot, layout)
    _draw_ruler(ink, shot, layout, plan)
    reels = [reel_of(row.take, media.get(row.take.id), layout) for row in rows]
    for number, (row, reel) in enumerate(zip(rows, reels, strict=True)):
        draw_row(ink, row, reel, number, layout, _segments_of(plan, row.take))
    _draw_path(ink, rows, layout, plan)
    for number, row in enumerate(rows):
        for cell in row.seconds:
            draw_cell(ink, cell, layout, layout.top(number))
    _draw_result(ink, rows, reels, layout, plan)
    _draw_legend(ink, layout)
    with telling(into), replacing(into) as partial:
        ink.image.save(partial, "PNG")


def _aspect(takes: Sequence[Take]) -> float:
    width, height = next((take.size for take in takes if all(take.size)), (16, 9))
    return min(max(width / height, 0.5), 2.4)


def _segments_of(plan: SplicePlan, take: Take) -> list[Segment]:
    return [segment for segment in plan.segments if segment.take == take.id]


def _draw_head(ink: Ink, shot: Shot, layout: Layout) -> None:
    seconds = float(layout.slot_frames / layout.rate)
    facts = f"{seconds:g} s · {layout.slot_frames} frames · {float(layout.rate):.6g} fps"
    if seconds != round(seconds, 2):
        facts = f"{seconds:.2f}" + facts[facts.index(" s") :]
    room = WIDTH - 2 * RIGHT
    used = ink.text((WIDTH - RIGHT, 46), facts, 22, FAINT, anchor="rm")
    ink.text((RIGHT, 46), shot.clip or shot.id, 38, room=room - used - 40)
    cast = ", ".join(f"{each.name} {each.side}" for each in shot.performers)
    used = ink.text((WIDTH - RIGHT, 90), cast, 20, FAINT, anchor="rm", room=room / 2)
    ink.text((RIGHT, 90), shot.prompt, 20, FAINT, room=room - used - 40)


def _draw_ruler(ink: Ink, shot: Shot, layout: Layout, plan: SplicePlan) -> None:
    bottom = HEAD + RULER - 14
    ink.text((RIGHT, bottom - 18), "second", 18, FAINT)
    for second, frames in enumerate(layout.seconds()):
        box = layout.span(frames.start, frames.stop, bottom - 36, 36)
        ink.panel((box[0] + 1, box[1], box[2] - 1, box[3]), PANEL, 4)
        if second in plan.uncovered_seconds:
            ink.hatch((box[0] + 1, box[1], box[2] - 1, box[3]), (92, 58, 38))
        used = ink.text((box[0] + 10, box[1] + 18), str(second), 24)
        if box[2] - box[0] > 100:
            place = (box[0] + 20 + used, box[1] + 19)
            ink.text(place, f"f{frames.start}", 18, FAINT)
    for number, (start, end) in enumerate(shot.contact):
        box = layout.span(start, end, bottom - 72, 28)
        ink.panel(box, CONTACT, 8)
        words = "contact" if shot.kind == "other" else f"contact: {shot.kind}"
        line = f"{words}  {start}-{end}" if number == 0 else f"{start}-{end}"
        ink.text((box[0] + 10, box[1] + 14), line, 19, DARK, room=box[2] - box[0] - 16)


def _draw_path(ink: Ink, rows: Sequence[Row], layout: Layout, plan: SplicePlan) -> None:
    """Outline what is shown and join the outlines at each seam."""
    places = {row.take.id: number for number, row in enumerate(rows)}
    shown = [segment for segment in plan.segments if segment.take in places]
    for segment in shown:
        top = layout.top(places[segment.take])
        end = segment.slot_start + segment.frames
        ink.outline(layout.span(segment.slot_start, end, top, layout.high), LIT, 4)
    for one, other in pairwise(shown):
        if one.slot_start + one.frames == other.slot_start and one.take != other.take:
            _join(ink, places[one.take], places[other.take], layout, other.slot_start)


def _join(ink: Ink, one: int, other: int, layout: Layout, frame: int) -> None:
    upper, lower = sorted((one, other))
    x = layout.x(frame)
    ink.path([(x, layout.top(upper) + layout.high - 3), (x, layout.top(lower) + 2)], LIT, 5)


def _draw_result(
    ink: Ink,
    rows: Sequence[Row],
    reels: Sequence[Image.Image | None],
    layout: Layout,
    plan: SplicePlan,
) -> None:
    """Draw the slot as planned, with every seam at its frame and what is not covered."""
    top = layout.result
    ink.draw.line((RIGHT, top - 16, WIDTH - RIGHT, top - 16), LINE, 1)
    ink.text((RIGHT, top + 26), "the slot", 26)
    ink.text((RIGHT, top + 56), _summary(plan), 18, FAINT, room=LEFT - RIGHT - 12)
    ink.panel(layout.span(0, layout.slot_frames, top, RESULT), PANEL)
    by_take = {row.take.id: reel for row, reel in zip(rows, reels, strict=True)}
    for segment in plan.segments:
        _draw_segment(ink, segment, by_take.get(segment.take), layout)
    for second in plan.uncovered_seconds:
        _draw_uncovered(ink, second, layout)
    _draw_seams(ink, plan.seams, layout)


def _summary(plan: SplicePlan) -> str:
    if not plan.segments:
        return "no plan yet"
    takes = len({segment.take for segment in plan.segments})
    seams = len(plan.seams)
    return f"{takes} take{'s' * (takes != 1)}, {seams} seam{'s' * (seams != 1)}"


def _draw_segment(ink: Ink, segment: Segment, reel: Image.Image | None, layout: Layout) -> None:
    box = layout.span(
        segment.slot_start, segment.slot_start + segment.frames, layout.result, RESULT
    )
    if reel is not None and box[0] < box[2]:
        strip = reel.crop((box[0] - LEFT, 0, box[2] - LEFT, layout.high))
        spare = (layout.high - RESULT) // 2
        ink.image.paste(strip.crop((0, spare, strip.width, spare + RESULT)), box[:2])
    ink.shade((box[0], box[1] + RESULT // 3, box[2], box[3]))
    ink.outline(box, LIT, 3, 6)
    room = box[2] - box[0] - 20
    ink.text((box[0] + 12, box[3] - 18), segment.take, 22, LIT, room=room)


def _draw_uncovered(ink: Ink, second: int, layout: Layout) -> None:
    frames = frames_of_second(second, layout.rate, layout.slot_frames)
    box = layout.span(frames.start, frames.stop, layout.result, RESULT)
    ink.hatch(box, GAP, step=18)
    words = "not covered" if box[2] - box[0] > 120 else "none"
    middle = (box[0] + box[2]) // 2
    half = 62 if words == "not covered" else 30
    ink.panel((middle - half, box[1] + 10, middle + half, box[1] + 38), DARK, 14)
    ink.text((middle, box[1] + 24), words, 19, GAP, anchor="mm")


def _draw_seams(ink: Ink, seams: Sequence[Seam], layout: Layout) -> None:
    """Write each seam's frame below the slot, and how much of it is seen where there is room."""
    bottom = layout.result + RESULT
    places = [layout.x(seam.slot_frame) for seam in seams] + [WIDTH - RIGHT]
    for seam, (x, end) in zip(seams, pairwise(places), strict=True):
        ink.draw.polygon([(x, bottom + 4), (x - 7, bottom + 16), (x + 7, bottom + 16)], LIT)
        short = f"f{seam.slot_frame}"
        text = f"{short}, seam {_seen(seam.visibility)}"
        if font(18).getlength(text) > end - x - 24:
            text = short
        ink.text((x + 11, bottom + 15), text, 18, TEXT)


def _seen(visibility: float) -> str:
    return "unseen" if visibility < 0.25 else "faint" if visibility < 0.6 else "plainly seen"


def _draw_legend(ink: Ink, layout: Layout) -> None:
    y, x = layout.height - 36, RIGHT
    ink.draw.line((RIGHT, y - 32, WIDTH - RIGHT, y - 32), LINE, 1)
    for held, words in ((0.95, "P(held): holds"), (0.08, "fails"), (None, "not judged")):
        x += ink.pill((x, y + 14), number_of(held), held_colour(held), shape_of(held))
        x = _explained(ink, x, y, words)
    for number, held in enumerate((0.9, 0.9, 0.6, 0.1, 0.1)):
        left, top = x + 9 * number, y - 6 + round((STRIP - 4) * held)
        ink.draw.rectangle((left, top, left + 8, y + 6), held_colour(held))
    x = _explained(ink, x + 45, y, "each frame")
    for held_mark, words in ((True, "marked held"), (False, "marked failed")):
        ink.mark((x, y + 14), held_mark)
        x = _explained(ink, x + 28, y, words)
    ink.outline((x, y - 14, x + 44, y + 14), LIT, 4)
    x = _explained(ink, x + 44, y, "shown")
    ink.hatch((x, y - 14, x + 44, y + 14), GAP)
    _explained(ink, x + 44, y, "not covered by any take")


def _explained(ink: Ink, x: int, y: int, words: str) -> int:
    """Write what a sign means and return where the next may start."""
    return x + 44 + round(ink.text((x + 12, y), words, 19, FAINT))
