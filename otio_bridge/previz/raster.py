"""A z-buffer for small triangles in numpy: triangles become rows, rows become pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otio_bridge.previz.geometry import Array

FAR = np.iinfo(np.int64).max
DEPTH_STEPS = float(1 << 30)
DEEPEST = 64.0
"""Metres that the depth steps span, packed above the candidate's number."""
NEAREST = 0.05
LEVEL = 1e-6
"""Slope of a weight along a row below which the row runs along that edge."""
FAR_AWAY = np.float32(1e9)
SLACK = 1e-3
"""Pixels by which rows are widened, so that neighbours leave no gaps."""


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


@dataclass(frozen=True)
class _Visible:
    """Triangles that may cover a pixel centre."""

    face: Array
    plane: Array
    """(K, 3, 3) each weight as a x + b y + c."""
    depth: Array
    """(K, 3) depth as a x + b y + c."""
    low: Array
    high: Array


def rasterised(points: Array, faces: Array, two_sided: Array, size: tuple[int, int]) -> Hits:
    """Return what is seen in every pixel.

    Args:
        points: (V, 3) x and y in pixels (y down), depth in metres, below 64.
        faces: (F, 3) triangles; counter-clockwise in the world is the front.
        two_sided: (F,) whether the back is drawn too.
        size: Width and height in pixels.
    """
    visible = _visible(points, faces, two_sided, size)
    owner, y, start, count = _rows(visible)
    row, step = _expanded(count)
    depth_start = (visible.depth[owner] * _homogeneous(start, y)).sum(1)
    depth = depth_start[row] + step * visible.depth[owner, 0][row]
    steps = (np.clip(depth, 0, DEEPEST - 0.1) * np.float32(DEPTH_STEPS / DEEPEST)).astype(np.int64)
    steps <<= 32
    steps |= np.arange(len(row))
    pixel = (y * size[0] + start).astype(np.int64)[row] + step
    nearest = np.full(size[0] * size[1], FAR, np.int64)
    np.minimum.at(nearest, pixel, steps)
    covered = np.flatnonzero(nearest != FAR)
    winner = nearest[covered] & 0xFFFFFFFF
    triangle, x, y = owner[row[winner]], covered % size[0], covered // size[0]
    spot = _homogeneous(x, y)
    corner = np.einsum("nkj,nj->nk", visible.plane[triangle], spot)
    return Hits(covered, visible.face[triangle], corner, depth[winner])


def _homogeneous(x: Array, y: Array) -> Array:
    return np.stack([x, y, np.ones(len(x))], axis=1).astype(np.float32)


def _expanded(count: Array) -> tuple[Array, Array]:
    """Return, for every unit of the counts, whose it is and its number there."""
    owner = np.repeat(np.arange(len(count), dtype=np.int32), count)
    first = np.cumsum(count) - count
    return owner, np.arange(len(owner), dtype=np.int32) - first.astype(np.int32)[owner]


def _visible(points: Array, faces: Array, two_sided: Array, size: tuple[int, int]) -> _Visible:
    flat = points.astype(np.float32)
    x, y = flat[:, 0] - 0.5, flat[:, 1] - 0.5
    first, second, third = faces.T
    x0, y0 = x[first], y[first]
    x1, y1, x2, y2 = x[second] - x0, y[second] - y0, x[third] - x0, y[third] - y0
    area = x1 * y2 - y1 * x2
    facing = np.flatnonzero((area < 0) | (two_sided & (area > 0)))
    corners = flat[faces[facing]]
    low, high = np.ceil(_least(corners) - 0.5), np.floor(-_least(-corners) - 0.5)
    low, high = np.maximum(low[:, :2], 0), np.minimum(high[:, :2], np.array(size) - 1)
    reach = (low[:, 0] <= high[:, 0]) & (low[:, 1] <= high[:, 1])
    inside = np.flatnonzero(reach & (_least(corners[:, :, 2:])[:, 0] > NEAREST))
    keep = facing[inside]
    scale = 1 / area[keep]
    plane = np.empty((len(keep), 3, 3), np.float32)
    plane[:, 1, 0], plane[:, 1, 1] = y2[keep] * scale, -x2[keep] * scale
    plane[:, 2, 0], plane[:, 2, 1] = -y1[keep] * scale, x1[keep] * scale
    for k in (1, 2):
        plane[:, k, 2] = -(plane[:, k, 0] * x0[keep] + plane[:, k, 1] * y0[keep])
    plane[:, 0] = np.array([0, 0, 1], np.float32) - plane[:, 1] - plane[:, 2]
    depth = np.einsum("nkj,nk->nj", plane, corners[inside, :, 2])
    return _Visible(keep, plane, depth, low[inside], high[inside])


def _least(corners: Array) -> Array:
    """Return the least of three corners, (N, 3, k) to (N, k)."""
    return np.minimum(np.minimum(corners[:, 0], corners[:, 1]), corners[:, 2])


def _rows(visible: _Visible) -> tuple[Array, Array, Array, Array]:
    """Return triangle, y, first x and length of every row of pixels inside a triangle."""
    owner, step = _expanded((visible.high[:, 1] - visible.low[:, 1]).astype(np.int64) + 1)
    y = visible.low[owner, 1] + step
    left, right = visible.low[owner, 0], visible.high[owner, 0]
    for k in range(3):
        slope, rise, offset = visible.plane[:, k].T
        level = np.abs(slope) < LEVEL
        steep = np.where(level, 1, slope)
        ratio, crossing = -rise / steep, -offset / steep
        starts = np.where(~level & (slope > 0), crossing - SLACK, -FAR_AWAY)
        ends = np.where(~level & (slope < 0), crossing + SLACK, FAR_AWAY)
        way = np.where(level, 0, ratio)[owner] * y
        left = np.maximum(left, way + starts[owner])
        right = np.minimum(right, way + ends[owner])
    start = np.ceil(left)
    count = np.maximum(np.floor(right) - start + 1, 0).astype(np.int64)
    some = np.flatnonzero(count)
    return owner[some], y[some], start[some], count[some]
