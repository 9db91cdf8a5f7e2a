# SPDX-License-Identifier: GPL-3.0-or-later
"""Strips whose media was not there: they stand on their frames, and show them once it turns up.

The import marks them; opening the .blend looks again, and so does File > External Data > Find
Missing Media, in a folder of the user's choice and all below it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from .strips import note, note_of, path_of
from .versions import (
    SCRATCH,
    all_strips,
    content_start_of,
    edited_scene,
    editing,
    left_of,
    right_of,
    show,
)
from .words import worded

MISSING_TAG = "COLOR_01"
"""Red."""


def placeholder(strip: Any) -> None:
    """Mark a strip as one whose media is not there."""
    note(strip, missing=strip.color_tag)
    strip.color_tag = MISSING_TAG


def missing_in(scene: Any) -> list[Any]:
    """Return the marked strips of a scene, those in meta strips too."""
    editor = None if scene is None else scene.sequence_editor
    if editor is None:
        return []
    return [one for one in all_strips(editor) if note_of(one).get("missing") is not None]


def relinked(scene: Any, folder: Path | None = None) -> tuple[int, int]:
    """Let marked strips show their media where it is now; returns how many do, and do not.

    Args:
        scene: Any scene.
        folder: Where to look for files by their names, this folder first and then those below it;
            None looks only where the strips say.
    """
    waiting = missing_in(scene)
    found = {} if folder is None else _files_below(folder, {media_of(one).name for one in waiting})
    done = 0
    for strip in waiting:
        path = media_of(strip)
        here = path if path.is_file() else found.get(path.name)
        if here is not None:
            _shows(strip, here)
            done += 1
    return done, len(waiting) - done


def media_of(strip: Any) -> Path:
    """Return the file that a strip of picture or sound reads."""
    if strip.type == "SOUND":
        return Path(bpy.path.abspath(strip.sound.filepath))
    return path_of(strip)


def _files_below(folder: Path, names: set[str]) -> dict[str, Path]:
    """Return where files of some names lie; of several with one name the least deep."""
    found: dict[str, Path] = {}
    for path in _walked(folder):
        if path.name in names:
            found.setdefault(path.name, path)
    return found


def _walked(folder: Path) -> Iterator[Path]:
    level = [folder]
    while level:
        below: list[Path] = []
        for one in level:
            try:
                entries = sorted(one.iterdir())
            except OSError:  # a folder that may not be read hides its files
                continue
            yield from (entry for entry in entries if entry.is_file())
            below += (entry for entry in entries if entry.is_dir() and not entry.is_symlink())
        level = below


def _shows(strip: Any, path: Path) -> None:
    """Let a strip read a file, and stand on the frames on which it stood.

    On a channel of its own: a longer file would push neighbours.
    """
    left, right, start, channel = (
        left_of(strip), right_of(strip), content_start_of(strip), strip.channel,
    )  # fmt: skip
    strip.channel = SCRATCH
    if strip.type == "SOUND":
        strip.sound.filepath = str(path)
        _measured_again(strip)
    elif strip.type == "IMAGE":
        strip.directory = f"{path.parent}/"
    else:
        strip.filepath = str(path)  # reads the length again, even where the path stays
    show(strip, content_start=start, left=left, right=right)
    strip.channel = channel
    strip.color_tag = note_of(strip)["missing"]
    note(strip, missing=None)


def _measured_again(strip: Any) -> None:
    """Let Blender read the length of a sound, which only its operator does."""
    editor = strip.id_data.sequence_editor
    selected = [one for one in all_strips(editor) if one.select]
    for one in selected:
        one.select = False
    strip.select = True
    with editing(strip.id_data):
        bpy.ops.sequencer.reload(adjust_length=True)
    strip.select = False
    for one in selected:
        one.select = True


class OTIOBRIDGE_OT_relink(bpy.types.Operator):
    """Look for the media of marked strips in a folder and all below it"""

    bl_idname = "otio_bridge.relink"
    bl_label = "Find Missing Media…"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    directory: bpy.props.StringProperty(subtype="DIR_PATH", options={"HIDDEN"})  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Only where media is missing."""
        if missing_in(edited_scene(context)):
            return True
        cls.poll_message_set("No strip of this scene misses its media.")  # type: ignore[attr-defined]
        return False

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask for the folder."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Any) -> set[str]:
        """Look, and say what was found."""
        scene = edited_scene(context)
        with editing(scene):
            done, left = relinked(scene, Path(self.directory) if self.directory else None)
        kind = "WARNING" if left else "INFO"
        self.report(
            {kind},
            worded(
                "{done} strips show their media again, {left} still miss theirs",
                done=done,
                left=left,
            ),
        )
        return {"FINISHED"}


@bpy.app.handlers.persistent
def _file_opened(*_: Any) -> None:
    """Media may have come back since the .blend was saved."""
    for scene in bpy.data.scenes:
        if missing_in(scene):
            with editing(scene):
                relinked(scene)


def _entry(self: Any, _context: Any) -> None:
    self.layout.operator(OTIOBRIDGE_OT_relink.bl_idname)


def register() -> None:
    """Register the operator, its menu entry and the look after opening a file."""
    bpy.utils.register_class(OTIOBRIDGE_OT_relink)
    bpy.types.TOPBAR_MT_file_external_data.append(_entry)
    bpy.app.handlers.load_post.append(_file_opened)


def unregister() -> None:
    """Take them back."""
    if _file_opened in bpy.app.handlers.load_post:
        bpy.app.handlers.load_post.remove(_file_opened)
    bpy.types.TOPBAR_MT_file_external_data.remove(_entry)
    bpy.utils.unregister_class(OTIOBRIDGE_OT_relink)
