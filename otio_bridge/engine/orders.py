"""Orders: what takes long (regenerate, resume), carried out in threads and kept on the disk.

An order is one small file in the project. Whoever kills the engine loses nothing: at its next start
open orders go on, first settling what was already sent, then asking only for what is left of them.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, Field

from otio_bridge import pipeline
from otio_bridge.clock import seconds_in
from otio_bridge.engine.asking import RegenerateAsked
from otio_bridge.engine.desk import Desk, Page
from otio_bridge.engine.memory import Remembered, stamp_of_folder
from otio_bridge.engine.progress import NewsDesk
from otio_bridge.engine.refusals import Refusal
from otio_bridge.errors import BridgeError, JournalError, ProjectError
from otio_bridge.files import read_json, telling, write_json
from otio_bridge.identity import Placed
from otio_bridge.journal import Journal
from otio_bridge.model import Job, Noun
from otio_bridge.project import Project
from otio_bridge.regeneration import Order as Terms
from otio_bridge.regeneration import price_of
from otio_bridge.worker import Worker

log = logging.getLogger(__name__)

AT_ONCE = 4
"""Orders carried out at a time; the others wait."""
NEWS_SECONDS = 0.15
"""Shares done are told at most so often."""
KEPT_ORDERS = 200
"""Ended orders whose files stay in a project."""
CENT = 0.005
_READ = Remembered()

OrderState = Literal["waiting", "running", "done", "failed", "cancelled"]
ENDED: tuple[OrderState, ...] = ("done", "failed", "cancelled")


class OrderAnswer(Noun):
    """One order and how far it is."""

    id: str
    kind: Literal["regenerate", "resume"]
    timeline: str
    """Id of the timeline."""
    state: OrderState
    created: AwareDatetime
    clips: dict[str, str] = Field(default_factory=dict)
    """Ids of the clips it is about, each with the id of the shot behind it."""
    asked: RegenerateAsked | None = None
    planned_before: dict[str, int] = Field(default_factory=dict)
    """Jobs that each shot had before; what came later is this order's."""
    words: str = ""
    """What is going on, or why it failed."""
    share: float | None = None
    """Share done of the present step, 0 to 1."""
    notes: tuple[str, ...] = ()
    """What to know of the result, in sentences."""
    takes: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Takes that each shot has since it ended."""


class EstimateAnswer(Noun):
    """What an order may cost at most."""

    words: str
    estimate_usd: float
    needs_agreement: bool
    """Whether `agreed_usd` must be sent along."""
    clips: dict[str, str]
    """Ids of the clips, each with the id of the shot behind it."""
    undescribed: tuple[str, ...]
    """Clips that must be described before anything is paid for them."""


class _Cancelled(BaseException):
    """Ends an order between two steps; no Exception, so that nothing on the way swallows it."""


class Orders:
    """All orders of this engine."""

    def __init__(self, desk: Desk, news: NewsDesk) -> None:
        self._desk = desk
        self._news = news
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
        chosen = _chosen(page, asked)
        words, usd = price_of(page.session, chosen, _terms(asked, usd=None))
        undescribed = [one.id for one in chosen if not page.session.shot_of(one).described]
        return EstimateAnswer(
            words=words,
            estimate_usd=round(usd, 4),
            needs_agreement=usd > 0,
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
        _guard_price(price, asked)
        chosen = _chosen(page, asked)
        _guard_seconds(page, chosen, asked)
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
                    planned_before=_planned(page.project, price.clips.values()),
                ),
            )

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
        found = {order.id: order for order in _stored(page.session.project)}
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
        _cancel_jobs(project, order)
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
        for order in _stored(page.session.project):
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
        _keep(page.project, order)
        self._say(order)
        self._pool.submit(self._run, order.id, page.path)
        return order

    def _run(self, order_id: str, path: Path) -> None:
        try:
            order = self._change(order_id, state="running")
            if order.kind == "resume":
                found = pipeline.resume(path, self._teller(order_id))
                self._end(order_id, "done", _settled_words(found), ())
            else:
                notes = self._regenerated(order, path)
                self._end(order_id, "done", "", notes)
        except _Cancelled:
            _cancel_jobs(self._projects[order_id], self._live[order_id])
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
        assert asked is not None
        project = self._projects[order.id]
        notes: list[str] = []
        if _planned(project, order.planned_before) != order.planned_before:
            pipeline.resume(path, tell)  # an earlier engine began it
        for left, shots in _by_left(project, order).items():
            tell("", None)
            terms = _terms(asked.model_copy(update={"takes": left}), usd=asked.agreed_usd)
            outcomes = pipeline.regenerate(
                path, list(shots), order=terms, rate=asked_rate(self._desk, order), tell=tell
            )
            notes += [note for outcome in outcomes for note in outcome.notes]
        return tuple(notes)

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
        with self._lock:
            order = self._live[order_id].model_copy(update=changes)
            self._live[order_id] = order
        _keep(self._projects[order_id], order)
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


def asked_rate(desk: Desk, order: OrderAnswer) -> float | None:
    """Return the rate that a timeline was opened with."""
    try:
        return desk.known(order.timeline).rate
    except Refusal:
        return None


def _chosen(page: Page, asked: RegenerateAsked) -> list[Placed]:
    if asked.marked:
        return page.session.marked()
    if not asked.clips:
        raise Refusal(422, "No clip was named; send shot ids in clips, or marked.")
    found = {placed.id: placed for placed in map(page.placed, asked.clips)}
    return list(found.values())


def _terms(asked: RegenerateAsked, *, usd: float | None) -> Terms:
    return Terms(
        takes=asked.takes,
        provider=asked.provider,
        model=asked.model,
        seconds=asked.seconds,
        budget_usd=None,
        agreed=lambda _words, price: usd is not None and price <= usd + CENT,
    )


def _guard_price(price: EstimateAnswer, asked: RegenerateAsked) -> None:
    usd = price.estimate_usd
    if price.undescribed:
        raise Refusal(
            422, f"{price.undescribed[0]} was never described, and {asked.provider} costs money; "
            "say what the shot is first."
        )  # fmt: skip
    if asked.budget_usd is not None and usd > asked.budget_usd:
        raise Refusal(
            402,
            f"{price.words}, above the budget of {asked.budget_usd:.2f}; ask for fewer takes.",
            estimate_usd=usd,
        )
    if price.needs_agreement and (asked.agreed_usd is None or asked.agreed_usd + CENT < usd):
        raise Refusal(
            402,
            f"{price.words}; send agreed_usd of that much once a person agreed. Nothing was sent.",
            estimate_usd=usd,
        )


def _guard_seconds(page: Page, chosen: Sequence[Placed], asked: RegenerateAsked) -> None:
    for placed in chosen:
        last = seconds_in(placed.slot.frames, page.session.rate)
        if asked.seconds and not asked.seconds[0] < asked.seconds[1] <= last:
            raise Refusal(
                422,
                f"Seconds {asked.seconds[0]}-{asked.seconds[1]} do not lie in "
                f"'{placed.slot.name}', which has {last}; send [A, B] with A < B <= {last}.",
            )


def _planned(project: Project, shots: Iterable[str]) -> dict[str, int]:
    with Journal.opened(project) as journal:
        return {shot: len(journal.jobs(shot)) for shot in shots}


def _by_left(project: Project, order: OrderAnswer) -> dict[int, list[str]]:
    """Return the clips by how many takes are left to ask for, none after a refusal."""
    asked = order.asked.takes if order.asked else 0
    found: dict[int, list[str]] = {}
    with Journal.opened(project) as journal:
        for clip, shot in order.clips.items():
            mine = journal.jobs(shot)[order.planned_before.get(shot, 0) :]
            stuck = any(job.state in ("unknown", "refused") for job in mine)
            left = 0 if stuck else asked - len(mine)
            if left > 0:
                found.setdefault(left, []).append(clip)
    return found


def _cancel_jobs(project: Project, order: OrderAnswer) -> None:
    """Stop the open jobs of an order as far as their state and provider allow."""
    with Journal.opened(project) as journal:
        worker = Worker(project, journal)
        for job in _jobs_of(journal, order):
            try:
                worker.cancel(job.id)
            except (JournalError, ProjectError) as error:
                log.info("job %s was not cancelled: %s", job.id, error)
            except BridgeError as error:
                log.warning("job %s was not cancelled: %s", job.id, error)


def _jobs_of(journal: Journal, order: OrderAnswer) -> list[Job]:
    mine: list[Job] = []
    for shot, before in order.planned_before.items():
        mine += journal.jobs(shot)[before:]
    open_ids = {job.id for job in journal.open_jobs()}
    return [job for job in mine if job.id in open_ids and job.state != "unknown"]


def _settled_words(found: Sequence[Job]) -> str:
    left = [job for job in found if job.state == "unknown"]
    if left:
        return f"{len(left)} job(s) may have been paid; resolve them."
    return f"{len(found)} job(s) were looked at."


def _keep(project: Project, order: OrderAnswer) -> None:
    folder = project.folder / "orders"
    write_json(folder / f"{order.id}.json", order)
    if order.state in ENDED:
        files = sorted(folder.glob("[!.]*.json"), key=lambda file: file.stat().st_mtime)
        for file in files[: max(0, len(files) - KEPT_ORDERS)]:
            with telling(file):
                file.unlink(missing_ok=True)


def _stored(project: Project | None) -> list[OrderAnswer]:
    if project is None:
        return []
    folder = project.folder / "orders"
    return _READ.get(folder, stamp_of_folder(folder, ".json"), lambda: _read(folder))


def _read(folder: Path) -> list[OrderAnswer]:
    found = []
    for file in sorted(folder.glob("[!.]*.json")):
        try:
            order = read_json(file, OrderAnswer)
        except ProjectError as error:
            log.warning("%s", error)
            continue
        if order is not None:
            found.append(order)
    return found
