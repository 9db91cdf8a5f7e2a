"""What we did in a Resolve project and how to take it back, kept beside the takes.

Resolve can undo none of a script's edits for sure (facts section 4), so the record is ours: one
JSON file in the project's folder, written whole or not at all, good next week too.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

NAME = "resolve-reversal.json"
TAKES = "/takes"
"""After a timeline's id: its selected takes, apart from its pieces."""


def write_json(path: Path, known: Any) -> None:
    """Write a JSON file whole or not at all, its folder too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    trial = path.with_suffix(".part")
    trial.write_text(json.dumps(known, indent=1), encoding="utf-8")
    os.replace(trial, path)


class Record:
    """The reversal records of one project folder, by timeline and clip."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def of(self, timeline: str, clip: str) -> dict[str, Any] | None:
        """Return what stands in a clip's place: pieces, and whether its picture is off."""
        found: dict[str, Any] | None = self._all().get(timeline, {}).get(clip)
        return found

    def clips(self, timeline: str) -> dict[str, dict[str, Any]]:
        """Return all records of a timeline."""
        return dict(self._all().get(timeline, {}))

    def keep(self, timeline: str, clip: str, facts: dict[str, Any] | None) -> None:
        """Write what stands in a clip's place; None when nothing of ours does any more."""
        known = self._all()
        mine = known.setdefault(timeline, {})
        if facts is None:
            mine.pop(clip, None)
        else:
            mine[clip] = facts
        write_json(self._path, known)

    def take(self, timeline: str, clip: str) -> dict[str, Any] | None:
        """Return the take that we selected in a clip's take selector, and the clip before."""
        return self.of(timeline + TAKES, clip)

    def takes(self, timeline: str) -> list[dict[str, Any]]:
        """Return all takes of a timeline that we selected in take selectors."""
        return list(self.clips(timeline + TAKES).values())

    def keep_take(self, timeline: str, clip: str, facts: dict[str, Any] | None) -> None:
        """Write which take is selected in a clip's take selector; None for its own media."""
        self.keep(timeline + TAKES, clip, facts)

    def copied(self, timeline: str, other: str) -> None:
        """Let a copy of a timeline know what stands in it."""
        known = self._all()
        for kind in ("", TAKES):
            if timeline + kind in known:
                known[other + kind] = known[timeline + kind]
        write_json(self._path, known)

    def _all(self) -> dict[str, dict[str, dict[str, Any]]]:
        try:
            found: dict[str, dict[str, dict[str, Any]]] = json.loads(
                self._path.read_text(encoding="utf-8")
            )
        except FileNotFoundError:
            return {}
        return found
