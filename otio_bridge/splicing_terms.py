"""The nouns of planning a splice: candidates, seam costs and rules."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from otio_bridge.model import Segment, Verdict

UNMEASURED_SEAM = 1.0
"""C of a cut nobody measured: about the mean over splices of unlike takes (facts, section 8)."""


@dataclass(frozen=True)
class Candidate:
    """A take that may be shown: its place, its scores and a person's marks, in frames of it."""

    take: str
    slot_start: int
    """Slot frame shown by the take's frame 0; negative for a handle."""
    held: tuple[float | None, ...]
    """P(held) of every frame of the take, None where the judge abstains."""
    verdicts: tuple[Verdict, ...] = ()
    """Later ones win; those of other takes are ignored."""


@dataclass(frozen=True)
class Stretch:
    """Slot frames [start, end) tied to one take, as a lock or as a ban."""

    take: str
    start: int
    end: int


@dataclass(frozen=True)
class PlanRules:
    """What a plan must keep to and what it is worth; times in frames, worths in nats a second."""

    min_segment: int | None = None
    """Shortest segment in frames, undercut only where forced; None: half a second."""
    max_cuts: int | None = None
    """Exceeded only where the material leaves no other way."""
    cut_cost: float = 0.12
    """Lambda: what a cut with base + C = 1 costs."""
    base: float = 3.0
    """What even an unseen seam costs, in units of C: no cut for nothing. A second that fails is
    worse than a seam that shows, so C weighs little beside it (benchmarks/README.md)."""
    hero: str | None = None
    hero_bonus: float = 0.1
    """Added for every second that the hero take is shown."""
    threshold: float = 0.5
    """Folded P(held) from which a second counts as covered."""
    uncovered: float = 0.7
    """What showing a second that does not count as covered costs, beyond its own log P."""
    max_offset: int = 0
    """How many frames earlier or later than in step a take may be shown."""
    locks: tuple[Stretch, ...] = ()
    """Slot frames that must show a take."""
    bans: tuple[Stretch, ...] = ()
    """Slot frames that must not show a take."""


@dataclass(frozen=True)
class SeamTable:
    """Seam cost C between takes, 0 for an unseen cut; NaN where it was not measured.

    `cost` has shape (takes, takes, slot_frames): from x to x first slot frame of the incoming take;
    or (takes, takes, slot_frames, 2 * w + 1) when takes may be shifted. There entry w + d of frame
    f is the cut, at slot frame f, from the first take in step to the second one running d frames
    ahead of step. A cut at frame f between offsets p and q shows the same pictures as one at f + p
    between offsets 0 and q - p, so no more is needed.

    Raises:
        ValueError: The shape does not fit the takes, or a cost is negative.
    """

    takes: tuple[str, ...]
    cost: NDArray[np.floating]
    unmeasured: float = UNMEASURED_SEAM

    def __post_init__(self) -> None:
        shape = self.cost.shape
        if shape[:2] != (len(self.takes),) * 2 or len(shape) not in (3, 4):
            raise ValueError(f"a seam table of {len(self.takes)} takes cannot have shape {shape}")
        if len(shape) == 4 and shape[3] % 2 == 0:
            raise ValueError("the offsets of a seam table must be symmetric about none")
        if np.any(self.cost < 0):
            raise ValueError("a seam cost is negative; 0 is an unseen cut")

    def spread(
        self, takes: Sequence[str], slot_frames: int, max_offset: int
    ) -> NDArray[np.float64]:
        """Return C for these takes, with nothing left unmeasured.

        Shape (slot_frames + 2 * max_offset, takes, 4 * max_offset + 1, takes): first slot frame of
        the incoming take plus the outgoing one's offset, from -max_offset on; outgoing take;
        difference of the offsets, from -2 * max_offset on; incoming take.
        """
        wide = 4 * max_offset + 1
        frames = np.arange(-max_offset, slot_frames + max_offset)
        frames = frames.clip(0, max(0, self.cost.shape[2] - 1))
        result = np.full((len(frames), len(takes), wide, len(takes)), self.unmeasured)
        rows = [
            (row, self.takes.index(take)) for row, take in enumerate(takes) if take in self.takes
        ]
        for (one, row), (other, column) in itertools.product(rows, rows):
            known = self._by_offset(row, column, wide)
            narrow = (wide - known.shape[1]) // 2
            known = np.where(known >= 0.0, known, self.unmeasured)
            result[:, one, narrow : wide - narrow, other] = known[frames]
        return result

    def between(
        self, one: str, other: str, slot_frame: int, before: int = 0, after: int = 0
    ) -> float:
        """Return C of the cut from a take at offset `before` to another at offset `after`."""
        reach = max(abs(before), abs(after))
        spread = self.spread((one, other), slot_frame + 1, reach)
        return float(spread[slot_frame + before + reach, 0, after - before + 2 * reach, 1])

    def _by_offset(self, row: int, column: int, wide: int) -> NDArray[np.floating]:
        """C of one pair per (frame, difference of offset), no wider than that."""
        known: NDArray[np.floating] = self.cost[row, column]
        if known.ndim == 2:
            beyond = max(0, (known.shape[1] - wide) // 2)
            return known[:, beyond : known.shape[1] - beyond]
        # A plain table holds for all offsets, but says nothing of a jump inside one take.
        return np.repeat(known[:, None], wide if row != column else 1, axis=1)


@dataclass(frozen=True)
class NextSpan:
    """What to ask a provider for next: slot frames [start, end), handles included."""

    start: int
    end: int
    seconds: tuple[int, ...]
    """Uncovered seconds that the span is for."""
    extends: Segment | None = None
    """Where the rest of the slot is wanted: the one good frame to extend, shown at `start`."""

    @property
    def frames(self) -> int:
        """Length to ask for, in frames."""
        return self.end - self.start
