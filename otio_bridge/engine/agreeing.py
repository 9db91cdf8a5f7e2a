"""The one gate before money: what a person agreed to, and what is refused without."""

from __future__ import annotations

from collections.abc import Callable

from otio_bridge.engine.asking import Paying
from otio_bridge.engine.refusals import Refusal

CENT = 0.005


def agreement(usd: float | None) -> Callable[[str, float], bool]:
    """Return who is asked before paid work: what costs more than `usd` is not agreed to."""
    return lambda _words, price: usd is not None and price <= usd + CENT


def guard_agreed(words: str, usd: float, asks: bool, asked: Paying, cure: str) -> None:
    """Refuse a price that nobody agreed to or that passes the budget.

    Args:
        words: The price, in words.
        usd: The same in USD.
        asks: Whether a person must agree to it.
        asked: Budget and agreement.
        cure: What to do about a price above the budget.
    """
    if asked.budget_usd is not None and usd > asked.budget_usd:
        raise Refusal(
            402, f"{words}, above the budget of {asked.budget_usd:.2f}; {cure}.", estimate_usd=usd
        )
    if asks and (asked.agreed_usd is None or asked.agreed_usd + CENT < usd):
        raise Refusal(
            402,
            f"{words}; send agreed_usd of that much once a person agreed. Nothing was sent.",
            estimate_usd=usd,
        )
