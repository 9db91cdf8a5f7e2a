"""From glances to P(held) and P(kind) of every frame, and when to keep silent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from otio_bridge.scoring.arrays import Flags, Numbers
from otio_bridge.scoring.features import (
    CONTEXT,
    STRONGEST,
    cell_curves,
    cell_features,
    cell_maps,
    frame_features,
    take_curves,
)
from otio_bridge.scoring.learned import OUTPUTS, Forest, Judge
from otio_bridge.scoring.viewing import Screening, Viewing
from otio_bridge.scoring.watching import Glance

BLOCK = 96
"""Analysed frames worked on at once, so that memory does not grow with the film."""
TOO_ALIKE = 0.985
"""Overlap of two characters' colours above which their pixels cannot be told apart."""
UNFOUND, UNSEEN = 0.4, 0.03
"""Share of a sheet's colours, and of the picture, below both of which a character is not there."""
EMPTY = 0.003
"""Share of cells with a figure below which a frame shows nobody."""
OWN_LEVEL, FOREST_WEIGHT = 0.5, 0.5
"""Found on unseen clips; 0.3 to 1.0 do nearly as well."""
VOTE_WEIGHT = 0.4
"""Found on unseen clips; 0.3 to 0.5 do as well."""
NOBODY = "No figure can be told from its surroundings "
FEWEST = 3
"""Analysed frames below which nothing can be said about movement."""


@dataclass(frozen=True)
class Findings:
    """What was found in the analysed frames of one film."""

    said: Numbers
    """Frames x OUTPUTS, calibrated."""
    cells: NDArray[np.float16]
    """Frames x rows x columns x OUTPUTS: what the cell net says."""
    owners: NDArray[np.float16]
    """Frames x characters x rows x columns."""
    viewing: Viewing


def findings_of(
    screening: Screening, judge: Judge, progress: Callable[[float], None] | None = None
) -> Findings:
    """Look at a film and judge its analysed frames."""
    total = -(-screening.film.frames // screening.film.step)
    lines, cells, owners, whole, each, votes = [], [], [], [], [], []
    done = 0
    for glances, inside in _blocks(screening.glances):
        maps = cell_maps(np.stack([g.cells for g in glances]), _owners(glances))
        globals_ = np.stack([g.whole for g in glances])
        numbers = cell_features(maps, globals_)
        said = judge.net.said(numbers.reshape(-1, numbers.shape[-1]))
        verdicts = said.reshape(*numbers.shape[:3], -1)
        lines.append(cell_curves(maps, verdicts)[inside])
        votes.append(judge.vote.of_cells(maps)[inside])
        cells.append(verdicts[inside].astype(np.float16))
        owners.append(_owners(glances)[inside])
        whole.append(globals_[inside])
        each.append(np.stack([g.each for g in glances])[inside])
        done += len(lines[-1])
        if progress is not None:
            progress(min(done / total, 1.0))
    palette = screening.palette
    viewing = Viewing(
        np.concatenate(whole),
        np.concatenate(each),
        palette.likeness,
        palette.found,
        screening.has_prop,
    )
    curves = np.concatenate([np.concatenate(lines), take_curves(viewing)], axis=1)
    vote = judge.vote.of_frames(np.concatenate(votes), viewing)
    raw = joined(opinion(curves, judge.forest), vote)
    scaled = [scale.calibrated(raw[:, i]) for i, scale in enumerate(judge.scales)]
    return Findings(
        np.stack(scaled, axis=1), np.concatenate(cells), np.concatenate(owners), viewing
    )


def opinion(curves: Numbers, forest: Forest) -> Numbers:
    """Return frames x OUTPUTS, 0..1, not yet calibrated: strongest cells and forest together.

    The cells are measured against the take's own usual level, because every take has a level of
    its own (grain, likeness of the costumes) that says nothing about a frame.
    """
    cells = _logit(curves[:, STRONGEST])
    own = cells - OWN_LEVEL * np.median(cells, axis=0)
    both = own + FOREST_WEIGHT * _logit(forest.said(frame_features(curves)))
    share: Numbers = (1.0 / (1.0 + np.exp(-both))).astype(np.float32)
    return share


def joined(opinion: Numbers, vote: Numbers) -> Numbers:
    """Return frames x OUTPUTS, 0..1, not yet calibrated: an opinion and the vote together."""
    sure = np.clip(opinion, 0.0, 1.0)
    both = (1 - VOTE_WEIGHT) * np.log((sure + 1e-3) / (1.001 - sure)) + VOTE_WEIGHT * vote
    share: Numbers = (1.0 / (1.0 + np.exp(-both))).astype(np.float32)
    return share


def _logit(share: Numbers) -> Numbers:
    sure = np.clip(share, 0.0, 1.0)
    logit: Numbers = np.log((sure + 0.01) / (1.01 - sure))
    return logit


def _owners(glances: Sequence[Glance]) -> NDArray[np.float16]:
    return np.stack([g.owners for g in glances])


def _blocks(glances: Iterator[Glance]) -> Iterator[tuple[list[Glance], slice]]:
    """Yield stretches of glances with their context, and which of them are new."""
    held: list[Glance] = []
    lead = 0
    while True:
        fresh = list(islice(glances, BLOCK))
        held += fresh
        last = len(fresh) < BLOCK
        end = len(held) if last else max(lead, len(held) - CONTEXT)
        if end > lead:
            yield held, slice(lead, end)
        if last:
            return
        keep = max(0, end - CONTEXT)
        held, lead = held[keep:], end - keep


def silences(findings: Findings, names: Sequence[str]) -> tuple[Flags, list[str]]:
    """Return the analysed frames on which nothing can be said, and why, in words."""
    area = findings.viewing.each[:, :, 0]
    count = len(area)
    everywhere, nowhere = np.ones(count, bool), np.zeros(count, bool)
    if count < FEWEST:
        return everywhere, [f"Only {count} frames were looked at, too few to judge movement."]
    if findings.viewing.likeness > TOO_ALIKE:
        return everywhere, [
            f"The looks of {' and '.join(names)} overlap so much that their pixels cannot be told "
            "apart; lock sheets with different costumes."
        ]
    shown = zip(names, findings.viewing.found, area.max(axis=0), strict=True)
    unseen = [name for name, found, most in shown if found < UNFOUND and most < UNSEEN]
    if unseen:
        return everywhere, [f"{n} is not seen in this take; check the sheet." for n in unseen]
    figure = findings.owners.sum(axis=1) > 0.5
    empty = figure.mean(axis=(1, 2)) < EMPTY
    if empty.all() or not empty.any():
        return (empty if empty.any() else nowhere), (
            [NOBODY + "in this take."] if empty.any() else []
        )
    return empty, [f"{NOBODY}on {int(empty.sum())} of {count} frames looked at."]


def spread_over_frames(values: Numbers, step: int, frames: int) -> Numbers:
    """Return values of analysed frames (every `step`-th) for all frames, linear between them."""
    at = np.arange(len(values)) * step
    every = np.arange(frames)
    columns = [np.interp(every, at, column) for column in values.T]
    return np.stack(columns, axis=1).astype(np.float32)


def column_of(output: str) -> int:
    """Return the column of an output in `Findings.said` and `Findings.cells`."""
    return OUTPUTS.index(output)
