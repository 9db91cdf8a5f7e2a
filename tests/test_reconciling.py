"""Our shots are found again in what an editor made of the cut."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from running import with_takes
from test_pipeline import tree

from otio_bridge import pipeline
from otio_bridge.exporting import export
from otio_bridge.reconciling import reconciled


@pytest.fixture
def back(tmp_path: Path) -> Path:
    """A spliced cut as it comes back from Resolve: none of our metadata."""
    film = with_takes(tmp_path / "film")
    pipeline.splice(film, "hug.mp4", plan="t1:0-1,t2:1-2")
    export(film, "resolve", film.parent / "out.otio")
    return film.parent / "out.otio"


def changed(path: Path, change: Any) -> Path:
    found = tree(path)
    change(found["tracks"]["children"][0]["children"])
    path.write_text(json.dumps(found))
    return path


def hugs(children: list[dict[str, Any]]) -> list[int]:
    return [
        n for n, one in enumerate(children) if "_t0" in json.dumps(one.get("media_references", ""))
    ]


def test_nothing_changed(back: Path) -> None:
    found = reconciled(back)
    (shot,) = [one for one in found.shots if one.takes]
    assert shot.fate == "found", found
    assert [(one.track, one.record_start, one.frames) for one in shot.places] == [("V1", 24, 24)]
    assert shot.places[0].shows == ("t01", "t02")
    assert "1 as they were" in found.words


def test_moved_trimmed_copied_and_deleted(back: Path) -> None:
    text = back.read_text()

    def moved(children: list[dict[str, Any]]) -> None:
        children.append(children.pop(0))

    shot = next(one for one in reconciled(changed(back, moved)).shots if one.takes)
    assert (shot.fate, shot.places[0].record_start) == ("found", 0)

    back.write_text(text)

    def trimmed(children: list[dict[str, Any]]) -> None:
        last = children[hugs(children)[-1]]
        last["source_range"]["duration"]["value"] -= 3

    shot = next(one for one in reconciled(changed(back, trimmed)).shots if one.takes)
    assert (shot.fate, shot.places[0].frames) == ("trimmed", 21)

    back.write_text(text)

    def copied(children: list[dict[str, Any]]) -> None:
        children += [json.loads(json.dumps(children[n])) for n in hugs(children)]

    shot = next(one for one in reconciled(changed(back, copied)).shots if one.takes)
    assert (shot.fate, len(shot.places)) == ("copied", 2)

    back.write_text(text)

    def deleted(children: list[dict[str, Any]]) -> None:
        for n in reversed(hugs(children)):
            del children[n]

    found = reconciled(changed(back, deleted))
    shot = next(one for one in found.shots if one.takes)
    assert (shot.fate, shot.places) == ("lost", []) and "takes are kept" in found.words
