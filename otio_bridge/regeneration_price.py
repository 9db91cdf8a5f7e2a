"""What an order may cost at most, and the agreements without which nothing is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

from otio_bridge import provider, recipe
from otio_bridge.budget import guard_budget
from otio_bridge.errors import BudgetExceeded, ProviderError
from otio_bridge.identity import Placed
from otio_bridge.model import Shot, Span
from otio_bridge.project import Project
from otio_bridge.provider import Limits
from otio_bridge.recipe import Aim
from otio_bridge.regeneration_terms import Order, Work, aim_of
from otio_bridge.routing import Route, chosen
from otio_bridge.session import Session

PREFER = "prefer"
"""Setting: who makes each step, by step; "" for all of them."""
PUBLIC = "told_public"
"""Setting that names the providers of which the project was told that uploads can be seen."""


class Price(NamedTuple):
    """What an order may cost."""

    words: str
    usd: float
    """At most."""
    asks: bool
    """Whether a person must agree first: it costs, or others could see what is sent."""


def price_of(session: Session, chosen_clips: Sequence[Placed], order: Order) -> Price:
    """Return what an order may cost at most; nothing is kept of the question.

    Raises:
        ProviderError: There is no such provider, or it cannot do it.
    """
    works = [
        with_route(session, Work(placed, session.shot_of(placed), aim_of(session, placed)), order)
        for placed in chosen_clips
    ]
    return priced(session.project, works, order)


def with_route(session: Session, work: Work, order: Order) -> Work:
    """Choose who makes a shot and around what, and price one generation of it.

    Raises:
        ProviderError: The one wished for cannot do it.
    """
    photoreal = any(
        look is not None and look.look == "photoreal"
        for one in work.shot.performers
        if session.project is not None
        for look in [session.project.reference("character", one.name)]
    )
    work.routes = [
        model_checked(route, order)
        for route in chosen(
            "chunk",
            click=order.provider,
            shot=work.shot.provider,
            project=project_wish(session, "chunk"),
            photoreal=photoreal,
        )
    ]
    work.around = _around(work, order)
    work.most_usd = max(_each(work, route, order) for route in work.routes)
    return work


def project_wish(session: Session, step: str) -> str:
    """Return whom the project wishes for a step: a provider, "auto", or nothing."""
    settings = session.project.settings if session.project is not None else {}
    wishes = settings.get(PREFER) or {}
    return str(wishes.get(step) or wishes.get("") or "")


def model_checked(route: Route, order: Order) -> Route:
    """Return a route with the model a person named.

    Raises:
        ProviderError: The provider has none of that name.
    """
    if order.model is None:
        return route
    limits = provider.find(route.provider).limits
    if order.model not in limits.models:
        raise ProviderError(
            f"{route.provider} has no model '{order.model}'; give one of "
            f"{', '.join(limits.models)}."
        )
    return Route(route.provider, order.model, route.why)


def _around(work: Work, order: Order) -> Literal["slot", "contact"]:
    """Return what is made first: chunks at the contact where a generator costs and they save."""
    if order.around != "auto":
        return order.around
    costs = work.limits.usd(work.route.model, work.aim.frames / work.aim.rate) > 0
    saves = costs and recipe.saved_by_chunks(work.shot, work.aim, work.limits)
    return "contact" if saves else "slot"


def _each(work: Work, route: Route, order: Order) -> float:
    """Return the most that one generation of a shot costs with one route, in USD."""
    limits = provider.find(route.provider).limits
    spans = asked_spans(work.shot, work.aim, limits, work.around, order)
    longest = max(end - start for start, end in spans)
    return limits.usd(route.model, longest / work.aim.rate)


def asked_spans(shot: Shot, aim: Aim, limits: Limits, around: str, order: Order) -> list[Span]:
    """Return the spans that are asked for first; what follows is at most as long as one of them."""
    if order.seconds is not None:
        return [recipe.span_of_seconds(order.seconds, aim, limits)]
    return recipe.first_spans(shot, aim, limits, "contact" if around == "contact" else "slot")


def priced(project: Project | None, works: Sequence[Work], order: Order) -> Price:
    """Return the price of an order."""
    if not works:
        return Price("Nothing has to be made: up to 0.00 USD", 0.0, False)
    most = round(sum(work.most_usd for work in works) * order.takes, 4)
    names = list(dict.fromkeys(work.route.provider for work in works))
    others = list(dict.fromkeys(r.provider for work in works for r in work.routes[1:]))
    words = (
        f"{len(works)} shot(s), at most {order.takes} takes each from {' and '.join(names)}: "
        f"up to {most:.2f} USD"
    )
    if others and most > 0:
        words += f", {', '.join(others)} next where that fails"
    if _unpriced(works):
        words += f" and what was never declared of {' and '.join(_unpriced(works))}"
    untold = _untold(project, [*names, *others])
    for name in untold:
        words += f"; {_public_words(name)}"
    return Price(words, most, most > 0 or bool(untold or _unpriced(works)))


def agree(project: Project, works: Sequence[Work], order: Order) -> None:
    """Stop before anything is paid or shown that was not allowed; one price for the whole order.

    Raises:
        BudgetExceeded: The price passes a budget, or nobody agreed to it.
        ProviderError: Frames would go where others can see them, and nobody agreed to that.
    """
    words, most, _ = priced(project, works, order)
    if most > 0:
        guard_budget(project, most)
    if order.budget_usd is not None and most > order.budget_usd:
        raise BudgetExceeded(
            f"{words}, above the budget of {order.budget_usd:.2f}; lower --takes or raise --budget."
        )
    names = {route.provider for work in works for route in work.routes}
    if order.budget_usd is not None:
        _tell_public(project, works, names)
        return
    asked = guard_public(project, names, words, most, order.agreed)
    costs = most > 0 or _unpriced(works)
    if costs and not asked and not order.agreed(words, most):
        raise BudgetExceeded(f"{words}; add --yes to agree, or --budget USD. Nothing was sent.")


def _unpriced(works: Sequence[Work]) -> list[str]:
    """Return the models that cost something nobody declared."""
    routes = [route for work in works for route in work.routes]
    unknown = [r.model for r in routes if provider.find(r.provider).limits.unpriced(r.model)]
    return list(dict.fromkeys(unknown))


def guard_public(
    project: Project,
    names: Iterable[str],
    words: str,
    most: float,
    agreed: Callable[[str, float], bool],
) -> bool:
    """Tell once a project that uploads to a provider can be seen by others.

    Returns:
        Whether a person was asked, and agreed.

    Raises:
        ProviderError: Nobody agreed; nothing was sent.
    """
    untold = _untold(project, names)
    if not untold:
        return False
    said = words if _public_words(untold[0]) in words else f"{words}; {_public_words(untold[0])}"
    if not agreed(said, most):
        raise ProviderError(
            f"{_public_words(untold[0]).capitalize()}; add --yes to agree, once for this project. "
            "Nothing was sent."
        )
    _note_told(project, untold)
    return True


def _tell_public(project: Project, works: Sequence[Work], names: Iterable[str]) -> None:
    """Name in the notes of an order whose budget was given where its uploads can be seen."""
    untold = _untold(project, names)
    for name in untold:
        works[0].notes.append(f"{_public_words(name).capitalize()}.")
    if untold:
        _note_told(project, untold)


def _note_told(project: Project, names: Iterable[str]) -> None:
    told = {*project.settings.get(PUBLIC, []), *names}
    project.save_settings(**{PUBLIC: sorted(told)})


def _untold(project: Project | None, names: Iterable[str]) -> list[str]:
    """Return the providers with uploads that others can see, of which nobody was told yet."""
    told = project.settings.get(PUBLIC, []) if project is not None else []
    return sorted(
        name
        for name in set(names)
        if name not in told and provider.find(name).limits.public_uploads
    )


def _public_words(name: str) -> str:
    return f"whoever knows an address at {name} can see the pictures that are uploaded there"
