"""`otio-bridge serve`: one engine per user, on loopback, until nobody needs it any more."""

from __future__ import annotations

import logging
import logging.handlers
import os
import socket
import sys
import threading
import time

import uvicorn

from otio_bridge.engine.app import guarded
from otio_bridge.engine.engine import Engine
from otio_bridge.engine.runtime import (
    announced,
    engine_folder,
    last_runtime,
    new_runtime,
    sole_engine,
)

IDLE_MINUTES = 30.0
"""Without requests, orders and open jobs for so long, the engine ends by itself."""
SWITCH_SECONDS = 0.001
"""A thread that computes lets others speak so often: requests stay quick beside orders."""
LOOPBACK = "127.0.0.1"
BACKLOG = 512
LOG_BYTES = 2 * 1024 * 1024


def serve(port: int = 0, idle_minutes: float = IDLE_MINUTES) -> None:
    """Serve until it is stopped or nobody needs it.

    Args:
        port: 0 for the last engine's, so that open pages live on, or any free one.
        idle_minutes: How long to wait for work before ending; 0 never ends.

    Raises:
        AlreadyRunning: This user has an engine already.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    with sole_engine():
        _write_log()
        listening = _listening(port)
        runtime = new_runtime(listening.getsockname()[1])
        engine = Engine(runtime)
        server = uvicorn.Server(
            uvicorn.Config(
                guarded(engine),
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="off",
                timeout_graceful_shutdown=2,
                backlog=BACKLOG,
            )
        )
        watch = threading.Thread(
            target=_watch, args=(engine, server, idle_minutes * 60), daemon=True
        )
        with announced(runtime):
            engine.start()
            watch.start()
            try:
                server.run(sockets=[listening])
            finally:
                engine.stop()
        if engine.orders.busy:
            os._exit(0)  # their threads would hold us; a killed order goes on at the next start


def _listening(port: int) -> socket.socket:
    """Return a socket on the wished port, the last engine's, or any."""
    last = last_runtime()
    wished = [port] if port else [last.port, 0] if last else [0]
    for number in wished:
        found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows: nobody may listen beside us
            found.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((LOOPBACK, number))
            found.listen(BACKLOG)  # whoever comes before the server runs waits in line
            return found
        except OSError:
            found.close()
            if number == wished[-1]:
                raise
    raise AssertionError("no port was tried")


def _watch(engine: Engine, server: uvicorn.Server, idle_seconds: float) -> None:
    """Let the server end when it is asked to, or when nobody needs it."""
    while not server.should_exit:
        over = idle_seconds > 0 and engine.pulse.idle_seconds > idle_seconds
        if engine.stopping.is_set() or (over and not engine.orders.busy):
            server.should_exit = True
        time.sleep(0.1)


def _write_log() -> None:
    """Log to a small file in the engine's folder; a detached process has no other place."""
    handler = logging.handlers.RotatingFileHandler(
        engine_folder() / "engine.log", maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
