"""Pure: what to ask a provider for, in which order, given a shot, its takes and the limits."""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from otio_bridge.clock import first_frame_of_second, rate_text
from otio_bridge.model import Reference, Request, RequestStep, Shot, Span
from otio_bridge.provider import Limits
from otio_bridge.recipe_prompts import HandProps, prompt_for

HANDLE = 12
"""Frames before and after what is needed, where the provider gives them (design, section 3)."""
ASSUMED_CONTACT = (Fraction(1, 5), Fraction(4, 5))
"""Share of a slot in which bodies are taken to touch when nobody marked it."""


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


def first_spans(
    shot: Shot, aim: Aim, limits: Limits, around: Literal["slot", "contact"] = "slot"
) -> list[Span]:
    """Return the spans that are asked for first, each as long as the provider can make.

    Args:
        shot: Whose contact counts.
        aim: The slot.
        limits: What the provider can make.
        around: "slot" covers all of it with handles; "contact" covers only the contact, the least
            that must be made where the footage around it is kept.

    Chunks share their handles, so that a cut can be found inside the overlap.
    """
    if around == "slot":
        return _chunks(0, aim.frames, aim, limits)
    found: list[Span] = []
    for start, end in _joined(contact_of(shot, aim.frames), sum(aim.handles)):
        found += _chunks(start, end, aim, limits)
    return found


def saved_by_chunks(shot: Shot, aim: Aim, limits: Limits) -> bool:
    """Say whether chunks at the contact need at most two thirds of the frames of the whole slot."""
    around = [first_spans(shot, aim, limits, around) for around in ("contact", "slot")]
    contact, slot = (sum(end - start for start, end in spans) for spans in around)
    return bool(shot.contact) and 3 * contact <= 2 * slot


def span_of_seconds(seconds: tuple[int, int], aim: Aim, limits: Limits) -> Span:
    """Return the span that shows some seconds of the slot with handles."""
    head, tail = aim.handles
    first = first_frame_of_second(seconds[0], aim.rate) - head
    last = min(first_frame_of_second(seconds[1], aim.rate), aim.frames) + tail
    return _possible((first, last), aim, limits)


def _chunks(start: int, end: int, aim: Aim, limits: Limits) -> list[Span]:
    """Cut [start, end) with handles into spans that the provider can make."""
    head, tail = aim.handles
    longest = math.floor(limits.max_seconds * aim.rate)
    total = end - start + head + tail
    if total <= longest:
        return [_possible((start - head, end + tail), aim, limits)]
    overlap = min(head + tail, longest // 2)
    count = math.ceil((total - overlap) / max(1, longest - overlap))
    step = math.ceil((total - overlap) / count)
    starts = [start - head + number * step for number in range(count)]
    return [_possible((one, min(one + step + overlap, end + tail)), aim, limits) for one in starts]


def _joined(spans: Sequence[Span], gap: int) -> list[Span]:
    """Merge spans that lie nearer than a gap in frames."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start - found[-1][1] <= gap:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _possible(span: Span, aim: Aim, limits: Limits) -> Span:
    """Return a span no shorter than the provider makes, grown on both sides, and no longer."""
    start, end = span
    least = math.ceil(limits.min_seconds * aim.rate)
    most = max(1, math.floor(limits.max_seconds * aim.rate))
    if end - start < least:
        inside = start >= 0 and end <= aim.frames
        start = max(-aim.handles[0], start - (least - (end - start)) // 2) if inside else start
        end = start + least
    return start, min(end, start + most)


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
    step: RequestStep = "chunk",
    prompt: str | None = None,
    own_templates: Mapping[str, str] | None = None,
    hand_props: HandProps = "keep",
) -> Request:
    """Return the request for one span of a shot, priced.

    Args:
        shot: What is to be seen.
        aim: The slot.
        span: Slot frames, handles included.
        take: Id that the result will carry.
        provider: Who makes it.
        limits: What it can do; references beyond its count stay behind, the last first.
        references: Looks in the order in which they go along.
        seed: Start of the generator's chance.
        model: The provider's default when None.
        step: What it is for.
        prompt: Said instead of what the template gives.
        own_templates: The project's.
        hand_props: What becomes of things held in hands.
    """
    frames = span[1] - span[0]
    if hand_props == "drop":
        references = [look for look in references if look.role != "prop"]
    used = tuple(references[: limits.max_references])
    told = prompt or prompt_for(
        shot, used, step=step, provider=provider, own=own_templates, hand_props=hand_props
    )
    return Request(
        id=uuid.uuid4().hex,
        shot=shot.id,
        take=take,
        provider=provider,
        model=model or limits.models[0],
        prompt=told,
        seed=seed,
        slot_start=span[0],
        frames=frames,
        slot_frames=aim.frames,
        rate=rate_text(aim.rate),
        size=fitted(aim.size, limits.max_size),
        performers=shot.performers,
        location=shot.location,
        props=() if hand_props == "drop" else shot.props,
        contact=contact_of(shot, aim.frames),
        kind=shot.kind,
        references=used,
        source_start=aim.source_start,
        source_speed=aim.source_speed,
        media_base=aim.media_base,
        step=step,
        estimate_usd=limits.usd(model or limits.models[0], frames / aim.rate),
    )


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


def fewer_subjects(shot: Shot) -> str:
    """Propose fewer subjects a chunk where there are more than two; empty where there are not.

    Contact errors grow with the number of subjects, so pairs that touch are better made alone.
    """
    names = [performer.name for performer in shot.performers]
    if len(names) <= 2:
        return ""
    return (
        f"{len(names)} subjects in one picture break more often than two; where only two touch, "
        f"first make a chunk of those alone with --only {names[0]} --only {names[1]}."
    )
