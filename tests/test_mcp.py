"""One conversation over MCP, by the official client: a shot is seen, mended and put back."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import anyio
import pytest
from fakes.provider_server import ProviderServer, World
from fakes.provider_server.desk import KEYS
from PIL import Image
from running import Running, described, with_takes
from test_pipeline import build

mcp = pytest.importorskip("mcp", reason="the extra [mcp] is not installed")

from mcp import Client, StdioServerParameters  # noqa: E402
from mcp.types import ElicitRequestFormParams, ElicitResult  # noqa: E402

from otio_bridge import pipeline  # noqa: E402
from otio_bridge.listing import shots  # noqa: E402
from otio_bridge.mcp_terms import fix_contact_shot  # noqa: E402
from otio_bridge.media import stand_in  # noqa: E402

Talk = Callable[[Client], Coroutine[Any, Any, None]]
TOOLS = {
    "list_shots", "describe_shot", "list_takes", "see_take", "see_frame", "see_board",
    "mark_second", "plan_splice", "estimate", "regenerate", "wait", "cancel", "use_take",
    "splice", "revert", "undo", "list_jobs", "list_providers", "propose_coverage",
    "list_requests", "list_looks", "see_look", "lock_look", "choose_candidate", "break_coverage",
    "fuse_reference",
}  # fmt: skip


@pytest.fixture(autouse=True)
def engine(own_data: Path) -> Iterator[Running]:
    running = Running(own_data)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return with_takes(tmp_path / "film")


@asynccontextmanager
async def agent(data: Path, answers: list[bool] | None = None) -> AsyncIterator[Client]:
    """An MCP client whose person answers prices in turn; without `answers` it cannot ask them."""

    async def asked(context: Any, params: ElicitRequestFormParams) -> ElicitResult:
        assert answers is not None
        assert "USD" in params.message
        return ElicitResult(action="accept", content={"agree": answers.pop(0)})

    words = ["-c", "from otio_bridge.cli import main; main()", "mcp"]
    started = StdioServerParameters(
        command=sys.executable, args=words, env={"OTIO_BRIDGE_DATA_DIR": str(data)}
    )
    more = {} if answers is None else {"elicitation_callback": asked}
    async with Client(started, **more) as client:
        yield client


def talk(data: Path, said: Talk, answers: list[bool] | None = None) -> None:
    async def conversation() -> None:
        with anyio.fail_after(240):
            async with agent(data, answers) as client:
                await said(client)

    anyio.run(conversation)


async def done(client: Client, tool: str, **words: Any) -> Any:
    answer = await client.call_tool(tool, words)
    assert not answer.is_error, answer.content
    return answer.structured_content


async def declined(client: Client, tool: str, **words: Any) -> str:
    answer = await client.call_tool(tool, words)
    assert answer.is_error
    return str(answer.content[0].text)


async def seen(client: Client, tool: str, **words: Any) -> Image.Image:
    answer = await client.call_tool(tool, words)
    assert not answer.is_error, answer.content
    return Image.open(io.BytesIO(base64.b64decode(answer.content[0].data)))


def test_every_tool_says_what_it_takes_gives_and_risks(own_data: Path) -> None:
    async def said(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == TOOLS
        assert client.instructions
        for tool in tools.values():
            assert tool.description and tool.annotations is not None
            assert "timeline" in tool.input_schema["properties"] or tool.name == "list_providers"
            pictures = tool.name.startswith("see_")
            assert pictures or tool.output_schema, f"{tool.name} does not say what it gives"
        hidden = {"context", "agreement"} & tools["regenerate"].input_schema["properties"].keys()
        assert not hidden, "what only the person may say is not the agent's to fill in"
        prompt = await client.get_prompt(
            "fix_contact_shot", {"timeline": "/a.otio", "clip": "hug", "second": "3"}
        )
        assert prompt.messages[0].content.text == fix_contact_shot("/a.otio", "hug", "3")

    talk(own_data, said)


def test_one_conversation_mends_a_shot(film: Path, own_data: Path) -> None:
    where = {"timeline": str(film)}
    hug = {**where, "clip": "hug.mp4"}

    async def said(client: Client) -> None:
        listed = await done(client, "list_shots", **where)
        assert [line["clip"] for line in listed["shots"]] == [one.clip for one in shots(film).shots]
        shot = await done(client, "describe_shot", **hug, location="a kitchen", kind="hug")
        assert (shot["location"], shot["kind"]) == ("a kitchen", "hug")
        before = await done(client, "list_takes", **hug)
        first = before["takes"][0]
        assert {"second", "held", "verdict", "failures"} <= first["seconds"][0].keys()
        strip = await seen(client, "see_take", **hug, take=first["id"])
        assert strip.width > 2 * strip.height
        await seen(client, "see_frame", **hug, take="original", frame=3)
        await seen(client, "see_board", **hug)
        marked = await done(client, "mark_second", **hug, take=first["id"], second=1, mark="failed")
        assert marked["takes"][0]["seconds"][1]["verdict"] == "failed"
        price = await done(client, "estimate", **where, clips=["hug.mp4"], takes=1)
        assert (price["estimate_usd"], price["needs_agreement"]) == (0, False)
        made = await done(
            client, "regenerate", **where, clips=["hug.mp4"], takes=1, seconds=[1, 2],
            wait_seconds=200,
        )  # fmt: skip
        assert made["state"] == "done", made
        assert len((await done(client, "list_takes", **hug))["takes"]) > len(before["takes"])
        plans = (await done(client, "plan_splice", **hug, count=2))["plans"]
        assert plans[0]["words"]
        edited = await done(client, "splice", **hug, plan=plans[0]["words"])
        assert (edited["state"], edited["via"]) == ("applied", "file")

    talk(own_data, said)
    line = next(one for one in shots(film).shots if one.clip.startswith("hug"))
    assert line.state in ("spliced", "alternate")


def test_edits_can_be_taken_back(film: Path, own_data: Path) -> None:
    hug = {"timeline": str(film), "clip": "hug.mp4"}

    async def said(client: Client) -> None:
        take = (await done(client, "list_takes", **hug))["takes"][0]["id"]
        assert (await done(client, "use_take", **hug, take=take))["state"] == "applied"
        assert shots(film).shots[1].active_take == take
        await done(client, "undo", timeline=str(film))
        assert shots(film).shots[1].active_take == "original"
        await done(client, "use_take", **hug, take=take)
        await done(client, "revert", **hug)
        assert shots(film).shots[1].active_take == "original"
        assert "t99" in await declined(client, "use_take", **hug, take="t99")
        assert "no clip" in await declined(client, "list_takes", **{**hug, "clip": "nobody"})

    talk(own_data, said)


@pytest.fixture
def paid(
    tmp_path: Path, own_data: Path, engine: Running, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Path, ProviderServer]]:
    """A described timeline and a paid provider that answers on this machine."""
    film = tmp_path / "film.mp4"
    stand_in(film, text="generated", frames=96, rate=Fraction(24), size=(320, 180))
    (own_data / "providers.json").write_text('{"runway": {"poll_seconds": 0}}')
    with ProviderServer(World(film.read_bytes())) as server:
        monkeypatch.setenv("OTIO_BRIDGE_RUNWAY_URL", f"{server.url}/runway")
        for variable, key in KEYS.items():
            monkeypatch.setenv(variable, key)
        engine.stop()
        engine.start()  # which now knows address and keys
        yield described(build(tmp_path / "paid")), server


def creations(server: ProviderServer) -> int:
    return sum(event.verb == "create" and event.what == "accepted" for event in server.world.events)


def test_money_waits_for_the_person(paid: Any, own_data: Path) -> None:
    timeline, server = paid
    order = {"timeline": str(timeline), "clips": ["hug.mp4"], "takes": 1, "provider": "runway"}

    async def said(client: Client) -> None:
        usd = (await done(client, "estimate", **order))["estimate_usd"]
        assert usd > 0
        assert "budget of 0.01" in await declined(client, "regenerate", **order, budget_usd=0.01)
        told = await declined(client, "regenerate", **order)
        assert "did not agree" in told
        assert creations(server) == 0
        made = await done(client, "regenerate", **order, budget_usd=usd, wait_seconds=200)
        assert made["state"] == "done", made

    talk(own_data, said, answers=[False, True])
    assert creations(server) == 1
    assert sum(job.paid_usd or job.estimate_usd for job in pipeline.jobs(timeline)) > 0


def test_a_client_that_cannot_ask_is_told_the_price(paid: Any, own_data: Path) -> None:
    timeline, server = paid
    order = {"timeline": str(timeline), "clips": ["hug.mp4"], "takes": 1, "provider": "runway"}

    async def said(client: Client) -> None:
        told = await declined(client, "regenerate", **order)
        usd = float(told.rsplit("agreed_usd=", 1)[1].split(";")[0])
        assert creations(server) == 0
        assert "agreed_usd" in await declined(client, "regenerate", **order, agreed_usd=usd / 2)
        made = await done(client, "regenerate", **order, agreed_usd=usd, wait_seconds=200)
        assert made["state"] == "done", made

    talk(own_data, said)
    assert creations(server) == 1


def test_the_recipe_goes_on_to_a_drawing_and_to_coverage(
    film: Path, own_data: Path, tmp_path: Path
) -> None:
    from test_recipe_road import drawn

    timeline, clip = str(film), "hug.mp4"

    async def mended(client: Client) -> None:
        asked = await done(client, "list_requests", timeline=timeline, clips=[clip])
        assert "They shake hands." in asked["requests"][0]["prompt"]
        sketch = str(drawn(tmp_path / "s.png", ["Mia", "Tom"]))
        fused = await done(
            client, "fuse_reference", timeline=timeline, clip=clip, sketch=sketch, candidates=2
        )
        assert fused["state"] == "done", fused
        looks = (await done(client, "list_looks", timeline=timeline))["looks"]
        (made,) = [look for look in looks if look["name"].endswith("candidates")]
        name = made["name"]
        still = await seen(client, "see_look", timeline=timeline, role="fused", name=name, number=1)
        assert still.size[0] > 400
        await done(client, "choose_candidate", timeline=timeline, clip=clip, number=1)
        told = await done(client, "propose_coverage", timeline=timeline, clip=clip)
        assert [one["character"] for one in told["shots"]] == ["mia", "tom"]
        made = await done(client, "break_coverage", timeline=timeline, clip=clip)
        assert made["state"] == "done", made

    talk(own_data, mended)
    assert shots(film).shots[1].state == "coverage"


INSPECTOR = os.environ.get("OTIO_BRIDGE_INSPECTOR", "")
"""Where `mcp-inspector` lies, if it does: `npm install @modelcontextprotocol/inspector`."""


@pytest.mark.slow
@pytest.mark.skipif(not INSPECTOR, reason="no inspector: name it in OTIO_BRIDGE_INSPECTOR")
def test_the_inspector_lists_and_calls(film: Path, own_data: Path) -> None:
    def inspected(*words: str) -> Any:
        command = ["-c", "from otio_bridge.cli import main; main()", "mcp"]
        said = subprocess.run(
            [INSPECTOR, "--cli", sys.executable, *command, "--method", *words],
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        return json.loads(said.stdout)

    assert {tool["name"] for tool in inspected("tools/list")["tools"]} == TOOLS
    assert [one["name"] for one in inspected("prompts/list")["prompts"]] == ["fix_contact_shot"]
    called = ("tools/call", "--tool-name", "list_takes", "--tool-arg")
    found = inspected(*called, f"timeline={film}", "--tool-arg", "clip=hug.mp4")
    assert [take["id"] for take in found["structuredContent"]["takes"]] == ["t01", "t02"]
    wrong = inspected(*called, f"timeline={film}", "--tool-arg", "clip=nobody.mp4")
    assert wrong["isError"] and "nobody.mp4" in wrong["content"][0]["text"]
