"""The human body: the stored mesh, one performer's rest body, and skinning (linear blend)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np

from otio_bridge.previz.geometry import Array, unit

FLOOR = 0.823
"""Height of the mesh origin above the soles, in metres."""
SHARED_REACH = 2.6
"""The stored build morphs are slight; this many times of them reads at a distance."""


@dataclass(frozen=True)
class Anatomy:
    """The stored body. V vertices, F triangles, B bones, S shapes."""

    shapes: Array
    """(S, V, 3) metres: whole bodies for woman, man, child; offsets for the others."""
    joints: Array
    """(S, B, 2, 3) head and tail of every bone."""
    faces: Array
    parts: Array
    """(F,) index into `part_names`."""
    uv: Array
    """(F, 3, 2) texture coordinates of every corner; u wraps at 1."""
    influences: Array
    """(V, 4) the bones that move a vertex."""
    strengths: Array
    """(V, 4) how much; rows sum to 1."""
    parents: tuple[int, ...]
    bones: tuple[str, ...]
    part_names: tuple[str, ...]
    shape_names: tuple[str, ...]

    def bone(self, name: str) -> int:
        """Return the number of a bone."""
        return self.bones.index(name)

    def part(self, name: str) -> int:
        """Return the number of a part."""
        return self.part_names.index(name)


@lru_cache(maxsize=1)
def anatomy() -> Anatomy:
    """Read the stored body once."""
    with (files("otio_bridge.previz") / "body.npz").open("rb") as stream:
        stored = dict(np.load(stream))
    strengths = stored["strengths"].astype(np.float32)
    return Anatomy(
        shapes=stored["shapes"].astype(np.float32) / 10000,
        joints=stored["joints"].astype(np.float64),
        faces=stored["faces"].astype(np.int64),
        parts=stored["parts"].astype(np.int64),
        uv=stored["uv"].astype(np.float32) / 4096,
        influences=stored["influences"].astype(np.int64),
        strengths=strengths / strengths.sum(1, keepdims=True),
        parents=tuple(int(p) for p in stored["parents"]),
        bones=tuple(str(b) for b in stored["bones"]),
        part_names=tuple(str(p) for p in stored["part_names"]),
        shape_names=tuple(str(s) for s in stored["shape_names"]),
    )


@dataclass(frozen=True)
class Body:
    """One performer's body at rest, standing on y = 0, facing z."""

    vertices: Array
    """(V, 3) metres."""
    normals: Array
    """(V, 3) unit."""
    heads: Array
    """(B, 3) where bones start."""
    tails: Array
    faces: Array
    """(F, 3) the triangles that are drawn."""
    parts: Array
    uv: Array

    def length(self, bone: str) -> float:
        """Return the length of a bone in metres."""
        index = anatomy().bone(bone)
        return float(np.linalg.norm(self.tails[index] - self.heads[index]))


def blended(build: dict[str, float]) -> tuple[Array, Array]:
    """Return vertices (V, 3) and joints (B, 2, 3) of a build, standing on the floor.

    Args:
        build: Weight of every shape; those of woman, man and child should sum to 1.
    """
    man = anatomy()
    weights = np.array([
        build.get(name, 0.0) * (1.0 if index < 3 or name == "tall" else SHARED_REACH)
        for index, name in enumerate(man.shape_names)
    ])  # fmt: skip
    vertices = np.tensordot(weights, man.shapes, axes=1)
    joints = np.tensordot(weights, man.joints, axes=1)
    floor = np.array([0.0, FLOOR, 0.0])
    return vertices + floor, joints + floor


def vertex_normals(vertices: Array, faces: Array) -> Array:
    """Return unit normals (V, 3), area-weighted over the faces around each vertex."""
    corners = vertices[faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    sums = [np.bincount(faces.ravel(), np.repeat(across[:, k], 3), len(vertices)) for k in range(3)]
    return unit(np.stack(sums, axis=1))


def skinned(body: Body, rotations: Array, heads: Array) -> tuple[Array, Array]:
    """Return posed vertices and normals (V, 3) in the world.

    Args:
        body: The body at rest.
        rotations: (B, 3, 3) world rotation of every bone against rest.
        heads: (B, 3) world place of every bone's start.
    """
    offsets = heads - np.einsum("bij,bj->bi", rotations, body.heads)
    motion = np.concatenate([rotations.reshape(-1, 9), offsets], axis=1).astype(np.float32)
    man = anatomy()
    carried = np.zeros((len(body.vertices), 12), np.float32)
    for k in range(man.strengths.shape[1]):
        carried += man.strengths[:, k, None] * motion[man.influences[:, k]]
    turn = carried[:, :9].reshape(-1, 3, 3)
    vertices = np.einsum("vij,vj->vi", turn, body.vertices) + carried[:, 9:]
    return vertices, np.einsum("vij,vj->vi", turn, body.normals)
