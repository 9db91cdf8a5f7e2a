"""The engine's place in the user's data folder: its lock, its runtime file, what only it may read.

<data folder>/engine/
  engine.lock    held by the one engine of this user for as long as it lives
  runtime.json   port, token, pid, version: how windows find it; user-only
  secret         signs the page's cookies, so that a page outlives a restart; user-only
  timelines.json which timelines are open, so that a restart opens them again
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import AwareDatetime

from otio_bridge import __version__
from otio_bridge.errors import BridgeError, ProjectError
from otio_bridge.files import read_json, replacing, telling
from otio_bridge.journal import data_folder
from otio_bridge.model import Noun


class Runtime(Noun):
    """How a window finds and greets a running engine."""

    port: int
    token: str
    instance: str
    """Random name of this very process; `/v1/hello` repeats it, so that a stale file shows."""
    pid: int
    version: str = __version__
    started: AwareDatetime


class AlreadyRunning(BridgeError):
    """Another engine of this user holds the lock."""


def engine_folder() -> Path:
    """Return the engine's folder, readable by this user alone."""
    folder = data_folder() / "engine"
    with telling(folder):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o700)
    return folder


def runtime_file() -> Path:
    """Return where the running engine says how to reach it."""
    return engine_folder() / "runtime.json"


def last_runtime() -> Runtime | None:
    """Return what the running or the last engine wrote, None where there is nothing readable."""
    try:
        return read_json(runtime_file(), Runtime)
    except ProjectError:
        return None


def new_runtime(port: int) -> Runtime:
    """Return a runtime with a fresh token for this process."""
    return Runtime(
        port=port,
        token=secrets.token_urlsafe(32),
        instance=secrets.token_hex(8),
        pid=os.getpid(),
        started=datetime.now(UTC),
    )


@contextmanager
def sole_engine() -> Iterator[None]:
    """Be the one engine of this user.

    Raises:
        AlreadyRunning: There is another one.
    """
    lock = FileLock(engine_folder() / "engine.lock")
    try:
        with telling(engine_folder()):
            lock.acquire(timeout=0)
    except Timeout:
        known = last_runtime()
        where = f" (process {known.pid}, port {known.port})" if known else ""
        raise AlreadyRunning(
            f"An otio-bridge engine of this user is running already{where}; use that one."
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def announced(runtime: Runtime) -> Iterator[None]:
    """Keep the runtime file in place while the engine serves."""
    write_private(runtime_file(), runtime.model_dump_json(indent=1).encode())
    try:
        yield
    finally:
        known = last_runtime()
        if known is not None and known.instance == runtime.instance:
            runtime_file().unlink(missing_ok=True)


def secret() -> bytes:
    """Return the key that signs cookies, made once per user."""
    file = engine_folder() / "secret"
    if not file.exists() or file.stat().st_size < 32:
        write_private(file, secrets.token_bytes(32))
    return file.read_bytes()


def write_private(path: Path, content: bytes) -> None:
    """Put a file in place that only this user may read, at no moment otherwise."""
    with telling(path), replacing(path) as partial:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
