"""Routes: the engine itself, open timelines, shots and what they are."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Header, Path, Response

from otio_bridge import pipeline
from otio_bridge.engine.answers import ShotAnswer, shot_answer
from otio_bridge.engine.asking import Described, TimelineAsked, TimelinePosted
from otio_bridge.engine.desk import OpenTimeline, Tagged
from otio_bridge.engine.engine import Engine
from otio_bridge.engine.posting import posted
from otio_bridge.engine.refusals import documented
from otio_bridge.model import Noun
from otio_bridge.outcome import ShotList
from otio_bridge.timeline import timeline_text

TimelineId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$", description="Id of an open timeline.")]
ShotId = Annotated[
    str, Path(min_length=1, max_length=300, description="Shot id, or an unambiguous clip name.")
]


UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "Nothing changed."}}


class Hello(Noun):
    """What anybody on this machine may know."""

    name: Literal["otio-bridge"] = "otio-bridge"
    instance: str
    """As in the runtime file of the engine that is running."""


class EngineAnswer(Noun):
    """The engine."""

    version: str
    pid: int
    started: str
    idle_seconds: float
    busy: bool
    """Whether an order waits or runs."""
    timelines: list[OpenTimeline]


class PageAddress(Noun):
    """An address that opens a page once, within a minute."""

    url: str


class TimelinesAnswer(Noun):
    """All open timelines."""

    timelines: list[OpenTimeline]


class DocumentAnswer(Noun):
    """A timeline as OTIO JSON, with the schemas that hosts read."""

    timeline: dict[str, Any]


class WrittenAnswer(Noun):
    """The timeline file that was written."""

    timeline: str


def engine_routes(engine: Engine) -> APIRouter:
    """Return the routes about the engine itself."""
    routes = APIRouter(prefix="/v1", tags=["engine"], responses=documented())
    desk = engine.desk

    @routes.get("/hello")
    def hello() -> Hello:
        """Say who is here; asks for no token."""
        return Hello(instance=engine.runtime.instance)

    @routes.get("/engine")
    def about() -> EngineAnswer:
        """Describe the engine."""
        runtime = engine.runtime
        return EngineAnswer(
            version=runtime.version,
            pid=runtime.pid,
            started=runtime.started.isoformat(),
            idle_seconds=round(engine.pulse.idle_seconds, 1),
            busy=engine.orders.busy,
            timelines=engine.desk.all(),
        )

    @routes.post("/engine/stop", status_code=202)
    def stop() -> Hello:
        """Ask the engine to end; open work goes on at its next start."""
        engine.stopping.set()
        return hello()

    @routes.post("/interchange")
    def interchange(asked: TimelineAsked) -> DocumentAnswer:
        """Read any timeline file that OTIO's adapters know, for hosts that know only OTIO JSON."""
        opened = desk.page_of(desk.seen(asked.path, asked.rate))
        return DocumentAnswer(timeline=json.loads(timeline_text(opened.session.cut.timeline)))

    @routes.post("/page-address")
    def page_address(path: str = "/review") -> PageAddress:
        """Return an address that opens a page of the engine in a browser, once."""
        from urllib.parse import quote

        local = path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/review"
        made = engine.keys.new_pass()
        port = engine.runtime.port
        to = quote(local.encode("utf-8", "replace"), safe="")
        return PageAddress(url=f"http://127.0.0.1:{port}/enter?pass={made}&to={to}")

    return routes


def timeline_routes(engine: Engine) -> APIRouter:
    """Return the routes about timelines and shots."""
    routes = APIRouter(prefix="/v1/timelines", tags=["timelines"], responses=documented())
    desk, news = engine.desk, engine.news

    def changed(timeline: str, subject: str | None = None) -> None:
        news.tell("timeline", timeline=timeline, subject=subject, state="changed")

    @routes.get("")
    def timelines() -> TimelinesAnswer:
        """List the open timelines."""
        return TimelinesAnswer(timelines=desk.all())

    @routes.post("")
    def open_timeline(asked: TimelineAsked) -> OpenTimeline:
        """Open a timeline file; opening it again gives the same id."""
        from pathlib import Path as File

        return desk.open(File(asked.path), asked.rate)

    @routes.post("/posted")
    def post_timeline(sent: Annotated[TimelinePosted, Body()]) -> OpenTimeline:
        """Open a timeline as a host sees it; send it again whenever it changed there."""
        opened = posted(desk, sent)
        changed(opened.id)
        return opened

    @routes.delete("/{timeline}")
    def close(timeline: TimelineId) -> TimelinesAnswer:
        """Forget that a timeline is open; nothing on the disk changes."""
        desk.close(timeline)
        return timelines()

    @routes.get(
        "/{timeline}/shots",
        response_model=ShotList,
        responses=UNCHANGED,
    )
    def shots(
        timeline: TimelineId, if_none_match: Annotated[str | None, Header()] = None
    ) -> Response:
        """List every picture clip as a shot; with If-None-Match 304 while nothing changed."""
        return unless_known(desk.shots(desk.page(timeline)), if_none_match)

    @routes.get("/{timeline}/shots/{shot}")
    def shot(timeline: TimelineId, shot: ShotId) -> ShotAnswer:
        """Describe one shot: what it is, where it stands, what it shows."""
        page = desk.page(timeline)
        return shot_answer(page, page.placed(shot))

    @routes.patch("/{timeline}/shots/{shot}")
    def describe(timeline: TimelineId, shot: ShotId, said: Described) -> ShotAnswer:
        """Say what a shot is; what is not given stays as it was."""
        page = desk.page(timeline)
        placed = page.placed(shot)
        pipeline.describe(
            page.path,
            placed.id,
            prompt=said.prompt,
            performers=said.performers,
            location=said.location,
            props=said.props,
            contact=said.contact,
            kind=said.kind,
            provider=said.provider,
            rate=page.opened.rate,
        )
        changed(timeline, placed.id)
        page = desk.page(timeline)
        return shot_answer(page, page.placed(placed.id))

    @routes.post("/{timeline}/undo")
    def undo(timeline: TimelineId) -> WrittenAnswer:
        """Put back the version of the timeline file that the last edit replaced."""
        written = pipeline.undo(desk.page(timeline).path)
        changed(timeline)
        return WrittenAnswer(timeline=str(written))

    return routes


def unless_known(found: Tagged, known: str | None) -> Response:
    """Return an answer, or 304 to those who know it already."""
    tag, body = found
    headers = {"etag": tag, "cache-control": "no-cache"}
    if known == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
