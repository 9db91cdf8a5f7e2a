"""The queue of edits: wished for by a window, carried out by a host, read back and recorded.

One small file per edit in the project, so that neither a killed engine nor a crashed host loses
one. A host claims an edit for a while; when it dies, the lease ends and the edit is offered again.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime

from otio_bridge import pipeline
from otio_bridge.engine.asking import Claim, EditAsked, ReadBack
from otio_bridge.engine.desk import Desk, Page
from otio_bridge.engine.edit_shapes import EditShape, differences, shaped
from otio_bridge.engine.memory import Remembered, stamp_of_folder
from otio_bridge.engine.progress import NewsDesk
from otio_bridge.engine.refusals import Refusal
from otio_bridge.errors import ProjectError
from otio_bridge.files import read_json, write_json
from otio_bridge.model import Noun
from otio_bridge.project import Project

log = logging.getLogger(__name__)

HOST_SECONDS = 30.0
"""A host that has not asked for so long is no longer connected."""
NOTE_SECONDS = 5.0
"""A host's sign of life reaches the disk at most so often."""
KEPT_EDITS = 200
CLAIM_TICK = 0.25

EditState = Literal["pending", "offered", "applied", "differing", "failed", "withdrawn"]
_READ = Remembered()
OPEN: tuple[EditState, ...] = ("pending", "offered")


class EditAnswer(Noun):
    """One edit and what became of it."""

    id: str
    timeline: str
    """Id of the timeline."""
    number: int
    """Edits of a project are carried out in this order."""
    asked: EditAsked
    shape: EditShape
    state: EditState
    created: AwareDatetime
    via: Literal["host", "file"]
    host: str = ""
    """Who has it, or had it last."""
    lease_until: AwareDatetime | None = None
    offers: int = 0
    """How often it was offered."""
    track: str = ""
    """Where the host put it."""
    differences: tuple[str, ...] = ()
    """How the result differs from the wish, in sentences."""
    why: str = ""
    """Why it failed."""


class HostSeen(Noun):
    """A host that asks for the edits of a timeline."""

    host: str
    timeline: str
    seen: AwareDatetime


class HostsSeen(Noun):
    """All hosts that asked lately."""

    hosts: tuple[HostSeen, ...] = ()


class Edits:
    """The edit queues of all open projects."""

    def __init__(self, desk: Desk, news: NewsDesk) -> None:
        self._desk = desk
        self._news = news
        self._lock = threading.RLock()
        self._written: dict[str, float] = {}

    def wish(self, timeline: str, asked: EditAsked) -> EditAnswer:
        """Queue an edit for a connected host, or write the timeline file where there is none.

        Raises:
            BridgeError: The edit cannot be made, or a host is wanted and none is connected.
        """
        page = self._desk.page(timeline)
        placed = page.placed(asked.shot)
        shape = shaped(page, placed, asked)
        by_host = asked.via == "host" or (asked.via == "auto" and bool(self.hosts(timeline)))
        page = self._desk.with_project(timeline)
        if not by_host:
            self._write(page, asked, placed.id)
        with self._lock, page.project.locked():
            known = _stored(page.project)
            edit = EditAnswer(
                id=uuid.uuid4().hex[:12],
                timeline=timeline,
                number=max((one.number for one in known), default=0) + 1,
                asked=asked,
                shape=shape,
                state="pending" if by_host else "applied",
                created=datetime.now(UTC),
                via="host" if by_host else "file",
            )
            _drop_old(page.project, known)
            return self._keep(page.project, edit)

    def listed(self, timeline: str) -> list[EditAnswer]:
        """Return a timeline's edits in order, leases that are over taken back."""
        page = self._desk.page(timeline)
        if page.session.project is None:
            return []
        found = [_aged(edit) for edit in _stored(page.project)]
        return [edit for edit in found if edit.timeline == timeline]

    def get(self, timeline: str, edit_id: str) -> EditAnswer:
        """Return one edit.

        Raises:
            Refusal: There is none of that id.
        """
        for edit in self.listed(timeline):
            if edit.id == edit_id:
                return edit
        raise Refusal(404, "This timeline has no edit of that id; list them at .../edits.")

    def hosts(self, timeline: str) -> list[HostSeen]:
        """Return the hosts that are connected to a timeline."""
        project = self._desk.page(timeline).session.project
        young = datetime.now(UTC) - timedelta(seconds=HOST_SECONDS)
        kept = _hosts(project).hosts if project is not None else ()
        return [one for one in kept if one.timeline == timeline and one.seen > young]

    def claim(self, timeline: str, claim: Claim) -> EditAnswer | None:
        """Give a host the next edit on a lease; None when there is none.

        A host that asks again while it holds an edit is given that one again.
        """
        self._see(timeline, claim.host)
        with self._lock:
            for edit in self.listed(timeline):
                mine = edit.state == "offered" and edit.host == claim.host
                if mine or edit.state == "pending":
                    return self._offer(timeline, edit, claim)
                if edit.state == "offered":
                    return None  # in order: nothing overtakes what another host has
        return None

    async def claimed(self, timeline: str, claim: Claim) -> EditAnswer | None:
        """Give a host the next edit, waiting for one as long as it says."""
        end = time.monotonic() + claim.wait_seconds
        while True:
            number = self._news.latest
            found = await asyncio.to_thread(self.claim, timeline, claim)
            left = end - time.monotonic()
            if found is not None or left <= 0:
                return found
            await self._news.wait(number, timeline, min(left, max(CLAIM_TICK, left / 4)))

    def read_back(self, timeline: str, edit_id: str, read: ReadBack) -> EditAnswer:
        """Record what a host did: applied, differing or failed.

        Raises:
            Refusal: The edit is not that host's any more.
        """
        with self._lock:
            edit = self.get(timeline, edit_id)
            if edit.host != read.host or edit.state == "withdrawn":
                raise Refusal(
                    409, f"Edit {edit.id} is {edit.state} and not held by {read.host}; claim anew."
                )
            if edit.state not in OPEN:
                return edit  # told twice
            told = differences(edit.shape, read.placements) if edit.shape.placements else []
            state: EditState = "failed" if not read.done else "differing" if told else "applied"
            changed = edit.model_copy(
                update={
                    "state": state,
                    "differences": tuple(told) if read.done else (),
                    "track": read.track,
                    "why": read.why,
                    "lease_until": None,
                }
            )
            return self._keep(self._desk.page(timeline).project, changed)

    def withdraw(self, timeline: str, edit_id: str) -> EditAnswer:
        """Take back an edit that no host has carried out yet.

        Raises:
            Refusal: A host is carrying it out, or did.
        """
        with self._lock:
            edit = self.get(timeline, edit_id)
            if edit.state == "withdrawn":
                return edit
            if edit.state != "pending":
                raise Refusal(
                    409, f"Edit {edit.id} is {edit.state} already; wish for a revert instead."
                )
            changed = edit.model_copy(update={"state": "withdrawn"})
            return self._keep(self._desk.page(timeline).project, changed)

    def open_in(self, project: Project) -> bool:
        """Say whether an edit of that project waits for a host."""
        return any(edit.state in OPEN for edit in _stored(project))

    def _offer(self, timeline: str, edit: EditAnswer, claim: Claim) -> EditAnswer:
        until = datetime.now(UTC) + timedelta(seconds=claim.lease_seconds)
        offered = edit.model_copy(
            update={
                "state": "offered",
                "host": claim.host,
                "lease_until": until,
                "offers": edit.offers + 1,
            }
        )
        return self._keep(self._desk.page(timeline).project, offered)

    def _see(self, timeline: str, host: str) -> None:
        """Remember that a host asks, also over a restart of the engine."""
        now = time.monotonic()
        name = f"{timeline}/{host}"
        with self._lock:
            if now - self._written.get(name, -NOTE_SECONDS) < NOTE_SECONDS:
                return
            self._written[name] = now
        project = self._desk.with_project(timeline).project
        seen = HostSeen(host=host, timeline=timeline, seen=datetime.now(UTC))
        with self._lock:
            young = seen.seen - timedelta(seconds=HOST_SECONDS)
            others = [
                one
                for one in _hosts(project).hosts
                if one.seen > young and (one.host, one.timeline) != (host, timeline)
            ]
            write_json(_hosts_file(project), HostsSeen(hosts=(*others, seen)))

    def _write(self, page: Page, asked: EditAsked, clip: str) -> None:
        if asked.kind == "splice":
            pipeline.splice(page.path, clip, plan=asked.plan, nested=asked.nested)
        elif asked.kind == "use":
            pipeline.use(page.path, clip, asked.take or "")
        elif asked.kind == "revert":
            pipeline.revert(page.path, clip)
        else:
            raise Refusal(409, "Alternates are offered to a host, and none is connected here.")
        self._news.tell("timeline", timeline=page.opened.id, subject=clip, state="changed")

    def _keep(self, project: Project, edit: EditAnswer) -> EditAnswer:
        write_json(_folder(project) / f"{edit.id}.json", edit)
        self._news.tell("edit", timeline=edit.timeline, subject=edit.id, state=edit.state)
        return edit


def _aged(edit: EditAnswer) -> EditAnswer:
    """Return an edit as it stands now: pending again once its lease is over."""
    over = edit.lease_until is not None and edit.lease_until < datetime.now(UTC)
    if edit.state == "offered" and over:
        return edit.model_copy(update={"state": "pending", "lease_until": None})
    return edit


def _folder(project: Project) -> Path:
    return project.folder / "edits"


def _hosts_file(project: Project) -> Path:
    return _folder(project) / ".hosts"


def _hosts(project: Project) -> HostsSeen:
    try:
        return read_json(_hosts_file(project), HostsSeen) or HostsSeen()
    except ProjectError:
        return HostsSeen()


def _stored(project: Project) -> list[EditAnswer]:
    folder = _folder(project)
    return _READ.get(folder, stamp_of_folder(folder, ".json"), lambda: _read(folder))


def _read(folder: Path) -> list[EditAnswer]:
    found = []
    for file in folder.glob("[!.]*.json"):
        try:
            edit = read_json(file, EditAnswer)
        except ProjectError as error:  # one that is broken must not hold up the others
            log.warning("%s", error)
            continue
        if edit is not None:
            found.append(edit)
    return sorted(found, key=lambda edit: edit.number)


def _drop_old(project: Project, known: list[EditAnswer]) -> None:
    ended = [edit for edit in known if edit.state not in OPEN]
    for edit in ended[: max(0, len(ended) - KEPT_EDITS)]:
        (_folder(project) / f"{edit.id}.json").unlink(missing_ok=True)
