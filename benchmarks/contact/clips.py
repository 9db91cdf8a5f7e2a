"""One made clip on disk: the film, the looks that were given, and what is truly wrong in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from contact.failures import BAD_STRENGTH

CELLS = (45, 80)
"""Rows and columns of the 3600 cells in which a visible change is counted."""
CHANGED = 16
"""Grey levels by which a pixel must change."""
CHANGED_SHARE = 0.2
VISIBLE_CELLS = 15

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Clip:
    """A labelled clip; arrays are per frame of the film."""

    name: str
    domain: str
    film: Path
    rate: float
    looks: tuple[dict[str, object], ...]
    props: tuple[str, ...]
    contact: tuple[int, int]
    strength: NDArray[np.float32]
    """Frames x kinds."""
    changed: NDArray[np.bool_]
    """Frames x 45 x 80: cells in which the failures of the frame can be seen."""
    condition: str

    @property
    def bad(self) -> NDArray[np.bool_]:
        """Frames x kinds: strong enough and visible."""
        visible = self.changed.sum((1, 2)) >= VISIBLE_CELLS
        return (self.strength > BAD_STRENGTH) & visible[:, None]

    @property
    def faint(self) -> NDArray[np.bool_]:
        """Frames in which a failure is under way but not bad: neither good nor bad examples."""
        return (self.strength > 0.02).any(1) & ~self.bad.any(1)


def changed_cells(clean: Image, failed: Image) -> NDArray[np.bool_]:
    """Return the cells of a 45 x 80 grid in which over a fifth of the pixels changed."""
    difference = cv2.absdiff(clean, failed).max(axis=2) > CHANGED
    share = cv2.resize(difference.astype(np.float32), CELLS[::-1], interpolation=cv2.INTER_AREA)
    return share > CHANGED_SHARE


def write_film(path: Path, frames: list[Image], rate: float, crf: int) -> None:
    """Encode frames (BGR) as H.264."""
    with av.open(str(path), "w") as container:
        options = {"crf": str(crf), "preset": "veryfast"}
        stream = container.add_stream("libx264", rate=round(rate), options=options)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.thread_count = 1
        for image in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())


def save(clip: Clip, folder: Path) -> None:
    """Write everything about a clip but its film and pictures to NAME.npz."""
    np.savez_compressed(
        folder / f"{clip.name}.npz",
        domain=clip.domain, film=clip.film.name, rate=clip.rate,
        looks=np.array(clip.looks, dtype=object), props=np.array(clip.props, dtype=object),
        contact=clip.contact, strength=clip.strength, changed=np.packbits(clip.changed),
        condition=clip.condition,
    )  # fmt: skip


def load(path: Path) -> Clip:
    """Read a clip written by `save`; its films and pictures stand beside it."""
    with np.load(path, allow_pickle=True) as stored:
        strength = stored["strength"]
        count = len(strength) * CELLS[0] * CELLS[1]
        changed = np.unpackbits(stored["changed"], count=count).astype(bool)
        return Clip(
            path.stem, str(stored["domain"]), path.parent / str(stored["film"]),
            float(stored["rate"]), tuple(stored["looks"]), tuple(stored["props"]),
            (int(stored["contact"][0]), int(stored["contact"][1])), strength,
            changed.reshape(-1, *CELLS), str(stored["condition"]),
        )  # fmt: skip
