"""The test server is true: the vendors' own SDKs work against it, and so does captured traffic.

The SDKs are no dependency. Install them where you like and name that Python:

    python -m venv sdks && sdks/bin/pip install runwayml google-genai fal-client replicate \
        volcengine-ark-runtime byteplus-python-sdk-v2
    OTIO_BRIDGE_SDK_PYTHON=sdks/bin/python pytest tests/test_provider_sdks.py
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from fakes.provider_server import ProviderServer
from fakes.provider_server.desk import a_desk, quick_folder
from fakes.provider_server.server import DIALECTS

DRIVER = Path(__file__).parent / "fakes" / "sdk_drives.py"
PYTHON = os.environ.get("OTIO_BRIDGE_SDK_PYTHON", sys.executable)
WIRE = {
    "ark": "ark.json", "runway": "runway.json", "gemini": "gemini.json",
    "vertex": "vertex_veo.json", "fal": "fal.json", "replicate": "replicate.json",
}  # fmt: skip


@pytest.fixture
def server() -> Iterator[ProviderServer]:
    with ProviderServer() as running:
        yield running


def driven(name: str, url: str) -> dict[str, Any]:
    quiet = {"PATH": os.environ.get("PATH", ""), "PYTHONWARNINGS": "ignore"}
    words = [PYTHON, str(DRIVER), name, url]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, env=quiet)
    if url == "installed":
        if done.returncode:
            pytest.skip(f"the SDK of {name} is not installed; see the top of this file")
        return {}
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout))


@pytest.fixture
def drive(server: ProviderServer, request: pytest.FixtureRequest) -> Any:
    name = str(request.node.name).removeprefix("test_sdk_of_")
    driven(name, "installed")
    return lambda: driven(name, server.url)


def test_sdk_of_byteplus(server: ProviderServer, drive: Any) -> None:
    """The same interface, by the other house of the same vendor."""
    test_sdk_of_ark(server, drive)


def test_sdk_of_ark(server: ProviderServer, drive: Any) -> None:
    server.world.fail("ark", "create", "", "", "", "refused")
    said = drive()
    assert said["status"] == "succeeded" and said["film"].startswith(server.url)
    assert said["seed"] == 7 and said["total"] == 1 and said["listed"] == [said["id"]]
    assert said["image"].startswith(server.url) and said["deleted"] == "cancelled"
    assert said["refused"] == "ArkBadRequestError"
    assert server.world.count("ark", "create", "arrived") == 4


def test_sdk_of_runway(server: ProviderServer, drive: Any) -> None:
    server.world.fail("runway", "create", "", "", "", "", "429")
    server.world.fail("runway", "end", "", "", "", "task refused")
    said = drive()
    assert said["uri"].startswith("runway://") and said["status"] == "SUCCEEDED"
    assert said["film"].startswith(server.url) and said["credits"] == 25
    assert (said["failed"], said["code"]) == ("FAILED", "SAFETY.INPUT.IMAGE")
    assert said["busy"] == "RateLimitError"


def test_sdk_of_gemini(server: ProviderServer, drive: Any) -> None:
    server.world.fail("gemini", "create", "", "", "", "429")
    said = drive()
    assert said["status"] == "completed" and said["film"].startswith(server.url)
    assert said["mime"] == "image/png" and said["cancelled"] == "cancelled"
    assert said["busy"] == "RateLimitError" and said["uri"].startswith(server.url)


def test_sdk_of_vertex(server: ProviderServer, drive: Any) -> None:
    server.world.fail("vertex", "end", "", "task refused")
    said = drive()
    assert said["done"] and said["film"].startswith("gs://b/o/")
    assert said["refused"] == 1 and "29310472" in said["why"][0]


def test_sdk_of_fal(server: ProviderServer, drive: Any) -> None:
    server.world.fail("fal", "end", "", "task refused")
    said = drive()
    assert said["status"] == "Completed" and said["film"].startswith(server.url)
    assert said["uploaded"].startswith(server.url)
    assert said["refused"] == "FalClientHTTPError"


def test_sdk_of_replicate(server: ProviderServer, drive: Any) -> None:
    server.world.fail("replicate", "create", "", "", "", "429")
    server.world.fail("replicate", "end", "", "task refused")
    said = drive()
    assert (said["first"], said["status"]) == ("starting", "succeeded")
    assert said["film"].startswith(server.url) and said["id"] in said["listed"]
    assert said["failed"] == "failed" and "sensitive" in said["error"]
    assert said["cancelled"] == "canceled" and said["busy"] == "ReplicateError"


# captured traffic ---------------------------------------------------------------------------------


def captured(shared: Path, name: str) -> list[dict[str, Any]]:
    steps = json.loads((shared / "wire" / WIRE[name]).read_text())["steps"]
    return [one for step in steps for one in step["exchanges"]]


@pytest.mark.parametrize("name", WIRE)
def test_captured_requests_are_understood(name: str, server: ProviderServer, shared: Path) -> None:
    """Replay what the SDKs sent, ids put in place, and compare status and fields of the answer."""
    made = ""
    for exchange in captured(shared, name):
        asked, wanted = exchange["request"], exchange["response"]
        if wanted["status"] in (429, 503):
            fault = str(wanted["status"])
            path = asked["path"].partition("?")[0]
            verb = "create" if asked["method"] == "POST" else "look"
            server.world.fail(name, verb, fault)
            assert replayed(server, name, asked, made, path).status_code == wanted["status"]
            continue
        if wanted["status"] == 422:
            next(iter(server.world.tasks.values())).state = "task refused"
        answer = replayed(server, name, asked, made, asked["path"])
        assert answer.status_code == wanted["status"], (asked["path"], answer.text)
        if isinstance(wanted["body"], dict) and wanted["body"]:
            missing = set(wanted["body"]) - set(answer.json())
            assert not missing, (asked["path"], missing)
        made = next(reversed(server.world.tasks), made)


def replayed(
    server: ProviderServer, name: str, asked: dict[str, Any], made: str, path: str
) -> requests.Response:
    ids = r"cgt-1|\bt1\b|v1_abc|\bp1\b|\bop1\b|a/b/requests/r1|bytedance/seedance-2.5/requests/r2"
    swap = f"a/b/requests/{made}" if name == "fal" else made
    path = re.sub(ids, swap, path)
    if path == "/put":
        path = "/put/1"
    body = asked["body"]
    if isinstance(body, dict):
        body = re.sub(ids, swap, json.dumps(body))
    headers = {**asked["headers"]}
    if headers.get("authorization") == "Bearer <UPLOAD_TOKEN>":
        headers["authorization"] = "Bearer upload-token"
    return requests.request(
        asked["method"], f"{server.url}/{name}{path}", data=body, headers=headers,
        allow_redirects=False, timeout=5,
    )  # fmt: skip


@pytest.mark.parametrize("name", WIRE)
def test_our_requests_have_the_fields_the_sdks_send(
    name: str, server: ProviderServer, shared: Path
) -> None:
    """Every field of our create body is one that the SDK sends, or that its types allow."""
    before = dict(os.environ)
    try:
        with quick_folder() as folder, a_desk(folder, server) as desk:
            assert desk.end(desk.ask(name)).state == "fetched"
    finally:
        os.environ.clear()
        os.environ.update(before)
    (ours,) = [one for one in server.world.seen if DIALECTS[name].verb(one) == "create"]
    theirs = [
        one["request"] for one in captured(shared, name)
        if one["request"]["method"] == "POST" and isinstance(one["request"]["body"], dict)
    ]  # fmt: skip
    creates = [one for one in theirs if shape(one["path"]) == shape(ours.path)]
    if name == "runway":
        models = json.loads((shared / "wire" / "runway_models.json").read_text())["endpoints"]
        allowed = models[f"POST {ours.path}"][ours.body["model"]]
        assert set(ours.body) - {"model"} <= {field.rstrip("*") for field in allowed}
        assert {field[:-1] for field in allowed if field.endswith("*")} <= set(ours.body)
        return
    if name in ("fal", "replicate"):
        assert creates  # what is inside is the hosted model's own
        return
    known = [fields(one["body"]) for one in creates]
    assert known and fields(ours.body) <= set.union(*known), fields(ours.body) - set.union(*known)


def shape(path: str) -> str:
    return re.sub(r"/v1beta1|/v1beta|/v1|/api/v3|\?.*", "", path)


def fields(body: Any, at: str = "") -> set[str]:
    """Return the names of all fields of a body, with where they stand."""
    if isinstance(body, list):
        return {name for one in body for name in fields(one, at)}
    if not isinstance(body, dict):
        return set()
    names = {f"{at}.{key}" for key in body}
    return names.union(*(fields(value, f"{at}.{key}") for key, value in body.items()))
