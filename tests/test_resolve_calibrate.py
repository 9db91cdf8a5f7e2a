"""The calibration finds out how each fake Resolve was set, and its cassette says it again."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from fakes.resolve import FakeResolve, Knobs
from fakes.resolve.knobs import AS_MEASURED, UNVERIFIED
from typer.testing import CliRunner

from otio_bridge.calibrating import calibrated, films_for, running_resolve
from otio_bridge.cli import app
from resolve_plugin import calibrate
from resolve_plugin.bins import HostRefused
from resolve_plugin.calibrate import Answer, Films
from resolve_plugin.cassette import NotOnCassette, Playing, read_cassette

KNOWN = ("end_frame_inclusive", "import_true_cancels", "import_false_offline")


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Films:
    return films_for(tmp_path_factory.mktemp("films"))


def asked(films: Films, folder: Path, knobs: Knobs) -> tuple[dict[str, Answer], Path]:
    fake = FakeResolve(knobs, folder / "fake")
    fake.save()
    out = calibrated(fake.app(), folder / "out", films=films, stamp="now")
    assert fake.project.name.startswith(calibrate.SCRATCH)
    return {one.question: one for one in out.answers}, out.cassette


def test_every_open_question_is_asked() -> None:
    assert {one.__name__ for one in calibrate.QUESTIONS} == {*UNVERIFIED, *KNOWN}


@pytest.mark.parametrize("knob", [*UNVERIFIED, *KNOWN])
@pytest.mark.parametrize("position", [False, True])
def test_it_finds_how_a_resolve_is_set(
    knob: str, position: bool, films: Films, tmp_path: Path
) -> None:
    found, _ = asked(films, tmp_path, Knobs(**{knob: position}))  # type: ignore[arg-type]
    assert found[knob].found is position, found[knob].saw
    others = [one for name, one in found.items() if name != knob and one.found is None]
    assert not others, others


@pytest.mark.parametrize("build", AS_MEASURED)
def test_it_gets_through_on_every_measured_build(build: str, films: Films, tmp_path: Path) -> None:
    found, _ = asked(films, tmp_path, AS_MEASURED[build])
    failed = [one for one in found.values() if one.saw.startswith("failed")]
    assert not failed
    assert found["end_frame_inclusive"].found is AS_MEASURED[build].end_frame_inclusive


def test_a_cassette_says_the_same_again(films: Films, tmp_path: Path) -> None:
    found, cassette = asked(films, tmp_path, AS_MEASURED["21.1.2.10"])
    text = cassette.read_text("utf-8")
    assert str(tmp_path) not in text, "no path of the machine goes along"
    assert str(films.plain.parent) not in text
    folder = tmp_path / "elsewhere"
    folders = {"<folder>": folder, "<films>": films.plain.parent}
    playing = Playing(json.loads(text), folders)
    again = calibrated(playing.resolve, folder, films=films, stamp="now")
    assert {one.question: one for one in again.answers} == found
    with pytest.raises(NotOnCassette, match="goes on with"):
        playing.resolve.GetVersionString()


def test_a_question_that_fails_stops_no_other(
    films: Films, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Any) -> Any:
        raise RuntimeError("gone")

    monkeypatch.setattr(calibrate, "QUESTIONS", (broken, calibrate.end_frame_inclusive))
    one, two = asked(films, tmp_path, Knobs())[0].values()
    assert one.saw == "failed: RuntimeError: gone" and two.found is False


def test_a_resolve_that_makes_no_project_is_left_alone(films: Films, tmp_path: Path) -> None:
    fake = FakeResolve(Knobs(dirty_project_blocks_new=True), tmp_path / "fake")
    fake.editor.timeline("Cut")
    before = fake.project.name
    with pytest.raises(HostRefused, match="save your own project"):
        calibrated(fake.app(), tmp_path / "out", films=films, stamp="now")
    assert fake.project.name == before
    assert not list((tmp_path / "out").glob("*.md"))


MODULE = """
from fakes.resolve import FakeResolve, Knobs
from pathlib import Path
fake = FakeResolve(Knobs(end_frame_inclusive=True), Path({folder!r}))
scriptapp = fake.scriptapp
"""


def test_an_owner_runs_it_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules = tmp_path / "api" / "Modules"
    modules.mkdir(parents=True)
    text = MODULE.format(folder=str(tmp_path / "fake"))
    (modules / "DaVinciResolveScript.py").write_text(text)
    monkeypatch.setenv("RESOLVE_SCRIPT_API", str(tmp_path / "api"))
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "DaVinciResolveScript", raising=False)
    out = tmp_path / "out"
    said = CliRunner().invoke(app, ["doctor", "--resolve-calibrate", "--out", str(out)])
    assert said.exit_code == 0, said.output
    assert "| end_frame_inclusive | yes |" in (out / "report.md").read_text("utf-8")
    assert "| end_frame_inclusive | yes |" in said.output
    assert read_cassette(out / "cassette.json")["calls"]
    sys.modules.pop("DaVinciResolveScript", None)


def test_without_a_resolve_it_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    out = tmp_path / "out"
    with pytest.raises(HostRefused, match="External scripting using to Local"):
        running_resolve()
    said = CliRunner().invoke(app, ["doctor", "--resolve-calibrate", "--out", str(out)])
    assert said.exit_code == 1 and not out.exists()
