"""How pixels move: flow between neighbouring analysed frames, and carrying pictures along it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from otio_bridge.scoring.arrays import Image, Maps


@dataclass(frozen=True)
class Motion:
    """Flow from a frame back to the one before, at half the analysis size, in half-size pixels."""

    back: Maps
    """Rows x columns x (x, y)."""
    trusted: Maps
    """1 where the way there and back ends where it began, else 0 (soft at the edges)."""
    field: tuple[NDArray[np.int16], NDArray[np.uint16]]
    """Sampling field for `carried`."""


class FlowMeter:
    """Dense inverse search flow both ways (Kroeger et al. 2016, as in OpenCV)."""

    def __init__(self) -> None:
        self._dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)

    def between(self, before: Image, now: Image) -> Motion:
        """Return the motion from `now` back to `before` (grey pictures at the analysis size)."""
        empty = np.zeros((*now.shape, 2), np.float32)
        back = self._dis.calc(now, before, empty)
        forth = self._dis.calc(before, now, empty.copy())
        size = (now.shape[1] // 2, now.shape[0] // 2)
        back = cv2.resize(back, size, interpolation=cv2.INTER_AREA) * np.float32(0.5)
        forth = cv2.resize(forth, size, interpolation=cv2.INTER_AREA) * np.float32(0.5)
        field = _sampling_field(back)
        round_trip = cv2.remap(forth, *field, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        error = cv2.magnitude(*cv2.split(round_trip + back))
        length = cv2.magnitude(*cv2.split(back))
        trusted = (error < 0.5 + 0.05 * length).astype(np.float32)
        return Motion(back, trusted, field)


def still_motion(shape: tuple[int, ...]) -> Motion:
    """Return the motion of a picture that stands still, for the first frame of a film."""
    back = np.zeros((*shape, 2), np.float32)
    return Motion(back, np.ones(shape, np.float32), _sampling_field(back))


def _sampling_field(back: Maps) -> tuple[NDArray[np.int16], NDArray[np.uint16]]:
    height, width = back.shape[:2]
    grid = np.dstack(np.meshgrid(np.arange(width), np.arange(height))).astype(np.float32)
    coarse, fine = cv2.convertMaps(grid + back, np.empty(0), cv2.CV_16SC2)
    return np.asarray(coarse, np.int16), np.asarray(fine, np.uint16)


def carried(planes: Maps, motion: Motion) -> Maps:
    """Return planes of the frame before as they lie in this frame."""
    return np.stack(
        [
            cv2.remap(p, *motion.field, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            for p in planes
        ]
    )
