"""Pure: what to ask a provider for, in which order, given a shot, its takes and the limits."""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from otio_bridge.clock import first_frame_of_second, rate_text
from otio_bridge.model import Reference, Request, Shot, Span
from otio_bridge.provider import Limits

HANDLE = 12
"""Frames before and after what is needed, where the provider gives them (design, section 3)."""
ASSUMED_CONTACT = (Fraction(1, 5), Fraction(4, 5))
"""Share of a slot in which bodies are taken to touch when nobody marked it."""
KIND_WORDS = {
    "hug": "hug each other",
    "handshake": "shake hands",
    "carry": "are joined in a carry, one carrying the other",
    "pass": "pass something from hand to hand",
    "rope": "hold one rope together",
    "other": "touch each other",
}


@dataclass(frozen=True)
class Aim:
    """Where a request must fit: the slot as it stands now."""

    frames: int
    """Length of the slot."""
    rate: Fraction
    size: tuple[int, int]
    """Width and height in pixels."""
    handles: tuple[int, int] = (HANDLE, HANDLE)
    """Frames wanted before and after the slot, enough for its transitions."""
    source_start: str = "0"
    source_speed: str = "1"
    media_base: int = 0


def handles_for(transitions: tuple[int, int]) -> tuple[int, int]:
    """Return the handles of a slot whose neighbouring transitions show that many frames."""
    return max(HANDLE, transitions[0]), max(HANDLE, transitions[1])


def contact_of(shot: Shot, frames: int) -> tuple[Span, ...]:
    """Return a shot's contact spans, or the middle of the slot where none was marked."""
    if shot.contact:
        return shot.contact
    start, end = (round(share * frames) for share in ASSUMED_CONTACT)
    return ((start, max(end, start + 1)),)


def first_spans(shot: Shot, aim: Aim, limits: Limits) -> list[Span]:
    """Return the spans that cover a whole slot with handles: one, or chunks the provider can make.

    Chunks share their handles, so that a cut can be found inside the overlap.
    """
    head, tail = aim.handles
    longest = math.floor(limits.max_seconds * aim.rate)
    total = aim.frames + head + tail
    if total <= longest:
        return [_long_enough((-head, aim.frames + tail), aim, limits)]
    overlap = head + tail
    count = math.ceil((total - overlap) / max(1, longest - overlap))
    step = math.ceil((total - overlap) / count)
    starts = [-head + number * step for number in range(count)]
    return [(start, min(start + step + overlap, aim.frames + tail)) for start in starts]


def span_of_seconds(seconds: tuple[int, int], aim: Aim, limits: Limits) -> Span:
    """Return the span that shows some seconds of the slot with handles."""
    head, tail = aim.handles
    first = first_frame_of_second(seconds[0], aim.rate) - head
    last = min(first_frame_of_second(seconds[1], aim.rate), aim.frames) + tail
    return _long_enough((first, last), aim, limits)


def _long_enough(span: Span, aim: Aim, limits: Limits) -> Span:
    least = math.ceil(limits.min_seconds * aim.rate)
    return span[0], max(span[1], span[0] + least)


def request_for(
    shot: Shot,
    aim: Aim,
    span: Span,
    *,
    take: str,
    provider: str,
    limits: Limits,
    references: Sequence[Reference] = (),
    seed: int,
    model: str | None = None,
) -> Request:
    """Return the request for one span of a shot, priced."""
    frames = span[1] - span[0]
    used = tuple(references[: limits.max_references])
    return Request(
        id=uuid.uuid4().hex,
        shot=shot.id,
        take=take,
        provider=provider,
        model=model or limits.models[0],
        prompt=prompt_for(shot, used),
        seed=seed,
        slot_start=span[0],
        frames=frames,
        slot_frames=aim.frames,
        rate=rate_text(aim.rate),
        size=fitted(aim.size, limits.max_size),
        performers=shot.performers,
        location=shot.location,
        props=shot.props,
        contact=contact_of(shot, aim.frames),
        kind=shot.kind,
        references=used,
        source_start=aim.source_start,
        source_speed=aim.source_speed,
        media_base=aim.media_base,
        estimate_usd=limits.usd(model or limits.models[0], frames / aim.rate),
    )


def prompt_for(shot: Shot, references: Sequence[Reference]) -> str:
    """Return the prompt: who is in which picture, what touches, what must not happen."""
    sides = {performer.name: performer.side for performer in shot.performers}
    parts = []
    for number, reference in enumerate(references, 1):
        side = f", on the {sides[reference.name]}" if reference.name in sides else ""
        parts.append(f"Image {number} is {reference.name} ({reference.role}{side}).")
    who = " and ".join(sides) or "Two people"
    parts.append(shot.prompt or f"{who} {KIND_WORDS[shot.kind]}.")
    if shot.location:
        parts.append(f"Place: {shot.location}.")
    if shot.props:
        parts.append(
            f"Props: {', '.join(shot.props)}; solid, held by hands, never passing through."
        )
    parts.append("Every limb and garment stays with its owner; nobody changes or disappears.")
    return " ".join(parts)


def fitted(size: tuple[int, int], limit: tuple[int, int] | None) -> tuple[int, int]:
    """Return a size shrunk into a limit with its aspect kept, both sides even."""
    share = 1.0
    if limit is not None:
        share = min(1.0, limit[0] / size[0], limit[1] / size[1])
    width, height = (max(2, 2 * round(side * share / 2)) for side in size)
    return width, height


def assumptions(shot: Shot, frames: int, rate: Fraction) -> list[str]:
    """Say in sentences what is taken for granted about a shot nobody described."""
    said = []
    if not shot.performers:
        said.append("two people, 'left' and 'right', in costumes drawn for them")
    if not shot.contact:
        start, end = contact_of(shot, frames)[0]
        said.append(f"contact from {float(start / rate):.1f} to {float(end / rate):.1f} s")
    if shot.kind == "other" and not shot.described:
        said.append("an unnamed kind of contact")
    if not shot.location:
        said.append("a plain room")
    return said
