"""The recipe through the engine: coverage, fused references, sheets, and its death in mid-work."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from fakes.provider_server import ProviderServer, World
from fakes.provider_server.desk import KEYS, NAMES
from PIL import Image
from running import Running, described, ended
from test_pipeline import build
from test_recipe_road import drawn, photographed

from otio_bridge import looks
from otio_bridge.client import Engine, EngineError
from otio_bridge.listing import shots
from otio_bridge.media import stand_in
from otio_bridge.project import Project
from otio_bridge.sheets import add_sheet


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProviderServer]:
    media = tmp_path_factory.mktemp("media") / "film.mp4"
    stand_in(media, text="generated", frames=96, rate=Fraction(24), size=(320, 180))
    row = io.BytesIO()
    Image.effect_noise((400, 225), 60).convert("RGB").save(row, format="PNG")
    with ProviderServer(World(media.read_bytes(), picture=row.getvalue())) as running:
        yield running


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("engine-data")
    patient = {name: {"poll_seconds": 0} for name in NAMES}
    (folder / "providers.json").write_text(json.dumps(patient))
    return folder


@pytest.fixture(scope="module")
def running(data: Path, paid: ProviderServer) -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTIO_BRIDGE_DATA_DIR", str(data))
        for variable, key in KEYS.items():
            patch.setenv(variable, key)
        for name in NAMES:
            patch.setenv(f"OTIO_BRIDGE_{name.upper()}_URL", f"{paid.url}/{name}")
        running = Running(data)
        running.start()
        yield running
        running.stop()


@pytest.fixture
def engine(running: Running, own_data: Path, data: Path, monkeypatch: Any) -> Engine:
    """The client; tests and engine share one data folder."""
    monkeypatch.setenv("OTIO_BRIDGE_DATA_DIR", str(data))
    found = Engine.found()
    assert found is not None
    return found


@pytest.fixture
def film(engine: Engine, tmp_path: Path) -> Path:
    """A described contact shot of two whose looks are locked."""
    timeline = described(build(tmp_path / "film"))
    project = Project.opened(timeline.parent, create=True)
    for name in ("mia", "tom"):
        add_sheet(project, name, [])
        looks.lock_look(project, "character", name)
    return timeline


def opened(engine: Engine, timeline: Path) -> tuple[str, str]:
    """Return the id of a timeline and the address of its contact shot."""
    name = engine.post("/v1/timelines", {"path": str(timeline)})["id"]
    return name, f"/v1/timelines/{name}/shots/hug.mp4"


def sent(path: Path) -> dict[str, str]:
    return {"data": base64.b64encode(path.read_bytes()).decode()}


def test_what_would_be_sent_is_shown_and_nothing_is_kept(engine: Engine, film: Path) -> None:
    name, _ = opened(engine, film)
    asked = {"clips": ["hug.mp4"]}
    (line,) = engine.post(f"/v1/timelines/{name}/requests", asked)["requests"]
    assert line["provider"] == "offline" and "They shake hands." in line["prompt"]
    assert line["references"] == [["character", "mia"], ["character", "tom"]]
    assert line["frames"][0] <= 0 and line["frames"][1] >= 24
    own = {**asked, "prompt": "Say this.", "only": ["mia"], "provider": "runway"}
    (line,) = engine.post(f"/v1/timelines/{name}/requests", own)["requests"]
    assert (line["prompt"], line["provider"]) == ("Say this.", "runway")
    assert line["references"] == [["character", "mia"]] and line["estimate_usd"] > 0
    assert engine.get(f"/v1/timelines/{name}/jobs")["jobs"] == []


def test_coverage_is_made_and_stands_in_the_slot(engine: Engine, film: Path) -> None:
    name, shot = opened(engine, film)
    told = engine.get(f"{shot}/coverage")
    assert [one["character"] for one in told["shots"]] == ["mia", "tom"]
    assert told["estimate"]["estimate_usd"] == 0 and not told["estimate"]["needs_agreement"]
    order = engine.post(f"{shot}/coverage", {})
    done = ended(engine, name, order["id"])
    assert (done["kind"], done["state"]) == ("coverage", "done"), done
    assert shots(film).shots[1].state == "coverage"
    (edit,) = engine.get(f"/v1/timelines/{name}/edits")["edits"]
    assert edit["state"] == "applied" and len(edit["shape"]["placements"]) == 2
    engine.post(f"/v1/timelines/{name}/edits", {"kind": "revert", "shot": "hug.mp4"})
    assert shots(film).shots[1].active_take == "original"


def test_a_sketch_becomes_a_locked_reference(engine: Engine, film: Path, tmp_path: Path) -> None:
    name, shot = opened(engine, film)
    with pytest.raises(EngineError, match="has no sketch yet"):
        engine.post(f"{shot}/fused", {})
    Image.new("RGB", (300, 300), "white").save(tmp_path / "blank.png")
    with pytest.raises(EngineError, match="Nothing is drawn on the drawing"):
        engine.post(f"{shot}/sketch", sent(tmp_path / "blank.png"))
    flat = drawn(tmp_path / "s.png", ["Mia", "Tom"])
    engine.post(f"{shot}/sketch", sent(photographed(flat, tmp_path / "s.jpg")))
    with Image.open(io.BytesIO(engine.picture(f"{shot}/sketch"))) as cleaned:
        wide, high = cleaned.size
    at_mia, at_tom = (f"{wide * n // 3},{high * 3 // 5}" for n in (1, 2))
    asked = {"regions": {"mia": at_mia, "tom": at_tom}, "front": ["tom"], "candidates": 2}
    assert engine.post(f"{shot}/fused/estimate", asked)["estimate_usd"] == 0
    done = ended(engine, name, engine.post(f"{shot}/fused", asked)["id"])
    assert done["state"] == "done", done["words"]
    every = engine.get(f"/v1/timelines/{name}/references")["looks"]
    (made,) = [look for look in every if look["name"].endswith("candidates")]
    assert len(made["images"]) == 2
    assert engine.post(f"{shot}/fused/choose", {"number": 2})["chosen"]["locked"]
    (line,) = engine.post(f"/v1/timelines/{name}/requests", {"clips": ["hug.mp4"]})["requests"]
    assert line["references"][-1][0] == "fused"
    with pytest.raises(EngineError, match="has no candidate 7"):
        engine.post(f"{shot}/fused/choose", {"number": 7})
    wrong = {**asked, "regions": {"bob": at_mia}}
    again = ended(engine, name, engine.post(f"{shot}/fused", wrong)["id"])
    assert again["state"] == "failed" and "who is not in the shot" in again["words"]


def test_a_sheet_is_drawn_from_pictures(engine: Engine, film: Path, tmp_path: Path) -> None:
    name, _ = opened(engine, film)
    asked = {"name": "zoe", "pictures": [sent(drawn(tmp_path / "z.png", ["Mia"]))]}
    done = ended(engine, name, engine.post(f"/v1/timelines/{name}/sheets", asked)["id"])
    assert done["state"] == "done" and done["asked"]["pictures"] == []
    look = Project.opened(film.parent).reference("character", "zoe")
    assert look is not None and len(look.images) == 5 and not look.locked


def test_a_brush_takes_a_body_from_the_footage(engine: Engine, film: Path) -> None:
    name, _ = opened(engine, film)
    look = {"role": "character", "name": "ann", "clip": "hug.mp4", "frame": 3,
            "brush": [[0.2, 0.2], [0.25, 0.7]], "brush_width": 0.1}  # fmt: skip
    made = engine.post(f"/v1/timelines/{name}/references", look)
    assert made["locked"] and made["origin"].startswith("frame 3")
    with pytest.raises(EngineError, match="box or a brush"):
        engine.post(f"/v1/timelines/{name}/references", {**look, "box": [0, 0, 1, 1]})


def test_a_project_says_who_makes_what(engine: Engine, film: Path) -> None:
    name, _ = opened(engine, film)
    wished = engine.post(f"/v1/timelines/{name}/wishes", {"provider": "runway", "step": "edit"})
    assert wished["prefer"] == {"edit": "runway"}
    assert engine.get(f"/v1/timelines/{name}/wishes") == wished
    with pytest.raises(EngineError, match="no provider"):
        engine.post(f"/v1/timelines/{name}/wishes", {"provider": "nobody"})
    engine.patch(f"/v1/timelines/{name}/shots/hug.mp4", {"provider": "runway"})
    price = engine.post(f"/v1/timelines/{name}/estimate", {"clips": ["hug.mp4"], "takes": 1})
    assert price["needs_agreement"] and "runway" in price["words"]


def test_a_killed_engine_pays_no_coverage_twice(
    running: Running, engine: Engine, film: Path, paid: ProviderServer
) -> None:
    name, shot = opened(engine, film)
    with pytest.raises(EngineError, match="send agreed_usd") as held:
        engine.post(f"{shot}/coverage", {"provider": "kling"})
    assert held.value.status == 402
    with pytest.raises(EngineError, match="above the budget"):
        engine.post(f"{shot}/coverage", {"provider": "kling", "budget_usd": 0.01})
    before = paid.world.count("kling", "create", "accepted")
    paid.world.looks_needed = 40
    order = engine.post(f"{shot}/coverage", {"provider": "kling", "agreed_usd": 20})
    while paid.world.count("kling", "look", "replied") < 3:
        engine.get("/v1/news?after=1&wait_seconds=0.2")
    running.kill()
    paid.world.looks_needed = 1
    again = running.start()
    done = ended(again, name, order["id"])
    assert done["state"] == "done", done["words"]
    assert paid.world.count("kling", "create", "accepted") == before + 2
    assert shots(film).shots[1].state == "coverage"
