"""A cut as Resolve exported it, mended in a real bpy and exported again.

The folder holds `cut.otio` and its films; `test_resolve_blender.py` put them there and takes
`mended.otio` on to the fake Resolve.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Any

from stage import FOLDER, bpy, fresh_scene, installed, leave, part, pumped_until, slot

CLIP = "cut_src.mp4"
PLAN = "t01:0f-20f,original:20f-48f"


def main(zip_path: Path) -> None:
    installed(zip_path)
    scene = fresh_scene()
    versions, desk_room = part("versions"), part("desk")
    assert bpy.ops.otio_bridge.import_otio(filepath=str(FOLDER / "cut.otio")) == {"FINISHED"}
    scene = bpy.context.scene
    bpy.ops.wm.save_as_mainfile(filepath=str(FOLDER / "film.blend"))
    strips = versions.all_strips(versions.editor_of(scene))
    print("FACT imported", [(s.name, s.type, versions.left_of(s), s.channel) for s in strips])
    hug = next(one for one in strips if one.name == CLIP and one.type == "MOVIE")
    for one in strips:
        one.select = one == hug
    desk = desk_room.desk_of(scene.name)
    bpy.ops.otio_bridge.describe(prompt="They hug.", left="mia", right="tom", kind="hug")
    pumped_until(lambda: desk.words == "The shot is described.")
    clip = desk.clip_of(CLIP)
    assert bpy.ops.otio_bridge.regenerate(takes=1) == {"FINISHED"}
    pumped_until(lambda: desk.order is not None and desk.order["state"] == "done", 240)
    pumped_until(lambda: bool(desk.takes.get(clip, {}).get("takes")))
    bpy.ops.otio_bridge.splice(plan=PLAN)
    pumped_until(lambda: len(pieces()) == 2, 15)
    print("FACT spliced", pieces())
    bpy.ops.wm.save_mainfile()
    assert bpy.ops.otio_bridge.export_otio(filepath=str(FOLDER / "mended.otio")) == {"FINISHED"}
    desk_room.engine().post("/v1/engine/stop")


def pieces() -> list[Any]:
    """What stands in the slot: start and length of every piece."""
    versions = part("versions")
    return [
        (versions.left_of(one), versions.right_of(one) - versions.left_of(one))
        for one in slot(CLIP).strips
    ]


try:
    main(Path(sys.argv[1]))
    print("DONE")
    leave(0)
except BaseException:
    traceback.print_exc()
    leave(1)
