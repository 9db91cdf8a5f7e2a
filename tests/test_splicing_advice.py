"""What is offered where a cut stays plainly seen."""

from __future__ import annotations

from fractions import Fraction

import pytest

from otio_bridge.model import Seam, Segment, SplicePlan
from otio_bridge.splicing_advice import advice, dissolve_frames

RATE = Fraction(24)


def segment(take: str, start: int, frames: int) -> Segment:
    return Segment(take=take, take_start=start, slot_start=start, frames=frames)


def plan(visibility: float, cut: int = 60) -> SplicePlan:
    return SplicePlan(
        covered=True,
        segments=(segment("t01", 0, cut), segment("t02", cut, 120 - cut)),
        seams=(Seam(slot_frame=cut, visibility=visibility),),
    )


def said(visibility: float, **takes: tuple[int, int]) -> tuple[str, ...]:
    return advice(plan(visibility), takes, slot_frames=120, rate=RATE)


def test_a_cut_that_is_hardly_seen_is_left_alone() -> None:
    assert said(0.59, t01=(0, 120), t02=(0, 120)) == ()


def test_a_plain_cut_is_offered_a_dissolve_a_bridge_or_coverage() -> None:
    assert said(0.6, t01=(0, 120), t02=(0, 120)) == (
        "The cut from t01 to t02 at 2.5 s is plainly seen; what hides it: a dissolve of up to 12 "
        "frames, both takes go on there, a bridge by 'regenerate --seconds 2-3', or 'coverage', "
        "which cuts away.",
    )


def test_without_pictures_beyond_the_cut_no_dissolve_is_offered() -> None:
    for covers in ({"t01": (0, 60), "t02": (0, 120)}, {"t01": (0, 120), "t02": (60, 120)}):
        (one,) = said(0.9, **covers)
        assert "dissolve" not in one and "bridge" in one


@pytest.mark.parametrize(
    ("cut", "covers", "frames"),
    [
        (60, {"t01": (0, 120), "t02": (0, 120)}, 12),
        (60, {"t01": (0, 63), "t02": (0, 120)}, 6),
        (60, {"t01": (0, 120), "t02": (58, 120)}, 4),
        (6, {"t01": (0, 120), "t02": (0, 120)}, 6),
        (60, {"t01": (0, 120)}, 0),
    ],
)
def test_a_dissolve_stays_where_both_takes_have_pictures(
    cut: int, covers: dict[str, tuple[int, int]], frames: int
) -> None:
    before, after = plan(1.0, cut).segments
    assert dissolve_frames(before, after, covers, RATE) == frames


@pytest.mark.parametrize(("cut", "span"), [(1, "0-1"), (119, "4-5"), (48, "1-3"), (60, "2-3")])
def test_a_bridge_names_whole_seconds_of_the_slot(cut: int, span: str) -> None:
    (one,) = advice(plan(1.0, cut), {}, slot_frames=120, rate=RATE)
    assert f"--seconds {span}'" in one
