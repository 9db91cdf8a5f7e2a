"""How the tools of an MCP conversation speak to the engine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar
from urllib.parse import quote

import anyio.to_thread
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError

from otio_bridge.client import Engine, EngineError
from otio_bridge.mcp_terms import Making

START = (sys.executable, "-m", "otio_bridge.engine")
LOOK_SECONDS = 0.5

P = ParamSpec("P")
T = TypeVar("T")


def declining(tool: Callable[P, T]) -> Callable[P, T]:
    """Hand the engine's sentence to the agent as the tool's error."""

    @wraps(tool)
    def told(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return tool(*args, **kwargs)
        except EngineError as error:
            raise ToolError(str(error)) from error

    return told


def engine_here() -> Engine:
    """Return the engine, started where none runs."""
    return Engine.started(START)


def opened(timeline: str) -> tuple[Engine, str]:
    """Return the engine, and the address of a timeline in it."""
    engine = engine_here()
    path = str(Path(timeline).expanduser().absolute())
    return engine, f"/v1/timelines/{engine.post('/v1/timelines', {'path': path})['id']}"


def of_shot(timeline: str, clip: str) -> tuple[Engine, str]:
    """Return the engine, and the address of a shot in it."""
    engine, cut = opened(timeline)
    return engine, f"{cut}/shots/{quote(clip, safe='')}"


async def awaited(
    context: Context, engine: Engine, cut: str, making: Making, seconds: float
) -> Making:
    """Tell progress until an order ends or the time is over; then it goes on without us."""

    @declining
    def looked() -> Making:
        return Making.model_validate(engine.get(order_path(cut, making.id)))

    end = anyio.current_time() + seconds
    while making.state in ("waiting", "running") and anyio.current_time() < end:
        await context.report_progress(making.share or 0.0, 1.0, making.words)
        await anyio.sleep(LOOK_SECONDS)
        making = await anyio.to_thread.run_sync(looked)
    if making.state == "failed":
        raise ToolError(making.words)
    return making


def order_path(cut: str, order: str) -> str:
    """Return the address of an order."""
    return f"{cut}/orders/{quote(order, safe='')}"
