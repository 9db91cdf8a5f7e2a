"""What comes after a frame: a memory carried backwards.

A failure that passes contradicts what was before it and what comes after it; what the camera or a
turn uncovers contradicts the past alone. Frames are therefore held back for a while.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from otio_bridge.scoring.arrays import Maps
from otio_bridge.scoring.motion import carried
from otio_bridge.scoring.reader import Film
from otio_bridge.scoring.watching import Sight, cells_of, renewal, renewed

STRETCH, AHEAD = 96, 36
"""Analysed frames let go at once, and frames beyond them that are known by then."""


@dataclass(frozen=True)
class Glance:
    """One analysed frame beside its past and its future."""

    sight: Sight
    future: Maps
    """What the memory of the frames after it has in every cell."""
    next: Maps
    """What the frame after it has."""


def glances_of(sights: Iterator[Sight], film: Film) -> Iterator[Glance]:
    """Yield the frames of a film in order, each compared with its past and its future."""
    held: list[Sight] = []
    for sight in sights:
        held.append(sight)
        if len(held) == STRETCH + AHEAD:
            yield from _compared(held, film)[:STRETCH]
            held = held[STRETCH:]
    yield from _compared(held, film)


def _compared(held: Sequence[Sight], film: Film) -> list[Glance]:
    """Return the glances of a stretch, worked out from its end to its beginning."""
    glances: list[Glance] = []
    future: Maps = np.empty(0, np.float32)
    for index in range(len(held) - 1, -1, -1):
        sight, seen = held[index], len(held) - index
        if seen == 1:
            future = sight.fine
            glances.append(Glance(sight, sight.cells, sight.cells))
            continue
        motion = held[index + 1].onward
        future = carried(future, motion)
        after = cells_of(carried(held[index + 1].fine, motion))
        glances.append(Glance(sight, cells_of(future), after))
        future = renewed(future, sight.fine, renewal(film.pace, seen, motion))
    return glances[::-1]
