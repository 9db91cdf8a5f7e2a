"""Routes: the cut as files, for editors that run no scripts: out to them, and back from them."""

from __future__ import annotations

from pathlib import Path as File
from tempfile import TemporaryDirectory
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Body, Query, Response

from otio_bridge.engine.asking import TimelinePosted
from otio_bridge.engine.desk import OpenTimeline
from otio_bridge.engine.engine import Engine
from otio_bridge.engine.posting import posted
from otio_bridge.engine.refusals import documented
from otio_bridge.engine.routes_timelines import TimelineId
from otio_bridge.exporting import export
from otio_bridge.reconciling import Reconciled, reconciled
from otio_bridge.timeline_export import Flavour

KIND = "application/octet-stream"  # to be saved, not shown
BACK = "back"
"""In the name of what came back: NAME.back.otio beside the timeline."""
STEM = 90
"""Characters of a timeline's name that are kept."""


def file_routes(engine: Engine) -> APIRouter:
    """Return the routes about OTIO files."""
    routes = APIRouter(prefix="/v1/timelines/{timeline}", tags=["files"], responses=documented())
    desk, news = engine.desk, engine.news
    written: dict[int | str, dict[str, Any]] = {
        **documented(),
        200: {"content": {KIND: {"schema": {"type": "string", "format": "binary"}}}},
    }

    @routes.get("/export", response_class=Response, responses=written)
    def exported(
        timeline: TimelineId,
        flavour: Annotated[Flavour, Query(alias="for", description="Which program reads it.")],
    ) -> Response:
        """Write the cut as a program reads OTIO; nothing is kept here."""
        page = desk.page(timeline)
        with TemporaryDirectory() as folder:
            path = export(page.path, flavour, File(folder) / "cut.otio")
            content = path.read_bytes()
        name = quote(f"{page.path.stem}.{flavour}.otio", safe="")
        headers = {"content-disposition": f"attachment; filename*=UTF-8''{name}"}
        return Response(content, media_type=KIND, headers=headers)

    @routes.post("/returned")
    def returned(timeline: TimelineId, sent: Annotated[dict[str, Any], Body()]) -> OpenTimeline:
        """Open the cut as an editor wrote it after a change, beside the one that went out."""
        path = desk.page(timeline).path
        stem = path.stem.removesuffix(f".{BACK}")[:STEM] or "cut"
        body = TimelinePosted(folder=str(path.parent), name=stem, host=BACK, timeline=sent)
        opened = posted(desk, body)
        news.tell("timeline", timeline=opened.id, subject=None, state="changed")
        return opened

    @routes.get("/reconcile")
    def found_again(timeline: TimelineId) -> Reconciled:
        """Say what became of every shot of the project in this cut."""
        page = desk.page(timeline)
        return reconciled(page.path, rate=page.opened.rate)

    return routes
