"""The HTTP app: all routes, the page's door, and one OpenAPI description of them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.types import ASGIApp

from otio_bridge import __version__
from otio_bridge.engine.engine import Engine
from otio_bridge.engine.refusals import Refusal, documented, register_refusals
from otio_bridge.engine.routes_edits import edit_routes, look_routes
from otio_bridge.engine.routes_files import file_routes
from otio_bridge.engine.routes_orders import job_routes, news_routes, order_routes
from otio_bridge.engine.routes_page import generator_routes, page_routes
from otio_bridge.engine.routes_recipe import fused_routes, recipe_routes, sheet_routes
from otio_bridge.engine.routes_takes import media_routes, report_routes, take_routes
from otio_bridge.engine.routes_timelines import engine_routes, timeline_routes
from otio_bridge.engine.security import COOKIE, COOKIE_SECONDS, Guard

ABOUT = """The engine of otio-bridge: shots, takes, plans and edits of timelines, on this machine.

Every request carries `Authorization: Bearer <token>` from the runtime file, or the page's cookie.
Frames are integers, spans half-open, rates text such as "24/1", seconds count from the slot's
start, money is USD. Every refusal is `{"error": sentence}`."""


class _App(FastAPI):
    """The app, whose description says that every call wants the token.

    `Guard` checks it before the app is reached, so no route asks for it again.
    """

    def openapi(self) -> dict[str, Any]:
        """Return the description of all routes."""
        said = super().openapi()
        said["security"] = [{"HTTPBearer": []}]
        said["components"]["securitySchemes"] = {
            "HTTPBearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "The token of the runtime file.",
            }
        }
        return said


def described(engine: Engine) -> FastAPI:
    """Return the app with its routes, unguarded; `guarded` is what is served."""
    app = _App(
        title="otio-bridge engine",
        version=__version__,
        description=ABOUT,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    register_refusals(app)
    for routes in (
        # What windows poll comes first: a request is held against one route after the other.
        news_routes(engine),
        timeline_routes(engine),
        take_routes(engine),
        media_routes(engine),
        order_routes(engine),
        edit_routes(engine),
        job_routes(engine),
        engine_routes(engine),
        report_routes(engine),
        look_routes(engine),
        recipe_routes(engine),
        fused_routes(engine),
        sheet_routes(engine),
        file_routes(engine),
        generator_routes(),
        page_routes(),
    ):
        # Not `include_router`, which looks through every router anew for each request.
        app.router.routes.extend(routes.routes)
    _door(app, engine)
    return app


def guarded(engine: Engine) -> ASGIApp:
    """Return the app behind its guard."""
    return Guard(described(engine), engine.keys, engine.pulse)


def _door(app: FastAPI, engine: Engine) -> None:
    @app.get("/enter", tags=["page"], responses=documented(), response_class=Response,
             status_code=303)  # fmt: skip
    def enter(
        request: Request,
        once: Annotated[str, Query(alias="pass", max_length=200)],
        to: Annotated[str, Query(max_length=500)] = "/review",
    ) -> Response:
        """Give the browser its cookie for a one-time pass, and open the page."""
        if not engine.keys.used(once):
            raise Refusal(403, "This address was used before or is too old; open the page anew.")
        local = to.startswith("/") and not to.startswith(("//", "/\\"))
        answer = RedirectResponse(to if local else "/review", 303)
        answer.set_cookie(
            COOKIE, engine.keys.cookie(), max_age=COOKIE_SECONDS, httponly=True, samesite="strict"
        )
        return answer
