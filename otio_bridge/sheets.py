"""Character sheets: front, three-quarter, profile and back of one figure, drawn from what is known.

`looks.add_look` lays given pictures side by side; here a generator draws the missing views.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from PIL import Image

from otio_bridge import provider
from otio_bridge.files import replacing, telling
from otio_bridge.looks import add_look, guard_open
from otio_bridge.model import Reference, Shot
from otio_bridge.pictures import upright, write_picture
from otio_bridge.pipeline import quiet
from otio_bridge.project import Project
from otio_bridge.regeneration_price import Price, project_wish
from otio_bridge.regeneration_terms import Order, Tell
from otio_bridge.routing import chosen
from otio_bridge.session import Session
from otio_bridge.stills import agree_to, made_stills, price_of_pictures, still_requests

VIEWS = ("front", "three-quarter", "profile", "back")
NARROWEST_VIEW = 16
"""Pixels; a row narrower than four of these holds no figures to cut out."""


@runtime_checkable
class DrawsSheets(Protocol):
    """What a provider offers that draws a sheet by itself."""

    def draw_sheet(self, name: str, into: Path, look: Path | None = None) -> None:
        """Draw four views in a row as a PNG."""
        ...


def add_sheet(
    project: Project,
    name: str,
    images: Sequence[Path],
    *,
    order: Order | None = None,
    tell: Tell = quiet,
) -> Reference:
    """Let a generator draw the sheet of a character, after pictures of it where there are some.

    Args:
        project: Where it is kept.
        name: The character.
        images: What it looks like; the generator's own idea without any.
        order: From whom and for how much.
        tell: Hears progress.

    Raises:
        LookError: A picture cannot be read, or the character is locked.
        BudgetExceeded: The price was not agreed to.
    """
    order = order or Order()
    guard_open(project, "character", name)
    for image in images:
        upright(image)
    wish = str((project.settings.get("prefer") or {}).get("sheet", ""))
    route = chosen("sheet", click=order.provider, project=wish)[0]
    tell(f"drawing the sheet of {name}", None)
    asked: object = provider.find(route.provider)
    path = project.reference_path("character", name, "_sheet.png")
    if isinstance(asked, DrawsSheets):
        with telling(path), replacing(path) as partial:
            asked.draw_sheet(name, partial, images[0] if images else None)
    else:
        given = add_look(project, "character", name, images).images if images else ()
        shot = Shot(id=name, clip=name, prompt=f"The figure is {name}.")
        known = [Reference(name=name, images=given)] if given else []
        requests = still_requests(project, shot, route, "sheet", known, 1)
        agree_to(project, requests, order.agreed, order.budget_usd)
        with (
            telling(path),
            replacing(path) as partial,
            Image.open(made_stills(project, requests, tell)[0]) as made,
        ):
            made.convert("RGB").save(partial, format="PNG")
    kept = [project.relative(path), *_views(project, name, path)]
    reference = Reference(name=name, images=tuple(kept), origin=route.why)
    project.save_reference(reference)
    return reference


def price_of_sheet(session: Session, order: Order) -> Price:
    """Return what one sheet may cost at most.

    Raises:
        ProviderError: The one who is to draw it cannot.
    """
    wish = project_wish(session, "sheet")
    return price_of_pictures(chosen("sheet", click=order.provider, project=wish)[0], 1)


def _views(project: Project, name: str, sheet: Path) -> list[str]:
    """Cut a row of four figures into its views; none where the picture is no row."""
    kept: list[str] = []
    with Image.open(sheet) as picture:
        width = picture.width // len(VIEWS)
        if width < NARROWEST_VIEW:
            return kept
        for number, view in enumerate(VIEWS):
            path = project.reference_path("character", name, f"_{view}.png")
            cell = picture.crop((number * width, 0, (number + 1) * width, picture.height))
            write_picture(path, np.asarray(cell.convert("RGB")))
            kept.append(project.relative(path))
    return kept
