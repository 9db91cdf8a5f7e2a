"""Commands for looks: characters, locations, props, and the fused reference of a shot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from otio_bridge.cli_words import (
    Budget,
    Clip,
    Json,
    Timeline,
    Yes,
    agreed,
    box,
    points,
    progress,
    said,
)
from otio_bridge.errors import BridgeError

if TYPE_CHECKING:
    from otio_bridge.model import Reference, Role

Folder = Annotated[Path, typer.Option("--in", help="Folder of the timelines.")]
Provider = Annotated[
    str | None, typer.Option(help="Who draws; 'auto' for the best that is set up.")
]
GROUP = """Looks of {role}s: add, lock, list.

Example: otio-bridge {role}s list
"""


def looks_of(role: Role) -> typer.Typer:
    """Return the commands for the looks of one role."""
    group = typer.Typer(no_args_is_help=True, help=GROUP.format(role=role))
    _adding(group, role)
    _locking(group, role)
    _listing(group, role)
    return group


def _adding(group: typer.Typer, role: Role) -> None:
    @group.command()
    def add(
        name: Annotated[str, typer.Argument(metavar="NAME", help="As shots name it.")],
        images: Annotated[
            list[Path] | None, typer.Argument(metavar="IMAGE...", help="Pictures of it.")
        ] = None,
        folder: Folder = Path("."),
        footage: Annotated[
            Path | None, typer.Option("--from", help="Take it from a clip of this timeline.")
        ] = None,
        clip: Annotated[str | None, typer.Option(help="The clip, with --from.")] = None,
        frame: Annotated[int, typer.Option(help="Frame of the clip, from 0.")] = 0,
        area: Annotated[
            str | None, typer.Option("--box", help="x0,y0,x1,y1 in pixels of the frame.")
        ] = None,
        brush: Annotated[
            str | None,
            typer.Option(help="Instead of --box: x,y,x,y,...@RADIUS, a stroke over the body."),
        ] = None,
        sheet: Annotated[
            bool, typer.Option("--sheet", help="Let a generator draw the four views of a sheet.")
        ] = False,
        provider: Provider = None,
        budget: Budget = None,
        yes: Yes = False,
        faces: Annotated[
            str | None,
            typer.Option("--look", help="photoreal or stylised; some providers refuse real faces."),
        ] = None,
        json: Json = False,
    ) -> None:
        """Keep pictures, or a box or brush on a frame of a clip, as a look.

        Example: otio-bridge characters add mia --from cut.otio --clip hug.mov --box 130,5,245,150
        """
        from otio_bridge import looks
        from otio_bridge.project import Project
        from otio_bridge.session import Session

        if footage is not None:
            if clip is None or (area is None) == (brush is None):
                raise BridgeError("A look from footage needs --clip and --box or --brush.")
            session = Session.opened(footage)
            shape: Any = box(area) if area is not None else points(brush or "")
            made = looks.look_from_footage(session, role, name, clip, frame, shape)
            project = session.started()
        elif sheet or provider is not None:
            project = Project.opened(folder, create=True)
            made = _drawn(project, role, name, images or [], provider, budget, yes, json)
        elif faces is not None and not images:
            project = Project.opened(folder)
            made = looks.declare_faces(project, role, name, faces)
        else:
            _looked_at(name, images or [])
            project = Project.opened(folder, create=True)
            made = looks.add_look(project, role, name, images or [])
        if faces is not None:
            made = looks.declare_faces(project, role, name, faces)
        _say(json, project, made)


def _drawn(
    project: Any,
    role: Role,
    name: str,
    images: Sequence[Path],
    provider: str | None,
    budget: float | None,
    yes: bool,
    json: bool,
) -> Reference:
    from otio_bridge.regeneration import Order
    from otio_bridge.sheets import add_sheet

    if role != "character":
        raise BridgeError(f"Only characters get a sheet of four views; give pictures of '{name}'.")
    order = Order(
        provider=provider or "",
        budget_usd=budget,
        agreed=lambda words, usd: yes or agreed(words, json),
    )
    with progress(json) as tell:
        return add_sheet(project, name, images, order=order, tell=tell)


def _locking(group: typer.Typer, role: Role) -> None:
    @group.command()
    def lock(
        name: Annotated[str, typer.Argument(metavar="NAME", help="As shots name it.")],
        folder: Folder = Path("."),
        json: Json = False,
    ) -> None:
        """Freeze a look, so that every take is made and judged with the same one.

        Example: otio-bridge characters lock mia
        """
        from otio_bridge import looks
        from otio_bridge.project import Project

        project = Project.opened(folder)
        _say(json, project, looks.lock_look(project, role, name))


def _listing(group: typer.Typer, role: Role) -> None:
    @group.command("list")
    def list_(folder: Folder = Path("."), json: Json = False) -> None:
        """List the looks of this kind.

        Example: otio-bridge characters list
        """
        from otio_bridge.project import Project

        found = Project.opened(folder).references(role)
        _list(json, found, f"No {role}s yet.")


def references_group() -> typer.Typer:
    """Return the commands for fused references."""
    group = typer.Typer(
        no_args_is_help=True,
        help="Fused references: the contact resolved as one still.\n\n"
        "Example: otio-bridge references list",
    )
    _fusing(group)
    _choosing(group)

    @group.command("list")
    def list_(folder: Folder = Path("."), json: Json = False) -> None:
        """List all looks of a project: characters, locations, props, fused references.

        Example: otio-bridge references list
        """
        from otio_bridge.project import Project

        _list(json, Project.opened(folder).references(), "No references yet.")

    return group


def _fusing(group: typer.Typer) -> None:
    @group.command()
    def fuse(
        timeline: Timeline,
        clip: Clip,
        sketch: Annotated[Path, typer.Argument(metavar="SKETCH", help="A drawing or its photo.")],
        region: Annotated[
            list[str] | None,
            typer.Option(help="COLOUR=NAME, or x,y=NAME for a point inside an outline."),
        ] = None,
        front: Annotated[
            list[str] | None, typer.Option(help="Who is in front, the nearest first.")
        ] = None,
        candidates: Annotated[int, typer.Option(min=1, max=8, help="How many to choose from.")] = 3,
        choose: Annotated[
            int | None, typer.Option(help="Lock this candidate at once, from 1.")
        ] = None,
        provider: Provider = None,
        model: Annotated[str | None, typer.Option(help="One of its picture models.")] = None,
        budget: Budget = None,
        yes: Yes = False,
        json: Json = False,
    ) -> None:
        """Resolve a contact as one still, from a sketch and the sheets of its characters.

        Example: otio-bridge references fuse cut.otio hug.mov hug.jpg --region red=mia
        """
        from otio_bridge import fusing
        from otio_bridge.regeneration import Order

        order = Order(
            provider=provider or "",
            model=model,
            budget_usd=budget,
            agreed=lambda words, usd: yes or agreed(words, json),
        )
        with progress(json) as tell:
            made = fusing.fuse(
                timeline,
                clip,
                sketch,
                regions=dict(map(_region, region or [])),
                front=front or (),
                candidates=candidates,
                order=order,
                tell=tell,
            )
        if choose is not None:
            made = fusing.choose(timeline, clip, choose)
        said(json, made, lambda show: show.fused(made))


def _choosing(group: typer.Typer) -> None:
    @group.command()
    def choose(
        timeline: Timeline,
        clip: Clip,
        number: Annotated[int, typer.Argument(metavar="N", help="Candidate, from 1.")],
        json: Json = False,
    ) -> None:
        """Lock a candidate: every later generation of the shot carries it.

        Example: otio-bridge references choose cut.otio hug.mov 2
        """
        from otio_bridge import fusing

        made = fusing.choose(timeline, clip, number)
        said(json, made, lambda show: show.fused(made))


def _region(text: str) -> tuple[str, str]:
    where, _, name = text.rpartition("=")
    if not where or not name:
        raise BridgeError(f"'{text}' is no region; write COLOUR=NAME, or x,y=NAME.")
    return name, where


def _say(json: bool, project: Any, made: Reference) -> None:
    from otio_bridge.looks import alike

    warning = alike(project, made)

    def show(show: Any) -> None:
        show.looks([made])
        if warning:
            show.line(warning)

    answer = made.model_dump(mode="json") | {"warnings": [warning] if warning else []}
    said(json, answer, show)


def _list(json: bool, found: Sequence[Reference], none: str) -> None:
    answer = {"looks": [look.model_dump(mode="json") for look in found]}
    said(json, answer, lambda show: show.looks(found) if found else show.line(none))


def _looked_at(name: str, images: Sequence[Path]) -> None:
    """See that pictures can be used before a project is made for them."""
    from otio_bridge.pictures import upright

    if not images:
        raise BridgeError(
            f"'{name}' needs at least one picture; name its files, --from, or --sheet to have it "
            "drawn."
        )
    for image in images:
        upright(image)
