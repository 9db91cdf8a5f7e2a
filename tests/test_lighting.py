"""Takes of one shot brought into one light."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from otio_bridge.lighting import gains
from otio_bridge.media import write_film
from otio_bridge.model import Segment

SIZE = (160, 90)


def film(path: Path, gain: tuple[float, float, float], frames: int = 60, seed: int = 1) -> Path:
    """A textured film in some light, with a figure of its own that moves."""
    rng = np.random.default_rng(seed)
    ground = np.random.default_rng(0).integers(40, 170, (9, 16, 3)).repeat(10, 0).repeat(10, 1)
    pictures = []
    for frame in range(frames):
        picture = ground.astype(float)
        left = 10 + frame + int(rng.integers(0, 3))
        picture[40:80, left : left + 12] = (200, 30 * seed, 60)
        pictures.append((picture * gain).clip(0, 255).astype(np.uint8))
    write_film(path, pictures, rate=Fraction(24), size=SIZE)
    return path


def segment(take: str, start: int, frames: int) -> Segment:
    return Segment(take=take, take_start=start, slot_start=start, frames=frames)


PLAN = [segment("t01", 0, 35), segment("t02", 35, 25)]
STARTS = {"t01": 0, "t02": 0}


def of(tmp_path: Path, gain: tuple[float, float, float], plan: list[Segment] = PLAN) -> object:
    files = {
        "t01": film(tmp_path / "a.mp4", (1, 1, 1)),
        "t02": film(tmp_path / "b.mp4", gain, seed=2),
    }
    return gains(plan, files, STARTS).get("t02")


def test_a_darker_and_cooler_take_is_brought_to_the_one_shown_most(tmp_path: Path) -> None:
    assert of(tmp_path, (0.9, 0.9, 0.95)) == pytest.approx((1 / 0.9, 1 / 0.9, 1 / 0.95), rel=0.02)


@pytest.mark.parametrize("gain", [(1.0, 1.0, 1.0), (0.99, 1.0, 1.0), (0.6, 0.6, 0.6)])
def test_what_nobody_sees_and_what_is_another_light_is_left_alone(
    tmp_path: Path, gain: tuple[float, float, float]
) -> None:
    assert of(tmp_path, gain) is None


def test_takes_without_a_picture_in_common_are_left_alone(tmp_path: Path) -> None:
    files = {
        "t01": film(tmp_path / "a.mp4", (1, 1, 1), frames=35),
        "t02": film(tmp_path / "b.mp4", (0.9, 0.9, 0.9), frames=25),
    }
    assert gains(PLAN, files, {"t01": 0, "t02": 35}) == {}


def test_one_take_alone_needs_nothing(tmp_path: Path) -> None:
    files = {"t01": film(tmp_path / "a.mp4", (1, 1, 1))}
    assert gains([segment("t01", 0, 60)], files, {"t01": 0}) == {}
    assert gains([segment("original", 0, 60)], {}, {}) == {}
