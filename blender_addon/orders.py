# SPDX-License-Identifier: GPL-3.0-or-later
"""Orders: regenerate, break coverage; the price a person agrees to, progress, cancel."""

from __future__ import annotations

import threading
import uuid
from typing import Any, ClassVar
from urllib.parse import quote

import bpy

from . import desk as desks
from . import preferences
from .asking import OnShot, ask, chosen, failing, posted, refresh
from .client import EngineError
from .versions import edited_scene
from .words import worded

_PLACED: dict[str, str] = {}
"""Clicks and the orders that they placed."""
_ADJUSTED: dict[str, int] = {}
"""Clicks and how often each was adjusted."""


class OTIOBRIDGE_OT_regenerate(OnShot, bpy.types.Operator):
    """Make takes of the selected shots until a plan covers them; the picture stays as it is"""

    bl_idname = "otio_bridge.regenerate"
    bl_label = "Regenerate Contact Shot"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    takes: bpy.props.IntProperty(
        name="Takes",
        default=0,
        min=0,
        max=50,
        description="At most so many a shot; 0 as in the preferences",
    )  # type: ignore[valid-type]
    provider: bpy.props.EnumProperty(
        name="Generator",
        items=(("default", "As in the Preferences", ""), *preferences.NAMED),
        default="default",
    )  # type: ignore[valid-type]
    budget: bpy.props.FloatProperty(
        name="Budget", default=0, min=0, description="USD; 0 as in the preferences"
    )  # type: ignore[valid-type]
    first_second: bpy.props.IntProperty(name="From Second", default=0, min=0)  # type: ignore[valid-type]
    last_second: bpy.props.IntProperty(
        name="Before Second", default=0, min=0, description="0 makes the whole shot"
    )  # type: ignore[valid-type]
    placed: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]
    """Which click this is: Adjust Last Operation (F9) does it again, with this set."""

    def execute(self, context: Any) -> set[str]:
        """Place the order."""
        settings = preferences.of(context)
        provider = settings.provider if self.provider == "default" else self.provider
        if not preferences.online(provider):
            self.report(
                {"ERROR"},
                worded("{provider} needs Online Access (Preferences > System)", provider=provider),
            )
            return {"CANCELLED"}
        desk, sent = posted(context)
        firsts = [one.name for one in chosen(context)]
        asked: dict[str, Any] = {
            "takes": self.takes or settings.takes,
            "provider": provider,
            "budget_usd": self.budget or settings.budget,
        }
        if self.last_second > self.first_second:
            asked["seconds"] = [self.first_second, self.last_second]

        self.placed = click = self.placed or uuid.uuid4().hex
        _ADJUSTED[click] = number = _ADJUSTED.get(click, 0) + 1

        def placed() -> Any:
            if _ADJUSTED[click] != number:  # adjusted again since
                return None
            if click in _PLACED:  # what this click ordered first is not wanted any more
                desks.watch(desk, desks.cancel(desk, _PLACED.pop(click)), lambda _order: None)
            asked["clips"] = refresh(desk, sent, firsts)
            order = desks.begin(desk, desks.TAKES, asked)
            _PLACED[click] = order["id"]
            return order

        _order(desk, {"way": desks.TAKES, "asked": asked}, placed)
        return {"FINISHED"}


class OTIOBRIDGE_OT_coverage(OnShot, bpy.types.Operator):
    """Tell a contact that nothing holds in shots of one character each; takes stay as alternates"""

    bl_idname = "otio_bridge.coverage"
    bl_label = "Break Coverage"

    def execute(self, context: Any) -> set[str]:
        """Place the order; the shots come into the slot as a splice."""
        settings = preferences.of(context)
        if not preferences.online(settings.provider):
            self.report(
                {"ERROR"},
                worded(
                    "{provider} needs Online Access (Preferences > System)",
                    provider=settings.provider,
                ),
            )
            return {"CANCELLED"}
        desk, sent = posted(context)
        name = chosen(context)[0].name
        gone = worded("'{name}' is not in the timeline; show it and try again.", name=name)
        asked = {"provider": settings.provider, "budget_usd": settings.budget, "via": "host"}
        wanted: dict[str, Any] = {"asked": asked}

        def placed() -> Any:
            clips = refresh(desk, sent, [name])
            if not clips:
                raise EngineError(gone)
            wanted["way"] = f"shots/{quote(clips[0], safe='')}/coverage"
            return desks.begin(desk, wanted["way"], asked)

        _order(desk, wanted, placed)
        return {"FINISHED"}


def _order(desk: desks.Desk, wanted: dict[str, Any], job: Any) -> None:
    """Place an order, and watch it in a thread of its own.

    `wanted` has its address under the timeline, "way", and what is "asked"; the job may add to it.
    """

    def begun(order: dict[str, Any] | None) -> None:
        if order is None:
            return
        desk.order, desk.price = order, None
        threading.Thread(target=_watched, args=(desk, order), daemon=True).start()

    def failed(error: EngineError) -> None:
        if error.estimate_usd is not None and error.status == 402:
            desk.price = {**wanted, "words": str(error), "estimate_usd": error.estimate_usd}
            desk.words = ""
        else:
            failing(desk)(error)

    desk.error, desk.words = "", worded("Asking the engine…")
    desks.LINE.ask(job, begun, failed)


def _watched(desk: desks.Desk, order: dict[str, Any]) -> None:
    """Follow an order to its end; in a thread. What arrived is offered to the strips."""

    def tell(now: dict[str, Any]) -> None:
        desk.order, desk.words = now, now["words"]

    ended = desks.watch(desk, order, tell)
    desk.order = ended
    desk.words = ended["words"] if ended["state"] == "done" else ""
    if ended["state"] == "failed":
        desk.error = ended["words"]
    for clip in ended["clips"]:
        try:
            desks.look(desk, clip)
            if ended["state"] == "done" and ended["kind"] == "regenerate":
                desks.wish(desk, {"kind": "alternates", "shot": clip})
        except EngineError as error:
            desk.error = str(error)


class OTIOBRIDGE_OT_agree(bpy.types.Operator):
    """Spend this money: the order is sent once, and no step of it is repeated by itself"""

    bl_idname = "otio_bridge.agree"
    bl_label = "Agree to the Price"

    def execute(self, context: Any) -> set[str]:
        """Send the waiting order with the price that was agreed to."""
        desk = desks.desk_of(edited_scene(context).name)
        waiting = desk.price
        if waiting is None:
            return {"CANCELLED"}
        asked = {**waiting["asked"], "agreed_usd": waiting["estimate_usd"]}
        wanted = {"way": waiting["way"], "asked": asked}
        _order(desk, wanted, lambda: desks.begin(desk, wanted["way"], asked))
        return {"FINISHED"}


class OTIOBRIDGE_OT_decline(bpy.types.Operator):
    """Do not spend it; nothing was sent"""

    bl_idname = "otio_bridge.decline"
    bl_label = "Do Not Spend"

    def execute(self, context: Any) -> set[str]:
        """Forget the waiting order."""
        desks.desk_of(edited_scene(context).name).price = None
        return {"FINISHED"}


class OTIOBRIDGE_OT_cancel(bpy.types.Operator):
    """Stop making takes; what was made and paid for stays"""

    bl_idname = "otio_bridge.cancel"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Only while an order runs."""
        scene = edited_scene(context)
        order = desks.desk_of(scene.name).order if scene else None
        return order is not None and order["state"] in ("waiting", "running")

    def execute(self, context: Any) -> set[str]:
        """Tell the engine to stop."""
        desk = desks.desk_of(edited_scene(context).name)
        number = desk.order["id"]  # type: ignore[index]

        def stopped(order: dict[str, Any]) -> None:
            desk.order = order

        ask(desk, worded("Stopping…"), lambda: desks.cancel(desk, number), stopped)
        return {"FINISHED"}


CLASSES = (
    OTIOBRIDGE_OT_regenerate,
    OTIOBRIDGE_OT_coverage,
    OTIOBRIDGE_OT_agree,
    OTIOBRIDGE_OT_decline,
    OTIOBRIDGE_OT_cancel,
)


def register() -> None:
    """Register the operators."""
    for one in CLASSES:
        bpy.utils.register_class(one)


def unregister() -> None:
    """Unregister them."""
    for one in reversed(CLASSES):
        bpy.utils.unregister_class(one)
