"""Breaking a posed scene the way a failure event says: what is drawn instead of the right thing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from otio_bridge.previz.body import anatomy
from otio_bridge.previz.choreography import Scene
from otio_bridge.previz.failures import FailureEvent
from otio_bridge.previz.geometry import Array, turned, unit, vector
from otio_bridge.previz.look import dice
from otio_bridge.previz.mesh import Mesh, figure
from otio_bridge.previz.posing import Bones, Grip, gripped
from otio_bridge.previz.stage import Stage, loose_parts

UPPER = ("torso", "arm_l", "arm_r", "head", "hand_l", "hand_r", "hair", "eyes", "cap", "bun")
STAIN = {"torso": 0.33, "leg": 0.42}
"""Radius of a grown bleed, metres over the body at rest."""
HEIGHT = {"torso": 0.55, "leg": 0.80}
"""How far up its part a bleed begins."""
EMBRACES = ("hug", "carry", "other")
"""Kinds of contact in which arms and bodies cover each other."""
FLIP = 1.2
"""Metres by which a flipped arm cheats in depth."""
HALF = 0.28
"""Where a vanishing forearm begins, in v of an arm."""


@dataclass(frozen=True)
class Broken:
    """The wrong scene, and how far the picture has turned to it."""

    meshes: tuple[Mesh, ...]
    """Figures from left to right, then the prop, then what should not be there."""
    share: float = 1.0
    """0 the right picture, 1 the wrong one."""


@dataclass(frozen=True)
class Case:
    """One failure at one instant."""

    stage: Stage
    scene: Scene
    meshes: tuple[Mesh, ...]
    event: FailureEvent
    strength: float

    @property
    def victim(self) -> int:
        """Place from the left of the performer who suffers it."""
        return self.stage.order[self.event.performer]

    @property
    def partner(self) -> int:
        """Place of the other one; a stranger's place in the wardrobe when there is none."""
        place = self.stage.order[self.event.partner]
        return place if place != self.victim else len(self.stage.bodies)

    @property
    def side(self) -> str:
        """The arm or leg that the camera sees, either one when both are seen."""
        return self.visible_side(self.victim)

    def visible_side(self, performer: int) -> str:
        """Return which side of a performer is turned to the camera."""
        facing = float(self.scene.bones[performer].turn("pelvis")[0, 2])
        if abs(facing) < 0.55:
            return self.event.side
        return "r" if facing > 0 else "l"

    def first_layer(self, performer: int) -> int:
        """Return where a performer's textures begin."""
        return performer * len(anatomy().part_names)

    def with_mesh(self, index: int, mesh: Mesh, *extra: Mesh, share: float = 1.0) -> Broken:
        """Return the scene with one mesh replaced and others added."""
        meshes = list(self.meshes)
        meshes[index] = mesh
        return Broken((*meshes, *extra), share)


def broken(case: Case) -> Broken:
    """Return the meshes with the failure in them."""
    makers: dict[str, Callable[[Case], Broken]] = {
        "sleeve": _sleeve, "extra arm": _extra_arm, "graft": _graft, "torso": _bleed, "leg": _bleed,
        "into body": _prop_into_body, "through hand": _prop_through_hand, "whole": _swap,
        "upper": _swap, "forearm": _vanished, "arm": _vanished, "flip": _flipped,
    }  # fmt: skip
    return makers[case.event.mode](case)


def _parts(*names: str) -> Array:
    return np.array([anatomy().part(name) for name in names])


def _sleeve(case: Case) -> Broken:
    mesh = case.meshes[case.victim]
    chosen = np.isin(mesh.parts, _parts(f"arm_{case.side}", f"hand_{case.side}"))
    blend = mesh.blend.copy()
    blend[np.unique(mesh.faces[chosen])] = case.strength
    other = np.where(chosen, mesh.parts + case.first_layer(case.partner), mesh.other)
    return case.with_mesh(case.victim, replace(mesh, blend=blend, other=other))


def _extra_arm(case: Case) -> Broken:
    return Broken(
        (*case.meshes, _arm_on(case, case.victim, case.victim)), min(1.0, 2.5 * case.strength)
    )


def _graft(case: Case) -> Broken:
    """Return the victim's arm growing out of the partner, and gone where it belongs."""
    if case.partner >= len(case.stage.bodies):
        return _extra_arm(case)
    mesh = case.meshes[case.victim]
    lost = np.isin(mesh.parts, _parts(f"arm_{case.side}", f"hand_{case.side}"))
    rest = mesh.with_faces(~lost) if case.strength > 0.5 else mesh
    arm = _arm_on(case, case.partner, case.victim)
    return case.with_mesh(case.victim, rest, arm, share=min(1.0, 2.5 * case.strength))


def _arm_on(case: Case, bearer: int, dresser: int) -> Mesh:
    """Return one more arm on a performer, in somebody's costume, grown by the strength."""
    body, bones = case.stage.bodies[bearer], case.scene.bones[bearer]
    side = case.visible_side(bearer)
    roll = dice("arm", case.event.seed)
    shoulder = bones.head(f"upperarm_{side}")
    away = float(np.sign(bones.turn("pelvis")[0, 2])) or 1.0
    reach = vector(away * roll.uniform(0.10, 0.45), roll.uniform(0.35, 0.75), 0.30)
    place = shoulder + 0.95 * unit(reach) * body.length(f"upperarm_{side}") * 1.9
    grip = Grip(place, unit(reach), vector(0, -1, 0.3), vector(-away, -0.8, 0.2), 0.3)
    posed = gripped(body, bones, side, grip)
    mesh = figure(body, posed, case.first_layer(dresser), bearer, loose_parts())
    mesh = mesh.with_faces(np.isin(mesh.parts, _parts(f"arm_{side}", f"hand_{side}")))
    grown = shoulder + (mesh.points - shoulder) * (0.45 + 0.55 * case.strength)
    return replace(mesh, points=(grown + vector(0, -0.09, 0.03)).astype(np.float32))


def _bleed(case: Case) -> Broken:
    """Return the victim with a growing stain of the partner's costume."""
    mesh, body = case.meshes[case.victim], case.stage.bodies[case.victim]
    yaw = np.arctan2(*case.scene.bones[case.victim].turn("pelvis")[[0, 2], 2])
    roll = dice("bleed", case.event.seed)
    toward = turned(-yaw + roll.uniform(-0.4, 0.4)) @ vector(0, 0, 1)
    below = ("hips", "skirt", f"leg_{case.side}")
    parts = _parts("torso") if case.event.mode == "torso" else _parts(*below)
    candidates = np.unique(body.faces[np.isin(body.parts, parts)])
    places = body.vertices[candidates]
    height = places[:, 1].min() + np.ptp(places[:, 1]) * HEIGHT[case.event.mode]
    centre = places[(places @ toward - 2.0 * np.abs(places[:, 1] - height)).argmax()]
    distance = np.linalg.norm(body.vertices - centre, axis=1)
    ragged = np.sin(body.vertices * 31 + roll.uniform(0, 6, 3)).sum(1) * 0.03
    radius = STAIN[case.event.mode] * case.strength
    other = mesh.parts + case.first_layer(case.partner)
    blend = (radius + ragged - distance) / 0.025
    return case.with_mesh(case.victim, replace(mesh, blend=blend.astype(np.float32), other=other))


def _swap(case: Case) -> Broken:
    """Return the partner's look on the victim's skeleton, whole or from the waist up."""
    body = case.stage.wardrobe[case.partner]
    bones = case.scene.bones[case.victim]
    worn = figure(body, bones, case.first_layer(case.partner), case.victim, loose_parts())
    if case.event.mode == "whole":
        return case.with_mesh(case.victim, worn, share=case.strength)
    mesh = case.meshes[case.victim]
    lower = mesh.with_faces(~np.isin(mesh.parts, _parts(*UPPER)))
    upper = worn.with_faces(np.isin(worn.parts, _parts(*UPPER)))
    return case.with_mesh(case.victim, lower, upper, share=case.strength)


def _vanished(case: Case) -> Broken:
    mesh = case.meshes[case.victim]
    arm = mesh.parts == anatomy().part(f"arm_{case.side}")
    if case.event.mode == "forearm":
        arm &= mesh.uv[:, :, 1].mean(1) > HALF
    gone = arm | (mesh.parts == anatomy().part(f"hand_{case.side}"))
    return case.with_mesh(case.victim, mesh.with_faces(~gone), share=min(1.0, 3 * case.strength))


def _flipped(case: Case) -> Broken:
    """Return the arms on the wrong side of the bodies; where none overlap, an arm is gone."""
    if case.stage.request.kind not in EMBRACES:
        return _vanished(case)
    mesh = case.meshes[case.victim]
    far = "l" if case.side == "r" else "r"
    nearer = mesh.nearer.copy()
    for side, shift in ((far, FLIP), (case.side, -FLIP)):
        chosen = np.isin(mesh.parts, _parts(f"arm_{side}", f"hand_{side}"))
        nearer[np.unique(mesh.faces[chosen])] = shift
    return case.with_mesh(
        case.victim, replace(mesh, nearer=nearer), share=min(1.0, 3 * case.strength)
    )


def _prop_into_body(case: Case) -> Broken:
    index = len(case.stage.bodies)
    prop = case.meshes[index]
    bones: Bones = case.scene.bones[case.victim]
    surface = bones.turn("spine_02") @ vector(0, 0.06, 0.10) + vector(0, 0, 0.09)
    goal = bones.head("spine_02") + surface
    middle = prop.points.mean(0)
    nearest = prop.points[np.linalg.norm(prop.points - goal, axis=1).argmin()]
    start = nearest if np.ptp(prop.points, axis=0).max() > 0.9 else middle
    step = (goal - start) * case.strength
    return case.with_mesh(index, replace(prop, points=(prop.points + step).astype(np.float32)))


def _prop_through_hand(case: Case) -> Broken:
    """Return the prop slipping up through the hand, drawn over it, and floating free."""
    index = len(case.stage.bodies)
    prop = case.meshes[index]
    sign = 1.0 if case.event.side == "l" else -1.0
    step = vector(0.17 * sign, 0.27, 0.10) * case.strength
    nearer = np.full(len(prop.points), 0.6 if case.strength > 0.25 else 0.0, np.float32)
    points = (prop.points + step).astype(np.float32)
    return case.with_mesh(index, replace(prop, points=points, nearer=nearer))
