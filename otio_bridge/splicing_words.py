"""Plans in a person's words: read, and refused where they leave a hole or ask for too much."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from fractions import Fraction

from otio_bridge.clock import seconds_in
from otio_bridge.errors import PlanError
from otio_bridge.model import Segment, Span

ORDER = re.compile(r"([A-Za-z]\w*):(\d+(?:\.\d+)?)(f?)-(\d+(?:\.\d+)?)(f?)(?:([+-]\d+)f)?")
"""Take, start, end, and how many frames later than in step the take is shown from."""


def parse_plan(
    text: str, *, slot_frames: int, rate: Fraction, takes: Mapping[str, Span]
) -> tuple[Segment, ...]:
    """Read "t1:0-2,t3:2-5" (seconds of the slot) or "t1:0f-37f,..." (its frames).

    "+2f" after a stretch shows the take two frames later than in step, "-2f" earlier.

    Args:
        text: Stretches in any order; "t1" may be written for "t01".
        slot_frames: Length of the slot; its last second may be short.
        rate: Frames per second.
        takes: Slot frames that each take has a picture for, handles included (`Take.covers`).

    Raises:
        PlanError: The text cannot be read, or the plan is not `checked`.
    """
    segments = []
    for part in text.split(","):
        match = ORDER.fullmatch(part.strip())
        if not match or match[3] != match[5]:
            raise PlanError(
                f'"{part.strip()}" is no part of a plan; write TAKE:START-END in seconds as in '
                '"t1:0-2,t3:2-5", or in frames as in "t1:0f-37f".'
            )
        take, shift = _take_named(match[1], takes), int(match[6] or 0)
        start, end = (_slot_frame(match[n], match[3], slot_frames, rate) for n in (2, 4))
        segments.append(
            Segment(
                take=take,
                take_start=start - takes[take][0] + shift,
                slot_start=start,
                frames=end - start,
            )
        )
    return checked(segments, slot_frames, takes)


def words_of(segments: Iterable[Segment], starts: Mapping[str, int]) -> str:
    """Return segments as the words that `parse_plan` reads, in frames of the slot.

    Args:
        segments: Any.
        starts: Slot frame shown by each take's first frame; a take that is missing is in step.
    """
    said = []
    for one in segments:
        in_step = one.slot_start - starts.get(one.take, one.slot_start - one.take_start)
        shift = one.take_start - in_step
        end = one.slot_start + one.frames
        said.append(f"{one.take}:{one.slot_start}f-{end}f" + (f"{shift:+d}f" if shift else ""))
    return ",".join(said)


def checked(
    segments: Iterable[Segment], slot_frames: int, takes: Mapping[str, Span]
) -> tuple[Segment, ...]:
    """Return the segments in order, those that continue each other joined.

    Args:
        segments: In any order.
        slot_frames: Length of the slot.
        takes: Slot frames that each take has a picture for; only their number counts here.

    Raises:
        PlanError: They do not show every frame of the slot exactly once, name an unknown take, or
            ask for frames that a take does not have.
    """
    joined: list[Segment] = []
    at = 0
    for segment in sorted(segments, key=lambda each: each.slot_start):
        _require_material(segment, takes)
        _require_next(at, segment.slot_start)
        at = segment.slot_start + segment.frames
        last = joined[-1] if joined else None
        if (
            last
            and last.take == segment.take
            and segment.take_start == last.take_start + last.frames
        ):
            joined[-1] = last.model_copy(update={"frames": last.frames + segment.frames})
        else:
            joined.append(segment)
    if at > slot_frames:
        raise PlanError(f"The plan ends at frame {at} but the slot at {slot_frames}; end it there.")
    _require_next(at, slot_frames)
    return tuple(joined)


def _take_named(name: str, takes: Mapping[str, Span]) -> str:
    if name in takes:
        return name
    number = re.fullmatch(r"[tT](\d+)", name)
    for take in takes:
        same = re.fullmatch(r"t(\d+)", take)
        if number and same and int(number[1]) == int(same[1]):
            return take
    raise PlanError(f"There is no take {name}; the shot has {', '.join(takes) or 'none yet'}.")


def _slot_frame(number: str, unit: str, slot_frames: int, rate: Fraction) -> int:
    """First frame of the slot at or after that time; the last second ends where the slot does."""
    value = Fraction(number)
    if unit and value.denominator > 1:
        raise PlanError(f"{number}f is no whole frame; write {math.floor(value)}f.")
    frame = int(value) if unit else math.ceil(value * rate)
    return frame if unit or value > seconds_in(slot_frames, rate) else min(frame, slot_frames)


def _require_material(segment: Segment, takes: Mapping[str, Span]) -> None:
    if segment.take not in takes:
        raise PlanError(
            f"There is no take {segment.take}; the shot has {', '.join(takes) or 'none yet'}."
        )
    if segment.frames <= 0:
        raise PlanError(
            f"The stretch of {segment.take} at slot frame {segment.slot_start} has no frames; "
            "let it end after it starts."
        )
    length = takes[segment.take][1] - takes[segment.take][0]
    shift = segment.slot_start - segment.take_start
    if segment.take_start < 0 or segment.take_start + segment.frames > length:
        raise PlanError(
            f"{segment.take} has pictures for slot frames {shift} to {shift + length} only, not "
            f"for {segment.slot_start} to {segment.slot_start + segment.frames}; take another."
        )


def _require_next(expected: int, start: int) -> None:
    if start > expected:
        raise PlanError(f"Nothing shows slot frames {expected} to {start}; name a take for them.")
    if start < expected:
        raise PlanError(
            f"Slot frames {max(start, 0)} to {expected} are shown twice; let each stretch start "
            "where the one before ends."
        )
