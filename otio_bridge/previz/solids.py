"""Simple solids for props: boxes, lathed bodies and tubes. Metres; y up, z to the front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from otio_bridge.previz.body import vertex_normals
from otio_bridge.previz.geometry import Array, unit

GRID = 4
"""Squares along the edge of a box face; small ones catch light and shadow."""
SPOKES = 14


@dataclass(frozen=True)
class Solid:
    """Triangles with texture coordinates and the number of each one's texture."""

    points: Array
    normals: Array
    faces: Array
    uv: Array
    layer: Array


def box(size: Sequence[float], layers: Sequence[int] = (0, 1, 2)) -> Solid:
    """Return a box centred on the origin.

    Args:
        size: Width, height, depth.
        layers: Textures of front and back, of the sides, of top and bottom.
    """
    half = np.array(size) / 2
    sides = (
        ((1, 0, 0), (0, 1, 0), 0), ((-1, 0, 0), (0, 1, 0), 0),
        ((0, 0, -1), (0, 1, 0), 1), ((0, 0, 1), (0, 1, 0), 1),
        ((1, 0, 0), (0, 0, -1), 2), ((1, 0, 0), (0, 0, 1), 2),
    )  # fmt: skip
    patches = [_patch(np.array(a), np.array(b), half, layers[layer]) for a, b, layer in sides]
    return together(patches)


def _patch(along: Array, up: Array, half: Array, layer: int) -> Solid:
    out = np.cross(along, up)
    steps = np.linspace(-1, 1, GRID + 1)
    across, high = np.meshgrid(steps, steps)
    points = (out + across[..., None] * along + high[..., None] * up) * half
    flat = np.stack([across * 0.495 + 0.5, 0.5 - high * 0.495], axis=-1).reshape(-1, 2)
    faces = _woven(GRID + 1, GRID + 1)
    normals = np.repeat(out[None], (GRID + 1) ** 2, axis=0)
    return Solid(points.reshape(-1, 3), normals, faces, flat[faces], np.full(len(faces), layer))


def _woven(rows: int, columns: int) -> Array:
    """Return the triangles of a grid of points; the front is where rows x columns turn left."""
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    halves = [np.stack(corners, axis=-1).reshape(-1, 3) for corners in ((a, b, c), (a, c, d))]
    return np.concatenate(halves)


def lathed(profile: Sequence[tuple[float, float]], layer: int = 0) -> Solid:
    """Return a body turned around the y axis.

    Args:
        profile: Radius and height from bottom to top.
    """
    radius, height = np.array(profile).T
    angle = np.linspace(0, 2 * np.pi, SPOKES + 1)
    x, z = radius[:, None] * np.sin(angle), radius[:, None] * np.cos(angle)
    points = np.stack([x, np.repeat(height[:, None], SPOKES + 1, axis=1), z], axis=-1)
    u = np.repeat((angle / (2 * np.pi))[None], len(radius), axis=0)
    v = np.repeat(np.linspace(0.99, 0.01, len(radius))[:, None], SPOKES + 1, axis=1)
    return _surface(points, np.stack([u, v], axis=-1), layer)


def ball(radius: float, layer: int = 0) -> Solid:
    """Return a ball."""
    angle = np.linspace(-np.pi / 2 + 0.05, np.pi / 2 - 0.05, 12)
    return lathed([(radius * np.cos(a), radius * np.sin(a)) for a in angle], layer)


def tube(path: Array, radius: float, layer: int = 0, turns: float = 1.0) -> Solid:
    """Return a tube along a path (N, 3); `turns` repeats its texture along the way."""
    ahead = unit(np.gradient(path, axis=0))
    side = unit(np.cross(ahead, np.array([0.13, 0.9, 0.31])))
    up = np.cross(side, ahead)
    angle = np.linspace(0, 2 * np.pi, 9)
    ring = side[:, None] * np.cos(angle)[:, None] + up[:, None] * np.sin(angle)[:, None]
    u = np.repeat((angle / (2 * np.pi))[None], len(path), axis=0)
    v = np.repeat((np.linspace(0, turns, len(path)) % 0.98)[:, None], len(angle), axis=1)
    return _surface(path[:, None] + radius * ring, np.stack([u, v], axis=-1), layer)


def _surface(points: Array, flat: Array, layer: int) -> Solid:
    rows, columns = points.shape[:2]
    faces = _woven(rows, columns)
    vertices = points.reshape(-1, 3)
    normals = vertex_normals(vertices, faces)
    return Solid(vertices, normals, faces, flat.reshape(-1, 2)[faces], np.full(len(faces), layer))


def moved(solid: Solid, turn: Array, place: Array) -> Solid:
    """Return the solid turned by a rotation (3, 3) and moved."""
    return Solid(
        solid.points @ turn.T + place, solid.normals @ turn.T, solid.faces, solid.uv, solid.layer
    )


def together(solids: Sequence[Solid]) -> Solid:
    """Return several solids as one."""
    starts = np.cumsum([0] + [len(solid.points) for solid in solids])
    return Solid(
        np.concatenate([solid.points for solid in solids]),
        np.concatenate([solid.normals for solid in solids]),
        np.concatenate([solid.faces + start for solid, start in zip(solids, starts, strict=False)]),
        np.concatenate([solid.uv for solid in solids]),
        np.concatenate([solid.layer for solid in solids]),
    )
