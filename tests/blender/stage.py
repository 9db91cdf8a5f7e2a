"""What every script inside a real bpy needs: an isolated Blender with the zip, clips, renders.

Run by `tests/test_blender.py` in the Python of a bpy; not a test module itself.
"""

from __future__ import annotations

import faulthandler
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp())
os.environ["BLENDER_USER_RESOURCES"] = str(FOLDER / "blender")
os.environ["OTIO_BRIDGE_DATA_DIR"] = str(FOLDER / "data")
(FOLDER / "blender").mkdir(parents=True, exist_ok=True)

import bpy  # noqa: E402

faulthandler.enable()  # a crash inside Blender tells which threads ran what

SHARED = Path(__file__).resolve().parents[3] / "shared"
sys.path.insert(0, str(SHARED / "tools"))
import frame_codes  # noqa: E402

SIZE = (320, 180)


def installed(zip_path: Path) -> str:
    """Install the zip as a user does; returns the package's name."""
    began = time.perf_counter()
    bpy.ops.extensions.package_install_files(
        filepath=str(zip_path), directory=f"{zip_path.parent}/", files=[{"name": zip_path.name}],
        repo="user_default", enable_on_install=True, overwrite=True,
    )  # fmt: skip
    name = "bl_ext.user_default.otio_bridge"
    assert name in bpy.context.preferences.addons, "the add-on was not enabled"
    print(f"FACT install {time.perf_counter() - began:.2f} s")
    return name


def part(name: str) -> Any:
    """Return a module of the installed add-on."""
    return sys.modules[f"bl_ext.user_default.otio_bridge.{name}"]


def fresh_scene(fps: int = 24) -> Any:
    """An empty project whose sequencer edits its one scene."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = fps, 1
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.view_settings.view_transform = "Standard"
    if hasattr(bpy.context, "sequencer_scene"):
        bpy.context.workspace.sequencer_scene = scene
    return scene


def coded(name: str, take: int, frames: int, rate: int = 24) -> Path:
    """A clip whose every frame says what it is."""
    path = FOLDER / name
    frame_codes.write_clip(path, take=take, frames=frames, rate=rate, size=SIZE)
    return path


def place(strips: Any, name: str, path: Path, channel: int, start: int, source: int,
          length: int) -> Any:  # fmt: skip
    """A movie strip that shows `length` frames from `source` on at `start`."""
    versions = part("versions")
    strip = strips.new_movie(name, str(path), versions.SCRATCH, start - source)
    versions.show(strip, content_start=start - source, left=start, right=start + length)
    strip.channel = channel
    return strip


def rendered(scene: Any, start: int, end: int) -> str:
    """Render frames [start, end) and say what they show."""
    return str(frame_codes.describe(codes(scene, start, end)))


def codes(scene: Any, start: int, end: int) -> list[Any]:
    """Render frames [start, end) and read the code of each; None where there is none."""
    for old in FOLDER.glob("render_*"):
        old.unlink()
    image = scene.render.image_settings
    if bpy.app.version >= (5, 0):
        image.media_type = "VIDEO"
    image.file_format = "FFMPEG"
    scene.render.ffmpeg.format, scene.render.ffmpeg.codec = "MPEG4", "H264"
    scene.render.filepath = str(FOLDER / "render_")
    scene.frame_start, scene.frame_end = start, end - 1
    scene.render.use_sequencer = True
    bpy.ops.render.render(animation=True)
    return list(frame_codes.read_codes(next(FOLDER.glob("render_*"))))


def pumped_until(done: Callable[[], bool], seconds: float = 120) -> None:
    """Turn the add-on's crank by hand until something is so."""
    end = time.monotonic() + seconds
    desk = part("desk")
    while not done():
        part("pump").pumped()
        errors = [one.error for one in desk.desks() if one.error]
        assert not errors, errors
        assert time.monotonic() < end, stripes() + [
            (one.words, one.error, one.order) for one in desk.desks()
        ]
        time.sleep(0.02)


def stripes() -> list[Any]:
    """What stands where, for the message of a failed test."""
    versions = part("versions")
    strips = versions.all_strips(versions.editor_of(bpy.context.scene))
    places = [(s.name, s.channel, versions.left_of(s), versions.right_of(s)) for s in strips]
    return sorted(places, key=lambda place: place[1:])


def slot(name: str) -> Any:
    """The slot of the strip of that name."""
    editor = part("versions").editor_of(bpy.context.scene)
    found = [s for s in part("versions").all_strips(editor) if s.name == name]
    return part("strips").slot_of(found[0])


def leave(code: int = 0) -> None:
    """End at once: Blender's own exit may hang (facts/blender.md section 3)."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
