"""The whole road in a real bpy: zip, regenerate offline, pull, splice, undo, save, revert."""

from __future__ import annotations

import sys
import time
import traceback
from pathlib import Path
from typing import Any

from stage import (
    FOLDER,
    bpy,
    coded,
    frame_codes,
    fresh_scene,
    installed,
    leave,
    part,
    place,
    pumped_until,
    rendered,
    slot,
    stripes,
)


def main(zip_path: Path) -> None:
    installed(zip_path)
    scene = fresh_scene()
    versions, strips_room, desk_room = part("versions"), part("strips"), part("desk")
    a, b, c = coded("door.mp4", 1, 60), coded("hug.mp4", 2, 120), coded("window.mp4", 3, 60)
    editor = versions.editor_of(scene)
    strips = versions.strips_of(editor)
    place(strips, "door", a, 1, 1, 6, 24)
    hug = place(strips, "hug", b, 1, 25, 24, 48)
    place(strips, "window", c, 1, 73, 0, 24)
    sound = strips.new_sound("hug sound", str(b), 3, 1)
    versions.show(sound, content_start=1, left=25, right=73)
    with versions.editing(scene):
        hug.modifiers.new("bright", "BRIGHT_CONTRAST")
    hug.color_tag, hug.transform.rotation = "COLOR_02", 0.0
    before = rendered(scene, 1, 97)
    print("FACT before", before.replace("\n", " | "))

    assert not bpy.ops.otio_bridge.regenerate.poll(), "unsaved: greyed out"
    bpy.ops.wm.save_as_mainfile(filepath=str(FOLDER / "film.blend"))
    for one in strips:
        one.select = one.name == "hug"
    bpy.ops.otio_bridge.describe(
        prompt="They shake hands.", left="mia", right="tom", kind="handshake", start=0.3, end=1.6
    )
    desk = desk_room.desk_of(scene.name)
    pumped_until(lambda: desk.words == "The shot is described.")
    clip = desk.clip_of("hug")
    assert clip and desk.about[clip]["kind"] == "handshake"

    assert bpy.ops.otio_bridge.regenerate(takes=1) == {"FINISHED"}
    ended = ("done", "failed", "cancelled")
    pumped_until(lambda: desk.order is not None and desk.order["state"] in ended, 240)
    assert desk.order["state"] == "done", desk.order
    desk.order = None
    bpy.ops.otio_bridge.regenerate(takes=1, first_second=0, last_second=1)
    pumped_until(lambda: desk.order is not None and desk.order["state"] in ended, 240)
    pumped_until(lambda: len(desk.takes[clip]["takes"]) >= 2 and noted(strips_room, strips, clip))
    takes = desk.takes[clip]["takes"]
    print("FACT takes", [(t["id"], t["frames"], [c["held"] for c in t["seconds"]]) for t in takes])
    assert rendered(scene, 1, 97) == before, "takes are alternates: the picture stays"

    for number, take in enumerate(takes, 11):  # their pictures now say which frame they are
        frame_codes.write_clip(take["media"], take=number, frames=take["frames"], rate=24,
                               size=take["size"], sound=False)  # fmt: skip
    bpy.ops.ed.undo_push(message="before the pull")
    bpy.ops.otio_bridge.pull(take="t01")
    pumped_until(lambda: strips_room.shown_by(slot("hug")) == "t01")
    handle = -takes[0]["slot_start"]
    expect(rendered(scene, 1, 97), (1, 6, 24), (11, handle, 48), (3, 0, 24))

    began = time.perf_counter()
    plan = "t01:0f-20f,t02:20f-24f,original:24f-48f"
    bpy.ops.otio_bridge.splice(plan=plan)
    pumped_until(lambda: len(slot("hug").strips) == 3, 15)
    print(f"FACT splice {time.perf_counter() - began:.2f} s with planning")
    second = takes[1]
    expect(
        rendered(scene, 1, 97), (1, 6, 24), (11, handle, 20),
        (12, 20 - second["slot_start"], 4), (2, 48, 24), (3, 0, 24),
    )  # fmt: skip
    for piece in slot("hug").strips:
        assert [one.type for one in piece.modifiers] == ["BRIGHT_CONTRAST"]
        assert (piece.color_tag, piece.channel) == ("COLOR_02", 1)
    named = {one.name: one for one in versions.all_strips(versions.editor_of(scene))}
    assert (versions.left_of(named["hug sound"]), versions.right_of(named["hug sound"])) == (25, 73)
    pumped_until(lambda: desk_room.LINE.waiting == 0)
    edits = desk_room.engine().get(f"{desk.cut}/edits")["edits"]
    states = [one["state"] for one in edits if one["asked"]["kind"] != "alternates"]
    assert states == ["applied", "applied"], edits

    fails_and_goes_on(desk, clip)
    says_why(desk, clip)
    bpy.ops.wm.save_mainfile()
    bpy.ops.ed.undo()
    assert len(slot("hug").strips) == 1, "one undo step"
    bpy.ops.ed.redo()
    assert len(slot("hug").strips) == 3
    bpy.ops.wm.open_mainfile(filepath=str(FOLDER / "film.blend"))
    scene = bpy.context.scene
    if hasattr(bpy.context, "sequencer_scene"):
        bpy.context.workspace.sequencer_scene = scene
    assert len(slot("hug").strips) == 3, "tomorrow"
    for one in versions.all_strips(versions.editor_of(scene)):
        one.select = one.name == "hug"
    desk = part("desk").desk_of(scene.name)
    bpy.ops.otio_bridge.look()
    pumped_until(lambda: bool(desk.takes))
    assert [len(t["takes"]) for t in desk.takes.values()] == [len(takes)], (
        "the list is the engine's"
    )
    bpy.ops.otio_bridge.revert()
    pumped_until(lambda: len(slot("hug").strips) == 1)
    assert rendered(scene, 1, 97) == before
    desk.order = None
    bpy.ops.otio_bridge.coverage()
    pumped_until(lambda: desk.order is not None and desk.order["state"] in ended, 240)
    assert (desk.order["kind"], desk.order["state"]) == ("coverage", "done"), desk.order
    pumped_until(lambda: len(slot("hug").strips) == 2, 30)
    shown = [strips_room.shown_by(slot(one.name)) for one in slot("hug").strips]
    print("FACT coverage shows", shown)
    bpy.ops.otio_bridge.revert()
    pumped_until(lambda: len(slot("hug").strips) == 1)
    assert rendered(scene, 1, 97) == before, "coverage can be taken back"
    part("desk").engine().post("/v1/engine/stop")


def says_why(desk: Any, clip: str) -> None:
    """A rejected second keeps its reason until it is judged anew."""

    def cell() -> dict[str, Any]:
        take = desk.takes[clip]["takes"][0]
        return next(one for one in take["seconds"] if one["second"] == 1)

    told = {"clip": clip, "take": "t01", "second": 1}
    bpy.ops.otio_bridge.mark(**told, mark="failed")
    pumped_until(lambda: cell()["verdict"] == "failed")
    assert not cell().get("because")
    bpy.ops.otio_bridge.mark(**told, mark="failed", because="limb_misattribution")
    pumped_until(lambda: cell().get("because") == "limb_misattribution")
    bpy.ops.otio_bridge.mark(**told, mark="clear")
    pumped_until(lambda: cell()["verdict"] is None and not cell().get("because"))


def fails_and_goes_on(desk: Any, clip: str) -> None:
    """An edit at which Blender breaks off halfway is told, is one undo step, and stops no other."""
    pump, before = part("pump"), stripes()
    works = pump.spliced

    def breaks(at: Any, *_: Any) -> Any:
        part("versions").strips_of(bpy.context.scene.sequence_editor).remove(at.strips[0])
        raise RuntimeError("out of memory")

    pump.spliced = breaks
    bpy.ops.otio_bridge.splice(plan="t01:0f-48f")
    end = time.monotonic() + 30
    while not desk.error:
        pump.pumped()
        assert time.monotonic() < end, "nothing was said"
        time.sleep(0.02)
    pump.spliced = works
    assert desk.error.startswith("Blender broke off (RuntimeError: out of memory); press Ctrl+Z")
    assert stripes() != before
    bpy.ops.ed.undo()
    assert stripes() == before, (stripes(), before)
    desk.error = ""
    pumped_until(lambda: part("desk").LINE.waiting == 0)
    edits = part("desk").engine().get(f"{desk.cut}/edits")["edits"]
    assert edits[-1]["state"] == "failed" and "out of memory" in edits[-1]["why"], edits[-1]
    print("FACT an edit that breaks off is undone in one step")


def noted(room: Any, strips: Any, clip: str) -> bool:
    return any("clip" in room.note_of(one) for one in strips)


def expect(found: str, *runs: tuple[int, int, int]) -> None:
    wanted = str(frame_codes.describe(frame_codes.expected(*runs)))
    assert found == wanted, f"\n{found}\n-- instead of --\n{wanted}"


try:
    main(Path(sys.argv[1]))
    print("DONE")
    leave(0)
except BaseException:
    traceback.print_exc()
    leave(1)
