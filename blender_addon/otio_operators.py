# SPDX-License-Identifier: GPL-3.0-or-later
"""File > Import / Export of OpenTimelineIO, with presets, progress and a report of losses."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import bpy
from bpy_extras.io_utils import ExportHelper, ImportHelper

from . import desk as desks
from . import preferences
from .client import EngineError
from .otio_export import exported
from .otio_import import imported
from .versions import all_strips, edited_scene, editing
from .words import worded

REPORT = "OTIO report"
OTHERS = ("*.edl", "*.xml", "*.fcpxml")


class OTIOBRIDGE_OT_export(bpy.types.Operator, ExportHelper):
    """Write the scene's sequence as OpenTimelineIO"""

    bl_idname = "otio_bridge.export_otio"
    bl_label = "Export OpenTimelineIO"
    bl_options = {"PRESET"}  # noqa: RUF012

    filename_ext = ".otio"
    filter_glob: bpy.props.StringProperty(default="*.otio", options={"HIDDEN"})  # type: ignore[valid-type]
    relative: bpy.props.BoolProperty(
        name="Relative Paths",
        default=True,
        description="Name media relative to the timeline, so that the folder can be moved",
    )  # type: ignore[valid-type]
    selected_range: bpy.props.BoolProperty(
        name="Scene Range Only",
        default=False,
        description="Only the frames from the scene's start to its end",
    )  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Only where there is a sequence."""
        scene = edited_scene(context)
        return scene is not None and scene.sequence_editor is not None

    def execute(self, context: Any) -> set[str]:
        """Write the file, whole or not at all."""
        scene = edited_scene(context)
        target = Path(self.filepath)
        only = (scene.frame_start, scene.frame_end + 1) if self.selected_range else None

        def url(path: Path) -> str:
            return relative_to(path, target.parent) if self.relative else path.as_posix()

        window = context.window_manager
        window.progress_begin(0, 1)
        try:
            timeline, run = exported(scene, url, only, window.progress_update)
        finally:
            window.progress_end()
        trial = target.with_name(f".{target.name}.part")
        try:
            trial.write_text(json.dumps(timeline, indent=4), encoding="utf-8")
            os.replace(trial, target)
        except OSError as error:
            trial.unlink(missing_ok=True)
            self.report(
                {"ERROR"},
                worded(
                    "{target} cannot be written ({why})",
                    target=target,
                    why=error.strerror,
                ),
            )
            return {"CANCELLED"}
        told(self, worded("Wrote {name}", name=target.name), run.lost)
        return {"FINISHED"}


class OTIOBRIDGE_OT_import(bpy.types.Operator, ImportHelper):
    """Read an OpenTimelineIO, EDL, FCP XML or FCPXML timeline as strips"""

    bl_idname = "otio_bridge.import_otio"
    bl_label = "Import OpenTimelineIO"
    bl_options = {"UNDO", "PRESET"}  # noqa: RUF012

    filename_ext = ".otio"
    filter_glob: bpy.props.StringProperty(default=";".join(("*.otio", *OTHERS)), options={"HIDDEN"})  # type: ignore[valid-type]
    rate: bpy.props.FloatProperty(
        name="Rate",
        default=0,
        min=0,
        description="Frames per second of an EDL; 0 takes the scene's",
    )  # type: ignore[valid-type]
    set_rate: bpy.props.BoolProperty(
        name="Set Scene Rate",
        default=True,
        description="Give an empty scene the timeline's frame rate",
    )  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Only where a scene is edited."""
        return edited_scene(context) is not None

    def execute(self, context: Any) -> set[str]:
        """Make the strips."""
        scene, source = edited_scene(context), Path(self.filepath)
        try:
            timeline = self._read(context, scene, source)
        except (EngineError, ValueError, OSError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if self.set_rate and not _has_strips(scene):
            settle_rate(scene, timeline)
        window = context.window_manager
        window.progress_begin(0, 1)
        try:
            with editing(scene):
                run = imported(scene, timeline, source.parent, window.progress_update)
        finally:
            window.progress_end()
        told(self, worded("Read {name}", name=source.name), run.lost)
        return {"FINISHED"}

    def _read(self, context: Any, scene: Any, source: Path) -> dict[str, Any]:
        """Return a timeline's OTIO JSON; what is no plain OTIO is converted by the engine."""
        if source.suffix.lower() == ".otio":
            timeline = readable(source)
            if timeline is not None:
                return timeline
        preferences.settle_start(context)
        asked = {"path": str(source), "rate": self.rate or None}
        answer = desks.engine().post("/v1/interchange", asked, seconds=120)
        return dict(answer["timeline"])


def _has_strips(scene: Any) -> bool:
    return scene.sequence_editor is not None and len(all_strips(scene.sequence_editor)) > 0


def readable(source: Path) -> dict[str, Any] | None:
    """Return a timeline that is plain OTIO of known schemas; None where the engine must help.

    Raises:
        ValueError: The file is no OTIO; the text says so.
    """
    try:
        found = json.loads(source.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(
            worded(
                "{name} is broken or no OTIO ({error}); export it again.",
                name=source.name,
                error=error,
            )
        ) from error
    if not isinstance(found, dict) or found.get("OTIO_SCHEMA") != "Timeline.1":
        return None
    return found


def settle_rate(scene: Any, timeline: dict[str, Any]) -> None:
    """Give a scene the rate that a timeline was written at, or that its clips count in."""
    from . import otio_shape as shape

    facts = (timeline.get("metadata") or {}).get(shape.HOST) or {}
    if "fps" in facts:
        scene.render.fps, scene.render.fps_base = int(facts["fps"]), float(facts["fps_base"])
        return
    start = timeline.get("global_start_time")
    rate = start["rate"] if start else _first_rate(timeline["tracks"])
    if rate:
        exact = shape.exact(rate)
        scene.render.fps = -(-exact.numerator // exact.denominator)
        scene.render.fps_base = scene.render.fps / float(exact)


def _first_rate(thing: dict[str, Any]) -> float | None:
    for child in thing.get("children", ()):
        found = child.get("source_range")
        rate = found["duration"]["rate"] if found else _first_rate(child)
        if rate:
            return float(rate)
    return None


def told(operator: Any, done: str, lost: list[str]) -> None:
    """Report in the status bar, and leave the whole list as a text in the .blend."""
    if not lost:
        operator.report({"INFO"}, worded("{done}; nothing was lost", done=done))
        return
    text = bpy.data.texts.get(REPORT) or bpy.data.texts.new(REPORT)
    text.clear()
    text.write("\n".join([done, *lost]) + "\n")
    operator.report(
        {"WARNING"},
        worded(
            "{done}; {lost} remarks are in the text '{text}'",
            done=done,
            lost=len(lost),
            text=REPORT,
        ),
    )


def relative_to(path: Path, folder: Path) -> str:
    """Return a path relative to a folder with forward slashes; absolute on another drive."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return path.as_posix()


def _import_entry(self: Any, _context: Any) -> None:
    self.layout.operator(OTIOBRIDGE_OT_import.bl_idname, text="OpenTimelineIO (.otio, .edl, .xml)")


def _export_entry(self: Any, _context: Any) -> None:
    self.layout.operator(OTIOBRIDGE_OT_export.bl_idname, text="OpenTimelineIO (.otio)")


def register() -> None:
    """Register operators and menu entries."""
    bpy.utils.register_class(OTIOBRIDGE_OT_export)
    bpy.utils.register_class(OTIOBRIDGE_OT_import)
    bpy.types.TOPBAR_MT_file_import.append(_import_entry)
    bpy.types.TOPBAR_MT_file_export.append(_export_entry)


def unregister() -> None:
    """Take them back."""
    bpy.types.TOPBAR_MT_file_export.remove(_export_entry)
    bpy.types.TOPBAR_MT_file_import.remove(_import_entry)
    bpy.utils.unregister_class(OTIOBRIDGE_OT_import)
    bpy.utils.unregister_class(OTIOBRIDGE_OT_export)
