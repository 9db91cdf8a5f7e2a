"""The rules of the house: one room per foreign library, siblings apart, hosts apart."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "otio_bridge"
ROOMS = {
    "opentimelineio": ("timeline", "timeline_"),
    "av": ("media", "media_"),
    "sqlite3": ("journal", "journal_"),
    "requests": ("providers/_http",),
    "keyring": ("keys",),
    "fastapi": ("engine/",),
    "uvicorn": ("engine/",),
    "typer": ("cli", "cli_"),
    "rich": ("cli_show",),
    "mcp": ("mcp", "mcp_"),
    "distributed": ("workers",),
}
"""Foreign library -> the modules, by the start of their name, that may touch it."""
LOWEST = ("errors", "clock", "model")
"""Modules that everything may import, in this order; each imports only those before it."""
SIBLINGS = ("timeline", "journal", "media", "splicing", "recipe", "provider")
"""Rooms that do not import one another."""


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").as_posix()


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(name: str) -> str:
    return name.split("/")[0].split("_")[0]


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_only_one_room_touches_each_foreign_library(path: Path) -> None:
    for imported in imports_of(path):
        allowed = ROOMS.get(imported.split(".")[0])
        if allowed is not None:
            name = name_of(path)
            fits = any(
                name == room or (room[-1] in "_/" and name.startswith(room)) for room in allowed
            )
            assert fits, f"{name} imports {imported}; that belongs into {' or '.join(allowed)}"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_rooms_do_not_import_their_siblings(path: Path) -> None:
    room = room_of(name_of(path))
    if room not in SIBLINGS or name_of(path).startswith("providers"):
        return
    for imported in imports_of(path):
        if imported.startswith("otio_bridge."):
            other = room_of(imported.split(".")[1])
            allowed = (
                other not in SIBLINGS or other == room or (room, other) == ("recipe", "provider")
            )
            assert allowed, f"{name_of(path)} imports its sibling {imported}"


@pytest.mark.parametrize("name", LOWEST)
def test_the_lowest_modules_stand_on_each_other_only(name: str) -> None:
    below = LOWEST[: LOWEST.index(name)]
    for imported in imports_of(PACKAGE / f"{name}.py"):
        if imported.startswith("otio_bridge"):
            assert imported.split(".")[1] in below


def test_hosts_import_neither_providers_nor_judge() -> None:
    for folder in ("resolve_plugin", "blender_addon"):
        for path in (ROOT / folder).rglob("*.py"):
            for imported in imports_of(path):
                assert not imported.startswith(("otio_bridge.providers", "otio_bridge.scoring"))


def test_the_package_never_imports_tests_or_benchmarks() -> None:
    for path in modules():
        assert not [i for i in imports_of(path) if i.split(".")[0] in ("tests", "benchmarks")]
