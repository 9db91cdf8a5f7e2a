"""From meshes, light, camera and set to one picture."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from otio_bridge.previz.camera import Camera
from otio_bridge.previz.geometry import Array
from otio_bridge.previz.lighting import Light, floor_shadow, lit
from otio_bridge.previz.mesh import Mesh, joined
from otio_bridge.previz.raster import Hits, rasterised

ROW = 1024
"""Places that one row of a look-up holds; OpenCV takes no longer ones than 32767."""
CONTACT_REACH = 0.35
"""Metres of depth within which a nearer surface darkens what lies behind it."""


def pictured(
    meshes: Sequence[Mesh], textures: Array, light: Light, camera: Camera, ground: Array
) -> Array:
    """Return the figures over a ground picture, (height, width, 3) float32 0..1.

    Args:
        meshes: What stands in the set.
        textures: (layers, cell, cell, 3) float32.
        light: The light on figures and floor.
        camera: Where the picture is taken from.
        ground: The set without figures, same size as the camera's.
    """
    mesh = joined(meshes)
    lightness = 1 - floor_shadow(mesh.points, light, camera)
    picture = cv2.multiply(ground, cv2.merge([lightness] * 3))
    seen = camera.seen(mesh.points)
    seen[:, 2] -= mesh.nearer
    hits = rasterised(seen, mesh.faces, mesh.two_sided, camera.size)
    colours = _coloured(mesh, hits, textures, lit(mesh.points, mesh.normals, light, camera))
    flat = picture.reshape(-1, 3)
    flat[hits.pixel] = colours
    return _grounded(picture, hits, camera)


def _coloured(mesh: Mesh, hits: Hits, textures: Array, light: Array) -> Array:
    cell = textures.shape[1]
    seen = np.zeros(len(mesh.faces), bool)
    seen[hits.face] = True
    shown, face = np.flatnonzero(seen), (np.cumsum(seen) - 1)[hits.face]
    corners = mesh.faces[shown]
    carried = np.concatenate(
        [light[corners], mesh.uv[shown] * np.float32(cell), mesh.blend[corners][..., None]], axis=2
    )
    values = np.einsum("nk,nkj->nj", hits.corner, carried[face])
    colour = _sampled(textures, mesh.layer[hits.face], values[:, 3], values[:, 4])
    mixed = np.flatnonzero(values[:, 5] > 0)
    if len(mixed):
        share = np.minimum(values[mixed, 5:], 1)
        layer = mesh.other[hits.face[mixed]]
        other = _sampled(textures, layer, values[mixed, 3], values[mixed, 4])
        colour[mixed] += (other - colour[mixed]) * share
    return np.asarray(colour * values[:, :3], np.float32)


def _sampled(textures: Array, layer: Array, x: Array, y: Array) -> Array:
    """Return bilinear colours (N, 3); columns wrap around, rows do not."""
    cell = textures.shape[1]
    count = len(layer)
    rows = -(-count // ROW)
    places = np.zeros((2, rows * ROW), np.float32)
    places[0, :count] = x % cell - np.float32(0.5)
    places[1, :count] = np.clip(y - np.float32(0.5), 0, cell - 1) + (layer * cell)
    column, line = places.reshape(2, rows, ROW)
    stacked = textures.reshape(-1, cell, 3)
    found = cv2.remap(stacked, column, line, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found.reshape(-1, 3)[:count])


def _grounded(picture: Array, hits: Hits, camera: Camera) -> Array:
    """Darken what lies closely behind something nearer (an unsharp mask of the depth)."""
    width, height = camera.size
    depth = np.full(width * height, 30.0, np.float32)
    depth[hits.pixel] = hits.depth
    small = cv2.resize(
        depth.reshape(height, width), (width // 2, height // 2), interpolation=cv2.INTER_AREA
    )
    around = cv2.GaussianBlur(np.minimum(small, 8.0), (0, 0), width / 160)
    behind = np.clip((np.minimum(small, 8.0) - around) / CONTACT_REACH, 0, 1)
    figure = cv2.GaussianBlur((small < 20).astype(np.float32), (0, 0), 1.0)
    dark = cv2.resize(behind * figure, (width, height))
    return np.asarray(cv2.multiply(picture, cv2.merge([1 - 0.45 * dark] * 3)))
