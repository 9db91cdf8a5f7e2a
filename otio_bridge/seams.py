"""How plainly a cut from one take to another would be seen, measured from the pictures.

For a cut to slot frame f, frame f - 1 of the outgoing take is held against frame f of the incoming
one, at 160 x 90 (facts, sections 7 and 8):

    C = excess / 1.5 px + residual / 25 + 0.5 * |difference of mean Lab|_1 / 6

excess: mean length of what the flow across the cut has beyond the outgoing take's own flow, in
pixels; residual: mean absolute difference of RGB values (0..255) after warping the incoming picture
back along the flow across; both in a centre rectangle that stands for the figures. C is averaged
over two frames to each side, since a cut where the pictures fit but the motions do not fits there
alone. 0 is unseen; about 1 is a usual cut between takes, above 3 a plain jump.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from otio_bridge.errors import MediaError
from otio_bridge.media import frames_of
from otio_bridge.model import Segment
from otio_bridge.splicing import SeamTable

Pictures = NDArray[np.uint8]
Floats = NDArray[np.float64]

SIZE = (160, 90)
FIGURES = np.s_[9:, 24:136]
"""Rows and columns of the centre rectangle."""
COLUMNS, ROWS = np.meshgrid(*(np.arange(length, dtype=np.float32) for length in SIZE))
WINDOW = np.array([1.0, 2.0, 3.0, 2.0, 1.0])
OFFSET_STEP = 3
"""Differences of offset that are measured; those between are interpolated."""
PAIRS = 3000
"""Pairs of pictures measured for a table at most, where a step of half a second allows."""
CLIPPED = (12, 243)
"""Pixel values outside say nothing of light."""


@dataclass(frozen=True)
class _View:
    """A take as it is measured: RGB pictures and mean Lab colours from slot frame `start` on."""

    start: int
    pictures: Pictures
    gray: Pictures
    lab: Floats

    def has(self, frame: int) -> bool:
        return 0 <= frame - self.start < len(self.pictures)


class SeamMeter:
    """Takes of one slot, decoded once at 160 x 90, ready to be held against each other."""

    def __init__(
        self,
        media: Mapping[str, Path],
        slot_starts: Mapping[str, int],
        *,
        slot_frames: int,
        rate: Fraction,
        max_offset: int = 0,
        progress: Callable[[float], None] | None = None,
    ) -> None:
        """Decode the takes.

        Args:
            media: File of each take, at the slot's rate.
            slot_starts: Slot frame shown by each take's first frame.
            slot_frames: Length of the slot.
            rate: Frames per second.
            max_offset: As in the rules of the plan that will use the table.
            progress: Told the share done, 0..1, now and then.

        Raises:
            MediaError: A file is no video.
        """
        self.takes = tuple(media)
        self._slot_starts = dict(slot_starts)
        self.slot_frames, self.rate, self.max_offset = slot_frames, rate, max_offset
        self._progress = progress or (lambda share: None)
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._views = []
        for done, take in enumerate(self.takes):
            spare = 2 * max_offset + 1
            self._views.append(_view(media[take], slot_starts[take], -spare, slot_frames + spare))
            self._progress(0.4 * (done + 1) / len(self.takes))
        self._raw = np.full((len(self.takes),) * 2 + (slot_frames, 4 * max_offset + 1), np.nan)
        self._step = 1

    def table(self, step: int | None = None) -> SeamTable:
        """Measure cuts from every take to every other one, every `step` frames.

        Without a step, the finest that keeps to 3000 pairs of pictures, half a second at most.
        """
        wide = 2 * self.max_offset
        columns = sorted({*range(-wide, wide + 1, OFFSET_STEP), 0, wide})
        into = list(product(range(len(self.takes)), columns))
        self._step = step or self._finest_step(len(into) - 1)
        for one in range(len(self.takes)):
            for frame in self._grid(one, columns):
                for (other, shift), cost in self._costs(one, frame, into).items():
                    self._raw[one, other, frame, wide + shift] = cost
            self._progress(0.4 + 0.6 * (one + 1) / len(self.takes))
        for one, other in product(range(len(self.takes)), repeat=2):
            _fill(self._raw[one, other], [wide + shift for shift in columns])
        return self._drawn()

    def sharpened(self, segments: Iterable[Segment]) -> SeamTable:
        """Measure every frame near the cuts of a plan and return the table with what was found.

        Planning again with it moves each cut to its best frame.
        """
        wide = 2 * self.max_offset
        for before, after in pairwise(segments):
            if before.take not in self.takes or after.take not in self.takes:
                continue
            one, other = self.takes.index(before.take), self.takes.index(after.take)
            # Where the cut would be with the outgoing take in step, as the table has it.
            cut = before.take_start + before.frames + self._slot_starts[before.take]
            shift = after.take_start + self._slot_starts[after.take] - cut
            reach = self._step + len(WINDOW) // 2
            for frame in range(max(1, cut - reach), min(self.slot_frames, cut + reach + 1)):
                for _, cost in self._costs(one, frame, [(other, shift)]).items():
                    self._raw[one, other, frame, wide + shift] = cost
        return self._drawn()

    def _finest_step(self, ways: int) -> int:
        pairs = len(self.takes) * ways * self.slot_frames
        return int(min(max(1, self.rate // 2), -(-pairs // PAIRS)))

    def _grid(self, one: int, columns: list[int]) -> list[int]:
        """Slot frames to measure cuts at: each step, and where takes begin and end."""
        edges = {view.start - shift for view in self._views for shift in columns}
        ends = {view.start + len(view.pictures) for view in self._views}
        edges |= {end - 1 - shift for end in ends for shift in columns} | ends
        edges |= {self._views[one].start + 1, self.slot_frames - 1, 1}
        inside = {frame for frame in edges if 0 < frame < self.slot_frames}
        return sorted(inside | set(range(self._step, self.slot_frames, self._step)))

    def _costs(
        self, one: int, frame: int, into: list[tuple[int, int]]
    ) -> dict[tuple[int, int], float]:
        """C of single pairs, for each incoming (take, offset) that has a picture for the frame."""
        outgoing = self._views[one]
        if not outgoing.has(frame - 1) or len(outgoing.pictures) < 2:
            return {}
        last = frame - 1 - outgoing.start
        # Where the take ends with the cut, its motion is that of the frame before.
        now = min(last, len(outgoing.gray) - 2)
        own = self._flow_between(outgoing.gray[now], outgoing.gray[now + 1])
        costs = {}
        for other, shift in into:
            incoming = self._views[other]
            if incoming.has(frame + shift) and (other, shift) != (one, 0):
                index = frame + shift - incoming.start
                costs[other, shift] = self._cost(outgoing, last, own, incoming, index)
        return costs

    def _cost(
        self, outgoing: _View, last: int, own: NDArray[np.float32], incoming: _View, first: int
    ) -> float:
        across = self._flow_between(outgoing.gray[last], incoming.gray[first])
        beyond = (across - own)[FIGURES]
        excess = np.mean(cv2.magnitude(beyond[..., 0], beyond[..., 1]))
        x, y = (COLUMNS + across[..., 0])[FIGURES], (ROWS + across[..., 1])[FIGURES]
        warped = cv2.remap(incoming.pictures[first], x, y, cv2.INTER_LINEAR)
        residual = np.mean(cv2.absdiff(outgoing.pictures[last][FIGURES], warped))
        light = np.abs(outgoing.lab[last] - incoming.lab[first]).sum()
        return float(excess / 1.5 + residual / 25.0 + 0.5 * light / 6.0)

    def _flow_between(self, one: Pictures, other: Pictures) -> NDArray[np.float32]:
        still = np.zeros((*one.shape, 2), dtype=np.float32)
        return np.asarray(self._flow.calc(one, other, still), dtype=np.float32)

    def _drawn(self) -> SeamTable:
        cost = _averaged(self._raw)
        return SeamTable(self.takes, cost if self.max_offset else cost[..., 0])


def seam_table(
    media: Mapping[str, Path],
    slot_starts: Mapping[str, int],
    *,
    slot_frames: int,
    rate: Fraction,
    max_offset: int = 0,
    progress: Callable[[float], None] | None = None,
) -> SeamTable:
    """Measure the seams between takes; see `SeamMeter`, which can also sharpen the result."""
    meter = SeamMeter(
        media,
        slot_starts,
        slot_frames=slot_frames,
        rate=rate,
        max_offset=max_offset,
        progress=progress,
    )
    return meter.table()


def gain_match(reference: Pictures, other: Pictures) -> tuple[float, float, float]:
    """Return the gains of R, G and B that bring another take's light to that of a reference.

    The trimmed mean (20 to 80 %) of the log ratio over pixels that neither clips, so that figures
    which moved do not count; 1.0 where too little is left to tell.

    Args:
        reference: RGB pictures (frames, height, width, 3) of 0..255.
        other: The same number of pictures of the same size, at the same slot frames.
    """
    gains = []
    for channel in range(3):
        one, two = reference[..., channel].ravel(), other[..., channel].ravel()
        usable = (np.minimum(one, two) >= CLIPPED[0]) & (np.maximum(one, two) <= CLIPPED[1])
        ratios = np.sort(np.log(one[usable] / two[usable]))
        middle = ratios[len(ratios) // 5 : len(ratios) - len(ratios) // 5]
        gains.append(float(np.exp(middle.mean())) if 100 * len(middle) > len(one) else 1.0)
    return gains[0], gains[1], gains[2]


def _view(path: Path, slot_start: int, start: int, end: int) -> _View:
    """The frames of a take from slot frame `start` up to `end`, where it has them."""
    skipped = max(0, start - slot_start)
    stop = max(skipped, end - slot_start)
    decoded = list(frames_of(path, size=SIZE, start=skipped, stop=stop))
    if not decoded:
        raise MediaError(f"{path} shows nothing of the slot; leave it out or make the take again.")
    pictures = np.stack(decoded)
    return _View(
        slot_start + skipped,
        pictures,
        np.stack([cv2.cvtColor(each, cv2.COLOR_RGB2GRAY) for each in pictures]),
        np.stack([_mean_lab(each) for each in pictures]),
    )


def _mean_lab(picture: Pictures) -> Floats:
    lab = cv2.cvtColor(picture.astype(np.float32) / 255.0, cv2.COLOR_RGB2LAB)
    return np.asarray(lab.mean(axis=(0, 1)), dtype=np.float64)


def _fill(rows: Floats, columns: list[int]) -> None:
    """Interpolate (frame, offset) in place between measured frames, then between columns."""
    frames = np.arange(len(rows))
    for column in columns:
        known = np.flatnonzero(~np.isnan(rows[:, column]))
        if len(known):
            between = slice(known[0], known[-1] + 1)
            rows[between, column] = np.interp(frames[between], known, rows[known, column])
    for left, right in pairwise(columns):
        for column in range(left + 1, right):
            share = (column - left) / (right - left)
            rows[:, column] = (1.0 - share) * rows[:, left] + share * rows[:, right]


def _averaged(raw: Floats) -> Floats:
    """Weighted mean over the window of frames (axis 2), of what is measured there."""
    reach = len(WINDOW) // 2
    padded = np.pad(raw, [(0, 0), (0, 0), (reach, reach), (0, 0)], constant_values=np.nan)
    known = ~np.isnan(padded)
    total, weight = np.zeros_like(raw), np.zeros_like(raw)
    for index, factor in enumerate(WINDOW):
        here = np.s_[:, :, index : index + raw.shape[2]]
        total += factor * np.where(known[here], padded[here], 0.0)
        weight += factor * known[here]
    return np.where(np.isnan(raw), np.nan, total / np.maximum(weight, 1.0))
