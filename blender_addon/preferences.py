# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user sets once: generator, budget, habit, and keys, which go to the system's keychain."""

from __future__ import annotations

from typing import Any

import bpy

from . import desk as desks
from .engine_process import engine_folder, start_command
from .words import worded

PROVIDERS = ("offline", "ark", "runway", "gemini", "vertex", "kling", "fal", "replicate", "comfyui")
NAMED = tuple((name, name.capitalize(), "") for name in PROVIDERS)


def of(context: Any) -> Any:
    """Return the add-on's preferences."""
    return context.preferences.addons[__package__].preferences


def online(provider: str) -> bool:
    """Say whether a generator may be used: all but the offline one need Blender's permission."""
    return provider in ("offline", "comfyui") or bool(bpy.app.online_access)


def settle_start(context: Any) -> None:
    """Tell the desk how the engine is started; reads bpy, so it comes before any thread."""
    command, environment = start_command(of(context).engine)
    desks.start_with(command, environment, engine_folder())


def _key_given(self: Any, context: Any) -> None:
    """Hand a typed key to the keychain and empty the field; it is never saved with Blender."""
    key, provider = self.key, self.key_provider
    if not key:
        return
    self["key"] = ""
    settle_start(context)

    def kept() -> Any:
        return desks.engine().post(f"/v1/providers/{provider}/key", {"key": key})

    def said(_answer: Any) -> None:
        desks.NOTES["key"] = worded(
            "The key of {provider} is in the system's keychain.", provider=provider
        )

    def failed(error: Exception) -> None:
        desks.NOTES["key"] = str(error)

    desks.LINE.ask(kept, said, failed)


class OTIOBRIDGE_Preferences(bpy.types.AddonPreferences):
    """Preferences of OTIO Bridge."""

    bl_idname = __package__

    provider: bpy.props.EnumProperty(
        name="Generator",
        items=NAMED,
        default="offline",
        description="Who makes takes unless a click says otherwise",
    )  # type: ignore[valid-type]
    takes: bpy.props.IntProperty(
        name="Takes", default=4, min=1, max=50, description="At most so many generations a shot"
    )  # type: ignore[valid-type]
    budget: bpy.props.FloatProperty(
        name="Budget",
        default=5.0,
        min=0,
        unit="NONE",
        description="Refuse an order that may cost more, in USD",
    )  # type: ignore[valid-type]
    alternates: bpy.props.EnumProperty(
        name="Keep Takes",
        items=(
            ("DATA", "In the Strip", "The sequence looks as before; takes are in the tab"),
            ("META", "In a Meta Strip", "The strip and its takes, muted, lie in a meta strip"),
        ),
        default="DATA",
        description="Where the takes of a shot are kept in the sequence",
    )  # type: ignore[valid-type]
    engine: bpy.props.StringProperty(
        name="Installed otio-bridge",
        subtype="FILE_PATH",
        description="Use this otio-bridge instead of the engine that the add-on carries",
    )  # type: ignore[valid-type]
    key_provider: bpy.props.EnumProperty(
        name="Key for",
        items=[one for one in NAMED if one[0] not in ("offline", "comfyui")],
        description="Whose key it is",
    )  # type: ignore[valid-type]
    key: bpy.props.StringProperty(
        name="Key",
        subtype="PASSWORD",
        update=_key_given,
        options={"SKIP_SAVE"},
        description="Goes to the system's keychain at once; this field empties itself",
    )  # type: ignore[valid-type]

    def draw(self, _context: Any) -> None:
        """Draw the preferences."""
        layout = self.layout
        layout.use_property_split = True
        column = layout.column()
        for name in ("provider", "takes", "budget", "alternates", "engine"):
            column.prop(self, name)
        column = layout.column()
        column.prop(self, "key_provider")
        column.prop(self, "key")
        if desks.NOTES.get("key"):
            column.label(text=desks.NOTES["key"])
        if not bpy.app.online_access:
            layout.label(
                text="Online access is off in Preferences > System: only the offline generator.",
                icon="INTERNET_OFFLINE",
            )


def register() -> None:
    """Register the preferences."""
    bpy.utils.register_class(OTIOBRIDGE_Preferences)


def unregister() -> None:
    """Unregister them."""
    bpy.utils.unregister_class(OTIOBRIDGE_Preferences)
