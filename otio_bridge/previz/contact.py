"""What the hands do in every kind of contact, and where the prop is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from otio_bridge.previz.body import Body, anatomy
from otio_bridge.previz.geometry import Array, eased, mixed, unit, vector
from otio_bridge.previz.moment import Moment
from otio_bridge.previz.posing import SIDES, Bones, Grip

TAKEN, GIVEN = 0.34, 0.62
"""Shares of the contact at which the second hand takes a passed prop and the first lets go."""


@dataclass(frozen=True)
class Reach:
    """A hand on its way to a grip."""

    grip: Grip
    weight: float
    """0 hanging, 1 there."""


def reaches(
    kind: str, bodies: Sequence[Body], bones: Sequence[Bones], prop: float | None, moment: Moment
) -> list[dict[str, Reach]]:
    """Return for every performer which hands go where.

    Args:
        kind: The kind of contact.
        bodies: The performers from left to right.
        bones: Their skeletons, arms not yet posed.
        prop: Width of the prop between two hands; None without.
        moment: The instant.
    """
    hands: list[dict[str, Reach]] = [{} for _ in bones]
    if len(bones) == 1:
        return [_alone(bones[0], prop, moment)]
    pair = {
        "hug": _hug, "handshake": _handshake, "carry": _carry, "pass": _pass, "rope": _rope,
    }.get(kind, _arm_around)  # fmt: skip
    hands[0], hands[1] = pair(bodies, bones, prop or 0.1, moment)
    for index in range(2, len(bones)):
        hands[index] = _on_shoulder(bones[index], bones[1 if index == 2 else 0], moment)
    if prop is not None and kind in ("handshake", "other"):
        hands[0]["l" if kind == "handshake" else "r"] = Reach(_before_belly(bones[0], kind), 1.0)
    return hands


def held_prop(
    kind: str, bones: Sequence[Bones], grips: Sequence[dict[str, Grip]], moment: Moment
) -> tuple[Array, Array]:
    """Return place and rotation of the prop; for a rope the places along it twice."""
    if kind == "rope" and len(bones) > 1:
        path = _rope_path(grips, moment)
        return path, path
    if kind == "pass" and len(bones) > 1:
        share = _handed_over(moment)
        turns = mixed(bones[0].turn("spine_03"), bones[1].turn("spine_03"), share)
        along, _, back = (unit(turns[:, k]) for k in range(3))
        return _passing_place(bones, moment), np.stack([along, np.cross(back, along), back], axis=1)
    side = {"handshake": "l", "other": "r", "hug": "r", "carry": "l"}.get(kind, "r")
    holder = 1 if kind == "carry" and len(bones) > 1 else 0
    grip = grips[holder][side]
    turn = bones[holder].turn("pelvis")
    return grip.place + 0.035 * grip.palm + vector(0, 0.02, 0), turn


def _grip(place: Array, fingers: Array, palm: Array, elbow: Array, curl: float) -> Grip:
    return Grip(place, unit(fingers), unit(palm), unit(elbow), curl)


def _middle(bones: Sequence[Bones]) -> Array:
    """Return the place between the first two chests, at elbow height."""
    return mixed(bones[0].head("spine_03"), bones[1].head("spine_03"), 0.5) - vector(0, 0.10, 0)


def _handshake(
    bodies: Sequence[Body], bones: Sequence[Bones], prop: float, moment: Moment
) -> tuple[dict[str, Reach], dict[str, Reach]]:
    beat = math.sin(9.0 * moment.seconds) * 0.035 * (1 if moment.through < 0.85 else 0)
    hands = []
    for sign in (1.0, -1.0):
        place = _middle(bones) + vector(-0.012 * sign, beat, 0.06 + 0.014 * sign)
        grip = _grip(
            place,
            vector(sign, 0.10, 0),
            vector(0, 0, -sign),
            vector(-0.5 * sign, -1, 0.25 * sign),
            0.42,
        )
        hands.append({"r": Reach(grip, moment.touch)})
    return hands[0], hands[1]


def back_depth(body: Body, above: float) -> float:
    """Return metres from the chest joint to the skin of the back, at a height above the joint."""
    joint = body.heads[anatomy().bone("spine_03")]
    beside = np.abs(np.abs(body.vertices[:, 0]) - 0.075) < 0.03
    level = np.abs(body.vertices[:, 1] - joint[1] - above) < 0.05
    return float(joint[2] - body.vertices[beside & level][:, 2].min())


def _hug(
    bodies: Sequence[Body], bones: Sequence[Bones], prop: float, moment: Moment
) -> tuple[dict[str, Reach], dict[str, Reach]]:
    rub = 0.02 * math.sin(3.0 * moment.seconds)
    hands = []
    for index, highs in enumerate(({"l": 0.17, "r": -0.04}, {"l": -0.06, "r": 0.14})):
        partner = bones[1 - index]
        chest, place = partner.turn("spine_03"), partner.head("spine_03")
        back = chest @ vector(0, 0, -1)
        own = {}
        for side, high in highs.items():
            across = -0.075 if side == "l" else 0.075
            depth = back_depth(bodies[1 - index], high + 0.04)
            at = place + chest @ vector(across, high + 0.04 + rub, 0) + back * depth
            fingers = chest @ vector(-across * 8, 0.4, 0)
            outwards = chest @ vector(across * 10, -0.4, -0.1)
            own[side] = Reach(_grip(at, fingers, -back, outwards, 0.10), moment.touch)
        hands.append(own)
    return hands[0], hands[1]


def _carry(
    bodies: Sequence[Body], bones: Sequence[Bones], prop: float, moment: Moment
) -> tuple[dict[str, Reach], dict[str, Reach]]:
    carrier, rider = bones[0], bones[1]
    hips, chest = carrier.turn("pelvis"), carrier.turn("spine_03")
    below, above = {}, {}
    for side, sign in zip(SIDES, (1.0, -1.0), strict=True):
        thigh = mixed(rider.head(f"thigh_{side}"), rider.head(f"calf_{side}"), 0.62)
        under = thigh + vector(0, -0.07, 0)
        grip = _grip(
            under,
            hips @ vector(-0.5 * sign, 0.1, 0.6),
            vector(0, 1, 0),
            hips @ vector(sign, -0.2, -0.8),
            0.5,
        )
        below[side] = Reach(grip, moment.touch)
        front = carrier.head("spine_03") + chest @ vector(-0.03 * sign, 0.20, 0.15)
        hold = _grip(
            front,
            chest @ vector(-0.6 * sign, -0.8, 0.1),
            chest @ vector(0, 0, -1),
            chest @ vector(sign, -0.5, 0.3),
            0.3,
        )
        above[side] = Reach(hold, moment.touch)
    return below, above


def _handed_over(moment: Moment) -> float:
    """Return how far the prop has come from the first performer to the second."""
    return 0.5 * eased(moment.through / TAKEN) + 0.5 * eased((moment.through - GIVEN) / (1 - GIVEN))


def _passing_place(bones: Sequence[Bones], moment: Moment) -> Array:
    near = [
        skeleton.head("spine_02") + skeleton.turn("pelvis") @ vector(-0.02, 0.0, 0.33)
        for skeleton in bones[:2]
    ]
    middle = mixed(near[0], near[1], 0.5) + vector(0, 0.06, 0.04)
    share = _handed_over(moment)
    if share < 0.5:
        return mixed(near[0], middle, 2 * share)
    return mixed(middle, near[1], 2 * share - 1)


def _pass(
    bodies: Sequence[Body], bones: Sequence[Bones], prop: float, moment: Moment
) -> tuple[dict[str, Reach], dict[str, Reach]]:
    place = _passing_place(bones, moment)
    first = 1 - eased((moment.through - GIVEN) / 0.16)
    second = eased((moment.through - TAKEN + 0.22) / 0.20)
    along = unit(bones[1].head("pelvis") - bones[0].head("pelvis"))
    hands = []
    for sign, weight, skeleton in ((1.0, first, bones[0]), (-1.0, second, bones[1])):
        own = {}
        turn = skeleton.turn("pelvis")
        for side, out in zip(SIDES, (1.0, -1.0), strict=True):
            sideways = turn @ vector(out, 0, 0)
            at = place + sideways * (prop / 2 + 0.012) - along * sign * 0.02
            grip = _grip(
                at,
                along * sign + vector(0, 0.15, 0),
                -sideways,
                sideways * 0.6 + vector(0, -1, 0),
                0.22,
            )
            own[side] = Reach(grip, weight)
        hands.append(own)
    return hands[0], hands[1]


def _rope(
    bodies: Sequence[Body], bones: Sequence[Bones], prop: float, moment: Moment
) -> tuple[dict[str, Reach], dict[str, Reach]]:
    along = unit((bones[1].head("pelvis") - bones[0].head("pelvis")) * vector(1, 0, 1))
    hands = []
    for sign, skeleton in ((1.0, bones[0]), (-1.0, bones[1])):
        belly = skeleton.head("spine_02") + vector(0, 0.06, 0.05)
        own = {}
        for side, ahead in (("l", 0.28 + 0.20 * (sign < 0)), ("r", 0.28 + 0.20 * (sign > 0))):
            at = belly + along * sign * ahead
            fingers = vector(0.2 * sign, 0.1, -sign if side == "r" else sign)
            grip = _grip(at, fingers, vector(0, -1, 0), vector(-0.3 * sign, -1, 0.3), 0.95)
            own[side] = Reach(grip, max(moment.touch, 0.75 * eased(moment.near)))
        hands.append(own)
    return hands[0], hands[1]


def _rope_path(grips: Sequence[dict[str, Grip]], moment: Moment) -> Array:
    """Return places along the rope: a tail, four hands with a sag between, a tail."""
    left = sorted(grips[0].values(), key=lambda grip: float(grip.place[0]))
    right = sorted(grips[1].values(), key=lambda grip: float(grip.place[0]))
    places = [grip.place + 0.012 * grip.palm for grip in (*left, *right)]
    slack = 0.22 * (1 - moment.touch) + 0.015
    middle = mixed(places[1], places[2], 0.5) - vector(
        0, slack + 0.02 * math.sin(7 * moment.seconds), 0
    )
    tails = [places[0] + vector(-0.10, -0.16, 0), places[0] + vector(-0.12, -0.55, 0.02)]
    ends = [places[3] + vector(0.10, -0.16, 0), places[3] + vector(0.12, -0.55, 0.02)]
    knots = np.array(
        [tails[1], tails[0], places[0], places[1], middle, places[2], places[3], *ends]
    )
    return _smoothed(knots)


def _smoothed(knots: Array) -> Array:
    """Return a Catmull-Rom curve through knots (N, 3), eight places between two."""
    padded = np.concatenate([knots[:1], knots, knots[-1:]])
    curve = []
    for k in range(len(knots) - 1):
        a, b, c, d = padded[k : k + 4]
        for t in np.arange(8) / 8:
            curve.append(
                0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2
                       + (3 * b - a - 3 * c + d) * t**3)
            )  # fmt: skip
    return np.array(curve)


def _arm_around(
    bodies: Sequence[Body], bones: Sequence[Bones], prop: float, moment: Moment
) -> tuple[dict[str, Reach], dict[str, Reach]]:
    one, other = bones[0], bones[1]
    shoulder = other.head("upperarm_l") + vector(0.02, 0.035, -0.035)
    around = _grip(
        shoulder, vector(0.7, -0.6, 0.5), vector(0, -0.6, 0.5), vector(0.2, -0.3, -1), 0.3
    )
    near = one.head("upperarm_l") + vector(-0.03, 0.05, 0.05)
    resting = _grip(near, vector(-1, 0.2, -0.3), vector(0, -0.8, -0.6), vector(0.3, -1, 0.6), 0.2)
    return {"l": Reach(around, moment.touch)}, {"r": Reach(resting, moment.touch)}


def _on_shoulder(own: Bones, other: Bones, moment: Moment) -> dict[str, Reach]:
    mine = own.head("spine_03")
    shoulders = [other.head(f"upperarm_{side}") for side in SIDES]
    nearest = min(shoulders, key=lambda place: float(np.linalg.norm(place - mine)))
    place = nearest + vector(0, 0.07, -0.02)
    hand = min(SIDES, key=lambda side: float(np.linalg.norm(own.head(f"upperarm_{side}") - place)))
    grip = _grip(place, place - mine, vector(0, -1, 0), vector(0, -1, -0.5), 0.2)
    return {hand: Reach(grip, moment.touch)}


def _before_belly(own: Bones, kind: str) -> Grip:
    """Return the grip that holds a prop before the body."""
    sign = 1.0 if kind == "handshake" else -1.0
    turn = own.turn("pelvis")
    place = own.head("spine_02") + turn @ vector(0.20 * sign, 0.02, 0.30)
    return _grip(
        place,
        turn @ vector(0, 0.2, 1),
        turn @ vector(-sign, 0.1, 0),
        turn @ vector(sign, -1, -0.5),
        0.4,
    )


def _alone(own: Bones, prop: float | None, moment: Moment) -> dict[str, Reach]:
    """Return what one does alone: hold the prop, or reach out where a partner would be."""
    turn = own.turn("pelvis")
    if prop is not None:
        return {"r": Reach(_before_belly(own, "other"), 1.0)}
    place = own.head("spine_03") + turn @ vector(0.02, 0.02, 0.48)
    grip = _grip(
        place, turn @ vector(0.1, 0.1, 1), turn @ vector(1, 0, 0), turn @ vector(-0.5, -1, 0), 0.25
    )
    return {"r": Reach(grip, moment.touch)}
