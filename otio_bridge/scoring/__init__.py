"""The judge: in which frames did attribution hold?

    score(take.mp4, [CharacterLook("Ada", "left", (ada_sheet,)), CharacterLook("Bo", ...)])

The road: reader (frames, small) -> looks (whose pixels are on the sheet) -> palette (whose colour
is it in this light) -> motion, light, watching (what contradicts the past) -> hindsight (and the
future) -> curves, features -> nets, learned (made a probability) -> verdict -> evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from otio_bridge.model import Score
from otio_bridge.scoring.builtin import BuiltinScorer
from otio_bridge.scoring.looks import CharacterLook, PropLook
from otio_bridge.scoring.overlay import write_overlay
from otio_bridge.scoring.touching import likeness_of, proposed_contact

__all__ = [
    "BuiltinScorer",
    "CharacterLook",
    "PropLook",
    "likeness_of",
    "proposed_contact",
    "score",
    "write_overlay",
]


def score(
    media: Path,
    characters: Sequence[CharacterLook],
    *,
    props: Sequence[PropLook] = (),
    contact: Sequence[tuple[int, int]] = (),
    fused: Path | None = None,
    start_frame: Path | None = None,
    progress: Callable[[float], None] | None = None,
) -> Score:
    """Judge a film frame by frame with the built-in scorer.

    Fold the answer with `otio_bridge.model.seconds_of`: the folded value is the calibrated
    P(the second holds).

    Args:
        media: The take.
        characters: Who is to be seen; with none, whoever stands left and right is.
        props: What they handle.
        contact: Spans in frames of the media in which bodies are meant to touch.
        fused: The resolved contact as one still; it helps to find the looks in this light.
        start_frame: The approved first frame; what is remembered starts there.
        progress: Called with the share done, 0..1.

    Returns:
        P(held) and P(kind) of every frame. `held` is None where the judge cannot see; the reason
        stands in `notes`.

    Raises:
        MediaError: The film cannot be read.
        LookError: A look cannot be read.
    """
    return BuiltinScorer().score(
        media, characters, props=props, contact=contact, fused=fused, start_frame=start_frame,
        progress=progress,
    )  # fmt: skip
