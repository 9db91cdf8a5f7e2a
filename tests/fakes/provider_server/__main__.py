"""Run the server by hand, for example behind `otio-bridge regenerate --provider runway`."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from fakes.provider_server import ProviderServer, World


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--port", type=int, default=0)
    words.add_argument("--film", type=Path, help="MP4 that every generation gives back")
    words.add_argument("--looks", type=int, default=1, help="look at which a film is done")
    words.add_argument("--log", type=Path, help="file for one line of JSON per event")
    words.add_argument(
        "--fail", action="append", default=[], metavar="PROVIDER:VERB:FAULT",
        help="let the next request of a kind go wrong, such as ark:create:timeout",
    )  # fmt: skip
    chosen = words.parse_args()
    world = World(chosen.film.read_bytes() if chosen.film else None, chosen.log)
    world.looks_needed = chosen.looks
    for one in chosen.fail:
        world.fail(*one.split(":"))
    with ProviderServer(world, chosen.port) as server:
        print(server.url, flush=True)
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    main()
