"""Fused references: a contact resolved as one still, from a sketch and the sheets, then locked."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from otio_bridge import provider
from otio_bridge.errors import LookError
from otio_bridge.files import replacing, telling
from otio_bridge.identity import Placed
from otio_bridge.looks import keep_locked
from otio_bridge.model import Noun, Reference, Request, Shot
from otio_bridge.pictures import write_picture
from otio_bridge.pipeline import quiet
from otio_bridge.project import Project
from otio_bridge.regeneration import remember
from otio_bridge.regeneration_price import Price, model_checked, project_wish
from otio_bridge.regeneration_steps import references_of
from otio_bridge.regeneration_terms import Order, Tell
from otio_bridge.routing import Route, chosen
from otio_bridge.session import Session
from otio_bridge.sketches import Sketch, cleaned_sketch, regions_of
from otio_bridge.stills import agree_to, made_stills, price_of_pictures, still_requests

CANDIDATES = "candidates"
MOST = 8
ORDER = {"left": 0, "center": 1, "right": 2}
Masks = Mapping[str, NDArray[np.bool_]]


@runtime_checkable
class Fusing(Protocol):
    """What a provider offers that composes a fused reference by itself."""

    def fuse(
        self,
        request: Request,
        files: Mapping[str, Path],
        regions: Masks,
        front: Sequence[str],
        into: Sequence[Path],
    ) -> int:
        """Write candidates to PNG paths and return how many there are."""
        ...


class Fused(Noun):
    """The answer of `references fuse`."""

    shot: str
    sketch: str
    """The cleaned sketch, a PNG."""
    candidates: tuple[str, ...]
    """PNG files side by side; `references choose` takes their number, from 1."""
    chosen: Reference | None = None


def fuse(
    timeline: Path,
    clip: str,
    sketch: Path,
    *,
    regions: Mapping[str, str] | None = None,
    front: Sequence[str] = (),
    candidates: int = 3,
    order: Order | None = None,
    tell: Tell = quiet,
) -> Fused:
    """Make candidates for the fused reference of a shot; none is used before one is chosen.

    Args:
        timeline: The timeline file, which is not changed.
        clip: Clip name or shot id.
        sketch: A drawing, photo or scan.
        regions: For each character a colour or a point on the sketch, see `sketches.regions_of`.
        front: Characters from the nearest to the farthest.
        candidates: How many.
        order: From whom and for how much.
        tell: Hears progress.

    Raises:
        LookError: The sketch shows no character, or a character has no look.
        BudgetExceeded: The price was not agreed to.
    """
    if not 1 <= candidates <= MOST:
        raise LookError(f"{candidates} candidates cannot be made; ask for 1 to {MOST}.")
    session = Session.opened(timeline)
    placed = session.named(clip)
    shot = session.shot_of(placed)
    people = _people(shot)
    strange = [name for name in front if name not in people]
    if strange:
        raise LookError(f"'{strange[0]}' is not in the shot; in front may be {', '.join(people)}.")
    cleaned = cleaned_sketch(sketch)
    masks = regions_of(cleaned, regions or {}, people)
    project = session.started()
    _guard_looks(project, people)
    route = _route(session, shot, order or Order())
    remember(session, placed)
    kept = _keep_sketch(project, placed, cleaned)
    tell("drawing candidates", None)
    files = _made(project, shot, route, kept, masks, front, candidates, order or Order(), tell)
    reference = Reference(
        name=f"{placed.shot} {CANDIDATES}", role="fused", images=tuple(files), origin=route.why
    )
    project.save_reference(reference)
    paths = tuple(str(project.path(name)) for name in files)
    return Fused(shot=placed.id, sketch=str(project.path(kept)), candidates=paths)


def price_of_fusing(session: Session, placed: Placed, candidates: int, order: Order) -> Price:
    """Return what candidates may cost at most.

    Raises:
        ProviderError: The one who is to draw them cannot.
    """
    route = _route(session, session.shot_of(placed), order)
    return price_of_pictures(route, candidates)


def keep_sketch(session: Session, placed: Placed, sketch: Path) -> Path:
    """Keep a drawing straightened and cleaned, to be looked at before anything is made of it.

    Raises:
        LookError: It is no picture, or nothing is drawn on it.
    """
    cleaned = cleaned_sketch(sketch)
    project = session.started()
    return project.path(_keep_sketch(project, placed, cleaned))


def kept_sketch(session: Session, placed: Placed) -> Path:
    """Return the kept drawing of a shot.

    Raises:
        LookError: There is none.
    """
    if not has_sketch(session, placed):
        raise LookError(f"'{placed.slot.name}' has no sketch yet; give a drawing first.")
    return _sketch_path(session.needed_project(), placed)


def has_sketch(session: Session, placed: Placed) -> bool:
    """Return whether a drawing of a shot is kept."""
    project = session.project
    return project is not None and _sketch_path(project, placed).is_file()


def choose(timeline: Path, clip: str, number: int) -> Fused:
    """Lock one candidate as the fused reference of a shot; later generations carry it.

    Raises:
        LookError: There is no candidate of that number.
    """
    session = Session.opened(timeline)
    placed = session.named(clip)
    project = session.needed_project()
    found = project.reference("fused", f"{placed.shot} {CANDIDATES}")
    images = found.images if found is not None else ()
    if not 1 <= number <= len(images):
        raise LookError(
            f"'{placed.slot.name}' has no candidate {number} (it has {len(images)}); make some "
            "with 'otio-bridge references fuse'."
        )
    path = project.reference_path("fused", placed.shot, ".png")
    with telling(path), replacing(path) as partial:
        shutil.copyfile(project.path(images[number - 1]), partial)
    origin = f"candidate {number}: {found.origin if found else ''}"
    image = project.relative(path)
    fused = Reference(name=placed.shot, role="fused", images=(image,), origin=origin)
    locked = keep_locked(project, fused)
    paths = tuple(str(project.path(name)) for name in images)
    return Fused(shot=placed.id, sketch="", candidates=paths, chosen=locked)


def _people(shot: Shot) -> list[str]:
    if not shot.performers:
        raise LookError(
            f"Nobody is named in '{shot.clip}'; say who is in it with 'otio-bridge shot TIMELINE "
            "CLIP --character NAME=left'."
        )
    return [one.name for one in sorted(shot.performers, key=lambda one: ORDER[one.side])]


def _guard_looks(project: Project, people: Sequence[str]) -> None:
    for name in people:
        look = project.reference("character", name)
        if look is None or not look.images:
            raise LookError(
                f"'{name}' has no sheet to draw from; add one with 'otio-bridge characters add "
                f"{name}'."
            )


def _route(session: Session, shot: Shot, order: Order) -> Route:
    routes = chosen(
        "fused", click=order.provider, shot=shot.provider, project=project_wish(session, "fused")
    )
    if order.model is not None:
        limits = provider.find(routes[0].provider).limits
        if order.model in limits.stills:
            return Route(routes[0].provider, order.model, routes[0].why)
        return model_checked(routes[0], order)
    return routes[0]


def _sketch_path(project: Project, placed: Placed) -> Path:
    return project.reference_path("fused", f"{placed.shot} sketch", ".png")


def _keep_sketch(project: Project, placed: Placed, cleaned: Sketch) -> str:
    path = _sketch_path(project, placed)
    write_picture(path, cleaned.picture)
    return project.relative(path)


def _made(
    project: Project,
    shot: Shot,
    route: Route,
    sketch: str,
    masks: Masks,
    front: Sequence[str],
    count: int,
    order: Order,
    tell: Tell,
) -> list[str]:
    """Return the candidates' pictures, relative to the project."""
    looks = [look for look in references_of(project, shot) if look.role != "fused"]
    drawing = Reference(name="the sketch", role="fused", images=(sketch,), origin="sketch")
    into = [
        project.reference_path("fused", f"{shot.id} {CANDIDATES}", f"_{number}.png")
        for number in range(1, count + 1)
    ]
    asked: object = provider.find(route.provider)
    if isinstance(asked, Fusing):
        request = still_requests(project, shot, route, "fused", looks, 1)[0]
        files = {name: project.path(name) for look in request.references for name in look.images}
        made = asked.fuse(request, files, masks, front, into)
        return [project.relative(path) for path in into[:made]]
    requests = still_requests(project, shot, route, "fused", [*looks, drawing], count)
    agree_to(project, requests, order.agreed, order.budget_usd)
    kept = []
    for path, file in zip(into, made_stills(project, requests, tell), strict=False):
        with telling(path), replacing(path) as partial:
            shutil.copyfile(file, partial)
        kept.append(project.relative(path))
    return kept
