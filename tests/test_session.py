"""A timeline and its project find each other wherever they lie."""

from __future__ import annotations

from pathlib import Path

import pytest
from cuts import clip, cut_of

from otio_bridge.errors import BridgeError, TimelineError
from otio_bridge.session import Session, undo_write
from otio_bridge.timeline import write_cut


@pytest.fixture
def timeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OTIO_BRIDGE_DATA_DIR", str(tmp_path / "data"))
    folder = tmp_path / "my film, 100 % done"
    folder.mkdir()
    cut = cut_of(clip("hug"), clip("b"))
    cut.path = folder / "cut.otio"
    return write_cut(cut)


def test_a_timeline_written_elsewhere_finds_its_project_whatever_the_folders_name(
    timeline: Path, tmp_path: Path
) -> None:
    session = Session.opened(timeline)
    session.started()
    out = session.write(tmp_path / "other place" / "new.otio")
    again = Session.opened(out)
    assert again.needed_project().root == session.needed_project().root
    again.write(timeline.with_name("back.otio"))
    assert "otio_bridge" not in timeline.with_name("back.otio").read_text()


def test_undo_puts_back_each_version_in_turn(timeline: Path) -> None:
    first = timeline.read_bytes()
    for name in ("one", "two"):
        session = Session.opened(timeline)
        session.started()
        session.cut.timeline.name = name
        session.write()
    assert Session.opened(undo_write(timeline)).cut.timeline.name == "one"
    undo_write(timeline)
    assert timeline.read_bytes() == first
    with pytest.raises(TimelineError, match="No earlier version"):
        undo_write(timeline)


def test_nothing_is_made_where_nothing_was_asked(timeline: Path) -> None:
    with pytest.raises(BridgeError, match="start with"):
        Session.opened(timeline).write()
    assert [path.name for path in timeline.parent.iterdir()] == ["cut.otio"]
