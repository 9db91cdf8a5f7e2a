"""The engine as windows meet it: a real process on loopback, a real project, every verb."""

from __future__ import annotations

import base64
import http.client
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from running import Running, described, ended, with_takes
from test_pipeline import build, tree

from otio_bridge.client import Engine, EngineError
from otio_bridge.engine.memory import Remembered
from otio_bridge.listing import shots
from otio_bridge.media import probe


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("engine-data")


@pytest.fixture(scope="module")
def engine(data: Path) -> Iterator[Engine]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTIO_BRIDGE_DATA_DIR", str(data))
        running = Running(data)
        yield running.start()
        running.stop()


@pytest.fixture(autouse=True)
def engine_data(own_data: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests and engine share one data folder."""
    monkeypatch.setenv("OTIO_BRIDGE_DATA_DIR", str(data))


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A fresh copy of a timeline with takes, as another project."""
    return with_takes(tmp_path / "film")


@pytest.fixture
def cut(engine: Engine, film: Path) -> str:
    """Address of the opened timeline."""
    return f"/v1/timelines/{engine.post('/v1/timelines', {'path': str(film)})['id']}"


def raw(engine: Engine, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    line = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=60)
    line.request("GET", path, headers={"Authorization": f"Bearer {engine._token}", **headers})
    answer = line.getresponse()
    body = answer.read()
    line.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


def test_shots_are_those_of_the_command_line(engine: Engine, cut: str, film: Path) -> None:
    answer = engine.get(f"{cut}/shots")
    assert [line["id"] for line in answer["shots"]] == [line.id for line in shots(film).shots]
    status, headers, _ = raw(engine, f"{cut}/shots")
    assert status == 200
    assert raw(engine, f"{cut}/shots", **{"If-None-Match": headers["etag"]})[0] == 304


def test_describe_changes_what_was_given_only(engine: Engine, cut: str) -> None:
    answer = engine.patch(f"{cut}/shots/hug.mp4", {"location": "a kitchen", "contact": [[0, 1]]})
    assert answer["shot"]["location"] == "a kitchen"
    assert answer["shot"]["kind"] == "handshake"
    assert answer["shot"]["contact"] == [[0, 12]]


def test_takes_carry_cells_evidence_and_plan(engine: Engine, cut: str) -> None:
    answer = engine.get(f"{cut}/shots/hug.mp4/takes")
    assert [take["id"] for take in answer["takes"]] == ["t01", "t02"]
    for take in answer["takes"]:
        assert [cell["second"] for cell in take["seconds"]] == [0, 1]
        assert take["slot_start"] == -12
        assert not take["active"]
        for seen in take["evidence"]:
            assert 0 <= seen["start"] < seen["end"] <= take["frames"] and seen["words"]
    assert sum(part["frames"] for part in answer["plan"]["segments"]) == 24


def test_marks_rule_the_plan_and_are_kept(engine: Engine, cut: str, film: Path) -> None:
    marks = [
        {"take": "t1", "second": 0, "mark": "held"},
        {"take": "t2", "second": 0, "mark": "failed"},
        {"take": "t1", "second": 1, "mark": "failed"},
        {"take": "t2", "second": 1, "mark": "held"},
    ]
    answer = engine.post(f"{cut}/shots/hug.mp4/marks", {"marks": marks})
    assert [part["take"] for part in answer["plan"]["segments"]] == ["t01", "t02"]
    assert answer["plan"]["covered"]
    from otio_bridge import pipeline

    verdicts = [cell.verdict for cell in pipeline.takes(film, "hug.mp4").takes[0].seconds]
    assert verdicts == ["held", "failed"]
    cleared = engine.post(
        f"{cut}/shots/hug.mp4/marks", {"marks": [{"take": "t01", "second": 0, "mark": None}]}
    )
    assert cleared["takes"][0]["seconds"][0]["verdict"] is None


def test_what_if_is_answered_and_not_kept(engine: Engine, cut: str) -> None:
    keep = {"keep": [{"take": "t02", "second": 0}, {"take": "t01", "second": 1}]}
    (plan,) = engine.post(f"{cut}/shots/hug.mp4/plan", keep)["plans"]
    assert plan["words"] == "t02:0f-12f,t01:12f-24f"
    assert len(plan["seams"]) == 1
    given = engine.post(f"{cut}/shots/hug.mp4/plan", {"plan": "t1:0-1,t2:1-2"})["plans"]
    assert given[0]["words"] == "t01:0f-12f,t02:12f-24f"
    assert len(engine.post(f"{cut}/shots/hug.mp4/plan", {"count": 3})["plans"]) > 1
    verdicts = [c["verdict"] for t in engine.get(f"{cut}/shots/hug.mp4/takes")["takes"]
                for c in t["seconds"]]  # fmt: skip
    assert verdicts == [None] * 4


def test_others_changes_are_seen_at_once(engine: Engine, cut: str, film: Path) -> None:
    from otio_bridge import pipeline

    assert engine.get(f"{cut}/shots")["shots"][1]["state"] == "takes"
    pipeline.use(film, "hug.mp4", "t1")
    assert engine.get(f"{cut}/shots")["shots"][1]["state"] == "alternate"
    pipeline.mark(film, "hug.mp4", "t1", 1, "failed")
    takes = engine.get(f"{cut}/shots/hug.mp4/takes")["takes"]
    assert takes[0]["active"] and takes[0]["seconds"][1]["verdict"] == "failed"


def test_regenerate_is_an_order_with_news(engine: Engine, tmp_path: Path) -> None:
    timeline = described(build(tmp_path / "new"))
    opened = engine.post("/v1/timelines", {"path": str(timeline)})["id"]
    asked = {"clips": ["hug.mp4"], "takes": 1}
    price = engine.post(f"/v1/timelines/{opened}/estimate", asked)
    assert price["estimate_usd"] == 0 and not price["needs_agreement"]
    news = engine.news(opened)
    after = engine.get("/v1/news")["latest"]
    order = engine.post(f"/v1/timelines/{opened}/regenerate", asked)
    with pytest.raises(EngineError, match="is making takes of this shot") as held:
        engine.post(f"/v1/timelines/{opened}/regenerate", asked)
    assert held.value.status == 409
    found = ended(engine, opened, order["id"])
    assert found["state"] == "done", found
    assert list(found["takes"].values()) == [["t01"]]
    told = next(engine.news(opened, after=after))
    assert {"running", "done"} <= {one["state"] for one in told if one["kind"] == "order"}
    assert any(one["words"].startswith("t01") for one in told)
    assert engine.get(f"/v1/timelines/{opened}/jobs")["jobs"][0]["state"] == "fetched"
    assert shots(timeline).shots[1].state == "takes"
    news.close()


def test_an_order_can_be_cancelled(engine: Engine, tmp_path: Path) -> None:
    timeline = described(build(tmp_path / "long"))
    opened = engine.post("/v1/timelines", {"path": str(timeline)})["id"]
    asked = {"clips": ["hug.mp4"], "takes": 50}
    order = engine.post(f"/v1/timelines/{opened}/regenerate", asked)["id"]
    engine.post(f"/v1/timelines/{opened}/orders/{order}/cancel")
    assert ended(engine, opened, order)["state"] == "cancelled"
    assert len(engine.get(f"/v1/timelines/{opened}/jobs")["jobs"]) < 3


def test_the_stream_tells_the_same_news(engine: Engine, cut: str) -> None:
    line = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=20)
    headers = {"Authorization": f"Bearer {engine._token}"}
    line.request("GET", f"/v1/news/stream?timeline={cut.rsplit('/', 1)[1]}", headers=headers)
    answer = line.getresponse()
    assert answer.getheader("content-type", "").startswith("text/event-stream")
    answer.readline()
    engine.post(f"{cut}/shots/hug.mp4/marks",
                {"marks": [{"take": "t1", "second": 0, "mark": "held"}]})  # fmt: skip
    lines = []
    while not (lines and lines[-1].startswith(b"data")):
        lines.append(answer.readline())
    news = json.loads(lines[-1].removeprefix(b"data: "))
    assert news["kind"] == "timeline" and news["state"] == "changed"
    line.close()


def test_media_by_range_and_proxies_on_demand(engine: Engine, cut: str, tmp_path: Path) -> None:
    status, headers, part = raw(engine, f"{cut}/shots/hug.mp4/media/t1", Range="bytes=4-11")
    assert (status, len(part), part[:4]) == (206, 8, b"ftyp")
    size = int(headers["content-range"].rpartition("/")[2])
    assert len(raw(engine, f"{cut}/shots/hug.mp4/media/t1")[2]) == size
    tail = raw(engine, f"{cut}/shots/hug.mp4/media/t1", Range="bytes=-5")[1]
    assert tail["content-range"] == f"bytes {size - 5}-{size - 1}/{size}"
    for asked in (f"bytes={size}-", "bytes=9-3", "bytes=-", "lines=1-2", "bytes=0-1,4-5"):
        status, headers, body = raw(engine, f"{cut}/shots/hug.mp4/media/t1", Range=asked)
        assert status == 416 and json.loads(body)["error"]
        assert headers["content-range"] == f"bytes */{size}"
    for take, frames in (("t01", 48), ("original", 24)):
        status, headers, film = raw(engine, f"{cut}/shots/hug.mp4/proxy/{take}")
        assert status == 200 and headers["content-type"] == "video/mp4"
        (tmp_path / f"{take}.mp4").write_bytes(film)
        assert probe(tmp_path / f"{take}.mp4").frames == frames
        picture = raw(engine, f"{cut}/shots/hug.mp4/thumbnail/{take}?frame=3&width=160")[2]
        assert Image.open(io.BytesIO(picture)).width == 160
        strip = raw(engine, f"{cut}/shots/hug.mp4/strip/{take}?width=160")[2]
        assert Image.open(io.BytesIO(strip)).width == 320
    assert raw(engine, f"{cut}/shots/hug.mp4/board")[2].startswith(b"\x89PNG")
    assert b"<html" in raw(engine, f"{cut}/report")[2][:500].lower()


def test_only_media_of_project_and_timeline_is_served(
    engine: Engine, tmp_path: Path, cut: str
) -> None:
    timeline = build(tmp_path / "sly")
    content = tree(timeline)
    references = content["tracks"]["children"][0]["children"][0]["media_references"]
    secret = tmp_path / "secret.txt"
    secret.write_text("a key")
    next(iter(references.values()))["target_url"] = str(secret)
    timeline.write_text(json.dumps(content))
    opened = engine.post("/v1/timelines", {"path": str(timeline)})["id"]
    status, _, body = raw(engine, f"/v1/timelines/{opened}/shots/a.mp4/media/original")
    assert status == 403 and b"a key" not in body
    for way in ("../../../secret.txt", "..%2f..%2fsecret.txt", "%2e%2e/secret.txt", "%00",
                "....//secret.txt", "/etc/passwd", "C:%5Csecret.txt"):  # fmt: skip
        for kind in ("media", "proxy", "thumbnail", "strip"):
            status, _, body = raw(engine, f"{cut}/shots/hug.mp4/{kind}/{way}")
            assert status in (404, 422) and json.loads(body)["error"], (way, kind, status)


def test_looks_from_pictures_and_from_footage(engine: Engine, cut: str) -> None:
    drawn = io.BytesIO()
    carton = Image.new("RGB", (64, 90), (240, 240, 240))
    carton.paste((200, 30, 30), (12, 10, 52, 84))
    carton.save(drawn, format="PNG")
    data = base64.b64encode(drawn.getvalue()).decode()
    added = engine.post(
        f"{cut}/references", {"role": "prop", "name": "juice box", "pictures": [{"data": data}]}
    )
    assert added["images"] and not added["locked"]
    assert engine.post(f"{cut}/references/prop/juice%20box/lock")["locked"]
    assert raw(engine, f"{cut}/references/prop/juice%20box/pictures/0")[2].startswith(b"\x89PNG")
    box = {"role": "character", "name": "ann", "clip": "hug.mp4", "frame": 3,
           "box": [0.1, 0.1, 0.5, 0.9]}  # fmt: skip
    assert engine.post(f"{cut}/references", box)["locked"]
    with pytest.raises(EngineError, match="is locked") as held:
        engine.post(f"{cut}/references", box)
    assert held.value.status == 422
    with pytest.raises(EngineError, match="is no picture"):
        bad = {"role": "prop", "name": "x", "pictures": [{"data": "AAAA"}]}
        engine.post(f"{cut}/references", bad)
    names = {look["name"] for look in engine.get(f"{cut}/references")["looks"]}
    assert {"mia", "tom", "ann", "juice box"} <= names


def test_a_posted_timeline_works_like_a_file(engine: Engine, film: Path) -> None:
    sent: dict[str, Any] = {
        "folder": str(film.parent), "name": "scene", "host": "blender", "timeline": tree(film),
    }  # fmt: skip
    first = engine.post("/v1/timelines/posted", sent)
    assert engine.post("/v1/timelines/posted", sent) == first
    assert Path(first["path"]).name == "scene.blender.otio"
    at = f"/v1/timelines/{first['id']}"
    assert len(engine.get(f"{at}/shots/hug.mp4/takes")["takes"]) == 2
    engine.post(f"{at}/edits", {"kind": "use", "shot": "hug.mp4", "take": "t1"})
    assert engine.get(f"{at}/shots")["shots"][1]["state"] == "alternate"
    engine.post("/v1/timelines/posted", sent)
    assert engine.get(f"{at}/shots")["shots"][1]["state"] == "takes"
    for broken in ({}, {"OTIO_SCHEMA": "Clip.2"}, {"OTIO_SCHEMA": "Timeline.1", "tracks": 7}):
        with pytest.raises(EngineError) as refused:
            engine.post("/v1/timelines/posted", {**sent, "timeline": broken})
        assert refused.value.status == 422
    assert engine.get(f"{at}/shots")["shots"][1]["state"] == "takes"


def test_paid_work_needs_the_price_agreed_to() -> None:
    from otio_bridge.engine.asking import RegenerateAsked
    from otio_bridge.engine.order_terms import EstimateAnswer, guard_price
    from otio_bridge.engine.refusals import Refusal

    price = EstimateAnswer(
        words="1 shot(s): up to 2.50 USD", estimate_usd=2.5, needs_agreement=True,
        clips={"a": "a"}, undescribed=(),
    )  # fmt: skip
    for terms in ({}, {"agreed_usd": 2.4}, {"agreed_usd": 3, "budget_usd": 2}, {"budget_usd": 9}):
        with pytest.raises(Refusal) as refused:
            guard_price(price, RegenerateAsked.model_validate(terms))
        assert (refused.value.status, refused.value.estimate_usd) == (402, 2.5)
    guard_price(price, RegenerateAsked(agreed_usd=2.5))
    with pytest.raises(Refusal, match="never described"):
        guard_price(price.model_copy(update={"undescribed": ("a",)}), RegenerateAsked())


def test_values_are_made_once_per_state() -> None:
    kept, made = Remembered(), []
    for stamp in ((1,), (1,), (2,), (2,)):
        kept.get("a", stamp, lambda: made.append(1))
    assert len(made) == 2


def test_an_idle_engine_ends_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTIO_BRIDGE_DATA_DIR", str(tmp_path))
    running = Running(tmp_path, "--idle-minutes", "0.03")
    running.start()
    assert running.process is not None
    began = time.monotonic()
    assert running.process.wait(30) == 0
    assert time.monotonic() - began > 1.0
    assert not (tmp_path / "engine" / "runtime.json").exists()
