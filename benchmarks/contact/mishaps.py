"""More ways for bodies to go wrong than the offline provider has: those of the drawn figures too.

A judge learns what it is shown; pictures of other kinds fail in all these ways.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from otio_bridge.model import FailureKind
from otio_bridge.previz import FailureEvent
from otio_bridge.previz.body import anatomy
from otio_bridge.previz.breaking import HALF, Broken, Case, broken
from otio_bridge.previz.geometry import Array, about, vector
from otio_bridge.previz.look import dice
from otio_bridge.previz.mesh import Mesh

MODES: dict[FailureKind, tuple[str, ...]] = {
    "limb_misattribution": (
        "turned arm", "turned arm", "turned arm", "moved arm", "moved leg", "sleeve",
        "forearm sleeve", "trouser leg", "extra arm", "graft",
    ),
    "texture_bleed": ("arm stain", "wide stain", "torso", "leg"),
    "prop_pass_through": ("gone", "behind", "into body", "through hand"),
    "identity_swap": ("both", "whole", "upper"),
    "occlusion_pop": ("leg gone", "hand gone", "arm behind", "forearm", "arm", "flip"),
}  # fmt: skip
"""By kind, as often as they stand here."""
STAIN = {"arm stain": 0.5, "wide stain": 0.75}
"""Radius of a grown stain, metres over the body at rest."""
BEHIND = 1.2
"""Metres by which what lies in front cheats away from the camera."""


def mishaps(events: Sequence[FailureEvent], rng: np.random.Generator) -> tuple[FailureEvent, ...]:
    """Return the events, each in a way drawn from MODES."""
    return tuple(replace(one, mode=str(rng.choice(MODES[one.kind]))) for one in events)


def broken_widely(case: Case) -> Broken:
    """Return the meshes with the failure in them, the provider's ways or those of this module."""
    makers: dict[str, Callable[[Case], Broken]] = {
        "turned arm": _turned_arm, "moved arm": _moved, "moved leg": _moved,
        "forearm sleeve": _worn, "trouser leg": _worn,
        "arm stain": _stain, "wide stain": _stain,
        "gone": _prop_gone, "behind": _prop_behind, "both": _both,
        "leg gone": _gone, "hand gone": _gone, "arm behind": _behind,
    }  # fmt: skip
    return makers.get(case.event.mode, broken)(case)


def _chosen(mesh: Mesh, *names: str) -> Array:
    return np.isin(mesh.parts, [anatomy().part(name) for name in names])


def _limb(case: Case, performer: int, limb: str) -> Array:
    """Return which faces are the arm or the leg that the camera sees."""
    side = case.visible_side(performer)
    parts = ("arm", "hand") if limb == "arm" else ("leg", "shoe")
    return _chosen(case.meshes[performer], *(f"{part}_{side}" for part in parts))


def _root(case: Case, performer: int, limb: str) -> Array:
    bone = "upperarm" if limb == "arm" else "thigh"
    return case.scene.bones[performer].head(f"{bone}_{case.visible_side(performer)}")


def _turned_arm(case: Case) -> Broken:
    """Return a third arm: the victim's own once more, turned at the shoulder."""
    mesh, roll = case.meshes[case.victim], dice("turned", case.event.seed)
    arm = mesh.with_faces(_limb(case, case.victim, "arm"))
    shoulder = _root(case, case.victim, "arm")
    axis = vector(roll.uniform(-0.5, 0.5), roll.uniform(-0.5, 0.5), 1.0)
    turn = about(axis, roll.choice((-1, 1)) * roll.uniform(0.7, 1.9))
    placed = shoulder + (arm.points - shoulder) @ turn.T + vector(0, -0.03, 0.05)
    nearer = np.full(len(placed), roll.uniform(0, 0.5), np.float32)
    grown = replace(
        arm, points=placed.astype(np.float32), normals=(arm.normals @ turn.T).astype(np.float32),
        nearer=nearer,
    )  # fmt: skip
    return Broken((*case.meshes, grown), case.strength)


def _moved(case: Case) -> Broken:
    """Return the victim's arm or leg on the partner, fading where it belongs."""
    limb = case.event.mode.removeprefix("moved ")
    mesh = case.meshes[case.victim]
    if case.partner >= len(case.stage.bodies):
        return _turned_arm(case)
    mine = _limb(case, case.victim, limb)
    step = _root(case, case.partner, limb) - _root(case, case.victim, limb) + vector(0, 0, 0.05)
    points = (mesh.points + step).astype(np.float32)
    nearer = np.full(len(points), 0.3, np.float32)
    moved = replace(mesh.with_faces(mine), points=points, nearer=nearer)
    return case.with_mesh(case.victim, mesh.with_faces(~mine), moved, share=case.strength)


def _worn(case: Case) -> Broken:
    """Return the partner's costume on a forearm or a leg of the victim."""
    mesh = case.meshes[case.victim]
    chosen = _limb(case, case.victim, "leg" if case.event.mode == "trouser leg" else "arm")
    if case.event.mode == "forearm sleeve":
        chosen &= mesh.uv[:, :, 1].mean(1) > HALF
    blend = mesh.blend.copy()
    blend[np.unique(mesh.faces[chosen])] = case.strength
    other = np.where(chosen, mesh.parts + case.first_layer(case.partner), mesh.other)
    return case.with_mesh(case.victim, replace(mesh, blend=blend, other=other))


def _stain(case: Case) -> Broken:
    """Return the victim with a growing stain of the partner's costume, on an arm or anywhere."""
    mesh, body = case.meshes[case.victim], case.stage.bodies[case.victim]
    arm_only = case.event.mode == "arm stain"
    roll, first = dice("stain", case.event.seed), case.first_layer(case.partner)
    parts = _limb(case, case.victim, "arm") if arm_only else _chosen(mesh, "torso", "hips")
    inside = np.unique(mesh.faces[parts])
    centre = body.vertices[roll.choice(inside)]
    distance = np.linalg.norm(body.vertices - centre, axis=1)
    ragged = np.sin(body.vertices * 31 + roll.uniform(0, 6, 3)).sum(1) * 0.03
    blend = ((STAIN[case.event.mode] * case.strength + ragged - distance) / 0.025).clip(-9, 9)
    if arm_only:
        blend[np.setdiff1d(np.arange(len(blend)), inside)] = -9.0
    other = np.where(arm_only & parts, anatomy().part("torso"), mesh.parts) + first
    return case.with_mesh(case.victim, replace(mesh, blend=blend.astype(np.float32), other=other))


def _prop_gone(case: Case) -> Broken:
    index = len(case.stage.bodies)
    return Broken((*case.meshes[:index], *case.meshes[index + 1 :]), case.strength)


def _prop_behind(case: Case) -> Broken:
    """Return the prop sunk to the middle of the victim, behind everything there."""
    index = len(case.stage.bodies)
    prop = case.meshes[index]
    step = (case.scene.bones[case.victim].head("spine_02") - prop.points.mean(0)) * case.strength
    away = -BEHIND if case.strength > 0.5 else 0.0
    nearer = np.full(len(prop.points), away, np.float32)
    points = (prop.points + 0.9 * step).astype(np.float32)
    return case.with_mesh(index, replace(prop, points=points, nearer=nearer))


def _both(case: Case) -> Broken:
    """Return victim and partner in each other's whole look."""
    one = broken(replace(case, event=replace(case.event, mode="whole")))
    if case.partner >= len(case.stage.bodies):
        return one
    back = replace(case.event, mode="whole", performer=case.event.partner,
                   partner=case.event.performer)  # fmt: skip
    other = broken(replace(case, event=back))
    return replace(one, meshes=tuple(
        other.meshes[i] if i == case.partner else mesh for i, mesh in enumerate(one.meshes)
    ))  # fmt: skip


def _gone(case: Case) -> Broken:
    mesh = case.meshes[case.victim]
    gone = _limb(case, case.victim, "leg" if case.event.mode == "leg gone" else "arm")
    if case.event.mode == "hand gone":
        gone &= _chosen(mesh, "hand_l", "hand_r")
    return case.with_mesh(case.victim, mesh.with_faces(~gone), share=min(1.0, 3 * case.strength))


def _behind(case: Case) -> Broken:
    """Return the arm in view behind everybody, or that out of view before them."""
    mesh = case.meshes[case.victim]
    nearer = mesh.nearer.copy()
    nearer[np.unique(mesh.faces[_limb(case, case.victim, "arm")])] = -BEHIND
    return case.with_mesh(
        case.victim, replace(mesh, nearer=nearer), share=min(1.0, 3 * case.strength)
    )
