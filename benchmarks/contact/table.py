"""What the judge sees of every made clip, and the table from which it is trained.

The table holds the curves of every analysed frame (`contact.coding`), what truly fails, and facts
of each clip: small enough to be kept beside the code, so that training needs neither films nor
views.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZIP_LZMA, ZipFile

import numpy as np
from numpy.typing import ArrayLike, NDArray

from contact.clips import Clip, load
from contact.coding import BLOCK, CodedRows, Directions, blocks_in, coded_rows, directions_of
from otio_bridge.scoring.curves import (
    constants_of,
    curves_of,
    take_curves,
)
from otio_bridge.scoring.looks import CharacterLook, PropLook
from otio_bridge.scoring.viewing import Screening, Viewing, screening_of

TABLE = Path(__file__).with_name("table.npz")


@dataclass(frozen=True)
class Seen:
    """One clip: what the judge sees of it and what is true."""

    name: str
    domain: str
    condition: str
    """In words; clips broken from one piece of footage share it."""
    rate: float
    step: int
    """Frames from one analysed frame to the next."""
    contact: tuple[int, int]
    curves: NDArray[np.float32]
    """Analysed frames x curves."""
    constants: NDArray[np.float32]
    bad: NDArray[np.bool_]
    """Frames x kinds."""
    faint: NDArray[np.bool_]
    """Frames in which a failure is under way but not bad."""
    cells: NDArray[np.int16]
    """By frame: cells of 3600 in which a failure is seen."""

    @property
    def labels(self) -> NDArray[np.bool_]:
        """Analysed frames x (kinds, any)."""
        bad = self.bad[self._analysed]
        return np.concatenate([bad, bad.any(1, keepdims=True)], axis=1)

    @property
    def counts(self) -> NDArray[np.bool_]:
        """Analysed frames that are plainly bad or good, in contact or a quarter second around."""
        at, margin = self._analysed, self.rate / 4
        start, end = self.contact
        return ~self.faint[at] & (at >= start - margin) & (at < end + margin)

    @property
    def _analysed(self) -> NDArray[np.int64]:
        return np.minimum(np.arange(len(self.curves)) * self.step, len(self.bad) - 1)


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
    if not into.exists():
        clip = load(path)
        save(seen_of(clip, screening_of(clip.film, *looks_of(clip))), into)
    return into


def seen_of(clip: Clip, screening: Screening) -> Seen:
    """Look at a clip."""
    glances = list(screening.glances)
    viewing = Viewing(
        np.stack([g.sight.whole for g in glances]), np.stack([g.sight.each for g in glances]),
        screening.palette.likeness, screening.palette.found, screening.has_prop,
    )  # fmt: skip
    lines = np.stack([curves_of(glance)[0] for glance in glances])
    return Seen(
        clip.name, clip.domain, clip.condition, clip.rate, screening.film.step, clip.contact,
        np.concatenate([lines, take_curves(viewing)], axis=1), constants_of(viewing),
        clip.bad, clip.faint, (clip.changed.sum((1, 2)) * clip.bad.any(1)).astype(np.int16),
    )  # fmt: skip


def save(seen: Seen, into: Path) -> None:
    """Write what was seen of one clip, whole or not at all."""
    draft = into.with_suffix(".part.npz")
    np.savez_compressed(draft, **vars(seen))
    draft.replace(into)


def read(path: Path) -> Seen:
    """Read what was seen of one clip."""
    with np.load(path) as stored:
        fields = {name: stored[name] for name in Seen.__dataclass_fields__}
    for name in ("name", "domain", "condition"):
        fields[name] = str(fields[name])
    first, last = (int(n) for n in fields["contact"])
    return Seen(**{
        **fields, "rate": float(fields["rate"]), "step": int(fields["step"]),
        "contact": (first, last),
    })  # fmt: skip


def write_table(clips: Sequence[Seen], into: Path = TABLE) -> None:
    """Write many clips as one table."""
    directions = directions_of(np.concatenate([one.curves for one in clips]))
    columns = {
        name: np.array([getattr(one, name) for one in clips])
        for name in ("name", "domain", "condition", "rate", "step", "contact", "constants")
    }
    steps = np.concatenate([directions.coded(one.curves) for one in clips], axis=2)
    _packed(
        into, **vars(directions), **columns,
        # Steps of one wave and direction are alike.
        **vars(coded_rows(steps.reshape(-1, steps.shape[2]))),
        analysed=[len(one.curves) for one in clips], frames=[len(one.bad) for one in clips],
        bad=np.packbits(np.concatenate([one.bad for one in clips])),
        faint=np.packbits(np.concatenate([one.faint for one in clips])),
        cells=np.concatenate([one.cells for one in clips]),
    )  # fmt: skip


def _packed(into: Path, **arrays: ArrayLike) -> None:
    """Write arrays as NumPy reads them, a fifth smaller than `savez_compressed` does."""
    with ZipFile(into, "w", ZIP_LZMA) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as file:
                np.lib.format.write_array(file, np.asarray(array), allow_pickle=False)


def read_table(path: Path = TABLE) -> list[Seen]:
    """Return the clips of a table."""
    with np.load(path) as z:
        stored = {name: z[name] for name in z}
    directions = Directions(*(stored[name] for name in Directions.__dataclass_fields__))
    analysed = [int(count) for count in stored["analysed"]]
    block_at = np.cumsum([0, *map(blocks_in, analysed)])
    rows = CodedRows(*(stored[name] for name in CodedRows.__dataclass_fields__))
    every = rows.spread(block_at[-1]).reshape(BLOCK, -1, block_at[-1])
    frame_at = np.cumsum([0, *stored["frames"]])
    kinds = 5
    bad = np.unpackbits(stored["bad"], count=frame_at[-1] * kinds).astype(bool).reshape(-1, kinds)
    faint = np.unpackbits(stored["faint"], count=frame_at[-1]).astype(bool)
    clips = []
    for i, name in enumerate(stored["name"]):
        steps = every[:, :, block_at[i] : block_at[i + 1]]
        frames = slice(frame_at[i], frame_at[i + 1])
        first, last = (int(n) for n in stored["contact"][i])
        clips.append(Seen(
            str(name), str(stored["domain"][i]), str(stored["condition"][i]),
            float(stored["rate"][i]), int(stored["step"][i]), (first, last),
            directions.decoded(steps, analysed[i]), stored["constants"][i],
            bad[frames], faint[frames], stored["cells"][frames],
        ))  # fmt: skip
    return clips
