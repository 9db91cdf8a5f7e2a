"""Breaking a posed scene the way a failure event says: what is drawn instead of the right thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from otio_bridge.previz.body import anatomy
from otio_bridge.previz.choreography import Scene
from otio_bridge.previz.failures import FailureEvent
from otio_bridge.previz.geometry import Array
from otio_bridge.previz.mesh import Mesh
from otio_bridge.previz.stage import Stage


@dataclass(frozen=True)
class Broken:
    """The wrong scene, and how far the picture has turned to it."""

    meshes: tuple[Mesh, ...]
    share: float
    """0 the right picture, 1 the wrong one."""


def broken(
    stage: Stage, scene: Scene, meshes: Sequence[Mesh], event: FailureEvent, strength: float
) -> Broken:
    """Return the meshes with one failure in them."""
    victim, partner = stage.order[event.performer], stage.order[event.partner]
    changed = list(meshes)
    parts = _parts("arm_" + event.side)
    changed[victim] = _sleeved(meshes[victim], parts, partner * len(anatomy().part_names), strength)
    return Broken(tuple(changed), 1.0)


def _parts(*names: str) -> Array:
    return np.array([anatomy().part(name) for name in names])


def _sleeved(mesh: Mesh, parts: Array, first_layer: int, strength: float) -> Mesh:
    """Return the mesh with some parts in another costume."""
    chosen = np.isin(mesh.parts, parts)
    blend = mesh.blend.copy()
    blend[np.unique(mesh.faces[chosen])] = strength
    return replace(mesh, blend=blend, other=np.where(chosen, mesh.parts + first_layer, mesh.other))
