"""A take travels from the command line through every provider into the timeline."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from fakes.provider_server import ProviderServer, World
from fakes.provider_server.desk import KEYS, NAMES, SAVING
from PIL import Image
from test_pipeline import build

from otio_bridge import cli
from otio_bridge.media import stand_in


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProviderServer]:
    film = tmp_path_factory.mktemp("film") / "film.mp4"
    stand_in(film, text="generated", frames=96, rate=Fraction(24), size=(320, 180))
    with ProviderServer(World(film.read_bytes())) as running:
        yield running


@pytest.fixture(scope="module")
def timeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cut")
    for name in ("mia", "tom"):
        sheet = Image.new("RGB", (64, 64), "white")
        sheet.paste("teal" if name == "mia" else "maroon", (20, 8, 44, 60))
        sheet.save(folder / f"{name}.png")
    return build(folder)


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def bridge(
    server: ProviderServer, timeline: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:  # fmt: skip
    """Call the program as the console script does, every provider's address in the environment."""
    data = timeline.parent / "data"
    monkeypatch.setenv("OTIO_BRIDGE_DATA_DIR", str(data))
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    for variable, key in KEYS.items():
        monkeypatch.setenv(variable, key)
    for name in NAMES:
        monkeypatch.setenv(f"OTIO_BRIDGE_{name.upper()}_URL", f"{server.url}/{name}")

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["otio-bridge", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as leaving:
            cli.main()
        said = capsys.readouterr()
        return int(leaving.value.code or 0), said.out, said.err

    if not data.exists():
        described(run, timeline, data)
    return run


def described(run: Run, timeline: Path, data: Path) -> None:
    """Set up what a person sets up once: looks, the shot, a workflow."""
    data.mkdir()
    workflow = data / "workflow.json"
    workflow.write_text(json.dumps(SAVING))
    file: dict[str, Any] = {name: {"poll_seconds": 0} for name in NAMES}
    file["comfyui"]["options"] = {"workflow": str(workflow)}
    (data / "providers.json").write_text(json.dumps(file))
    for name in ("mia", "tom"):
        picture = timeline.parent / f"{name}.png"
        assert run("characters", "add", name, picture, "--in", timeline.parent)[0] == 0
        assert run("characters", "lock", name, "--in", timeline.parent)[0] == 0
    shot = ("shot", timeline, "hug.mp4", "--prompt", "They hug.", "--kind", "hug")
    assert run(*shot, "--character", "mia=left", "--character", "tom=right")[0] == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_take_travels(name: str, bridge: Run, timeline: Path) -> None:
    code, out, err = bridge(
        "regenerate", timeline, "hug.mp4", "--takes", 1, "--provider", name, "--seconds", "0-2",
        "--budget", 20, "--json",
    )  # fmt: skip
    assert code == 0, err
    answer = json.loads(out)
    answer = answer[0] if isinstance(answer, list) else answer
    (take,) = [one for one in answer["takes"] if one["provider"] == name]
    assert take["frames"] >= 24
    assert (take["cost_usd"] > 0) == (name != "comfyui")
    cut = otio.adapters.read_from_file(str(timeline))
    (clip,) = [one for one in cut.find_clips() if one.name == "hug.mp4"]
    assert any(take["id"] in key for key in clip.media_references())
    assert not any(key in timeline.read_text() for key in KEYS.values())


def test_over_the_budget_nothing_is_sent(
    bridge: Run, timeline: Path, server: ProviderServer
) -> None:
    before = len(server.world.seen)
    words = ("regenerate", timeline, "hug.mp4", "--provider", "vertex", "--budget", "0.5")
    code, _, err = bridge(*words)
    assert code == 1 and "above the budget" in err
    assert len(server.world.seen) == before


def test_the_projects_budget_counts_what_was_spent(
    bridge: Run, timeline: Path, server: ProviderServer
) -> None:
    code, out, _ = bridge("budget", timeline, "--json")
    assert code == 0 and json.loads(out)["limit_usd"] is None
    spent = json.loads(out)["spent_usd"]
    assert bridge("budget", timeline, spent + 0.01)[0] == 0
    before = len(server.world.seen)
    words = ("regenerate", timeline, "hug.mp4", "--provider", "vertex", "--takes", "1", "--yes")
    code, _, err = bridge(*words)
    assert code == 1 and f"{spent:.2f} of the project's {spent + 0.01:.2f} USD are spent" in err
    assert len(server.world.seen) == before, "nothing was sent"
    assert "below zero" in bridge("budget", timeline, "--", "-1")[2]
    assert bridge("budget", timeline, spent + 100)[0] == 0
    assert bridge(*words)[0] == 0
    assert json.loads(bridge("budget", timeline, "--json")[1])["spent_usd"] > spent


def test_a_photoreal_face_is_stopped_where_it_would_be_refused(
    bridge: Run, timeline: Path, server: ProviderServer
) -> None:
    where = ("--in", timeline.parent)
    assert "not 'real'" in bridge("characters", "add", "mia", *where, "--look", "real")[2]
    assert bridge("characters", "add", "mia", *where, "--look", "photoreal")[0] == 0
    before = len(server.world.seen)
    words = ("regenerate", timeline, "hug.mp4", "--takes", "1", "--yes", "--provider")
    code, out, err = bridge(*words, "ark")
    assert "declared photoreal" in out + err, (code, out, err)
    assert len(server.world.seen) == before, "nothing was paid"
    assert bridge("characters", "add", "mia", *where, "--look", "stylised")[0] == 0
    assert bridge(*words, "ark")[0] == 0
