"""The best path through takes x frames, by exact dynamic programming over plain arrays.

`splicing` says what a frame and a cut are worth; here nothing is known of seconds, people or media.
A *source* is one take at one time offset; source = offset index * number of takes + take.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SHORTFALL = 1e3
"""Cost of each frame that a segment lacks to the minimum: more than any gain, so only if forced."""


class Run(NamedTuple):
    """One source shown from slot frame `start` up to `end`."""

    source: int
    start: int
    end: int


@dataclass(frozen=True)
class Terrain:
    """What every frame and every cut is worth.

    `gain` (frames, sources): worth of showing a frame, -inf where there is no picture.
    `cut` (frames, offsets, takes, offsets, takes): cost of cutting from the first pair to the
    second so that the frame is the first of the incoming segment; inf where forbidden.
    """

    gain: Floats
    cut: Floats
    min_segment: int

    @property
    def takes(self) -> int:
        """How many takes the sources are made of."""
        return int(self.cut.shape[2])

    @property
    def take_of(self) -> Ints:
        """Take index of every source."""
        every: Ints = np.arange(self.gain.shape[1]) % self.takes
        return every


@dataclass(frozen=True)
class Orders:
    """Orders of takes that a path may follow, as a finite automaton whose states are layers.

    `start` (takes,): layer after the first take. `follow` (layers, takes): layer after a cut to a
    take; the number of layers itself stands for "not allowed". `accepts` (layers,): may end here.
    `showing`: the only takes that can be on in each layer.
    """

    start: Ints
    follow: Ints
    accepts: NDArray[np.bool_]
    showing: tuple[slice, ...]


def orders_allowed(takes: int, most_cuts: int | None, banned: set[tuple[int, ...]]) -> Orders:
    """Return the orders of takes with at most so many cuts that are none of the banned ones."""
    prefixes = {order[:n] for order in banned for n in range(1, len(order) + 1)}
    layers: list[tuple[int, tuple[int, ...]]] = []

    def layer(cuts: int, order: tuple[int, ...]) -> int:
        known = order if order in prefixes else ()
        state = (0 if most_cuts is None else cuts, known)
        if most_cuts is not None and cuts > most_cuts:
            return -1
        if state not in layers:
            layers.append(state)
        return layers.index(state)

    start = [layer(0, (take,)) for take in range(takes)]
    follow: list[list[int]] = []
    while len(follow) < len(layers):
        cuts, order = layers[len(follow)]
        known = [(*order, take) if order else () for take in range(takes)]
        follow.append([layer(cuts + 1, longer) for longer in known])
    table = np.array(follow)
    table[table < 0] = len(layers)
    accepts = np.array([order not in banned for _, order in layers])
    showing = tuple(
        slice(order[-1], order[-1] + 1) if order else slice(None) for _, order in layers
    )
    return Orders(np.array(start), table, accepts, showing)


def best_path(terrain: Terrain, orders: Orders) -> list[Run] | None:
    """Return the runs of the path of greatest worth, or None where no path is allowed.

    Worth = gains of the frames shown - costs of the cuts - SHORTFALL for every frame that a run
    lacks to the minimum. Ties go to the longer run, then to the earlier layer and source.
    """
    entered, closed = _worths(terrain, orders)
    final = np.where(orders.accepts[:, None], closed[-1], -np.inf)
    if not np.isfinite(final.max()):
        return None
    layer, source = np.unravel_index(int(final.argmax()), final.shape)
    runs = [_run_until(len(terrain.gain), terrain, entered[:, layer, source], int(source))]
    while runs[-1].start > 0:
        start, follower = runs[-1].start, runs[-1].source
        cost = terrain.cut[start].reshape(closed.shape[2], -1)[:, follower]
        leads_here = orders.follow[:, terrain.take_of[follower]] == layer
        before = np.where(leads_here[:, None], closed[start] - cost, -np.inf)
        layer, source = np.unravel_index(int(before.argmax()), before.shape)
        runs.append(_run_until(start, terrain, entered[:, layer, source], int(source)))
    return runs[::-1]


def _worths(terrain: Terrain, orders: Orders) -> tuple[Floats, Floats]:
    """Best worth of having just entered a source before a frame, and of having shown it till then.

    Both (frames + 1, layers, sources); orders not allowed fall into one more layer, left out at the
    end. Row k of `ages` holds runs of k frames, the last row those that reached the minimum; a run
    pays its whole shortfall at first and earns it back.
    """
    frames, sources = terrain.gain.shape
    least = terrain.min_segment
    layers = len(orders.follow)
    entered = np.full((frames + 1, layers + 1, sources), -np.inf)
    closed = np.full((frames + 1, layers, sources), -np.inf)
    ages = np.full((least + 1, layers, sources), -np.inf)
    every = np.arange(sources)
    targets = orders.follow[:, terrain.take_of]
    entered[0, orders.start[terrain.take_of], every] = 0.0
    for frame in range(frames):
        if frame:
            for layer, shown in enumerate(orders.showing):
                worth = _entries(closed[frame, layer], terrain.cut[frame], shown)
                place = targets[layer], every
                entered[frame][place] = np.maximum(entered[frame][place], worth)
        np.subtract(entered[frame, :layers], SHORTFALL * least, out=ages[0])
        grown = np.maximum(ages[least], ages[least - 1] + SHORTFALL)
        ages[1:least] = ages[: least - 1] + SHORTFALL
        ages[least] = grown
        ages[1:] += terrain.gain[frame]
        np.maximum.reduce(ages[1:], axis=0, out=closed[frame + 1])
    return entered[:, :layers], closed


def _entries(closed: Floats, cut: Floats, shown: slice) -> Floats:
    """What it is worth to cut to each source, coming from one of the takes shown."""
    before = closed.reshape(*cut.shape[:2], 1, 1)[:, shown]
    worth: Floats = np.maximum.reduce(before - cut[:, shown], axis=(0, 1)).ravel()
    return worth


def _run_until(end: int, terrain: Terrain, entered: Floats, source: int) -> Run:
    shown = np.cumsum(terrain.gain[end - 1 :: -1, source])[::-1]
    lacking = np.maximum(0, terrain.min_segment - np.arange(end, 0, -1))
    start = int((entered[:end] + shown - SHORTFALL * lacking).argmax())
    return Run(source, start, end)
