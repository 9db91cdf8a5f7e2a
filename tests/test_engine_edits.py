"""Edits for hosts: offered on a lease, read back, recorded; and nothing lost when all is killed."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running import Running, described, ended, with_takes
from test_pipeline import build

from otio_bridge.client import Engine, EngineError
from otio_bridge.listing import shots
from otio_bridge.media import frame_at, probe


@pytest.fixture
def running(own_data: Path) -> Iterator[Running]:
    running = Running(own_data)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def engine(running: Running) -> Engine:
    found = Engine.found()
    assert found is not None
    return found


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return with_takes(tmp_path / "film")


@pytest.fixture
def cut(engine: Engine, film: Path) -> str:
    return str(engine.post("/v1/timelines", {"path": str(film)})["id"])


def wish(engine: Engine, cut: str, **asked: Any) -> dict[str, Any]:
    body = {"kind": "splice", "shot": "hug.mp4", "plan": "t1:0-1,t2:1-2", **asked}
    answer: dict[str, Any] = engine.post(f"/v1/timelines/{cut}/edits", body)
    return answer


def state(engine: Engine, cut: str, edit: str) -> str:
    return str(engine.get(f"/v1/timelines/{cut}/edits/{edit}")["state"])


def test_without_a_host_the_timeline_is_written(engine: Engine, cut: str, film: Path) -> None:
    before = json.loads(film.read_text())
    done = wish(engine, cut)
    assert (done["state"], done["via"]) == ("applied", "file")
    assert shots(film).shots[1].state == "spliced"
    wish(engine, cut, kind="revert")
    wish(engine, cut, kind="use", take="t2")
    assert shots(film).shots[1].active_take == "t02"
    engine.post(f"/v1/timelines/{cut}/undo")
    wish(engine, cut, kind="use", take="original")
    assert json.loads(film.read_text()) == before
    with pytest.raises(EngineError, match="none is connected"):
        wish(engine, cut, kind="alternates")


def test_a_host_gets_frames_and_files_and_reads_them_back(
    engine: Engine, cut: str, film: Path
) -> None:
    before = film.read_bytes()
    assert engine.next_edit(cut, "resolve 1") is None
    edit = wish(engine, cut)
    assert (edit["state"], edit["via"]) == ("pending", "host")
    claimed = engine.next_edit(cut, "resolve 1")
    assert claimed is not None and claimed["id"] == edit["id"]
    shape = claimed["shape"]
    assert shape["slot"] | {"record_timecode": ""} == {
        "track": "V1", "record_start": 24, "frames": 24, "rate": "12/1", "seconds": 2,
        "record_timecode": "",
    }  # fmt: skip
    placed = [(p["take"], p["source_start"], p["slot_start"], p["frames"])
              for p in shape["placements"]]  # fmt: skip
    assert placed == [("t01", 12, 0, 12), ("t02", 24, 12, 12)]
    for part in [*shape["placements"], *shape["alternates"]]:
        assert Path(part["media"]).is_absolute() and probe(part["media"]).frames == 48
    assert [(a["head"], a["tail"], a["covers_slot"]) for a in shape["alternates"]] == [
        (12, 12, True), (12, 12, True),
    ]  # fmt: skip
    assert shape["restore"]["media"] == str(film.parent / "hug.mp4")
    assert shape["restore"]["source_start"] == 18
    assert frame_at(shape["restore"]["media"], 18).size
    assert engine.read_back(claimed, shape["placements"], track="V2")["state"] == "applied"
    assert film.read_bytes() == before
    assert engine.next_edit(cut, "resolve 1") is None


def test_differences_and_failures_are_recorded(engine: Engine, cut: str) -> None:
    engine.next_edit(cut, "blender 1")
    wish(engine, cut)
    claimed = engine.next_edit(cut, "blender 1")
    assert claimed is not None
    found = [dict(part) for part in claimed["shape"]["placements"]]
    found[1]["source_start"] += 1
    answer = engine.read_back(claimed, found)
    assert answer["state"] == "differing"
    assert answer["differences"] == ["t02 shows source frame 25 instead of 24."]
    assert engine.read_back(claimed, [])["state"] == "differing"
    wish(engine, cut, kind="use", take="t1")
    claimed = engine.next_edit(cut, "blender 1")
    assert claimed is not None
    failed = engine.read_back(claimed, [], done=False, why="The track is locked.")
    assert (failed["state"], failed["why"]) == ("failed", "The track is locked.")


def test_a_dead_hosts_edit_is_offered_again(engine: Engine, cut: str) -> None:
    engine.next_edit(cut, "host 1")
    edit = wish(engine, cut)
    first = engine.next_edit(cut, "host 1", lease_seconds=1)
    assert first is not None and engine.next_edit(cut, "host 2") is None
    time.sleep(1.2)
    assert state(engine, cut, edit["id"]) == "pending"
    second = engine.next_edit(cut, "host 2")
    assert second is not None and (second["id"], second["offers"]) == (edit["id"], 2)
    with pytest.raises(EngineError, match="not held by host 1"):
        engine.read_back(first, first["shape"]["placements"])
    assert engine.read_back(second, second["shape"]["placements"])["state"] == "applied"


def test_edits_keep_their_order_and_can_be_withdrawn(engine: Engine, cut: str) -> None:
    engine.next_edit(cut, "host")
    first, second = wish(engine, cut), wish(engine, cut, kind="revert")
    third = wish(engine, cut, kind="alternates")
    withdraw = f"/v1/timelines/{cut}/edits/{second['id']}/withdraw"
    assert engine.post(withdraw)["state"] == "withdrawn"
    for expected in (first, third):
        claimed = engine.next_edit(cut, "host")
        assert claimed is not None and claimed["id"] == expected["id"]
        again = engine.next_edit(cut, "host")
        assert again is not None and again["id"] == expected["id"]
        engine.read_back(claimed, claimed["shape"]["placements"])
    with pytest.raises(EngineError, match="applied already"):
        engine.post(f"/v1/timelines/{cut}/edits/{first['id']}/withdraw")


def test_a_waiting_host_hears_of_an_edit_at_once(engine: Engine, cut: str) -> None:
    engine.next_edit(cut, "host")
    heard: list[float] = []

    def wait() -> None:
        found = engine.next_edit(cut, "host", wait_seconds=20)
        heard.append(time.monotonic() if found else 0.0)

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.7)
    wish(engine, cut)
    sent = time.monotonic()
    waiting.join(25)
    assert heard and 0 < heard[0] - sent < 1.0


def test_a_killed_engine_loses_no_edit_and_no_host(
    running: Running, engine: Engine, cut: str
) -> None:
    engine.next_edit(cut, "host")
    edit = wish(engine, cut)
    engine.next_edit(cut, "host")
    running.kill()
    again = running.start()
    assert again.port == engine.port
    assert [t["id"] for t in again.get("/v1/timelines")["timelines"]] == [cut]
    held = again.next_edit(cut, "host")
    assert held is not None and held["id"] == edit["id"]
    assert wish(again, cut)["via"] == "host"
    assert again.read_back(held, held["shape"]["placements"])["state"] == "applied"
    with pytest.raises(EngineError) as refused:
        engine.get("/v1/engine")
    assert refused.value.status == 401


def test_a_killed_order_goes_on_and_makes_exactly_what_was_asked(
    running: Running, engine: Engine, tmp_path: Path
) -> None:
    timeline = described(build(tmp_path / "killed"))
    cut = engine.post("/v1/timelines", {"path": str(timeline)})["id"]
    asked = {"clips": ["hug.mp4"], "takes": 2, "seconds": [0, 2]}
    order = engine.post(f"/v1/timelines/{cut}/regenerate", asked)["id"]
    for _ in range(2):
        time.sleep(1.0)
        running.kill()
        engine = running.start()
    found = ended(engine, cut, order)
    assert found["state"] == "done", found
    jobs = engine.get(f"/v1/timelines/{cut}/jobs")["jobs"]
    fetched = [job for job in jobs if job["state"] == "fetched"]
    assert len(jobs) == 2 and {job["state"] for job in jobs} <= {"fetched", "unknown"}
    takes = engine.get(f"/v1/timelines/{cut}/shots/hug.mp4/takes")["takes"]
    assert len(takes) == len(fetched) >= 1
    assert shots(timeline).shots[1].takes == [take["id"] for take in takes]


def test_what_the_command_line_left_open_is_brought_home(engine: Engine, tmp_path: Path) -> None:
    from otio_bridge.journal import Journal
    from otio_bridge.regeneration import Order, _work
    from otio_bridge.regeneration_steps import ask
    from otio_bridge.session import Session

    timeline = described(build(tmp_path / "left"))
    session = Session.opened(timeline)
    placed = session.named("hug.mp4")
    session.started()
    work = _work(session, placed, Order())
    with Journal.opened(session.needed_project()) as journal:
        assert ask(session, journal, work, Order()) is not None
    cut = engine.post("/v1/timelines", {"path": str(timeline)})["id"]
    end = time.monotonic() + 60
    while time.monotonic() < end and not shots(timeline).shots[1].takes:
        time.sleep(0.2)
    assert shots(timeline).shots[1].takes == ["t01"]
    assert engine.get(f"/v1/timelines/{cut}/jobs")["jobs"][0]["state"] == "fetched"
