"""Which takes fail when and how: a seeded random process over a slot's seconds, without pixels.

Every second of a shot has a difficulty that all its takes share; a take's seconds form a two-state
Markov chain around it, so that bad seconds come in runs. Each run breaks in one way at a time.
Calibration "a": one take of an 8-second slot in four holds throughout. Calibration "b": a take of a
15-second slot holds in about 5 of its seconds (documented productions; see ARCHITECTURE.md).
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from otio_bridge.clock import frames_of_second, second_of_frame, seconds_in
from otio_bridge.model import FailureKind, Request, Span

Calibration = Literal["auto", "a", "b"]
LONG_SLOT = 10
"""Seconds above which "auto" means "b"."""
DIFFICULTY = 1.2
"""Standard deviation of a second's difficulty, logits."""
PERSISTENCE = 0.5
"""Correlation of neighbouring seconds of a take."""
OUTSIDE = {"a": -3.4, "b": -0.9}
"""Logits by which a second without contact is easier."""
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
BASE = {"a": (2.07, 1.14, 0.16, -0.63, -1.26), "b": (1.75, 1.56, 1.35, 1.11, 0.86)}
"""Logit of a contact second, by the share of the slot in contact; fitted by simulation."""
ODDS: dict[FailureKind, float] = {
    "limb_misattribution": 0.26,
    "texture_bleed": 0.22,
    "prop_pass_through": 0.20,
    "identity_swap": 0.16,
    "occlusion_pop": 0.16,
}
MODES: dict[FailureKind, tuple[str, ...]] = {
    "limb_misattribution": ("sleeve", "extra arm", "graft"),
    "texture_bleed": ("torso", "leg"),
    "prop_pass_through": ("into body", "through hand"),
    "identity_swap": ("whole", "upper"),
    "occlusion_pop": ("forearm", "arm", "flip"),
}
LONGEST_EVENT = 3
"""Seconds."""
SHORTEST = 4
"""Frames of a second that a take must show for something to break in it."""


@dataclass(frozen=True)
class FailureEvent:
    """One thing that goes wrong in a take."""

    kind: FailureKind
    mode: str
    performer: int
    """Which performer of the request suffers it."""
    partner: int
    """Whose costume or arm is mixed in; the same performer when alone."""
    side: str
    """Which arm or leg, "l" or "r"."""
    start: int
    """Slot frame."""
    end: int
    """Slot frame after the last."""
    ramp: int
    """Frames over which it comes and goes."""
    peak: float
    """Greatest strength, 0..1."""
    seed: int

    def strength(self, slot_frame: float) -> float:
        """Return the strength at a slot frame, 0..1, with soft ramps."""
        rise = min((slot_frame - self.start + 1) / self.ramp, (self.end - slot_frame) / self.ramp)
        share = min(max(rise, 0.0), 1.0)
        return self.peak * share * share * (3 - 2 * share)


def failures_of(request: Request, calibration: Calibration = "auto") -> tuple[FailureEvent, ...]:
    """Return what goes wrong in the take of a request, in order of time.

    Args:
        request: Shot, seed, slot, contact and window decide; the picture size does not.
        calibration: How hard the shot is; "auto" takes "b" for slots above 10 seconds.
    """
    rate = Fraction(request.rate)
    roll = random.Random(_number("failures", request.shot, request.seed))
    events: list[FailureEvent] = []
    for first, last in _bad_runs(request, rate, calibration, roll):
        for start, end in _pieces(first, last, roll):
            events.extend(
                _events(request, [_frames(request, rate, s) for s in range(start, end)], roll)
            )
    return tuple(events)


def _frames(request: Request, rate: Fraction, second: int) -> Span:
    """Return the slot frames of a second that the take shows."""
    frames = frames_of_second(second, rate, request.slot_frames)
    first, last = request.slot_start, request.slot_start + request.frames
    return max(frames.start, first), min(frames.stop, last)


def chances(request: Request, calibration: Calibration = "auto") -> tuple[float, ...]:
    """Return the chance of failure of every second of the slot, before persistence."""
    rate = Fraction(request.rate)
    name = _resolved(request, rate, calibration)
    spans = request.contact or _default_contact(request.slot_frames)
    return _chances(request.shot, request.slot_frames, rate, tuple(spans), name)


def _resolved(request: Request, rate: Fraction, calibration: Calibration) -> str:
    if calibration != "auto":
        return calibration
    return "b" if request.slot_frames > LONG_SLOT * rate else "a"


def _default_contact(slot_frames: int) -> tuple[Span, ...]:
    return ((slot_frames // 5, slot_frames - slot_frames // 5),)


@lru_cache(maxsize=4096)
def _chances(
    shot: str, slot_frames: int, rate: Fraction, contact: tuple[Span, ...], calibration: str
) -> tuple[float, ...]:
    roll = random.Random(_number("difficulty", shot))
    touching = []
    for second in range(seconds_in(slot_frames, rate)):
        frames = frames_of_second(second, rate, slot_frames)
        shared = sum(
            max(0, min(end, frames.stop) - max(start, frames.start)) for start, end in contact
        )
        touching.append(shared / max(len(frames), 1))
    share = sum(touching) / max(len(touching), 1)
    base = _between(share, BASE[calibration])
    return tuple(
        1 / (1 + math.exp(-(base + roll.gauss(0, DIFFICULTY) + (1 - touch) * OUTSIDE[calibration])))
        for touch in touching
    )


def _between(share: float, values: tuple[float, ...]) -> float:
    place = min(max(share, 0.0), 1.0) * (len(values) - 1)
    low = min(int(place), len(values) - 2)
    return values[low] + (values[low + 1] - values[low]) * (place - low)


def _bad_runs(
    request: Request, rate: Fraction, calibration: Calibration, roll: random.Random
) -> Iterator[tuple[int, int]]:
    """Yield [first, last) of every run of bad seconds."""
    first_second = max(0, second_of_frame(request.slot_start, rate))
    last_frame = min(request.slot_start + request.frames, request.slot_frames) - 1
    before, begun = None, None
    odds = chances(request, calibration)
    for second in range(first_second, second_of_frame(last_frame, rate) + 1):
        chance = odds[second]
        if before is not None:
            chance = chance * (1 - PERSISTENCE) + (PERSISTENCE if before else 0.0)
        before = roll.random() < chance
        if before and begun is None:
            begun = second
        if not before and begun is not None:
            yield begun, second
            begun = None
    if begun is not None:
        yield begun, second_of_frame(last_frame, rate) + 1


def _pieces(first: int, last: int, roll: random.Random) -> Iterator[tuple[int, int]]:
    while last - first > LONGEST_EVENT:
        length = roll.randint(1, LONGEST_EVENT)
        yield first, first + length
        first += length
    yield first, last


def _events(request: Request, seconds: list[Span], roll: random.Random) -> Iterator[FailureEvent]:
    """Yield what breaks in a run of seconds; an eighth of each, and more, is bad."""
    rate = Fraction(request.rate)
    kind = _kind(request, roll)
    performer, partner = _pair(request, roll)
    mode = roll.choice(MODES[kind])
    side, peak, seed = roll.choice("lr"), 1 - 0.4 * roll.random() ** 1.5, roll.getrandbits(32)
    if kind == "occlusion_pop":
        for start, end in _pops(rate, seconds, roll):
            yield FailureEvent(kind, mode, performer, partner, side, start, end, 2, peak, seed)
        return
    first, last = seconds[0][0], seconds[-1][1]
    room = last - first
    if room < SHORTEST:
        return
    start = first + min(int(roll.uniform(0, 0.3) * rate), room // 6)
    end = last - min(int(roll.uniform(0, 0.2) * rate), room // 8)
    ramp = _ramp(kind, rate, end - start, roll)
    yield FailureEvent(kind, mode, performer, partner, side, start, end, ramp, peak, seed)


def _kind(request: Request, roll: random.Random) -> FailureKind:
    has_prop = bool(request.props) or request.kind in ("pass", "rope")
    kinds = [kind for kind in ODDS if has_prop or kind != "prop_pass_through"]
    return roll.choices(kinds, [ODDS[kind] for kind in kinds])[0]


def _pair(request: Request, roll: random.Random) -> tuple[int, int]:
    count = max(len(request.performers), 1)
    performer = roll.randrange(min(count, 2)) if roll.random() < 0.85 else roll.randrange(count)
    others = [index for index in range(min(count, 2)) if index != performer]
    return performer, roll.choice(others) if others else performer


def _pops(rate: Fraction, seconds: list[Span], roll: random.Random) -> Iterator[Span]:
    """Yield one pop in every second."""
    for first, last in seconds:
        if last - first < SHORTEST:
            continue
        length = min(max(int(roll.uniform(0.24, 0.42) * rate), 5), last - first - 1)
        start = first + int(roll.random() * (last - first - length))
        yield start, start + length


def _ramp(kind: FailureKind, rate: Fraction, room: int, roll: random.Random) -> int:
    slow = {"texture_bleed": (0.5, 1.0), "identity_swap": (0.3, 0.6)}.get(kind, (0.12, 0.3))
    return max(1, min(int(roll.uniform(*slow) * rate), room // 3))


def _number(*words: object) -> int:
    digest = hashlib.blake2b("|".join(map(str, words)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")
