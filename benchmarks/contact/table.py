"""What the judge sees of every made clip, kept so that training need not look again."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from contact.clips import Clip, load
from otio_bridge.scoring.looks import CharacterLook, PropLook
from otio_bridge.scoring.reader import Film
from otio_bridge.scoring.viewing import Viewing, screening_of


@dataclass(frozen=True)
class Example:
    """A clip as the judge sees it, with its truth on the analysed frames."""

    clip: Clip
    film: Film
    viewing: Viewing
    cells: NDArray[np.float16]
    owners: NDArray[np.float16]
    labels: NDArray[np.bool_]
    """Analysed frames x (kinds, any)."""
    counts: NDArray[np.bool_]
    """Analysed frames that are plainly bad or plainly good."""
    wrong_cells: NDArray[np.bool_]
    """Analysed frames x rows x columns: cells of the judge's grid in which the failure is seen."""


def looks_of(clip: Clip) -> tuple[list[CharacterLook], list[PropLook]]:
    """Return the looks that were given with a clip."""
    folder = clip.film.parent
    looks = []
    for look in clip.looks:
        if "image" in look:
            looks.append(
                CharacterLook(str(look["name"]), look["side"], (folder / str(look["image"]),))
            )
        else:
            looks.append(
                CharacterLook(str(look["name"]), look["side"], box=look["box"], frame=look["frame"])
            )
    return looks, [PropLook("prop", (folder / name,)) for name in clip.props]


def view(path: Path, folder: Path) -> Path:
    """Look at one clip and keep what was seen; return where."""
    into = folder / path.name
    if into.exists():
        return into
    clip = load(path)
    characters, props = looks_of(clip)
    screening = screening_of(clip.film, characters, props)
    glances = list(screening.glances)
    film, palette = screening.film, screening.palette
    draft = into.with_suffix(".part.npz")
    np.savez(
        draft, cells=np.stack([g.cells for g in glances]),
        owners=np.stack([g.owners for g in glances]), whole=np.stack([g.whole for g in glances]),
        each=np.stack([g.each for g in glances]), likeness=palette.likeness, found=palette.found,
        has_prop=screening.has_prop, size=film.size, step=film.step, shown=film.shown_size,
        rate=[film.rate.numerator, film.rate.denominator], frames=film.frames,
    )  # fmt: skip
    draft.replace(into)
    return into


def example(path: Path, folder: Path) -> Example:
    """Read one clip with what the judge saw of it."""
    clip = load(path)
    with np.load(view(path, folder)) as stored:
        film = Film(
            clip.film, int(stored["frames"]), Fraction(*(int(n) for n in stored["rate"])),
            tuple(stored["shown"]), tuple(int(n) for n in stored["size"]), int(stored["step"]),
        )  # fmt: skip
        seen = Viewing(
            stored["whole"],
            stored["each"],
            float(stored["likeness"]),
            tuple(stored["found"]),
            bool(stored["has_prop"]),
        )
        cells, owners = stored["cells"], stored["owners"]
    at = np.minimum(np.arange(len(cells)) * film.step, len(clip.strength) - 1)
    bad = clip.bad[at]
    labels = np.concatenate([bad, bad.any(1, keepdims=True)], axis=1)
    grid = film.grid[::-1]
    wrong = [
        cv2.resize(clip.changed[f].astype(np.float32), grid, interpolation=cv2.INTER_AREA) > 0.3
        for f in at
    ]
    seen_wrong = np.array(wrong) & bad.any(1)[:, None, None]
    return Example(clip, film, seen, cells, owners, labels, ~clip.faint[at], seen_wrong)
