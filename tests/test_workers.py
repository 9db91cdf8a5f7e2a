"""Hands for heavy work: this process, processes, and a real dask cluster of two workers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from otio_bridge import workers
from otio_bridge.errors import BridgeError, MediaError
from otio_bridge.media import probe

ENVIRONMENT = {**os.environ, "DASK_DISTRIBUTED__WORKER__DAEMON": "False"}


def where(seconds: float = 0.3) -> int:
    """The process that does it; long enough for another to be asked meanwhile."""
    time.sleep(seconds)
    return os.getpid()


def ends() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def breaks() -> None:
    raise ZeroDivisionError("no")


def told(*, progress: object = None) -> bool:
    return progress is not None


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A scheduler and two workers of one thread each, processes of their own."""
    pytest.importorskip("distributed")
    folder = tmp_path_factory.mktemp("cluster")
    contact = folder / "scheduler.json"
    # Their home: else they write beside the tests.
    plain = {**ENVIRONMENT, "PYTHONPATH": str(Path(__file__).parent)}
    base = [sys.executable, "-m"]
    quiet = {
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "cwd": folder,
        "env": plain,
    }
    scheduler = [*base, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0",
                 "--no-dashboard", "--scheduler-file", str(contact)]  # fmt: skip
    worker = [*base, "distributed.cli.dask_worker", "--scheduler-file", str(contact),
              "--nthreads", "1", "--no-dashboard", "--no-nanny"]  # fmt: skip
    running = [subprocess.Popen(words, **quiet) for words in (scheduler, worker, worker)]  # type: ignore[call-overload]
    try:
        end = time.monotonic() + 60
        while not contact.exists():
            assert time.monotonic() < end, "the scheduler did not start"
            time.sleep(0.1)
        yield f"dask:{json.loads(contact.read_text())['address']}"
    finally:
        for one in running:
            one.kill()
            one.wait()


@pytest.fixture
def two(cluster: str) -> Iterator[workers.Workers]:
    """The cluster, once both workers are there."""
    end = time.monotonic() + 60
    while True:
        try:
            with workers.opened(cluster) as found:
                if found.count == 2:
                    yield found
                    return
        except BridgeError:
            pass
        assert time.monotonic() < end, "the workers did not come"
        time.sleep(0.2)


def test_one_is_this_process_and_hears_progress() -> None:
    for words in ("", "1"):
        with workers.opened(words) as found:
            assert (found.count, found.call(where, 0)) == (1, os.getpid())
            assert found.call(told, progress=print)


def both(found: workers.Workers) -> set[int]:
    with ThreadPoolExecutor(2) as threads:
        return set(threads.map(lambda _: found.call(where), range(2)))


def test_processes_work_side_by_side() -> None:
    with workers.opened("2") as found:
        assert len(both(found) - {os.getpid()}) == 2
        assert not found.call(told, progress=print), "progress cannot travel"
        with pytest.raises(ZeroDivisionError):
            found.call(breaks)


def test_a_process_that_is_killed_is_said() -> None:
    with workers.opened("2") as found, pytest.raises(BridgeError, match="fewer --workers"):
        found.call(ends)


@pytest.mark.parametrize("words", ["0", "65", "many", "-1", "tcp://127.0.0.1:1"])
def test_words_that_mean_nothing_are_refused(words: str) -> None:
    with pytest.raises(BridgeError, match="names no workers"), workers.opened(words):
        pass


def test_a_cluster_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(workers, "WAIT", "1s")
    with (
        pytest.raises(BridgeError, match="No dask scheduler answers at tcp"),
        workers.opened("dask:tcp://127.0.0.1:9"),
    ):
        pass


def test_a_real_cluster_works_side_by_side(two: workers.Workers, tmp_path: Path) -> None:
    assert len(both(two) - {os.getpid()}) == 2
    assert not two.call(told, progress=print)
    with pytest.raises(BridgeError, match=r"failed at breaks \(ZeroDivisionError: no\)"):
        two.call(breaks)
    with pytest.raises(MediaError):  # our own sentences arrive as they are
        two.call(probe, tmp_path / "gone.mov")


def test_takes_are_conformed_and_judged_on_a_cluster_as_here(
    two: workers.Workers, cluster: str, tmp_path: Path
) -> None:
    """The same order twice: by this process, and by the cluster; the same takes and scores."""
    made = (
        "import sys, pathlib; from otio_bridge.demo import made_sample; "
        "made_sample(pathlib.Path(sys.argv[1]), lambda *_: None)"
    )
    rows = []
    for name, words in (("here", "1"), ("cluster", cluster)):
        folder = tmp_path / name
        data = {**ENVIRONMENT, "OTIO_BRIDGE_DATA_DIR": str(tmp_path / f"data-{name}")}
        subprocess.run([sys.executable, "-c", made, str(folder)], env=data, check=True)
        done = subprocess.run(
            [sys.executable, "-c", "from otio_bridge.cli import main; main()", "regenerate",
             str(folder / "kitchen.otio"), "kitchen_hug_02.mp4", "--takes", "1", "--workers", words,
             "--json"],
            env=data, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        scores = sorted((folder / "otio-bridge" / "takes").rglob("*.score.json"))
        rows.append([json.loads(one.read_text())["held"] for one in scores])
    assert rows[0] == rows[1] and len(rows[0]) == 1
