"""The nouns of planning a splice: candidates, seam costs and rules."""

from __future__ import annotations

import math
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
    cut_cost: float = 0.4
    """Lambda: what a cut with base + C = 1 costs."""
    base: float = 0.25
    """What even an unseen seam costs, in units of C: no cut for nothing."""
    hero: str | None = None
    hero_bonus: float = 0.1
    """Added for every second that the hero take is shown."""
    threshold: float = 0.5
    """Folded P(held) from which a second counts as covered."""
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
        ValueError: The shape does not fit the takes.
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

    def spread(
        self, takes: Sequence[str], slot_frames: int, max_offset: int
    ) -> NDArray[np.float64]:
        """Return C for these takes, with nothing left unmeasured.

        Shape (slot_frames + 2 * max_offset, takes, 4 * max_offset + 1, takes): first slot frame of
        the incoming take plus the outgoing one's offset, from -max_offset on; outgoing take;
        difference of the offsets, from -2 * max_offset on; incoming take.
        """
        frames = np.arange(-max_offset, slot_frames + max_offset)
        wide = 4 * max_offset + 1
        result = np.full((len(frames), len(takes), wide, len(takes)), self.unmeasured)
        here = [index for index, take in enumerate(takes) if take in self.takes]
        if not here or not self.cost.shape[2]:
            return result
        there = [self.takes.index(takes[index]) for index in here]
        known = self._by_offset(wide)[np.ix_(there, there)]
        known = known[:, :, frames.clip(0, known.shape[2] - 1)].transpose(2, 0, 3, 1)
        known = np.where(np.isnan(known), self.unmeasured, np.maximum(known, 0.0))
        result[:, np.array(here)[:, None, None], np.arange(wide)[:, None], here] = known
        return result

    def _by_offset(self, wide: int) -> NDArray[np.floating]:
        """The table with `wide` differences of offset, NaN for those it lacks."""
        if self.cost.ndim == 3:
            every = np.repeat(self.cost[..., None], wide, axis=3)
            # A plain table says nothing of a jump inside one take.
            every[np.arange(len(self.takes)), np.arange(len(self.takes))] = math.nan
            return every
        spare = (wide - self.cost.shape[3]) // 2
        if spare <= 0:
            return self.cost[..., -spare : self.cost.shape[3] + spare]
        return np.pad(self.cost, [(0, 0)] * 3 + [(spare, spare)], constant_values=math.nan)


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
