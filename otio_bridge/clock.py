"""Frames and seconds: integer frames at exact rates, and which frames are second n.

All times inside otio-bridge are whole frames plus an exact rate. Floats appear only where a host or
a file format has them, and pass through `exact_rate` on their way in.
"""

from __future__ import annotations

import math
from fractions import Fraction

NTSC_BASES = (24, 30, 48, 60, 120)
NTSC_TOLERANCE = 0.005
"""Frames per second; wide enough for 23.98, narrow enough to tell 23.976 from 24."""


def exact_rate(rate: float | int | str | Fraction) -> Fraction:
    """Return the exact rate meant by a number or text.

    Args:
        rate: Frames per second: 24, 23.976, "23.98", "24/1", "30000/1001".

    Returns:
        The rate as a fraction; numbers within 0.005 of an NTSC rate become n*1000/1001.

    Raises:
        ValueError: The text is no number or the rate is not above zero.
    """
    exact = (
        Fraction(rate) if not isinstance(rate, float) else Fraction(rate).limit_denominator(1001)
    )
    if exact <= 0:
        raise ValueError(f"a frame rate must be above zero, not {rate}")
    if exact.denominator == 1:
        return exact
    for base in NTSC_BASES:
        ntsc = Fraction(base * 1000, 1001)
        if abs(float(exact) - float(ntsc)) < NTSC_TOLERANCE:
            return ntsc
    return exact


def rate_text(rate: Fraction) -> str:
    """Write a rate as "24/1", the form used in all JSON."""
    return f"{rate.numerator}/{rate.denominator}"


def first_frame_of_second(second: int, rate: Fraction) -> int:
    """Return the first frame whose time lies at or after that second of the slot."""
    return math.ceil(second * rate)


def frames_of_second(second: int, rate: Fraction, frames: int) -> range:
    """Return the frames of a slot whose time lies in [second, second + 1) seconds.

    Args:
        second: Counted from the start of the slot.
        rate: Frames per second.
        frames: Length of the slot.
    """
    first = min(first_frame_of_second(second, rate), frames)
    return range(first, min(first_frame_of_second(second + 1, rate), frames))


def second_of_frame(frame: int, rate: Fraction) -> int:
    """Return the second of the slot in which a frame lies."""
    return math.floor(frame / rate)


def seconds_in(frames: int, rate: Fraction) -> int:
    """Return how many seconds, the last perhaps short, a slot of that many frames has."""
    return 0 if frames <= 0 else second_of_frame(frames - 1, rate) + 1


def frames_at(seconds: Fraction | float | int, rate: Fraction) -> int:
    """Return the nearest whole frame to a time in seconds; halves go up."""
    return math.floor(Fraction(seconds) * rate + Fraction(1, 2))


def rates_agree(one: Fraction, other: Fraction) -> bool:
    """Say whether two rates are within 5 %, so that material plays frame for frame."""
    return abs(one - other) <= Fraction(1, 20) * max(one, other)


def timecode(frame: int, rate: Fraction) -> str:
    """Write a frame count as non-drop timecode hh:mm:ss:ff."""
    base = -(-rate.numerator // rate.denominator)
    seconds, frame_part = divmod(frame, base)
    minutes, second_part = divmod(seconds, 60)
    hours, minute_part = divmod(minutes, 60)
    return f"{hours:02}:{minute_part:02}:{second_part:02}:{frame_part:02}"
