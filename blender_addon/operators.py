# SPDX-License-Identifier: GPL-3.0-or-later
"""The buttons: each reads what is selected, asks the engine, and leaves the waiting to threads."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import bpy

from . import desk as desks
from .asking import OnShot, ask, chosen, posted, refresh
from .client import EngineError
from .strips import shown_by, slot_of
from .versions import edited_scene, left_of
from .words import worded

KINDS = tuple(
    (name, name.capitalize(), "") for name in ("hug", "handshake", "carry", "pass", "rope", "other")
)


class OTIOBRIDGE_OT_look(OnShot, bpy.types.Operator):
    """Ask the engine what it knows of the selected shot"""

    bl_idname = "otio_bridge.look"
    bl_label = "Look Up Shot"

    def execute(self, context: Any) -> set[str]:
        """Post the scene and learn about the shot."""
        desk, sent = posted(context)
        firsts = [one.name for one in chosen(context)]

        def seen(_clips: Any) -> None:
            desk.words = ""

        ask(desk, worded("Looking up the shot…"), lambda: refresh(desk, sent, firsts), seen)
        return {"FINISHED"}


class OTIOBRIDGE_OT_describe(OnShot, bpy.types.Operator):
    """Say what the shot is: who touches whom, where, with what"""

    bl_idname = "otio_bridge.describe"
    bl_label = "Describe Shot"

    prompt: bpy.props.StringProperty(name="Prompt", description="What happens, in a sentence")  # type: ignore[valid-type]
    left: bpy.props.StringProperty(name="Left", description="Name of the character on the left")  # type: ignore[valid-type]
    right: bpy.props.StringProperty(name="Right", description="Name of the character on the right")  # type: ignore[valid-type]
    location: bpy.props.StringProperty(name="Place")  # type: ignore[valid-type]
    props_held: bpy.props.StringProperty(name="Props", description="Names, with commas between")  # type: ignore[valid-type]
    kind: bpy.props.EnumProperty(name="Contact", items=KINDS, default="other")  # type: ignore[valid-type]
    start: bpy.props.FloatProperty(
        name="From",
        min=0,
        unit="TIME_ABSOLUTE",
        description="Second of the shot in which bodies begin to touch",
    )  # type: ignore[valid-type]
    end: bpy.props.FloatProperty(
        name="To",
        min=0,
        unit="TIME_ABSOLUTE",
        description="Second in which they let go; 0 keeps what was said",
    )  # type: ignore[valid-type]

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Fill in what is known, and ask."""
        first = chosen(context)[0]
        desk = desks.desk_of(edited_scene(context).name)
        known = desk.about.get(desk.clip_of(first.name) or "", {})
        self.prompt = known.get("prompt") or ""
        sides = {one["side"]: one["name"] for one in known.get("performers", ())}
        self.left, self.right = sides.get("left", ""), sides.get("right", "")
        self.location = known.get("location") or ""
        self.props_held = ", ".join(known.get("props", ()))
        self.kind = known.get("kind") or "other"
        return context.window_manager.invoke_props_dialog(self, width=420)

    def execute(self, context: Any) -> set[str]:
        """Tell the engine."""
        desk, sent = posted(context)
        first = chosen(context)[0].name
        said = self._said()
        gone = worded("'{name}' is not in the timeline; unhide or unmute its meta.", name=first)

        def told() -> None:
            desks.post(desk, sent)
            clip = desk.clip_of(first)
            if clip is None:
                raise EngineError(gone)
            desks.engine().patch(f"{desk.cut}/shots/{quote(clip, safe='')}", said)
            desks.look(desk, clip)

        def kept(_: Any) -> None:
            desk.words = worded("The shot is described.")

        ask(desk, worded("Describing the shot…"), told, kept)
        return {"FINISHED"}

    def _said(self) -> dict[str, Any]:
        cast = [(self.left, "left"), (self.right, "right")]
        said: dict[str, Any] = {
            "prompt": self.prompt, "location": self.location, "kind": self.kind,
            "props": [one.strip() for one in self.props_held.split(",") if one.strip()],
            "performers": [{"name": n, "side": s} for n, s in cast if n],
        }  # fmt: skip
        if self.end > self.start:
            said["contact"] = [[self.start, self.end]]
        return {key: value for key, value in said.items() if value}


class Edit(OnShot):
    """Base of operators that change what a slot shows."""

    def wish(self, context: Any, **edit: Any) -> set[str]:
        """Post the scene as it is, and queue an edit for its first chosen slot."""
        desk, sent = posted(context)
        first = chosen(context)[0].name
        gone = worded("'{name}' is not in the timeline; show it and try again.", name=first)

        def wished() -> Any:
            clips = refresh(desk, sent, [first])
            if not clips:
                raise EngineError(gone)
            return desks.wish(desk, {**edit, "shot": clips[0]})

        ask(desk, worded("Working it out…"), wished, lambda _edit: None)
        return {"FINISHED"}


class OTIOBRIDGE_OT_pull(Edit, bpy.types.Operator):
    """Show this take in the strip's place, frame by frame where the shot was"""

    bl_idname = "otio_bridge.pull"
    bl_label = "Pull Alternate"

    take: bpy.props.StringProperty(
        name="Take", default="t01", description="t01, t02, … or original"
    )  # type: ignore[valid-type]

    def execute(self, context: Any) -> set[str]:
        """Queue the edit."""
        return self.wish(context, kind="use", take=self.take)


class OTIOBRIDGE_OT_turn(Edit, bpy.types.Operator):
    """Show the next or previous alternate, the original after the last"""

    bl_idname = "otio_bridge.turn"
    bl_label = "Next Alternate"

    step: bpy.props.IntProperty(name="Step", default=1, min=-1, max=1)  # type: ignore[valid-type]

    def execute(self, context: Any) -> set[str]:
        """Queue the edit."""
        first = chosen(context)[0]
        desk = desks.desk_of(edited_scene(context).name)
        known = desk.takes.get(desk.clip_of(first.name) or "", {}).get("takes", ())
        names = ["original", *(one["id"] for one in known)]
        shown = shown_by(slot_of(first))
        at = names.index(shown) if shown in names else 0
        return self.wish(context, kind="use", take=names[(at + self.step) % len(names)])


class OTIOBRIDGE_OT_splice(Edit, bpy.types.Operator):
    """Put the seconds that held into the strip's place, out of as many takes as it needs"""

    bl_idname = "otio_bridge.splice"
    bl_label = "Splice Seconds"

    plan: bpy.props.StringProperty(
        name="Plan", default="auto", description='"auto" for the best plan, or yours: t1:0-2,t3:2-5'
    )  # type: ignore[valid-type]

    def execute(self, context: Any) -> set[str]:
        """Queue the edit."""
        return self.wish(context, kind="splice", plan=self.plan)


class OTIOBRIDGE_OT_revert(Edit, bpy.types.Operator):
    """Show again what stood here before any take; the takes stay"""

    bl_idname = "otio_bridge.revert"
    bl_label = "Revert Shot"

    def execute(self, context: Any) -> set[str]:
        """Queue the edit."""
        return self.wish(context, kind="revert")


REASONS = (
    ("none", "No Reason", ""),
    ("limb_misattribution", "Limb on the Wrong Body", ""),
    ("texture_bleed", "Costume Bleeds", ""),
    ("prop_pass_through", "Prop Passes Through", ""),
    ("identity_swap", "Identities Swap", ""),
    ("occlusion_pop", "Pops In and Out", ""),
)
"""Why a second fails, as the engine names it and in words."""


class OTIOBRIDGE_OT_mark(OnShot, bpy.types.Operator):
    """Overrule the judge for this second: held, failed, or as judged"""

    bl_idname = "otio_bridge.mark"
    bl_label = "Mark Second"

    clip: bpy.props.StringProperty()  # type: ignore[valid-type]
    take: bpy.props.StringProperty(name="Take")  # type: ignore[valid-type]
    second: bpy.props.IntProperty(name="Second", min=0)  # type: ignore[valid-type]
    mark: bpy.props.EnumProperty(
        name="Mark",
        items=(("held", "Held", ""), ("failed", "Failed", ""), ("clear", "As Judged", "")),
    )  # type: ignore[valid-type]
    because: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Because", description="What goes wrong in a second that fails", items=REASONS
    )

    def execute(self, context: Any) -> set[str]:
        """Keep the mark; the plan obeys at once."""
        desk = desks.desk_of(edited_scene(context).name)
        clip = self.clip
        told = {"take": self.take, "second": self.second,
                "mark": None if self.mark == "clear" else self.mark,
                "because": None if self.because == "none" else self.because}  # fmt: skip

        def marked() -> Any:
            path = f"{desk.cut}/shots/{quote(clip, safe='')}/marks"
            return desks.engine().post(path, {"marks": [told]}, seconds=120)

        def seen(takes: dict[str, Any]) -> None:
            desk.takes[clip], desk.words = takes, ""

        ask(desk, worded("Planning…"), marked, seen)
        return {"FINISHED"}


class OTIOBRIDGE_OT_review(OnShot, bpy.types.Operator):
    """Judge the takes second by second in the browser; what you send there comes back here"""

    bl_idname = "otio_bridge.review"
    bl_label = "Review Takes…"

    def execute(self, context: Any) -> set[str]:
        """Open the page."""
        desk, sent = posted(context)
        first = chosen(context)[0].name

        def address() -> str:
            clips = refresh(desk, sent, [first])
            asked = f"/review?timeline={desk.cut.rsplit('/', 1)[1]}"
            return desks.engine().page_address(asked + (f"&shot={clips[0]}" if clips else ""))

        def opened(url: str) -> None:
            desk.words = worded("The review page is open in the browser.")
            bpy.ops.wm.url_open(url=url)

        ask(desk, worded("Opening the review page…"), address, opened)
        return {"FINISHED"}


class OTIOBRIDGE_OT_lock_character(OnShot, bpy.types.Operator):
    """Take a character's look from the frame under the playhead, and lock it for all its shots"""

    bl_idname = "otio_bridge.lock_character"
    bl_label = "Lock Character from Frame"

    role: bpy.props.EnumProperty(
        name="What",
        items=(("character", "Character", ""), ("location", "Place", ""), ("prop", "Prop", "")),
    )  # type: ignore[valid-type]
    name: bpy.props.StringProperty(name="Name", description="As the shot names it")  # type: ignore[valid-type]
    left: bpy.props.FloatProperty(name="Left", default=0, min=0, max=1, subtype="FACTOR")  # type: ignore[valid-type]
    right: bpy.props.FloatProperty(name="Right", default=0.5, min=0, max=1, subtype="FACTOR")  # type: ignore[valid-type]
    top: bpy.props.FloatProperty(name="Top", default=0, min=0, max=1, subtype="FACTOR")  # type: ignore[valid-type]
    bottom: bpy.props.FloatProperty(name="Bottom", default=1, min=0, max=1, subtype="FACTOR")  # type: ignore[valid-type]

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask for name and box."""
        return context.window_manager.invoke_props_dialog(self, width=320)

    def execute(self, context: Any) -> set[str]:
        """Tell the engine, and lock."""
        if not self.name.strip():
            self.report({"ERROR"}, worded("Give the character a name, as the shot names it"))
            return {"CANCELLED"}
        scene = edited_scene(context)
        desk, sent = posted(context)
        first = chosen(context)[0]
        look = {"role": self.role, "name": self.name.strip(),
                "frame": max(0, scene.frame_current - left_of(first)),
                "box": [self.left, self.top, self.right, self.bottom]}  # fmt: skip
        name = first.name

        def locked() -> Any:
            clips = refresh(desk, sent, [name])
            speaker = desks.engine()
            speaker.post(f"{desk.cut}/references", {**look, "clip": clips[0]})
            path = f"{desk.cut}/references/{look['role']}/{quote(str(look['name']), safe='')}/lock"
            return speaker.post(path)

        def said(_answer: Any) -> None:
            desk.words = worded("{name} is locked.", name=look["name"])

        ask(desk, worded("Taking the look…"), locked, said)
        return {"FINISHED"}


CLASSES = (
    OTIOBRIDGE_OT_look, OTIOBRIDGE_OT_describe, OTIOBRIDGE_OT_pull, OTIOBRIDGE_OT_turn,
    OTIOBRIDGE_OT_splice, OTIOBRIDGE_OT_revert, OTIOBRIDGE_OT_mark, OTIOBRIDGE_OT_review,
    OTIOBRIDGE_OT_lock_character,
)  # fmt: skip


def register() -> None:
    """Register the operators."""
    for one in CLASSES:
        bpy.utils.register_class(one)


def unregister() -> None:
    """Unregister them."""
    for one in reversed(CLASSES):
        bpy.utils.unregister_class(one)
