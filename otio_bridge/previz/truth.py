"""The truth of what a take broke: strength and visibility per frame, from paired pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from otio_bridge.model import FAILURE_KINDS, Noun
from otio_bridge.previz.failures import FailureEvent
from otio_bridge.previz.geometry import Array

CELLS = (80, 45)
CHANGED = 18
"""Levels of 255 in any channel from which a pixel counts as changed."""
CELL_SHARE = 0.20
"""Share of changed pixels from which a cell counts."""
BAD_STRENGTH = 0.25
BAD_CELLS = 15
"""Changed cells of 3600 from which a failure counts as seen (facts: the visible truth)."""

Box = tuple[float, float, float, float]


class Truth(Noun):
    """What a take broke; per-frame sequences have one entry a frame of the take."""

    shot: str
    seed: int
    rate: str
    slot_start: int
    frames: int
    strength: dict[str, tuple[float, ...]]
    """Strength of every failure kind, 0..1."""
    visible: tuple[float, ...]
    """Share of the 3600 cells that differ from the same frame without its failure."""
    bad: dict[str, tuple[bool, ...]]
    """Strength above .25 and at least 15 cells changed."""
    boxes: tuple[Box | None, ...]
    """x0, y0, x1, y1 of the changed cells as shares of width and height."""
    events: tuple[dict[str, Any], ...]
    words: tuple[str, ...]
    """The events as sentences for people."""


class Seen(Noun):
    """How much of one frame its failure changed."""

    share: float = 0.0
    box: Box | None = None


def compared(right: Array, wrong: Array) -> Seen:
    """Return how visibly two pictures (height, width, 3) uint8 differ."""
    changed = (cv2.absdiff(right, wrong).max(axis=2) > CHANGED).astype(np.float32)
    cells = cv2.resize(changed, CELLS, interpolation=cv2.INTER_AREA) > CELL_SHARE
    if not cells.any():
        return Seen()
    rows, columns = np.flatnonzero(cells.any(1)), np.flatnonzero(cells.any(0))
    box = (
        float(columns[0]) / CELLS[0], float(rows[0]) / CELLS[1],
        float(columns[-1] + 1) / CELLS[0], float(rows[-1] + 1) / CELLS[1],
    )  # fmt: skip
    return Seen(share=round(float(cells.mean()), 5), box=box)


def strengths(events: Sequence[FailureEvent], slot_frame: int) -> dict[str, float]:
    """Return the strength of every kind at a slot frame."""
    return {
        kind: round(max((e.strength(slot_frame) for e in events if e.kind == kind), default=0.0), 4)
        for kind in FAILURE_KINDS
    }


def in_words(event: FailureEvent, names: Sequence[str], rate: float) -> str:
    """Return one sentence about an event."""
    who, whose = names[event.performer], names[event.partner]
    limb = "left arm" if event.side == "l" else "right arm"
    told = {
        "sleeve": f"{who}'s {limb} wears {whose}'s sleeve",
        "extra arm": f"{who} grows an extra arm",
        "graft": f"{who}'s {limb} hangs on {whose}",
        "into body": f"the prop slides into {who}",
        "through hand": f"the prop flips through {who}'s hand",
        "whole": f"{who} turns into {whose}",
        "upper": f"{who}'s upper body turns into {whose}",
        "flip": f"{who}'s arms flip in depth or are gone",
        "torso": f"{whose}'s costume bleeds over {who}'s torso",
        "leg": f"{whose}'s costume bleeds over {who}'s hips and legs",
        "arm": f"{who}'s {limb} vanishes",
        "forearm": f"{who}'s {limb.replace('arm', 'forearm')} vanishes",
    }
    return f"{event.start / rate:.1f}-{event.end / rate:.1f} s: {told[event.mode]} ({event.kind})."
