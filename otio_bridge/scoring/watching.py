"""What is odd in a frame beside what was before it: maps of attribution, memory and motion."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from otio_bridge.scoring.arrays import Image, Maps, Numbers
from otio_bridge.scoring.light import gain_against, regained
from otio_bridge.scoring.motion import FlowMeter, Motion, carried, still_motion
from otio_bridge.scoring.palette import Palette, owners_in
from otio_bridge.scoring.reader import Film

CHARACTER = ("area", "fragments", "pieces", "thin")
GLOBALS = ("gain_jump", "untrusted", "motion", "sharpness", "residual", "flash", "contact")

QUICK, SLOW = 1.2, 7.0
"""Seconds that the two memories last."""
UNTRUSTED_RATE = 0.3
"""Share by which both memories are renewed where the flow cannot be believed."""


@dataclass(frozen=True)
class Sight:
    """What one analysed frame shows beside what was before it; planes first, at half size."""

    owners: Maps
    """Share of every character, of the prop and of the ground."""
    look: Maps
    """L, a, b and contrast, in a light that stays the same."""
    maps: dict[str, Maps]
    """What is odd, by name."""
    onward: Motion
    """The motion from the frame before to this one."""
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


def renewal(lasting: float, pace: float, seen: int, motion: Motion) -> Maps:
    """Return by how much a memory is renewed in every pixel.

    Args:
        lasting: Seconds that the memory lasts.
        pace: Analysed frames per second.
        seen: Frames that went into it; the first ones weigh alike.
        motion: How the memory was carried here.
    """
    steady = max(1.0 - float(np.exp(-1.0 / (lasting * pace))), 1.0 / seen)
    lost = max(UNTRUSTED_RATE, steady)
    return lost + (steady - lost) * motion.trusted


class Watcher:
    """Looks at the analysed frames of one film in order."""

    def __init__(self, palette: Palette, film: Film) -> None:
        self._palette = palette
        self._pace = film.pace
        self._size = film.size
        self._flow = FlowMeter()
        self._previous: _Previous | None = None
        self._seen = 0

    def look(self, frame: Image) -> Sight:
        """Return what the next frame shows."""
        self._seen += 1
        grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
        raw = np.stack(cv2.split(_half(frame, self._size))).astype(np.float32)
        previous = self._previous
        if previous is None:
            return self._first(frame, grey, raw)
        motion, onward = self._flow.between(previous.grey, grey)
        moved = _moved(previous.memory, motion)
        gain = gain_against(raw, moved.raw, motion.trusted)
        owners, look = owners_in(regained(frame, gain), self._palette)
        maps = _maps(owners, look, moved, motion)
        memory = self._renewed(owners, look, raw, gain, moved, motion)
        whole = _whole(maps, motion, grey, gain - previous.gain)
        self._previous = _Previous(memory, grey, gain)
        return Sight(owners, look, maps, onward, whole, _shapes(owners))

    def _first(self, frame: Image, grey: Image, raw: Maps) -> Sight:
        owners, look = owners_in(frame, self._palette)
        back = np.zeros((2, *grey.shape), np.float32)[:, ::2, ::2]
        memory = _Memory(owners, owners, owners, look, look, raw, back)
        self._previous = _Previous(memory, grey, np.zeros(3))
        still = still_motion(raw.shape[1:])
        maps = _maps(owners, look, memory, still)
        whole = _whole(maps, still, grey, np.zeros(3))
        return Sight(owners, look, maps, still, whole, _shapes(owners))

    def _renewed(
        self, owners: Maps, look: Maps, raw: Maps, gain: Numbers, moved: _Memory, motion: Motion
    ) -> _Memory:
        quick, slow = (renewal(t, self._pace, self._seen, motion) for t in (QUICK, SLOW))
        level = np.exp(-gain).astype(np.float32)[:, None, None]
        return _Memory(
            owners,
            moved.owners_quick + quick * (owners - moved.owners_quick),
            moved.owners_slow + slow * (owners - moved.owners_slow),
            moved.look_quick + quick * (look - moved.look_quick),
            moved.look_slow + slow * (look - moved.look_slow),
            moved.raw + slow * (raw * level - moved.raw),
            np.moveaxis(motion.flow, 2, 0),
        )


def _moved(memory: _Memory, motion: Motion) -> _Memory:
    parts = [getattr(memory, name) for name in _Memory.__dataclass_fields__]
    return _Memory(*(carried(part, motion) for part in parts))


def _half(frame: Image, size: tuple[int, int]) -> Image:
    return cv2.resize(frame, (size[0] // 2, size[1] // 2), interpolation=cv2.INTER_AREA)


def _maps(owners: Maps, look: Maps, moved: _Memory, motion: Motion) -> dict[str, Maps]:
    untrusted = 1.0 - motion.trusted
    figures = owners[:-2]
    figure, was_figure = figures.sum(0), moved.owners[:-2].sum(0)
    colour_quick = colour_step(look, moved.look_quick)
    quick = contradictions(owners, look, moved.owners_quick, moved.look_quick)
    slow = contradictions(owners, look, moved.owners_slow, moved.look_slow)
    maps = {
        "turned": disagreement(figures, moved.owners[:-2]),
        "figure_flip": np.abs(figure - was_figure),
        "prop_flip": np.abs(owners[-2] - moved.owners[-2]),
        "residual": colour_quick * untrusted,
        "untrusted": untrusted,
        "sureness": owners.max(0),
    }
    maps |= {f"{name}_quick": plane for name, plane in quick.items()}
    maps |= {f"{name}_slow": plane for name, plane in slow.items()}
    return maps | _arrangement(figures) | _movement(motion, moved)


def contradictions(owners: Maps, look: Maps, then: Maps, look_then: Maps) -> dict[str, Maps]:
    """Return in what a frame contradicts a memory of owners and looks, by name."""
    figure, was_figure = owners[:-2].sum(0), then[:-2].sum(0)
    return {
        "owner": disagreement(owners[:-2], then[:-2]),
        "colour": colour_step(look, look_then),
        "contrast": np.minimum(np.abs(look[3] - look_then[3]) * np.float32(0.05), 1.0),
        "prop": np.abs(owners[-2] - then[-2]),
        "vanished": np.maximum(was_figure - figure, 0.0),
        "appeared": np.maximum(figure - was_figure, 0.0),
    }


def disagreement(now: Maps, then: Maps) -> Maps:
    """Return half the owner difference between figures, where both times are figure."""
    both = np.minimum(now.sum(0), then.sum(0))
    difference: Maps = 0.5 * np.abs(now - then).sum(0) * both
    return difference


def colour_step(look: Maps, then: Maps) -> Maps:
    """Return the colour distance of two looks, about 0..1."""
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
    x, y = np.moveaxis(motion.flow, 2, 0)
    common_x, common_y = (float(np.median(plane[::4, ::4])) for plane in (x, y))
    change = moved.back
    return {
        "speed": np.minimum(cv2.magnitude(x - common_x, y - common_y) / 8.0, 2.0),
        "jerk": np.minimum(cv2.magnitude(x - change[0], y - change[1]) / 8.0, 2.0),
    }


def _whole(maps: dict[str, Maps], motion: Motion, grey: Image, light_jump: Numbers) -> Numbers:
    common = np.median(motion.flow[::4, ::4].reshape(-1, 2), axis=0)
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


def _shapes(owners: Maps) -> Numbers:
    each = [_shape_of(owner) for owner in owners[:-2]]
    return np.array(each, np.float32).reshape(len(each), len(CHARACTER))


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
