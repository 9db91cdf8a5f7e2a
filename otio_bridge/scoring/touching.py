"""Where bodies touch: a proposal of contact spans, for footage in which nobody marked them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from otio_bridge.model import Span
from otio_bridge.scoring.arrays import Flags
from otio_bridge.scoring.curves import owners_of
from otio_bridge.scoring.looks import CharacterLook, pixels_of_images
from otio_bridge.scoring.palette import bins_of, histogram, overlap_of
from otio_bridge.scoring.viewing import screening_of

TOUCH = 3
"""Cells along which two figures must border on each other."""
OWNED = 0.5
"""Share from which a cell belongs to somebody."""
LEAST_SECONDS = 0.4
"""Spans shorter than this are somebody passing by."""
GAP_SECONDS = 0.5
MARGIN_SECONDS = 0.25
"""Added on both sides: hands reach before bodies meet."""


def proposed_contact(media: Path, characters: Sequence[CharacterLook]) -> list[Span]:
    """Return the frames of a film in which two of its characters border on each other.

    It sees the picture only, so that somebody who merely stands behind counts as touching: a
    proposal for a person, not a finding.

    Raises:
        MediaError: The film cannot be read.
        LookError: A look cannot be read.
    """
    if len(characters) < 2:
        return []
    screening = screening_of(media, characters)
    film = screening.film
    touching = [_touch(owners_of(one), len(characters)) for one in screening.glances]
    return _spans(np.array(touching, bool), film.step, film.frames, float(film.rate))


def likeness_of(one: Sequence[Path], other: Sequence[Path]) -> float:
    """Return how much the colours of two looks overlap (Bhattacharyya), 0 unlike to 1 the same.

    Raises:
        LookError: A picture cannot be read.
    """
    return overlap_of([histogram(bins_of(pixels_of_images(images))) for images in (one, other)])


def _touch(owners: NDArray[np.float16], people: int) -> bool:
    figures = [(owners[index] > OWNED).astype(np.uint8) for index in range(people)]
    wide = [cv2.dilate(figure, np.ones((3, 3), np.uint8)) for figure in figures]
    return any(
        int((wide[one] & figures[other]).sum()) >= TOUCH
        for one, other in combinations(range(people), 2)
    )


def _spans(touching: Flags, step: int, frames: int, rate: float) -> list[Span]:
    """Join what is near, drop what is short, and widen the rest."""
    gap, least = round(GAP_SECONDS * rate), round(LEAST_SECONDS * rate)
    margin = round(MARGIN_SECONDS * rate)
    found: list[Span] = []
    for index in np.flatnonzero(touching):
        start, end = int(index) * step, min(frames, int(index + 1) * step)
        if found and start - found[-1][1] <= gap:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return [
        (max(0, start - margin), min(frames, end + margin))
        for start, end in found
        if end - start >= least
    ]
