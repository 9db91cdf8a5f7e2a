"""Laws of the judge's parts: order kept, nothing lost, blocks that do not show."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from otio_bridge.scoring.curves import SIZES, strengths_of
from otio_bridge.scoring.evidence import GAP, stretches
from otio_bridge.scoring.features import frame_features
from otio_bridge.scoring.hindsight import CHANNELS, PAST, glances_of
from otio_bridge.scoring.learned import OUTPUTS, Forest, Scale, load_judge
from otio_bridge.scoring.motion import still_motion
from otio_bridge.scoring.palette import build_palette
from otio_bridge.scoring.reader import AREA, SIDE, Film, analysis_size
from otio_bridge.scoring.verdict import spread_over_frames
from otio_bridge.scoring.watching import CHARACTER, GLOBALS, Sight, contradictions

shares = st.floats(0, 1, width=32)


@given(st.integers(1, 8192), st.integers(1, 8192))
def test_analysed_frames_are_whole_cells_of_about_one_area(width: int, height: int) -> None:
    columns, rows = (side // SIDE for side in analysis_size(width, height))
    assert (columns * SIDE, rows * SIDE) == analysis_size(width, height)
    assert 6 <= columns <= 96 and 6 <= rows <= 96
    if 0.4 < width / height < 2.5:
        assert 0.8 < columns * rows * SIDE * SIDE / AREA < 1.2


@given(st.lists(shares, min_size=1, max_size=30), st.integers(1, 10))
def test_frames_between_analysed_ones_lie_between_their_values(
    values: list[float], step: int
) -> None:
    frames = (len(values) - 1) * step + 1
    every = spread_over_frames(np.array(values, np.float32)[:, None], step, frames)[:, 0]
    assert np.allclose(every[::step], values, atol=1e-6)
    assert min(values) - 1e-6 <= every.min() and every.max() <= max(values) + 1e-6


@given(st.lists(st.booleans(), max_size=60))
def test_stretches_hold_every_strong_frame_and_lie_apart(strong: list[bool]) -> None:
    runs = stretches(np.array(strong, bool))
    covered = {frame for start, end in runs for frame in range(start, end)}
    assert {frame for frame, one in enumerate(strong) if one} <= covered
    assert all(strong[start] and strong[end - 1] for start, end in runs)
    assert all(b[0] - a[1] >= GAP for a, b in pairwise(runs))


@given(st.lists(shares, min_size=2, max_size=40))
def test_the_shipped_scales_keep_order(values: list[float]) -> None:
    ordered = np.sort(np.array(values, np.float32))
    for scale in load_judge().scales:
        calibrated = scale.calibrated(ordered)
        assert (np.diff(calibrated) >= 0).all()
        assert calibrated.min() >= 0 and calibrated.max() <= 1


def test_a_scale_is_linear_between_its_points() -> None:
    scale = Scale(np.array([0.0, 1.0], np.float32), np.array([0.2, 0.8], np.float32))
    assert np.allclose(scale.calibrated(np.array([0.0, 0.5, 1.0], np.float32)), [0.2, 0.5, 0.8])


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1 << 20), st.integers(0, 4))
def test_every_colour_has_owners_that_sum_to_one(seed: int, characters: int) -> None:
    rng = np.random.default_rng(seed)
    looks = [rng.uniform(0, 255, (300, 4)).astype(np.float32) for _ in range(characters)]
    frames = [rng.integers(0, 255, (48, 64, 3)).astype(np.uint8) for _ in range(2)]
    palette = build_palette(looks, None, frames)
    assert palette.table.shape[1] == characters + 2
    assert np.allclose(palette.table.sum(axis=1), 1, atol=1e-4)
    assert 0 <= palette.likeness <= 1.0001 and np.isfinite(palette.table).all()


def test_a_forest_follows_its_thresholds() -> None:
    forest = Forest(
        np.array([0], np.int32),
        np.array([0, -1, 1, -1, -1], np.int16),
        np.array([0.5, 0, 2.0, 0, 0], np.float32),
        np.array([1, 0, 3, 0, 0], np.int32),
        np.array([[0], [0.25], [0], [0.5], [1.0]], np.float16),
    )
    rows = np.array([[0.5, 9], [0.6, 2], [0.6, 3]], np.float32)
    assert forest.said(rows)[:, 0].tolist() == [0.25, 0.5, 1.0]


def test_the_shipped_judge_is_small_and_whole() -> None:
    judge = load_judge()
    assert len(judge.scales) == len(OUTPUTS) == judge.forest.share.shape[1]
    curves = (len(SIZES) + 2) * len(CHANNELS) + len(GLOBALS) + 2 * len(CHARACTER)
    wide = frame_features(np.zeros((3, curves), np.float32), np.zeros(3, np.float32)).shape[1]
    assert 0.8 * wide < judge.forest.feature.max() < wide, "it was trained on these curves"
    model = Path(load_judge.__wrapped__.__globals__["MODEL"])
    assert model.stat().st_size < 5_000_000


@given(st.sampled_from(SIZES), st.integers(0, 23), st.integers(0, 41))
def test_a_patch_of_a_size_is_strongest_in_the_curve_of_that_size(
    size: int, row: int, column: int
) -> None:
    signs = np.zeros((2, 36, 64), np.float32)
    signs[1, row : row + size, column : column + size] = 1.0
    found = strengths_of(signs).reshape(len(SIZES) + 2, 2)
    assert (found[:, 0] == 0).all()
    inner = [one for one in SIZES if one <= size]
    assert np.allclose(found[[SIZES.index(one) for one in inner], 1], 1.0, atol=1e-5)
    assert all(found[SIZES.index(one), 1] < 1 for one in SIZES if one > size and row > 0 < column)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 40), st.integers(0, 1 << 16))
def test_features_are_finite_and_know_nothing_of_a_level_that_stays(frames: int, seed: int) -> None:
    curves = np.random.default_rng(seed).uniform(0, 1, (frames, 4)).astype(np.float32)
    numbers = frame_features(curves, np.ones(3, np.float32))
    assert numbers.shape == (frames, 10 * 4 + 3) and np.isfinite(numbers).all()
    higher = frame_features(curves + 0.5, np.ones(3, np.float32))
    assert np.allclose(numbers[:, 12:24], higher[:, 12:24], atol=1e-5), "differences alone"


def test_what_passes_contradicts_past_and_future_and_what_stays_the_past_alone() -> None:
    film = Film(Path("x.mp4"), 60, Fraction(12), (96, 96), (96, 96), 1)
    still = still_motion((48, 48))
    owners = np.zeros((60, 4, 48, 48), np.float32)
    owners[:, 0, 8:40, 4:20] = 1
    owners[20:26, 0, 8:16, 4:20] = 0  # a part that is gone for half a second
    owners[30:, 0, 32:40, 4:20] = 0  # a part that is gone for good
    look = np.full((4, 48, 48), 128, np.float32)
    sights, shown = [], owners[0]
    for frame, now in enumerate(owners):
        odd = contradictions(now, look, shown, look)
        maps = {name: np.zeros((48, 48), np.float32) for name in PAST}
        maps |= {f"{name}_slow": plane for name, plane in odd.items()}
        each = np.zeros((2, 4), np.float32)
        sights.append(Sight(now, look, maps, still, np.zeros(7, np.float32), each))
        shown = shown + (now - shown) / (frame + 2)
    found = [glance.cells.astype(float) for glance in glances_of(iter(sights), film)]
    both, slow = (CHANNELS.index(f"vanished_{when}") for when in ("both", "slow"))
    passing, staying = (slice(4, 8), slice(2, 10)), (slice(16, 20), slice(2, 10))
    assert found[22][both][passing].min() > 0.5
    assert found[35][slow][staying].min() > 0.5 > 0.1 > found[35][both][staying].max()
