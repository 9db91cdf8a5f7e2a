"""What the vote learns from, one file a clip: training it needs PyTorch and numpy alone."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contact.table import Example, example
from otio_bridge.scoring.features import cell_maps
from otio_bridge.scoring.vote import vote_numbers, vote_planes


def write_lesson(path: Path, views: Path, into: Path) -> Path:
    """Write planes, numbers and truth of one clip on its analysed frames; return where."""
    target = into / path.name
    if target.exists():
        return target
    seen = example(path, views)
    draft = target.with_suffix(".part.npz")
    np.savez(
        draft,
        planes=vote_planes(cell_maps(seen.cells, seen.owners)).astype(np.float16),
        numbers=vote_numbers(seen.viewing),
        labels=seen.labels, wrong=seen.wrong_cells, counts=seen.counts & _touching(seen),
        domain=seen.clip.domain, group=_group(seen),
    )  # fmt: skip
    draft.replace(target)
    return target


def _touching(seen: Example) -> NDArray[np.bool_]:
    """Return the analysed frames inside the contact and a quarter of a second around it."""
    at = np.arange(len(seen.labels)) * seen.film.step
    start, end = seen.clip.contact
    margin = seen.clip.rate / 4
    return (at >= start - margin) & (at < end + margin)


def _group(seen: Example) -> str:
    """Return what must not be split between training and test."""
    return seen.clip.condition if seen.clip.domain == "footage" else seen.clip.name


def main() -> None:
    """Write the lessons of every clip of a folder: `python -m contact.lessons FOLDER`."""
    folder = Path(sys.argv[1])
    into = folder / "lessons"
    into.mkdir(exist_ok=True)
    for path in sorted((folder / "clips").glob("*.npz")):
        write_lesson(path, folder / "views", into)


if __name__ == "__main__":
    main()
