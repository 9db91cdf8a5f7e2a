"""Every provider end to end: worker, journal and runner against the real HTTP server."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.provider_server import ProviderServer, Seen
from fakes.provider_server.desk import KEYS, NAMES, Desk, a_desk, quick_folder
from fakes.provider_server.world import PNG

from otio_bridge import provider

STILLS = (
    ("ark", "seedream-5-0-260128"), ("gemini", "gemini-3-pro-image"), ("runway", "gen4_image"),
)  # fmt: skip


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def server() -> Iterator[ProviderServer]:
    with ProviderServer() as running:
        yield running


@pytest.fixture
def desk(server: ProviderServer) -> Iterator[Desk]:
    server.world.looks_needed = 1
    server.world.seen.clear()
    with quick_folder() as folder, a_desk(folder, server) as opened:
        yield opened


def sent(server: ProviderServer, name: str) -> Seen:
    """Return the one request that a provider was asked to make something with."""
    from fakes.provider_server.server import DIALECTS

    creates = [
        seen for seen in server.world.seen
        if seen.provider == name and DIALECTS[name].verb(seen) == "create"
    ]  # fmt: skip
    assert len(creates) == 1
    return creates[0]


@pytest.mark.parametrize("name", NAMES)
def test_a_take_travels_through(name: str, desk: Desk, server: ProviderServer) -> None:
    job = desk.end(desk.ask(name))
    assert job.state == "fetched", (job, desk.news)
    media = desk.project.path(job.media or "")
    (task,) = [one for one in server.world.of(name) if one.id.split("/")[-1] in media_end(media)]
    assert media.read_bytes() == server.world.media_of(task.id)
    assert job.sha256 == hashlib.sha256(media.read_bytes()).hexdigest()
    assert (job.account is None) == (name == "comfyui")
    assert sent(server, name).body is not None


def media_end(media: Path) -> str:
    return media.read_bytes()[-80:].decode("latin-1")


@pytest.mark.parametrize("name", NAMES)
def test_it_waits_while_a_generation_runs(name: str, desk: Desk, server: ProviderServer) -> None:
    server.world.looks_needed = 3
    job = desk.ask(name)
    worker = desk.worker()
    states = []
    for _ in range(6):
        worker.tick()
        states.append(desk.journal.job(job.id).state)
    assert states.count("submitted") >= 2 and states[-1] == "fetched"


@pytest.mark.parametrize(("name", "model"), STILLS)
def test_a_picture_comes_back(name: str, model: str, desk: Desk, server: ProviderServer) -> None:
    job = desk.end(desk.ask(name, model=model, frames=1))
    assert job.state == "fetched" and (job.media or "").endswith(".png")
    if name != "runway":
        assert desk.project.path(job.media or "").read_bytes() == PNG
        found = provider.find(name).reconcile(job.request)  # type: ignore[attr-defined]
        assert found == f"still:{job.id}"


@pytest.mark.parametrize("name", ["ark", "kling", "replicate", "comfyui"])
def test_a_lost_submit_is_found_again(name: str, desk: Desk, server: ProviderServer) -> None:
    server.world.fail(name, "create", "drop")
    before = server.world.count(name, "create", "arrived")
    lost, other = desk.ask(name), desk.ask(name)  # of the same prompt and model
    ended = [desk.end(lost), desk.end(other)]
    assert [job.state for job in ended] == ["fetched", "fetched"]
    assert ended[0].remote_id != ended[1].remote_id
    assert server.world.count(name, "create", "arrived") == before + 2


@pytest.mark.parametrize("name", ["ark", "replicate"])
def test_a_lost_submit_is_found_on_a_later_page(
    name: str, desk: Desk, server: ProviderServer
) -> None:
    server.world.fail(name, "create", "drop")
    lost = desk.ask(name)
    desk.worker().tick()
    (task,) = [one for one in server.world.of(name) if str(lost.request.seed) in str(one.body)]
    for number in range(250):
        server.world.accept(name, {**task.body, "seed": number, "input": {}}, task.path)
    assert desk.end(lost).state == "fetched"


@pytest.mark.parametrize("name", ["runway", "gemini", "vertex", "fal"])
def test_a_lost_submit_elsewhere_stays_unknown(
    name: str, desk: Desk, server: ProviderServer
) -> None:
    server.world.fail(name, "create", "timeout")
    server.world.patience = 2
    before = server.world.count(name, "create", "arrived")
    job = desk.end(desk.ask(name))
    assert job.state == "unknown" and "may have been paid" in job.why
    assert server.world.count(name, "create", "arrived") == before + 1
    assert desk.journal.estimate_open() == pytest.approx(0.5)


def test_kling_takes_a_duplicate_for_what_it_is(desk: Desk, server: ProviderServer) -> None:
    job = desk.ask("kling")
    asked = provider.find("kling")
    files = desk.worker()._files(job.request)
    first = asked.submit(job.request, files)
    assert asked.submit(job.request, files) == first


def test_comfyui_finds_the_file_after_a_restart(desk: Desk, server: ProviderServer) -> None:
    server.world.looks_needed = 2
    job = desk.ask("comfyui")
    desk.worker().tick()
    server.world.forget()
    assert desk.end(job).state == "fetched"


@pytest.mark.parametrize("name", NAMES)
def test_cancelling_is_harmless(name: str, desk: Desk, server: ProviderServer) -> None:
    server.world.looks_needed = 5
    job = desk.ask(name)
    worker = desk.worker()
    worker.tick()
    worker.cancel(job.id)
    worker.cancel(job.id)
    server.world.looks_needed = 1
    ended = desk.end(job)
    cancels = {"ark", "runway", "gemini", "replicate"}
    expected = ("cancelled",) if name in cancels else ("fetched", "failed")
    assert ended.state in expected, ended


def test_runway_tells_what_it_cost(desk: Desk) -> None:
    assert desk.end(desk.ask("runway")).paid_usd == pytest.approx(0.25)


def test_ark_counts_its_tokens(desk: Desk) -> None:
    assert desk.end(desk.ask("ark")).paid_usd == pytest.approx(108900 * 10.70 / 1e6, abs=1e-4)


def test_vertex_reads_from_a_bucket_of_its_own(server: ProviderServer, tmp_path: Path) -> None:
    with a_desk(tmp_path, server, options={"storage_uri": "gs://b/o"}) as desk:
        server.world.seen.clear()
        job = desk.end(desk.ask("vertex"))
        assert job.state == "fetched", job
        assert sent(server, "vertex").body["parameters"]["storageUri"] == "gs://b/o"


def test_large_files_are_uploaded(desk: Desk, server: ProviderServer) -> None:
    big = PNG + bytes(4_000_000)
    desk.project.path("references/character/Ada.png").write_bytes(big)
    for name in ("runway", "fal", "replicate"):
        assert desk.end(desk.ask(name)).state == "fetched"
        assert big in server.world.files.values()
        server.world.files.clear()


def test_frames_are_fixed_without_references(desk: Desk, server: ProviderServer) -> None:
    uri = "data:image/png;base64," + base64.b64encode(PNG).decode()
    for name in ("ark", "runway", "kling", "gemini", "vertex", "fal", "replicate"):
        job = desk.end(desk.ask(name, first_frame="raw/frame.png"))
        assert job.state == "fetched", job
        body = json.dumps(sent(server, name).body)
        assert name == "kling" or "Image 1" not in body
    assert sent(server, "runway").path == "/v1/image_to_video"
    assert sent(server, "runway").body["promptImage"] == [{"uri": uri, "position": "first"}]
    roles = [one.get("role") for one in sent(server, "ark").body["content"]]
    assert roles == [None, "first_frame"]


def test_an_edit_is_sent_as_each_can(server: ProviderServer, tmp_path: Path) -> None:
    changes: dict[str, Any] = {"upload_command": ["echo", "https://studio.example/{file}"]}
    edit = dict(source="raw/take.mp4", edit=(30, 42), first_frame="raw/frame.png")
    with a_desk(tmp_path, server, **changes) as desk:
        server.world.seen.clear()
        desk.project.path("raw/take.mp4").write_bytes(server.world.film)
        assert desk.end(desk.ask("runway", model="aleph2", **edit)).state == "fetched"
        edit.pop("first_frame")
        for name in ("ark", "kling", "gemini"):
            assert desk.end(desk.ask(name, **edit)).state == "fetched"
        retake = "fal-ai/ltx-2/retake-video"
        assert desk.end(desk.ask("fal", model=retake, **edit)).state == "fetched"
    (keyframe,) = sent(server, "runway").body["keyframes"]
    assert keyframe["range"] == {"start_seconds": 1, "end_seconds": 2}
    assert keyframe["seconds"] == 1.5
    assert sent(server, "ark").body["omni_reference_task_type"] == "edit"
    assert sent(server, "ark").body["duration"] == -1
    assert sent(server, "fal").body["duration"] == 2
    kinds = [one["type"] for one in sent(server, "kling").body["contents"]]
    assert kinds == ["prompt", "refer_image", "refer_image", "base_video"]


def test_films_need_a_public_place_where_the_provider_says_so(desk: Desk) -> None:
    desk.project.path("raw/take.mp4").write_bytes(b"film")
    for name in ("ark", "kling"):
        job = desk.end(desk.ask(name, source="raw/take.mp4", edit=(0, 24)))
        assert job.state == "failed" and "upload_command" in job.why and "runway" in job.why


def test_a_photoreal_face_is_stopped_before_it_is_paid(
    server: ProviderServer, tmp_path: Path
) -> None:
    with a_desk(tmp_path, server, assets={"Ada": "asset://a1"}) as desk:
        server.world.seen.clear()
        looks = desk.ask("ark").request.references
        desk.end(desk.journal.jobs()[0])
        real = tuple(look.model_copy(update={"look": "photoreal"}) for look in looks)
        job = desk.end(desk.ask("ark", references=real))
        assert job.state == "failed" and "Ben is declared photoreal; use" in job.why
        assert "asset://a1" in json.dumps(sent(server, "ark").body)
        assert desk.end(desk.ask("ark", references=real[:1])).state == "fetched"


def test_elements_take_the_place_of_pictures_at_kling(
    server: ProviderServer, tmp_path: Path
) -> None:
    with a_desk(tmp_path, server, assets={"Ben": "77"}) as desk:
        server.world.seen.clear()
        assert desk.end(desk.ask("kling")).state == "fetched"
        prompt, first, second = sent(server, "kling").body["contents"]
        assert "<<<image_1>>> is Ada" in prompt["text"] and "<<<element_2>>>" in prompt["text"]
        assert first["type"] == "refer_image" and second == {"type": "element", "element_id": 77}


def test_without_a_key_nothing_is_sent(desk: Desk, server: ProviderServer) -> None:
    for name in KEYS:
        del os.environ[name]
    for name in NAMES:
        if name == "comfyui":
            continue
        job = desk.end(desk.ask(name))
        assert job.state == "failed" and f"otio-bridge keys set {name}" in job.why
    assert server.world.seen == []


@pytest.mark.parametrize("name", NAMES)
def test_the_address_comes_from_the_environment(
    name: str, desk: Desk, server: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"OTIO_BRIDGE_{name.upper()}_URL", "http://127.0.0.1:9")
    job = desk.end(desk.ask(name))
    assert job.state == "failed" and "cannot be reached" in job.why
    assert server.world.seen == []


def test_another_account_does_not_lose_what_the_first_one_paid(
    desk: Desk, server: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = desk.ask("ark")
    desk.worker().tick()
    with monkeypatch.context() as other:
        other.setenv("ARK_API_KEY", "of-another-account")
        assert desk.end(job).state == "submitted"
        assert "paid by another account of ark" in desk.news[-1].words
    assert desk.end(job).state == "fetched"


def test_no_more_are_sent_than_the_account_makes_at_once(
    desk: Desk, server: ProviderServer
) -> None:
    server.world.looks_needed = 3
    before = server.world.count("ark", "create", "arrived")
    jobs = [desk.ask("ark") for _ in range(5)]
    worker = desk.worker()
    worker.tick()
    worker.tick()
    assert server.world.count("ark", "create", "arrived") == before + 3
    for _ in range(12):
        worker.tick()
    assert {desk.journal.job(job.id).state for job in jobs} == {"fetched"}


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("runway", {"model": "gen4.5", "prompt": "x" * 1001}, "1001 letters and gen4.5 at Runway"),
        ("runway", {"model": "aleph2"}, "aleph2 makes seconds of a film anew"),
        ("fal", {"model": "fal-ai/ltx-2/retake-video"}, "makes a window of a film anew"),
    ],
)
def test_what_a_model_cannot_do_is_not_sent(
    name: str, changes: dict[str, Any], words: str, desk: Desk, server: ProviderServer
) -> None:
    job = desk.end(desk.ask(name, **changes))
    assert job.state == "failed" and words in job.why
    assert server.world.seen == []
