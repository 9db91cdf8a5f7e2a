"""How pixels move: flow between neighbouring analysed frames, and carrying pictures along it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from otio_bridge.scoring.arrays import Image, Maps


@dataclass(frozen=True)
class Motion:
    """Flow from one frame to a neighbour, at half the analysis size, in half-size pixels."""

    flow: Maps
    """Rows x columns x (x, y)."""
    trusted: Maps
    """1 where the way there and back ends where it began, else 0."""
    field: tuple[NDArray[np.int16], NDArray[np.uint16]]
    """Sampling field for `carried`."""


class FlowMeter:
    """Dense inverse search flow both ways (Kroeger et al. 2016, as in OpenCV)."""

    def __init__(self) -> None:
        self._dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)

    def between(self, before: Image, now: Image) -> tuple[Motion, Motion]:
        """Return the motion from `now` back to `before`, and from `before` on to `now`.

        Both are grey pictures at the analysis size.
        """
        back, forth = (self._half_flow(*pair) for pair in ((now, before), (before, now)))
        fields = _sampling_field(back), _sampling_field(forth)
        return (
            Motion(back, _trusted(back, forth, fields[0]), fields[0]),
            Motion(forth, _trusted(forth, back, fields[1]), fields[1]),
        )

    def _half_flow(self, here: Image, there: Image) -> Maps:
        flow = self._dis.calc(here, there, np.zeros((*here.shape, 2), np.float32))
        size = (here.shape[1] // 2, here.shape[0] // 2)
        half: Maps = cv2.resize(flow, size, interpolation=cv2.INTER_AREA) * np.float32(0.5)
        return half


def still_motion(shape: tuple[int, ...]) -> Motion:
    """Return the motion of a picture that stands still, for the ends of a film."""
    flow = np.zeros((*shape, 2), np.float32)
    return Motion(flow, np.ones(shape, np.float32), _sampling_field(flow))


def _sampling_field(flow: Maps) -> tuple[NDArray[np.int16], NDArray[np.uint16]]:
    height, width = flow.shape[:2]
    grid = np.dstack(np.meshgrid(np.arange(width), np.arange(height))).astype(np.float32)
    coarse, fine = cv2.convertMaps(grid + flow, np.empty(0), cv2.CV_16SC2)
    return np.asarray(coarse, np.int16), np.asarray(fine, np.uint16)


def _trusted(
    flow: Maps, return_flow: Maps, field: tuple[NDArray[np.int16], NDArray[np.uint16]]
) -> Maps:
    way = cv2.remap(return_flow, *field, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    error = cv2.magnitude(*cv2.split(way + flow))
    trusted: Maps = (error < 0.5 + 0.05 * cv2.magnitude(*cv2.split(flow))).astype(np.float32)
    return trusted


def carried(planes: Maps, motion: Motion) -> Maps:
    """Return planes of the neighbour to which the motion leads, as they lie in this frame."""
    return np.stack(
        [
            cv2.remap(p, *motion.field, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            for p in planes
        ]
    )
