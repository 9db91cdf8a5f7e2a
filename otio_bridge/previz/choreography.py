"""Where everybody stands and who holds what: from a moment of the shot to posed skeletons."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from otio_bridge.previz.body import Body, anatomy
from otio_bridge.previz.contact import Reach, held_prop, reaches
from otio_bridge.previz.geometry import Array, eased, turned, unit, vector
from otio_bridge.previz.moment import Moment, Variation
from otio_bridge.previz.posing import (
    SIDES,
    Bones,
    Grip,
    Stance,
    gripped,
    hanging,
    mixed_grip,
    stood,
)

ANKLES = 0.095
"""Metres from the middle to each ankle when standing."""
FAR = {"hug": 1.7, "handshake": 1.9, "carry": 1.15, "pass": 1.9, "rope": 2.2, "other": 1.5}
NEAR = {"hug": 0.34, "handshake": 0.86, "carry": 0.27, "pass": 0.92, "rope": 1.55, "other": 0.46}
"""Metres between the first two performers, apart and in contact."""
TURN = {"hug": 0.12, "handshake": 0.34, "carry": 0.72, "pass": 0.36, "rope": 0.40, "other": 1.2}
"""Radians by which the performers open up to the camera while they face each other."""
QUARTER = math.pi / 2


@dataclass(frozen=True)
class Cast:
    """The performers of a shot from left to right, and what they do."""

    bodies: tuple[Body, ...]
    kind: str
    prop_width: float | None
    """Metres from hand to hand; None without a prop."""
    variation: Variation

    def wobble(self, performer: int, which: int, moment: Moment) -> float:
        """Return one of the take's own small offsets, about -1..1."""
        offsets = self.variation.pose
        return offsets[(performer * 6 + which) % len(offsets)] * moment.jitter


@dataclass(frozen=True)
class Scene:
    """Everybody posed at one instant."""

    bones: tuple[Bones, ...]
    grips: tuple[dict[str, Grip], ...]
    prop: tuple[Array, Array] | None
    """Place and rotation of the prop; for a rope the places along it and no rotation."""


def posed(cast: Cast, moment: Moment) -> Scene:
    """Return the skeletons of all performers at one instant."""
    stances = [_stance(cast, index, moment) for index in range(len(cast.bodies))]
    bones = [stood(body, stance) for body, stance in zip(cast.bodies, stances, strict=True)]
    wanted = reaches(cast.kind, cast.bodies, bones, cast.prop_width, moment)
    grips = []
    for index, body in enumerate(cast.bodies):
        grips.append(_grips(cast, index, body, bones[index], wanted[index], moment))
        for side in SIDES:
            bones[index] = gripped(body, bones[index], side, grips[index][side])
    prop = None
    if cast.prop_width is not None:
        prop = held_prop(cast.kind, bones, grips, moment)
    return Scene(tuple(bones), tuple(grips), prop)


def _grips(
    cast: Cast, index: int, body: Body, own: Bones, wanted: dict[str, Reach], moment: Moment
) -> dict[str, Grip]:
    swing = 0.32 * math.sin(5.0 * moment.near * math.pi) * 4 * moment.near * (1 - moment.near)
    hands = {}
    for side, sign in zip(SIDES, (1, -1), strict=True):
        hang = hanging(body, own, side, swing * sign + 0.05)
        offset = 0.02 * vector(
            cast.wobble(index, 3, moment),
            cast.wobble(index, 4, moment),
            cast.wobble(index, 5, moment),
        )
        hang = replace(hang, place=hang.place + offset)
        reach = wanted.get(side)
        hands[side] = mixed_grip(hang, reach.grip, reach.weight) if reach else hang
    return hands


def place_of(cast: Cast, index: int, near: float) -> tuple[float, float]:
    """Return x and z of a performer on the floor."""
    gap = FAR[cast.kind] + (NEAR[cast.kind] - FAR[cast.kind]) * near
    if len(cast.bodies) == 1:
        return -0.5 * (1 - near), 0.0
    if cast.kind == "carry" and index < 2:
        back = turned(facing_of(cast, 0)) @ vector(0, 0, -gap)
        return (-0.16, 0.1) if index == 0 else (float(back[0]) - 0.16, float(back[2]) + 0.1)
    if index < 2:
        return (index - 0.5) * gap, 0.0
    side = 1.0 if index == 2 else -1.0
    return side * (0.5 * gap + 0.55 + 0.25 * (1 - near)), -0.34


def facing_of(cast: Cast, index: int) -> float:
    """Return the yaw of a performer, radians; a quarter turn looks to the right of the picture."""
    if len(cast.bodies) == 1:
        return 0.35
    opened = TURN[cast.kind]
    if cast.kind == "carry" and index < 2:
        return -(QUARTER - opened)
    if index < 2:
        return (1 - 2 * index) * (QUARTER - opened)
    return (-1.0 if index == 2 else 1.0) * (QUARTER - 0.75)


def _stance(cast: Cast, index: int, moment: Moment) -> Stance:
    body = cast.bodies[index]
    x, z = place_of(cast, index, moment.near)
    yaw = facing_of(cast, index)
    idle = math.sin(moment.sway + 2.1 * index)
    height = body.heads[anatomy().bone("pelvis")][1]
    moving = 4 * moment.near * (1 - moment.near)
    stance = Stance(
        pelvis=vector(x, height - 0.014 - 0.012 * moving, z),
        yaw=yaw + 0.05 * cast.wobble(index, 0, moment),
        tilt=0.03,
        lean=0.02 + 0.05 * moving + 0.015 * idle + 0.04 * cast.wobble(index, 1, moment),
        sway=0.02 * math.sin(moment.sway * 0.7 + index),
        twist=0.03 * idle,
        look_yaw=0.10 * cast.wobble(index, 2, moment) + _glance(cast, index),
        look_pitch=0.04 + 0.04 * math.sin(0.8 * moment.sway + index),
        feet=_steps(cast, index, moment, yaw),
    )
    return _acted(cast, index, stance, moment)


def _glance(cast: Cast, index: int) -> float:
    """Return how far the head turns from the chest towards the partner."""
    if len(cast.bodies) == 1 or cast.kind == "carry":
        return 0.25 if cast.kind == "carry" else -0.25
    away = TURN[cast.kind] if index < 2 else 0.4
    return (1.0 if index in (0, 3) else -1.0) * min(away, 0.75) * 0.6


def _steps(cast: Cast, index: int, moment: Moment, yaw: float) -> tuple[Array, Array]:
    """Return both ankles: planted in turn along the way that the performer walks."""
    x0, z0 = place_of(cast, index, 0.0)
    x1, z1 = place_of(cast, index, 1.0)
    way = vector(x1 - x0, 0, z1 - z0)
    distance = float(np.linalg.norm(way))
    direction = unit(way)
    rest = float(cast.bodies[index].heads[anatomy().bone("foot_l")][1])
    walked = distance * moment.near
    stride = distance / max(1, round(distance / 0.55))
    moving = eased(6 * moment.near * (1 - moment.near))
    sideways = turned(yaw) @ vector(1, 0, 0)
    ankles = []
    for phase, side in ((0.0, 1.0), (0.5, -1.0)):
        whole, part = divmod(walked / max(stride, 1e-6) + phase, 1.0)
        swing = min(part / 0.5, 1.0)
        planted = (whole + eased(swing) - phase) * stride
        lift = 0.06 * math.sin(math.pi * swing) * moving
        ahead = walked + (planted - walked) * (0.35 + 0.65 * moving)
        ankles.append(vector(x0, rest + lift, z0) + direction * ahead + sideways * side * ANKLES)
    return ankles[0], ankles[1]


def _acted(cast: Cast, index: int, stance: Stance, moment: Moment) -> Stance:
    """Return the stance bent by the kind of contact."""
    touch = moment.touch
    sign = 1.0 if index == 0 else -1.0
    if len(cast.bodies) == 1 or index > 1:
        return stance
    if cast.kind == "hug":
        return replace(
            stance, lean=stance.lean + 0.15 * touch,
            look_yaw=stance.look_yaw - 0.25 * sign * touch, look_roll=0.20 * touch,
            look_pitch=stance.look_pitch + 0.12 * touch,
        )  # fmt: skip
    if cast.kind in ("handshake", "pass"):
        bow = 0.10 + 0.03 * math.sin(moment.sway * 1.3)
        return replace(stance, lean=stance.lean + bow * touch)
    if cast.kind == "rope":
        pull = math.sin(1.9 * moment.seconds) * sign
        return _leaned_back(stance, (0.20 + 0.10 * pull) * touch)
    if cast.kind == "carry":
        return _carried(cast, stance, moment) if index else _carrying(stance, moment)
    rock = 0.02 * math.sin(1.6 * moment.seconds)
    return replace(
        stance, sway=stance.sway - (0.10 * sign + rock) * touch, look_roll=-0.16 * sign * touch
    )


def _leaned_back(stance: Stance, amount: float) -> Stance:
    back = turned(stance.yaw) @ vector(0, 0, -1)
    return replace(
        stance, pelvis=stance.pelvis + back * amount * 0.6 + vector(0, -0.45 * amount, 0),
        tilt=stance.tilt - amount, look_pitch=stance.look_pitch + amount * 0.7,
    )  # fmt: skip


def _carrying(stance: Stance, moment: Moment) -> Stance:
    bob = 0.012 * math.sin(4.2 * moment.seconds)
    return replace(
        stance, lean=stance.lean + 0.34 * moment.touch,
        pelvis=stance.pelvis + vector(0, (-0.03 + bob) * moment.touch, 0),
        look_pitch=stance.look_pitch - 0.25 * moment.touch,
    )  # fmt: skip


def _carried(cast: Cast, stance: Stance, moment: Moment) -> Stance:
    """Return the one who climbs on the other's back and holds on with the legs."""
    up, yaw = moment.touch, stance.yaw
    carrier = cast.bodies[0]
    seat = carrier.heads[anatomy().bone("pelvis")][1] + 0.10
    x, z = place_of(cast, 0, moment.near)
    feet = []
    for ankle, side in zip(stance.feet, (1.0, -1.0), strict=True):
        hooked = vector(x, seat - 0.46, z) + turned(yaw) @ vector(0.25 * side, 0, 0.24)
        feet.append(ankle + (hooked - ankle) * up)
    lifted = vector(0, (seat - stance.pelvis[1]) * up, 0)
    return replace(
        stance,
        pelvis=stance.pelvis + lifted,
        lean=stance.lean + 0.34 * up,
        feet=(feet[0], feet[1]),
        toes=(0.5 * up, 0.5 * up),
        knees=vector(0, 0.25 * up, 1.0),
        look_pitch=stance.look_pitch - 0.15 * up,
        look_yaw=0.3,
        look_roll=-0.12 * up,
    )
