"""How a host finds, starts and speaks to the engine; carried beside launchers and into add-ons.

Standard library only, Python 3.9 to 3.14, one file. It asks no proxy, follows no redirect and
never blocks longer than it is told to.

    engine = Engine.started(["otio-bridge", "serve"])
    cut = engine.post("/v1/timelines", {"path": "/films/cut.otio"})["id"]
    order = engine.post(f"/v1/timelines/{cut}/regenerate", {"clips": ["hug.mov"]})
    for news in engine.news(): ...
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

LOOPBACK = "127.0.0.1"
HELLO_SECONDS = 3.0
"""How long a running engine may take to greet."""
START_SECONDS = 40.0
"""How long an engine may take to come up; its first start unpacks and compiles."""
REQUEST_SECONDS = 30.0
LONG_POLL = 20.0


class EngineError(Exception):
    """The engine declined or is not there; the text is one sentence for people."""

    def __init__(self, text: str, status: int = 0, estimate_usd: float | None = None) -> None:
        super().__init__(text)
        self.status = status
        """HTTP status; 0 when nobody answered."""
        self.estimate_usd = estimate_usd
        """With status 402: the price that a person has to agree to, in USD."""


def data_folder() -> Path:
    """Return the user's data folder of otio-bridge, the same that the engine itself uses."""
    chosen = os.environ.get("OTIO_BRIDGE_DATA_DIR")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "otio-bridge"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "otio-bridge"
    data = os.environ.get("XDG_DATA_HOME", "").strip()
    return (Path(data) if data else Path.home() / ".local" / "share") / "otio-bridge"


class Engine:
    """A running engine; make it with `Engine.found` or `Engine.started`."""

    def __init__(self, runtime: dict[str, Any]) -> None:
        self.port = int(runtime["port"])
        self.pid = int(runtime["pid"])
        self.version = str(runtime["version"])
        self.instance = str(runtime["instance"])
        self._token = str(runtime["token"])

    @classmethod
    def found(cls) -> Engine | None:
        """Return the engine that runs now; None when there is none or its file is stale."""
        try:
            text = (data_folder() / "engine" / "runtime.json").read_text(encoding="utf-8")
            engine = cls(json.loads(text))
            answer = engine._asked("GET", "/v1/hello", None, HELLO_SECONDS, with_token=False)
        except (OSError, ValueError, KeyError, TypeError, EngineError):
            return None
        mine = isinstance(answer, dict) and answer.get("instance") == engine.instance
        return engine if mine else None

    @classmethod
    def started(
        cls,
        command: Sequence[str],
        environment: dict[str, str] | None = None,
        seconds: float = START_SECONDS,
    ) -> Engine:
        """Return the engine that runs, started detached by a command where there is none.

        Args:
            command: Such as ["otio-bridge", "serve"] or [python, "-m", "otio_bridge.engine"].
            environment: Variables of the new process; those of this one when None.
            seconds: How long to wait for it.

        Raises:
            EngineError: It cannot be started, ends at once, or does not answer in time.
        """
        engine = cls.found()
        if engine is not None:
            return engine
        process = start_detached(command, environment)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            engine = cls.found()
            if engine is not None:
                process.returncode = process.returncode or 0  # it outlives us: nobody waits for it
                return engine
            if process.poll() is not None:  # broken, or another was faster and answers soon
                end = min(end, time.monotonic() + 2 * HELLO_SECONDS)
            time.sleep(0.1)
        raise EngineError(
            f"The otio-bridge engine did not start; see engine.log in {data_folder() / 'engine'}, "
            f"or run '{' '.join(command)}' by hand."
        )

    def get(self, path: str, seconds: float = REQUEST_SECONDS, **query: Any) -> Any:
        """Ask for something; query words with a value of None are left out."""
        known = {name: value for name, value in query.items() if value is not None}
        return self._asked("GET", path + ("?" + urlencode(known) if known else ""), None, seconds)

    def post(self, path: str, body: Any = None, seconds: float = REQUEST_SECONDS) -> Any:
        """Ask for something to be done.

        Raises:
            EngineError: The engine declined; its sentence is the text.
        """
        return self._asked("POST", path, {} if body is None else body, seconds)

    def patch(self, path: str, body: Any, seconds: float = REQUEST_SECONDS) -> Any:
        """Change what is known of something; raises as `post`."""
        return self._asked("PATCH", path, body, seconds)

    def delete(self, path: str, seconds: float = REQUEST_SECONDS) -> Any:
        """Forget something; raises as `post`."""
        return self._asked("DELETE", path, None, seconds)

    def picture(self, path: str, seconds: float = REQUEST_SECONDS, **query: Any) -> bytes:
        """Return a picture or film of the engine as it lies on the disk; raises as `post`."""
        known = {name: value for name, value in query.items() if value is not None}
        address = path + ("?" + urlencode(known) if known else "")
        status, content = self._answered("GET", address, None, seconds)
        if status != 200:
            _read(status if status >= 300 else 502, content)
        return content

    def page_address(self, path: str = "/review") -> str:
        """Return an address that opens a page of the engine in a browser, once."""
        return str(self.post("/v1/page-address?path=" + quote(path, safe=""))["url"])

    def news(
        self,
        timeline: str | None = None,
        after: int = 0,
        wait_seconds: float = LONG_POLL,
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield what happened, a list at a time, [] when nothing did; never ends by itself.

        Args:
            timeline: Only of this one.
            after: Number of the last news known; 0 begins now.
            wait_seconds: 0 polls without waiting, for hosts that must not block.
        """
        while True:
            answer = self.get(
                "/v1/news",
                seconds=wait_seconds + REQUEST_SECONDS,
                after=after,
                timeline=timeline,
                wait_seconds=wait_seconds if after else 0,
            )
            began, after = after == 0, int(answer["latest"])
            if not began:
                yield answer["news"]

    def order(self, timeline: str, order_id: str) -> dict[str, Any]:
        """Return how far an order is; poll it with a timer of the host."""
        answer: dict[str, Any] = self.get(f"/v1/timelines/{timeline}/orders/{order_id}")
        return answer

    def next_edit(
        self, timeline: str, host: str, wait_seconds: float = 0, lease_seconds: float = 60
    ) -> dict[str, Any] | None:
        """Claim the next edit of a timeline; None when there is none.

        Args:
            timeline: Id of the timeline.
            host: Who asks, the same for as long as it lives, such as "blender 4711".
            wait_seconds: Wait so long for one, at most 25; 0 answers at once.
            lease_seconds: Without a read-back by then it is offered again.
        """
        body = {"host": host, "wait_seconds": wait_seconds, "lease_seconds": lease_seconds}
        path = f"/v1/timelines/{timeline}/edits/claim"
        edit: dict[str, Any] | None = self.post(path, body, wait_seconds + REQUEST_SECONDS)["edit"]
        return edit

    def read_back(
        self,
        edit: dict[str, Any],
        placements: Sequence[dict[str, Any]],
        done: bool = True,
        track: str = "",
        why: str = "",
    ) -> dict[str, Any]:
        """Say what was found on the host's timeline after an edit.

        Args:
            edit: As `next_edit` gave it.
            placements: media, source_start, frames and slot_start of each stretch.
            done: Whether it was carried out.
            track: Where, as the host names its tracks.
            why: Reason, when it was not.
        """
        keys = ("media", "source_start", "frames", "slot_start")
        body = {
            "host": edit["host"],
            "done": done,
            "placements": [{key: one[key] for key in keys} for one in placements],
            "track": track,
            "why": why,
        }
        path = f"/v1/timelines/{edit['timeline']}/edits/{edit['id']}/read-back"
        answer: dict[str, Any] = self.post(path, body)
        return answer

    def _asked(
        self, method: str, path: str, body: Any, seconds: float, with_token: bool = True
    ) -> Any:
        return _read(*self._answered(method, path, body, seconds, with_token))

    def _answered(
        self, method: str, path: str, body: Any, seconds: float, with_token: bool = True
    ) -> tuple[int, bytes]:
        headers = {"Accept": "*/*"}
        if with_token:
            headers["Authorization"] = "Bearer " + self._token
        content = None
        if body is not None:
            content = json.dumps(body).encode("utf-8")
            headers["Content-Type"] = "application/json"
        line = http.client.HTTPConnection(LOOPBACK, self.port, timeout=seconds)
        try:
            line.request(method, path, content, headers)
            answer = line.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise EngineError(
                f"The otio-bridge engine does not answer ({error}); start it again."
            ) from error
        finally:
            line.close()


def start_detached(
    command: Sequence[str],
    environment: dict[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process that has no window and outlives this one.

    Raises:
        EngineError: There is no such program.
    """
    options: dict[str, Any] = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "close_fds": True,
        "env": environment,
        "cwd": str(Path.home()),
    }
    try:
        if sys.platform == "win32":
            return _start_on_windows(command, options)
        return subprocess.Popen(list(command), start_new_session=True, **options)
    except OSError as error:
        raise EngineError(
            f"The otio-bridge engine cannot be started by '{' '.join(command)}' "
            f"({error.strerror or error}); install otio-bridge or set its path in the preferences."
        ) from error


def _start_on_windows(
    command: Sequence[str],
    options: dict[str, Any],
) -> subprocess.Popen[bytes]:
    """Start without a console and outside the host's job object, which may end with the host."""
    quiet = 0x08000000 | 0x00000200  # CREATE_NO_WINDOW | CREATE_NEW_PROCESS_GROUP
    breakaway = 0x01000000  # CREATE_BREAKAWAY_FROM_JOB
    try:
        return subprocess.Popen(list(command), creationflags=quiet | breakaway, **options)
    except PermissionError:  # the job does not let go
        return subprocess.Popen(list(command), creationflags=quiet, **options)


def _read(status: int, text: bytes) -> Any:
    try:
        answer = json.loads(text.decode("utf-8")) if text else None
    except ValueError:
        answer = None
    if 200 <= status < 300:
        return answer
    told = answer if isinstance(answer, dict) else {}
    said = told.get("error") or f"The otio-bridge engine answered {status}."
    raise EngineError(str(said), status, told.get("estimate_usd"))
