"""The meshes of one instant: every figure, and the prop where the hands are."""

from __future__ import annotations

import numpy as np

from otio_bridge.previz.choreography import Scene
from otio_bridge.previz.mesh import NOBODY, Mesh, figure, mesh_of
from otio_bridge.previz.props import rope_between
from otio_bridge.previz.solids import Solid, moved
from otio_bridge.previz.stage import Stage, loose_parts


def acted(stage: Stage, scene: Scene) -> tuple[Mesh, ...]:
    """Return the figures from left to right, then the prop if there is one."""
    parts = stage.parts
    meshes = [
        figure(body, bones, index * parts, index, loose_parts())
        for index, (body, bones) in enumerate(zip(stage.bodies, scene.bones, strict=True))
    ]
    if stage.prop is not None and scene.prop is not None:
        place, turn = scene.prop
        bendable = stage.prop.flexible and place.ndim == 2
        solid = rope_between(place) if bendable else moved(stage.prop.solid, turn, place)
        meshes.append(_thing(solid, len(stage.wardrobe) * parts))
    return tuple(meshes)


def _thing(solid: Solid, first_layer: int) -> Mesh:
    nothing = np.full(len(solid.faces), NOBODY)
    return mesh_of(
        solid.points, solid.normals, solid.faces, solid.uv.astype(np.float32),
        solid.layer + first_layer, nothing, NOBODY,
    )  # fmt: skip
