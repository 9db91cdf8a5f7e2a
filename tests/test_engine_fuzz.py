"""Every route under random requests made from the API's own description: no 5xx, no odd answer."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running import Running, with_takes

from otio_bridge.client import Engine

schemathesis = pytest.importorskip("schemathesis")
from hypothesis import HealthCheck, given, settings  # noqa: E402
from schemathesis import checks as known  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")
LEFT_OUT = ("/v1/engine/stop", "/v1/news/stream")
"""The first ends the test, the second never ends."""
CHECKS = [
    known.not_a_server_error,
    known.status_code_conformance,
    known.content_type_conformance,
    known.response_schema_conformance,
    known.response_headers_conformance,
]
REAL = {"shot": "hug.mp4", "take": "t01", "role": "character", "name": "mia", "number": 0}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Path, str]]:
    """An engine with a project, the project's folder, and the id of its timeline."""
    data = tmp_path_factory.mktemp("fuzz-data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTIO_BRIDGE_DATA_DIR", str(data))
        film = with_takes(tmp_path_factory.mktemp("fuzz") / "film")
        running = Running(data)
        found = running.start()
        yield found, film.parent, found.post("/v1/timelines", {"path": str(film)})["id"]
        assert running.process is not None and running.process.poll() is None
        running.stop()
    shutil.rmtree(film.parent, ignore_errors=True)


@pytest.fixture(scope="module")
def described(engine: tuple[Engine, Path, str]) -> Any:
    """The API's description; half of the requests name what really is there."""
    found, folder, timeline = engine
    schema = schemathesis.openapi.from_dict(found.get("/v1/openapi.json"))
    schema.config.update(base_url=f"http://127.0.0.1:{found.port}")
    chosen = schema.exclude(path=list(LEFT_OUT))

    @chosen.hook
    def map_path_parameters(context: Any, path_parameters: Any) -> Any:
        if not path_parameters or context.operation.method == "delete":
            return path_parameters
        odd = len(str(sorted(path_parameters.items()))) % 4 == 0
        real = {"timeline": timeline} if odd else {**REAL, "timeline": timeline}
        return {name: real.get(name, value) for name, value in path_parameters.items()}

    @chosen.hook
    def map_body(context: Any, body: Any) -> Any:
        if isinstance(body, dict):
            if isinstance(body.get("shot"), str):
                body["shot"] = "hug.mp4"
            if isinstance(body.get("folder"), str):
                body["folder"] = str(folder)
            if isinstance(body.get("plan"), str) and len(body["plan"]) % 2:
                body["plan"] = "auto"
        return body

    return chosen


def fuzzed(described: Any, engine: tuple[Engine, Path, str], examples: int) -> list[str]:
    """Try every operation; return the names of those that were tried."""
    headers = {"Authorization": f"Bearer {engine[0]._token}"}
    tried = []
    for found in described.get_all_operations():
        operation = found.ok()
        if operation.label in tried:
            continue

        @settings(
            max_examples=examples, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck), print_blob=False,
        )  # fmt: skip
        @given(case=operation.as_strategy())
        def answered(case: Any) -> None:
            case.call_and_validate(headers=headers, checks=CHECKS, timeout=60)

        try:
            answered()
        except BaseException as error:
            error.add_note(f"in {operation.label}")
            raise
        tried.append(operation.label)
    return tried


def test_no_request_breaks_the_engine(described: Any, engine: tuple[Engine, Path, str]) -> None:
    assert len(fuzzed(described, engine, 6)) >= 35


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_many_requests_do_not_break_it(described: Any, engine: tuple[Engine, Path, str]) -> None:
    assert len(fuzzed(described, engine, 250)) >= 35
