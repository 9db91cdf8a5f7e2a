"""One picture from a generator, by the same journal and worker as films: paid once, never lost."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from otio_bridge import provider
from otio_bridge.budget import guard_budget
from otio_bridge.clock import rate_text
from otio_bridge.errors import BudgetExceeded, ProviderError
from otio_bridge.journal import Journal
from otio_bridge.looks import frozen
from otio_bridge.model import Job, Reference, Request, RequestStep, Shot
from otio_bridge.project import Project
from otio_bridge.provider import Limits
from otio_bridge.recipe_prompts import prompt_for
from otio_bridge.regeneration import FRUITLESS
from otio_bridge.regeneration_price import Price, guard_public
from otio_bridge.routing import Route
from otio_bridge.worker import Worker

SIZE = (1280, 720)
"""Width and height in pixels that a picture is asked for."""
Agreed = Callable[[str, float], bool]


def still_requests(
    project: Project,
    shot: Shot,
    route: Route,
    step: RequestStep,
    references: Sequence[Reference],
    count: int,
) -> list[Request]:
    """Return requests for so many pictures, alike but for their seeds.

    Raises:
        ProviderError: The provider makes no pictures.
    """
    limits = provider.find(route.provider).limits
    if route.model not in limits.stills:
        raise ProviderError(
            f"{route.provider} makes no pictures; choose one that does with --provider, see "
            "'otio-bridge providers'."
        )
    used = tuple(frozen(project, one) for one in references[: limits.max_references])
    own = project.settings.get("prompts")
    prompt = prompt_for(shot, used, step=step, provider=route.provider, own=own)
    return [
        _request(shot, route, step, used, prompt, number, limits) for number in range(1, count + 1)
    ]


def _price_of(wanted: Sequence[Request], names: Sequence[str]) -> Price:
    most = round(sum(request.estimate_usd for request in wanted), 4)
    words = f"{len(wanted)} picture(s) from {' and '.join(names)}: up to {most:.2f} USD"
    if any(_unpriced(request) for request in wanted):
        words += " and what was never declared; see 'otio-bridge providers'"
    return Price(words, most, most > 0 or any(_unpriced(request) for request in wanted))


def price_of_pictures(route: Route, count: int) -> Price:
    """Return what so many pictures of one generator may cost at most."""
    limits = provider.find(route.provider).limits
    most = round(limits.usd(route.model, Fraction(1)) * count, 4)
    unknown = limits.unpriced(route.model)
    words = f"{count} picture(s) from {route.provider}: up to {most:.2f} USD"
    if unknown:
        words += f" and what was never declared of {route.model}"
    return Price(words, most, most > 0 or unknown)


def agree_to(
    project: Project, requests: Sequence[Request], agreed: Agreed, budget_usd: float | None = None
) -> None:
    """Stop before pictures are paid or uploaded that nobody agreed to.

    Raises:
        BudgetExceeded: The price was not agreed to, or passes the project's budget.
    """
    wanted = _unmade(project, requests)
    words, most, asks = _price_of(wanted, sorted({request.provider for request in requests}))
    names = {request.provider for request in wanted}
    guard_budget(project, most)
    if budget_usd is not None and most > budget_usd:
        raise BudgetExceeded(f"{words}, above the budget of {budget_usd:.2f}; raise --budget.")
    asked = guard_public(project, names, words, most, agreed)
    if asks and budget_usd is None and not asked and not agreed(words, most):
        raise BudgetExceeded(f"{words}; add --yes to agree. Nothing was sent.")


def _unpriced(request: Request) -> bool:
    return provider.find(request.provider).limits.unpriced(request.model)


def made_stills(
    project: Project, requests: Sequence[Request], tell: Callable[[str, float | None], None]
) -> list[Path]:
    """Make pictures and return those that came, in order; none is asked for twice.

    Raises:
        ProviderError: None came.
    """
    with Journal.opened(project) as journal:
        planned = [_asked_before(project, journal, one) or journal.plan(one) for one in requests]
        worker = Worker(project, journal)
        done = worker.run([job.id for job in planned], lambda news: tell(news.words, news.share))
    files = [project.path(job.media) for job in done if job.state == "fetched" and job.media]
    if not files:
        raise ProviderError(f"No picture came: {done[0].state}. {done[0].why}")
    for file in files:
        _guard_picture(file)
    return files


def _unmade(project: Project, requests: Sequence[Request]) -> list[Request]:
    """Return the pictures that nobody asked for yet."""
    with Journal.opened(project) as journal:
        return [one for one in requests if _asked_before(project, journal, one) is None]


def _asked_before(project: Project, journal: Journal, request: Request) -> Job | None:
    """Return the job of the very same picture, on its way or there; it would cost again."""
    for job in reversed(journal.jobs(request.shot)):
        same = job.request.model_copy(update={"id": request.id}) == request
        lost = job.state == "fetched" and not (job.media and project.path(job.media).is_file())
        if same and job.state not in FRUITLESS and not lost:
            return job
    return None


def _guard_picture(file: Path) -> None:
    try:
        with Image.open(file) as picture:
            picture.verify()
    except (UnidentifiedImageError, SyntaxError) as error:
        raise ProviderError(
            f"What came is no picture; it is kept as {file.name}. Ask again or ask another "
            "provider with --provider."
        ) from error


def _request(
    shot: Shot,
    route: Route,
    step: RequestStep,
    references: tuple[Reference, ...],
    prompt: str,
    number: int,
    limits: Limits,
) -> Request:
    digest = hashlib.blake2s(f"{step}/{shot.id}/{number}".encode(), digest_size=4).digest()
    return Request(
        id=uuid.uuid4().hex,
        shot=f"{step}:{shot.id}",
        take=f"c{number:02}",
        provider=route.provider,
        model=route.model,
        prompt=prompt,
        seed=int.from_bytes(digest, "big") >> 1,
        slot_start=0,
        frames=1,
        slot_frames=1,
        rate=rate_text(Fraction(24)),
        size=SIZE,
        performers=shot.performers,
        location=shot.location,
        props=shot.props,
        kind=shot.kind,
        references=references,
        step=step,
        estimate_usd=limits.usd(route.model, Fraction(1)),
    )
