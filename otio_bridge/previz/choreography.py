"""Where everybody stands and what the hands do: one small score for every kind of contact."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from otio_bridge.previz.body import Body, anatomy
from otio_bridge.previz.geometry import Array, eased, mixed, turned, unit, vector
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
FAR = {"hug": 1.7, "handshake": 1.9, "carry": 1.5, "pass": 1.9, "rope": 2.3, "other": 1.6}
NEAR = {"hug": 0.36, "handshake": 0.86, "carry": 0.30, "pass": 0.84, "rope": 1.75, "other": 0.44}
"""Metres between the first two performers, apart and in contact."""
TURN = {"hug": 0.10, "handshake": 0.30, "carry": 0.0, "pass": 0.32, "rope": 0.38, "other": 1.15}
"""Radians by which the performers open up to the camera while they face each other."""


@dataclass(frozen=True)
class Cast:
    """The performers of a shot from left to right, and what they do."""

    bodies: tuple[Body, ...]
    kind: str
    holds_prop: bool
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


def posed(cast: Cast, moment: Moment) -> Scene:
    """Return the skeletons of all performers at one instant."""
    stances = [_stance(cast, index, moment) for index in range(len(cast.bodies))]
    bones = [stood(body, stance) for body, stance in zip(cast.bodies, stances, strict=True)]
    grips = [_grips(cast, index, bones, moment) for index in range(len(bones))]
    done = []
    for body, skeleton, hands in zip(cast.bodies, bones, grips, strict=True):
        for side in SIDES:
            skeleton = gripped(body, skeleton, side, hands[side])
        done.append(skeleton)
    return Scene(tuple(done), tuple(grips))


def place_of(cast: Cast, index: int, near: float) -> tuple[float, float]:
    """Return x and z of a performer on the floor."""
    gap = FAR[cast.kind] + (NEAR[cast.kind] - FAR[cast.kind]) * near
    if len(cast.bodies) == 1:
        return -0.5 * (1 - near), 0.0
    if index < 2:
        return (index - 0.5) * gap, 0.0
    side = 1.0 if index == 2 else -1.0
    return side * (0.5 * gap + 0.62 + 0.25 * (1 - near)), -0.30


def facing_of(cast: Cast, index: int) -> float:
    """Return the yaw of a performer, radians; a quarter turn looks to the right of the picture."""
    if len(cast.bodies) == 1:
        return 0.35
    opened = TURN[cast.kind]
    quarter = math.pi / 2
    if index < 2:
        return (1 - 2 * index) * (quarter - opened)
    return (-1.0 if index == 2 else 1.0) * (quarter - 0.75)


def _stance(cast: Cast, index: int, moment: Moment) -> Stance:
    body = cast.bodies[index]
    x, z = place_of(cast, index, moment.near)
    start = place_of(cast, index, 0.0)[0]
    yaw = facing_of(cast, index)
    left, right, lift = _steps(cast, index, moment, yaw)
    idle = math.sin(moment.sway + 2.1 * index)
    height = body.heads[anatomy().bone("pelvis")][1]
    moving = 4 * moment.near * (1 - moment.near)
    stance = Stance(
        pelvis=vector(x, height - 0.014 - 0.012 * moving, z),
        yaw=yaw + 0.04 * cast.wobble(index, 0, moment),
        tilt=0.03,
        lean=0.02 + 0.05 * moving + 0.015 * idle + 0.03 * cast.wobble(index, 1, moment),
        sway=0.02 * math.sin(moment.sway * 0.7 + index),
        twist=0.03 * idle,
        look_yaw=0.08 * cast.wobble(index, 2, moment) + _glance(cast, index),
        look_pitch=0.04 + 0.04 * math.sin(0.8 * moment.sway + index),
        feet=(left, right),
    )
    del start, lift
    return _acted(cast, index, stance, moment)


def _glance(cast: Cast, index: int) -> float:
    """Return how far the head turns from the chest towards the partner."""
    if len(cast.bodies) == 1:
        return -0.25
    away = TURN[cast.kind] if index < 2 else 0.4
    return (1.0 if index in (0, 3) else -1.0) * min(away, 0.75) * 0.8


def _steps(cast: Cast, index: int, moment: Moment, yaw: float) -> tuple[Array, Array, float]:
    """Return both ankles: planted in turn along the way that the performer walks."""
    x0, z0 = place_of(cast, index, 0.0)
    x1, z1 = place_of(cast, index, 1.0)
    way = vector(x1 - x0, 0, z1 - z0)
    length = float(np.linalg.norm(way))
    direction = unit(way)
    body = cast.bodies[index]
    rest = float(body.heads[anatomy().bone("foot_l")][1])
    walked = length * moment.near
    stride = length / max(1, round(length / 0.55))
    moving = eased(6 * moment.near * (1 - moment.near))
    sideways = turned(yaw) @ vector(1, 0, 0)
    ankles = []
    for phase, side in ((0.0, 1.0), (0.5, -1.0)):
        whole, part = divmod(walked / max(stride, 1e-6) + phase, 1.0)
        planted = (whole + (eased(part / 0.5) if part < 0.5 else 1.0) - phase) * stride
        lift = 0.06 * math.sin(math.pi * part / 0.5) * moving if part < 0.5 else 0.0
        ahead = walked + (planted - walked) * (0.35 + 0.65 * moving)
        place = vector(x0, rest + lift, z0) + direction * ahead + sideways * side * ANKLES
        ankles.append(place)
    return ankles[0], ankles[1], rest


def _acted(cast: Cast, index: int, stance: Stance, moment: Moment) -> Stance:
    """Return the stance bent by the kind of contact."""
    touch = moment.touch
    sign = 1.0 if index == 0 else -1.0
    if cast.kind == "hug" and len(cast.bodies) > 1:
        return replace(
            stance,
            lean=stance.lean + 0.16 * touch,
            look_yaw=stance.look_yaw + 0.35 * touch * (-1 if index else 1),
            look_roll=0.22 * touch,
            look_pitch=stance.look_pitch + 0.10 * touch,
        )
    if cast.kind in ("handshake", "pass"):
        bow = 0.10 + 0.03 * math.sin(moment.sway * 1.3)
        return replace(stance, lean=stance.lean + bow * touch)
    if cast.kind == "rope":
        pull = math.sin(1.9 * moment.seconds) * sign
        return _leaned_back(stance, (0.16 + 0.10 * pull) * touch)
    if cast.kind == "other" and index < 2:
        return replace(
            stance, sway=stance.sway + 0.12 * sign * touch, look_roll=-0.18 * sign * touch
        )
    if cast.kind == "carry" and len(cast.bodies) > 1:
        return _carry(cast, index, stance, moment)
    return stance


def _leaned_back(stance: Stance, amount: float) -> Stance:
    back = turned(stance.yaw) @ vector(0, 0, -1)
    return replace(
        stance,
        pelvis=stance.pelvis + back * amount * 0.7 + vector(0, -0.35 * abs(amount), 0),
        tilt=stance.tilt - amount * 0.8,
        look_pitch=stance.look_pitch + amount * 0.6,
    )


def _carry(cast: Cast, index: int, stance: Stance, moment: Moment) -> Stance:
    """Return the carrier bent forward, or the carried one riding on the back."""
    up = moment.touch
    if index == 0:
        return replace(
            stance, lean=stance.lean + 0.30 * up, yaw=mixed_yaw(stance.yaw, -0.6, moment.near)
        )
    return stance


def mixed_yaw(one: float, other: float, weight: float) -> float:
    """Return an angle on the way from one to another."""
    return one + (other - one) * weight


def _grips(cast: Cast, index: int, bones: Sequence[Bones], moment: Moment) -> dict[str, Grip]:
    body, own = cast.bodies[index], bones[index]
    swing = 0.35 * math.sin(5.0 * moment.near * math.pi) * 4 * moment.near * (1 - moment.near)
    hands = {
        side: hanging(body, own, side, swing * (1 if side == "l" else -1) + 0.05) for side in SIDES
    }
    wanted = _contact(cast, index, bones, moment)
    return {
        side: mixed_grip(hands[side], wanted[side], moment.touch) if side in wanted else hands[side]
        for side in SIDES
    }


def _contact(cast: Cast, index: int, bones: Sequence[Bones], moment: Moment) -> dict[str, Grip]:
    if len(bones) == 1:
        return {}
    other = bones[1 - index] if index < 2 else bones[0 if index == 3 else 1]
    if index >= 2:
        return _on_shoulder(bones[index], other)
    if cast.kind == "hug":
        return _hugging(cast, index, bones)
    if cast.kind == "handshake":
        return _shaking(bones, index, moment)
    return {}


def _middle(bones: Sequence[Bones]) -> Array:
    """Return the place between the first two chests, at elbow height."""
    chests = [skeleton.head("spine_03") for skeleton in bones[:2]]
    return mixed(chests[0], chests[1], 0.5) - vector(0, 0.10, 0)


def _shaking(bones: Sequence[Bones], index: int, moment: Moment) -> dict[str, Grip]:
    beat = math.sin(9.0 * moment.seconds) * 0.035 * (1 if moment.through < 0.85 else 0)
    sign = 1.0 if index == 0 else -1.0
    place = _middle(bones) + vector(-0.015 * sign, beat - 0.02, 0.05 + 0.012 * sign)
    grip = Grip(
        place,
        vector(sign, 0.12, 0),
        vector(0, 0, -sign),
        vector(-0.5 * sign, -1, 0.25 * sign),
        0.42,
    )
    return {"r": grip}


def _hugging(cast: Cast, index: int, bones: Sequence[Bones]) -> dict[str, Grip]:
    partner, body = bones[1 - index], cast.bodies[1 - index]
    chest = partner.turn("spine_03")
    back = chest @ vector(0, 0, -1)
    grips = {}
    for side, high in (("l", 0.16 if index == 0 else -0.02), ("r", -0.04 if index == 0 else 0.12)):
        across = (-1 if side == "l" else 1) * 0.085
        place = partner.place(body, "spine_03", body.heads[anatomy().bone("spine_03")])
        place = place + chest @ vector(across, high + 0.02, 0) + back * 0.165
        fingers = chest @ unit(vector(-across * 6, 0.45, 0))
        outwards = chest @ vector(across * 8, -0.2, 0.4)
        grips[side] = Grip(place, fingers, -back, outwards, 0.12)
    return grips


def _on_shoulder(own: Bones, other: Bones) -> dict[str, Grip]:
    shoulders = {side: other.head(f"upperarm_{side}") for side in SIDES}
    mine = own.head("spine_03")
    nearest = min(SIDES, key=lambda side: float(np.linalg.norm(shoulders[side] - mine)))
    place = shoulders[nearest] + vector(0, 0.065, 0)
    hand = min(SIDES, key=lambda side: float(np.linalg.norm(own.head(f"upperarm_{side}") - place)))
    return {hand: Grip(place, unit(place - mine), vector(0, -1, 0), vector(0, -1, -0.5), 0.2)}
