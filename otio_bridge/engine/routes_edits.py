"""Routes: edits for hosts, and the looks of characters, locations and props."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path as File
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import APIRouter, Path, Response

from otio_bridge import looks
from otio_bridge.engine.asking import Claim, EditAsked, LookAsked, PictureSent, ReadBack
from otio_bridge.engine.desk import Desk, Page
from otio_bridge.engine.edits import EditAnswer, HostSeen
from otio_bridge.engine.engine import Engine
from otio_bridge.engine.pictures import KINDS
from otio_bridge.engine.ranges import MediaResponse
from otio_bridge.engine.refusals import Refusal, documented
from otio_bridge.engine.routes_takes import binary
from otio_bridge.engine.routes_timelines import TimelineId
from otio_bridge.errors import LookError
from otio_bridge.media import probe
from otio_bridge.model import Noun, Reference, Role

EditId = Annotated[str, Path(pattern=r"^[0-9a-f]{12}$")]
LookName = Annotated[str, Path(min_length=1, max_length=100)]


class EditsAnswer(Noun):
    """A timeline's edits in order, and the hosts that are connected."""

    edits: list[EditAnswer]
    hosts: list[HostSeen]


class ClaimAnswer(Noun):
    """The edit that a host is to carry out now."""

    edit: EditAnswer | None


class LooksAnswer(Noun):
    """All looks of a project."""

    looks: list[Reference]


def edit_routes(engine: Engine) -> APIRouter:
    """Return the routes about edits."""
    routes = APIRouter(
        prefix="/v1/timelines/{timeline}/edits", tags=["edits"], responses=documented()
    )
    edits = engine.edits

    @routes.get("")
    def listed(timeline: TimelineId) -> EditsAnswer:
        """List edits and connected hosts."""
        return EditsAnswer(edits=edits.listed(timeline), hosts=edits.hosts(timeline))

    @routes.post("")
    def wish(timeline: TimelineId, asked: EditAsked) -> EditAnswer:
        """Wish for an edit: a connected host carries it out, else the timeline file is written."""
        return edits.wish(timeline, asked)

    @routes.post("/claim")
    async def claim(timeline: TimelineId, asked: Claim) -> ClaimAnswer:
        """Hand the next edit to a host, on a lease; also the host's sign of life."""
        return ClaimAnswer(edit=await edits.claimed(timeline, asked))

    @routes.get("/{edit}")
    def one(timeline: TimelineId, edit: EditId) -> EditAnswer:
        """Say what became of an edit."""
        return edits.get(timeline, edit)

    @routes.post("/{edit}/read-back")
    def read_back(timeline: TimelineId, edit: EditId, read: ReadBack) -> EditAnswer:
        """Record what a host did and found: applied, differing or failed."""
        return edits.read_back(timeline, edit, read)

    @routes.post("/{edit}/withdraw")
    def withdraw(timeline: TimelineId, edit: EditId) -> EditAnswer:
        """Take back an edit that no host has yet."""
        return edits.withdraw(timeline, edit)

    return routes


def look_routes(engine: Engine) -> APIRouter:
    """Return the routes about looks."""
    routes = APIRouter(
        prefix="/v1/timelines/{timeline}/references", tags=["references"], responses=documented()
    )
    desk = engine.desk

    @routes.get("")
    def listed(timeline: TimelineId) -> LooksAnswer:
        """List the looks of a timeline's project."""
        page = desk.page(timeline)
        known = page.session.project is not None
        return LooksAnswer(looks=page.project.references() if known else [])

    @routes.post("")
    def add(timeline: TimelineId, asked: LookAsked) -> Reference:
        """Keep pictures, or a box on a frame of a clip (locked at once), as a look."""
        if bool(asked.pictures) == bool(asked.clip):
            raise Refusal(422, "A look needs pictures, or a clip with a box; send one of the two.")
        if asked.clip is not None:
            return _from_footage(desk.with_project(timeline), asked)
        return added(desk, timeline, asked.role, asked.name, asked.pictures)

    @routes.post("/{role}/{name}/lock")
    def lock(timeline: TimelineId, role: Role, name: LookName) -> Reference:
        """Freeze a look, so that every take is made and judged with the same one."""
        return looks.lock_look(desk.page(timeline).project, role, name)

    @routes.get(
        "/{role}/{name}/pictures/{number}",
        response_class=Response,
        responses=binary("image/png", "image/jpeg", "image/webp"),
    )
    def picture(
        timeline: TimelineId,
        role: Role,
        name: LookName,
        number: Annotated[int, Path(ge=0, le=100)],
    ) -> Response:
        """Serve a picture of a look; number 0 is the sheet."""
        project = desk.page(timeline).project
        reference = project.reference(role, name)
        if reference is None or number >= len(reference.images):
            raise Refusal(404, f"There is no such picture of {role} '{name[:100]}'.")
        path = project.path(reference.images[number])
        kind = KINDS.get(path.suffix.lower(), "")
        if not kind.startswith("image/") or not path.is_file():
            raise Refusal(404, f"Picture {number} of {role} '{name[:100]}' is gone; add it again.")
        return MediaResponse(path, media_type=kind)

    return routes


def _from_footage(page: Page, asked: LookAsked) -> Reference:
    if (asked.box is None) == (not asked.brush) or asked.clip is None:
        raise Refusal(422, "A look from a clip needs a box or a brush; send one, as shares.")
    placed = page.placed(asked.clip)
    media = page.session.media_of(placed.slot)
    if media is None:
        raise Refusal(404, f"The media of '{placed.slot.name}' is missing; relink it.")
    width, height = probe(media).size
    shape: looks.Box | looks.Brush
    if asked.box is not None:
        x0, y0, x1, y1 = asked.box
        shape = (round(x0 * width), round(y0 * height), round(x1 * width), round(y1 * height))
    else:
        points = [(round(x * width), round(y * height)) for x, y in asked.brush]
        shape = (points, max(1, round(asked.brush_width * width / 2)))
    return looks.look_from_footage(
        page.session, asked.role, asked.name, placed.id, asked.frame, shape
    )


def added(
    desk: Desk, timeline: str, role: Role, name: str, pictures: Sequence[PictureSent]
) -> Reference:
    """Keep pictures that were sent as a look.

    Raises:
        Refusal: One is no base64.
        LookError: One is no picture, or the look is locked.
    """
    contents = [decoded(picture.data) for picture in pictures]
    project = desk.with_project(timeline).project
    with TemporaryDirectory() as folder, named_in(folder):
        paths = [File(folder) / str(number) for number in range(len(contents))]
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
        return looks.add_look(project, role, name, paths)


def decoded(text: str) -> bytes:
    """Return the bytes of a picture that was sent.

    Raises:
        Refusal: It is no base64.
    """
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(422, "A picture's data is no base64; send the file's bytes so.") from None


@contextmanager
def named_in(folder: str) -> Iterator[None]:
    """Let a refusal name pictures as the request does, not by our folder."""
    try:
        yield
    except LookError as error:
        raise LookError(str(error).replace(f"{folder}{os.sep}", "Picture ")) from error
