"""`python -m otio_bridge.engine`: how hosts start the engine without its command."""

from __future__ import annotations

import argparse

from otio_bridge.engine.serving import IDLE_MINUTES, serve

if __name__ == "__main__":
    words = argparse.ArgumentParser(prog="otio-bridge serve")
    words.add_argument("--port", type=int, default=0)
    words.add_argument("--idle-minutes", type=float, default=IDLE_MINUTES)
    given = words.parse_args()
    serve(port=given.port, idle_minutes=given.idle_minutes)
