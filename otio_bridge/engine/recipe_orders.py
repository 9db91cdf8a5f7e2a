"""Orders of the recipe beside takes: coverage, fused references, sheets; their price and work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from otio_bridge.covering import covered, price_of_coverage
from otio_bridge.engine.agreeing import agreement
from otio_bridge.engine.asking import Asked, CoverageAsked, FuseAsked, Paying, SheetAsked
from otio_bridge.engine.planning import words_of
from otio_bridge.fusing import fuse, kept_sketch, price_of_fusing
from otio_bridge.identity import Placed
from otio_bridge.regeneration_price import Price
from otio_bridge.regeneration_terms import Order as Terms
from otio_bridge.regeneration_terms import Tell
from otio_bridge.session import Session
from otio_bridge.sheets import add_sheet, price_of_sheet


class Made(NamedTuple):
    """What an order came to."""

    notes: tuple[str, ...] = ()
    plan: str = ""
    """What is to stand in the slot, as `splice --plan` takes it; empty for nothing."""


def terms_of_paying(asked: Paying) -> Terms:
    """Return who makes it; what costs more than was agreed to is not agreed to."""
    return Terms(
        takes=1,
        provider=asked.provider,
        model=asked.model,
        agreed=agreement(asked.agreed_usd),
    )


def price_of_order(session: Session, placed: Placed | None, asked: Asked) -> Price:
    """Return what an order may cost at most.

    Raises:
        BridgeError: It cannot be made at all.
    """
    if isinstance(asked, SheetAsked):
        return price_of_sheet(session, terms_of_paying(asked))
    assert placed is not None
    if isinstance(asked, FuseAsked):
        kept_sketch(session, placed)
        return price_of_fusing(session, placed, asked.candidates, terms_of_paying(asked))
    assert isinstance(asked, CoverageAsked)
    return price_of_coverage(session, placed, terms_of_paying(asked))


def jobs_under(asked: Asked, placed: Placed | None) -> str:
    """Return the name under which the journal keeps the jobs of an order."""
    if isinstance(asked, SheetAsked):
        return f"sheet:{asked.name}"
    assert placed is not None
    return f"fused:{placed.shot}" if isinstance(asked, FuseAsked) else placed.shot


def made_order(path: Path, clip: str, asked: Asked, tell: Tell) -> Made:
    """Carry an order out; what an earlier engine paid for it is found again.

    Raises:
        BridgeError: It could not be made; what was made stays.
    """
    return DOERS[type(asked)](path, clip, asked, tell)


def _coverage(path: Path, clip: str, asked: Asked, tell: Tell) -> Made:
    assert isinstance(asked, CoverageAsked)
    session = Session.opened(path)
    placed = session.named(clip)
    told = covered(session, placed, terms_of_paying(asked), tell=tell)
    names = " and ".join(f"{one.character} alone" for one in told.proposed)
    plan = words_of(told.plan.segments, session.takes_of(placed)) if told.plan else ""
    return Made((f"The contact is told by {names}; the takes stay as alternates.",), plan)


def _fused(path: Path, clip: str, asked: Asked, tell: Tell) -> Made:
    assert isinstance(asked, FuseAsked)
    session = Session.opened(path)
    sketch = kept_sketch(session, session.named(clip))
    made = fuse(
        path,
        clip,
        sketch,
        regions=asked.regions,
        front=asked.front,
        candidates=asked.candidates,
        order=terms_of_paying(asked),
        tell=tell,
    )
    return Made((f"{len(made.candidates)} candidate(s) lie side by side; choose one.",))


def _sheet(path: Path, clip: str, asked: Asked, tell: Tell) -> Made:
    assert isinstance(asked, SheetAsked)
    project = Session.opened(path).started()
    known = project.reference("character", asked.name)
    images = known.images if known is not None else ()
    views = [project.path(name) for name in (images[1:] or images)]
    add_sheet(project, asked.name, views, order=terms_of_paying(asked), tell=tell)
    return Made((f"The sheet of {asked.name} is drawn; look at it, then lock it.",))


DOERS: Mapping[type[Asked], Callable[[Path, str, Asked, Tell], Made]] = {
    CoverageAsked: _coverage,
    FuseAsked: _fused,
    SheetAsked: _sheet,
}
