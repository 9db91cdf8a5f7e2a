"""Judges by name: the contract that each keeps, and what happens to those that do not."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from otio_bridge import scorer
from otio_bridge.cli import app
from otio_bridge.errors import BridgeError
from otio_bridge.model import Score
from otio_bridge.scoring import BuiltinScorer
from otio_bridge.testing import ScorerContract


class Coin:
    """A judge that is never sure."""

    name = "coin"

    def score(self, media: Path, characters: Any, **_more: Any) -> Score:
        frames = BuiltinScorer().score(media, characters).frames
        return Score(scorer=self.name, frames=frames, rate="24", held=(0.5,) * frames, failures={})


class Broken:
    """No judge at all."""


class TestBuiltin(ScorerContract):
    def make(self) -> BuiltinScorer:
        return BuiltinScorer()


class TestCoin(ScorerContract):
    def make(self) -> Coin:
        return Coin()


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"coin": "Coin", "broken": "Broken", "gone": "Nothing"}
    found = [EntryPoint(n, f"{__name__}:{v}", scorer.GROUP) for n, v in values.items()]
    monkeypatch.setattr(scorer, "entry_points", lambda group: found)


def test_the_built_in_judge_is_usual_and_needs_no_entry_point(installed: None) -> None:
    assert scorer.named().name == "builtin"
    assert scorer.names() == ["broken", "builtin", "coin", "gone"]


def test_a_judge_is_chosen_by_name_or_by_the_environment(
    installed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert scorer.named("coin").name == "coin"
    monkeypatch.setenv(scorer.VARIABLE, "coin")
    assert scorer.named().name == "coin"
    assert scorer.named("builtin").name == "builtin"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("nobody", "There is no judge 'nobody'; installed are broken, builtin, coin, gone"),
        ("gone", "The judge 'gone' cannot be loaded .AttributeError"),
        ("broken", "'broken' is no judge; it lacks a name or `score`"),
    ],
)
def test_what_is_no_judge_is_said(installed: None, name: str, wrong: str) -> None:
    with pytest.raises(BridgeError, match=wrong):
        scorer.named(name)


def test_a_judge_that_breaks_is_a_sentence(
    installed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Coin, "score", lambda *_words, **_named: 1 / 0)
    film = TestBuiltin().film(tmp_path)
    done = CliRunner().invoke(app, ["score", str(film), "--scorer", "coin"])
    assert done.exit_code == 1
    assert str(done.exception) == (
        f"The judge 'coin' failed at {film.name} (ZeroDivisionError: division by zero)."
    )


def test_score_judges_by_the_named_judge(installed: None, tmp_path: Path) -> None:
    film = TestBuiltin().film(tmp_path)
    done = CliRunner().invoke(app, ["score", str(film), "--scorer", "coin", "--json"])
    assert done.exit_code == 0, done.output
    assert '"held": 0.5' in done.output
