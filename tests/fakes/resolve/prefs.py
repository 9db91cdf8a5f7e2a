"""Fusion's preferences: set in memory, on disk only after SavePrefs (facts 2, "file mailbox")."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any


class Preferences:
    """Dotted names and plain values; the file is a Lua table. Non-ASCII does not survive."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.values: dict[str, Any] = {}

    def set(self, name: Any, value: Any = None) -> bool:
        for key, one in (name if isinstance(name, dict) else {name: value}).items():
            self.values[str(key)] = _plain(one)
        return True

    def read(self, name: str | None = None) -> Any:
        return dict(self.values) if name is None else self.values.get(name)

    def save(self) -> bool:
        """Write the file in one step, as a nested Lua table."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        tree: dict[str, Any] = {}
        for name, value in self.values.items():
            *above, last = name.split(".")
            level = tree
            for step in above:
                level = level.setdefault(step, {})
            level[last] = value
        fresh = self.path.with_suffix(".new")
        fresh.write_text(_written(tree) + "\n", encoding="ascii")
        os.replace(fresh, self.path)
        return True


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("ascii", "replace").decode("ascii")
    return value


def _written(value: Any, depth: int = 0) -> str:
    if isinstance(value, dict):
        inner = "".join(
            f"{chr(9) * (depth + 1)}{_key(key)} = {_written(one, depth + 1)},\n"
            for key, one in value.items()
        )
        return "{\n" + inner + chr(9) * depth + "}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else _quoted(str(value))


def _key(name: str) -> str:
    return name if name.isidentifier() else f"[{_quoted(name)}]"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + escaped.replace("\r", "\\r") + '"'
