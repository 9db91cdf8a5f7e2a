# SPDX-License-Identifier: GPL-3.0-or-later
"""Effects on the user's strips: transitions at a slot's ends, a speed over it.

Blender ties effects to strips and copies them when a strip is split: transitions look away while
their input is cut, a speed is copied with each piece. Frames are frames of the scene.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from .strips import Slot
from .versions import SCRATCH, left_of, new_effect, owner_of, right_of, strips_of

TRANSITIONS = ("CROSS", "GAMMA_CROSS", "WIPE")
SPEED = "SPEED"


def reach_of(slot: Slot) -> tuple[int, int]:
    """Return how many frames a slot's strips reach under the transitions before and after it."""
    head = tail = 0
    for effect in effects_on(slot):
        if effect.type in TRANSITIONS:
            if effect.input_2 in slot.strips:
                head = cut_in(effect) - slot.left
            if effect.input_1 in slot.strips:
                tail = slot.right - cut_in(effect)
    return head, tail


def cut_in(transition: Any) -> int:
    """Return the frame on which a transition counts as cut: its middle, halves go down."""
    return (left_of(transition) + right_of(transition)) // 2


def effects_on(slot: Slot) -> list[Any]:
    """Return the effect strips that take a slot's strips as input."""
    return [
        one
        for one in strips_of(owner_of(slot.strips[0]))
        if any(getattr(one, key, None) in slot.strips for key in ("input_1", "input_2"))
    ]


def speed_over(strip: Any) -> Any:
    """Return the speed effect that shows a strip in its stead; None where there is none."""
    return next((one for one in effects_on(Slot((strip,))) if one.type == SPEED), None)


def pace_of(strip: Any) -> Fraction:
    """Return how many source frames a strip plays a frame of the scene, 1 without a speed."""
    over = speed_over(strip)
    return Fraction(1) if over is None else Fraction(over.speed_factor).limit_denominator(1000)


def paced(strip: Any, facts: dict[str, Any] | None) -> None:
    """Give a strip the speed that it had, its effect made again where it is gone.

    Args:
        strip: Any strip.
        facts: "name", "channel" and "factor" of its speed effect; None leaves it without one.
    """
    if facts is None:
        return
    over = speed_over(strip)
    if over is None:
        span = (left_of(strip), right_of(strip))
        strips = strips_of(owner_of(strip))
        over = new_effect(strips, facts["name"], SPEED, facts["channel"], span, (strip,))
        over.speed_control = "MULTIPLY"
    over.speed_factor = facts["factor"]


def speed_facts(strip: Any) -> dict[str, Any] | None:
    """Return what `paced` needs to give a strip its speed back; None where it has none."""
    over = speed_over(strip)
    if over is None:
        return None
    return {"name": over.name, "channel": over.channel, "factor": over.speed_factor}


def in_the_way(slot: Slot) -> Any:
    """Return the first effect on a slot that a splice cannot keep; None when it keeps all.

    Kept are transitions at the ends, or one speed a strip that multiplies and that nothing else
    works on.
    """
    found = effects_on(slot)
    speeds = [one for one in found if one.type == SPEED and one.speed_control == "MULTIPLY"]
    others = [one for one in found if one not in speeds]
    for effect in others:
        if effect.type not in TRANSITIONS or speeds:
            return effect
    return next(iter(effects_on(Slot(tuple(speeds)))), None) if speeds else None


def detached(strip: Any) -> list[tuple[Any, str, Any]]:
    """Let transitions look at a stand-in while their input is split, which would copy them."""
    found = [
        (effect, key)
        for effect in effects_on(Slot((strip,)))
        if effect.type in TRANSITIONS
        for key in ("input_1", "input_2")
        if getattr(effect, key, None) == strip
    ]
    if not found:
        return []
    stand_in = _stand_in(strip)
    for effect, key in found:
        setattr(effect, key, stand_in)
    _renew_relations(strip)
    return [(effect, key, stand_in) for effect, key in found]


def attached(effects: Sequence[tuple[Any, str, Any]], first: Any, last: Any) -> None:
    """Give effects back the piece that they overlap, and throw the stand-ins away."""
    if not effects:
        return
    strips = strips_of(owner_of(first))
    for effect, key, _ in effects:
        setattr(effect, key, first if key == "input_2" else last)
    _renew_relations(first)
    for stand_in in {one.name: one for _, _, one in effects}.values():
        strips.remove(stand_in)


def _stand_in(strip: Any) -> Any:
    span = (left_of(strip), right_of(strip))
    return new_effect(strips_of(owner_of(strip)), "otio-bridge", "COLOR", SCRATCH, span, ())


def _renew_relations(strip: Any) -> None:
    """Make Blender see what effects look at now.

    Blender 5.2 remembers which effects work on a strip until strips come or go, and removes them
    together with a strip that they looked at before.
    """
    strips_of(owner_of(strip)).remove(_stand_in(strip))
