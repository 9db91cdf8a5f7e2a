"""What an order asks for, what is left of it, what it may cost, and how it lies on the disk."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, Field

from otio_bridge.clock import seconds_in
from otio_bridge.engine.agreeing import agreement, guard_agreed
from otio_bridge.engine.asking import CoverageAsked, FuseAsked, RegenerateAsked, SheetAsked
from otio_bridge.engine.desk import Desk, Page
from otio_bridge.engine.memory import Remembered, stamp_of_folder
from otio_bridge.engine.refusals import Refusal
from otio_bridge.errors import BridgeError, JournalError, ProjectError
from otio_bridge.files import read_json, telling, write_json
from otio_bridge.identity import Placed
from otio_bridge.journal import Journal
from otio_bridge.model import Job, Noun
from otio_bridge.project import Project
from otio_bridge.regeneration import Order as Terms
from otio_bridge.worker import Worker

log = logging.getLogger(__name__)

KEPT_ORDERS = 200
"""Ended orders whose files stay in a project."""
_READ = Remembered()

OrderKind = Literal["regenerate", "resume", "coverage", "fused", "sheet"]
OrderState = Literal["waiting", "running", "done", "failed", "cancelled"]
ENDED: tuple[OrderState, ...] = ("done", "failed", "cancelled")


class OrderAnswer(Noun):
    """One order and how far it is."""

    id: str
    kind: OrderKind
    timeline: str
    """Id of the timeline."""
    state: OrderState
    created: AwareDatetime
    clips: dict[str, str] = Field(default_factory=dict)
    """Ids of the clips it is about, each with the id of the shot behind it."""
    asked: RegenerateAsked | CoverageAsked | FuseAsked | SheetAsked | None = None
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


def asked_rate(desk: Desk, order: OrderAnswer) -> float | None:
    """Return the rate that a timeline was opened with."""
    try:
        return desk.known(order.timeline).rate
    except Refusal:
        return None


def clips_chosen(page: Page, asked: RegenerateAsked) -> list[Placed]:
    """Return the clips that are meant, each once."""
    if asked.marked:
        return page.session.marked()
    if not asked.clips:
        raise Refusal(422, "No clip was named; send shot ids in clips, or marked.")
    found = {placed.id: placed for placed in map(page.placed, asked.clips)}
    return list(found.values())


def terms_of(asked: RegenerateAsked, *, usd: float | None) -> Terms:
    """Return an order as the road takes it; what costs more than `usd` is not agreed to."""
    return Terms(
        takes=asked.takes,
        provider=asked.provider,
        model=asked.model,
        seconds=asked.seconds,
        around=asked.around,
        only=tuple(asked.only),
        prompt=asked.prompt,
        hand_props=asked.hand_props,
        neighbours=asked.neighbours,
        unlocked=asked.unlocked,
        budget_usd=None,
        agreed=agreement(usd),
    )


def guard_price(price: EstimateAnswer, asked: RegenerateAsked) -> None:
    """Refuse a price that nobody agreed to or that passes the budget."""
    usd = price.estimate_usd
    if price.undescribed:
        raise Refusal(
            422, f"{price.undescribed[0]} was never described, and it costs money; say what the "
            f"shot is first. ({price.words})"
        )  # fmt: skip
    guard_agreed(price.words, usd, price.needs_agreement, asked, "ask for fewer takes")


def guard_seconds(page: Page, chosen: Sequence[Placed], asked: RegenerateAsked) -> None:
    """Refuse seconds that a clip does not have."""
    for placed in chosen:
        last = seconds_in(placed.slot.frames, page.session.rate)
        if asked.seconds and not asked.seconds[0] < asked.seconds[1] <= last:
            raise Refusal(
                422,
                f"Seconds {asked.seconds[0]}-{asked.seconds[1]} do not lie in "
                f"'{placed.slot.name}', which has {last}; send [A, B] with A < B <= {last}.",
            )


def jobs_planned(project: Project, shots: Iterable[str]) -> dict[str, int]:
    """Return how many jobs each shot has."""
    with Journal.opened(project) as journal:
        return {shot: len(journal.jobs(shot)) for shot in shots}


def clips_by_left(project: Project, order: OrderAnswer) -> dict[int, list[str]]:
    """Return the clips by how many takes are left to ask for, none after a refusal."""
    asked = order.asked.takes if isinstance(order.asked, RegenerateAsked) else 0
    found: dict[int, list[str]] = {}
    with Journal.opened(project) as journal:
        for clip, shot in order.clips.items():
            mine = journal.jobs(shot)[order.planned_before.get(shot, 0) :]
            stuck = any(job.state in ("unknown", "refused") for job in mine)
            left = 0 if stuck else asked - len(mine)
            if left > 0:
                found.setdefault(left, []).append(clip)
    return found


def cancel_jobs(project: Project, order: OrderAnswer) -> None:
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


def settled_words(found: Sequence[Job]) -> str:
    """Say what became of the jobs that were on their way."""
    left = [job for job in found if job.state == "unknown"]
    if left:
        return f"{len(left)} job(s) may have been paid; resolve them."
    return f"{len(found)} job(s) were looked at."


def keep_order(project: Project, order: OrderAnswer) -> None:
    """Write an order to its file; the oldest ended ones go."""
    folder = project.folder / "orders"
    write_json(folder / f"{order.id}.json", order)
    if order.state in ENDED:
        files = sorted(folder.glob("[!.]*.json"), key=lambda file: file.stat().st_mtime)
        for file in files[: max(0, len(files) - KEPT_ORDERS)]:
            with telling(file):
                file.unlink(missing_ok=True)


def stored_orders(project: Project | None) -> list[OrderAnswer]:
    """Return all orders of a project, those that cannot be read left out."""
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
