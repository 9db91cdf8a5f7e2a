"""Looks of characters, locations and props: from pictures, or from a frame of footage and a box."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from otio_bridge import scoring
from otio_bridge.errors import LookError
from otio_bridge.files import replacing, telling
from otio_bridge.media import frame_at
from otio_bridge.model import Reference, Role
from otio_bridge.pictures import brushed, cropped, upright, write_picture
from otio_bridge.project import Project
from otio_bridge.session import Session
from otio_bridge.timeline_place import place_of

SHEET_HEIGHT = 720
"""Pixels; views of a sheet are scaled to it and stand side by side."""
GAP = 24
BACKGROUND = (236, 236, 236)
FACES = ("photoreal", "stylised")
Box = tuple[int, int, int, int]
Brush = tuple[list[tuple[int, int]], int]
ALIKE = 0.8
"""Overlap of colours (0..1) from which the judge cannot tell two characters apart."""
BLANK = 6.0
"""Spread of brightness, in levels, below which a picture shows nothing."""


def add_look(project: Project, role: Role, name: str, images: Sequence[Path]) -> Reference:
    """Keep pictures as the look of a character, location or prop; several become one sheet.

    Raises:
        LookError: A picture is missing or unreadable, or the look is locked.
    """
    guard_open(project, role, name)
    if not images:
        raise LookError(f"'{name}' needs at least one picture; name its files.")
    views = [upright(image).convert("RGBA") for image in images]
    for image, view in zip(images, views, strict=True):
        _guard_subject(image, view)
    kept = []
    if len(views) > 1:
        kept.append(_saved(project, role, name, "_sheet", _side_by_side(views)))
    for number, view in enumerate(views, 1):
        kept.append(_saved(project, role, name, f"_{number}", view))
    reference = Reference(name=name, role=role, images=tuple(kept), origin="images")
    project.save_reference(reference)
    return reference


def look_from_footage(
    session: Session, role: Role, name: str, clip: str, frame: int, shape: Box | Brush
) -> Reference:
    """Take a look from a frame of a clip on the timeline and lock it.

    Args:
        session: The timeline.
        role: Whose look it is.
        name: Name of the character, location or prop.
        clip: Clip name or shot id.
        frame: Frame of the slot.
        shape: x0, y0, x1, y1 in pixels of the clip's media, or the points of a brush stroke over
            the body and its radius in pixels.

    Raises:
        LookError: The media is missing, or the box or frame lies outside.
    """
    placed = session.named(clip)
    project = session.started()
    guard_open(project, role, name)
    media = session.media_of(placed.slot)
    if media is None:
        raise LookError(f"The media of '{clip}' is missing; relink it, or give pictures instead.")
    if not 0 <= frame < placed.slot.frames:
        raise LookError(
            f"Frame {frame} does not lie in '{clip}', which has {placed.slot.frames}; count from 0."
        )
    whole = frame_at(media, _media_frame(session, clip, frame))
    pixels = cropped(whole, shape) if len(shape) == 4 else brushed(whole, *shape)
    path = project.reference_path(role, name, "_1.png")
    write_picture(path, np.ascontiguousarray(pixels))
    reference = Reference(
        name=name,
        role=role,
        images=(project.relative(path),),
        origin=f"frame {frame} of {placed.slot.name}",
    )
    return keep_locked(project, reference)


def _media_frame(session: Session, clip: str, frame: int) -> int:
    """Return the frame of a clip's media that a frame of its slot shows."""
    from otio_bridge.preview import media_frame

    placed = session.named(clip)
    return media_frame(session, placed.slot, place_of(placed.slot, session.rate), frame)


def declare_faces(project: Project, role: Role, name: str, faces: str) -> Reference:
    """Say once whether a character's faces are "photoreal" or "stylised"; some providers ask.

    Raises:
        LookError: There is none of that name, or the word is another.
    """
    reference = project.reference(role, name)
    if reference is None:
        raise LookError(f"There is no {role} '{name}'; add it first.")
    if faces not in FACES:
        raise LookError(f"Faces are {' or '.join(FACES)}, not '{faces}'; give one of them.")
    declared = reference.model_copy(update={"look": faces})
    project.save_reference(declared)
    return declared


def lock_look(project: Project, role: Role, name: str) -> Reference:
    """Freeze a look by the digest of its pictures.

    Raises:
        LookError: There is none of that name, or a picture is gone.
    """
    reference = project.reference(role, name)
    if reference is None or not reference.images:
        raise LookError(f"There is no {role} '{name}' with a picture; add it first.")
    return keep_locked(project, reference)


def keep_locked(project: Project, reference: Reference) -> Reference:
    """Keep a look frozen by the digest of its pictures, in one step: no kill leaves it open.

    Raises:
        LookError: A picture is gone.
    """
    locked = frozen(project, reference).model_copy(update={"locked": True})
    project.save_reference(locked)
    return locked


def frozen(project: Project, reference: Reference) -> Reference:
    """Return a look with the digest of its pictures as they are now.

    Raises:
        LookError: A picture is gone.
    """
    digest = hashlib.sha256()
    for image in reference.images:
        path = project.path(image)
        if not path.is_file():
            raise LookError(
                f"{path} of {reference.role} '{reference.name}' is missing; add its pictures again."
            )
        digest.update(path.read_bytes())
    return reference.model_copy(update={"sha256": digest.hexdigest()})


def guard_open(project: Project, role: Role, name: str) -> None:
    """Refuse to change a locked look.

    Raises:
        LookError: It is locked.
    """
    known = project.reference(role, name)
    if known is not None and known.locked:
        raise LookError(
            f"The {role} '{name}' is locked, and takes were made with it; add the new look under "
            "another name."
        )


def alike(project: Project, look: Reference) -> str:
    """Warn where another character looks so much the same that the judge cannot tell them apart."""
    if look.role != "character" or not look.images:
        return ""
    mine = [project.path(image) for image in look.images]
    for other in project.references("character"):
        if other.name == look.name or not other.images:
            continue
        share = scoring.likeness_of(mine, [project.path(image) for image in other.images])
        if share >= ALIKE:
            return (
                f"{look.name} and {other.name} look {share:.0%} the same: the judge cannot tell "
                "them apart, so dress one in other colours, or mark the seconds yourself."
            )
    return ""


def _guard_subject(path: Path, view: Image.Image) -> None:
    """Refuse a picture with nothing on it."""
    shown = np.asarray(view.convert("L"))[np.asarray(view)[..., 3] > 127]
    if shown.size < 64 or float(shown.std()) < BLANK:
        raise LookError(f"{path.name} shows nothing; give a picture with somebody on it.")


def _saved(project: Project, role: Role, name: str, ending: str, image: Image.Image) -> str:
    path = project.reference_path(role, name, f"{ending}.png")
    with telling(path), replacing(path) as partial:
        image.save(partial, format="PNG")
    return project.relative(path)


def _side_by_side(views: Sequence[Image.Image]) -> Image.Image:
    scaled = [
        view.resize((max(1, round(view.width * SHEET_HEIGHT / view.height)), SHEET_HEIGHT))
        for view in views
    ]
    width = sum(view.width for view in scaled) + GAP * (len(scaled) + 1)
    sheet = Image.new("RGB", (width, SHEET_HEIGHT + 2 * GAP), BACKGROUND)
    left = GAP
    for view in scaled:
        sheet.paste(view, (left, GAP), view)
        left += view.width + GAP
    return sheet
