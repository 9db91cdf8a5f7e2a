"""From a pose in plain words (where the pelvis is, where the hands go) to bones in the world."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from otio_bridge.previz.body import Body, anatomy
from otio_bridge.previz.geometry import (
    Array,
    about,
    bent,
    cross,
    frame,
    length,
    mixed,
    turned,
    unit,
    vector,
)

SIDES = ("l", "r")
FINGERS = ("index", "middle", "ring", "pinky", "thumb")
PALM = (0.085, 0.022)
"""Metres from the wrist along the fingers, and out of the palm, to the middle of a grip."""


@dataclass(frozen=True)
class Grip:
    """Where one hand goes, in the world."""

    place: Array
    """Middle of the palm."""
    fingers: Array
    """Direction in which the fingers point."""
    palm: Array
    """Direction that the palm faces."""
    elbow: Array
    """Direction to which the elbow points."""
    curl: float = 0.35
    """0 flat hand, 1 fist."""


@dataclass(frozen=True)
class Stance:
    """Pelvis, spine, head and feet of one performer in the world."""

    pelvis: Array
    """Place of the pelvis joint, metres."""
    yaw: float = 0.0
    """Radians to the left of the camera direction."""
    tilt: float = 0.0
    """Forward pitch of the pelvis, radians."""
    lean: float = 0.0
    """Forward bend spread over the spine."""
    sway: float = 0.0
    """Bend to the performer's right spread over the spine."""
    twist: float = 0.0
    look_yaw: float = 0.0
    look_pitch: float = 0.0
    look_roll: float = 0.0
    feet: tuple[Array, Array] = field(default=(np.zeros(3), np.zeros(3)))
    """Left and right ankle."""
    toes: tuple[float, float] = (0.0, 0.0)
    """Pitch of the feet, radians."""
    knees: Array = field(default_factory=lambda: vector(0, 0, 1))
    """Direction to which the knees point, in the pelvis' frame."""


@dataclass(frozen=True)
class Bones:
    """A posed skeleton: world rotation and start of every bone."""

    turns: Array
    """(B, 3, 3)."""
    heads: Array
    """(B, 3)."""

    def place(self, body: Body, bone: str, rest: Array) -> Array:
        """Return where a rest place that moves with a bone is now."""
        index = anatomy().bone(bone)
        return np.asarray(self.heads[index] + self.turns[index] @ (rest - body.heads[index]))

    def head(self, bone: str) -> Array:
        """Return the world place of a bone's start."""
        return np.asarray(self.heads[anatomy().bone(bone)])

    def turn(self, bone: str) -> Array:
        """Return the world rotation of a bone."""
        return np.asarray(self.turns[anatomy().bone(bone)])


def mixed_grip(one: Grip, other: Grip, weight: float) -> Grip:
    """Return a hand on its way from one grip to another."""
    return Grip(
        mixed(one.place, other.place, weight),
        unit(mixed(one.fingers, other.fingers, weight) + 1e-4),
        unit(mixed(one.palm, other.palm, weight) + 1e-4),
        unit(mixed(one.elbow, other.elbow, weight) + 1e-4),
        one.curl + (other.curl - one.curl) * weight,
    )


def stood(body: Body, stance: Stance) -> Bones:
    """Return the skeleton with trunk, head and legs posed; arms hang as at rest."""
    man = anatomy()
    count = len(man.bones)
    turns, heads = np.tile(np.eye(3), (count, 1, 1)), np.zeros((count, 3))
    for index, name in enumerate(man.bones):
        parent = man.parents[index]
        if name in ("Root", "pelvis"):
            turns[index] = turned(stance.yaw, stance.tilt)
            heads[index] = stance.pelvis
            continue
        heads[index] = heads[parent] + turns[parent] @ (body.heads[index] - body.heads[parent])
        turns[index] = turns[parent] @ _share(name, stance)
    bones = Bones(turns, heads)
    for side, ankle, pitch in zip(SIDES, stance.feet, stance.toes, strict=True):
        bones = _stepped(body, bones, side, ankle, pitch, stance)
    return bones


def _share(bone: str, stance: Stance) -> Array:
    if bone.startswith("spine"):
        return turned(stance.twist / 3, stance.lean / 3, stance.sway / 3)
    if bone in ("neck_01", "head"):
        return turned(stance.look_yaw / 2, stance.look_pitch / 2, stance.look_roll / 2)
    return np.eye(3)


def _stepped(
    body: Body, bones: Bones, side: str, ankle: Array, pitch: float, stance: Stance
) -> Bones:
    hip = bones.head(f"thigh_{side}")
    forward = bones.turn("pelvis") @ stance.knees
    limb = [f"thigh_{side}", f"calf_{side}", f"foot_{side}"]
    bones = _reached(body, bones, limb, hip, ankle, forward, vector(0, 0, 1))
    flat = turned(stance.yaw, pitch)
    return _carried(body, bones, f"foot_{side}", flat)


def _reached(
    body: Body,
    bones: Bones,
    limb: list[str],
    root: Array,
    goal: Array,
    pole: Array,
    rest_pole: Array,
) -> Bones:
    """Bend a two-bone limb so that its end bone starts at the goal."""
    man = anatomy()
    first, second, end = (man.bone(name) for name in limb)
    rest = body.heads[[first, second, end]]
    upper, lower = (length(rest[k + 1] - rest[k]) for k in (0, 1))
    middle, reached = bent(root, goal, upper, lower, pole)
    rest_side = rest[1] - (rest[0] + rest[2]) / 2 + 0.02 * rest_pole
    rest_normal = cross(rest[2] - rest[0], rest_side)
    axis = reached - root
    normal = cross(axis, pole - (pole @ unit(axis)) * unit(axis))
    turns, heads = bones.turns.copy(), bones.heads.copy()
    turns[first] = frame(middle - root, normal) @ frame(rest[1] - rest[0], rest_normal).T
    turns[second] = frame(reached - middle, normal) @ frame(rest[2] - rest[1], rest_normal).T
    heads[first], heads[second], heads[end] = root, middle, reached
    return Bones(turns, heads)


def _carried(body: Body, bones: Bones, top: str, turn: Array) -> Bones:
    """Turn a bone and let everything below it follow stiffly."""
    man = anatomy()
    turns, heads = bones.turns.copy(), bones.heads.copy()
    start = man.bone(top)
    turns[start] = turn
    for index in range(start + 1, len(man.bones)):
        parent = man.parents[index]
        if parent == start or (parent > start and _below(parent, start)):
            heads[index] = heads[parent] + turns[parent] @ (body.heads[index] - body.heads[parent])
            turns[index] = turns[parent]
    return Bones(turns, heads)


def _below(bone: int, ancestor: int) -> bool:
    parents = anatomy().parents
    while bone > ancestor:
        bone = parents[bone]
    return bone == ancestor


def hand_frame(body: Body, side: str) -> Array:
    """Return the rest frame (3, 3) of a hand: finger direction, palm direction, and their cross."""
    man = anatomy()
    wrist = body.heads[man.bone(f"hand_{side}")]
    fingers = body.heads[man.bone(f"middle_01_{side}")] - wrist
    across = body.heads[man.bone(f"index_01_{side}")] - body.heads[man.bone(f"pinky_01_{side}")]
    palm = cross(fingers, across)
    thumb = body.tails[man.bone(f"thumb_03_{side}")] - wrist
    return frame(fingers, palm if palm @ thumb > 0 else -palm)


def gripped(body: Body, bones: Bones, side: str, grip: Grip) -> Bones:
    """Return the skeleton with one arm reaching for a grip."""
    hand = frame(grip.fingers, grip.palm)
    wrist = grip.place - PALM[0] * hand[:, 0] - PALM[1] * hand[:, 1]
    shoulder = bones.head(f"upperarm_{side}")
    limb = [f"upperarm_{side}", f"lowerarm_{side}", f"hand_{side}"]
    bones = _reached(body, bones, limb, shoulder, wrist, grip.elbow, vector(0, 0, -1))
    turn = hand @ hand_frame(body, side).T
    bones = _carried(body, bones, f"hand_{side}", turn)
    return _curled(body, bones, side, grip.curl, hand[:, 2])


def _curled(body: Body, bones: Bones, side: str, curl: float, axis: Array) -> Bones:
    man = anatomy()
    turns, heads = bones.turns.copy(), bones.heads.copy()
    for finger in FINGERS:
        strength = 0.45 if finger == "thumb" else 1.25
        for joint in ("01", "02", "03"):
            index = man.bone(f"{finger}_{joint}_{side}")
            parent = man.parents[index]
            heads[index] = heads[parent] + turns[parent] @ (body.heads[index] - body.heads[parent])
            turns[index] = about(axis, curl * strength * 0.9) @ turns[parent]
    return Bones(turns, heads)


def hanging(body: Body, bones: Bones, side: str, swing: float = 0.0, spread: float = 0.16) -> Grip:
    """Return the grip of an arm that hangs beside the body.

    Args:
        body: The body at rest.
        bones: Its skeleton, trunk posed.
        side: "l" or "r".
        swing: Radians forward.
        spread: Sideways share of the direction.
    """
    chest = bones.turn("spine_03")
    sign = 1.0 if side == "l" else -1.0
    shoulder = bones.head(f"upperarm_{side}")
    reach = body.length(f"upperarm_{side}") + body.length(f"lowerarm_{side}") + PALM[0]
    down = turned(0.0, -swing) @ unit(vector(spread * sign, -1.0, 0.10))
    return Grip(
        shoulder + chest @ down * reach * 0.97,
        chest @ unit(vector(0.02 * sign, -1.0, 0.16)),
        chest @ vector(-sign, 0, 0.12),
        chest @ vector(0.35 * sign, 0, -1.0),
        0.32,
    )


def shifted(stance: Stance, by: Array) -> Stance:
    """Return the stance moved over the floor, feet included."""
    left, right = stance.feet
    return replace(stance, pelvis=stance.pelvis + by, feet=(left + by, right + by))
