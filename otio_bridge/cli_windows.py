"""Commands that open a window on the road: the engine, its page, an agent's conversation."""

from __future__ import annotations

from typing import Annotated

import typer

from otio_bridge.cli_words import Json, Timeline, said
from otio_bridge.errors import BridgeError


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any free one.")] = 0,
    idle_minutes: Annotated[
        float, typer.Option(min=0, help="End after so long without work; 0 never.")
    ] = 30.0,
) -> None:
    """Run the engine of this user: jobs, takes and edits for hosts and pages, on this machine.

    Example: otio-bridge serve
    """
    from otio_bridge.engine.serving import serve as served

    served(port=port, idle_minutes=idle_minutes)


def review(
    timeline: Timeline,
    clip: Annotated[str | None, typer.Option(help="The shot to begin with.")] = None,
    no_open: Annotated[
        bool, typer.Option("--no-open", help="Print the address; open no browser.")
    ] = False,
    json: Json = False,
) -> None:
    """Judge takes second by second on a page in the browser; starts the engine where none runs.

    Example: otio-bridge review cut.otio
    """
    import sys
    import webbrowser
    from urllib.parse import quote, urlencode

    from otio_bridge.client import Engine, EngineError

    try:
        engine = Engine.started([sys.executable, "-m", "otio_bridge.engine"])
        cut = engine.post("/v1/timelines", {"path": str(timeline.resolve())})["id"]
        asked = {"timeline": cut}
        if clip is not None:
            asked["shot"] = engine.get(f"/v1/timelines/{cut}/shots/{quote(clip, safe='')}")["id"]
        url = engine.page_address(f"/review?{urlencode(asked)}")
    except EngineError as error:
        raise BridgeError(str(error)) from error
    opened = not no_open and webbrowser.open(url)
    where = "The review page is open" if opened else f"Open this address within a minute: {url}"
    said(json, {"url": url, "timeline": cut}, lambda show: show.line(where))


def mcp() -> None:
    """Serve an agent over MCP on stdin and stdout until it leaves; needs the extra [mcp].

    Example: otio-bridge mcp
    """
    try:
        from otio_bridge.mcp import run
    except ModuleNotFoundError as error:
        raise BridgeError(
            f"MCP needs the package '{error.name}'; install it with pip install 'otio-bridge[mcp]'."
        ) from error
    run()


WINDOWS = (serve, review, mcp)
