"""The crash matrix: workers are killed from outside, timed by the server's own log.

Nothing is sent twice; nothing that was accepted is lost in silence; and at providers that can be
asked, nothing is lost at all. `pytest -m slow -s tests/test_providers_crashes.py` prints the table.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from fakes.provider_server import Event, ProviderServer
from fakes.provider_server.desk import KEYS, NAMES, laid_out, quick_folder, with_pictures
from fakes.provider_server.server import DIALECTS

from otio_bridge.journal import Journal
from otio_bridge.model import Job
from otio_bridge.project import Project

pytestmark = pytest.mark.skipif(os.name == "nt", reason="uses fork and SIGKILL")
LISTED = ("ark", "kling", "replicate", "comfyui")
POINTS: dict[str, tuple[str, str, float]] = {
    "request came": ("create", "arrived", 0.0),
    "accepted, no reply": ("create", "accepted", 0.0),
    "replied, no commit": ("create", "replied", 0.006),
    "between looks": ("look", "replied", 0.012),
    "half downloaded": ("fetch", "half sent", 0.0),
    "downloaded": ("fetch", "replied", 0.004),
}
"""Where a worker is killed: the line of the log, and seconds at most between it and the kill."""


class Killer:
    """Starts workers one after the other, and kills each at its point."""

    def __init__(self, server: ProviderServer, seed: str) -> None:
        self.server = server
        self.chance = random.Random(seed)
        self.kills: Counter[str] = Counter()
        self._point = ""
        self._pid = 0
        client = Path(__file__).parent / "fakes" / "crash_client.py"
        paths = [str(client.parents[1]), str(client.parents[2])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        self._starter = subprocess.Popen(
            [sys.executable, str(client)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env=environment,
        )  # fmt: skip
        server.world.listener = self._heard

    def run(self, order: dict[str, object], point: str = "") -> int:
        """Start a worker, kill it at a point where there is one, and return how it ended."""
        assert self._starter.stdin is not None and self._starter.stdout is not None
        self._pid = 0
        self._point = point
        self._starter.stdin.write(json.dumps(order) + "\n")
        self._starter.stdin.flush()
        self._pid = int(self._starter.stdout.readline())
        code = int(self._starter.stdout.readline())
        if code == -signal.SIGKILL:
            self.kills[point] += 1
        self._point = ""
        return code

    def close(self) -> None:
        """End the process that starts workers."""
        assert self._starter.stdin is not None
        self._starter.stdin.close()
        self._starter.wait()
        assert self._starter.stdout is not None
        self._starter.stdout.close()

    def _heard(self, event: Event) -> None:
        if not self._point:
            return
        verb, what, delay = POINTS[self._point]
        if (event.verb, event.what) == (verb, what):
            self._point = ""
            while not self._pid:
                time.sleep(0.001)
            time.sleep(self.chance.uniform(0, delay))
            try:
                os.kill(self._pid, signal.SIGKILL)
            except ProcessLookupError:
                return
            time.sleep(0.003)  # the reply must not leave before it is dead


@pytest.fixture(scope="module")
def server() -> Iterator[ProviderServer]:
    with ProviderServer() as running:
        running.world.looks_needed = 2
        yield running


def killed_until_done(killer: Killer, name: str, folder: Path, first: str) -> Job:
    """Run one job, killed first at a point and then at random ones, to its end."""
    environment = {"OTIO_BRIDGE_DATA_DIR": str(folder / "data"), **KEYS}
    order = {
        "provider": name, "job": uuid4().hex, "folder": str(folder / "edit"),
        "environment": environment,
    }  # fmt: skip
    point = first
    for _ in range(6):
        if killer.run(order, point) == 0:
            break
        point = killer.chance.choice([*POINTS, "", ""])
    else:
        assert killer.run(order) == 0
    os.environ["OTIO_BRIDGE_DATA_DIR"] = environment["OTIO_BRIDGE_DATA_DIR"]
    project = Project.opened(folder / "edit")
    with Journal.opened(project) as journal:
        job = journal.job(str(order["job"]))
        check(killer.server, project, job)
        assert job.state == "fetched" or journal.estimate_open() >= job.estimate_usd > 0
    return job


def check(server: ProviderServer, project: Project, job: Job) -> None:
    """Compare what the journal says of a job with what the server has seen of it."""
    creates = [
        seen for seen in server.world.seen
        if DIALECTS[job.provider].verb(seen) == "create" and job.id.encode() in seen.raw
    ]  # fmt: skip
    assert len(creates) <= 1, "sent twice"
    accepted = [task for task in server.world.of(job.provider) if job.id in json.dumps(task.body)]
    assert job.state in ("fetched", "unknown"), job
    if job.state == "fetched":
        (task,) = accepted
        assert project.path(job.media or "").read_bytes() == server.world.media_of(task.id)
    elif job.provider in LISTED:
        assert not accepted, "lost"


def matrix(server: ProviderServer, name: str, points: list[str], rounds: int) -> Counter[str]:
    before = dict(os.environ)
    killer = Killer(server, name)
    ends: Counter[str] = Counter()
    try:
        with quick_folder() as folder:
            patience = {"connect": 5, "look": 5, "paid": 5, "stall": 5}
            bucket = {"storage_uri": "gs://b/o"}
            laid_out(folder / "data", server, patience=patience, options=bucket)
            with Project.opened(folder / "edit", create=True) as project:
                with_pictures(project)
            for point in points * rounds:
                ends[killed_until_done(killer, name, folder, point).state] += 1
    finally:
        server.world.listener = None
        killer.close()
        os.environ.clear()
        os.environ.update(before)
    print(f"\n{name:10} {killer.kills.total():4} kills, {dict(ends)}, {dict(killer.kills)}")
    return killer.kills


@pytest.mark.parametrize("name", ["replicate", "runway"])
def test_killed_at_each_point_once(name: str, server: ProviderServer) -> None:
    assert matrix(server, name, list(POINTS), 1).total() >= 5


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_crash_matrix(name: str, server: ProviderServer) -> None:
    kills = matrix(server, name, list(POINTS), 5)
    assert kills.total() >= 25, "together at least 200"
    assert set(kills) >= set(POINTS) - {"downloaded", "between looks"}
