"""Tools of the recipe beside takes: what would be sent, looks, fused references, coverage."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

import anyio.to_thread
from mcp.server.mcpserver import Context, Image
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from otio_bridge.client import Engine
from otio_bridge.mcp_engine import awaited, declining, of_shot, opened
from otio_bridge.mcp_terms import (
    WAIT_SECONDS,
    AgreedUsd,
    Clip,
    Clips,
    Making,
    Price,
    Seconds,
    Timeline,
    Wait,
)


@declining
def propose_coverage(timeline: Timeline, clip: Clip) -> dict[str, Any]:
    """Say how a contact would be told in shots of one character each, and what it may cost."""
    engine, shot = of_shot(timeline, clip)
    return dict(engine.get(f"{shot}/coverage"))


@declining
def list_requests(
    timeline: Timeline, clips: Clips, provider: str = "", seconds: Seconds = None
) -> dict[str, Any]:
    """Say what `regenerate` would send first: prompts, pictures, prices; nothing is sent."""
    engine, cut = opened(timeline)
    asked = {"clips": clips, "provider": provider, "seconds": seconds}
    return dict(engine.post(f"{cut}/requests", asked))


@declining
def list_looks(timeline: Timeline) -> dict[str, Any]:
    """List looks of characters, props, places, and fused references with their candidates."""
    engine, cut = opened(timeline)
    return dict(engine.get(f"{cut}/references"))


@declining
def see_look(
    timeline: Timeline,
    role: Literal["character", "location", "prop", "fused"],
    name: str,
    number: Annotated[int, Field(ge=0, description="0 is the sheet or first candidate.")] = 0,
) -> Image:
    """Look at one picture of a look, as `list_looks` names it."""
    engine, cut = opened(timeline)
    path = f"{cut}/references/{role}/{quote(name, safe='')}/pictures/{number}"
    return Image(data=engine.picture(path), format="png")


@declining
def lock_look(
    timeline: Timeline, role: Literal["character", "location", "prop"], name: str
) -> dict[str, Any]:
    """Freeze a look, so that every take is made and judged with the same one."""
    engine, cut = opened(timeline)
    return dict(engine.post(f"{cut}/references/{role}/{quote(name, safe='')}/lock"))


@declining
def choose_candidate(
    timeline: Timeline, clip: Clip, number: Annotated[int, Field(ge=1, le=8)]
) -> dict[str, Any]:
    """Lock a candidate of a shot's fused reference: later takes carry it."""
    engine, shot = of_shot(timeline, clip)
    return dict(engine.post(f"{shot}/fused/choose", {"number": number}))


def _making(
    address: Callable[[], tuple[Engine, str, str]], terms: dict[str, Any], agreed_usd: float | None
) -> tuple[Engine, str, Making]:
    """Begin an order of the recipe, or say its price to be agreed to."""
    engine, cut, path = address()
    price = Price.model_validate(engine.post(f"{path}/estimate", terms))
    if price.needs_agreement and (agreed_usd is None or agreed_usd < price.estimate_usd):
        raise ToolError(
            f"{price.words}. Ask the person, and if they agree call again with "
            f"agreed_usd={price.estimate_usd:.2f}; nothing was sent."
        )
    order = engine.post(path, {**terms, "agreed_usd": price.estimate_usd})
    return engine, cut, Making.model_validate(order)


async def break_coverage(
    context: Context,
    timeline: Timeline,
    clip: Clip,
    provider: str = "",
    agreed_usd: AgreedUsd = None,
    wait_seconds: Wait = WAIT_SECONDS,
) -> Making:
    """Tell a contact that nothing holds in single-subject shots, and put them in the slot."""

    def address() -> tuple[Engine, str, str]:
        engine, cut = opened(timeline)
        return engine, cut, f"{cut}/shots/{quote(clip, safe='')}/coverage"

    begun = declining(lambda: _making(address, {"provider": provider}, agreed_usd))
    engine, cut, making = await anyio.to_thread.run_sync(begun)
    return await awaited(context, engine, cut, making, wait_seconds)


async def fuse_reference(
    context: Context,
    timeline: Timeline,
    clip: Clip,
    sketch: Annotated[str, Field(description="Path of a drawing, photo or scan.")],
    regions: Annotated[
        dict[str, str] | None,
        Field(description='Character to colour or "x,y" inside its figure; by colour without.'),
    ] = None,
    front: list[str] | None = None,
    candidates: Annotated[int, Field(ge=1, le=8)] = 3,
    provider: str = "",
    agreed_usd: AgreedUsd = None,
    wait_seconds: Wait = WAIT_SECONDS,
) -> Making:
    """Resolve a contact as still pictures, from a drawing and the sheets; then choose one."""
    terms = {
        "regions": regions or {}, "front": front or [], "candidates": candidates,
        "provider": provider,
    }  # fmt: skip

    def address() -> tuple[Engine, str, str]:
        engine, shot = of_shot(timeline, clip)
        engine.post(f"{shot}/sketch", {"data": _content_of(sketch)})
        return engine, shot.partition("/shots/")[0], f"{shot}/fused"

    begun = declining(lambda: _making(address, terms, agreed_usd))
    engine, cut, making = await anyio.to_thread.run_sync(begun)
    return await awaited(context, engine, cut, making, wait_seconds)


def _content_of(file: str) -> str:
    try:
        return base64.b64encode(Path(file).expanduser().read_bytes()).decode()
    except OSError as error:
        raise ToolError(f"{file} cannot be read ({error.strerror}); check the path.") from error
