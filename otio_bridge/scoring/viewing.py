"""Opening a film with its looks, so that its analysed frames can be looked at in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import cv2
import numpy as np

from otio_bridge.errors import LookError
from otio_bridge.scoring.arrays import Image, Numbers
from otio_bridge.scoring.hindsight import Glance, glances_of
from otio_bridge.scoring.looks import (
    CharacterLook,
    PropLook,
    pixels_of_box,
    pixels_of_images,
)
from otio_bridge.scoring.palette import Colours, Palette, build_palette
from otio_bridge.scoring.reader import (
    Film,
    analysed_frame,
    analysed_frames,
    open_film,
    read_ahead,
)
from otio_bridge.scoring.watching import Watcher

OPENING_SECONDS = 1.5
FITTED_EVERY = 3
"""Of the opening frames, which are measured to fit the looks."""
FIGURE_SHARE = 0.72
"""Height of a figure as a share of the frame, assumed when patterns of a sheet are measured."""
PROP_HEIGHT = 24


@dataclass(frozen=True)
class Screening:
    """A film about to be looked at, its looks fitted to its light."""

    film: Film
    palette: Palette
    has_prop: bool
    glances: Iterator[Glance]
    """One for each analysed frame, made while they are taken."""


@dataclass(frozen=True)
class Viewing:
    """What is kept of every analysed frame of one film."""

    whole: Numbers
    """Frames x GLOBALS."""
    each: Numbers
    """Frames x characters x CHARACTER."""
    likeness: float
    found: tuple[float, ...]
    """Likeness and found: as in `Palette`."""
    has_prop: bool


def screening_of(
    path: Path,
    characters: Sequence[CharacterLook],
    props: Sequence[PropLook] = (),
    fused: Path | None = None,
    start_frame: Path | None = None,
) -> Screening:
    """Open a film and fit the looks to its first seconds.

    Raises:
        MediaError: The film cannot be read.
        LookError: A look cannot be read.
    """
    film = open_film(path)
    stream = read_ahead(analysed_frames(film))
    opening = list(islice(stream, max(1, round(OPENING_SECONDS * film.pace))))
    start = [] if start_frame is None else [_still(start_frame, film)]
    stills = [] if fused is None else [_still(fused, film)]
    colours = [_colours_of(look, film) for look in characters]
    prop = [pixels_of_images(look.images, PROP_HEIGHT) for look in props if look.images]
    palette = build_palette(
        colours, np.concatenate(prop) if prop else None, [*stills, *start, *opening[::FITTED_EVERY]]
    )
    watcher = Watcher(palette, film)
    for still in start:
        watcher.look(still)
    sights = (watcher.look(frame) for frame in chain(opening, stream))
    return Screening(film, palette, bool(prop), glances_of(sights, film))


def _colours_of(look: CharacterLook, film: Film) -> Colours:
    if look.images:
        return pixels_of_images(look.images, round(FIGURE_SHARE * film.size[1]))
    if look.box is None:
        raise LookError(
            f"{look.name} has neither a sheet nor a box on a frame of {film.path.name}; "
            "give one of them."
        )
    (width, height), (x0, y0, x1, y1) = film.shown_size, look.box
    shares = (x0 / width, y0 / height, x1 / width, y1 / height)
    return pixels_of_box(analysed_frame(film, look.frame or 0), shares)


def _still(path: Path, film: Film) -> Image:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise LookError(f"{path} cannot be read as a start frame; give a PNG or JPEG.")
    return np.asarray(cv2.resize(picture, film.size, interpolation=cv2.INTER_AREA), np.uint8)
