"""OTIO out of a real bpy and in again: what is rendered before and after, part by part."""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

from stage import (
    FOLDER,
    SHARED,
    bpy,
    coded,
    fresh_scene,
    installed,
    leave,
    part,
    place,
    rendered,
)

Maker = Callable[[Any, Any], int]


def strips() -> Any:
    versions = part("versions")
    return versions.strips_of(versions.editor_of(bpy.context.scene))


def cuts(st: Any, v: Any) -> int:
    place(st, "a", coded("c1.mp4", 1, 60), 1, 1, 5, 40)
    place(st, "b", coded("c2.mp4", 2, 60), 1, 51, 0, 50).mute = True
    place(st, "c", coded("c3.mp4", 3, 60), 2, 101, 9, 50)
    return 151


def dissolve(kind: str) -> Maker:
    def made(st: Any, v: Any) -> int:
        a = place(st, "a", coded("c1.mp4", 1, 60), 1, 1, 0, 50)
        b = place(st, "b", coded("c2.mp4", 2, 60), 2, 41, 5, 45)
        v.new_effect(st, "fade", kind, 3, (41, 51), (a, b))
        return 86

    return made


def alternates(st: Any, v: Any) -> int:
    for start, shown in ((1, 0), (46, 1)):
        meta = st.new_meta(f"meta {start}", v.SCRATCH, start)
        for number in range(2):
            clip = coded(f"c{number}.mp4", number + 1, 90)
            inside = v.strips_of(meta)
            child = place(inside, f"t{number} {start}", clip, number + 1, start, start - 1, 45)
            child.mute = number != shown
        v.show(meta, content_start=v.content_start_of(meta), left=start, right=start + 45)
        meta.channel = 1
    return 91


def thirty(st: Any, v: Any) -> int:
    st.new_movie("thirty", str(coded("c30.mp4", 7, 150, 30)), 1, 1)
    return 151


def speed(factor: float) -> Maker:
    def made(st: Any, v: Any) -> int:
        a = place(st, "fast", coded("c1.mp4", 1, 240), 1, 1, 0, 120)
        effect = v.new_effect(st, "speed", "SPEED", 2, (1, 121), (a,))
        effect.speed_control, effect.speed_factor = "MULTIPLY", factor
        return 121

    return made


def nesting(st: Any, v: Any) -> int:
    outer = st.new_meta("outer", v.SCRATCH, 11)
    inner = v.strips_of(outer).new_meta("inner", v.SCRATCH, 21)
    place(v.strips_of(outer), "x", coded("c1.mp4", 1, 60), 1, 11, 0, 10)
    place(v.strips_of(inner), "y", coded("c2.mp4", 2, 60), 1, 21, 10, 30)
    v.show(inner, content_start=v.content_start_of(inner), left=21, right=46)
    inner.channel = 1
    v.show(outer, content_start=v.content_start_of(outer), left=13, right=46)
    outer.channel = 1
    return 61


def sounds(st: Any, v: Any) -> int:
    clip = coded("c1.mp4", 1, 60)
    place(st, "picture", clip, 1, 1, 10, 40)
    sound = st.new_sound("sound", str(clip), v.SCRATCH, 1)
    v.show(sound, content_start=1 - 10, left=1, right=41)
    sound.channel, sound.volume = 2, 0.5
    v.new_effect(st, "blue", "COLOR", 1, (41, 51), ()).color = (0, 0, 1)
    v.new_effect(st, "title", "TEXT", 3, (5, 25), ()).text = "Contact"
    bpy.context.scene.timeline_markers.new("hug", frame=20)
    return 51


def pictures(st: Any, v: Any) -> int:
    """A numbered sequence and a still, under channels with names, one of them mute."""
    folder = FOLDER / "pictures"
    folder.mkdir(exist_ok=True)
    film = coded("c4.mp4", 4, 30)
    names = stills(film, folder)
    strip = st.new_image("numbered", str(folder / names[0]), v.SCRATCH, 1)
    for name in names[1:]:
        strip.elements.append(name)
    v.show(strip, content_start=1 - 5, left=1, right=21)
    strip.channel = 1
    still = st.new_image("still", str(folder / names[7]), v.SCRATCH, 21)
    v.show(still, content_start=21, left=21, right=41)
    still.channel = 1
    place(st, "muted", coded("c5.mp4", 5, 60), 4, 1, 0, 40)
    channels = bpy.context.scene.sequence_editor.channels
    channels[1].name, channels[4].name, channels[4].mute = "Board", "Old cut", True
    return 41


def stills(film: Path, folder: Path) -> list[str]:
    """The frames of a clip as numbered pictures; returns their names."""
    import av

    names = []
    with av.open(str(film)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            names.append(f"frame_{number:04}.png")
            with av.open(str(folder / names[-1]), "w", format="image2") as out:
                stream = out.add_stream("png", rate=1)
                stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "rgb24"
                for packet in (*stream.encode(frame.reformat(format="rgb24")), *stream.encode()):
                    out.mux(packet)
    return names


def ntsc(st: Any, v: Any) -> int:
    """A scene at 30000/1001, with a clip at its rate and one at 24."""
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = 30, 1.001
    place(st, "its own", coded("ntsc.mp4", 6, 60, Fraction(30000, 1001)), 1, 1, 3, 45)
    place(st, "film", coded("c7.mp4", 7, 60), 1, 46, 2, 30)
    return 76


PARTS: dict[str, Maker] = {
    "cuts, gap, mute": cuts, "cross dissolve": dissolve("CROSS"),
    "gamma dissolve": dissolve("GAMMA_CROSS"), "alternates in metas": alternates,
    "30 fps in 24": thirty, "speed x2": speed(2), "speed x0.5": speed(0.5),
    "pictures, channels": pictures, "29.97 fps": ntsc,
    "nesting": nesting, "sound, colour, text, marker": sounds,
}  # fmt: skip


def frames(said: str) -> list[str]:
    """One word a frame out of a description of runs."""
    found: list[str] = []
    for line in said.splitlines():
        span, _, what = line.partition(": ")
        first, _, last = span.partition("-")
        found += [f"{what}+{n}" for n in range(int(last or first) - int(first) + 1)]
    return found


def facts(st: Any, v: Any) -> list[tuple[Any, ...]]:
    return sorted((s.name, s.type, v.left_of(s), v.right_of(s), s.mute) for s in st)


def channels(scene: Any) -> list[Any]:
    found = scene.sequence_editor.channels
    used = sorted({one.channel for one in strips()})
    return [scene.render.fps, scene.render.fps_base,
            *((found[n].name, found[n].mute) for n in used if n < len(found))]  # fmt: skip


def round_trip(name: str, make: Maker) -> None:
    scene, v = fresh_scene(), part("versions")
    with v.editing(scene):
        end = make(strips(), v)
    before, had = rendered(scene, 1, end), facts(strips(), v)
    marks = [(m.name, m.frame) for m in scene.timeline_markers]
    board = channels(scene)
    target = FOLDER / "round.otio"
    assert bpy.ops.otio_bridge.export_otio(filepath=str(target)) == {"FINISHED"}
    scene = fresh_scene()
    assert bpy.ops.otio_bridge.import_otio(filepath=str(target)) == {"FINISHED"}
    after, has = rendered(scene, 1, end), facts(strips(), v)
    one, two = frames(before), frames(after)
    equal = sum(a == b for a, b in zip(one, two, strict=True))
    print(f"FACT {name}: {equal} of {len(one)} frames equal, strips equal: {had == has}")
    assert equal == len(one), f"{name}\n{before}\n-- after --\n{after}\n{had}\n{has}"
    assert marks == [(m.name, m.frame) for m in scene.timeline_markers]
    assert had == has
    assert board == channels(scene)
    assert {s.volume for s in strips() if s.type == "SOUND"} <= {0.5}


def real_timelines() -> None:
    for path in sorted((SHARED / "data" / "otio").glob("*.otio")):
        fresh_scene()
        assert bpy.ops.otio_bridge.import_otio(filepath=str(path)) == {"FINISHED"}, path
        text = bpy.data.texts.get("OTIO report")
        lines = len(text.lines) if text else 0
        print(f"FACT {path.name}: {len(strips())} strips, {lines} lines of report")
        assert len(strips()), path


def quick() -> None:
    """A thousand clips: import against a bare loop that makes the same strips, and export."""
    clip, v, shape = coded("one.mp4", 1, 48), part("versions"), part("otio_shape")
    rate = Fraction(24)
    source = shape.span(2, 24, rate)
    children = [
        shape.clip(f"clip {n:04}", source, shape.external(str(clip), shape.span(0, 48, rate)))
        for n in range(1000)
    ]
    track = shape.composition("Track.1", "V1", children, kind="Video")
    stack = shape.composition("Stack.1", "tracks", [track])
    target = FOLDER / "long.otio"
    target.write_text(json.dumps(shape.timeline("long", stack, None, {})))

    def bare() -> float:
        fresh_scene()
        st = strips()
        began = time.process_time()
        for n in range(1000):
            strip = st.new_movie(f"clip {n:04}", str(clip), v.SCRATCH, n * 24 + 1 - 2)
            v.show(strip, content_start=n * 24 + 1 - 2, left=n * 24 + 1, right=n * 24 + 25)
            strip.channel = 1
        return time.process_time() - began

    def ours() -> float:
        fresh_scene()
        began = time.process_time()
        bpy.ops.otio_bridge.import_otio(filepath=str(target))
        return time.process_time() - began

    bare()  # files are read for the first time
    pairs = [(ours(), bare()) for _ in range(3)]
    ratio = sorted(a / b for a, b in pairs)[1]
    print(f"FACT import of 1,000 clips: {ratio:.2f} times a bare loop ({pairs})")
    ours()
    began = time.process_time()
    bpy.ops.otio_bridge.export_otio(filepath=str(FOLDER / "out.otio"))
    print(f"FACT export of 1,000 strips: {time.process_time() - began:.2f} s CPU")
    strips_room = part("strips")
    splicing = part("splicing")
    st = strips()
    slot = strips_room.slot_of(st["clip 0500"])
    other = coded("two.mp4", 2, 48)
    made = {"shot": "s", "placements": [
        {"take": "t01", "media": str(other), "source_start": 3, "slot_start": 0, "frames": 12},
        {"take": "original", "media": str(clip), "source_start": 14, "slot_start": 12,
         "frames": 12},
    ]}  # fmt: skip
    began = time.perf_counter()
    with v.editing(bpy.context.scene):
        splicing.spliced(slot, made, "s1")
    print(f"FACT splice in 1,000 strips: {1000 * (time.perf_counter() - began):.0f} ms")


try:
    installed(Path(sys.argv[1]))
    for name, make in PARTS.items():
        round_trip(name, make)
    real_timelines()
    quick()
    print("DONE")
    leave(0)
except BaseException:
    traceback.print_exc()
    leave(1)
