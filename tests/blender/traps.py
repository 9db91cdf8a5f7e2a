"""What an editor does while takes are made: undo, delete, reload, save elsewhere, render.

Run by `tests/test_blender.py`; every step asks that neither takes nor the cut are lost.
"""

from __future__ import annotations

import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

from stage import (
    FOLDER,
    bpy,
    coded,
    fresh_scene,
    installed,
    leave,
    part,
    place,
    pumped_until,
    rendered,
    slot,
)

ENDED = ("done", "failed", "cancelled")
FILM = FOLDER / "film.blend"


def opened(path: Path) -> Any:
    """Open a project, choose the strip, and ask the engine what it knows."""
    bpy.ops.wm.open_mainfile(filepath=str(path))
    if hasattr(bpy.context, "sequencer_scene"):
        bpy.context.workspace.sequencer_scene = bpy.context.scene
    chosen()
    bpy.ops.otio_bridge.look()
    desk = part("desk").desk_of(bpy.context.scene.name)
    pumped_until(lambda: bool(desk.takes))
    return desk


def chosen() -> None:
    versions = part("versions")
    for one in versions.all_strips(versions.editor_of(bpy.context.scene)):
        one.select = one.name == "hug"


def takes_of(desk: Any) -> int:
    return sum(len(one["takes"]) for one in desk.takes.values())


def ordered(desk: Any) -> None:
    """Order one more take, and return once it is being made."""
    desk.order = None
    asked = {"first_second": 0, "last_second": 1} if takes_of(desk) else {}
    assert bpy.ops.otio_bridge.regenerate(takes=1, **asked) == {"FINISHED"}
    pumped_until(lambda: desk.order is not None and desk.order["state"] in ("running", *ENDED), 60)


def idle(desk: Any) -> None:
    """Wait until the engine works on nothing of this project any more."""
    rest = part("desk").engine()
    pumped_until(
        lambda: all(one["state"] in ENDED for one in rest.get(f"{desk.cut}/orders")["orders"]), 240
    )


def finished(desk: Any) -> None:
    pumped_until(lambda: desk.order is not None and desk.order["state"] in ENDED, 240)
    assert desk.order["state"] == "done", desk.order


def looked(desk: Any, wanted: int) -> None:
    """Ask the engine until it names as many takes; the work went on without us."""

    def there() -> bool:
        if part("desk").LINE.waiting == 0 and takes_of(desk) < wanted:
            bpy.ops.otio_bridge.look()
        return takes_of(desk) >= wanted

    pumped_until(there, 240)


def main(zip_path: Path) -> None:
    installed(zip_path)
    scene, versions = fresh_scene(), part("versions")
    strips = versions.strips_of(versions.editor_of(scene))
    place(strips, "door", coded("door.mp4", 1, 60), 1, 1, 6, 24)
    place(strips, "hug", coded("hug.mp4", 2, 120), 1, 25, 24, 48)
    bpy.ops.wm.save_as_mainfile(filepath=str(FILM))
    chosen()
    bpy.ops.otio_bridge.describe(
        prompt="They shake hands.", left="mia", right="tom", kind="handshake", start=0.3, end=1.6
    )
    desk = part("desk").desk_of(scene.name)
    pumped_until(lambda: desk.words == "The shot is described.")
    before = rendered(scene, 1, 73)

    bpy.ops.ed.undo_push(message="start")
    ordered(desk)
    bpy.ops.ed.undo_push(message="cut")
    strips["hug"].color_tag = "COLOR_03"
    bpy.ops.ed.undo_push(message="colour")
    bpy.ops.ed.undo()
    finished(desk)
    looked(desk, 1)
    bpy.ops.ed.undo()
    bpy.ops.otio_bridge.look()
    pumped_until(lambda: part("desk").LINE.waiting == 0)
    assert takes_of(desk) == 1, "Ctrl+Z never hides a take"
    print("FACT undo during work: 1 take, none hidden")

    bpy.ops.ed.redo()
    chosen()
    ordered(desk)
    strips = versions.strips_of(versions.editor_of(bpy.context.scene))
    bpy.ops.ed.undo_push(message="before deleting")
    with versions.editing(bpy.context.scene):
        strips.remove(strips["hug"])
    bpy.ops.ed.undo_push(message="deleted")
    finished(desk)
    pumped_until(lambda: part("desk").LINE.waiting == 0)
    bpy.ops.ed.undo()
    chosen()
    looked(desk, 2)
    assert len(slot("hug").strips) == 1
    desk.error = ""
    bpy.ops.otio_bridge.pull(take="t01")
    pumped_until(lambda: part("strips").shown_by(slot("hug")) == "t01")
    bpy.ops.otio_bridge.revert()
    pumped_until(lambda: part("strips").shown_by(slot("hug")) == "original")
    print("FACT strip deleted during work: back by Ctrl+Z, both takes there, t01 pulled")
    bpy.ops.wm.save_as_mainfile(filepath=str(FILM))

    chosen()
    ordered(desk)
    desk = opened(FILM)
    looked(desk, 3)
    idle(desk)
    print("FACT reloaded during work: 3 takes")

    chosen()
    ordered(desk)
    other = FOLDER / "elsewhere" / "film.blend"
    other.parent.mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(other))
    finished(desk)
    looked(desk, 4)
    assert takes_of(opened(FILM)) == 4, "the project beside the first file has them all"
    assert takes_of(opened(other)) == 4, "and so has the project beside the second"
    print("FACT saved elsewhere during work: 4 takes beside either file")

    desk = opened(FILM)
    ordered(desk)
    assert rendered(bpy.context.scene, 1, 73) == before, "rendering while takes arrive"
    finished(desk)
    looked(desk, 5)
    print("FACT rendered during work: frames equal, 5 takes")

    mate = subprocess.run(
        [sys.executable, __file__, str(zip_path), str(FOLDER), "second"],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert "SECOND 6" in mate.stdout, mate.stdout[-800:] + mate.stderr[-1500:]
    looked(desk, 6)
    assert part("strips").shown_by(slot("hug")) == "original"
    print("FACT two Blenders on one project: 6 takes in both")
    adjusted(desk)
    renamed(desk)
    part("desk").engine().post("/v1/engine/stop")


def adjusted(desk: Any) -> None:
    """F9 places the order anew, and what the click ordered first is cancelled."""
    known = {one["id"] for one in orders(desk)}
    asked = {"first_second": 0, "last_second": 1, "placed": "a click"}
    bpy.ops.otio_bridge.regenerate(takes=3, **asked)
    pumped_until(lambda: desk.order is not None and desk.order["id"] not in known, 60)
    for takes in (2, 1):
        bpy.ops.otio_bridge.regenerate(takes=takes, **asked)
    pumped_until(lambda: desk.order["asked"]["takes"] == 1 and desk.order["state"] in ENDED)
    made = [one for one in orders(desk) if one["id"] not in known]
    states = {one["asked"]["takes"]: one["state"] for one in made}
    assert states.pop(1) == "done" and set(states.values()) == {"cancelled"} and 3 in states, states
    print("FACT adjusted twice: the last order is done, those before it are cancelled")


def renamed(desk: Any) -> None:
    """A scene with another name asks anew, and the desk of the old name claims no edit of it."""
    bpy.context.scene.name = "Act two"
    part("pump").pumped()
    assert desk.stopped.is_set() and desk not in part("desk").desks()
    chosen()
    bpy.ops.otio_bridge.look()
    fresh = part("desk").desk_of("Act two")
    pumped_until(lambda: bool(fresh.takes))
    bpy.ops.otio_bridge.pull(take="t01")
    pumped_until(lambda: part("strips").shown_by(slot("hug")) == "t01")
    print("FACT scene renamed: takes there, t01 pulled")


def orders(desk: Any) -> list[Any]:
    found = part("desk").engine().get(f"{desk.cut}/orders")["orders"]
    return [one for one in found if one["kind"] == "regenerate"]


def second(zip_path: Path) -> None:
    """The other Blender: opens the same project, and orders a take too."""
    installed(zip_path)
    desk = opened(FILM)
    assert takes_of(desk) == 5
    ordered(desk)
    finished(desk)
    looked(desk, 6)
    print("SECOND", takes_of(desk))


try:
    (second if sys.argv[3:] == ["second"] else main)(Path(sys.argv[1]))
    print("DONE")
    leave(0)
except BaseException:
    traceback.print_exc()
    leave(1)
