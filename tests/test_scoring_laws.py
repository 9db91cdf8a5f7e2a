"""Laws of the judge's parts: order kept, nothing lost, blocks that do not show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otio_bridge.scoring.arrays import Image, Maps
from otio_bridge.scoring.curves import (
    CHANGED,
    CHANGES,
    COMB,
    CURVES,
    MEMORIES,
    SIZES,
    STRONGEST,
    changes_of,
    curves_of,
    steps_of,
    strongest_of,
)
from otio_bridge.scoring.evidence import GAP, stretches
from otio_bridge.scoring.features import CONSTANTS, MEASURES, backwards, columns_of, measured
from otio_bridge.scoring.hindsight import Glance, glances_of
from otio_bridge.scoring.learned import OUTPUTS, Panel, Scale, load_judge, shared
from otio_bridge.scoring.looks import contrast_of, described
from otio_bridge.scoring.motion import still_motion
from otio_bridge.scoring.nets import APART, BESIDE, WINDOW, Net, starts_of
from otio_bridge.scoring.palette import bins_in, bins_of, build_palette
from otio_bridge.scoring.reader import AHEAD, AREA, SIDE, Film, analysis_size, read_ahead
from otio_bridge.scoring.verdict import Findings, silences, spread_over_frames
from otio_bridge.scoring.viewing import Viewing
from otio_bridge.scoring.watching import (
    CHARACTER,
    GLOBALS,
    LOOK,
    Sight,
    cells_of,
    grasp_of,
    middle_of,
    pooled,
    renewed,
)

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


@settings(max_examples=20)
@given(st.integers(0, 3 * AHEAD), st.booleans())
def test_frames_read_ahead_keep_their_order_and_their_error(count: int, broken: bool) -> None:
    def decoded() -> Iterator[Image]:
        for number in range(count):
            yield np.full((2, 2, 3), number, np.uint8)
        if broken:
            raise OSError("cut off")

    seen = []
    with pytest.raises(OSError, match="cut off") if broken else nullcontext():
        for frame in read_ahead(decoded()):
            seen.append(int(frame[0, 0, 0]))
    assert seen == list(range(count))


def test_a_film_that_is_left_early_is_not_read_to_its_end() -> None:
    read = []

    def decoded() -> Iterator[Image]:
        for number in range(1000):
            read.append(number)
            yield np.zeros((2, 2, 3), np.uint8)

    frames = read_ahead(decoded())
    next(frames)
    frames.close()  # type: ignore[attr-defined]
    assert len(read) <= AHEAD + 1


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
    assert palette.shares.shape[1] == characters + 1 and palette.shares.min() >= 0
    assert palette.shares.sum(axis=1).max() < 1 + 1e-4, "what is left is the ground's"
    assert 0 <= palette.likeness <= 1.0001 and np.isfinite(palette.shares).all()


@given(st.integers(0, 1 << 20))
def test_pictures_and_pixels_are_binned_alike(seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (40, 48, 3)).astype(np.uint8)
    picture = cv2.addWeighted(cv2.GaussianBlur(noise, (0, 0), 1 + seed % 5), 2.0, noise, 0.1, -140)
    lab = cv2.cvtColor(picture, cv2.COLOR_BGR2Lab)
    assert (bins_in(lab, contrast_of(lab[..., 0])) == bins_of(described(picture))).all()


def _net(columns: int, outputs: int, seed: int) -> Net:
    draw, width, layers = np.random.default_rng(seed).normal, 8, len(APART)
    shapes = {
        "first": (columns, width), "first_level": (width,), "gains": (layers, width),
        "layers": (layers, len(BESIDE) * width, width), "levels": (layers, width),
        "last": (3 * width, outputs), "last_level": (outputs,),
    }  # fmt: skip
    weights = {name: draw(0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}
    return Net(np.arange(columns, dtype=np.int16), **weights)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 5 * WINDOW), st.integers(0, 1 << 16))
def test_a_net_says_something_of_every_frame_of_a_take(frames: int, seed: int) -> None:
    measures = np.random.default_rng(seed).normal(0, 1, (frames, 5)).astype(np.float32)
    net = _net(5, 3, seed)
    odds = net.odds(measures)
    assert odds.shape == (frames, 3) and np.isfinite(odds).all()
    assert (odds == net.odds(measures)).all()
    starts = starts_of(frames)
    covered = np.concatenate([np.arange(frames)[at : at + WINDOW] for at in starts])
    assert set(covered) == set(range(frames)) and min(starts) >= 0
    if frames > WINDOW:
        assert all(at + WINDOW <= frames for at in starts), "every window is whole"
    still = net.odds(np.repeat(measures[:1], frames, axis=0))
    assert np.isfinite(still).all()


def test_a_long_take_is_read_in_windows_as_long_as_the_lessons() -> None:
    measures = np.random.default_rng(0).normal(0, 1, (4 * WINDOW, 5)).astype(np.float32)
    net, later = _net(5, 2, 1), measures.copy()
    later[3 * WINDOW :] += 3
    same = slice(0, 3 * WINDOW // 2)
    assert np.allclose(net.odds(measures)[same], net.odds(later)[same], atol=1e-5)
    assert not np.allclose(net.odds(measures)[-1], net.odds(later)[-1], atol=1e-2)


def test_the_mean_odds_of_a_panel_asked_both_ways_become_shares() -> None:
    count = len(CURVES)
    nets = tuple(_net(len(MEASURES) * count + CONSTANTS, 3, seed) for seed in (1, 2))
    curves, held = np.random.default_rng(0).uniform(0, 1, (30, count)), np.ones(CONSTANTS)
    usual = np.full(count, 0.3)
    said = Panel(usual, nets).said(curves, held)
    forth = measured(curves, held, usual)
    back = backwards(forth)
    odds = np.mean([net.odds(forth) + net.odds(back)[::-1] for net in nets], axis=0) / 2
    assert np.allclose(said[:, -1], 1 / (1 + np.exp(-odds[:, -1])), atol=1e-5)
    assert np.allclose(said[:, :-1].sum(axis=1), said[:, -1], atol=1e-4)


def test_backwards_the_past_is_the_future() -> None:
    rng, held = np.random.default_rng(0), np.arange(CONSTANTS)
    curves = rng.uniform(0, 1, (9, len(CURVES) + 2)).astype(np.float32)
    usual = np.full(curves.shape[1], 0.3, np.float32)
    back = backwards(measured(curves, held, usual))
    swapped = curves[::-1].copy()
    ago = {"past": "future", "last": "next"}
    for name in CURVES:
        change, _, how = name.partition(" ")
        kind, _, memory = change.rpartition("_")
        if memory in ago:
            one, two = CURVES.index(name), CURVES.index(f"{kind}_{ago[memory]} {how}")
            swapped[:, [one, two]] = swapped[:, [two, one]]
    assert not np.array_equal(swapped, curves[::-1])
    assert np.allclose(back, measured(swapped, held, usual), atol=1e-5)
    assert np.allclose(backwards(back), measured(curves, held, usual), atol=1e-5)


@given(st.lists(st.tuples(shares, shares, shares), min_size=1, max_size=20))
def test_kinds_share_what_is_known_of_any(values: list[tuple[float, float, float]]) -> None:
    before = np.array(values, np.float32)
    after = shared(before)
    assert (after[:, -1] == before[:, -1]).all() and np.isfinite(after).all()
    assert (after[:, :-1].sum(axis=1) <= after[:, -1] + 1e-5).all()
    known = np.sqrt(before[:, :-1]).sum(axis=1) > 1e-3
    assert np.allclose(after[known, :-1].sum(axis=1), after[known, -1], atol=1e-4)
    first, second = (before[:, column] > before[:, 1 - column] for column in (0, 1))
    assert (after[first, 0] >= after[first, 1]).all()
    assert (after[second, 1] >= after[second, 0]).all()


def test_the_shipped_judge_is_small_and_whole() -> None:
    judge = load_judge()
    assert len(judge.scales) == len(OUTPUTS) == len(judge.panel.nets[0].last_level)
    curves = len(CURVES) + len(GLOBALS) + 2 * len(CHARACTER)
    assert judge.panel.usual.shape == (curves,), "it was trained on these curves"
    assert judge.panel.usual.min() > 0
    whole = len(MEASURES) * curves + CONSTANTS
    assert max(net.columns.max() for net in judge.panel.nets) == whole - 1
    model = Path(load_judge.__wrapped__.__globals__["MODEL"])
    assert model.stat().st_size < 5_000_000


@settings(max_examples=30)
@given(st.integers(0, 1 << 20), st.integers(10 * COMB, 40 * COMB), st.booleans())
def test_the_strongest_cells_are_found_wherever_they_lie(
    seed: int, length: int, flat: bool
) -> None:
    rows = np.random.default_rng(seed).uniform(0, 1, (3, length)).astype(np.float32)
    rows = np.round(rows) if flat else rows
    assert np.allclose(strongest_of(rows), np.sort(rows, axis=1)[:, -STRONGEST:].mean(axis=1))


@given(st.lists(shares, min_size=2, max_size=40))
def test_the_middle_is_the_median(values: list[float]) -> None:
    numbers = np.array(values, np.float32)
    assert np.isclose(middle_of(numbers), np.median(numbers), atol=1e-6)


def sight_of(cells: Maps, last: Maps, past: Maps) -> Sight:
    grid = cells.shape[1:]
    fine = np.moveaxis(cells.repeat(2, axis=1).repeat(2, axis=2), 0, 2).copy()
    return Sight(
        fine, cells, last, past, still_motion((2 * grid[0], 2 * grid[1])),
        np.zeros((3, *grid), np.float32), np.zeros(len(GLOBALS), np.float32),
        np.zeros((2, len(CHARACTER)), np.float32),
    )  # fmt: skip


def cells_with(row: int, column: int, side: int) -> Maps:
    """Two characters, of whom the first is one square; no prop, one look."""
    cells = np.zeros((3 + LOOK, 36, 64), np.float32)
    cells[0, row : row + side, column : column + side] = 1.0
    return cells


@given(st.integers(4, 28), st.integers(6, 24), st.integers(3, 8))
def test_a_held_prop_touches_and_a_floating_one_is_loose(row: int, column: int, side: int) -> None:
    figures, floating = np.zeros((2, 36, 64), np.float32)
    figures[:, :6] = 1.0
    floating[row : row + side, 24 + column : 24 + column + side] = 1.0
    held = np.roll(floating, 5 - 24 - column, axis=1)
    surely, touched, loose = grasp_of(held, figures)
    assert np.isclose(surely, floating.mean()) and touched > 0 and loose < 1
    assert grasp_of(floating, figures)[1] == 0 and grasp_of(floating, figures)[2] > loose
    assert grasp_of(0 * floating, figures) == (0, 0, 0)


def change(glance: Glance, memory: str, name: str, size: int) -> Maps:
    found: Maps = changes_of(steps_of(glance), size)[MEMORIES.index(memory), CHANGES.index(name)]
    return found


@given(st.sampled_from(SIZES), st.integers(0, 23), st.integers(0, 41))
def test_what_comes_is_strongest_in_patches_of_its_size(size: int, row: int, column: int) -> None:
    nobody = cells_with(0, 0, 0)
    glance = Glance(sight_of(cells_with(row, column, size), nobody, nobody), nobody, nobody)
    most = [float(change(glance, "both", "gained", one).max()) for one in SIZES]
    inner = [most[SIZES.index(one)] for one in SIZES if one <= size]
    assert np.allclose(inner, 1.0, atol=1e-5)
    assert all(most[SIZES.index(one)] < 1 for one in SIZES if one > size and row > 0 < column)
    assert change(glance, "both", "lost", 1).max() == 0 == change(glance, "both", "prop", 1).max()


@given(st.integers(8, 20), st.integers(12, 44), st.integers(1, 3))
def test_what_merely_moves_weighs_less_than_what_comes(row: int, column: int, step: int) -> None:
    there, here, nobody = (
        cells_with(row, column, 4), cells_with(row, column + step, 4), cells_with(0, 0, 0)
    )  # fmt: skip
    moved = Glance(sight_of(here, there, there), there, there)
    came = Glance(sight_of(here, nobody, nobody), nobody, nobody)
    for memory in MEMORIES:
        gained = [float(change(one, memory, "gained", SIZES[-1]).max()) for one in (moved, came)]
        assert gained[0] < 0.8 * gained[1] + 1e-6
    centre = change(moved, "past", "gained", SIZES[-1])[row, column + 1 : column + step + 1]
    assert centre.max() < 1e-5, "a patch that holds both places sees no change at all"


def test_a_drift_contradicts_past_or_future_but_never_both() -> None:
    now = cells_with(8, 8, 8)
    darker, lighter = now.copy(), now.copy()
    darker[-LOOK], lighter[-LOOK] = -40.0, 40.0
    passing = Glance(sight_of(now, darker, darker), darker, darker)
    drifting = Glance(sight_of(now, darker, darker), lighter, lighter)
    assert change(passing, "both", "colour", 3).min() > 0.4
    assert change(drifting, "both", "colour", 3).max() == 0
    assert change(drifting, "past", "colour", 3).min() > 0.4


def test_every_curve_of_a_frame_is_finite() -> None:
    one = cells_with(8, 8, 8)
    glance = Glance(sight_of(one, one, one), one, one)
    curves, smallest = curves_of(glance)
    assert (smallest == changes_of(steps_of(glance), SIZES[0])).all()
    assert len(curves) == len(CURVES) == len(set(CURVES))
    changes = [at for at, name in enumerate(CURVES) if name.split()[0] in CHANGED]
    assert np.isfinite(curves).all() and curves[changes].max() == 0


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 40), st.integers(0, 1 << 16))
def test_measures_are_finite_and_know_what_stays(frames: int, seed: int) -> None:
    curves = np.random.default_rng(seed).uniform(0, 1, (frames, 4)).astype(np.float32)
    held, usual = np.ones(CONSTANTS, np.float32), np.full(4, 0.2, np.float32)
    numbers = measured(curves, held, usual)
    assert numbers.shape == (frames, len(MEASURES) * 4 + CONSTANTS) and np.isfinite(numbers).all()
    higher, stronger = measured(curves + 0.5, held, usual), measured(curves * 2, held, usual * 2)
    off, amount = columns_of(("off",), 4), columns_of(("amount",), 4)
    assert np.allclose(numbers[:, off], higher[:, off], atol=1e-5), "off knows of no level"
    assert (numbers[:, amount[:4]] < higher[:, amount[:4]]).all()
    both = [*off, *amount[:4]]
    assert np.allclose(numbers[:, both], stronger[:, both], atol=1e-5), "measured by the usual"
    same = measured(np.repeat(curves[:1], frames, axis=0), held, usual)
    assert np.abs(same[:, columns_of(("odd", "off"), 4)[:8]]).max() < 1e-5, "a still is not odd"


@pytest.mark.parametrize(
    ("likeness", "silent", "words"),
    [(0.5, False, ""), (0.93, False, "overlap by 93%"), (0.99, True, "cannot be told apart")],
)
def test_looks_much_alike_are_doubted_and_the_same_are_not_judged(
    likeness: float, silent: bool, words: str
) -> None:
    owners = np.zeros((6, 2, 9, 16), np.float16)
    owners[:, 0, 2:7, 2:7] = owners[:, 1, 2:7, 8:13] = 1
    each = np.full((6, 2, len(CHARACTER)), 0.1, np.float32)
    whole = np.zeros((6, len(GLOBALS)), np.float32)
    viewing = Viewing(whole, each, likeness, (1.0, 1.0), has_prop=False)
    heat = np.zeros((6, 9, 16, len(OUTPUTS) - 1), np.float16)
    found = Findings(np.zeros((6, len(OUTPUTS)), np.float32), heat, owners, viewing)
    flags, reasons = silences(found, ["Ada", "Bo"])
    assert flags.all() == silent == flags.any()
    assert words in " ".join(reasons) and bool(reasons) == bool(words)


@given(st.integers(2, 9), st.integers(0, 1 << 16))
def test_cells_are_the_means_of_their_quarters(layers: int, seed: int) -> None:
    fine = np.random.default_rng(seed).uniform(0, 255, (12, 16, layers)).astype(np.float32)
    assert np.allclose(cells_of(fine), pooled(np.moveaxis(fine, 2, 0)), atol=1e-3)


@given(st.integers(2, 9), st.integers(0, 1 << 16))
def test_a_memory_moves_by_its_rate_in_every_place(layers: int, seed: int) -> None:
    memory, now = np.random.default_rng(seed).uniform(0, 1, (2, 12, 16, layers)).astype(np.float32)
    rate = np.zeros((12, 16), np.float32)
    rate[:, 4:8], rate[:, 8:] = 0.25, 1
    fresh = renewed(memory, now, rate)
    assert (fresh[:, :4] == memory[:, :4]).all()
    assert np.allclose(fresh[:, 8:], now[:, 8:], atol=1e-5)
    assert np.allclose(fresh[:, 4:8], 0.75 * memory[:, 4:8] + 0.25 * now[:, 4:8], atol=1e-5)


def test_what_passes_contradicts_past_and_future_and_what_stays_the_past_alone() -> None:
    film = Film(Path("x.mp4"), 60, Fraction(12), (96, 96), (96, 96), 1)
    fine = np.zeros((60, 3 + LOOK, 48, 48), np.float32)
    fine[:, 0, 8:40, 4:20] = 1
    fine[20:26, 0, 8:16, 4:20] = 0  # a part that is gone for half a second
    fine[30:, 0, 32:40, 4:20] = 0  # a part that is gone for good
    sights, slow = [], fine[0]
    for frame, now in enumerate(fine):
        sights.append(sight_of(pooled(now), pooled(slow), pooled(slow)))
        slow = slow + (now - slow) / (frame + 2)
    found = list(glances_of(iter(sights), film))
    passing, staying = (slice(5, 7), slice(3, 9)), (slice(17, 19), slice(3, 9))
    assert change(found[22], "both", "lost", 3)[passing].min() > 0.5
    assert change(found[35], "past", "lost", 3)[staying].min() > 0.5
    assert change(found[35], "both", "lost", 3)[staying].max() < 0.1
