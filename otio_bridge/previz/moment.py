"""When things happen in a shot: how near the performers are and whether they touch."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from otio_bridge.model import Request
from otio_bridge.previz.geometry import eased
from otio_bridge.previz.look import dice

WALK = 1.5
"""Seconds that the performers need to come together."""
REACH = 0.55
"""Seconds that the hands need."""
LEAVE = 0.4
"""Share of the way that they go apart again after the contact."""


@dataclass(frozen=True)
class Moment:
    """One instant of a shot."""

    seconds: float
    """Time in the slot."""
    near: float
    """0 apart, 1 together."""
    focus: float
    """0 the camera is wide, 1 it has come close."""
    touch: float
    """0 hands free, 1 hands in contact."""
    through: float
    """Share of the contact that has passed, 0..1."""
    sway: float
    """Phase of idle motion, radians."""
    jitter: float
    """Strength of the take's own variation here, 0..1."""


@dataclass(frozen=True)
class Variation:
    """How one take differs from its sisters; all small."""

    delay: float
    """Seconds."""
    phase: float
    """Radians of idle motion."""
    pose: tuple[float, ...]
    """Offsets of hands, heads and feet, about -1..1."""
    exposure: float
    """Stops."""
    warmth: float
    camera: tuple[float, ...]
    """Metres."""
    light: float
    """Radians by which the key light stands elsewhere."""


def variation_of(request: Request) -> Variation:
    """Return how the take of a request differs from the shot's common choreography."""
    roll = dice("variation", request.shot, request.seed)
    return Variation(
        delay=float(roll.uniform(-0.12, 0.12)),
        phase=float(roll.uniform(-0.6, 0.6)),
        pose=tuple(float(value) for value in roll.uniform(-1, 1, 24)),
        exposure=float(roll.normal(0, 0.07)),
        warmth=float(roll.normal(0, 0.015)),
        camera=tuple(float(value) for value in roll.normal(0, (0.02, 0.015, 0.03))),
        light=float(roll.normal(0, 0.12)),
    )  # fmt: skip


def contact_seconds(request: Request) -> list[tuple[float, float]]:
    """Return the spans of contact in seconds of the slot; the middle 60 % when none is named."""
    rate = Fraction(request.rate)
    if request.contact:
        return [(float(start / rate), float(end / rate)) for start, end in sorted(request.contact)]
    length = float(request.slot_frames / rate)
    return [(0.2 * length, 0.8 * length)]


def moment_at(request: Request, variation: Variation, frame: float) -> Moment:
    """Return the instant of a frame of the take; halves lie between frames."""
    rate = float(Fraction(request.rate))
    seconds = (frame + request.slot_start) / rate
    jitter = _freedom(request, frame / rate)
    spans = contact_seconds(request)
    moved = seconds - variation.delay * jitter
    ramps = [_ramps(moved, start, end) for start, end in spans]
    first, last = spans[0][0], spans[-1][1]
    return Moment(
        seconds=seconds,
        near=max(near for near, _ in ramps),
        focus=max(eased((moved - start + 2.4) / 3.4) for start, _ in spans),
        touch=max(touch for _, touch in ramps),
        through=min(max((moved - first) / max(last - first, 1e-6), 0.0), 1.0),
        sway=2.2 * seconds + variation.phase * jitter,
        jitter=jitter,
    )


def _ramps(now: float, start: float, end: float) -> tuple[float, float]:
    near = eased((now - start + WALK + 0.25) / WALK)
    near -= LEAVE * eased((now - end) / WALK)
    touch = eased((now - start + REACH) / REACH) - eased((now - end) / REACH)
    return near, touch


def _freedom(request: Request, now: float) -> float:
    """Return how far a take may leave the common choreography: not at all at a given end frame."""
    free = 1.0
    length = float(request.frames / Fraction(request.rate))
    if request.first_frame:
        free = min(free, eased(now / 1.0))
    if request.last_frame:
        free = min(free, eased((length - now) / 1.0))
    return free
