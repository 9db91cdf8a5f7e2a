"""Errors on their way out: which HTTP status fits, always with one sentence as JSON."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from otio_bridge import errors

log = logging.getLogger(__name__)

STATUSES: Sequence[tuple[type[errors.BridgeError], int]] = (
    (errors.ClipNotFound, 404),
    (errors.ClipAmbiguous, 409),
    (errors.TimelineChanged, 409),
    (errors.TakeNotFound, 404),
    (errors.ProjectHeld, 423),
    (errors.ProjectError, 409),
    (errors.JournalError, 409),
    (errors.BudgetExceeded, 402),
)
"""The first class that fits decides; all other sentences mean 422: asked for what cannot be."""
REASONS: Mapping[int, str] = {
    404: "There is nothing at this address; the API is described at /v1/openapi.json.",
    405: "This address does not take that method; see /v1/openapi.json.",
    400: "The request could not be read; send JSON as described at /v1/openapi.json.",
}


class ErrorAnswer(BaseModel):
    """What every refused request gets."""

    error: str
    """One sentence: what is wrong and what to do."""
    estimate_usd: float | None = None
    """With 402: the price to agree to, in USD."""


class Refusal(errors.BridgeError):
    """A request that the engine itself declines, with its HTTP status."""

    def __init__(
        self, status: int, text: str, *, estimate_usd: float | None = None, **headers: str
    ) -> None:
        super().__init__(text)
        self.status = status
        self.estimate_usd = estimate_usd
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says about the refusals of a route; those of every route included."""
    always = {400, 401, 403, 404, 405, 409, 413, 422, 423}
    return {status: {"model": ErrorAnswer} for status in sorted({*always, *statuses})}


def status_of(error: errors.BridgeError) -> int:
    """Return the HTTP status that fits an error."""
    if isinstance(error, Refusal):
        return error.status
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 422)


def answered(error: errors.BridgeError) -> JSONResponse:
    """Return an error as the answer of a request."""
    body = ErrorAnswer(error=str(error), estimate_usd=getattr(error, "estimate_usd", None))
    return JSONResponse(
        body.model_dump(exclude_none=True),
        status_of(error),
        headers=getattr(error, "headers", None),
    )


def register_refusals(app: FastAPI) -> None:
    """Let every error leave the app as a sentence."""

    @app.exception_handler(errors.BridgeError)
    async def bridge_error(_request: Request, error: errors.BridgeError) -> JSONResponse:
        return answered(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        return answered(Refusal(422, _sentence(error.errors())))

    @app.exception_handler(HTTPException)
    async def refused(_request: Request, error: HTTPException) -> JSONResponse:
        text = REASONS.get(error.status_code, str(error.detail))
        return JSONResponse({"error": text}, error.status_code, headers=error.headers)

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> JSONResponse:
        log.error("%s %s broke", request.method, request.url.path, exc_info=error)
        text = f"The engine met an error it does not know ({type(error).__name__}); see its log."
        return JSONResponse({"error": text}, 500)


def _sentence(found: Sequence[Any]) -> str:
    first = found[0]
    where = ".".join(str(part) for part in first.get("loc", ()))[:120]
    what = str(first.get("msg", "is not as described"))[:200].rstrip(".")
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return f"{where}: {what}{more}; send it as described at /v1/openapi.json."
