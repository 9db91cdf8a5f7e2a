"""Routes: the review page's own files, under a strict policy, and the generators it offers."""

from __future__ import annotations

from importlib.resources import files
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import Field, SecretStr

from otio_bridge import keys, provider
from otio_bridge.engine.asking import Asked
from otio_bridge.engine.refusals import Refusal, documented
from otio_bridge.model import Noun

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""Nothing comes from elsewhere, nothing is written into the page as script or style."""
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}


class GeneratorLine(Noun):
    """One generator that takes can be ordered from."""

    name: str
    models: tuple[str, ...]
    """The first is the default."""
    needs_key: bool
    usd_per_second: float
    """Price of the default model, 0 where it is free or not known."""
    min_seconds: float
    max_seconds: float


class GeneratorsAnswer(Noun):
    """All generators that are installed."""

    providers: list[GeneratorLine]


class KeySent(Asked):
    """A provider's key, on its way to the keychain."""

    key: Annotated[SecretStr, Field(min_length=4, max_length=4000)]


class KeyKept(Noun):
    """Where a key is now, never what it is."""

    provider: str
    where: Literal["keychain"]


ProviderName = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


def page_routes() -> APIRouter:
    """Return the routes of the page's files."""
    routes = APIRouter(tags=["page"], responses=documented())

    @routes.get("/review", response_class=Response, responses=_kinds(".html"))
    def review() -> Response:
        """Serve the review page."""
        return _served("index.html")

    @routes.get("/page/{name}", response_class=Response, responses=_kinds(*KINDS))
    def part(name: Annotated[str, Path(pattern=r"^[a-z][a-z_]{0,40}\.(js|css|svg)$")]) -> Response:
        """Serve one file of the review page."""
        return _served(name)

    return routes


def generator_routes() -> APIRouter:
    """Return the route that lists generators."""
    routes = APIRouter(prefix="/v1", tags=["engine"], responses=documented())

    @routes.get("/providers")
    def providers() -> GeneratorsAnswer:
        """List the generators that takes can be ordered from."""
        return GeneratorsAnswer(providers=[_generator(name) for name in provider.known()])

    @routes.post("/providers/{name}/key")
    def keep_key(name: ProviderName, sent: KeySent) -> KeyKept:
        """Hand a provider's key to the system's keychain; it is kept nowhere else."""
        known = provider.find(name)
        keys.save_key(known.name, sent.key.get_secret_value())
        return KeyKept(provider=known.name, where="keychain")

    return routes


def _generator(name: str) -> GeneratorLine:
    limits = provider.find(name).limits
    return GeneratorLine(
        name=name,
        models=limits.models,
        needs_key=limits.needs_key,
        usd_per_second=limits.usd_per_second,
        min_seconds=float(limits.min_seconds),
        max_seconds=float(limits.max_seconds),
    )


def _kinds(*endings: str) -> dict[int | str, dict[str, object]]:
    content: dict[str, object] = {KINDS[ending].partition(";")[0]: {} for ending in endings}
    return {200: {"content": content}}


def _served(name: str) -> Response:
    file = files("otio_bridge.engine") / "page" / name
    if not file.is_file():
        raise Refusal(404, f"The page has no part '{name}'; open it anew.")
    return Response(
        file.read_bytes(),
        media_type=KINDS[name[name.rindex(".") :]],
        headers={"content-security-policy": POLICY, "cache-control": "no-cache"},
    )
