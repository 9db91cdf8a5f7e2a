"""Who may speak to the engine: loopback names only, a token or the page's cookie, bounded bodies.

A web page elsewhere can make the browser send requests here (CSRF) or let its own name point to
this machine (DNS rebinding). So every request must name this very host and port, must not come
from a foreign origin, and must carry a secret that foreign pages do not have.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from otio_bridge.engine.refusals import Refusal, answered

COOKIE = "otio_bridge_page"
COOKIE_SECONDS = 30 * 24 * 3600
PASS_SECONDS = 60
"""A page's one-time pass is good for so long."""
BODY_LIMIT = 2 * 1024 * 1024
"""Bytes of a usual request."""
LARGE_LIMIT = 64 * 1024 * 1024
"""Bytes of a posted timeline or pictures."""
LARGE_BODIES = ("/timelines/posted", "/references")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN_PATHS = frozenset({"/v1/hello", "/enter"})
"""They ask for no token: one says nothing, the other takes a one-time pass."""
PROTECTING = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}


@dataclass
class Keys:
    """The secrets of one running engine."""

    token: str
    secret: bytes
    port: int
    _passes: dict[str, float] = field(default_factory=dict)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names by which this engine may be called."""
        return tuple(f"{name}:{self.port}" for name in ("127.0.0.1", "localhost", "[::1]"))

    def new_pass(self) -> str:
        """Return a pass that opens the page once."""
        now = time.monotonic()
        self._passes = {key: end for key, end in self._passes.items() if end > now}
        made = secrets.token_urlsafe(24)
        self._passes[made] = now + PASS_SECONDS
        return made

    def used(self, given: str) -> bool:
        """Use up a pass; say whether it was good."""
        return self._passes.pop(given, 0.0) > time.monotonic()

    def cookie(self) -> str:
        """Return a new value of the page's cookie: its end and the signature of that."""
        end = str(int(time.time()) + COOKIE_SECONDS)
        return f"{end}.{self._signed(end)}"

    def knows_cookie(self, value: str) -> bool:
        """Say whether a cookie is ours and not over."""
        end, _, signature = value.partition(".")
        fits = hmac.compare_digest(signature.encode(), self._signed(end).encode())
        return fits and end.isascii() and end.isdecimal() and int(end) > time.time()

    def knows_token(self, value: str) -> bool:
        """Say whether that is the token."""
        return hmac.compare_digest(value.encode("utf-8", "replace"), self.token.encode())

    def _signed(self, text: str) -> str:
        return hmac.new(self.secret, f"page {text}".encode("utf-8", "replace"), sha256).hexdigest()


class Guard:
    """Stands before the app and lets through only what may speak."""

    def __init__(self, app: ASGIApp, keys: Keys, pulse: Any) -> None:
        self._app = app
        self._keys = keys
        self._pulse = pulse
        """Called with each request that was let in."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request, read its body within bounds, pass it on."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return None

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in PROTECTING.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        try:
            self._check(scope)
            body = await _whole_body(scope, receive)
        except Refusal as refusal:
            return await answered(refusal)(scope, receive, protected)
        with self._pulse():
            await self._app(scope, _replayed(body, receive), protected)
        return None

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        hosts = self._keys.hosts
        if headers.get("host", "") not in hosts:
            raise Refusal(
                403, "The engine answers to this machine's own name only; call 127.0.0.1."
            )
        origin = headers.get("origin")
        own = origin is not None and origin in {f"http://{host}" for host in hosts}
        site = headers.get("sec-fetch-site")
        if (origin is not None and not own) or site not in (None, "same-origin", "none"):
            raise Refusal(
                403, "Pages of other sites may not speak to the engine; open its own page."
            )
        if scope["path"] in OPEN_PATHS:
            return
        if self._bearer(headers):
            return
        if not self._has_cookie(headers.getlist("cookie")):
            raise Refusal(
                401,
                "This request carries no valid token; read it from the engine's runtime file.",
                WWW_Authenticate="Bearer",
            )
        if scope["method"] not in SAFE and not own and site != "same-origin":
            raise Refusal(403, "A page must say where it comes from; send its Origin.")

    def _bearer(self, headers: Headers) -> bool:
        kind, _, value = headers.get("authorization", "").partition(" ")
        return kind.lower() == "bearer" and self._keys.knows_token(value.strip())

    def _has_cookie(self, lines: Iterable[str]) -> bool:
        for line in lines:
            try:
                found = SimpleCookie(line).get(COOKIE)
            except CookieError:
                continue
            if found is not None and self._keys.knows_cookie(found.value):
                return True
        return False


async def _whole_body(scope: Scope, receive: Receive) -> bytes:
    """Read a body whole, at most as much as its address may take."""
    large = str(scope["path"]).endswith(LARGE_BODIES)
    limit = LARGE_LIMIT if large else BODY_LIMIT
    said = Headers(scope=scope).get("content-length", "0")
    if not said.isascii() or not said.isdecimal():
        raise Refusal(400, "The request does not say how long it is; send a Content-Length.")
    parts: list[bytes] = []
    size = int(said)
    more = size <= limit
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise Refusal(400, "The request broke off; send it again.")
        parts.append(message.get("body", b""))
        size = sum(map(len, parts))
        more = message.get("more_body", False) and size <= limit
    if size > limit:
        raise Refusal(413, f"The request is larger than {limit // 2**20} MB; send less at once.")
    return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
