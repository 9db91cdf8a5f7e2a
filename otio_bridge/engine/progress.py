"""News: what happens in the engine, numbered, kept for a while, and told to whoever listens."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import Literal

from otio_bridge.model import Noun

KEPT = 2000
"""News kept for those who ask again; whoever is further behind reads the state anew."""
HEARTBEAT = 15.0
"""Seconds after which a silent stream says that it lives."""

NewsKind = Literal["order", "timeline", "edit", "proxy"]


class News(Noun):
    """One thing that happened."""

    number: int
    """Grows, also over restarts of the engine."""
    kind: NewsKind
    timeline: str | None = None
    """Id of the timeline that it concerns."""
    subject: str | None = None
    """Id of the order or edit, or of the shot that changed."""
    state: str = ""
    """State of the order or edit; of a timeline "changed"."""
    words: str = ""
    share: float | None = None
    """Share done of the present step, 0 to 1, where it is known."""


class NewsDesk:
    """Takes news from any thread and wakes those who wait for them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: deque[News] = deque(maxlen=KEPT)
        self._number = int(time.time() * 1000)
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    @property
    def latest(self) -> int:
        """Number of the newest news."""
        return self._number

    def tell(
        self,
        kind: NewsKind,
        *,
        timeline: str | None = None,
        subject: str | None = None,
        state: str = "",
        words: str = "",
        share: float | None = None,
    ) -> None:
        """Say that something happened; see `News`."""
        with self._lock:
            self._number += 1
            self._kept.append(
                News(
                    number=self._number,
                    kind=kind,
                    timeline=timeline,
                    subject=subject,
                    state=state,
                    words=words,
                    share=share,
                )
            )
            waiting = list(self._waiting)
        for loop, event in waiting:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    def since(self, number: int, timeline: str | None = None) -> list[News]:
        """Return the news after a number, of one timeline or of all."""
        with self._lock:
            kept = list(self._kept)
        return [
            one
            for one in kept
            if one.number > number and (timeline is None or one.timeline in (timeline, None))
        ]

    async def wait(self, number: int, timeline: str | None, seconds: float) -> list[News]:
        """Return the news after a number as soon as there are any; [] when the time is over."""
        end = time.monotonic() + seconds
        waiter = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._waiting.add(waiter)
        try:
            while not (found := self.since(number, timeline)):
                left = end - time.monotonic()
                if left <= 0:
                    return []
                waiter[1].clear()
                if found := self.since(number, timeline):
                    return found
                try:
                    await asyncio.wait_for(waiter[1].wait(), left)
                except TimeoutError:
                    return []
            return found
        finally:
            with self._lock:
                self._waiting.discard(waiter)

    async def stream(self, number: int, timeline: str | None) -> AsyncIterator[str]:
        """Yield news as server-sent events, without end."""
        yield "retry: 1000\n\n"
        while True:
            found = await self.wait(number, timeline, HEARTBEAT)
            for news in found:
                number = news.number
                yield f"id: {news.number}\nevent: {news.kind}\ndata: {news.model_dump_json()}\n\n"
            if not found:
                yield ": alive\n\n"
