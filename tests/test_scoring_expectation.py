from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from otio_bridge.scoring.expectation import CALM_ODDS, expected

RATE = Fraction(24)


def test_inside_contact_nothing_changes_and_outside_the_odds_fall() -> None:
    failing = np.full((96, 2), 0.6)
    found = expected(failing, [(24, 72)], RATE)
    assert found[24:72] == pytest.approx(0.6)
    odds = 0.6 / 0.4 * CALM_ODDS
    assert found[:18] == pytest.approx(odds / (1 + odds))
    assert np.all(np.diff(found[:25, 0]) >= 0) and np.all(np.diff(found[71:, 0]) <= 0)


@pytest.mark.parametrize("contact", [[], [(200, 300)], [(5, 5)]])
def test_without_a_known_contact_the_judge_is_left_alone(contact: list[tuple[int, int]]) -> None:
    failing = np.linspace(0.0, 1.0, 96)[:, None]
    assert np.array_equal(expected(failing, contact, RATE), failing)


def test_certainty_stays_certain() -> None:
    failing = np.array([[0.0], [1.0]] * 48)
    assert np.array_equal(expected(failing, [(40, 50)], RATE), failing)
