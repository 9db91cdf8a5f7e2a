"""The hosts' client: finds, starts and greets an engine; old Pythons read it; it asks no proxy."""

from __future__ import annotations

import ast
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest
from running import COMMAND

from otio_bridge import client
from otio_bridge.client import Engine, EngineError
from otio_bridge.engine.runtime import last_runtime, sole_engine

SOURCE = Path(client.__file__)


@pytest.fixture
def ended() -> Iterator[list[int]]:
    """Process ids that the test started detached; they are ended after it."""
    pids: list[int] = []
    yield pids
    for pid in pids:
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            continue


def gone(pid: int, seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if os.waitpid(pid, os.WNOHANG)[0]:
                return True
        except ChildProcessError:
            if not Path(f"/proc/{pid}").exists():
                return True
        time.sleep(0.05)
    return False


def test_it_imports_the_standard_library_only() -> None:
    for node in ast.walk(ast.parse(SOURCE.read_text(), feature_version=(3, 9))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module != "__future__":
            names = [node.module or ""]
        for name in names:
            assert name.split(".")[0] in sys.stdlib_module_names


@pytest.mark.parametrize("minor", range(9, 15))
def test_every_python_of_the_hosts_takes_it(minor: int, tmp_path: Path) -> None:
    python = shutil.which(f"python3.{minor}")
    shutil.copy(SOURCE, tmp_path / "client.py")
    code = "import client, sys; print(sys.version_info[1], client.Engine.found())"
    done = python and subprocess.run(
        [python, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60,
        env={**os.environ, "PYENV_VERSION": f"3.{minor}"},
    )  # fmt: skip
    if not done or not done.stdout.startswith(str(minor)):
        pytest.skip(f"Python 3.{minor} is not here")
    assert done.stdout.split() == [str(minor), "None"]


def test_it_looks_where_the_engine_writes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert client.data_folder() == Path(os.environ["OTIO_BRIDGE_DATA_DIR"])
    monkeypatch.delenv("OTIO_BRIDGE_DATA_DIR")
    for data in ("", str(tmp_path)):
        monkeypatch.setenv("XDG_DATA_HOME", data)
        usual = platformdirs.user_data_path("otio-bridge", appauthor=False)
        assert client.data_folder() == usual


def test_stale_and_broken_runtime_files_are_no_engine(own_data: Path) -> None:
    assert Engine.found() is None
    file = own_data / "engine" / "runtime.json"
    file.parent.mkdir(parents=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    known = {"port": port, "token": "t", "instance": "i", "pid": os.getpid(), "version": "0"}
    for text in (json.dumps(known), "", "{", "[]", json.dumps({**known, "port": "x"})):
        file.write_text(text)
        assert Engine.found() is None


def test_another_program_on_the_port_is_no_engine_and_gets_no_token(own_data: Path) -> None:
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            line, _ = listening.accept()
            heard.append(line.recv(4096))
            line.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n{"instance": "no"}')
            line.close()

        thread = threading.Thread(target=answer)
        thread.start()
        file = own_data / "engine" / "runtime.json"
        file.parent.mkdir(parents=True)
        known = {"port": listening.getsockname()[1], "token": "very-secret", "instance": "yes"}
        file.write_text(json.dumps({**known, "pid": 1, "version": "0"}))
        assert Engine.found() is None
        thread.join(10)
    assert heard and b"very-secret" not in heard[0]


def test_it_starts_one_engine_that_outlives_its_parent(
    own_data: Path, ended: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import client\n"
        "print(client.Engine.started(sys.argv[2:]).pid)"
    )
    asked = [sys.executable, "-c", code, str(SOURCE.parent), *COMMAND]
    parents = [
        subprocess.Popen(asked, stdout=subprocess.PIPE, text=True, start_new_session=True)
        for _ in range(3)
    ]
    pids = {int(parent.communicate(timeout=90)[0]) for parent in parents}
    ended += list(pids)
    assert len(pids) == 1, "several engines were started"
    (pid,) = pids
    engine = Engine.started(["no-such-program"])
    assert engine.pid == pid and engine.get("/v1/engine")["version"] == engine.version
    known = last_runtime()
    assert known is not None and known.instance == engine.instance
    if sys.platform == "linux":
        assert os.getsid(pid) == pid
    second = subprocess.run(COMMAND, capture_output=True, text=True, timeout=60)
    assert second.returncode == 1 and "is running already" in second.stderr
    engine.post("/v1/engine/stop")
    assert gone(pid)
    assert Engine.found() is None
    with sole_engine():
        pass


def test_what_cannot_start_is_said(own_data: Path) -> None:
    with pytest.raises(EngineError, match="cannot be started by 'no-such-program'"):
        Engine.started(["no-such-program"])
    with pytest.raises(EngineError, match=r"did not start; see engine\.log"):
        Engine.started([sys.executable, "-c", "raise SystemExit(3)"], seconds=1)


def test_nobody_there_is_a_sentence() -> None:
    engine = Engine({"port": 9, "pid": 1, "version": "0", "instance": "i", "token": "t"})
    with pytest.raises(EngineError, match="does not answer") as refused:
        engine.get("/v1/engine")
    assert refused.value.status == 0
