"""The command line as people and programs meet it: help, JSON, exit codes, a stop in the middle."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console
from test_pipeline import build

from otio_bridge import cli, cli_show, pipeline
from otio_bridge.model import FAILURE_KINDS, Performer
from otio_bridge.regeneration import Order

Run = Callable[..., "Answer"]


@dataclass(frozen=True)
class Answer:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Call the program as the console script does, in this process."""
    thresholds = gc.get_threshold()

    def ran(*words: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["otio-bridge", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as leaving:
            cli.main()
        said = capsys.readouterr()
        assert isinstance(leaving.value.code, int)
        return Answer(leaving.value.code, said.out, said.err)

    yield ran
    gc.set_threshold(*thresholds)


@pytest.fixture
def cut(tmp_path: Path) -> Path:
    """A three-clip timeline without a project."""
    return build(tmp_path / "film")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which one described shot has two takes of two seconds; tests copy it."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTIO_BRIDGE_DATA_DIR", str(folder / "data"))
        timeline = build(folder / "film")
        pipeline.describe(
            timeline, "hug.mp4", kind="handshake", prompt="They shake hands.",
            performers=[Performer(name="mia", side="left"), Performer(name="tom", side="right")],
            contact=[(0.5, 1.5)],
        )  # fmt: skip
        for _ in range(2):
            pipeline.regenerate(timeline, ["hug.mp4"], order=Order(takes=1, seconds=(0, 2)))
    return folder / "film"


@pytest.fixture
def film(made: Path, tmp_path: Path) -> Path:
    """The timeline of a fresh copy."""
    return Path(shutil.copytree(made, tmp_path / "film")) / "cut.otio"


def snapshot(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


# -- help ------------------------------------------------------------------------------------------


def commands() -> list[tuple[str, ...]]:
    """Every command and group, by the words that call it."""
    root = typer.main.get_command(cli.app)
    found: list[tuple[str, ...]] = []
    open_ones: list[tuple[tuple[str, ...], Any]] = [((), root)]
    while open_ones:
        words, command = open_ones.pop()
        for name, child in getattr(command, "commands", {}).items():
            found.append((*words, name))
            open_ones.append(((*words, name), child))
    return sorted(found)


def test_the_commands_of_the_design_are_there() -> None:
    promised = (
        "demo shots shot regenerate takes mark use splice revert undo score jobs report export "
        "doctor providers characters locations props serve review mcp "
        "reconcile install listen"
    )
    assert set(promised.split()) <= {words[0] for words in commands()}


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_has_help_with_an_example_that_names_it(
    run: Run, words: tuple[str, ...]
) -> None:
    said = run(*words, "--help")
    assert said.code == 0
    assert not said.err
    flat = " ".join(said.out.split())
    assert "Example: otio-bridge " in flat
    if words[0] not in ("locations", "props"):  # they share their words with characters
        assert f"Example: otio-bridge {' '.join(words)}" in flat


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_offers_json_and_explains_its_options(words: tuple[str, ...]) -> None:
    command: Any = typer.main.get_command(cli.app)
    for word in words:
        command = command.commands[word]
    if hasattr(command, "commands"):
        return
    json_too = words[0] not in ("serve", "mcp", "listen")  # which last, and answer in their own way
    assert not json_too or "--json" in [
        name for parameter in command.params for name in parameter.opts
    ]
    assert all(parameter.help for parameter in command.params if parameter.name != "help")


# -- JSON ------------------------------------------------------------------------------------------

NUMBER = (int, float)
SPAN = [int]
CELL = {
    "second": int,
    "held": (*NUMBER, type(None)),
    "verdict": (str, type(None)),
    "failures": dict.fromkeys(FAILURE_KINDS, NUMBER),
}
PLAN = {
    "covered": bool,
    "uncovered_seconds": [int],
    "segments": [{"take": str, "take_start": int, "slot_start": int, "frames": int}],
    "seams": [{"slot_frame": int, "visibility": NUMBER}],
}
OUTCOME = {
    "shot": str,
    "takes": [
        {
            "id": str,
            "provider": str,
            "model": str,
            "seed": int,
            "media": str,
            "frames": int,
            "rate": str,
            "cost_usd": NUMBER,
            "seconds": [CELL],
            "notes": [str],
        }
    ],
    "plan": PLAN,
    "timeline": str,
    "generated_seconds": NUMBER,
    "paid_usd": NUMBER,
    "notes": [str],
}
SHOTS = {
    "timeline": str,
    "rate": str,
    "audio_clips": int,
    "shots": [
        {
            "id": str,
            "clip": str,
            "track": str,
            "record_start": int,
            "record_timecode": str,
            "frames": int,
            "active_take": (str, type(None)),
            "takes": [str],
            "characters": [str],
            "contact": [SPAN],
            "state": str,
            "enabled": bool,
        }
    ],
}
JOBS = {
    "jobs": [
        {
            "id": str,
            "shot": str,
            "take": str,
            "provider": str,
            "state": str,
            "estimate_usd": NUMBER,
            "paid_usd": NUMBER,
            "why": str,
        }
    ]
}
SCORE = {"media": str, "rate": str, "frames": int, "seconds": [CELL], "notes": [str]}
STATES = {"untouched", "described", "generating", "takes", "spliced", "alternate", "coverage"}


def fits(value: Any, shape: Any, where: str = "answer") -> None:
    """Hold an answer against the names and types of the design; no field more or less."""
    if isinstance(shape, dict):
        assert isinstance(value, dict), where
        assert set(value) == set(shape), where
        for key, inner in shape.items():
            fits(value[key], inner, f"{where}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        for number, entry in enumerate(value):
            fits(entry, shape[0], f"{where}[{number}]")
    else:
        kinds = shape if isinstance(shape, tuple) else (shape,)
        assert isinstance(value, kinds), f"{where} is {value!r}"
        assert not isinstance(value, bool) or bool in kinds, f"{where} is {value!r}"


def test_the_json_of_the_whole_road_has_the_fields_of_the_design(film: Path, run: Run) -> None:
    again = run("regenerate", film, "hug.mp4", "--takes", "1", "--seconds", "0-1", "--json")
    fits(again.json, OUTCOME)
    assert again.err == ""
    listed = run("takes", film, "hug.mp4", "--json").json
    fits(listed, OUTCOME)
    assert [take["id"] for take in listed["takes"]] == ["t01", "t02", "t03"]
    assert listed["takes"][0]["rate"] == "12/1"
    assert listed["plan"]["segments"]
    fits(run("mark", film, "hug.mp4", "t2", "1", "failed", "--json").json, OUTCOME)
    spliced = run("splice", film, "hug.mp4", "--plan", "t1:0-1,t2:1-2", "--json").json
    fits(spliced, {"timeline": str, "plan": PLAN})
    assert [seam["slot_frame"] for seam in spliced["plan"]["seams"]] == [12]
    found = run("shots", film, "--json").json
    fits(found, SHOTS)
    assert {shot["state"] for shot in found["shots"]} == {"untouched", "spliced"} <= STATES
    assert found["shots"][1]["contact"] == [[6, 18]]
    fits(run("revert", film, "hug.mp4", "--json").json, {"timeline": str})
    fits(run("use", film, "hug.mp4", "t1", "--json").json, {"timeline": str})
    fits(run("undo", film, "--json").json, {"timeline": str})
    jobs = run("jobs", film, "--json").json
    fits(jobs, JOBS)
    assert [job["state"] for job in jobs["jobs"]] == ["fetched"] * 3
    fits(run("jobs", "resume", film, "--json").json, JOBS)
    told = run("shot", film, "hug.mp4", "--json").json
    assert told["prompt"] == "They shake hands."
    report = run("report", film, "--json").json
    assert Path(report["report"]).stat().st_size > 0
    flavour = run("export", film, "--for", "resolve", "--json").json
    assert Path(flavour["timeline"]).is_file()
    looks = run("characters", "list", "--in", film.parent, "--json").json
    assert {look["name"] for look in looks["looks"]} == {"mia", "tom"}
    media = listed["takes"][0]["media"]
    fits(run("score", media, "--character", "mia=0,0,40,80", "--json").json, SCORE)


@pytest.mark.parametrize("suffix", [".otio", ".edl", ".xml", ".fcpxml"])
def test_timelines_of_other_programs_are_listed_and_not_touched(
    shared: Path, tmp_path: Path, run: Run, suffix: str
) -> None:
    found = sorted((shared / "otio").glob(f"*{suffix}"))
    assert found
    for original in found:
        copy = Path(shutil.copy(original, tmp_path))
        before = snapshot(tmp_path)
        listed = run("shots", copy, "--rate", "24", "--json").json
        fits(listed, SHOTS)
        assert listed["shots"], copy.name
        assert snapshot(tmp_path) == before


@pytest.mark.slow
def test_several_clips_answer_as_a_list_of_shots(cut: Path, run: Run) -> None:
    words = ("regenerate", cut, "a.mp4", "b.mp4", "--takes", "1", "--seconds", "0-1", "--json")
    answer = run(*words).json
    fits(answer, {"shots": [OUTCOME]})
    assert len(answer["shots"]) == 2


def test_what_needs_no_timeline_speaks_json(run: Run) -> None:
    assert run("providers", "--json").json["providers"]
    findings = run("doctor", "--json").json["findings"]
    fits(findings, [{"what": str, "good": bool, "said": str}])
    assert run("--version").out.startswith("otio-bridge 0.")


def test_json_is_utf_8_where_the_console_is_not(tmp_path: Path) -> None:
    timeline = build(tmp_path / "żółw 亀")
    said = subprocess.run(
        [sys.executable, "-m", "otio_bridge.cli", "shots", timeline, "--json"],
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        check=True,
    )
    assert json.loads(said.stdout.decode("utf-8"))["timeline"] == str(timeline)


# -- errors ----------------------------------------------------------------------------------------

MISTAKES = {
    "no such file": ("shots", "{folder}/none.otio"),
    "no timeline": ("shots", "{folder}/hug.mp4"),
    "no such clip": ("takes", "{cut}", "nobody"),
    "no such clip to describe": ("shot", "{cut}", "nobody", "--prompt", "x"),
    "no such clip to regenerate": ("regenerate", "{cut}", "nobody"),
    "no clip named": ("regenerate", "{cut}"),
    "no clip marked": ("regenerate", "{cut}", "--marked"),
    "no such provider": ("regenerate", "{cut}", "hug.mp4", "--provider", "nobody"),
    "seconds beyond the clip": ("regenerate", "{cut}", "hug.mp4", "--seconds", "1-9"),
    "seconds that are none": ("regenerate", "{cut}", "hug.mp4", "--seconds", "soon"),
    "contact beyond the clip": ("shot", "{cut}", "hug.mp4", "--contact", "7-9"),
    "no such kind": ("shot", "{cut}", "hug.mp4", "--kind", "kiss"),
    "no such side": ("shot", "{cut}", "hug.mp4", "--character", "mia=up"),
    "no takes to splice": ("splice", "{cut}", "hug.mp4"),
    "no takes to use": ("use", "{cut}", "hug.mp4", "t1"),
    "nothing to mark": ("mark", "{cut}", "hug.mp4", "t1", "0", "held"),
    "no such mark": ("mark", "{cut}", "hug.mp4", "t1", "0", "perhaps"),
    "nothing to undo": ("undo", "{cut}"),
    "no such flavour": ("export", "{cut}", "--for", "premiere"),
    "no media to judge": ("score", "{folder}/none.mp4"),
    "no video to judge": ("score", "{cut}"),
    "no jobs verb": ("jobs", "resolve", "{cut}"),
    "no project": ("jobs", "{cut}"),
    "a look without pictures": ("characters", "add", "x", "--in", "{folder}"),
    "no such look": ("characters", "lock", "x", "--in", "{folder}"),
    "a box that is none": (
        "characters", "add", "x", "--from", "{cut}", "--clip", "hug.mp4", "--box", "1,2",
    ),
    "a demo where something is": ("demo", "--out", "{folder}"),
}  # fmt: skip


@pytest.mark.parametrize("words", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_sentence_on_stderr_and_writes_nothing(
    cut: Path, run: Run, words: tuple[str, ...]
) -> None:
    before = snapshot(cut.parent)
    said = run(*(word.format(cut=cut, folder=cut.parent) for word in words))
    assert said.code == 1
    assert said.out == ""
    assert said.err.startswith("otio-bridge: ")
    assert said.err.count("\n") == 1
    assert said.err.rstrip().endswith((".", "?"))
    assert snapshot(cut.parent) == before


SLIPS = {
    "no such command": ("regenerte",),
    "no such option": ("shots", "cut.otio", "--jason"),
    "an argument is missing": ("takes", "cut.otio"),
    "an argument too many": ("undo", "cut.otio", "twice"),
    "no number": ("mark", "cut.otio", "hug", "t1", "first", "held"),
    "too few takes": ("regenerate", "cut.otio", "hug", "--takes", "0"),
}


@pytest.mark.parametrize("words", SLIPS.values(), ids=SLIPS)
def test_wrong_words_are_one_sentence_too(run: Run, words: tuple[str, ...]) -> None:
    said = run(*words)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("otio-bridge: ") and said.err.count("\n") == 1
    assert "--help'" in said.err


def test_a_take_or_plan_that_cannot_be_leaves_the_timeline_alone(film: Path, run: Run) -> None:
    before = snapshot(film.parent)
    for words in (
        ("use", film, "hug.mp4", "t9"),
        ("mark", film, "hug.mp4", "t9", "0", "held"),
        ("mark", film, "hug.mp4", "t1", "9", "held"),
        ("splice", film, "hug.mp4", "--plan", "t1:0-1"),
        ("splice", film, "hug.mp4", "--plan", "t1:0-2,t2:1-2"),
        ("splice", film, "hug.mp4", "--plan", "whatever"),
        ("jobs", "cancel", film, "zz"),
    ):
        said = run(*words)
        assert (said.code, said.out, said.err.count("\n")) == (1, "", 1), said
    assert snapshot(film.parent) == before


def test_the_doctor_fails_where_something_lacks(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("OTIO_BRIDGE_DATA_DIR", str(tmp_path / "file"))
    said = run("doctor")
    assert said.code == 1
    assert "LACK data folder" in said.out


# -- what people see -------------------------------------------------------------------------------


def test_every_answer_is_also_said_in_words(film: Path, run: Run) -> None:
    assert "hug.mp4" in run("shots", film).out
    table = run("takes", film, "hug.mp4").out
    assert "0s" in table and "Best plan: " in table
    assert "held" in run("mark", film, "hug.mp4", "t1", "0", "held").out
    assert "is spliced from t01:0f-24f" in run("splice", film, "hug.mp4", "--plan", "t1:0-2").out
    assert "is as it was" in run("revert", film, "hug.mp4").out
    assert "is undone" in run("undo", film).out
    assert "fetched" in run("jobs", film).out
    assert "offline" in run("providers").out
    assert "character mia" in run("characters", "list", "--in", film.parent).out
    assert run("props", "list", "--in", film.parent).out == "No props yet.\n"


@pytest.mark.parametrize("width", [40, 60, 80, 4000])
def test_tables_keep_their_words_whole_on_narrow_terminals(
    film: Path, run: Run, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_show, "console", Console(highlight=False, width=width))
    said = run("shots", film).out + run("takes", film, "hug.mp4").out + run("jobs", film).out
    assert "…" not in said
    assert "takes" in said and "fetched" in said and "0s" in said
    tables = [line for line in said.splitlines() if line[:3].strip() in ("t01", "t0", "a")]
    assert all(len(line) <= width for line in tables)


def test_a_reader_that_leaves_early_is_no_accident(film: Path) -> None:
    words = [sys.executable, "-m", "otio_bridge.cli", "shots", str(film), "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


# -- a stop in the middle --------------------------------------------------------------------------

BREAKABLE = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    "from otio_bridge.cli import main; main()"
)
"""The program, hearing Ctrl-C even where the test runner was told not to."""


def stopped(words: list[str], when: Callable[[], bool]) -> Answer:
    """Run the program and press Ctrl-C as soon as something is seen."""
    process = subprocess.Popen(
        [sys.executable, "-c", BREAKABLE, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not when() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    return Answer(process.returncode, out, err)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to a child")
@pytest.mark.parametrize("state", ["planned", "ready"])
def test_a_stopped_regenerate_goes_on_later(cut: Path, run: Run, state: str) -> None:
    folder = cut.parent / "otio-bridge" / "jobs"
    before = cut.read_bytes()

    def reached() -> bool:
        return any(f'"{state}"' in file.read_text() for file in folder.glob("*.jsonl"))

    said = stopped(["regenerate", str(cut), "hug.mp4", "--takes", "1"], reached)
    assert said.code == 130
    assert "jobs resume" in said.err
    assert "Traceback" not in said.err
    assert cut.read_bytes() == before
    (job,) = run("jobs", cut, "--json").json["jobs"]
    assert job["state"] in ("planned", "submitted", "ready", "unknown", "fetched")
    run("jobs", "resume", cut)
    (job,) = run("jobs", cut, "--json").json["jobs"]
    assert job["state"] == "fetched"
    assert [take["id"] for take in run("takes", cut, "hug.mp4", "--json").json["takes"]] == ["t01"]
    again = run("regenerate", cut, "hug.mp4", "--takes", "1", "--seconds", "0-2", "--json").json
    assert [take["id"] for take in again["takes"]] == ["t01", "t02"]
    assert not list(cut.parent.rglob("*.partial*"))
