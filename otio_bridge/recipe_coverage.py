"""Pure: single-subject shots that stand for a contact shot, and where to cut between them.

Editors cut on action: the first cut falls on the beat of the contact, the frame in which bodies
meet, so that the eye follows the movement over the cut. More than two characters share the contact
evenly.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from otio_bridge.errors import BridgeError
from otio_bridge.model import Noun, Shot, Span
from otio_bridge.recipe import contact_of
from otio_bridge.recipe_prompts import KIND_WORDS

LEAST_SECONDS = Fraction(1, 2)
"""Shots shorter than this are not read by the eye."""


class CoverageShot(Noun):
    """One character alone, over some frames of the slot."""

    character: str
    start: int
    end: int
    """Frame after the last."""

    @property
    def span(self) -> Span:
        """Its frames of the slot."""
        return self.start, self.end


def proposed_coverage(shot: Shot, frames: int, rate: Fraction) -> list[CoverageShot]:
    """Return one shot a character from left to right, meeting on the beat of the contact.

    Args:
        shot: Its characters and contact.
        frames: Length of the slot.
        rate: Frames per second.

    Raises:
        BridgeError: There are fewer than two characters, or the slot is too short for them.
    """
    order = {"left": 0, "center": 1, "right": 2}
    people = [one.name for one in sorted(shot.performers, key=lambda one: order[one.side])]
    if len(people) < 2:
        raise BridgeError(
            f"Coverage of '{shot.clip}' needs two characters or more; name them with "
            "'otio-bridge shot TIMELINE CLIP --character NAME=left'."
        )
    least = max(1, round(LEAST_SECONDS * rate))
    if frames < least * len(people):
        raise BridgeError(
            f"'{shot.clip}' has {frames} frames, too few for {len(people)} shots of {least}; make "
            "the clip longer, or name fewer characters."
        )
    edges = [0, *_cuts(contact_of(shot, frames), len(people), frames, least), frames]
    return [
        CoverageShot(character=name, start=start, end=end)
        for name, start, end in zip(people, edges[:-1], edges[1:], strict=True)
    ]


def coverage_action(shot: Shot, character: str) -> str:
    """Say what one character does alone while the contact goes on outside the picture."""
    others = " and ".join(one.name for one in shot.performers if one.name != character)
    action = shot.prompt.rstrip(". ") or f"they {KIND_WORDS[shot.kind]}"
    return (
        f"Medium close shot of {character} alone, at the moment of this action: {action}. "
        f"{others} stays outside the picture, not even a hand of theirs is seen."
    )


def _cuts(contact: Sequence[Span], count: int, frames: int, least: int) -> list[int]:
    """Return the frames at which a next shot begins: the beat, then evenly through the contact."""
    start, end = contact[0][0], contact[-1][1]
    wanted = [start + (end - start) * number // (count - 1) for number in range(count - 1)]
    cuts: list[int] = []
    for number, cut in enumerate(wanted):
        first = (cuts[-1] if cuts else 0) + least
        last = frames - least * (count - 1 - number)
        cuts.append(min(max(cut, first), last))
    return cuts
