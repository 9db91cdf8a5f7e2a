"""What a marker's note says of a clip: the one thing of ours that every host carries along."""

from __future__ import annotations

import re
from typing import Any

NOTE = re.compile(r"otio_bridge shot=(\S+)")
"""How a marker's note names a shot."""


def notes_on(item: Any) -> list[str]:
    """List what is written in an item's markers, wherever the host keeps it."""
    return [str(marker.comment or _resolve_note(marker)) for marker in item.markers]


def shot_noted(item: Any) -> str | None:
    """Return the shot that a note of ours on an item names; None without one."""
    if not len(item.markers):
        return None
    found = (NOTE.search(note) for note in notes_on(item))
    return next((match[1] for match in found if match), None)


def _resolve_note(marker: Any) -> str:
    found = marker.metadata.get("Resolve_OTIO")
    return str(found.get("Note", "")) if hasattr(found, "get") else ""
