"""Timelines that hosts post: kept as files, so that every verb works on them."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

from otio_bridge.adopting import adopted
from otio_bridge.engine.asking import TimelinePosted
from otio_bridge.engine.desk import Desk, OpenTimeline, examined
from otio_bridge.engine.refusals import Refusal
from otio_bridge.engine.runtime import engine_folder
from otio_bridge.errors import BridgeError
from otio_bridge.files import telling, write_atomically
from otio_bridge.model import Take
from otio_bridge.project import Project, file_key
from otio_bridge.timeline import METADATA
from otio_bridge.timeline_media import local_path

DEEPEST = 60
"""Levels of brackets in a timeline; OTIO's reader recurses."""


def posted(desk: Desk, sent: TimelinePosted) -> OpenTimeline:
    """Keep a posted timeline as NAME.HOST.otio in the project's folder and open it.

    The file of an earlier post is replaced, its version kept; it stays when nothing changed.

    Raises:
        Refusal: The folder is not there, or the content is no timeline.
    """
    folder = Path(sent.folder)
    if not folder.is_absolute() or "\x00" in sent.folder or not folder.is_dir():
        raise Refusal(422, f"'{sent.folder[:200]}' is no folder; save the project first.")
    content = _encoded(sent)
    target = folder.resolve() / f"{file_key(sent.name)}.{sent.host}.otio"
    if target.exists() and target.read_bytes() == content:
        return desk.open(target, host=sent.host)
    _check(content)
    project = Project.opened(folder, create=True)
    with telling(target), project.locked():
        if target.exists():
            project.keep_version(target)
        write_atomically(target, content)
    adopted(project, _carried(sent.timeline, folder))
    return desk.open(target, host=sent.host)


def _carried(node: object, folder: Path) -> list[tuple[Take, Path]]:
    """Return the takes in a timeline's metadata, each with the file that its media names."""
    found: list[tuple[Take, Path]] = []
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            waiting += one.values()
            found += _take_in(one, folder)
    return found


def _take_in(node: dict[str, Any], folder: Path) -> list[tuple[Take, Path]]:
    """Return the take that a media reference is; none for anything else."""
    url, metadata = node.get("target_url"), node.get("metadata")
    ours = metadata.get(METADATA) if isinstance(metadata, dict) else None
    if not isinstance(url, str) or not isinstance(ours, dict):
        return []
    file = local_path(url, folder)
    try:
        take = Take.model_validate(ours)
    except ValueError:  # damaged notes are told of where the take is used
        return []
    return [] if file is None else [(take, file)]


def _encoded(sent: TimelinePosted) -> bytes:
    if _depth(sent.timeline) > DEEPEST:
        raise Refusal(422, "The timeline is nested too deeply; send clips on tracks.")
    try:
        return json.dumps(sent.timeline, indent=1, allow_nan=False).encode("utf-8")
    except ValueError:
        raise Refusal(
            422, "The timeline holds numbers or text that no file can; check it."
        ) from None


def _check(content: bytes) -> None:
    """Read a timeline from a file of its own before it takes the place of a good one."""
    trial = engine_folder() / f"trial-{uuid.uuid4().hex}.otio"
    write_atomically(trial, content)
    try:
        examined(trial)
    except BridgeError as error:
        text = str(error).replace(str(trial), "The timeline").replace(trial.name, "The timeline")
        raise Refusal(422, text) from error
    finally:
        trial.unlink(missing_ok=True)


def _depth(value: object) -> int:
    """Return how deep brackets are nested, without recursion."""
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        found, level = waiting.pop()
        deepest = max(deepest, level)
        if level > DEEPEST:
            break
        if isinstance(found, dict):
            waiting += [(inner, level + 1) for inner in found.values()]
        elif isinstance(found, list):
            waiting += [(inner, level + 1) for inner in found]
    return deepest
