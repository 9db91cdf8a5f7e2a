"""Contact spans that the judge proposes from a clip's own footage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from otio_bridge import scoring
from otio_bridge.errors import BridgeError, LookError
from otio_bridge.judging import character_looks
from otio_bridge.media import probe
from otio_bridge.model import Performer
from otio_bridge.session import Session
from otio_bridge.timeline_place import media_start_seconds, place_of


def proposed_contact(
    timeline: Path,
    clip: str,
    performers: Sequence[Performer] | None = None,
    *,
    rate: float | None = None,
) -> list[tuple[float, float]]:
    """Return spans in seconds of a slot in which its characters seem to touch.

    Args:
        timeline: The timeline file.
        clip: Clip name or shot id.
        performers: Who is in it, where the shot does not say yet.
        rate: For timelines that do not say.

    Raises:
        LookError: Two characters with a look are needed.
        BridgeError: The media is missing, or nobody seems to touch.
    """
    session = Session.opened(timeline, rate=rate)
    placed = session.named(clip)
    shot = session.shot_of(placed)
    if performers is not None:
        shot = shot.model_copy(update={"performers": tuple(performers)})
    looks = character_looks(session.project, shot) if session.project is not None else []
    if len(looks) < 2:
        raise LookError(
            f"Contact in '{clip}' can be proposed once two of its characters have a look; add them "
            "with 'otio-bridge characters add', or give --contact A-B."
        )
    media = session.media_of(placed.slot)
    if media is None:
        raise BridgeError(f"The media of '{clip}' is missing; relink it, or give --contact A-B.")
    footage = probe(media)
    place = place_of(placed.slot, session.rate)
    start = place.head - media_start_seconds(placed.slot)
    length = float(placed.slot.frames / session.rate)
    found = []
    for first, last in scoring.proposed_contact(media, looks):
        ends = [float((frame / footage.rate - start) / place.speed) for frame in (first, last)]
        low, high = max(0.0, min(ends)), min(length, max(ends))
        if low < high:
            found.append((round(low, 3), round(high, 3)))
    if not found:
        raise BridgeError(f"Nobody seems to touch in '{clip}'; give --contact A-B yourself.")
    return found
