"""HTTP on loopback: one prefix a provider, faults carried out here, bodies answered by dialects."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from fakes.provider_server import ark, comfyui, fal, gemini, kling, replicate, runway, vertex
from fakes.provider_server.messages import Reply, Seen
from fakes.provider_server.world import AFTER, BEFORE, World

DIALECTS: dict[str, ModuleType] = {
    "ark": ark, "comfyui": comfyui, "fal": fal, "gemini": gemini, "kling": kling,
    "replicate": replicate, "runway": runway, "vertex": vertex,
}  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    """Reads a request, lets the dialect answer, and goes wrong where it was told to."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listening

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self) -> None:
        world = self.server.world
        seen = self._seen()
        world.seen.append(seen)
        dialect = DIALECTS.get(seen.provider)
        if dialect is None:
            return self._reply(seen, "other", Reply(404))
        if seen.method == "GET" and (task := self._task_of_media(dialect, seen)):
            return self._media(seen, task)
        verb = dialect.verb(seen)
        world.note(seen.provider, verb, "arrived")
        fault = world.fault(seen.provider, verb)
        if fault in BEFORE:
            return self._reply(seen, verb, before(dialect, fault, world.wait))
        reply = dialect.answer(world, seen)
        if fault in AFTER:
            return self._spoilt(seen, verb, reply, fault)
        self._reply(seen, verb, reply)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _answer

    def _seen(self) -> Seen:
        parts = urlsplit(self.path)
        _, provider, *rest = parts.path.split("/")
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        seen = Seen(
            provider=provider,
            method=self.command,
            path=unquote("/" + "/".join(rest)),
            query=parse_qs(parts.query, keep_blank_values=True),
            headers={name.lower(): value for name, value in self.headers.items()},
            raw=raw,
            base=f"{self.server.url}/{provider}",
        )
        try:
            seen.body = json.loads(raw) if raw else None
        except ValueError:
            seen.body = None
        return seen

    def _reply(self, seen: Seen, verb: str, reply: Reply) -> None:
        content = reply.encoded()
        self.send_response(reply.status)
        headers = {"Content-Type": "application/json", **reply.headers}
        headers.setdefault("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()
        self.server.world.note(seen.provider, verb, "replied", reply.task, reply.status)

    def _spoilt(self, seen: Seen, verb: str, reply: Reply, fault: str) -> None:
        world = self.server.world
        if fault == "timeout":
            self.server.closing.wait(world.patience)
        elif fault == "malformed":
            reply.content = b'{"id": "abc", "sta'
            return self._reply(seen, verb, reply)
        elif fault == "500 accepted":
            return self._reply(seen, verb, Reply(500, {"error": "internal"}))
        elif fault == "drip":
            return self._drip(reply.encoded(), reply.status)
        world.note(seen.provider, verb, "dropped", reply.task)
        self.close_connection = True

    def _drip(self, content: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.close_connection = True
        for number in range(len(content)):
            if self.server.closing.wait(0.05):
                return
            try:
                self.wfile.write(content[number : number + 1])
                self.wfile.flush()
            except OSError:
                return

    def _task_of_media(self, dialect: ModuleType, seen: Seen) -> str:
        if seen.path.startswith("/media/"):
            return seen.path.removeprefix("/media/").partition(".")[0]
        return dialect.media(self.server.world, seen) if hasattr(dialect, "media") else ""

    def _media(self, seen: Seen, task: str) -> None:
        world = self.server.world
        world.note(seen.provider, "fetch", "arrived", task)
        fault = world.fault(seen.provider, "fetch")
        content = world.media_of(task)
        headers = {"Content-Type": "image/png" if content == world.picture else "video/mp4"}
        if fault == "expired":
            headers = {"Content-Type": "application/xml"}
            return self._reply(
                seen, "fetch", Reply(403, content=b"<Error>expired</Error>", headers=headers)
            )
        if fault == "503":
            return self._reply(seen, "fetch", Reply(503, {"error": "busy"}))
        if fault == "redirect":
            return self._reply(seen, "fetch", Reply(302, headers={"Location": "http://10.0.0.1/f"}))
        if fault == "html":
            page = b"<!doctype html><title>Sign in</title>"
            return self._reply(
                seen, "fetch", Reply(content=page, headers={"Content-Type": "text/html"})
            )
        if fault == "empty":
            content = b""
        if fault == "drip":
            return self._drip(content)
        self._in_halves(seen, task, content, headers, fault == "truncated")

    def _in_halves(
        self, seen: Seen, task: str, content: bytes, headers: dict[str, str], cut: bool
    ) -> None:
        world = self.server.world
        self.send_response(200)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        middle = len(content) // 2
        self.wfile.write(content[:middle])
        self.wfile.flush()
        world.note(seen.provider, "fetch", "half sent", task)
        if cut:
            self.close_connection = True
            return
        self.wfile.write(content[middle:])
        self.wfile.flush()
        world.note(seen.provider, "fetch", "replied", task, 200)


def before(dialect: ModuleType, fault: str, wait: float) -> Reply:
    """Return the answer of a request that is not accepted."""
    if fault == "503":
        return Reply(503, content=b"upstream connect error", headers={"Content-Type": "text/plain"})
    if fault == "html":
        page = b"<!doctype html><title>Down for maintenance</title>"
        return Reply(200, content=page, headers={"Content-Type": "text/html"})
    status = {"429": 429, "429 wait": 429, "401": 401, "refused": 400, "mistake": 400}[fault]
    reply: Reply = dialect.error(fault.split()[0], status)
    if fault == "429 wait":
        reply.headers["Retry-After"] = f"{wait:g}"
    return reply


class Listening(ThreadingHTTPServer):
    """The socket, with what its handlers share."""

    daemon_threads = True
    request_queue_size = 128
    world: World
    url: str
    closing: threading.Event

    def handle_error(self, *_: object) -> None:
        pass  # a client that was killed


class ProviderServer:
    """A running server; use it with `with`."""

    def __init__(self, world: World | None = None, port: int = 0) -> None:
        self.world = world or World()
        self._http = Listening(("127.0.0.1", port), Handler)
        self._http.world = self.world
        self._http.closing = threading.Event()
        self.url = self._http.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._http.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def serve(self) -> None:
        """Answer until the process ends."""
        self._http.serve_forever()

    def settings(self, workflow: Path, **changes: Any) -> dict[str, Any]:
        """Return a providers.json that points every provider here, and waits less than a person."""
        quick = {
            "patience": {"connect": 1, "look": 0.7, "paid": 0.7, "stall": 0.7},
            "poll_seconds": 0,
        }
        options = {"grace_seconds": 0, "workflow": str(workflow), "project": "p"}
        options |= changes.pop("options", {})
        one = {**quick, **changes, "options": options}
        return {name: {**one, "url": f"{self.url}/{name}"} for name in DIALECTS}
