"""The keeper: looks after all open projects, so that what was paid for comes home by itself."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from otio_bridge.engine.desk import Desk
from otio_bridge.engine.orders import Orders
from otio_bridge.errors import BridgeError
from otio_bridge.journal import Journal
from otio_bridge.project import Project

log = logging.getLogger(__name__)

EVERY_SECONDS = 2.0


class Keeper:
    """A thread that resumes open jobs of open projects when no order of ours does so already."""

    def __init__(self, desk: Desk, orders: Orders, after_look: Callable[[bool], None]) -> None:
        self._desk = desk
        self._orders = orders
        self._after_look = after_look
        """Told after each look whether anything is open."""
        self._tried: dict[str, frozenset[str]] = {}
        self._taken_up: set[str] = set()
        """Timelines whose left-behind orders go on."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End soon."""
        self._stop.set()

    def look(self) -> bool:
        """Look once at every project; say whether anything is open in one."""
        waiting = False
        seen = set()
        timelines = self._desk.all()
        self._taken_up &= {opened.id for opened in timelines}
        for opened in timelines:
            try:
                if opened.id not in self._taken_up:
                    self._orders.take_up(opened.id)
                    self._taken_up.add(opened.id)
                project = self._desk.page(opened.id).session.project
                if project is not None and project.id not in seen:
                    seen.add(project.id)
                    waiting |= self._looked_after(opened.id, project)
            except BridgeError as error:  # gone or held: looked at again
                log.debug("%s: %s", opened.path, error)
        return waiting or self._orders.busy

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._after_look(self.look())
            except Exception as error:
                log.error("the keeper met an error it does not know", exc_info=error)
            self._stop.wait(EVERY_SECONDS)

    def _looked_after(self, timeline: str, project: Project) -> bool:
        """Resume what is open; what only a person can settle is tried once and then left."""
        if self._orders.in_project(project):
            return True
        if not (project.folder / "jobs").is_dir():
            return False
        with Journal.opened(project) as journal:
            jobs = journal.open_jobs()
            late = project.id not in self._tried and _left_behind(journal, project)
        unknown = frozenset(job.id for job in jobs if job.state == "unknown")
        moving = any(job.id not in unknown for job in jobs)
        news = unknown - self._tried.get(project.id, frozenset())
        self._tried[project.id] = unknown
        if moving or late or news:
            self._orders.resume(timeline)
            return True
        return False


def _left_behind(journal: Journal, project: Project) -> bool:
    """Say whether a job was fetched that never became a take; asked once per engine."""
    taken = {(record.shot.id, take.id) for record in project.shots() for take in record.takes}
    return any(
        job.state == "fetched" and (job.shot, job.request.take) not in taken
        for job in journal.jobs()
    )
