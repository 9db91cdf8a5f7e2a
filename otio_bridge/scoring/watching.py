"""What a frame shows in every cell, beside what its past has there."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from otio_bridge.scoring.arrays import Image, Maps, Numbers
from otio_bridge.scoring.light import gain_against, regained
from otio_bridge.scoring.motion import FlowMeter, Motion, carried, still_motion
from otio_bridge.scoring.palette import Palette, owned
from otio_bridge.scoring.reader import Film

LOOK = 4
"""Planes of a look: L, a, b (0..255 each) and local contrast; they stand last."""
CHARACTER = ("area", "fragments", "pieces", "thin")
GLOBALS = (
    "gain_jump", "untrusted", "motion", "sharpness", "residual", "flash", "contact",
    "prop", "touched", "loose",
)  # fmt: skip
"""Numbers of a whole frame; the last three as `grasp_of` returns them."""

LASTING = 7.0
"""Seconds that a memory lasts."""
UNTRUSTED_RATE = 0.3
"""Share by which a memory is renewed where the flow cannot be believed."""


@dataclass(frozen=True)
class Sight:
    """What one analysed frame shows; planes x rows x columns of cells."""

    fine: Maps
    """`cells` in quarter cells: rows x columns x layers, as pictures are carried fastest."""
    cells: Maps
    """Share of every character and of the prop; then the look, in a light that stays the same."""
    last: Maps
    """The same as the frame before has it."""
    past: Maps
    """The same as the memory of all frames before has it."""
    onward: Motion
    """The motion from the frame before to this one."""
    odd: Maps
    """Where the flow cannot be believed; how much a cell moves beyond the picture as a whole; by
    how much its motion differs from the frame before."""
    whole: Numbers
    """One number for each of GLOBALS."""
    each: Numbers
    """Characters x CHARACTER."""


@dataclass(frozen=True)
class _Previous:
    """The frame before, in its own place; rows x columns x layers of quarter cells."""

    fine: Maps
    past: Maps
    raw: Maps
    """Remembered B, G, R in a light that stays the same."""
    flow: Maps
    """x, y."""
    grey: Image
    gain: Numbers


def renewal(pace: float, seen: int, motion: Motion) -> Maps:
    """Return by how much a memory is renewed in every cell.

    Args:
        pace: Analysed frames per second.
        seen: Frames that went into it; the first ones weigh alike.
        motion: How the memory was carried here.
    """
    steady = max(1.0 - float(np.exp(-1.0 / (LASTING * pace))), 1.0 / seen)
    lost = max(UNTRUSTED_RATE, steady)
    return lost + (steady - lost) * motion.trusted


class Watcher:
    """Looks at the analysed frames of one film in order."""

    def __init__(self, palette: Palette, film: Film) -> None:
        self._palette = palette
        self._pace, self._fine = film.pace, film.fine
        self._flow = FlowMeter(film.fine)
        self._previous: _Previous | None = None
        self._seen = 0

    def look(self, frame: Image) -> Sight:
        """Return what the next frame shows."""
        self._seen += 1
        grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
        raw = _thinned(frame, self._fine)
        previous = self._previous
        if previous is None:
            return self._first(frame, grey, raw)
        motion, onward = self._flow.between(previous.grey, grey)
        last, past, then, back = (
            carried(layers, motion)
            for layers in (previous.fine, previous.past, previous.raw, previous.flow)
        )
        gain = gain_against(raw, then, motion.trusted)
        fine = owned(regained(frame, gain), self._palette, self._fine)
        self._previous = self._remembered(fine, past, then, raw, gain, motion, grey)
        cells, last, past = (cells_of(layers) for layers in (fine, last, past))
        whole = _whole(cells, last, motion, grey, gain - previous.gain)
        odd = np.stack([1.0 - motion.trusted, *_movement(motion.flow, back)])
        return Sight(
            fine, cells, last, past, onward, pooled(odd), whole, _shapes(cells[: -LOOK - 1])
        )

    def _first(self, frame: Image, grey: Image, raw: Maps) -> Sight:
        fine = owned(frame, self._palette, self._fine)
        motion = still_motion(self._fine)
        self._previous = _Previous(fine, fine, raw, motion.flow, grey, np.zeros(3))
        cells = cells_of(fine)
        nothing = np.zeros((3, *cells.shape[1:]), np.float32)
        whole = _whole(cells, cells, motion, grey, np.zeros(3))
        return Sight(
            fine, cells, cells, cells, motion, nothing, whole,
            _shapes(cells[: -LOOK - 1]),
        )  # fmt: skip

    def _remembered(
        self, fine: Maps, past: Maps, then: Maps, raw: Maps, gain: Numbers,
        motion: Motion, grey: Image,
    ) -> _Previous:  # fmt: skip
        rate = renewal(self._pace, self._seen, motion)
        level = np.exp(-gain).astype(np.float32)
        return _Previous(
            fine, renewed(past, fine, rate), renewed(then, raw * level, rate),
            motion.flow, grey, gain,
        )  # fmt: skip


def renewed(memory: Maps, now: Maps, rate: Maps) -> Maps:
    """Return a memory moved towards what is there now, by its rate in every place."""
    fresh: Maps = memory + np.repeat(rate, memory.shape[2]).reshape(memory.shape) * (now - memory)
    return fresh


def cells_of(layers: Maps) -> Maps:
    """Return planes of cells from layers of quarter cells."""
    rows, columns = layers.shape[:2]
    cells = cv2.resize(layers, (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(np.moveaxis(cells, 2, 0))


def pooled(fine: Maps) -> Maps:
    """Return planes of half as many rows and columns."""
    rows = fine[:, ::2] + fine[:, 1::2]
    cells: Maps = (rows[..., ::2] + rows[..., 1::2]) * np.float32(0.25)
    return cells


def _thinned(frame: Image, grid: tuple[int, int]) -> Maps:
    return cv2.resize(frame, grid[::-1], interpolation=cv2.INTER_AREA).astype(np.float32)


def middle_of(values: Numbers) -> Numbers:
    """Return the median along the last axis, without what makes `np.median` slow on few numbers."""
    half = values.shape[-1] // 2
    ordered = np.partition(values, (half - 1, half), axis=-1)
    middle: Numbers = ordered[..., half]
    return middle if values.shape[-1] % 2 else (ordered[..., half - 1] + middle) * np.float32(0.5)


def common_of(flow: Maps) -> Numbers:
    """Return the motion (x, y) of the picture as a whole."""
    thinned = flow[::4, ::4]
    return middle_of(np.stack([thinned[..., 0].ravel(), thinned[..., 1].ravel()]))


def _movement(flow: Maps, back: Maps) -> tuple[Maps, Maps]:
    x, y = cv2.split(flow)
    common = common_of(flow)
    speed = cv2.magnitude(x - common[0], y - common[1]) / 8.0
    jerk = cv2.magnitude(*cv2.split(flow - back)) / 8.0
    return np.minimum(speed, 2.0), np.minimum(jerk, 2.0)


def mixed(figures: Maps) -> Maps:
    """Return where characters meet: 0 where one is alone, up to 1/2 where two share a place."""
    near = np.stack([cv2.blur(figure, (5, 5)) for figure in figures])
    total = near.sum(0)
    meeting: Maps = total - (near * near).sum(0) / np.maximum(total, 1e-3)
    return meeting


def _whole(cells: Maps, last: Maps, motion: Motion, grey: Image, light_jump: Numbers) -> Numbers:
    common = common_of(motion.flow)
    edges = cv2.Laplacian(grey[::2], cv2.CV_16S)
    step = np.abs(cells[-LOOK:-1] - last[-LOOK:-1]).sum(0) / 80.0
    values = (
        float(np.abs(light_jump).max()),
        1.0 - float(motion.trusted.mean()),
        float(np.hypot(*common)) / 8.0,
        float(np.log1p(np.abs(edges).mean())),
        float(middle_of(step.ravel())),
        float((grey > 250).mean()),
        float(mixed(cells[: -LOOK - 1]).mean()),
        *grasp_of(cells[-LOOK - 1], cells[: -LOOK - 1].sum(0)),
    )
    return np.array(values, np.float32)


def grasp_of(prop: Maps, figures: Maps) -> tuple[float, float, float]:
    """Return how much is surely the prop, and which share of it touches somebody, or nobody."""
    surely = prop * prop  # the faint likeness of much else to the prop fades
    total = float(surely.sum()) + 0.5  # half a cell more: without a prop both shares are 0
    near = np.minimum(cv2.blur(figures, (5, 5)) * np.float32(4), 1)
    return (
        float(surely.mean()),
        float((cv2.blur(surely, (3, 3)) * figures).sum()) / total,
        float((surely * (1 - near)).sum()) / total,
    )


def _shapes(figures: Maps) -> Numbers:
    each = [_shape_of(figure) for figure in figures]
    return np.array(each, np.float32).reshape(len(each), len(CHARACTER))


def _shape_of(figure: Maps) -> tuple[float, float, float, float]:
    """Return area, area outside the largest piece, count of pieces, area of thin pieces."""
    solid = (figure > 0.45).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    areas = np.sort(stats[1:, cv2.CC_STAT_AREA]) if count > 1 else np.zeros(1)
    total = float(figure.size)
    loose = areas[:-1][areas[:-1] >= 3]
    thin = solid - cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return (
        float(areas.sum()) / total,
        float(loose.sum()) / total,
        float(len(loose)),
        float(thin.sum()) / total,
    )
