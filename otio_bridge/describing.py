"""What a shot is, as a person says it: characters, contact, place, props, who is to make it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from otio_bridge import provider as providers
from otio_bridge.errors import BridgeError
from otio_bridge.identity import Placed, trace_of
from otio_bridge.model import ContactKind, Performer, Shot, Span
from otio_bridge.project import ShotRecord
from otio_bridge.routing import AUTO
from otio_bridge.session import Session
from otio_bridge.timeline_place import place_of

SLACK = 1.0
"""Seconds by which contact may be said to end after its clip does."""


def describe(
    timeline: Path,
    clip: str,
    *,
    prompt: str | None = None,
    performers: Sequence[Performer] | None = None,
    location: str | None = None,
    props: Sequence[str] | None = None,
    contact: Sequence[tuple[float, float]] | None = None,
    kind: ContactKind | None = None,
    provider: str | None = None,
    rate: float | None = None,
) -> Shot:
    """Say what a shot is; what is not given stays as it was.

    Args:
        timeline: The timeline file, which is not changed.
        clip: Clip name or shot id.
        prompt: What is to be seen.
        performers: Characters and their sides, one to four.
        location: Where it is.
        props: What is held or handed over.
        contact: Spans in seconds of the slot in which bodies touch.
        kind: Kind of contact.
        provider: Who is to make it: a provider, "auto", or "none" for no wish.
        rate: For timelines that do not say.

    Raises:
        BridgeError: The contact lies outside the slot, or there are too many characters.
    """
    session = Session.opened(timeline, rate=rate)
    placed = session.named(clip)
    slot = placed.slot
    if performers is not None and len(performers) > 4:
        raise BridgeError(
            f"{len(performers)} characters are too many for one contact shot; name up to four."
        )
    place = place_of(slot, session.rate)
    given = {
        "prompt": prompt,
        "performers": None if performers is None else tuple(performers),
        "location": location,
        "props": None if props is None else tuple(props),
        "contact": None if contact is None else _spans(session, placed, contact),
        "source_start": None if contact is None else str(place.head),
        "source_speed": None if contact is None else str(place.speed),
        "kind": kind,
        "provider": _wish(provider),
    }
    changes = {key: value for key, value in given.items() if value is not None}
    trace = trace_of(slot, session.cut.path.name)
    project = session.started()

    def told(record: ShotRecord) -> ShotRecord:
        shot = record.shot.model_copy(update={**changes, "described": True})
        traces = record.traces if trace in record.traces else (*record.traces, trace)
        return record.model_copy(update={"shot": shot, "traces": traces})

    new = Shot(id=placed.shot, clip=slot.name)
    return project.edit_shot(placed.shot, told, new=new).shot


def _wish(name: str | None) -> str | None:
    if name is None or name == AUTO:
        return name
    return "" if name == "none" else providers.find(name).name


def _spans(
    session: Session, placed: Placed, contact: Sequence[tuple[float, float]]
) -> tuple[Span, ...]:
    frames = placed.slot.frames
    seconds = float(frames / session.rate)
    spans = []
    for start, end in sorted(contact):
        if not 0 <= start < end or start >= seconds or end > seconds + SLACK:
            raise BridgeError(
                f"Contact {start:g}-{end:g} s does not lie in '{placed.slot.name}', which lasts "
                f"{seconds:.2f} s; give seconds from the start of the clip."
            )
        spans.append((round(start * session.rate), min(frames, round(end * session.rate))))
    return tuple(spans)
