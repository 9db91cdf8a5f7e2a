"""A project's budget: what may be spent on it in all, what is spent, what an order would add.

Money counts as spent from the moment a request may have been paid: a job whose answer was lost
stands with its estimate until a person says otherwise.
"""

from __future__ import annotations

from pathlib import Path

from otio_bridge.errors import BridgeError, BudgetExceeded
from otio_bridge.journal import Journal
from otio_bridge.model import Noun
from otio_bridge.project import Project
from otio_bridge.session import Session

SETTING = "budget_usd"


class Budget(Noun):
    """A project's money, in USD."""

    limit_usd: float | None
    """None where nobody set one."""
    spent_usd: float
    """Paid, or perhaps paid."""


def budget_of(project: Project) -> Budget:
    """Return what a project may cost, and what it did."""
    limit = project.settings.get(SETTING)
    with Journal.opened(project) as journal:
        spent = round(journal.spent() + journal.estimate_open(), 4)
    return Budget(limit_usd=None if limit is None else float(limit), spent_usd=spent)


def set_budget(timeline: Path, usd: float | None) -> Budget:
    """Give the project of a timeline a budget in USD, or none.

    Raises:
        BridgeError: It is below zero.
    """
    if usd is not None and usd < 0:
        raise BridgeError(f"A budget of {usd:.2f} USD is below zero; give 0 or more.")
    project = Session.opened(timeline).started()
    with project.locked():
        project.save_settings(**{SETTING: usd})
    return budget_of(project)


def guard_budget(project: Project, most: float) -> None:
    """Stop an order that might pass the project's budget.

    Raises:
        BudgetExceeded: It might; nothing was sent.
    """
    now = budget_of(project) if SETTING in project.settings else None
    if now is None or now.limit_usd is None or now.spent_usd + most <= now.limit_usd:
        return
    raise BudgetExceeded(
        f"This may cost {most:.2f} USD, and {now.spent_usd:.2f} of the project's "
        f"{now.limit_usd:.2f} USD are spent; ask for fewer takes or raise it with "
        "'otio-bridge budget TIMELINE USD'. Nothing was sent."
    )
