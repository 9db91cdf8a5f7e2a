"""Seams measured from drawn takes whose true mismatch is known."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from otio_bridge.errors import MediaError
from otio_bridge.media import write_film
from otio_bridge.model import Segment
from otio_bridge.seams import SeamMeter, gain_match, seam_table
from otio_bridge.splicing import Candidate, SeamTable, plan

RATE = Fraction(24)
FRAMES = 48
SIZE = (320, 180)
Pictures = NDArray[np.uint8]


def texture(seed: int, height: int, width: int) -> NDArray[np.float32]:
    noise = np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 4)
    return np.asarray((smooth - smooth.min()) / np.ptp(smooth), dtype=np.float32)


BACKGROUND = 60 + 90 * texture(1, 180, 320)
FIGURE = 40 + 200 * texture(2, 110, 60)


def walk(frame: float) -> float:
    """Left edge of the figure, in pixels."""
    return 60.0 + 3.0 * frame


def picture(left: float, gain: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Pictures:
    canvas = BACKGROUND.copy()
    place = np.array([[1, 0, left], [0, 1, 50]], dtype=np.float64)
    alpha = cv2.warpAffine(np.ones((110, 60), np.float32), place, SIZE)[..., None]
    canvas = canvas * (1 - alpha) + cv2.warpAffine(FIGURE, place, SIZE) * alpha
    return np.asarray(np.clip(canvas * np.array(gain), 0, 255), dtype=np.uint8)


def filmed(folder: Path, name: str, left: Callable[[int], float], frames: int = FRAMES) -> Path:
    path = folder / f"{name}.mov"
    write_film(path, (picture(left(n)) for n in range(frames)), rate=RATE, size=SIZE)
    return path


@pytest.fixture(scope="module")
def takes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("takes")
    lit = folder / "lit.mov"
    light = (picture(walk(n), (1.2, 1.1, 1.0)) for n in range(FRAMES))
    write_film(lit, light, rate=RATE, size=SIZE)
    return {
        "walk": filmed(folder, "walk", walk),
        "again": filmed(folder, "again", walk),
        "near": filmed(folder, "near", lambda n: walk(n) + 4),
        "far": filmed(folder, "far", lambda n: walk(n) + 30),
        "late": filmed(folder, "late", lambda n: walk(n - 4)),
        "meets": filmed(folder, "meets", lambda n: walk(n) + 2.0 * (n - 31)),
        "part": filmed(folder, "part", lambda n: walk(n + 20), frames=16),
        "lit": lit,
    }


def meter(takes: dict[str, Path], *names: str, max_offset: int = 0) -> SeamMeter:
    media = {name: takes[name] for name in names}
    starts = {name: 20 if name == "part" else 0 for name in names}
    return SeamMeter(media, starts, slot_frames=FRAMES, rate=RATE, max_offset=max_offset)


def test_worse_mismatches_cost_more(takes: dict[str, Path]) -> None:
    names = ("walk", "again", "near", "far", "lit")
    table = meter(takes, *names).table(step=4)
    assert table.takes == names and table.cost.shape == (5, 5, FRAMES)
    again, near, far, lit = np.nanmean(table.cost[0, 1:], axis=1)
    assert again < 0.3
    assert again + 0.1 < near < far
    assert lit > again + 0.3
    assert far > 1.0


def test_the_table_is_the_same_every_time(takes: dict[str, Path]) -> None:
    one, other = (meter(takes, "walk", "far").table(step=5).cost for _ in range(2))
    assert np.array_equal(one, other, equal_nan=True)


def test_steps_between_are_interpolated(takes: dict[str, Path]) -> None:
    exact, coarse = (meter(takes, "walk", "meets").table(step=step).cost for step in (1, 3))
    assert np.array_equal(np.isnan(exact), np.isnan(coarse))
    assert np.nanmean(np.abs(exact - coarse)) < 0.15


def test_only_cuts_between_pictures_are_measured(takes: dict[str, Path]) -> None:
    cost = meter(takes, "walk", "part").table(step=4).cost
    assert np.flatnonzero(~np.isnan(cost[0, 1])).tolist() == list(range(20, 36))
    assert np.flatnonzero(~np.isnan(cost[1, 0])).tolist() == list(range(21, 37))
    assert np.isnan(cost[0, 0]).all()
    assert np.nanmean(cost[:, 1]) < 0.4


def test_takes_out_of_step_fit_at_their_offset(takes: dict[str, Path]) -> None:
    cost = meter(takes, "walk", "late", max_offset=2).table(step=8).cost
    assert cost.shape == (2, 2, FRAMES, 9)
    middle = cost[0, 1, 24]
    assert middle.argmin() == 4 + 4, "walk to late runs late four frames ahead"
    assert cost[1, 0, 24].argmin() == 4 - 4
    assert cost[0, 0, 24, 8] > 3 * cost[0, 1, 24, 8], "a jump inside one take is seen"


def test_the_cut_moves_to_where_the_takes_meet(takes: dict[str, Path]) -> None:
    measured = meter(takes, "walk", "meets")
    candidates = [
        Candidate("walk", 0, (0.99,) * 24 + (0.7,) * 12 + (0.05,) * 12),
        Candidate("meets", 0, (0.05,) * 24 + (0.7,) * 12 + (0.99,) * 12),
    ]

    def cut_of(seams: SeamTable) -> Segment:
        drawn = plan(candidates, slot_frames=FRAMES, rate=RATE, seams=seams)
        return drawn[0].segments[1]

    segments = [
        Segment(take="walk", take_start=0, slot_start=0, frames=28),
        Segment(take="meets", take_start=28, slot_start=28, frames=20),
    ]
    coarse = cut_of(measured.table(step=9)).slot_start
    sharp = cut_of(measured.sharpened(segments)).slot_start
    assert 24 <= coarse <= 36
    assert abs(sharp - 31) <= 2


def test_a_step_is_chosen_that_ends_in_time(takes: dict[str, Path]) -> None:
    names = ("walk", "again")
    told: list[float] = []
    media = {name: takes[name] for name in names}
    table = seam_table(
        media, dict.fromkeys(names, 0), slot_frames=FRAMES, rate=RATE, progress=told.append
    )
    assert not np.isnan(table.cost[0, 1, 1:]).any()
    assert told == sorted(told) and told[-1] == pytest.approx(1.0)


def test_what_cannot_be_seen_is_refused(takes: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="shows nothing of the slot"):
        SeamMeter({"part": takes["part"]}, {"part": 400}, slot_frames=FRAMES, rate=RATE)
    broken = tmp_path / "broken.mov"
    broken.write_bytes(b"no film")
    with pytest.raises(MediaError):
        SeamMeter({"t01": broken}, {"t01": 0}, slot_frames=FRAMES, rate=RATE)


def test_a_single_frame_has_no_seams(tmp_path: Path, takes: dict[str, Path]) -> None:
    still = filmed(tmp_path, "still", walk, frames=1)
    media = {"walk": takes["walk"], "still": still}
    table = seam_table(media, {"walk": 0, "still": 10}, slot_frames=FRAMES, rate=RATE)
    assert np.flatnonzero(~np.isnan(table.cost[0, 1])).tolist() == [10]
    assert np.isnan(table.cost[1, 0]).all()


def test_gains_repair_light_but_not_pose() -> None:
    light = np.stack([picture(walk(n), (0.8, 0.9, 1.1)) for n in range(3)])
    moved = np.stack([picture(walk(n) + 25) for n in range(3)])
    assert gain_match(light, moved) == pytest.approx((0.8, 0.9, 1.1), rel=0.03)
    assert gain_match(moved, moved) == (1.0, 1.0, 1.0)
    black = np.zeros_like(moved)
    assert gain_match(black, moved) == (1.0, 1.0, 1.0)
