"""What is odd in a frame: maps of attribution, memory and motion, pooled into cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from otio_bridge.scoring.arrays import Image, Maps, Numbers
from otio_bridge.scoring.light import gain_against, regained
from otio_bridge.scoring.motion import FlowMeter, Motion, carried, still_motion
from otio_bridge.scoring.palette import Palette, owners_in
from otio_bridge.scoring.reader import Film

CHANNELS = (
    "figure", "prop", "mixed", "turned", "figure_flip", "owner_quick", "owner_slow", "colour_quick",
    "colour_slow", "island", "residual", "untrusted", "thin", "prop_flip", "prop_slow", "speed",
    "jerk", "contrast_slow", "vanished", "appeared",
    "vanished_slow", "appeared_slow", "sureness",
)  # fmt: skip
GLOBALS = ("gain_jump", "untrusted", "motion", "sharpness", "residual", "flash", "contact")
CHARACTER = ("area", "fragments", "pieces", "thin")

QUICK, SLOW = 1.2, 7.0
"""Seconds that the two memories last."""
UNTRUSTED_RATE = 0.3
"""Share by which both memories are renewed where the flow cannot be believed."""


@dataclass(frozen=True)
class Glance:
    """What one analysed frame shows."""

    cells: NDArray[np.float16]
    """Channels x rows x columns."""
    owners: NDArray[np.float16]
    """Characters x rows x columns: share of each cell that is theirs."""
    whole: Numbers
    """One number for each of GLOBALS."""
    each: Numbers
    """Characters x CHARACTER."""


@dataclass(frozen=True)
class _Memory:
    """What is remembered, in the place of the current frame, at half size; planes first."""

    owners: Maps
    owners_quick: Maps
    owners_slow: Maps
    look_quick: Maps
    look_slow: Maps
    raw: Maps
    back: Maps


@dataclass(frozen=True)
class _Previous:
    """The frame before."""

    memory: _Memory
    grey: Image
    gain: Numbers


class Watcher:
    """Looks at the analysed frames of one film in order."""

    def __init__(self, palette: Palette, film: Film) -> None:
        self._palette = palette
        self._pace = film.pace
        self._size = film.size
        self._grid = film.grid
        self._flow = FlowMeter()
        self._previous: _Previous | None = None
        self._seen = 0

    def look(self, frame: Image) -> Glance:
        """Return what the next frame shows."""
        self._seen += 1
        grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
        raw = np.stack(cv2.split(_half(frame, self._size))).astype(np.float32)
        previous = self._previous
        if previous is None:
            return self._first(frame, grey, raw)
        motion = self._flow.between(previous.grey, grey)
        moved = _moved(previous.memory, motion)
        gain = gain_against(raw, moved.raw, motion.trusted)
        owners, look = owners_in(regained(frame, gain), self._palette)
        maps = _maps(owners, look, moved, motion)
        glance = self._glance(maps, owners, _whole(maps, motion, grey, gain - previous.gain))
        memory = self._renewed(owners, look, raw, gain, moved, motion)
        self._previous = _Previous(memory, grey, gain)
        return glance

    def _first(self, frame: Image, grey: Image, raw: Maps) -> Glance:
        owners, look = owners_in(frame, self._palette)
        back = np.zeros((2, *grey.shape), np.float32)[:, ::2, ::2]
        memory = _Memory(owners, owners, owners, look, look, raw, back)
        self._previous = _Previous(memory, grey, np.zeros(3))
        motion = still_motion(raw.shape[1:])
        maps = _maps(owners, look, memory, motion)
        return self._glance(maps, owners, _whole(maps, motion, grey, np.zeros(3)))

    def _renewed(
        self, owners: Maps, look: Maps, raw: Maps, gain: Numbers, moved: _Memory, motion: Motion
    ) -> _Memory:
        quick, slow = (self._rate(lasting, motion) for lasting in (QUICK, SLOW))
        level = np.exp(-gain).astype(np.float32)[:, None, None]
        return _Memory(
            owners,
            moved.owners_quick + quick * (owners - moved.owners_quick),
            moved.owners_slow + slow * (owners - moved.owners_slow),
            moved.look_quick + quick * (look - moved.look_quick),
            moved.look_slow + slow * (look - moved.look_slow),
            moved.raw + slow * (raw * level - moved.raw),
            np.moveaxis(motion.back, 2, 0),
        )

    def _rate(self, lasting: float, motion: Motion) -> Maps:
        """Return by how much a memory is renewed in every pixel."""
        steady = max(1.0 - float(np.exp(-1.0 / (lasting * self._pace))), 1.0 / self._seen)
        lost = max(UNTRUSTED_RATE, steady)
        return lost + (steady - lost) * motion.trusted

    def _glance(self, maps: dict[str, Maps], owners: Maps, whole: Numbers) -> Glance:
        size = self._grid[::-1]
        characters = owners[:-2]
        each = [_shape_of(owner) for owner in characters]
        return Glance(
            _pooled([maps[name] for name in CHANNELS], size),
            _pooled(characters, size),
            whole,
            np.array(each, np.float32).reshape(len(each), len(CHARACTER)),
        )


def _moved(memory: _Memory, motion: Motion) -> _Memory:
    parts = [getattr(memory, name) for name in _Memory.__dataclass_fields__]
    return _Memory(*(carried(part, motion) for part in parts))


def _half(frame: Image, size: tuple[int, int]) -> Image:
    return cv2.resize(frame, (size[0] // 2, size[1] // 2), interpolation=cv2.INTER_AREA)


def _pooled(planes: Sequence[Maps] | Maps, size: tuple[int, int]) -> NDArray[np.float16]:
    """Return planes x rows x columns: the mean of every cell."""
    pooled = [cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in planes]
    return np.array(pooled, np.float16).reshape(len(planes), size[1], size[0])


def _maps(owners: Maps, look: Maps, moved: _Memory, motion: Motion) -> dict[str, Maps]:
    untrusted = 1.0 - motion.trusted
    figures = owners[:-2]
    figure, was_figure = figures.sum(0), moved.owners[:-2].sum(0)
    lately, long_ago = moved.owners_quick[:-2].sum(0), moved.owners_slow[:-2].sum(0)
    prop = owners[-2]
    colour_quick = _colour_step(look, moved.look_quick)
    maps = {
        "figure": figure,
        "prop": prop,
        "turned": _disagreement(figures, moved.owners[:-2]),
        "figure_flip": np.abs(figure - was_figure),
        "owner_quick": _disagreement(figures, moved.owners_quick[:-2]),
        "owner_slow": _disagreement(figures, moved.owners_slow[:-2]),
        "colour_quick": colour_quick,
        "colour_slow": _colour_step(look, moved.look_slow),
        "residual": colour_quick * untrusted,
        "untrusted": untrusted,
        "prop_flip": np.abs(prop - moved.owners[-2]),
        "prop_slow": np.abs(prop - moved.owners_slow[-2]),
        "contrast_slow": np.minimum(np.abs(look[3] - moved.look_slow[3]) * 0.05, 1.0),
        "vanished": np.maximum(lately - figure, 0.0),
        "appeared": np.maximum(figure - lately, 0.0),
        "vanished_slow": np.maximum(long_ago - figure, 0.0),
        "appeared_slow": np.maximum(figure - long_ago, 0.0),
        "sureness": owners.max(0),
    }
    return maps | _arrangement(figures) | _movement(motion, moved)


def _disagreement(now: Maps, then: Maps) -> Maps:
    """Return half the owner difference between figures, where both times are figure."""
    both = np.minimum(now.sum(0), then.sum(0))
    difference: Maps = 0.5 * np.abs(now - then).sum(0) * both
    return difference


def _colour_step(look: Maps, then: Maps) -> Maps:
    step: Maps = np.minimum(np.abs(look[:3] - then[:3]).sum(0) * (1 / 80), 1.5)
    return step


def _arrangement(figures: Maps) -> dict[str, Maps]:
    """Return where owners meet, where one lies inside another, and where a figure is thin."""
    near = np.stack([cv2.blur(figure, (9, 9)) for figure in figures])
    wide = np.stack([cv2.blur(figure, (19, 19)) for figure in figures])
    total = near.sum(0)
    mixed = total - (near * near).sum(0) / np.maximum(total, 1e-3)
    island = (figures * np.maximum(wide.sum(0) - 2 * wide, 0.0)).max(0)
    kernel = np.ones((7, 7), np.uint8)
    opened = np.stack([cv2.morphologyEx(figure, cv2.MORPH_OPEN, kernel) for figure in figures])
    return {"mixed": mixed, "island": island, "thin": (figures - opened).max(0)}


def _movement(motion: Motion, moved: _Memory) -> dict[str, Maps]:
    x, y = np.moveaxis(motion.back, 2, 0)
    common_x, common_y = (float(np.median(plane[::4, ::4])) for plane in (x, y))
    change = moved.back
    return {
        "speed": np.minimum(cv2.magnitude(x - common_x, y - common_y) / 8.0, 2.0),
        "jerk": np.minimum(cv2.magnitude(x - change[0], y - change[1]) / 8.0, 2.0),
    }


def _whole(maps: dict[str, Maps], motion: Motion, grey: Image, light_jump: Numbers) -> Numbers:
    common = np.median(motion.back[::4, ::4].reshape(-1, 2), axis=0)
    edges = cv2.Laplacian(grey[::2], cv2.CV_16S)
    values = (
        float(np.abs(light_jump).max()),
        float(maps["untrusted"].mean()),
        float(np.hypot(*common)) / 8.0,
        float(np.log1p(np.abs(edges).mean())),
        float(np.median(maps["colour_quick"][::2, ::2])),
        float((grey > 250).mean()),
        float(maps["mixed"].mean()),
    )
    return np.array(values, np.float32)


def _shape_of(owner: Maps) -> tuple[float, float, float, float]:
    """Return area, area outside the largest piece, count of pieces, area of thin pieces."""
    solid = (owner > 0.45).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    areas = np.sort(stats[1:, cv2.CC_STAT_AREA]) if count > 1 else np.zeros(1)
    total = float(owner.size)
    loose = areas[:-1][areas[:-1] >= 12]
    thin = solid - cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    return (
        float(areas.sum()) / total,
        float(loose.sum()) / total,
        float(len(loose)),
        float(thin.sum()) / total,
    )
