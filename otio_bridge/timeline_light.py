"""Takes of a splice shown in one light: films with the gain baked in, and back to the takes' own.

What was baked stands on the media reference, so that the take itself is never lost sight of:

    light: {"gain": [R, G, B], "plain": where the take's own film is}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from otio_bridge.timeline import our_metadata
from otio_bridge.timeline_original import clips_of, note
from otio_bridge.timeline_slots import Slot

LIGHT = "light"


def lit(slot: Slot, films: Mapping[str, str], gains: Mapping[str, tuple[float, ...]]) -> None:
    """Let the clips of a slot that show a take show its film in another light.

    Args:
        slot: Where a splice stands.
        films: Path or URL of the film of each take that has another light.
        gains: Of R, G and B, baked into it.
    """
    for clip in clips_of(slot):
        key = clip.active_media_reference_key
        if key in films:
            references = dict(clip.media_references())
            _show(references[key], films[key], list(gains[key]))
            clip.set_media_references(references, key)


def carried_over(old: Any, new: Any) -> None:
    """Let a new reference of a take show what the old one showed, if that was in another light."""
    light = our_metadata(old).get(LIGHT)
    if light is not None:
        _show(new, old.target_url, light["gain"])


def unlit(clip: Any) -> Any:
    """Return a clip whose references lead to the takes' own films again."""
    references = dict(clip.media_references())
    for reference in references.values():
        light = our_metadata(reference).get(LIGHT)
        if light is not None:
            reference.target_url = light["plain"]
            note(reference, light=None)
    clip.set_media_references(references, clip.active_media_reference_key)
    return clip


def _show(reference: Any, film: str, gain: list[float]) -> None:
    note(reference, light={"gain": gain, "plain": reference.target_url})
    reference.target_url = film
