"""`python -m otio_bridge.engine`: how hosts start the engine without its command."""

from __future__ import annotations

import argparse
import sys

from otio_bridge.engine.serving import IDLE_MINUTES, serve
from otio_bridge.errors import BridgeError

if __name__ == "__main__":
    words = argparse.ArgumentParser(prog="otio-bridge serve")
    words.add_argument("--port", type=int, default=0)
    words.add_argument("--idle-minutes", type=float, default=IDLE_MINUTES)
    given = words.parse_args()
    try:
        serve(port=given.port, idle_minutes=given.idle_minutes)
    except BridgeError as error:
        sys.exit(f"otio-bridge: {error}")
