"""Any agent over MCP: the road's verbs as tools, takes as pictures, one gate before money.

`otio-bridge mcp` speaks over stdin and stdout. Like every window it asks the engine, which it
starts where none runs, so that paid work outlives the conversation.

    {"mcpServers": {"otio-bridge": {"command": "otio-bridge", "args": ["mcp"]}}}
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal
from urllib.parse import quote

import anyio.to_thread
from mcp.server.mcpserver import Context, Elicit, Image, MCPServer, Resolve
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

from otio_bridge import __version__
from otio_bridge.client import Engine
from otio_bridge.mcp_engine import awaited, declining, engine_here, of_shot, opened, order_path
from otio_bridge.mcp_recipe import (
    break_coverage,
    choose_candidate,
    fuse_reference,
    list_looks,
    list_requests,
    lock_look,
    propose_coverage,
    see_look,
)
from otio_bridge.mcp_terms import (
    INSTRUCTIONS,
    WAIT_SECONDS,
    AgreedUsd,
    Agreement,
    Clip,
    Clips,
    Edited,
    Making,
    Plans,
    Price,
    Seconds,
    TakeName,
    Takes,
    Timeline,
    Usd,
    Wait,
    fix_contact_shot,
)
from otio_bridge.model import ContactKind, FailureKind, Performer, Shot
from otio_bridge.outcome import ShotList, ShotOutcome

READING = ToolAnnotations(read_only_hint=True, open_world_hint=False)
MARKING = ToolAnnotations(destructive_hint=False, idempotent_hint=True, open_world_hint=False)
EDITING = ToolAnnotations(destructive_hint=False, idempotent_hint=False, open_world_hint=False)
"""Every edit can be taken back by `revert` or `undo`, and no media file is ever replaced."""
SPENDING = ToolAnnotations(destructive_hint=False, idempotent_hint=False, open_world_hint=True)


def run() -> None:
    """Serve one client over stdin and stdout until it leaves."""
    server().run("stdio")


def server() -> MCPServer:
    """Return the server with its tools and its recipe."""
    made = MCPServer(
        "otio-bridge", title="otio-bridge", version=__version__, instructions=INSTRUCTIONS
    )
    for hints, tools in TOOLS:
        for tool in tools:
            made.add_tool(tool, annotations=hints)
    made.prompt(title="Fix a contact shot")(fix_contact_shot)
    return made


@declining
def list_shots(timeline: Timeline) -> ShotList:
    """List every picture clip of a timeline as a shot: id, place in frames, takes, state."""
    engine, cut = opened(timeline)
    return ShotList.model_validate(engine.get(f"{cut}/shots"))


@declining
def describe_shot(
    timeline: Timeline,
    clip: Clip,
    prompt: str | None = None,
    characters: Annotated[
        dict[str, str] | None,
        Field(description='Name to side: {"Mia": "left", "Tom": "right"}.'),
    ] = None,
    location: str | None = None,
    props: list[str] | None = None,
    contact: Annotated[
        list[tuple[float, float]] | None,
        Field(description="Spans [start, end) in seconds of the clip in which bodies touch."),
    ] = None,
    kind: ContactKind | None = None,
) -> Shot:
    """Say what a shot is; what is not given stays as it was."""
    engine, shot = of_shot(timeline, clip)
    cast = [Performer.model_validate({"name": n, "side": s}) for n, s in (characters or {}).items()]
    said = {
        "prompt": prompt, "location": location, "props": props, "contact": contact, "kind": kind,
        "performers": [one.model_dump(mode="json") for one in cast] or None,
    }  # fmt: skip
    answer = engine.patch(shot, {key: value for key, value in said.items() if value is not None})
    return Shot.model_validate(answer["shot"])


@declining
def list_takes(timeline: Timeline, clip: Clip) -> ShotOutcome:
    """List a shot's takes with P(held) and failures a second, marks, and the best plan."""
    engine, shot = of_shot(timeline, clip)
    return ShotOutcome.model_validate({**engine.get(f"{shot}/takes"), "timeline": timeline})


@declining
def see_take(timeline: Timeline, clip: Clip, take: TakeName) -> Image:
    """Look at a take: the middle frame of every second, side by side."""
    engine, shot = of_shot(timeline, clip)
    return Image(
        data=engine.picture(f"{shot}/strip/{quote(take, safe='')}", width=320), format="jpeg"
    )


@declining
def see_frame(timeline: Timeline, clip: Clip, take: TakeName, frame: int) -> Image:
    """Look at one frame of the slot, counted from its first, as a take shows it."""
    engine, shot = of_shot(timeline, clip)
    path = f"{shot}/thumbnail/{quote(take, safe='')}"
    return Image(data=engine.picture(path, frame=frame, width=1024), format="jpeg")


@declining
def see_board(timeline: Timeline, clip: Clip) -> Image:
    """Look at all takes x seconds on one picture, with scores, reasons and the chosen path."""
    engine, shot = of_shot(timeline, clip)
    return Image(data=engine.picture(f"{shot}/board"), format="png")


@declining
def mark_second(
    timeline: Timeline,
    clip: Clip,
    take: TakeName,
    second: Annotated[int, Field(ge=0, description="Second of the clip, from 0.")],
    mark: Literal["held", "failed", "clear"],
    because: Annotated[
        FailureKind | None, Field(description="With failed: what goes wrong.")
    ] = None,
) -> ShotOutcome:
    """Overrule the judge for one second of a take; the plan obeys at once."""
    engine, shot = of_shot(timeline, clip)
    told = {"take": take, "second": second, "mark": None if mark == "clear" else mark}
    told["because"] = because if mark == "failed" else None
    answer = engine.post(f"{shot}/marks", {"marks": [told]})
    return ShotOutcome.model_validate({**answer, "timeline": timeline})


@declining
def plan_splice(
    timeline: Timeline, clip: Clip, count: Annotated[int, Field(ge=1, le=8)] = 3
) -> Plans:
    """Return the best plans through the takes; nothing is changed."""
    engine, shot = of_shot(timeline, clip)
    return Plans.model_validate(engine.post(f"{shot}/plan", {"count": count}))


def _ordered(
    clips: list[str], takes: int, provider: str, model: str | None, seconds: tuple[int, int] | None
) -> dict[str, Any]:
    return {
        "clips": clips, "takes": takes, "provider": provider, "model": model, "seconds": seconds,
    }  # fmt: skip


@declining
def estimate(
    timeline: Timeline,
    clips: Clips,
    takes: Takes = 4,
    provider: str = "",
    model: str | None = None,
    seconds: Seconds = None,
) -> Price:
    """Say what `regenerate` with the same words may cost at most; nothing is sent."""
    engine, cut = opened(timeline)
    asked = _ordered(clips, takes, provider, model, seconds)
    return Price.model_validate(engine.post(f"{cut}/estimate", asked))


def agreed(
    context: Context,
    timeline: str,
    clips: list[str],
    takes: int,
    provider: str,
    model: str | None,
    seconds: tuple[int, int] | None,
    budget_usd: float | None,
    agreed_usd: float | None,
) -> Agreement | Elicit[Agreement]:
    """Ask the person about a price, where there is one that they did not agree to yet."""
    price = estimate(timeline, clips, takes, provider, model, seconds)
    usd = price.estimate_usd
    if price.undescribed:
        raise ToolError(
            f"{price.undescribed[0]} was never described, and it costs money; call "
            f"describe_shot first. ({price.words})"
        )
    if budget_usd is not None and usd > budget_usd:
        raise ToolError(
            f"{price.words}, above the budget of {budget_usd:.2f}; ask for fewer takes."
        )
    if not price.needs_agreement or (agreed_usd is not None and agreed_usd >= usd):
        return Agreement(agree=True)
    if not _can_ask(context):
        raise ToolError(
            f"{price.words}. Ask the person, and if they agree call again with "
            f"agreed_usd={usd:.2f}; nothing was sent."
        )
    return Elicit(f"{price.words}. Go ahead?", Agreement)


def _can_ask(context: Context) -> bool:
    able = context.client_capabilities
    return able is not None and able.elicitation is not None


async def regenerate(
    context: Context,
    agreement: Annotated[Agreement, Resolve(agreed)],
    timeline: Timeline,
    clips: Clips,
    takes: Takes = 4,
    provider: Annotated[
        str, Field(description="As in list_providers; empty for what shot or project wish.")
    ] = "",
    model: str | None = None,
    seconds: Seconds = None,
    budget_usd: Usd = None,
    agreed_usd: AgreedUsd = None,
    wait_seconds: Wait = WAIT_SECONDS,
) -> Making:
    """Make takes until the best plan covers each clip; they are added as alternates.

    The picture on the timeline does not change. A paid provider needs the person's agreement.
    """
    if not agreement.agree:
        raise ToolError("The person did not agree to the price; nothing was sent.")
    asked = _ordered(clips, takes, provider, model, seconds) | {"budget_usd": budget_usd}

    @declining
    def begun() -> tuple[Engine, str, Making]:
        engine, cut = opened(timeline)
        price = engine.post(f"{cut}/estimate", asked)["estimate_usd"]
        usd = price if agreed_usd is None else min(price, agreed_usd)
        order = engine.post(f"{cut}/regenerate", {**asked, "agreed_usd": usd})
        return engine, cut, Making.model_validate(order)

    engine, cut, making = await anyio.to_thread.run_sync(begun)
    return await awaited(context, engine, cut, making, wait_seconds)


async def wait(
    context: Context, timeline: Timeline, order: str, wait_seconds: Wait = WAIT_SECONDS
) -> Making:
    """Wait for an order that `regenerate` began."""

    @declining
    def found() -> tuple[Engine, str, Making]:
        engine, cut = opened(timeline)
        return engine, cut, Making.model_validate(engine.get(order_path(cut, order)))

    engine, cut, making = await anyio.to_thread.run_sync(found)
    return await awaited(context, engine, cut, making, wait_seconds)


@declining
def cancel(timeline: Timeline, order: str) -> Making:
    """Stop an order: nothing more is sent, what was made stays."""
    engine, cut = opened(timeline)
    return Making.model_validate(engine.post(order_path(cut, order) + "/cancel"))


def _edit(timeline: str, kind: str, clip: str, **words: Any) -> Edited:
    engine, cut = opened(timeline)
    edit = engine.post(f"{cut}/edits", {"kind": kind, "shot": clip, **words})
    return Edited.model_validate({**edit, "words": edit["shape"]["words"]})


@declining
def use_take(timeline: Timeline, clip: Clip, take: TakeName) -> Edited:
    """Show one take in the clip's place; nothing else moves."""
    return _edit(timeline, "use", clip, take=take)


@declining
def splice(
    timeline: Timeline,
    clip: Clip,
    plan: Annotated[
        str, Field(description='"auto", or stretches such as "t1:0-2,t3:2-5" in seconds.')
    ] = "auto",
    nested: bool = False,
) -> Edited:
    """Put the best plan, or yours, in the clip's place, to the frame; nothing else moves."""
    return _edit(timeline, "splice", clip, plan=plan, nested=nested)


@declining
def revert(timeline: Timeline, clip: Clip) -> Edited:
    """Put the clip back as it was; its takes stay on it."""
    return _edit(timeline, "revert", clip)


@declining
def undo(timeline: Timeline) -> str:
    """Put back the timeline file that the last edit replaced."""
    engine, cut = opened(timeline)
    return f"Put back in {engine.post(f'{cut}/undo')['timeline']}."


@declining
def list_jobs(timeline: Timeline) -> dict[str, Any]:
    """List what was asked of generators, with state, estimate and what was paid in USD."""
    engine, cut = opened(timeline)
    return dict(engine.get(f"{cut}/jobs"))


@declining
def list_providers() -> dict[str, Any]:
    """List the generators with their models, prices in USD a second, and needed keys."""
    return dict(engine_here().get("/v1/providers"))


TOOLS: tuple[tuple[ToolAnnotations, tuple[Callable[..., Any], ...]], ...] = (
    (READING, (list_shots, list_takes, plan_splice, estimate, list_jobs, list_providers)),
    (READING, (see_take, see_frame, see_board, wait)),
    (READING, (propose_coverage, list_requests, list_looks, see_look)),
    (MARKING, (describe_shot, mark_second, cancel, lock_look, choose_candidate)),
    (EDITING, (use_take, splice, revert, undo)),
    (SPENDING, (regenerate, break_coverage, fuse_reference)),
)
"""Every tool, by what it may do."""
