# SPDX-License-Identifier: GPL-3.0-or-later
"""One set of names for the sequencer of Blender 4.5 to 5.2.

Blender 5.0 renamed sequences to strips and gave windows a sequencer scene of their own; 5.1 renamed
the timing of strips. Frames are frames of the scene, right handles are exclusive.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import bpy

SCRATCH = 120
"""A channel that nobody uses: strips are set up there, so that they push no neighbour away."""


def edited_scene(context: Any) -> Any:
    """Return the scene whose sequence is edited; None where the sequencer shows none."""
    if hasattr(context, "sequencer_scene"):
        return context.sequencer_scene
    return context.scene


@contextlib.contextmanager
def editing(scene: Any) -> Iterator[None]:
    """Make changes to a scene's sequence; without it Blender 5.0 and 5.1 may crash.

    Strips that come and go while frames are prefetched may crash too, so that rests meanwhile.
    Where the sequencer shows the scene already nothing is overridden: operators under an override
    have a crash of their own (`pump.OVERRIDES_CRASH`).
    """
    editor = editor_of(scene)
    prefetching = editor.use_prefetch
    with _shown(scene):
        editor.use_prefetch = False
        try:
            yield
        finally:
            editor.use_prefetch = prefetching


def _shown(scene: Any) -> contextlib.AbstractContextManager[object]:
    """Let the sequencer of the context show a scene."""
    if edited_scene(bpy.context) == scene:
        return contextlib.nullcontext()
    key = "sequencer_scene" if hasattr(bpy.context, "sequencer_scene") else "scene"
    override: contextlib.AbstractContextManager[object] = bpy.context.temp_override(**{key: scene})
    return override


def editor_of(scene: Any) -> Any:
    """Return a scene's sequence editor, made where there is none."""
    return scene.sequence_editor or scene.sequence_editor_create()


def strips_of(owner: Any) -> Any:
    """Return the strips directly in an editor or a meta strip."""
    return owner.strips if hasattr(owner, "strips") else owner.sequences


def all_strips(owner: Any) -> Any:
    """Return all strips of an editor, those in meta strips too."""
    return owner.strips_all if hasattr(owner, "strips_all") else owner.sequences_all


def active_strip(scene: Any) -> Any:
    """Return the active strip of a scene; None where there is none."""
    editor = None if scene is None else scene.sequence_editor
    return None if editor is None else editor.active_strip


def owner_of(strip: Any) -> Any:
    """Return the meta strip or the editor in which a strip lies."""
    return strip.parent_meta() or editor_of(strip.id_data)


def left_of(strip: Any) -> int:
    """Return the first frame that a strip shows."""
    return int(strip.left_handle if hasattr(strip, "left_handle") else strip.frame_final_start)


def right_of(strip: Any) -> int:
    """Return the frame after the last one that a strip shows."""
    return int(strip.right_handle if hasattr(strip, "right_handle") else strip.frame_final_end)


def content_start_of(strip: Any) -> float:
    """Return the frame of the scene on which a strip's first source frame lies."""
    new = hasattr(strip, "content_start")
    return float(strip.content_start if new else strip.frame_start)


def hidden_of(strip: Any) -> tuple[float, float]:
    """Return how many frames of the content are trimmed away before and after; below 0 held."""
    if hasattr(strip, "left_handle_offset"):
        return float(strip.left_handle_offset), float(strip.right_handle_offset)
    return float(strip.frame_offset_start), float(strip.frame_offset_end)


def show(strip: Any, *, content_start: float, left: int, right: int) -> None:
    """Put a strip's content and handles where they belong; the right handle first.

    The strip must have its channel to itself there, else Blender moves it to another. A handle that
    lies beyond a shorter file drags the other one along, so both are set until both stay.
    """
    new = hasattr(strip, "content_start")
    setattr(strip, "content_start" if new else "frame_start", content_start)
    for _ in range(3):
        if new:
            strip.right_handle, strip.left_handle = right, left
        else:
            strip.frame_final_end, strip.frame_final_start = right, left
        if (left_of(strip), right_of(strip)) == (left, right):
            return
    raise RuntimeError(f"Blender does not let '{strip.name}' stand on frames {left} to {right}.")


def new_effect(strips: Any, name: str, kind: str, channel: int, span: tuple[int, int],
               inputs: tuple[Any, ...]) -> Any:  # fmt: skip
    """Make an effect strip over [start, end) frames with up to two inputs."""
    start, end = span
    named = {f"input{number}": one for number, one in enumerate(inputs, 1)}
    if bpy.app.version < (5, 0):
        return strips.new_effect(
            name=name, type=kind, channel=channel, frame_start=start, frame_end=end, **named
        )
    return strips.new_effect(
        name=name, type=kind, channel=channel, frame_start=start, length=end - start, **named
    )


def rate_of(scene: Any) -> tuple[int, int]:
    """Return a scene's frames per second as an exact fraction."""
    from fractions import Fraction

    exact = Fraction(scene.render.fps) / Fraction(scene.render.fps_base).limit_denominator(100_000)
    return exact.numerator, exact.denominator
