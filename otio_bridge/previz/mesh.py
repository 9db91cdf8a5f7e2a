"""Triangles ready to be drawn: what all bodies and props become before the z-buffer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from otio_bridge.previz.body import Body, skinned
from otio_bridge.previz.geometry import Array
from otio_bridge.previz.posing import Bones

NOBODY = -1


@dataclass(frozen=True)
class Mesh:
    """Triangles in the world with their textures. V vertices, F faces."""

    points: Array
    normals: Array
    faces: Array
    uv: Array
    """(F, 3, 2)."""
    layer: Array
    """(F,) texture of every face."""
    other: Array
    """(F,) a second texture, shown where `blend` says so."""
    blend: Array
    """(V,) 0 first texture, 1 second; values beyond are clipped per pixel."""
    two_sided: Array
    """(F,)."""
    nearer: Array
    """(V,) metres by which a vertex cheats towards the camera in the z-buffer."""
    parts: Array
    """(F,) body part, or -1 for props."""
    owner: int = NOBODY
    """Which performer, or -1."""

    def with_faces(self, chosen: Array) -> Mesh:
        """Return the mesh with some of its faces."""
        return replace(
            self, faces=self.faces[chosen], uv=self.uv[chosen], layer=self.layer[chosen],
            other=self.other[chosen], two_sided=self.two_sided[chosen], parts=self.parts[chosen],
        )  # fmt: skip


def mesh_of(
    points: Array, normals: Array, faces: Array, uv: Array, layer: Array, parts: Array, owner: int
) -> Mesh:
    """Return a mesh with plain textures."""
    count = len(points)
    return Mesh(
        points.astype(np.float32), normals.astype(np.float32), faces, uv, layer, layer,
        np.zeros(count, np.float32), np.zeros(len(faces), bool), np.zeros(count, np.float32),
        parts, owner,
    )  # fmt: skip


def figure(body: Body, bones: Bones, first_layer: int, owner: int, loose: Array) -> Mesh:
    """Return a posed body.

    Args:
        body: The body at rest.
        bones: Its skeleton in the world.
        first_layer: Texture of part 0; the others follow.
        owner: Which performer this is.
        loose: Parts that are seen from both sides, such as hair and skirt.
    """
    points, normals = skinned(body, bones.turns, bones.heads)
    mesh = mesh_of(
        points, normals, body.faces, body.uv, body.parts + first_layer, body.parts, owner
    )
    return replace(mesh, two_sided=np.isin(body.parts, loose))


def joined(meshes: Sequence[Mesh]) -> Mesh:
    """Return all meshes as one."""
    starts = np.cumsum([0] + [len(mesh.points) for mesh in meshes])
    return Mesh(
        np.concatenate([mesh.points for mesh in meshes]),
        np.concatenate([mesh.normals for mesh in meshes]),
        np.concatenate([mesh.faces + start for mesh, start in zip(meshes, starts, strict=False)]),
        np.concatenate([mesh.uv for mesh in meshes]),
        np.concatenate([mesh.layer for mesh in meshes]),
        np.concatenate([mesh.other for mesh in meshes]),
        np.concatenate([mesh.blend for mesh in meshes]),
        np.concatenate([mesh.two_sided for mesh in meshes]),
        np.concatenate([mesh.nearer for mesh in meshes]),
        np.concatenate([mesh.parts for mesh in meshes]),
    )
