"""The judge's bench keeps what it learns from: small, whole, and nearly as it was seen."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otio_bridge.model import Performer, Request
from otio_bridge.previz import FailureEvent
from otio_bridge.previz.stage import staged
from otio_bridge.previz.take import frame_of
from otio_bridge.scoring.curves import CURVES
from otio_bridge.scoring.watching import CHARACTER, GLOBALS

BENCH = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCH))
        importlib.import_module("contact.table")
        return importlib.import_module("contact.coding")


def drifting(frames: int, seed: int) -> np.ndarray:
    """Curves that are alike and change little from frame to frame, as those of a take are."""
    rng = np.random.default_rng(seed)
    few = rng.normal(size=(frames, 3)).cumsum(axis=0) * 0.2
    noise = rng.normal(size=(frames, 12)) * 0.01
    return np.abs(few @ rng.normal(size=(3, 12)) + noise).astype(np.float32)


@given(st.integers(1, 60), st.integers(0, 1 << 20))
def test_coded_curves_come_back_nearly_as_they_were(
    bench: ModuleType, frames: int, seed: int
) -> None:
    curves = drifting(frames, seed)
    directions = bench.directions_of(np.concatenate([curves, drifting(200, 0)]))
    steps = directions.coded(curves)
    assert steps.shape == (bench.BLOCK, curves.shape[1], bench.blocks_in(frames))
    back = directions.decoded(steps, frames)
    assert back.shape == curves.shape and np.isfinite(back).all()
    unit = (directions.high - directions.low) / bench.FINE
    lost = np.sqrt(np.square((back - curves.clip(directions.low, directions.high)) / unit).mean())
    # A step of STEP units is off by less than STEP in each of its directions; roots stretch by two.
    assert lost < 2 * bench.STEP
    again = directions.decoded(directions.coded(back), frames)
    assert np.abs(again - back).max() <= 4 * bench.STEP * unit.max()


@given(
    st.integers(1, 5).flatmap(
        lambda rows: st.lists(
            st.lists(st.integers(-300, 300), min_size=rows, max_size=rows), min_size=1, max_size=40
        )
    )
)
def test_rows_of_steps_come_back_as_they_were(bench: ModuleType, columns: list[list[int]]) -> None:
    steps = np.array(columns, np.int16).T
    assert np.array_equal(bench.coded_rows(steps).spread(steps.shape[1]), steps)


def test_the_committed_table_is_small_and_whole(bench: ModuleType) -> None:
    table = importlib.import_module("contact.table")
    assert table.TABLE.stat().st_size < 5_000_000
    clips = table.read_table()
    assert len({one.name for one in clips}) == len(clips) > 2000
    assert {one.domain for one in clips} == {"drawn", "posed", "footage", "unbroken"}
    wide = len(CURVES) + len(GLOBALS) + 2 * len(CHARACTER)
    for one in clips:
        assert one.curves.shape[1] == wide and np.isfinite(one.curves).all()
        assert len(one.bad) == len(one.faint) == len(one.cells)
        assert len(one.curves) == -(-len(one.bad) // one.step)
        assert 0 <= one.contact[0] < one.contact[1] <= len(one.bad)


def test_every_mishap_of_bodies_is_seen(bench: ModuleType) -> None:
    mishaps = importlib.import_module("contact.mishaps")
    request = Request(
        id="m", shot="m", take="t01", provider="offline", model="previz", prompt="", seed=3,
        slot_start=0, frames=48, slot_frames=48, rate="12/1", size=(320, 180), kind="pass",
        performers=(Performer(name="Mia"), Performer(name="Jonas", side="right")),
        props=("umbrella",), contact=((6, 42),),
    )  # fmt: skip
    stage = staged(request, {})
    for kind, modes in mishaps.MODES.items():
        for mode in sorted(set(modes)):
            one = FailureEvent(kind, mode, 0, 1, "r", 0, 48, 2, 0.9, 7)
            seen = frame_of(stage, 24, (one,), mishaps.broken_widely)[1]
            assert seen.share > 0, mode


def test_a_film_that_was_not_looked_at_is_made_again(bench: ModuleType, tmp_path: Path) -> None:
    making = importlib.import_module("contact.making")
    films, views = tmp_path / "clips", tmp_path / "views"
    for folder in (films, views):
        folder.mkdir()
    for name in ("drawn_00000", "drawn_00001"):
        (films / f"{name}.npz").touch()
    for name in ("drawn_00000", "drawn_00001.part"):
        (views / f"{name}.npz").touch()
    assert making.missing_of({"drawn": 4}, {"drawn_00002"}, views) == [("drawn", 1), ("drawn", 3)]


def test_nobody_is_asked_what_was_learned(bench: ModuleType) -> None:
    exams, table = (importlib.import_module(f"contact.{name}") for name in ("exams", "table"))
    clips = table.read_table()
    held = exams.exams_of(clips)
    for exam in held:
        assert not set(exam.taught) & set(exam.asked), exam.name
        assert not {clips[i].domain for i in exam.taught} - set(exams.DOMAINS)
        sources = [
            {clips[i].condition for i in places if clips[i].domain == "footage"}
            for places in (exam.taught, exam.asked)
        ]
        assert not sources[0] & sources[1], "a piece of real footage is on one side alone"
    folds = [i for one in held if one.name.startswith("fold") for i in one.asked]
    assert sorted(folds) == list(range(len(clips))), "every clip is asked about once"
    assert {one.name for one in held if not one.asked} == {exams.SHIPPED}


def test_answers_are_read_back_by_their_places(bench: ModuleType, tmp_path: Path) -> None:
    exams, table = (importlib.import_module(f"contact.{name}") for name in ("exams", "table"))
    clips = table.read_table()[::40]
    for exam in exams.exams_of(clips):
        said = {clips[i].name: np.full((2, 6), i, np.float32) for i in exam.asked}
        np.savez(exams.kept_in(tmp_path, exam.name), **said)
    back = exams.answers(clips, tmp_path, "fold")
    assert all((back[i] == i).all() for i in range(len(clips))) and len(back) == len(clips)
