"""Routes: the recipe. What would be sent, coverage, fused references, sheets, wishes."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi import APIRouter, Response

from otio_bridge.engine.asking import (
    CandidateChosen,
    CoverageAsked,
    FuseAsked,
    PictureSent,
    RegenerateAsked,
    SheetAsked,
    Wished,
)
from otio_bridge.engine.engine import Engine
from otio_bridge.engine.order_terms import EstimateAnswer, OrderAnswer, clips_chosen, terms_of
from otio_bridge.engine.ranges import MediaResponse
from otio_bridge.engine.refusals import documented
from otio_bridge.engine.routes_edits import added, decoded, named_in
from otio_bridge.engine.routes_takes import binary
from otio_bridge.engine.routes_timelines import ShotId, TimelineId
from otio_bridge.fusing import Fused, choose, keep_sketch, kept_sketch
from otio_bridge.model import Noun, RequestStep, Role, Span
from otio_bridge.preferring import preferred
from otio_bridge.recipe_coverage import CoverageShot, proposed_coverage
from otio_bridge.regeneration import foreseen


class RequestLine(Noun):
    """One request as it would be sent first."""

    clip: str
    """Id of the clip."""
    provider: str
    model: str
    step: RequestStep
    prompt: str
    frames: Span
    """Frames of the slot that are asked for, handles included."""
    references: tuple[tuple[Role, str], ...]
    """Whose pictures go along, in order: "Image 1" is the first."""
    estimate_usd: float


class RequestsAnswer(Noun):
    """What would be sent."""

    requests: list[RequestLine]


class ProposedAnswer(Noun):
    """Single-subject shots with their cuts, and what they may cost."""

    shots: tuple[CoverageShot, ...]
    estimate: EstimateAnswer


class SketchKept(Noun):
    """A drawing, straightened and cleaned; look at it with GET."""

    shot: str


class WishesAnswer(Noun):
    """Who makes each step of the recipe in a project; "" for all."""

    prefer: dict[str, str]


def recipe_routes(engine: Engine) -> APIRouter:
    """Return the routes about coverage and what would be sent."""
    routes = APIRouter(
        prefix="/v1/timelines/{timeline}", tags=["recipe"], responses=documented(402)
    )
    desk, orders = engine.desk, engine.orders

    @routes.post("/requests")
    def requests(timeline: TimelineId, asked: RegenerateAsked) -> RequestsAnswer:
        """Say what a regenerate would send first, prompts included; nothing is sent or kept."""
        page = desk.page(timeline)
        chosen = clips_chosen(page, asked)
        found = foreseen(page.session, chosen, terms_of(asked, usd=None))
        lines = [
            RequestLine(
                clip=placed.id,
                provider=request.provider,
                model=request.model,
                step=request.step,
                prompt=request.prompt,
                frames=(request.slot_start, request.slot_start + request.frames),
                references=tuple((look.role, look.name) for look in request.references),
                estimate_usd=request.estimate_usd,
            )
            for placed, request in zip(chosen, found, strict=True)
        ]
        return RequestsAnswer(requests=lines)

    @routes.get("/shots/{shot}/coverage")
    def proposed(timeline: TimelineId, shot: ShotId) -> ProposedAnswer:
        """Propose single-subject shots and their cuts; nothing is made."""
        page = desk.page(timeline)
        placed = page.placed(shot)
        shot_of, rate = page.session.shot_of(placed), page.session.rate
        told = proposed_coverage(shot_of, placed.slot.frames, rate)
        estimate = orders.estimate_of(timeline, placed.id, CoverageAsked())
        return ProposedAnswer(shots=tuple(told), estimate=estimate)

    @routes.post("/shots/{shot}/coverage/estimate")
    def coverage_price(timeline: TimelineId, shot: ShotId, asked: CoverageAsked) -> EstimateAnswer:
        """Say what the single shots that are not there yet may cost at most."""
        return orders.estimate_of(timeline, shot, asked)

    @routes.post("/shots/{shot}/coverage", status_code=202)
    def cover(timeline: TimelineId, shot: ShotId, asked: CoverageAsked) -> OrderAnswer:
        """Begin to make single-subject shots; then they are put in the slot as a splice."""
        return orders.make(timeline, "coverage", shot, asked)

    @routes.post("/wishes")
    def wish(timeline: TimelineId, said: Wished) -> WishesAnswer:
        """Say who makes the shots of a project where no shot and no click says otherwise."""
        path = desk.with_project(timeline).path
        return WishesAnswer(prefer=preferred(path, said.provider, said.step))

    @routes.get("/wishes")
    def wishes(timeline: TimelineId) -> WishesAnswer:
        """Say who is preferred."""
        return WishesAnswer(prefer=preferred(desk.page(timeline).path, None))

    return routes


def fused_routes(engine: Engine) -> APIRouter:
    """Return the routes about sketches and fused references."""
    routes = APIRouter(
        prefix="/v1/timelines/{timeline}", tags=["references"], responses=documented(402)
    )
    desk, orders = engine.desk, engine.orders

    @routes.post("/shots/{shot}/sketch")
    def sketch(timeline: TimelineId, shot: ShotId, sent: PictureSent) -> SketchKept:
        """Keep a drawing, photo or scan, straightened and cleaned."""
        content = decoded(sent.data)
        page = desk.with_project(timeline)
        placed = page.placed(shot)
        with TemporaryDirectory() as folder, named_in(folder):
            file = Path(folder) / "the drawing"
            file.write_bytes(content)
            keep_sketch(page.session, placed, file)
        return SketchKept(shot=placed.id)

    @routes.get("/shots/{shot}/sketch", response_class=Response, responses=binary("image/png"))
    def cleaned(timeline: TimelineId, shot: ShotId) -> Response:
        """Serve the kept drawing."""
        page = desk.page(timeline)
        path = kept_sketch(page.session, page.placed(shot))
        return MediaResponse(path, media_type="image/png", headers={"cache-control": "no-cache"})

    @routes.post("/shots/{shot}/fused/estimate")
    def fuse_price(timeline: TimelineId, shot: ShotId, asked: FuseAsked) -> EstimateAnswer:
        """Say what candidates may cost at most."""
        return orders.estimate_of(timeline, shot, asked)

    @routes.post("/shots/{shot}/fused", status_code=202)
    def fuse(timeline: TimelineId, shot: ShotId, asked: FuseAsked) -> OrderAnswer:
        """Begin to resolve the contact as still pictures, from the sketch and the sheets."""
        return orders.make(timeline, "fused", shot, asked)

    @routes.post("/shots/{shot}/fused/choose")
    def chosen(timeline: TimelineId, shot: ShotId, said: CandidateChosen) -> Fused:
        """Lock one candidate: every later generation of the shot carries it."""
        page = desk.page(timeline)
        made = choose(page.path, page.placed(shot).id, said.number)
        engine.news.tell("timeline", timeline=timeline, state="changed")
        return made

    return routes


def sheet_routes(engine: Engine) -> APIRouter:
    """Return the routes about sheets that a generator draws."""
    routes = APIRouter(
        prefix="/v1/timelines/{timeline}/sheets", tags=["references"], responses=documented(402)
    )
    orders = engine.orders

    @routes.post("/estimate")
    def sheet_price(timeline: TimelineId, asked: SheetAsked) -> EstimateAnswer:
        """Say what a sheet may cost at most."""
        return orders.estimate_of(timeline, "", asked)

    @routes.post("", status_code=202)
    def sheet(timeline: TimelineId, asked: SheetAsked) -> OrderAnswer:
        """Begin to draw front, three-quarter, profile and back of a character."""
        if asked.pictures:
            added(engine.desk, timeline, "character", asked.name, asked.pictures)
        kept = asked.model_copy(update={"pictures": []})
        return orders.make(timeline, "sheet", "", kept)

    return routes
