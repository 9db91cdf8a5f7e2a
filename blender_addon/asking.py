# SPDX-License-Identifier: GPL-3.0-or-later
"""What every button does first: which shots are meant, and asking the engine without waiting."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import bpy

from . import desk as desks
from . import preferences
from .alternates import meant
from .client import EngineError
from .otio_export import exported
from .strips import slot_of
from .versions import active_strip, all_strips, edited_scene
from .words import worded


def chosen(context: Any) -> list[Any]:
    """Return the first strip of every selected slot, the active one's when none is selected."""
    scene = edited_scene(context)
    if scene is None or scene.sequence_editor is None:
        return []
    clicked = [one for one in all_strips(scene.sequence_editor) if one.select]
    strips = [one for one in map(meant, clicked or [active_strip(scene)]) if one is not None]
    firsts = {slot.strips[0].name: slot.strips[0] for slot in map(slot_of, strips)}
    return list(firsts.values())


def why_not(context: Any) -> str:
    """Return why no shot can be worked on here; "" when one can."""
    if edited_scene(context) is None:
        return worded("This sequencer shows no scene; choose one in its header.")
    if not chosen(context):
        return worded("Select a movie or image strip.")
    if not bpy.data.filepath:
        return worded("Save the .blend first: takes are kept beside it.")
    return ""


def posted(context: Any) -> tuple[desks.Desk, desks.Posted]:
    """Return the scene's desk, and the scene as it is sent to the engine."""
    scene = edited_scene(context)
    preferences.settle_start(context)
    timeline, run = exported(scene)
    blend = Path(bpy.data.filepath)
    name = blend.stem if len(bpy.data.scenes) == 1 else f"{blend.stem}.{scene.name}"
    sent = desks.Posted(str(blend.parent), name, timeline, run.names)
    return desks.desk_of(scene.name), sent


def refresh(desk: desks.Desk, sent: desks.Posted, firsts: list[str]) -> list[str]:
    """Post a scene and learn about some slots; in a thread. Returns their clips."""
    desks.post(desk, sent)
    clips = [clip for name in firsts if (clip := desk.clip_of(name)) is not None]
    for clip in clips:
        desks.look(desk, clip)
    return clips


def failing(desk: desks.Desk) -> desks.Then:
    """Return what shows an error in the panel."""

    def failed(error: EngineError) -> None:
        desk.error, desk.words = str(error), ""

    return failed


def ask(desk: desks.Desk, words: str, job: Any, then: desks.Then) -> None:
    """Let a thread ask the engine, and the panel say what is going on."""
    desk.error, desk.words = "", words
    desks.LINE.ask(job, then, failing(desk))


class OnShot:
    """Base of operators on the selected shot: greyed out with the reason."""

    bl_options: ClassVar[set[str]] = {"REGISTER"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Say whether the button works here, and why not."""
        reason = why_not(context)
        if reason:
            cls.poll_message_set(reason)  # type: ignore[attr-defined]
        return not reason
