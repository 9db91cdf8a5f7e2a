# SPDX-License-Identifier: GPL-3.0-or-later
"""The tab "Contact" in the sequencer's side bar, and the entries in its menus.

Drawing reads what the desk knows and nothing else: it never waits.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import bpy
import bpy.utils.previews

from . import desk as desks
from .asking import chosen, why_not
from .client import EngineError
from .operators import REASONS
from .strips import note_of, shown_by, slot_of
from .versions import edited_scene
from .words import worded

HELD, FAILED = 0.65, 0.35
GREEN, RED, YELLOW, GREY = ("COLORSET_03_VEC", "COLORSET_01_VEC", "COLORSET_09_VEC",
                            "COLORSET_13_VEC")  # fmt: skip
_PICTURES: dict[str, Any] = {}
_ASKED: set[str] = set()


class Tab:
    """Where our panels stand: the tab "Contact" of the sequencer's side bar."""

    bl_space_type = "SEQUENCE_EDITOR"
    bl_region_type = "UI"
    bl_category = "Contact"


class OTIOBRIDGE_PT_contact(Tab, bpy.types.Panel):
    """What the selected shot is, what goes on, and the verbs that one needs most."""

    bl_label = "Contact"

    def draw(self, context: Any) -> None:
        """Draw the panel."""
        layout = self.layout
        reason = why_not(context)
        if reason:
            layout.label(text=reason, icon="INFO")
        scene = edited_scene(context)
        if scene is None:
            return
        desk = desks.desk_of(scene.name)
        _draw_doing(layout, desk)
        first = (chosen(context) or [None])[0]
        if first is None:
            return
        clip = desk.clip_of(first.name)
        _draw_shot(layout, first.name, desk.about.get(clip or ""))
        if clip is None and note_of(first).get("shot") is not None:  # tomorrow
            layout.operator("otio_bridge.look", text="Show Takes", icon="FILE_REFRESH")
        _draw_offers(layout)


class OTIOBRIDGE_PT_takes(Tab, bpy.types.Panel):
    """The takes of the selected shot, second by second."""

    bl_label = "Takes"
    bl_parent_id = "OTIOBRIDGE_PT_contact"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Only where the engine told of takes."""
        return _known(context) is not None

    def draw(self, context: Any) -> None:
        """Draw the panel."""
        found = _known(context)
        if found is None:
            return
        desk, clip, first = found
        row = self.layout.row(align=True)
        row.operator("otio_bridge.turn", text="Previous", icon="TRIA_LEFT").step = -1
        row.operator("otio_bridge.turn", text="Next", icon="TRIA_RIGHT").step = 1
        _draw_takes(self.layout, desk, clip, shown_by(slot_of(first)))


class OTIOBRIDGE_PT_more(Tab, bpy.types.Panel):
    """What one needs now and then."""

    bl_label = "More"
    bl_parent_id = "OTIOBRIDGE_PT_contact"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    def draw(self, _context: Any) -> None:
        """Draw the panel."""
        layout = self.layout
        layout.operator("otio_bridge.review", icon="URL")
        layout.operator("otio_bridge.coverage", icon="CAMERA_DATA")
        layout.operator("otio_bridge.relink", icon="LIBRARY_DATA_BROKEN")
        if not bpy.app.online_access:
            layout.label(
                text="Offline: paid generators need Online Access", icon="INTERNET_OFFLINE"
            )
            layout.operator("screen.userpref_show", text="Open Preferences").section = "SYSTEM"


def _known(context: Any) -> tuple[desks.Desk, str, Any] | None:
    """Return desk, clip and first strip of the selected shot where takes of it are known."""
    scene = edited_scene(context)
    first = (chosen(context) or [None])[0]
    if scene is None or first is None:
        return None
    desk = desks.desk_of(scene.name)
    clip = desk.clip_of(first.name)
    if clip is None or not desk.takes.get(clip, {}).get("takes"):
        return None
    return desk, clip, first


def _draw_doing(layout: Any, desk: desks.Desk) -> None:
    order = desk.order
    if order is not None and order["state"] in ("waiting", "running"):
        row = layout.row()
        row.progress(factor=order.get("share") or 0.0, text=order["words"] or "Making takes…")
        row.operator("otio_bridge.cancel", text="", icon="X")
    elif desk.words:
        layout.label(text=desk.words, icon="TIME" if desks.LINE.waiting else "CHECKMARK")
    if order is not None and order["state"] == "done" and order.get("notes"):
        _draw_notes(layout, order["notes"])
    if desk.error:
        box = layout.box()
        box.alert = True
        for line in wrapped(desk.error, 44):
            box.label(text=line)
    if desk.price is not None:
        box = layout.box()
        for line in wrapped(desk.price["words"], 44):
            box.label(text=line)
        row = box.row()
        row.operator(
            "otio_bridge.agree",
            text=worded("Spend {usd:.2f} USD", usd=desk.price["estimate_usd"]),
        )
        row.operator("otio_bridge.decline")


def _draw_shot(layout: Any, name: str, about: dict[str, Any] | None) -> None:
    box = layout.box()
    row = box.row()
    row.label(text=name, icon="FILE_MOVIE")
    row.operator("otio_bridge.look", text="", icon="FILE_REFRESH")
    if about is not None and about.get("described"):
        cast = ", ".join(f"{one['name']} {one['side']}" for one in about["performers"])
        column = box.column(align=True)
        column.scale_y = 0.8
        for line in [*wrapped(about.get("prompt") or "", 44), cast]:
            column.label(text=line, translate=False)
    row = box.row()
    row.operator("otio_bridge.describe", icon="TEXT")
    row.operator("otio_bridge.lock_character", text="Lock Character", icon="LOCKED")


def _draw_offers(layout: Any) -> None:
    column = layout.column(align=True)
    column.scale_y = 1.4
    column.operator("otio_bridge.regenerate", icon="FILE_REFRESH")
    row = layout.row(align=True)
    row.operator("otio_bridge.splice", icon="MOD_ARRAY")
    row.operator("otio_bridge.revert", icon="LOOP_BACK")


def _draw_notes(layout: Any, notes: list[str]) -> None:
    """Draw what to know of an order's result, a sentence a paragraph."""
    column = layout.box().column(align=True)
    for note in notes:
        for number, line in enumerate(wrapped(note, 44)):
            column.label(text=line, icon="BLANK1" if number else "INFO")


def _draw_takes(layout: Any, desk: desks.Desk, clip: str, shown: str) -> None:
    known = desk.takes[clip]
    plan = known.get("plan") or {}
    used = {one["take"] for one in plan.get("segments", ())}
    last = max((cell["second"] for take in known["takes"] for cell in take["seconds"]), default=0)
    for take in known["takes"]:
        box = layout.box()
        row = box.row()
        picture = _picture(desk, clip, take["id"])
        if picture:
            row.template_icon(icon_value=picture, scale=3.4)
        column = row.column(align=True)
        head = column.row()
        mark = " ●" if shown == take["id"] else " (in the plan)" if take["id"] in used else ""
        head.label(text=f"{take['id']}  {take['model']}{mark}")
        head.operator("otio_bridge.pull", text="", icon="IMPORT").take = take["id"]
        _draw_cells(column, clip, take, last)
        _draw_reasons(column, clip, take)
    for said in known.get("advice", ()):
        _draw_notes(layout, [said])
    if plan and not plan["covered"] and plan["uncovered_seconds"]:
        left = ", ".join(map(str, plan["uncovered_seconds"]))
        layout.label(text=worded("Seconds that do not hold: {left}", left=left), icon="ERROR")


def _draw_cells(column: Any, clip: str, take: dict[str, Any], last: int) -> None:
    """Draw a take's seconds as a strip of cells under those of its shot; a click overrules."""
    row = column.grid_flow(row_major=True, columns=last + 1, even_columns=True, align=True)
    cells = {cell["second"]: cell for cell in take["seconds"]}
    for second in range(last + 1):
        if second not in cells:
            row.label(text="")
            continue
        cell = cells[second]
        icon, text = cell_look(cell)
        button = row.operator("otio_bridge.mark", text=text, icon=icon)
        button.clip, button.take, button.second = clip, take["id"], second
        button.mark = {None: "held", "held": "failed", "failed": "clear"}[cell["verdict"]]
        button.because = "none"


def _draw_reasons(column: Any, clip: str, take: dict[str, Any]) -> None:
    """Draw a menu for each second that a person rejected: what goes wrong in it."""
    words = {kind: name for kind, name, _ in REASONS}
    for cell in take["seconds"]:
        if cell["verdict"] != "failed":
            continue
        second, kind = cell["second"], cell.get("because")
        text = f"{second}s  {worded(words[kind])}" if kind else worded(
            "{second}s fails because…", second=second
        )  # fmt: skip
        menu = column.operator_menu_enum("otio_bridge.mark", "because", text=text)
        menu.clip, menu.take, menu.second, menu.mark = clip, take["id"], second, "failed"


def cell_look(cell: dict[str, Any]) -> tuple[str, str]:
    """Return icon and text of one second: a person's mark, else the judge's probability."""
    if cell["verdict"] is not None:
        return (GREEN, "✓") if cell["verdict"] == "held" else (RED, "✗")
    held = cell["held"]
    if held is None:
        return GREY, "?"
    icon = GREEN if held >= HELD else RED if held < FAILED else YELLOW
    return icon, f"{held:.2f}".removeprefix("0")


def wrapped(text: str, width: int) -> list[str]:
    """Return a sentence as lines that fit the side bar."""
    import textwrap

    return textwrap.wrap(text, width)


def _picture(desk: desks.Desk, clip: str, take: str) -> int:
    """Return the icon of a take's middle frame, 0 until it came."""
    key = f"{desk.cut}/{clip}/{take}"
    collection = _PICTURES.get("takes")
    if collection is None:
        return 0
    if key in collection:
        return int(collection[key].icon_id)
    if key not in _ASKED:
        _ASKED.add(key)
        desks.LINE.ask(lambda: _fetched(desk, clip, take), _kept(key), _unseen)
    return 0


def _fetched(desk: desks.Desk, clip: str, take: str) -> Path:
    """Fetch a picture into a temporary file; in a thread."""
    shot = f"{desk.cut}/shots/{quote(clip, safe='')}"
    middle = int(desk.takes[clip]["slot"]["frames"]) // 2
    content = desks.engine().picture(f"{shot}/thumbnail/{take}", 60, frame=middle, width=256)
    with tempfile.NamedTemporaryFile(suffix=".jpg", delete=False) as file:
        file.write(content)
    return Path(file.name)


def _kept(key: str) -> desks.Then:
    def kept(path: Path) -> None:
        collection = _PICTURES.get("takes")
        if collection is not None and key not in collection:
            collection.load(key, str(path), "IMAGE")

    return kept


def _unseen(_error: EngineError) -> None:
    """A picture that cannot be had leaves the take without one."""


def _entries(self: Any, _context: Any) -> None:
    layout = self.layout
    layout.separator()
    layout.operator("otio_bridge.regenerate")
    layout.operator("otio_bridge.splice")
    layout.operator("otio_bridge.turn", text="Next Alternate").step = 1
    layout.operator("otio_bridge.coverage")
    layout.operator("otio_bridge.revert")
    layout.operator("otio_bridge.review")


PANELS = (OTIOBRIDGE_PT_contact, OTIOBRIDGE_PT_takes, OTIOBRIDGE_PT_more)
MENUS = ("SEQUENCER_MT_strip", "SEQUENCER_MT_context_menu")


def register() -> None:
    """Register the panel, the pictures and the menu entries."""
    _PICTURES["takes"] = bpy.utils.previews.new()
    for panel in PANELS:
        bpy.utils.register_class(panel)
    for name in MENUS:
        getattr(bpy.types, name).append(_entries)


def unregister() -> None:
    """Take them back."""
    for name in MENUS:
        getattr(bpy.types, name).remove(_entries)
    for panel in reversed(PANELS):
        bpy.utils.unregister_class(panel)
    bpy.utils.previews.remove(_PICTURES.pop("takes"))
    _ASKED.clear()
