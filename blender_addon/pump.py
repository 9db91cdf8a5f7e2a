# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens on Blender's own thread: answers are taken in, edits are carried out.

`pumped` does one round. A timer calls it in a window; tests without one call it by hand.
"""

from __future__ import annotations

import atexit
import sys
from contextlib import nullcontext
from typing import Any, ClassVar

import bpy

from . import desk as desks
from . import preferences
from .alternates import stacked, why_no_meta, with_alternates
from .client import EngineError
from .splicing import placements_in, reverted, spliced
from .strips import ORIGINAL, Slot, SlotRefused, slot_of
from .versions import all_strips, editing
from .words import worded

TICK = 0.2
"""Seconds between rounds."""
OVERRIDES_CRASH = sys.version_info < (3, 12)
"""Whether an operator under an override may crash while another thread runs Python: Blender asks
whether *some* thread does and, if so, reads the override's names without taking the lock itself
(`BPY_context_member_get`; seen in 5.0.1). From Python 3.12 on each thread answers for itself."""


def pumped() -> float:
    """Take in answers, carry out waiting edits, redraw; returns seconds to the next round."""
    if _busy():
        return TICK
    changed = desks.LINE.drain()
    for one in desks.desks():
        if bpy.data.scenes.get(one.scene) is None:
            desks.close(one)
            continue
        while not one.edits.empty():
            carry_out(one, one.edits.get_nowait())
            changed += 1
        changed += one.order is not None and one.order["state"] in ("waiting", "running")
    if changed:
        _redraw()
    return TICK


def carry_out(desk: desks.Desk, edit: dict[str, Any]) -> None:
    """Do one edit in its scene as one undo step, and tell the engine what stands there now."""
    asked, shape = edit["asked"], edit["shape"]
    scene = bpy.data.scenes.get(desk.scene)
    try:
        slot = _slot(scene, desk, shape)
        with editing(scene):
            slot = _done(slot, asked, shape, edit["id"])
        found = placements_in(slot) if shape["placements"] else []
    except (SlotRefused, ReferenceError) as error:
        desk.error, desk.words = str(error), ""
        _tell(desk, edit, [], False, str(error))
        return
    except Exception as error:  # whatever Blender raises, the next edit is carried out
        said = f"{type(error).__name__}: {error}"
        why = worded("Blender broke off ({said}); press Ctrl+Z once to be as before.", said=said)
        desk.error, desk.words = why, ""
        _tell(desk, edit, [], False, why)
        # Not undone here: undo by script from a timer has crashed 5.2.2.
        bpy.ops.ed.undo_push(message=f"{_words_of(asked, shape)}, broken off")
        return
    desk.error, desk.words = "", f"{_words_of(asked, shape)}{_where(asked, slot)}."
    _tell(desk, edit, found, True, "", f"channel {slot.strips[0].channel}")
    if asked["kind"] != "alternates" or in_meta():
        bpy.ops.ed.undo_push(message=_words_of(asked, shape))
    _report(desk.words)


def _done(slot: Slot, asked: dict[str, Any], shape: dict[str, Any], number: str) -> Slot:
    kind = asked["kind"]
    if kind == "alternates":
        with_alternates(slot, shape)
        return _kept(slot, shape)
    if kind == "revert" or (kind == "use" and asked.get("take") == ORIGINAL):
        back = reverted(slot)
        with_alternates(back, shape)
        return back
    return spliced(slot, shape, number)


def _kept(slot: Slot, shape: dict[str, Any]) -> Slot:
    """Show the takes in a meta strip where the user likes that and nothing is lost by it."""
    if not in_meta() or not shape["alternates"] or why_no_meta(slot):
        return slot
    return stacked(slot, shape)


def _where(asked: dict[str, Any], slot: Slot) -> str:
    """Say why takes are in the strip where the user wants them in a meta strip."""
    why = why_no_meta(slot) if asked["kind"] == "alternates" and in_meta() else ""
    return worded(", in the strip: {why}, and a meta strip would part them", why=why) if why else ""


def in_meta() -> bool:
    """Say whether the user keeps takes in meta strips."""
    return bool(preferences.of(bpy.context).alternates == "META")


def _slot(scene: Any, desk: desks.Desk, shape: dict[str, Any]) -> Slot:
    """Return the slot that an edit is for.

    Raises:
        SlotRefused: Its strip was deleted.
    """
    name = desk.strip_of(shape["shot"])
    strips = [] if scene is None else list(all_strips(scene.sequence_editor))
    for strip in strips:
        if strip.name == name:
            return slot_of(strip)
    raise SlotRefused(
        worded(
            "The strip of '{clip}' is gone; bring it back with Ctrl+Z and try again.",
            clip=shape["clip"],
        )
    )


def _words_of(asked: dict[str, Any], shape: dict[str, Any]) -> str:
    if asked["kind"] == "alternates":
        count = len(shape["alternates"])
        text = "A take of '{clip}' is here" if count == 1 else "{count} takes of '{clip}' are here"
        return worded(text, count=count, clip=shape["clip"])
    if asked["kind"] == "use":
        return worded("Pull {take} into '{clip}'", take=asked["take"], clip=shape["clip"])
    if asked["kind"] == "revert":
        return worded("Revert '{clip}'", clip=shape["clip"])
    return worded("Splice '{clip}' from {words}", clip=shape["clip"], words=shape["words"])


def _tell(
    desk: desks.Desk,
    edit: dict[str, Any],
    found: list[dict[str, Any]],
    done: bool,
    why: str,
    track: str = "",
) -> None:
    """Tell the engine what stands there now; where it does not hear, it offers the edit again."""

    def told() -> Any:
        try:
            return desks.engine().read_back(edit, found, done, track, why)
        finally:
            desk.told.set()

    def failed(error: EngineError) -> None:
        desk.error = str(error)

    desks.LINE.ask(told, lambda _answer: None, failed)


def _busy() -> bool:
    """Say whether a render or a save owns the sequence now."""
    running = getattr(bpy.app, "is_job_running", None)
    return running is not None and bool(running("RENDER"))


def _redraw() -> None:
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "SEQUENCE_EDITOR":
                area.tag_redraw()


@bpy.app.handlers.persistent
def _file_opened(*_: Any) -> None:
    """Another file is another project; what was asked for goes on in the engine."""
    desks.forget()


def _report(text: str) -> None:
    """Say something in the status bar of the window; a report needs an operator."""
    for window in bpy.context.window_manager.windows:
        shown = nullcontext() if OVERRIDES_CRASH else bpy.context.temp_override(window=window)
        with shown:
            bpy.ops.otio_bridge.say(text=text)
        return


class OTIOBRIDGE_OT_say(bpy.types.Operator):
    """Say in the status bar what became of an edit"""

    bl_idname = "otio_bridge.say"
    bl_label = "Say"
    bl_options: ClassVar[set[str]] = {"INTERNAL"}

    text: bpy.props.StringProperty()  # type: ignore[valid-type]

    def execute(self, _context: Any) -> set[str]:
        """Say it."""
        self.report({"INFO"}, self.text)
        return {"FINISHED"}


def _stop() -> None:
    if bpy.app.timers.is_registered(pumped):
        bpy.app.timers.unregister(pumped)


def register() -> None:
    """Start the timer; it must not outlive Python, on which Blender 4.5 waits for ever."""
    atexit.register(_stop)
    bpy.utils.register_class(OTIOBRIDGE_OT_say)
    bpy.app.timers.register(pumped, first_interval=TICK, persistent=True)
    bpy.app.handlers.load_post.append(_file_opened)


def unregister() -> None:
    """Stop the timer; the engine goes on."""
    desks.forget()
    _stop()
    atexit.unregister(_stop)
    bpy.utils.unregister_class(OTIOBRIDGE_OT_say)
    if _file_opened in bpy.app.handlers.load_post:
        bpy.app.handlers.load_post.remove(_file_opened)
