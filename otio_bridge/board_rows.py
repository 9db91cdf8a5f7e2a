"""One row of the board: a take's pictures along the slot, its seconds' cells, its frames' strip."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from PIL import Image, ImageOps

from otio_bridge import media
from otio_bridge.board_ink import (
    DARK,
    FAINT,
    GROUND,
    LIT,
    PANEL,
    TEXT,
    UNKNOWN,
    Box,
    Ink,
    Shape,
    held_colour,
)
from otio_bridge.board_layout import LEFT, RIGHT, STRIP, WIDTH, Layout, Row
from otio_bridge.clock import frames_of_second
from otio_bridge.errors import MediaError
from otio_bridge.model import SecondScore, Segment, Take

DIMMED = 0.55
"""Share of the brightness left where the plan does not go."""
NARROW = 72
"""Pixels of a cell below which it has no room for words and numbers."""
FAILING = 0.5
"""P(held) below which a cell names its worst failure."""
KIND_WORDS = {
    "limb_misattribution": "limb on wrong body",
    "texture_bleed": "costume bleeds",
    "prop_pass_through": "prop passes through",
    "identity_swap": "identities swap",
    "occlusion_pop": "pops in and out",
}


def draw_row(
    ink: Ink,
    row: Row,
    reel: Image.Image | None,
    number: int,
    layout: Layout,
    segments: Sequence[Segment],
) -> None:
    """Draw a take's label, its pictures, bright where the plan shows them, and its strip.

    Args:
        ink: The board.
        row: The take.
        reel: Its pictures along the whole slot, as `reel_of` lays them.
        number: Which row it is.
        layout: Where rows lie.
        segments: What the plan shows of this take.
    """
    top = layout.top(number)
    _draw_label(ink, row, top, layout, segments)
    ink.panel(layout.span(0, layout.slot_frames, top, layout.high), PANEL)
    covers = layout.span(*row.take.covers, top, layout.high)
    if reel is not None and covers[0] < covers[2]:
        picture = reel.crop((covers[0] - LEFT, 0, covers[2] - LEFT, layout.high))
        ink.image.paste(_dimmed(picture), covers[:2])
        for segment in segments:
            _paste_lit(ink, reel, segment, layout, top)
    for cell in row.seconds:
        _shade_cell(ink, cell, layout, top)
    _draw_strip(ink, row, layout, top + layout.high + 6)


def draw_cell(ink: Ink, cell: SecondScore, layout: Layout, top: int) -> None:
    """Write P(held), what is worst where it fails, and a person's verdict."""
    left, _, right, bottom = _cell_box(cell, layout, top)
    place, room = (left + 8, bottom - 12), right - left - 16
    shape = shape_of(cell.held)
    if shape == "cross":
        ink.hatch((left + 1, bottom - 7, right - 1, bottom), held_colour(0.0), step=10, width=4)
    label = number_of(cell.held)
    if room < NARROW:
        used = ink.dot(place, held_colour(cell.held), shape)
    else:
        used = ink.pill(place, label, held_colour(cell.held), shape)
    if shape == "cross" and cell.failures and room >= NARROW:
        worst = max(cell.failures, key=lambda kind: cell.failures[kind])
        ink.words((left + 10, bottom - 48), KIND_WORDS.get(worst, worst), 19, room, TEXT)
    if cell.verdict:
        ink.mark((min(left + 12 + used, right - 32), bottom - 12), cell.verdict == "held")


def reel_of(take: Take, path: Path | None, layout: Layout) -> Image.Image | None:
    """Return the take's pictures laid along the whole slot, empty where it has none."""
    start, end = max(0, take.covers[0]), min(layout.slot_frames, take.covers[1])
    if path is None or start >= end:
        return None
    tiles = [tile for frames in layout.seconds() for tile in _tiles(frames, start, end, layout)]
    width = round(layout.high * layout.aspect)
    wanted = [(tile.start + tile.stop) // 2 - take.slot_start for tile in tiles]
    try:
        found = media.thumbnails(path, wanted, max(width, 32))
    except MediaError:
        return None
    reel = Image.new("RGB", (WIDTH - LEFT - RIGHT, layout.high), PANEL)
    for tile, picture in zip(tiles, found, strict=True):
        left, _, right, _ = layout.span(tile.start, tile.stop, 0, 0)
        reel.paste(_cropped(picture, max(1, right - left), layout.high), (left - LEFT, 0))
    return reel


def shape_of(held: float | None) -> Shape:
    """Return the sign of a P(held): a disc holds, a cross fails, a ring was not judged."""
    if held is None:
        return "ring"
    return "cross" if held < FAILING else "disc"


def number_of(held: float | None) -> str:
    """Write a probability in two digits: ".07", ".95", "1.0"."""
    if held is None:
        return "?"
    return "1.0" if round(held, 2) == 1 else f"{held:.2f}"[1:]


def _draw_label(ink: Ink, row: Row, top: int, layout: Layout, segments: Sequence[Segment]) -> None:
    take, room = row.take, LEFT - RIGHT - 20
    ink.text((RIGHT, top + 20), take.id, 30, LIT if segments else TEXT)
    ink.text((RIGHT, top + 50), take.model or take.provider, 20, TEXT, room=room)
    ink.text((RIGHT, top + 74), f"seed {take.seed}", 18, FAINT, room=room)
    if layout.high > 120:
        used = sum(segment.frames for segment in segments)
        share = f"{used} frames in the slot" if used else "not in the slot"
        ink.text((RIGHT, top + 98), share, 18, FAINT, room=room)


def _paste_lit(ink: Ink, reel: Image.Image, segment: Segment, layout: Layout, top: int) -> None:
    box = layout.span(segment.slot_start, segment.slot_start + segment.frames, top, layout.high)
    if box[0] < box[2]:
        picture = reel.crop((box[0] - LEFT, 0, box[2] - LEFT, layout.high))
        ink.image.paste(picture, box[:2])


def _shade_cell(ink: Ink, cell: SecondScore, layout: Layout, top: int) -> None:
    left, _, right, bottom = _cell_box(cell, layout, top)
    ink.shade((left, bottom - 72, right, bottom))
    ink.draw.line((right, top, right, bottom), DARK, 2)


def _cell_box(cell: SecondScore, layout: Layout, top: int) -> Box:
    frames = frames_of_second(cell.second, layout.rate, layout.slot_frames)
    return layout.span(frames.start, frames.stop, top, layout.high)


def _draw_strip(ink: Ink, row: Row, layout: Layout, top: int) -> None:
    """Draw the judge's P(held) of every frame as a strip of colours."""
    ink.panel(layout.span(0, layout.slot_frames, top, STRIP), PANEL, 3)
    if row.score is None:
        return
    for index, held in enumerate(row.score.held):
        frame = row.take.slot_start + index
        if 0 <= frame < layout.slot_frames:
            left, _, right, bottom = layout.span(frame, frame + 1, top, STRIP)
            # Taller where it fails: the strip can be read without its colours.
            rise = 0 if held is None else round((STRIP - 4) * held)
            colour = UNKNOWN if held is None else held_colour(held)
            ink.draw.rectangle((left, top + rise, max(left, right - 1), bottom - 1), colour)


def _tiles(frames: range, start: int, end: int, layout: Layout) -> list[range]:
    """Return a second's frames, inside [start, end), in as many parts as pictures fit."""
    wide = layout.x(frames.stop) - layout.x(frames.start)
    parts = max(1, min(len(frames), round(wide / (layout.high * layout.aspect))))
    edges = [frames.start + len(frames) * part // parts for part in range(parts + 1)]
    inside = [min(max(edge, start), end) for edge in edges]
    return [range(a, b) for a, b in pairwise(inside) if a < b]


def _cropped(picture: NDArray[Any], width: int, height: int) -> Image.Image:
    return ImageOps.fit(Image.fromarray(picture), (width, height), Image.Resampling.BICUBIC)


def _dimmed(picture: Image.Image) -> Image.Image:
    grey = Image.blend(picture, picture.convert("L").convert("RGB"), 0.5)
    return Image.blend(Image.new("RGB", picture.size, GROUND), grey, DIMMED)
