"""What the server knows: tasks, uploads, faults to come, and a log of all that happened."""

from __future__ import annotations

import itertools
import json
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

Listener = Callable[["Event"], None]

BEFORE = ("429", "429 wait", "503", "401", "refused", "html", "mistake")
"""Faults in place of the answer: nothing is accepted."""
AFTER = ("timeout", "drop", "malformed", "drip", "500 accepted")
"""Faults of the answer to what was accepted."""
ENDS = ("task refused", "task failed", "no film")
"""Faults of a generation, seen when it is looked at."""
MEDIA = ("truncated", "expired", "html", "drip", "503", "redirect", "empty")
"""Faults of the result's own address."""


@dataclass
class Task:
    """One generation that was accepted, and so will be billed."""

    id: str
    provider: str
    body: Any
    path: str
    created: float
    external: str = ""
    looks: int = 0
    state: str = "open"
    """open, cancelled, or one of ENDS."""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Event:
    """One line of the log."""

    number: int
    provider: str
    verb: str
    """create, look, list, cancel, upload, fetch, other."""
    what: str
    """arrived, accepted, replied, half sent, dropped."""
    task: str = ""
    status: int = 0


class World:
    """The memory of one server; `forget` is a restart."""

    def __init__(
        self, film: bytes | None = None, log: Path | None = None, picture: bytes | None = None
    ) -> None:
        self.film = film or plain_film()
        self.picture = picture or PNG
        self.looks_needed = 1
        """The look at which a task is done."""
        self.patience = 30.0
        """Seconds for which a held answer keeps its connection open."""
        self.wait = 1.0
        """Seconds of Retry-After."""
        self.tasks: dict[str, Task] = {}
        self.files: dict[str, bytes] = {}
        """Uploads by name."""
        self.outputs: dict[str, str] = {}
        """Saved files that survive a restart, by name: task id."""
        self.events: list[Event] = []
        self.seen: list[Any] = []
        """Every request as it came, for tests that look at bodies and headers."""
        self.listener: Listener | None = None
        self._log = log
        self._faults: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()

    def accept(self, provider: str, body: Any, path: str, external: str = "", **facts: Any) -> Task:
        """Take a generation; from now on it is billed."""
        with self._lock:
            number = next(self._numbers)
            task_id = facts.pop("id", None) or f"{provider}-task-{number:05}"
            task = Task(task_id, provider, body, path, time.time(), external, facts=facts)
            task.state = self.fault(provider, "end") or "open"
            self.tasks[task.id] = task
        self.note(provider, "create", "accepted", task.id)
        return task

    def done(self, task: Task) -> bool:
        """Look at a task once more and say whether it has ended."""
        task.looks += 1
        return task.looks >= self.looks_needed

    def of(self, provider: str) -> list[Task]:
        """Return a provider's tasks, newest first."""
        with self._lock:
            return [task for task in reversed(self.tasks.values()) if task.provider == provider]

    def forget(self) -> None:
        """Lose all that lies in memory, as a restart does; saved files stay."""
        with self._lock:
            self.tasks.clear()

    def fail(self, provider: str, verb: str, *faults: str) -> None:
        """Let the next requests of a kind go wrong, each fault once, in order."""
        with self._lock:
            self._faults[provider, verb] += faults

    def fault(self, provider: str, verb: str) -> str:
        """Take the next fault of a kind, "" when there is none."""
        with self._lock:
            left = self._faults[provider, verb]
            return left.pop(0) if left else ""

    def note(self, provider: str, verb: str, what: str, task: str = "", status: int = 0) -> None:
        """Add a line to the log, and tell whoever listens before going on."""
        with self._lock:
            event = Event(len(self.events), provider, verb, what, task, status)
            self.events.append(event)
            if self._log is not None:
                with self._log.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(event)) + "\n")
        if self.listener is not None:
            self.listener(event)

    def count(self, provider: str, verb: str, what: str) -> int:
        """Count lines of the log."""
        wanted = (provider, verb, what)
        return sum((one.provider, one.verb, one.what) == wanted for one in self.events)

    def media_of(self, task_id: str) -> bytes:
        """Return the film of a task, the same for all, but no two files alike; or its picture."""
        task = self.tasks.get(task_id)
        if task is not None and task.path.endswith(STILLS):
            return self.picture
        return self.film + box(b"free", task_id.encode())


def box(kind: bytes, content: bytes) -> bytes:
    """Return one box of an MP4 file."""
    return struct.pack(">I4s", 8 + len(content), kind) + content


def plain_film() -> bytes:
    """Return bytes that begin like an MP4 file, enough for tests that do not decode."""
    return box(b"ftyp", b"isom\0\0\2\0isomiso2") + box(b"mdat", bytes(200_000))


STILLS = ("text_to_image", "images/generations")
"""How the paths end that make one picture."""
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f64540"
    "0000000049454e44ae426082"
)
"""A picture of one pixel."""
