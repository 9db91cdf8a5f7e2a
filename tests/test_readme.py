"""The README is true: its commands parse and run, its files and links are there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from otio_bridge import __version__, cli

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "samples/README.md")
MOST_BYTES = 150_000
"""Of a picture that everybody downloads with the first screen."""


def block(name: str) -> list[str]:
    """The lines between two comments, as `.ci/run` reads them."""
    found = re.findall(rf"<!-- {name} -->\n(.*?)<!-- end -->", README, re.S)
    assert len(found) == 1
    return [line[4:] for line in found[0].splitlines() if line.startswith("    ")]


def spoken(text: str) -> list[list[str]]:
    """Every `otio-bridge ...` of a document, as words."""
    lines = re.findall(r"^    (.+)$", text, re.M) + re.findall(r"`([^`\n]+)`", text)
    parts = [part.strip() for line in lines for part in line.split("&&")]
    return [shlex.split(part)[1:] for part in parts if part.startswith("otio-bridge ")]


SPOKEN = sorted({tuple(words) for name in DOCUMENTS for words in spoken((ROOT / name).read_text())})


def test_there_are_exactly_two_set_up_commands_and_ci_runs_the_one_for_tests() -> None:
    assert re.findall(r"<!-- (\w+) -->\n\n    ", README) == ["demo", "tests"]
    assert [len(block(name)) for name in ("demo", "tests")] == [1, 1]
    script = (ROOT / ".ci" / "run").read_text()
    assert "/<!-- tests -->/,/<!-- end -->/p" in script
    assert "pip install" in block("tests")[0] and "pytest" in block("tests")[0]


@pytest.mark.parametrize("words", SPOKEN, ids=" ".join)
def test_every_command_in_the_documents_parses(words: tuple[str, ...]) -> None:
    command: Any = typer.main.get_command(cli.app)
    context, rest = None, list(words)
    if rest == ["--version"]:
        return
    while hasattr(command, "commands"):
        context = command.make_context(rest[0], [*rest], parent=context)
        name, command, rest = command.resolve_command(context, rest)
        assert command is not None, name
    command.make_context(words[0], rest, parent=context)


def test_every_command_is_in_the_readme() -> None:
    root: Any = typer.main.get_command(cli.app)
    code = " ".join(re.findall(r"`[^`\n]+`|^    .+$", README, re.M))
    assert [name for name in root.commands if not re.search(rf"\b{name}\b", code)] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_and_pictures_are_there(name: str) -> None:
    path = ROOT / name
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), target
            if target.endswith((".jpg", ".png", ".gif")):
                assert (path.parent / target).stat().st_size <= MOST_BYTES


def test_the_first_screen_is_short() -> None:
    top = README.splitlines()[:40]
    assert any(line.startswith("![") for line in top)
    assert any("otio-bridge demo" in line for line in top)


def test_every_module_is_in_the_architecture() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for path in (ROOT / "otio_bridge").rglob("*.py"):
        folder, name = path.parent.name, path.stem
        stems = (name, f"{name.split('_')[0]}_*", f"_{name.split('_')[-1]}")
        known = any(f"`{stem}`" in text for stem in stems)
        public = folder == "providers" and not name.startswith("_")  # `providers` lists them
        assert known or name == "__init__" or public or folder == "engine", (
            f"give {path.relative_to(ROOT)} a line in ARCHITECTURE.md"
        )


def test_the_changelog_begins_with_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## \[(.+?)\]", text, re.M)[1] == __version__  # type: ignore[index]
    entries = re.findall(r"^- (\[\w+\])", text, re.M)
    assert entries and set(entries) <= {"[feature]", "[bugfix]"}


def figures(text: str) -> list[list[str]]:
    """The rows of the table of takes: id, then one number or sign a second."""
    rows = re.findall(r"^ ?(t\d\d) +((?:(?:\.\d\d|1\.00|-|\?)(?: +|$))+)", text, re.M)
    return [[take, *cells.split()] for take, cells in rows]


@pytest.mark.slow
def test_the_demo_leaves_what_the_readme_says(tmp_path: Path) -> None:
    words = shlex.split(block("demo")[0].split("&&")[1])[1:]
    said = subprocess.run(
        [sys.executable, "-m", "otio_bridge.cli", *words],
        cwd=tmp_path,
        capture_output=True,
        check=True,
        encoding="utf-8",
    ).stdout
    for file in re.findall(r"`(demo/[\w./]+)`", README):
        assert (tmp_path / file).stat().st_size > 0
    for kind, path in re.findall(r"^(timeline|before|after|board|report) +(\S+)", said, re.M):
        assert Path(path).is_file(), kind
    shown = re.search(r"<!-- output -->\n```text\n(.*?)```", README, re.S)
    assert shown is not None
    promised, seen = figures(shown[1]), figures(said)
    assert [(row[0], len(row)) for row in promised] == [(row[0], len(row)) for row in seen], said
    for row, other in zip(promised, seen, strict=True):
        for cell, now in zip(row[1:], other[1:], strict=True):
            same = cell == now if cell in "-?" else abs(float(cell) - float(now)) < 0.1
            assert same, f"refresh the README with:\n{said}"
