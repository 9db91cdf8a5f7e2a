"""What one engine consists of, handed to every route."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from otio_bridge.engine.desk import Desk
from otio_bridge.engine.edits import Edits
from otio_bridge.engine.keeper import Keeper
from otio_bridge.engine.orders import Orders
from otio_bridge.engine.pictures import Pictures
from otio_bridge.engine.progress import NewsDesk
from otio_bridge.engine.runtime import Runtime, secret
from otio_bridge.engine.security import Keys


@dataclass
class Pulse:
    """When the engine was last needed."""

    _last: float = field(default_factory=time.monotonic)
    _inside: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Count a request for as long as it lasts."""
        with self._lock:
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                self._last = time.monotonic()

    def beat(self) -> None:
        """Say that the engine is needed now."""
        self._last = time.monotonic()

    @property
    def idle_seconds(self) -> float:
        """Seconds since anybody needed the engine."""
        return 0.0 if self._inside else time.monotonic() - self._last


class Engine:
    """The desk with all that stands on it, and the thread that looks after open jobs."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.keys = Keys(runtime.token, secret(), runtime.port)
        self.pulse = Pulse()
        self.news = NewsDesk()
        self.desk = Desk()
        self.edits = Edits(self.desk, self.news)
        self.orders = Orders(self.desk, self.news, self.edits)
        self.pictures = Pictures()
        self.keeper = Keeper(self.desk, self.orders, self._looked)
        self.stopping = threading.Event()

    def start(self) -> None:
        """Begin to look after jobs."""
        self.keeper.start()

    def stop(self) -> None:
        """Begin nothing more."""
        self.keeper.stop()
        self.orders.stop_all()
        self.pictures.stop()

    def _looked(self, open_work: bool) -> None:
        if open_work:
            self.pulse.beat()
