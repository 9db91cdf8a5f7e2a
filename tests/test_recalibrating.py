"""The judge's scale, put right by a person's marks."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otio_bridge.model import Score, Shot, Take, Verdict
from otio_bridge.project import Project, ShotRecord
from otio_bridge.recalibrating import LEAST_MARKS, Scale, fitted, rescaled

PROBABILITY = st.floats(0, 1)
POINTS = st.lists(st.tuples(PROBABILITY, st.booleans()), max_size=40)


def said(held: list[float | None]) -> Score:
    return Score(scorer="builtin", frames=len(held), rate="24/1", held=tuple(held), failures={})


@given(POINTS)
@settings(max_examples=300)
def test_a_scale_is_finite_rises_and_needs_marks(points: list[tuple[float, bool]]) -> None:
    scale = fitted(points)
    assert math.isfinite(scale.slope) and math.isfinite(scale.shift) and scale.slope > 0
    assert (scale == Scale()) == (len(points) < LEAST_MARKS) or scale.marks == len(points)


@given(POINTS.filter(lambda found: len(found) >= LEAST_MARKS), st.lists(PROBABILITY, min_size=2))
def test_the_order_of_seconds_stays(points: list[tuple[float, bool]], held: list[float]) -> None:
    told = rescaled(said([*held]), fitted(points)).held
    assert all(p is not None and 0.0 <= p <= 1.0 for p in told)
    for (one, told_one), (two, told_two) in itertools.combinations(zip(held, told, strict=True), 2):
        assert told_one is not None and told_two is not None
        assert (one <= two and told_one <= told_two) or (one >= two and told_one >= told_two)


@given(st.lists(PROBABILITY, min_size=LEAST_MARKS, max_size=30), st.booleans())
def test_one_kind_of_mark_shifts_towards_it(values: list[float], held: bool) -> None:
    told = rescaled(said([0.5]), fitted([(p, held) for p in values])).held[0]
    assert told is not None and (told > 0.5 if held else told < 0.5)


def test_more_marks_move_more() -> None:
    shifts = [fitted([(0.3, True)] * count).shift for count in (5, 20, 80)]
    assert shifts == sorted(shifts) and shifts[0] > 0


def test_a_judge_that_is_right_keeps_its_numbers_nearly() -> None:
    points = [(p, n < 10 * p) for p in (0.1, 0.3, 0.5, 0.7, 0.9) for n in range(10)]
    scale = fitted(points)
    assert abs(scale.slope - 1) < 0.25 and abs(scale.shift) < 0.1


def test_a_judge_that_is_always_wrong_becomes_flat_never_upside_down() -> None:
    scale = fitted([(0.9, False), (0.1, True)] * 50)
    told = rescaled(said([0.9, 0.1]), scale).held
    assert told[0] is not None and told[1] is not None and 0.5 < told[0] < 0.7


def test_silence_stays_and_the_note_says_why() -> None:
    told = rescaled(said([None, 0.5]), fitted([(0.2, True)] * 6))
    assert told.held[0] is None
    assert told.notes == ("The numbers follow 6 marks of this project.",)


def take(shot: str, number: int) -> Take:
    return Take(
        id=f"t{number:02}", shot=shot, provider="offline", model="previz-1", seed=1,
        media=f"takes/{shot}/{shot}_t{number:02}.mov", frames=48, rate="24/1", slot_start=0,
        slot_frames=48, source_start="0", cost_usd=0, sha256="0" * 64, job="j",
    )  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two shots, whose takes the judge doubts."""
    found = Project.opened(tmp_path, create=True)
    for name in ("one", "two"):
        found.save_shot(ShotRecord(shot=Shot(id=name, clip=name)))
        for number in (1, 2, 3):
            made = take(name, number)
            found.path(made.media).parent.mkdir(parents=True, exist_ok=True)
            found.add_take(made, said([0.3] * 48))
    return found


def marked(project: Project, shot: str, marks: int) -> None:
    verdicts = tuple(
        Verdict(take=f"t{1 + n // 2:02}", start=24 * (n % 2), end=24 * (n % 2) + 24, mark="held")
        for n in range(marks)
    )
    project.edit_shot(shot, lambda old: old.model_copy(update={"verdicts": verdicts}))


def test_marks_on_one_shot_put_the_numbers_of_all_right_and_go_with_them(project: Project) -> None:
    other = take("two", 1)
    before = project.score(other)
    marked(project, "one", 4)
    assert project.score(other) == before, "too few"
    marked(project, "one", 6)
    after = project.score(other)
    assert before is not None and after is not None
    assert before.held[0] == 0.3 and after.held[0] is not None and after.held[0] > 0.35
    assert project.judged(other) == before, "what the judge said is kept as it said it"
    assert Project.opened(project.root).score(other) == after
    marked(project, "one", 0)
    assert project.score(other) == before


def test_a_damaged_shot_leaves_the_others_their_numbers(project: Project) -> None:
    marked(project, "one", 6)
    (project.folder / "shots" / "broken.json").write_text("{")
    found = project.score(take("two", 1))
    assert found is not None and found.held[0] == 0.3
