"""The board is drawn from real clips; what it lights and dims is looked up at exact frames."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from otio_bridge import media
from otio_bridge.board import draw_board
from otio_bridge.board_ink import held_colour
from otio_bridge.board_layout import LEFT, RIGHT, WIDTH, Layout
from otio_bridge.clock import rate_text, seconds_in
from otio_bridge.model import (
    FAILURE_KINDS,
    Score,
    Seam,
    SecondScore,
    Segment,
    Shot,
    SplicePlan,
    Take,
    seconds_of,
)  # fmt: skip

COLOURS = [(200, 40, 40), (40, 200, 40), (60, 60, 220), (210, 210, 60)]
RATE = Fraction(24)


def make_take(
    folder: Path, number: int, slot_frames: int, rate: Fraction, handle: int = 12
) -> tuple[Take, Path]:
    """A take of one plain colour that covers the slot and its handles."""
    frames = slot_frames + 2 * handle
    path = folder / f"t{number:02d}.mp4"
    picture = np.full((90, 160, 3), COLOURS[number % 4], np.uint8)
    media.write_film(path, (picture for _ in range(frames)), rate=rate, size=(160, 90))
    take = Take(
        id=f"t{number:02d}", shot="s", provider="offline", model="previz", seed=number,
        media=path.name, frames=frames, rate=rate_text(rate), slot_start=-handle, size=(160, 90),
    )  # fmt: skip
    return take, path


def make_score(take: Take, held: float | None) -> Score:
    broken = 0.0 if held is None else 1.0 - held
    return Score(
        scorer="test",
        frames=take.frames,
        rate=take.rate,
        held=(held,) * take.frames,
        failures={kind: (broken,) * take.frames for kind in FAILURE_KINDS},
    )


def make_shot(slot_frames: int) -> Shot:
    return Shot(id="s", clip="hug_010", prompt="They hug.", contact=((5, slot_frames - 5),))


def drawn(
    folder: Path, takes: int, slot_frames: int, plan: SplicePlan | None, rate: Fraction = RATE
) -> np.ndarray:
    rows, files = [], {}
    for number in range(takes):
        take, path = make_take(folder, number, slot_frames, rate)
        score = make_score(take, (0.9, 0.1, None, 0.6)[number % 4])
        rows.append((take, score, seconds_of(score, take.slot_start, slot_frames, rate)))
        files[take.id] = path
    into = folder / "board.png"
    draw_board(
        into,
        shot=make_shot(slot_frames),
        takes=rows,
        media=files,
        plan=plan,
        rate=rate,
        slot_frames=slot_frames,
    )
    with Image.open(into) as board:
        return np.asarray(board.convert("RGB")).astype(int)


def splice(at: int, slot_frames: int) -> SplicePlan:
    return SplicePlan(
        covered=False,
        uncovered_seconds=(1,),
        segments=(
            Segment(take="t00", take_start=12, slot_start=0, frames=at),
            Segment(take="t01", take_start=12 + at, slot_start=at, frames=slot_frames - at),
        ),
        seams=(Seam(slot_frame=at, visibility=0.1),),
    )


@pytest.mark.parametrize("at", [29, 30, 31])
def test_the_path_changes_rows_at_the_seam_to_the_frame(tmp_path: Path, at: int) -> None:
    picture = drawn(tmp_path, 2, 72, splice(at, 72))
    layout = Layout(RATE, 72, 2, 16 / 9)
    before, after = layout.x(at - 1) + 8, layout.x(at) + 14
    upper, lower = layout.top(0) + 40, layout.top(1) + 40
    assert picture[upper, before, 0] > 180 and picture[upper, after, 0] < 120
    assert picture[lower, before, 1] < 120 and picture[lower, after, 1] > 180
    gap = layout.top(1) - 8  # between the rows the joint is white, exactly at the seam
    white = np.flatnonzero(picture[gap, LEFT : WIDTH - RIGHT].min(axis=1) > 240) + LEFT
    assert abs(white.mean() - layout.x(at)) <= 1


def test_what_no_take_covers_is_hatched(tmp_path: Path) -> None:
    picture = drawn(tmp_path, 2, 72, splice(30, 72))
    layout = Layout(RATE, 72, 2, 16 / 9)
    row = picture[layout.result + 60]
    hatched = (row[:, 0] > 200) & (row[:, 1] > 110) & (row[:, 1] < 160) & (row[:, 2] < 110)
    places = np.flatnonzero(hatched)
    assert layout.x(24) <= places.min() and places.max() < layout.x(48)
    assert len(places) > 40


@pytest.mark.parametrize(
    ("takes", "slot_frames", "rate"),
    [
        (2, 48, RATE),
        (8, 360, RATE),
        (1, 2, RATE),
        (3, 100, Fraction(24000, 1001)),
        (2, 25, Fraction(120)),
    ],
)
def test_every_size_is_drawn(tmp_path: Path, takes: int, slot_frames: int, rate: Fraction) -> None:
    picture = drawn(tmp_path, takes, slot_frames, None, rate)
    assert picture.shape[1] == WIDTH
    layout = Layout(rate, slot_frames, takes, 16 / 9)
    assert picture.shape[0] == layout.height
    dim = picture[layout.top(0) + 20, LEFT + 30]
    assert 30 < dim.max() < 150


def test_takes_without_media_or_score_keep_their_row(tmp_path: Path) -> None:
    take, _ = make_take(tmp_path, 0, 48, RATE)
    (tmp_path / "broken.mov").write_text("no film")
    cells = [SecondScore(second=0, held=None, verdict="held"), SecondScore(second=1, held=0.2)]
    for files in ({}, {"t00": tmp_path / "broken.mov"}, {"t00": tmp_path / "gone.mov"}):
        draw_board(
            tmp_path / "board.png",
            shot=make_shot(48),
            takes=[(take, None, cells)],
            media=files,
            plan=SplicePlan(
                covered=True,
                segments=(Segment(take="original", take_start=0, slot_start=0, frames=48),),
            ),
            rate=RATE,
            slot_frames=48,
        )
    with Image.open(tmp_path / "board.png") as board:
        assert board.width == WIDTH


@given(st.integers(1, 5000), st.sampled_from([Fraction(24), Fraction(30000, 1001), Fraction(120)]))
def test_seconds_fill_the_slot_without_a_gap(slot_frames: int, rate: Fraction) -> None:
    layout = Layout(rate, slot_frames, 3, 16 / 9)
    seconds = layout.seconds()
    assert len(seconds) == seconds_in(slot_frames, rate)
    assert [frame for second in seconds for frame in second] == list(range(slot_frames))
    assert (layout.x(0), layout.x(slot_frames)) == (LEFT, WIDTH - RIGHT)


def test_held_and_failed_differ_in_lightness_and_hue() -> None:
    held, failed = held_colour(1.0), held_colour(0.0)
    assert held[2] > held[0] and failed[0] > failed[2]
    assert held_colour(None) != held_colour(0.5)
    assert len({held_colour(level / 20) for level in range(21)}) == 21
