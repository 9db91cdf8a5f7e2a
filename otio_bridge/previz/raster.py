"""A z-buffer for small triangles in numpy: every triangle is expanded into the pixels of its box."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otio_bridge.previz.geometry import Array

FAR = np.iinfo(np.int64).max
DEPTH_STEPS = float(1 << 30)
"""Depth steps between 0 and 64 m, packed above the candidate's number."""


@dataclass(frozen=True)
class Hits:
    """The covered pixels, one row each."""

    pixel: Array
    """(N,) flat index into the picture."""
    face: Array
    """(N,) which triangle."""
    corner: Array
    """(N, 3) barycentric weights."""
    depth: Array
    """(N,) metres from the camera plane."""


def rasterised(points: Array, faces: Array, two_sided: Array, size: tuple[int, int]) -> Hits:
    """Return what is seen in every pixel.

    Args:
        points: (V, 3) x and y in pixels (y down), depth in metres, below 64.
        faces: (F, 3) triangles; counter-clockwise in the world is the front.
        two_sided: (F,) whether the back is drawn too.
        size: Width and height in pixels.
    """
    chosen, plane, box = _visible(points, faces, two_sided, size)
    width, height = box[:, 2] - box[:, 0] + 1, box[:, 3] - box[:, 1] + 1
    counts = width * height
    owner = np.repeat(np.arange(len(chosen)), counts)
    local = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    wide = width[owner]
    row = local // wide
    x = (box[owner, 0] + local - row * wide).astype(np.float32)
    y = (box[owner, 1] + row).astype(np.float32)
    terms = plane[owner]
    first = terms[:, 0] * x + terms[:, 1] * y + terms[:, 2]
    second = terms[:, 3] * x + terms[:, 4] * y + terms[:, 5]
    inside = (first >= 0) & (second >= 0) & (first + second <= 1)
    first, second, owner = first[inside], second[inside], owner[inside]
    pixel = (y[inside] * size[0] + x[inside]).astype(np.int64)
    weights = np.stack([1 - first - second, first, second], axis=1)
    return _nearest(points, faces, chosen[owner], pixel, weights, size)


def _visible(
    points: Array, faces: Array, two_sided: Array, size: tuple[int, int]
) -> tuple[Array, Array, Array]:
    """Choose the triangles that may cover a pixel centre; return them, their planes and boxes."""
    corners = points[faces].astype(np.float32)
    xy = corners[:, :, :2] - 0.5
    edge1, edge2 = xy[:, 1] - xy[:, 0], xy[:, 2] - xy[:, 0]
    area = edge1[:, 0] * edge2[:, 1] - edge1[:, 1] * edge2[:, 0]
    low, high = np.ceil(xy.min(1)), np.floor(xy.max(1))
    low = np.maximum(low, 0)
    high = np.minimum(high, np.array(size, np.float32) - 1)
    facing = (area < 0) | (two_sided & (area > 0))
    keep = facing & (low <= high).all(1) & (corners[:, :, 2].min(1) > 0.05)
    chosen = np.flatnonzero(keep)
    edge1, edge2, area, start = edge1[chosen], edge2[chosen], area[chosen], xy[chosen, 0]
    plane = np.empty((len(chosen), 6), np.float32)
    plane[:, 0], plane[:, 1] = edge2[:, 1] / area, -edge2[:, 0] / area
    plane[:, 3], plane[:, 4] = -edge1[:, 1] / area, edge1[:, 0] / area
    plane[:, 2] = -(plane[:, 0] * start[:, 0] + plane[:, 1] * start[:, 1])
    plane[:, 5] = -(plane[:, 3] * start[:, 0] + plane[:, 4] * start[:, 1])
    return chosen, plane, np.concatenate([low, high], axis=1)[chosen].astype(np.int64)


def _nearest(
    points: Array, faces: Array, face: Array, pixel: Array, weights: Array, size: tuple[int, int]
) -> Hits:
    depths = points[:, 2].astype(np.float32)[faces[face]]
    depth = np.einsum("nk,nk->n", depths, weights)
    steps = (np.clip(depth, 0, 63.9) * (DEPTH_STEPS / 64)).astype(np.int64)
    key = (steps << 32) | np.arange(len(pixel))
    nearest = np.full(size[0] * size[1], FAR, np.int64)
    np.minimum.at(nearest, pixel, key)
    covered = np.flatnonzero(nearest != FAR)
    winner = nearest[covered] & 0xFFFFFFFF
    return Hits(covered, face[winner], weights[winner], depth[winner])
