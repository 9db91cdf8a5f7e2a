"""Takes that followed a timeline into another folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from test_project import a_score, a_take

from otio_bridge.adopting import adopted
from otio_bridge.model import Reference, Shot, Take
from otio_bridge.project import Project, ShotRecord


def made(root: Path, shot: str = "s1") -> tuple[Project, Take, Path]:
    """A project with one shot, one judged take and one character."""
    root.mkdir()
    project = Project.opened(root, create=True)
    project.save_shot(ShotRecord(shot=Shot(id=shot, clip="hug", prompt="They hug."), next_take=2))
    take = a_take(project, "t01", shot)
    file = project.path(take.media)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"film")
    project.add_take(take, a_score())
    image = project.folder / "references" / "mia.png"
    image.parent.mkdir(exist_ok=True)
    image.write_bytes(b"picture")
    project.save_reference(Reference(name="mia", images=("references/mia.png",)))
    return project, take, file


@pytest.mark.parametrize("links", [True, False])
def test_all_that_was_paid_for_comes_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    old, take, file = made(tmp_path / "old")
    if not links:
        monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError("no links")))
    (tmp_path / "new").mkdir()
    new = Project.opened(tmp_path / "new", create=True)
    assert adopted(new, [(take, file)]) == [take]
    assert new.path(take.media).read_bytes() == b"film"
    assert new.shot("s1") == old.shot("s1") and new.score(take) == old.score(take)
    mia = new.reference("character", "mia")
    assert mia is not None and new.path(mia.images[0]).read_bytes() == b"picture"
    assert adopted(new, [(take, file)]) == [], "once"
    assert old.path(take.media).exists(), "the first project keeps them"


def test_later_takes_come_too_and_own_ones_stay(tmp_path: Path) -> None:
    old, take, file = made(tmp_path / "old")
    (tmp_path / "new").mkdir()
    new = Project.opened(tmp_path / "new", create=True)
    adopted(new, [(take, file)])
    second = a_take(old, old.reserve_take("s1"))
    old.path(second.media).write_bytes(b"second")
    old.add_take(second)
    assert adopted(new, [(second, old.path(second.media))]) == [second]
    record = new.shot("s1")
    assert record is not None and [one.id for one in record.takes] == ["t01", "t02"]
    assert new.reserve_take("s1") == "t03"


def test_what_lies_in_no_project_is_left_alone(tmp_path: Path) -> None:
    _, take, _ = made(tmp_path / "old")
    (tmp_path / "new").mkdir()
    new = Project.opened(tmp_path / "new", create=True)
    stray = tmp_path / "stray.mov"
    stray.write_bytes(b"film")
    assert adopted(new, [(take, stray), (take, tmp_path / "gone.mov")]) == []
    assert new.shots() == []
