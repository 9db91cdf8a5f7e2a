"""Every crash that is known of Blender's sequencer: steps that would take us into it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from stage import FOLDER, bpy, coded, codes, frame_codes, fresh_scene, installed, leave, part, place


def edited(scene: Any) -> None:
    """Let the sequencer show a scene, or none."""
    if hasattr(bpy.context, "sequencer_scene"):
        bpy.context.workspace.sequencer_scene = scene


def edit(desk: Any, take: Path, film: Path) -> dict[str, Any]:
    """A splice as the engine hands it out."""
    placements = [
        {"take": "t01", "media": str(take), "source_start": 3, "slot_start": 0, "frames": 20,
         "gain": [1.05, 1.0, 0.95]},
        {"take": "original", "media": str(film), "source_start": 20, "slot_start": 20,
         "frames": 20},
    ]  # fmt: skip
    desk.clips = {"hug": "s1"}
    shape = {"shot": "s1", "clip": "hug", "placements": placements, "alternates": [],
             "words": "t01, original"}  # fmt: skip
    return {"id": "e1", "asked": {"kind": "splice"}, "shape": shape}


def no_scene_in_the_sequencer() -> None:
    """Modifiers and splits crash 5.0 and 5.1 where no scene is edited; ours names the scene."""
    scene, versions = fresh_scene(), part("versions")
    strips = versions.strips_of(versions.editor_of(scene))
    film, take = coded("hug.mp4", 2, 60), coded("t.mp4", 5, 60)
    hug = place(strips, "hug", film, 1, 1, 0, 40)
    with versions.editing(scene):
        hug.modifiers.new("bright", "BRIGHT_CONTRAST")
    desk = part("desk").desk_of(scene.name)
    other = bpy.data.scenes.new("Another")
    pump = part("pump")
    pump._tell = lambda *_words: None
    for shown in (None, other):
        edited(shown)
        pump.carry_out(desk, edit(desk, take, film))
        assert not desk.error, desk.error
        edited(scene)
        found, wanted = codes(scene, 1, 41), frame_codes.expected((5, 3, 20), (2, 20, 20))
        assert found == wanted, frame_codes.describe(found)
        pieces = part("strips").slot_of(strips["hug"]).strips
        kinds = [[one.type for one in piece.modifiers] for piece in pieces]
        assert kinds == [["BRIGHT_CONTRAST", "COLOR_BALANCE"], ["BRIGHT_CONTRAST"]], kinds
        assert other.sequence_editor is None, "the scene that is edited was left alone"
        with versions.editing(scene):
            part("splicing").reverted(part("strips").slot_of(strips["hug"]))
    edited(None)
    if hasattr(bpy.context, "sequencer_scene"):
        assert not bpy.ops.otio_bridge.regenerate.poll()
        assert not bpy.ops.otio_bridge.import_otio.poll()
    edited(scene)
    print("FACT an edit arrives while the sequencer shows no scene, or another one: done, exact")


def prefetch_rests() -> None:
    """Strips that come and go while frames are prefetched crash; it rests, and goes on."""
    scene, versions = fresh_scene(), part("versions")
    editor = versions.editor_of(scene)
    editor.use_prefetch = True
    with versions.editing(scene):
        assert not editor.use_prefetch
    assert editor.use_prefetch
    print("FACT prefetch rests while strips come and go")


def words_while_threads_run() -> None:
    """An operator under an override crashes 4.5 and 5.0 while another thread runs Python."""
    stopped = threading.Event()

    def busy() -> None:
        while not stopped.is_set():
            sum(range(50))
            time.sleep(0)

    threads = [threading.Thread(target=busy) for _ in range(2)]
    for one in threads:
        one.start()
    end = time.monotonic() + 4
    while time.monotonic() < end:
        part("pump")._report("A take is here.")
    stopped.set()
    for one in threads:
        one.join()
    print("FACT words in the status bar while other threads run")


def ends(zip_path: Path) -> None:
    """A timer that outlives Python holds 4.5 for ever; with the add-on on, Blender ends."""
    said = subprocess.run(
        [sys.executable, __file__, str(zip_path), str(FOLDER / "end"), "end"],
        capture_output=True, text=True, timeout=90,
    )  # fmt: skip
    assert "ENABLED" in said.stdout and said.returncode == 0, said.stdout[-500:] + said.stderr
    print("FACT Blender ends with the add-on on")


if sys.argv[3:] == ["end"]:
    installed(Path(sys.argv[1]))
    assert bpy.app.timers.is_registered(part("pump").pumped)
    print("ENABLED", flush=True)
    sys.exit()  # as Blender ends: not `leave`
try:
    installed(Path(sys.argv[1]))
    no_scene_in_the_sequencer()
    prefetch_rests()
    words_while_threads_run()
    ends(Path(sys.argv[1]))
    print("DONE")
    leave(0)
except BaseException:
    traceback.print_exc()
    leave(1)
