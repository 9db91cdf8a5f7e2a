"""What to do about a cut that stays plainly seen where it is best: said, never done by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

from otio_bridge.clock import seconds_in
from otio_bridge.model import Segment, Span, SplicePlan

PLAIN = 0.6
"""Visibility from which a cut is plainly seen; the board says so too."""
LONGEST = Fraction(1, 2)
"""Seconds of a dissolve at most: longer ones show two bodies at once."""


def advice(
    plan: SplicePlan, takes: Mapping[str, Span], *, slot_frames: int, rate: Fraction
) -> tuple[str, ...]:
    """Return a sentence for every cut of a plan that is plainly seen.

    Each names what hides it: a short dissolve where both takes go on long enough, a bridge that is
    generated from the last good frame to the next, or a cut to coverage.

    Args:
        plan: With the visibility of its seams.
        takes: Slot frames that each take has a picture for (`Take.covers`).
        slot_frames: Length of the slot.
        rate: Frames per second.
    """
    said = []
    for (before, after), seam in zip(pairwise(plan.segments), plan.seams, strict=True):
        if seam.visibility >= PLAIN:
            ways = []
            frames = dissolve_frames(before, after, takes, rate)
            if frames >= 2:
                ways.append(f"a dissolve of up to {frames} frames, both takes go on there")
            first, last = _seconds_around(seam.slot_frame, slot_frames, rate)
            ways.append(f"a bridge by 'regenerate --seconds {first}-{last}'")
            ways.append("or 'coverage', which cuts away")
            at = float(seam.slot_frame / rate)
            said.append(
                f"The cut from {before.take} to {after.take} at {at:.1f} s is plainly seen; what "
                f"hides it: {', '.join(ways)}."
            )
    return tuple(said)


def dissolve_frames(
    before: Segment, after: Segment, takes: Mapping[str, Span], rate: Fraction
) -> int:
    """Return how long a dissolve centred on a cut may be, in whole even frames.

    Both takes must have a picture under all of it, and it must not pass the middle of a segment.
    """
    if before.take not in takes or after.take not in takes:
        return 0
    cut = after.slot_start
    reach = min(
        takes[before.take][1] - cut,
        cut - takes[after.take][0],
        before.frames // 2,
        after.frames // 2,
        int(LONGEST * rate / 2),
    )
    return 2 * max(0, reach)


def _seconds_around(frame: int, slot_frames: int, rate: Fraction) -> Sequence[int]:
    """Return the whole seconds [first, last) that hold half a second on both sides of a frame."""
    half = rate / 2
    first = max(0, int((frame - half) / rate))
    last = min(seconds_in(slot_frames, rate), -int(-(frame + half) // rate))
    return first, max(last, first + 1)
