"""Exams: which clips are learned from, which are asked about, and what was answered.

What an exam brings is one file of a folder; `contact.holding` holds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contact.table import Seen
from otio_bridge.scoring.arrays import Numbers
from otio_bridge.scoring.learned import Panel, load_panel

FOLDS = 4
DOMAINS = ("drawn", "posed", "footage")
"""What is taught; "unbroken" twins of footage are asked alone."""
SHIPPED = "shipped"
"""The exam that asks nothing: nets taught on everything."""


@dataclass(frozen=True)
class Exam:
    """Places of clips that are learned from, and of those that are asked about."""

    name: str
    taught: list[int]
    asked: list[int]


def exams_of(clips: Sequence[Seen]) -> list[Exam]:
    """Return every exam that the tables need, the longest first."""
    fold, kin = folds_of(clips), np.array([_kin(one) for one in clips])
    lessons = np.array([one.domain in DOMAINS for one in clips])
    unseen = {f"fold{k}": (fold != k, fold == k) for k in range(FOLDS)}
    left_out = {f"without_{domain}": (kin != domain, kin == domain) for domain in DOMAINS}
    trees = {f"baseline{k}": (fold != k, (fold == k) & lessons) for k in range(FOLDS)}
    every = {SHIPPED: (lessons, np.zeros_like(lessons))} | unseen | left_out | trees
    return [
        Exam(name, np.flatnonzero(taught & lessons).tolist(), np.flatnonzero(asked).tolist())
        for name, (taught, asked) in every.items() if (taught & lessons).any()
    ]  # fmt: skip


def folds_of(clips: Sequence[Seen], folds: int = FOLDS) -> NDArray[np.int64]:
    """Return each clip's fold; all clips made of one piece of footage share a fold."""
    sources = sorted({one.condition for one in clips if one.domain == "footage"})
    numbers = [
        sources.index(one.condition) if one.condition in sources else i
        for i, one in enumerate(clips)
    ]
    return np.array(numbers) % folds


def _kin(clip: Seen) -> str:
    return "footage" if clip.domain == "unbroken" else clip.domain


def answers(clips: Sequence[Seen], kept: Path, kind: str) -> dict[int, Numbers]:
    """Return by a clip's place what was answered in all exams whose names start so."""
    found: dict[int, Numbers] = {}
    for exam in exams_of(clips):
        if exam.name.startswith(kind):
            with np.load(kept_in(kept, exam.name)) as stored:
                found |= {i: stored[clips[i].name] for i in exam.asked}
    return found


def shipped_panel(kept: Path) -> Panel:
    """Return the nets that were taught on everything."""
    with np.load(kept_in(kept, SHIPPED)) as stored:
        return load_panel(stored)


def kept_in(kept: Path, name: str) -> Path:
    """Return the file of what an exam brought."""
    return kept / f"{name}.npz"
