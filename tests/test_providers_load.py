"""Many open jobs: one tick looks at all of them, and spends little on it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from fakes.provider_server.desk import KEYS, a_request, quick_folder

from otio_bridge.job_events import Event
from otio_bridge.journal import Journal
from otio_bridge.project import Project
from otio_bridge.worker import Worker

JOBS = 1000


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The server in a process of its own, so that its work is not counted as ours."""
    words = [sys.executable, "-m", "fakes.provider_server", "--looks", "9"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def sent(address: str, project: Project, count: int) -> None:
    """Have the server make some films, and note in the project that they were asked for."""
    (project.folder / "jobs").mkdir()
    head = {"Authorization": "Bearer k", "X-Runway-Version": "2024-11-06"}
    with requests.Session() as session:
        for _ in range(count):
            request = a_request("runway")
            answer = session.post(
                f"{address}/runway/v1/text_to_video", json={"model": "seedance2_5"}, headers=head
            )
            now, job = datetime.now(UTC), request.id
            events = (
                Event(job=job, number=0, at=now, state="planned", request=request),
                Event(job=job, number=1, at=now, state="submitting"),
                Event(job=job, number=2, at=now, state="submitted", remote_id=answer.json()["id"]),
            )
            lines = [event.model_dump_json(exclude_none=True) + "\n" for event in events]
            (project.folder / "jobs" / f"{job}.jsonl").write_text("".join(lines))


@pytest.mark.slow
def test_a_thousand_open_jobs_tick_in_two_seconds(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)
    monkeypatch.setenv("OTIO_BRIDGE_RUNWAY_URL", f"{address}/runway")
    with quick_folder() as folder:
        monkeypatch.setenv("OTIO_BRIDGE_DATA_DIR", str(folder / "data"))
        (folder / "data").mkdir()
        (folder / "data" / "providers.json").write_text('{"runway": {"poll_seconds": 0}}')
        project = Project.opened(folder / "edit", create=True)
        sent(address, project, JOBS)
        with Journal.opened(project) as journal:
            worker = Worker(project, journal)
            spent = []
            for _ in range(3):
                started = time.process_time(), time.perf_counter()
                worker.tick()
                spent.append((time.process_time() - started[0], time.perf_counter() - started[1]))
    cpu, wall = min(spent)
    print(f"{JOBS} looks: {cpu:.2f} s CPU, {wall:.2f} s")
    assert cpu < 2
