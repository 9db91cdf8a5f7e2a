"""Routes: prices, orders and their progress, jobs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query
from fastapi.responses import StreamingResponse

from otio_bridge import job_verbs
from otio_bridge.engine.asking import RegenerateAsked, Resolved
from otio_bridge.engine.engine import Engine
from otio_bridge.engine.order_terms import EstimateAnswer, OrderAnswer
from otio_bridge.engine.progress import News
from otio_bridge.engine.refusals import documented
from otio_bridge.engine.routes_timelines import TimelineId
from otio_bridge.journal import Journal
from otio_bridge.model import Job, JobState, Noun
from otio_bridge.worker import Worker

OrderId = Annotated[str, Path(pattern=r"^[0-9a-f]{12}$")]
JobId = Annotated[str, Path(min_length=1, max_length=100)]
After = Annotated[int, Query(ge=0, le=2**53, description="Number of the last news known.")]


class OrdersAnswer(Noun):
    """Orders, the newest first."""

    orders: list[OrderAnswer]


class JobLine(Noun):
    """One job, as `jobs --json` says it."""

    id: str
    shot: str
    take: str
    provider: str
    state: JobState
    estimate_usd: float
    paid_usd: float
    why: str


class JobsAnswer(Noun):
    """Jobs in the order in which they were planned."""

    jobs: list[JobLine]


class NewsAnswer(Noun):
    """What happened since."""

    latest: int
    """Ask for news after this next time."""
    news: list[News]


def order_routes(engine: Engine) -> APIRouter:
    """Return the routes about orders."""
    routes = APIRouter(
        prefix="/v1/timelines/{timeline}", tags=["orders"], responses=documented(402)
    )
    desk, orders = engine.desk, engine.orders

    @routes.post("/estimate")
    def estimate(timeline: TimelineId, asked: RegenerateAsked) -> EstimateAnswer:
        """Say what a regenerate may cost at most; nothing is sent or kept."""
        return orders.estimate(desk.page(timeline), asked)

    @routes.post("/regenerate", status_code=202)
    def regenerate(timeline: TimelineId, asked: RegenerateAsked) -> OrderAnswer:
        """Begin to make takes; 402 with the price while a paid order was not agreed to."""
        return orders.regenerate(timeline, asked)

    @routes.get("/orders")
    def listed(timeline: TimelineId) -> OrdersAnswer:
        """List the orders of a timeline."""
        return OrdersAnswer(orders=orders.listed(timeline))

    @routes.get("/orders/{order}")
    def order(timeline: TimelineId, order: OrderId) -> OrderAnswer:
        """Say how far an order is; for those who poll."""
        return orders.get(timeline, order)

    @routes.post("/orders/{order}/cancel")
    def cancel(timeline: TimelineId, order: OrderId) -> OrderAnswer:
        """Stop an order: nothing more is sent, what was made stays."""
        return orders.cancel(timeline, order)

    return routes


def job_routes(engine: Engine) -> APIRouter:
    """Return the routes about jobs."""
    routes = APIRouter(
        prefix="/v1/timelines/{timeline}/jobs", tags=["jobs"], responses=documented()
    )
    desk = engine.desk

    @routes.get("")
    def jobs(timeline: TimelineId) -> JobsAnswer:
        """List the jobs of a timeline's project."""
        page = desk.page(timeline)
        if page.session.project is None:
            return JobsAnswer(jobs=[])
        with Journal.opened(page.project) as journal:
            return JobsAnswer(jobs=[_line(job) for job in journal.jobs()])

    @routes.post("/resume", status_code=202)
    def resume(timeline: TimelineId) -> OrderAnswer:
        """Begin to settle what is on its way and to take in what was fetched."""
        return engine.orders.resume(timeline)

    @routes.post("/{job}/cancel")
    def cancel(timeline: TimelineId, job: JobId) -> JobLine:
        """Cancel one job."""
        page = desk.page(timeline)
        with Journal.opened(page.project) as journal:
            return _line(Worker(page.project, journal).cancel(job))

    @routes.post("/{job}/resolve")
    def resolve(timeline: TimelineId, job: JobId, said: Resolved) -> JobLine:
        """Say what became of a job that may have been paid."""
        page = desk.page(timeline)
        with Journal.opened(page.project) as journal:
            return _line(journal.resolve(job, said.answer.replace("not-paid", "not paid")))

    return routes


def news_routes(engine: Engine) -> APIRouter:
    """Return the routes that tell what happens."""
    routes = APIRouter(prefix="/v1", tags=["news"], responses=documented())
    news = engine.news

    @routes.get("/news")
    async def since(
        after: After = 0,
        timeline: Annotated[str | None, Query(max_length=64)] = None,
        wait_seconds: Annotated[float, Query(ge=0, le=25, allow_inf_nan=False)] = 0,
    ) -> NewsAnswer:
        """Return what happened after a number; 0 asks for the number to begin with."""
        if after == 0:
            return NewsAnswer(latest=news.latest, news=[])
        found = await news.wait(after, timeline, wait_seconds)
        return NewsAnswer(latest=max([after, *(one.number for one in found)]), news=found)

    @routes.get(
        "/news/stream",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
    )
    async def stream(
        after: After = 0,
        timeline: Annotated[str | None, Query(max_length=64)] = None,
        last_event_id: Annotated[str | None, Header()] = None,
    ) -> StreamingResponse:
        """Tell what happens as server-sent events, from now on or after a number."""
        given = last_event_id or ""
        number = int(given[:16]) if given.isascii() and given.isdecimal() else after
        return StreamingResponse(
            news.stream(number or news.latest, timeline), media_type="text/event-stream"
        )

    return routes


def _line(job: Job) -> JobLine:
    return JobLine.model_validate(job_verbs.line(job))
