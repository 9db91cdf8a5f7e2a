"""How pixels move: flow between neighbouring analysed frames, and carrying pictures along it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from otio_bridge.scoring.arrays import Image, Maps

ASTRAY = 0.5
"""Quarter cells by which the way there and back may miss where it began."""
Field = tuple[NDArray[np.int16], NDArray[np.uint16]]


@dataclass(frozen=True)
class Motion:
    """Flow from the quarter cells of one frame to a neighbour, in quarter cells."""

    flow: Maps
    """Rows x columns x (x, y)."""
    trusted: Maps
    """1 where the way there and back ends where it began, else 0."""
    field: Field
    """Sampling field for `carried`."""


class FlowMeter:
    """Dense inverse search flow both ways (Kroeger et al. 2016, as in OpenCV)."""

    def __init__(self, grid: tuple[int, int]) -> None:
        """Measure on a grid of so many rows and columns."""
        self._size = grid[::-1]
        self._places = _places(grid)
        self._room: Maps = np.empty((0, 0, 2), np.float32)
        self._dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)

    def between(self, before: Image, now: Image) -> tuple[Motion, Motion]:
        """Return the motion from `now` back to `before`, and from `before` on to `now`.

        Both are grey pictures at the analysis size.
        """
        back, forth = (self._flow(*pair) for pair in ((now, before), (before, now)))
        fields = [_sampling_field(self._places + flow) for flow in (back, forth)]
        return (
            Motion(back, _trusted(back, forth, fields[0]), fields[0]),
            Motion(forth, _trusted(forth, back, fields[1]), fields[1]),
        )

    def _flow(self, here: Image, there: Image) -> Maps:
        if self._room.shape[:2] != here.shape:
            self._room = np.empty((*here.shape, 2), np.float32)
        # OpenCV begins from what stands there, and from anything where nothing is given.
        self._room.fill(0)
        flow = self._dis.calc(here, there, self._room)
        cells: Maps = cv2.resize(flow, self._size, interpolation=cv2.INTER_AREA)
        return cells * np.float32(self._size[0] / here.shape[1])


def still_motion(grid: tuple[int, int]) -> Motion:
    """Return the motion of a picture that stands still, for the ends of a film."""
    flow = np.zeros((*grid, 2), np.float32)
    return Motion(flow, np.ones(grid, np.float32), _sampling_field(_places(grid)))


def _places(grid: tuple[int, int]) -> Maps:
    """Return rows x columns x (x, y): where everything is."""
    rows, columns = grid
    return np.dstack(np.meshgrid(np.arange(columns), np.arange(rows))).astype(np.float32)


def _sampling_field(places: Maps) -> Field:
    coarse, fine = cv2.convertMaps(places, np.empty(0), cv2.CV_16SC2)
    return np.asarray(coarse, np.int16), np.asarray(fine, np.uint16)


def _trusted(flow: Maps, return_flow: Maps, field: Field) -> Maps:
    way = cv2.remap(return_flow, *field, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    error, length = (cv2.magnitude(*cv2.split(each)) for each in (way + flow, flow))
    trusted: Maps = (error < ASTRAY + 0.05 * length).astype(np.float32)
    return trusted


def carried(layers: Maps, motion: Motion) -> Maps:
    """Return layers of the neighbour to which the motion leads, as they lie in this frame.

    All at once: OpenCV takes half the time of one after the other.
    """
    moved = cv2.remap(layers, *motion.field, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved)
