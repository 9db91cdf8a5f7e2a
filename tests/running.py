"""A real engine in a process of its own, for tests: started, killed, started again."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from test_pipeline import build

from otio_bridge import pipeline
from otio_bridge.client import Engine
from otio_bridge.model import Performer
from otio_bridge.regeneration import Order

COMMAND = [sys.executable, "-m", "otio_bridge.engine"]


class Running:
    """One engine process with its own data folder."""

    def __init__(self, data: Path, *words: str) -> None:
        self.data = data
        self.words = words
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Engine:
        """Start the process and return a client of it."""
        os.environ["OTIO_BRIDGE_DATA_DIR"] = str(self.data)
        self.process = subprocess.Popen([*COMMAND, *self.words])
        end = time.monotonic() + 60
        while time.monotonic() < end:
            engine = Engine.found()
            if engine is not None and engine.pid == self.process.pid:
                return engine
            assert self.process.poll() is None, "the engine ended at once"
            time.sleep(0.05)
        raise AssertionError("the engine did not start")

    def kill(self) -> None:
        """End it at whatever line it is."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)

    def stop(self) -> None:
        """End it as a person would."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()


def described(timeline: Path, clip: str = "hug.mp4") -> Path:
    """Say what the contact shot of a test timeline is."""
    pipeline.describe(
        timeline, clip, kind="handshake", prompt="They shake hands.",
        performers=[Performer(name="mia", side="left"), Performer(name="tom", side="right")],
        contact=[(0.5, 1.5)],
    )  # fmt: skip
    return timeline


def with_takes(folder: Path) -> Path:
    """A copy of a three-clip timeline whose contact shot has two takes, as a project of its own."""
    timeline = Path(shutil.copytree(_made(), folder)) / "cut.otio"
    facts = folder / "otio-bridge" / "project.json"
    facts.write_text(json.dumps({**json.loads(facts.read_text()), "id": uuid.uuid4().hex}))
    return timeline


@cache
def _made() -> Path:
    """Made once for all tests, because drawing and judging takes seconds."""
    home = Path(tempfile.mkdtemp(prefix="otio-bridge-tests-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTIO_BRIDGE_DATA_DIR", str(home / "data"))
        timeline = described(build(home / "film"))
        pipeline.regenerate(timeline, ["hug.mp4"], order=Order(takes=1))
        pipeline.regenerate(timeline, ["hug.mp4"], order=Order(takes=1, seconds=(0, 2)))
    return timeline.parent


def ended(engine: Engine, timeline: str, order: str, seconds: float = 120) -> dict[str, Any]:
    """Poll an order to its end."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = engine.order(timeline, order)
        if found["state"] not in ("waiting", "running"):
            return found
        time.sleep(0.1)
    raise AssertionError(f"order {order} did not end: {found}")
