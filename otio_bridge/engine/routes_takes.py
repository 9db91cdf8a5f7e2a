"""Routes: takes, marks, plans, and the media that shows them."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from pathlib import Path as File
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Response

from otio_bridge.engine.answers import (
    PlanAnswer,
    PlansAnswer,
    TakesAnswer,
    keep_marks,
    plan_answer,
    takes_answer,
)
from otio_bridge.engine.asking import MarksAsked, PlanAsked
from otio_bridge.engine.engine import Engine
from otio_bridge.engine.pictures import KINDS, file_of
from otio_bridge.engine.planning import plans, words_of
from otio_bridge.engine.ranges import MediaResponse, ranged
from otio_bridge.engine.refusals import Refusal, documented
from otio_bridge.engine.routes_timelines import UNCHANGED, ShotId, TimelineId, unless_known
from otio_bridge.judging import advised
from otio_bridge.model import SplicePlan
from otio_bridge.reporting import board, report

TakeId = Annotated[str, Path(min_length=1, max_length=100, description='Take id, or "original".')]
Range = Annotated[str | None, Header(alias="range")]
IfRange = Annotated[str | None, Header(alias="if-range")]
WithPlan = Annotated[
    bool, Query(description="False leaves the plan out, which takes long for many new takes.")
]
MAKING_SECONDS = 60.0
"""A request waits at most so long for a proxy."""


def binary(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says of a route that answers with a file, whole or in part."""
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}
    said = documented(416, 503)
    return {**said, 200: {"content": content}, 206: {"content": content, "description": "A part."}}


def take_routes(engine: Engine) -> APIRouter:
    """Return the routes about takes and plans."""
    routes = APIRouter(
        prefix="/v1/timelines/{timeline}/shots/{shot}", tags=["takes"], responses=documented()
    )
    desk = engine.desk

    @routes.get("/takes", response_model=TakesAnswer, responses=UNCHANGED)
    def takes(
        timeline: TimelineId,
        shot: ShotId,
        plan: WithPlan = True,
        if_none_match: Annotated[str | None, Header()] = None,
    ) -> Response:
        """List a shot's takes with scores a second, evidence, marks, and the best plan."""
        page = desk.page(timeline)
        placed = page.placed(shot)
        known = page.session.project is not None
        stamp = (page.stamp, page.project.takes_stamp(placed.shot) if known else ())
        found = desk.kept(
            (timeline, placed.id, plan), stamp, lambda: takes_answer(page, placed, plan)
        )
        return unless_known(found, if_none_match)

    @routes.post("/marks")
    def marks(
        timeline: TimelineId, shot: ShotId, said: MarksAsked, plan: WithPlan = True
    ) -> TakesAnswer:
        """Mark seconds of takes as held or failed, or clear marks; the plan obeys at once."""
        page = desk.page(timeline)
        placed = page.placed(shot)
        keep_marks(page, placed, said.marks)
        engine.news.tell("timeline", timeline=timeline, subject=placed.id, state="changed")
        page = desk.page(timeline)
        return takes_answer(page, page.placed(placed.id), plan)

    @routes.post("/plan", response_model=PlansAnswer)
    def plan(timeline: TimelineId, shot: ShotId, asked: PlanAsked) -> Response:
        """Plan a splice: the best ones, one in words, or what if; nothing of it is kept on disk.

        Windows that ask the same of the same state share one answer.
        """
        page = desk.page(timeline)
        placed = page.placed(shot)

        def made() -> PlansAnswer:
            found, known = plans(page, placed, asked), page.session.takes_of(placed)

            def answer_of(one: SplicePlan) -> PlanAnswer:
                advice = advised(page.session, placed, known, one)
                return plan_answer(one, words_of(one.segments, known), advice)

            return PlansAnswer(plans=[answer_of(one) for one in found])

        stamp = (page.stamp, page.project.takes_stamp(placed.shot))
        name = (timeline, placed.id, asked.model_dump_json())
        _, answer = desk.kept(name, stamp, made)
        return Response(answer, media_type="application/json")

    return routes


def media_routes(engine: Engine) -> APIRouter:
    """Return the routes that serve pictures and films."""
    routes = APIRouter(
        prefix="/v1/timelines/{timeline}/shots/{shot}", tags=["media"], responses=documented()
    )
    desk, pictures = engine.desk, engine.pictures

    @routes.get(
        "/media/{take}", response_class=Response, responses=binary(*sorted(set(KINDS.values())))
    )
    def media(
        timeline: TimelineId,
        shot: ShotId,
        take: TakeId,
        asked: Range = None,
        validator: IfRange = None,
    ) -> Response:
        """Serve a take's file, or the clip's own media, by range request."""
        page = desk.page(timeline)
        path = file_of(page, page.placed(shot), take)
        return ranged(path, KINDS[path.suffix.lower()], asked, validator)

    @routes.get("/proxy/{take}", response_class=Response, responses=binary("video/mp4"))
    async def proxy(
        timeline: TimelineId,
        shot: ShotId,
        take: TakeId,
        asked: Range = None,
        validator: IfRange = None,
    ) -> Response:
        """Serve a small film of key pictures only; it is made on the first request.

        A take's shows the whole take, handles included; the original's shows exactly the slot.
        """

        def begun() -> Future[File]:
            page = desk.page(timeline)
            return pictures.proxy(page, page.placed(shot), take)

        path = await _awaited(await asyncio.to_thread(begun))
        return await asyncio.to_thread(ranged, path, "video/mp4", asked, validator)

    @routes.get("/thumbnail/{take}", response_class=Response, responses=binary("image/jpeg"))
    async def thumbnail(
        timeline: TimelineId,
        shot: ShotId,
        take: TakeId,
        frame: Annotated[int, Query(ge=-100_000, le=10_000_000)] = 0,
        width: Annotated[int, Query(ge=16, le=1280)] = 320,
    ) -> Response:
        """Serve one frame of the slot as a take shows it."""

        def begun() -> Future[File]:
            page = desk.page(timeline)
            return pictures.thumbnail(page, page.placed(shot), take, frame, width)

        return _picture(await _awaited(await asyncio.to_thread(begun)), "image/jpeg")

    @routes.get("/strip/{take}", response_class=Response, responses=binary("image/jpeg"))
    async def strip(
        timeline: TimelineId,
        shot: ShotId,
        take: TakeId,
        width: Annotated[int, Query(ge=16, le=640)] = 160,
    ) -> Response:
        """Serve the middle frame of every second side by side, each of the next known width."""

        def begun() -> Future[File]:
            page = desk.page(timeline)
            return pictures.strip(page, page.placed(shot), take, width)

        return _picture(await _awaited(await asyncio.to_thread(begun)), "image/jpeg")

    @routes.get("/board", response_class=Response, responses=binary("image/png"))
    def drawn_board(timeline: TimelineId, shot: ShotId) -> Response:
        """Draw takes x seconds as one still with the path that is shown or planned."""
        page = desk.page(timeline)
        with TemporaryDirectory() as folder:
            path = board(page.path, page.placed(shot).id, File(folder) / "board.png")
            return Response(path.read_bytes(), media_type="image/png")

    return routes


def report_routes(engine: Engine) -> APIRouter:
    """Return the route of the report."""
    routes = APIRouter(prefix="/v1/timelines/{timeline}", tags=["media"], responses=documented())

    @routes.get("/report", response_class=Response, responses=binary("text/html"))
    def html(timeline: TimelineId) -> Response:
        """Write the self-contained HTML report of all shots with takes."""
        page = engine.desk.page(timeline)
        with TemporaryDirectory() as folder:
            path, _ = report(page.path, File(folder) / "report.html")
            return Response(path.read_bytes(), media_type="text/html")

    return routes


async def _awaited(making: Future[File]) -> File:
    """Wait for a proxy without holding a thread; it goes on being made when we give up."""
    if making.done():
        return making.result()
    waiting = asyncio.shield(asyncio.wrap_future(making))
    try:
        return await asyncio.wait_for(waiting, MAKING_SECONDS)
    except TimeoutError:
        raise Refusal(503, "The proxy is still being made; ask again.", Retry_After="5") from None


def _picture(path: File, kind: str) -> MediaResponse:
    return MediaResponse(path, media_type=kind, headers={"cache-control": "private, max-age=3600"})
