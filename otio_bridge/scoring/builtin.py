"""The built-in scorer: sheets and flow in, a Score out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from threadpoolctl import ThreadpoolController

from otio_bridge.clock import rate_text
from otio_bridge.model import FAILURE_KINDS, Score
from otio_bridge.scoring.arrays import Numbers
from otio_bridge.scoring.evidence import evidence_in
from otio_bridge.scoring.expectation import expected
from otio_bridge.scoring.learned import load_judge
from otio_bridge.scoring.looks import CharacterLook, PropLook
from otio_bridge.scoring.reader import open_film
from otio_bridge.scoring.verdict import (
    column_of,
    findings_of,
    silences,
    spread_over_frames,
)
from otio_bridge.scoring.viewing import screening_of

HALVES = {"left": (0.08, 0.5), "right": (0.5, 0.92)}
UPRIGHT = (0.04, 0.98)
"""Shares of the picture, across and down, in which unnamed figures are looked for."""


class BuiltinScorer:
    """The judge that ships with otio-bridge: no weights to download, two CPU cores."""

    name = "builtin"

    def score(
        self,
        media: Path,
        characters: Sequence[CharacterLook],
        *,
        props: Sequence[PropLook] = (),
        contact: Sequence[tuple[int, int]] = (),
        fused: Path | None = None,
        start_frame: Path | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> Score:
        """Judge a film frame by frame: see `otio_bridge.scoring.score`."""
        notes = []
        looks = list(characters)
        if not looks:
            looks = _unnamed(media)
            notes.append(
                "No character was given, so whoever stands left and right on the first frame was "
                "taken for two; give sheets to have attribution judged properly."
            )
        with _one_thread():
            screening = screening_of(media, looks, props, fused, start_frame)
            film = screening.film
            findings = findings_of(screening, load_judge(), progress)
        names = [look.name for look in looks]
        silent, reasons = silences(findings, names)
        notes += reasons
        if contact and not any(0 <= s < film.frames and s < e for s, e in contact):
            notes.append("The contact lies outside this film.")
        every = spread_over_frames(findings.said, film.step, film.frames).astype(np.float64)
        every = expected(every, contact, film.rate)
        return _scored(every, silent, film.step, rate_text(film.rate)).model_copy(
            update={
                "evidence": evidence_in(findings, silent, names, film.step, film.frames),
                "notes": tuple(notes),
            }
        )


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep OpenCV and BLAS to one thread: pictures and products this small cost more with two.

    Where another program is busy as well, nets cost forty times as much with two.
    """
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with ThreadpoolController().limit(limits=1, user_api="blas"):
            yield
    finally:
        cv2.setNumThreads(before)


def _unnamed(media: Path) -> list[CharacterLook]:
    """Return the left and the right half of the first frame as two characters."""
    width, height = open_film(media).shown_size
    top, bottom = round(UPRIGHT[0] * height), round(UPRIGHT[1] * height)
    boxes = {
        side: (round(x0 * width), top, round(x1 * width), bottom)
        for side, (x0, x1) in HALVES.items()
    }
    return [
        CharacterLook("the left figure", "left", box=boxes["left"], frame=0),
        CharacterLook("the right figure", "right", box=boxes["right"], frame=0),
    ]


def _scored(
    every: Numbers, silent: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], step: int, rate: str
) -> Score:
    frames = len(every)
    held = np.round(1.0 - every[:, column_of("any")], 4).tolist()
    nearest = np.minimum((np.arange(frames) + step // 2) // step, len(silent) - 1)
    return Score(
        scorer=BuiltinScorer.name,
        frames=frames,
        rate=rate,
        held=tuple(
            None if mute else p for p, mute in zip(held, silent[nearest].tolist(), strict=True)
        ),
        failures={
            kind: tuple(np.round(every[:, column_of(kind)], 4).tolist()) for kind in FAILURE_KINDS
        },
    )
