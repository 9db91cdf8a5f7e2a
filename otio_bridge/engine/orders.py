"""Orders: what takes long (regenerate, resume), carried out in threads and kept on the disk.

An order is one small file in the project. Whoever kills the engine loses nothing: at its next start
open orders go on, first settling what was already sent, then asking only for what is left of them.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from otio_bridge import pipeline
from otio_bridge.engine.agreeing import guard_agreed
from otio_bridge.engine.asking import CoverageAsked, EditAsked, Paying, RegenerateAsked
from otio_bridge.engine.desk import Desk, Page
from otio_bridge.engine.edits import Edits
from otio_bridge.engine.order_terms import (
    ENDED,
    EstimateAnswer,
    OrderAnswer,
    OrderKind,
    OrderState,
    asked_rate,
    cancel_jobs,
    clips_by_left,
    clips_chosen,
    guard_price,
    guard_seconds,
    jobs_planned,
    keep_order,
    settled_words,
    stored_orders,
    terms_of,
)
from otio_bridge.engine.progress import NewsDesk
from otio_bridge.engine.recipe_orders import jobs_under, made_order, price_of_order
from otio_bridge.engine.refusals import Refusal
from otio_bridge.errors import BridgeError
from otio_bridge.project import Project
from otio_bridge.regeneration import price_of

log = logging.getLogger(__name__)

AT_ONCE = 4
"""Orders carried out at a time; the others wait."""
NEWS_SECONDS = 0.15
"""Shares done are told at most so often."""


class _Cancelled(BaseException):
    """Ends an order between two steps; no Exception, so that nothing on the way swallows it."""


class Orders:
    """All orders of this engine."""

    def __init__(self, desk: Desk, news: NewsDesk, edits: Edits) -> None:
        self._desk = desk
        self._news = news
        self._edits = edits
        self._lock = threading.RLock()
        self._live: dict[str, OrderAnswer] = {}
        self._projects: dict[str, Project] = {}
        self._stops: dict[str, threading.Event] = {}
        self._told: dict[str, float] = {}
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="order")

    @property
    def busy(self) -> bool:
        """Whether any order waits or runs."""
        with self._lock:
            return bool(self._live)

    def estimate(self, page: Page, asked: RegenerateAsked) -> EstimateAnswer:
        """Return what an order may cost at most.

        Raises:
            BridgeError: A clip or the provider is not known.
        """
        chosen = clips_chosen(page, asked)
        words, usd, asks = price_of(page.session, chosen, terms_of(asked, usd=None))
        undescribed = [one.id for one in chosen if not page.session.shot_of(one).described]
        return EstimateAnswer(
            words=words,
            estimate_usd=round(usd, 4),
            needs_agreement=asks,
            clips={placed.id: placed.shot for placed in chosen},
            undescribed=tuple(undescribed) if usd > 0 else (),
        )

    def regenerate(self, timeline: str, asked: RegenerateAsked) -> OrderAnswer:
        """Begin to make takes, once the price was agreed to.

        Raises:
            Refusal: The price was not agreed to, passes the budget, or a shot is in an order.
            BridgeError: A clip or the provider is not known.
        """
        page = self._desk.page(timeline)
        price = self.estimate(page, asked)
        guard_price(price, asked)
        chosen = clips_chosen(page, asked)
        guard_seconds(page, chosen, asked)
        page = self._desk.with_project(timeline)
        with self._lock:
            self._guard_free(timeline, price.clips)
            return self._begin(
                page,
                OrderAnswer(
                    id=uuid.uuid4().hex[:12],
                    kind="regenerate",
                    timeline=timeline,
                    state="waiting",
                    created=datetime.now(UTC),
                    clips=price.clips,
                    asked=asked,
                    planned_before=jobs_planned(page.project, price.clips.values()),
                ),
            )

    def estimate_of(self, timeline: str, clip: str, asked: Paying) -> EstimateAnswer:
        """Return what coverage, candidates or a sheet may cost at most.

        Raises:
            BridgeError: It cannot be made at all.
        """
        page = self._desk.page(timeline)
        placed = page.placed(clip) if clip else None
        price = price_of_order(page.session, placed, asked)
        return EstimateAnswer(
            words=price.words,
            estimate_usd=price.usd,
            needs_agreement=price.asks,
            clips={} if placed is None else {placed.id: placed.shot},
            undescribed=(),
        )

    def make(self, timeline: str, kind: OrderKind, clip: str, asked: Paying) -> OrderAnswer:
        """Begin to make coverage, candidates or a sheet, once the price was agreed to.

        Args:
            timeline: Id of the timeline.
            kind: What is made.
            clip: Shot id or clip name; "" for a sheet.
            asked: The terms.

        Raises:
            Refusal: The price was not agreed to, passes the budget, or the shot is in an order.
            BridgeError: It cannot be made at all.
        """
        page = self._desk.page(timeline)
        placed = page.placed(clip) if clip else None
        price = price_of_order(page.session, placed, asked)
        guard_agreed(*price, asked, "raise it")
        jobs = jobs_under(asked, placed)
        page = self._desk.with_project(timeline)
        clips = {} if placed is None else {placed.id: placed.shot}
        with self._lock:
            self._guard_free(timeline, clips)
            self._guard_unasked(page.project, jobs)
            order = OrderAnswer.model_validate(
                {
                    "id": uuid.uuid4().hex[:12],
                    "kind": kind,
                    "timeline": timeline,
                    "state": "waiting",
                    "created": datetime.now(UTC),
                    "clips": clips,
                    "asked": asked,
                    "planned_before": jobs_planned(page.project, [jobs]),
                }
            )
            return self._begin(page, order)

    def resume(self, timeline: str) -> OrderAnswer:
        """Begin to settle what is on its way; the same order for whoever asks meanwhile."""
        page = self._desk.page(timeline)
        project = page.project
        with self._lock:
            for order in self._live.values():
                same = self._projects[order.id].root == project.root
                if same and order.kind == "resume":
                    return order
            return self._begin(
                page,
                OrderAnswer(
                    id=uuid.uuid4().hex[:12],
                    kind="resume",
                    timeline=timeline,
                    state="waiting",
                    created=datetime.now(UTC),
                ),
            )

    def listed(self, timeline: str) -> list[OrderAnswer]:
        """Return the orders of a timeline, the newest first."""
        page = self._desk.page(timeline)
        found = {order.id: order for order in stored_orders(page.session.project)}
        with self._lock:
            found.update(self._live)
        mine = [order for order in found.values() if order.timeline == timeline]
        return sorted(mine, key=lambda order: order.created, reverse=True)

    def get(self, timeline: str, order_id: str) -> OrderAnswer:
        """Return one order.

        Raises:
            Refusal: There is none of that id.
        """
        for order in self.listed(timeline):
            if order.id == order_id:
                return order
        raise Refusal(404, "This timeline has no order of that id; list them at .../orders.")

    def cancel(self, timeline: str, order_id: str) -> OrderAnswer:
        """Ask an order to stop: nothing more is sent, what was sent is cancelled if that works."""
        order = self.get(timeline, order_id)
        with self._lock:
            stop = self._stops.get(order_id)
            project = self._projects.get(order_id)
        if stop is None or project is None:
            return order
        stop.set()
        cancel_jobs(project, order)
        return self.get(timeline, order_id)

    def stop_all(self) -> None:
        """Let running orders end where they are; they go on at the next start."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def take_up(self, timeline: str) -> None:
        """Go on with the orders of a timeline that an earlier engine left behind.

        Raises:
            BridgeError: The timeline is not there.
        """
        page = self._desk.page(timeline)
        for order in stored_orders(page.session.project):
            known = order.state in ENDED or order.id in self._live
            if order.timeline == timeline and not known:
                self._begin(page, order)

    def in_project(self, project: Project) -> bool:
        """Say whether an order of that project waits or runs."""
        with self._lock:
            return any(self._projects[name].root == project.root for name in self._live)

    # carrying out ---------------------------------------------------------------------------------

    def _begin(self, page: Page, order: OrderAnswer) -> OrderAnswer:
        with self._lock:
            self._live[order.id] = order
            self._projects[order.id] = page.project
            self._stops[order.id] = threading.Event()
        keep_order(page.project, order)
        self._say(order)
        self._pool.submit(self._run, order.id, page.path)
        return order

    def _run(self, order_id: str, path: Path) -> None:
        try:
            order = self._change(order_id, state="running")
            if order.kind == "resume":
                found = pipeline.resume(path, self._teller(order_id))
                self._end(order_id, "done", settled_words(found), ())
            elif order.kind == "regenerate":
                notes = self._regenerated(order, path)
                self._end(order_id, "done", "", notes)
            else:
                self._end(order_id, "done", "", self._made(order, path))
        except _Cancelled:
            cancel_jobs(self._projects[order_id], self._live[order_id])
            self._end(order_id, "cancelled", "A person cancelled it.", ())
        except BridgeError as error:
            self._end(order_id, "failed", str(error), ())
        except Exception as error:
            log.error("order %s broke", order_id, exc_info=error)
            words = f"It met an error it does not know ({type(error).__name__}); see the log."
            self._end(order_id, "failed", words, ())

    def _regenerated(self, order: OrderAnswer, path: Path) -> tuple[str, ...]:
        """Make takes of every shot, as many as are left of the order."""
        asked, tell = order.asked, self._teller(order.id)
        assert isinstance(asked, RegenerateAsked)
        project = self._projects[order.id]
        notes: list[str] = []
        if jobs_planned(project, order.planned_before) != order.planned_before:
            pipeline.resume(path, tell)  # an earlier engine began it
        for left, shots in clips_by_left(project, order).items():
            tell("", None)
            terms = terms_of(asked.model_copy(update={"takes": left}), usd=asked.agreed_usd)
            outcomes = pipeline.regenerate(
                path, list(shots), order=terms, rate=asked_rate(self._desk, order), tell=tell
            )
            notes += [note for outcome in outcomes for note in outcome.notes]
        return tuple(notes)

    def _made(self, order: OrderAnswer, path: Path) -> tuple[str, ...]:
        """Make what an order of the recipe asks for, and wish for its plan in the slot."""
        asked = order.asked
        assert asked is not None
        clip = next(iter(order.clips), "")
        made = made_order(path, clip, asked, self._teller(order.id))
        if made.plan and isinstance(asked, CoverageAsked):
            wish = EditAsked(kind="splice", shot=clip, plan=made.plan, via=asked.via)
            self._edits.wish(order.timeline, wish)
        return made.notes

    def _teller(self, order_id: str) -> Callable[[str, float | None], None]:
        stop = self._stops[order_id]

        def tell(words: str, share: float | None) -> None:
            if stop.is_set():
                raise _Cancelled
            if words:
                self._progressed(order_id, words, share)

        return tell

    def _progressed(self, order_id: str, words: str, share: float | None) -> None:
        now = time.monotonic()
        same = self._live[order_id].words == words
        with self._lock:
            order = self._live[order_id].model_copy(update={"words": words, "share": share})
            self._live[order_id] = order
        if not same or now - self._told.get(order_id, 0.0) > NEWS_SECONDS:
            self._told[order_id] = now
            self._say(order)

    def _change(self, order_id: str, **changes: object) -> OrderAnswer:
        with self._lock:  # whoever sees the change by asking finds it on the disk and in the news
            order = self._live[order_id].model_copy(update=changes)
            keep_order(self._projects[order_id], order)
            self._live[order_id] = order
            self._say(order)
        return order

    def _end(self, order_id: str, state: OrderState, words: str, notes: tuple[str, ...]) -> None:
        order = self._live[order_id]
        project = self._projects[order_id]
        try:
            takes = {
                shot: tuple(take.id for take in record.takes)
                for shot in order.clips.values()
                if (record := project.shot(shot)) is not None
            }
            self._change(order_id, state=state, words=words, share=None, notes=notes, takes=takes)
        except BridgeError as error:  # the disk: the order will be looked at again
            log.error("order %s could not be noted: %s", order_id, error)
        with self._lock:
            for kept in (self._live, self._projects, self._stops, self._told):
                kept.pop(order_id, None)
        self._news.tell("timeline", timeline=order.timeline, state="changed")

    def _say(self, order: OrderAnswer) -> None:
        self._news.tell(
            "order", timeline=order.timeline, subject=order.id, state=order.state,
            words=order.words, share=order.share,
        )  # fmt: skip

    def _guard_free(self, timeline: str, clips: Iterable[str]) -> None:
        wanted = set(clips)
        for order in self._live.values():
            if order.timeline == timeline and wanted & order.clips.keys():
                raise Refusal(
                    409, f"Order {order.id} is making takes of this shot; wait for it or cancel it."
                )

    def _guard_unasked(self, project: Project, jobs: str) -> None:
        """Refuse what another order has under way: two at once would both pay for it."""
        for order in self._live.values():
            same = self._projects[order.id].root == project.root
            if same and jobs in order.planned_before:
                raise Refusal(
                    409, f"Order {order.id} is at work on the same; wait for it or cancel it."
                )
