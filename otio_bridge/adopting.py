"""Takes that followed a timeline into another folder: brought into the project there.

An editor who saves elsewhere carries takes in the clips' metadata, while shots, scores and media
lie in the project that the timeline came from. They are linked, or copied where the disk cannot
link; the project they came from keeps them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from otio_bridge.files import telling
from otio_bridge.model import Reference, Take
from otio_bridge.project import Project, ShotRecord


def adopted(project: Project, carried: Iterable[tuple[Take, Path]]) -> list[Take]:
    """Bring takes that a timeline carries into its project, with their shots and characters.

    Args:
        project: Where the timeline lies now.
        carried: Takes from the clips' metadata, each with the file that its media names.

    Returns:
        The takes that were brought; those the project has, or whose file is gone, stay out.

    Raises:
        ProjectError: The project they came from cannot be read.
        FileError: A file cannot be copied.
    """
    brought: list[Take] = []
    for take, file in carried:
        known = project.shot(take.shot)
        if known is not None and any(one.id == take.id for one in known.takes):
            continue
        home = _home_of(take, file)
        if home is None or home.root == project.root:
            continue
        record = home.shot(take.shot)
        if record is None:
            continue
        brought += _shot_brought(home, record, project)
        for reference in home.references():
            if project.reference(reference.role, reference.name) is None:
                _reference_brought(home, reference, project)
    return brought


def _home_of(take: Take, file: Path) -> Project | None:
    """Return the project in which a take's file lies, where it lies as that project names it."""
    parts = PurePosixPath(take.media).parts
    if not file.is_file() or file.parts[-len(parts) :] != parts or len(file.parts) < len(parts) + 2:
        return None
    return Project.found(file.parents[len(parts)])


def _shot_brought(home: Project, record: ShotRecord, project: Project) -> list[Take]:
    """Bring the takes of a shot that are new here, then the shot itself."""
    here = project.shot(record.shot.id)
    has = {take.id for take in here.takes} if here else set()
    new = [one for one in record.takes if one.id not in has and home.path(one.media).is_file()]
    for take in new:
        source = home.path(take.media)
        for file in source.parent.glob(f"{source.stem}.*"):
            _linked(file, project.path(take.media).parent / file.name)
    if here is None:
        project.save_shot(record.model_copy(update={"takes": tuple(new)}))
    else:
        changed = {"takes": (*here.takes, *new), "next_take": max(here.next_take, record.next_take)}
        project.save_shot(here.model_copy(update=changed))
    return new


def _reference_brought(home: Project, reference: Reference, project: Project) -> None:
    for image in reference.images:
        if home.path(image).is_file():
            _linked(home.path(image), project.path(image))
    project.save_reference(reference)


def _linked(source: Path, target: Path) -> None:
    if target.exists():
        return
    with telling(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, target)
        except OSError:  # another disk, or one that knows no links
            shutil.copy2(source, target)
