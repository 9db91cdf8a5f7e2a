"""What comes after a frame: a memory carried backwards, and everything pooled into cells.

A failure that passes contradicts what was before it and what comes after it; what the camera or a
turn uncovers contradicts the past alone. Frames are therefore held back for a while.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from otio_bridge.scoring.arrays import Maps, Numbers
from otio_bridge.scoring.motion import Motion, carried, still_motion
from otio_bridge.scoring.reader import Film
from otio_bridge.scoring.watching import SLOW, Sight, contradictions, renewal

STRETCH, AHEAD = 96, 36
"""Analysed frames let go at once, and frames beyond them that are known by then."""
PAST = (
    "turned", "figure_flip", "prop_flip", "residual", "untrusted", "sureness", "mixed", "island",
    "thin", "speed", "jerk", "owner_quick", "colour_quick", "vanished_quick", "appeared_quick",
)  # fmt: skip
MEMORY = ("owner", "colour", "contrast", "prop", "vanished", "appeared")
SHOWN = ("prop", "first", "second", "others")
"""Whose the cell is; all characters after the second are one."""
CHANNELS = (
    *PAST, *(f"{name}_{when}" for when in ("slow", "later", "both") for name in MEMORY), *SHOWN,
)  # fmt: skip


@dataclass(frozen=True)
class Glance:
    """What one analysed frame shows."""

    cells: NDArray[np.float16]
    """Channels x rows x columns."""
    owners: NDArray[np.float16]
    """Characters x rows x columns, half as many as cells: the share that is theirs."""
    whole: Numbers
    """One number for each of `watching.GLOBALS`."""
    each: Numbers
    """Characters x `watching.CHARACTER`."""


@dataclass(frozen=True)
class _Awaiting:
    """A sight, thinned to what its future is compared with."""

    sight: Sight
    past: NDArray[np.float16]
    slow: dict[str, Maps]


def glances_of(sights: Iterator[Sight], film: Film) -> Iterator[Glance]:
    """Yield the frames of a film in order, each compared with its past and its future."""
    held: list[_Awaiting] = []
    for sight in sights:
        held.append(_awaiting(sight, film))
        if len(held) == STRETCH + AHEAD:
            yield from _compared(held, film)[:STRETCH]
            held = held[STRETCH:]
    yield from _compared(held, film)


def _awaiting(sight: Sight, film: Film) -> _Awaiting:
    past = pooled([sight.maps[name] for name in PAST], film.grid)
    slow = {name: sight.maps[f"{name}_slow"] for name in MEMORY}
    return _Awaiting(replace(sight, maps={}), past, slow)


def _compared(held: Sequence[_Awaiting], film: Film) -> list[Glance]:
    """Return the glances of a stretch, worked out from its end to its beginning."""
    glances: list[Glance] = []
    owners = look = np.empty(0, np.float32)
    for seen, index in enumerate(range(len(held) - 1, -1, -1), start=1):
        one = held[index].sight
        if seen == 1:
            owners, look = one.owners, one.look
            motion = still_motion(one.owners.shape[1:])
        else:
            motion = held[index + 1].sight.onward
            owners, look = carried(owners, motion), carried(look, motion)
        glances.append(
            _glance(held[index], contradictions(one.owners, one.look, owners, look), film)
        )
        owners, look = _renewed(one, owners, look, motion, seen, film)
    return glances[::-1]


def _renewed(
    now: Sight, owners: Maps, look: Maps, motion: Motion, seen: int, film: Film
) -> tuple[Maps, Maps]:
    rate = renewal(SLOW, film.pace, seen, motion)
    return owners + rate * (now.owners - owners), look + rate * (now.look - look)


def _glance(one: _Awaiting, later: dict[str, Maps], film: Film) -> Glance:
    owners = one.sight.owners
    characters, none = owners[:-2], np.zeros_like(owners[0])
    shown = [owners[-2], *characters[:2], *[none] * (2 - len(characters[:2]))]
    rest = characters[2:].sum(0) if len(characters) > 2 else none
    planes = [one.slow[name] for name in MEMORY] + [later[name] for name in MEMORY]
    planes += [np.minimum(one.slow[name], later[name]) for name in MEMORY]
    known = pooled([*planes, *shown, rest], film.grid)
    return Glance(
        np.concatenate([one.past, known]),
        pooled(characters, (film.grid[0] // 2, film.grid[1] // 2)),
        one.sight.whole,
        one.sight.each,
    )


def pooled(planes: Sequence[Maps] | Maps, grid: tuple[int, int]) -> NDArray[np.float16]:
    """Return planes x rows x columns: the mean of every cell."""
    cells = [cv2.resize(plane, grid[::-1], interpolation=cv2.INTER_AREA) for plane in planes]
    return np.array(cells, np.float16).reshape(len(planes), *grid)
