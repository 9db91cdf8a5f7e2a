"""Reading and writing timeline files: one sentence for everything bad, and nothing half-written."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from cuts import clip, cut_of, facts

from otio_bridge.errors import BridgeError, ProjectError, TimelineChanged, TimelineError
from otio_bridge.timeline import read_cut, timeline_text, write_cut
from otio_bridge.timeline_media import local_path, rebase, url_from
from otio_bridge.timeline_slots import slots_in

GOOD = timeline_text(cut_of(clip("hug"), clip("b")).timeline)
MARKER_3 = '"markers": [{"OTIO_SCHEMA": "Marker.3", "name": "m", "comment": ""}]'


def collection(*members: Any) -> str:
    return str(otio.adapters.write_to_string(_collected(*members), "otio_json"))


def _collected(*members: Any) -> Any:
    made = otio.schema.SerializableCollection()
    made.extend(members)
    return made


BAD = {
    "empty.otio": ("", "is empty"),
    "empty.edl": ("", "is empty"),
    "blank.otio": (" \n", "broken"),
    "half.otio": (GOOD[: len(GOOD) // 2], "broken"),
    "more.otio": (GOOD + "x", "broken"),
    "binary.otio": (bytes(range(256)) * 99, "broken"),
    "binary.edl": (bytes(range(256)), "broken"),
    "latin.otio": (GOOD.replace("hug", "h\xfcg").encode("latin-1"), "not UTF-8"),
    "clip.otio": (otio.adapters.write_to_string(clip("x"), "otio_json"), "found: Clip"),
    "clips.otio": (collection(clip("x")), "holds 0"),
    "two.otio": (collection(otio.schema.Timeline("A"), otio.schema.Timeline("B")), "'A', 'B'"),
    "many.otio": (collection(*(otio.schema.Timeline(f"t{n}") for n in range(999))), "holds 999"),
    "number.otio": ("42", "found: int"),
    "null.otio": ("null", "no timeline"),
    "list.otio": ("[1]", "no timeline"),
    "no_tracks.otio": ('{"OTIO_SCHEMA": "Timeline.1", "tracks": null}', "without tracks"),
    "clip9.otio": (GOOD.replace("Clip.2", "Clip.9"), "newer OpenTimelineIO"),
    "marker3.otio": (GOOD.replace('"markers": []', MARKER_3), "newer OpenTimelineIO"),
    "alien.otio": (GOOD.replace("Clip.2", "Alien.1"), "broken or no timeline"),
    "alien_root.otio": (GOOD.replace("Timeline.1", "Alien.1"), "found: UnknownSchema"),
    "nan.otio": (GOOD.replace("48.0", "NaN"), "no time"),
    "infinite.otio": (GOOD.replace("48.0", "Infinity"), "no time"),
    "rate.otio": (GOOD.replace('"rate": 24.0', '"rate": -24.0'), "no rate"),
    "rubbish.edl": ("001 hello world\n", "could not be read as an EDL"),
    "page.xml": ("<html><body/></html>", "broken or no timeline"),
    "cut.xml": ('<?xml version="1.0"?><xmeml version="5"><sequence>', "broken"),
    "picture.fcpxml": ("<svg/>", "no timeline"),
    "words.txt": ("hello", "give an .otio"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_get_one_short_sentence(name: str, tmp_path: Path) -> None:
    content, words = BAD[name]
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(TimelineError) as raised:
        slots_in(read_cut(path))
    said = str(raised.value)
    assert words in said
    assert "\n" not in said and len(said) < 400 + len(str(path)) and said.endswith(".")
    assert "Clip(" not in said


def test_missing_files_folders_and_loops_get_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(TimelineError, match="no timeline at"):
        read_cut(tmp_path / "none.otio")
    with pytest.raises(TimelineError, match="is a folder"):
        read_cut(tmp_path)
    (tmp_path / "loop.otio").symlink_to("loop.otio")
    with pytest.raises(TimelineError, match="cannot be read"):
        read_cut(tmp_path / "loop.otio")


def test_an_edl_says_when_its_rate_is_another(tmp_path: Path) -> None:
    edl = tmp_path / "cut.edl"
    edl.write_text(
        "TITLE: cut\n001  AX V C 00:00:00:00 00:00:01:24 01:00:00:00 01:00:01:24\n"
        "* FROM CLIP NAME: hug.mov\n"
    )
    with pytest.raises(TimelineError, match="give --rate"):
        read_cut(edl)
    cut = read_cut(edl, 25)
    assert (cut.rate, cut.home.name) == (25, "cut.otio")
    assert slots_in(cut)[0].frames == 49
    with pytest.raises(TimelineError, match="no frame rate"):
        read_cut(edl, -25)


def test_a_single_timeline_in_a_collection_is_read(tmp_path: Path) -> None:
    path = tmp_path / "one.otio"
    inside = cut_of(clip("hug")).timeline
    path.write_text(collection(_collected(inside)))
    assert [slot.name for slot in slots_in(read_cut(path))] == ["hug"]


def test_writing_changes_nothing_but_schema_versions(tmp_path: Path) -> None:
    path = tmp_path / "with space, ümlaut & 100 %.otio"
    path.write_text(GOOD)
    cut = read_cut(path)
    before = facts(cut)
    assert write_cut(cut) == path
    assert facts(read_cut(path)) == before
    assert path.read_text(encoding="utf-8") == GOOD


WRITES_ON_A_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from otio_bridge.errors import ProjectError
from otio_bridge.timeline import read_cut, write_cut
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
cut = read_cut(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_cut(cut)
except ProjectError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit of file size")
def test_a_full_disk_is_noticed_and_the_old_file_kept(tmp_path: Path) -> None:
    path = tmp_path / "cut.otio"
    path.write_text(GOOD)
    command = [sys.executable, "-c", WRITES_ON_A_FULL_DISK, str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "no room on the disk" in said
    assert path.read_text() == GOOD
    assert os.listdir(tmp_path) == ["cut.otio"]


@pytest.mark.parametrize(
    ("number", "words"), [(errno.EACCES, "No permission"), (errno.EIO, "cannot be used")]
)
def test_a_refusing_disk_keeps_the_old_file(
    number: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cut.otio"
    path.write_text(GOOD)
    cut = read_cut(path)

    def refusing(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "replace", refusing)
    with pytest.raises(ProjectError, match=words):
        write_cut(cut)
    assert path.read_text() == GOOD
    assert os.listdir(tmp_path) == ["cut.otio"]


def test_a_file_is_no_folder_and_a_changed_one_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "cut.otio"
    path.write_text(GOOD)
    cut = read_cut(path)
    with pytest.raises(BridgeError, match="cannot be used"):
        write_cut(cut, path / "below.otio")
    with pytest.raises(TimelineError, match=r"ending in \.otio"):
        write_cut(cut, tmp_path / "cut.edl")
    path.write_text(GOOD + " ")
    with pytest.raises(TimelineChanged):
        write_cut(cut)
    assert path.read_text() == GOOD + " "


@pytest.mark.parametrize("name", ["plain.mov", "a b.mov", "ümlaut.mov", "100 %.mov", "50%25.mov",
                                  "x#1?.mov", "A001:take.mov", "[1].mov"])  # fmt: skip
def test_every_way_to_name_a_file_finds_it(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "my media"
    folder.mkdir()
    path = folder / name
    path.touch()
    ways = [
        str(path), path.as_uri(), f"file://localhost{path.as_uri()[7:]}", f"file:{path}",
        f"file://{path}", f"my media/{name}", url_from(path, tmp_path), f"./my media/{name}",
    ]  # fmt: skip
    for url in ways:
        found = local_path(url, tmp_path)
        assert found is not None and found.samefile(path), url


def test_names_that_no_local_disk_has() -> None:
    here = Path("/nowhere")
    assert local_path("https://example.org/a.mov", here) is None
    assert local_path("s3://bucket/a.mov", here) is None
    assert local_path("file://server/share/a.mov", here) == Path("//server/share/a.mov")
    assert local_path("x" * 9000, here) == here / ("x" * 9000)
    assert local_path("a\0b", here) == here / "a\0b"
    if os.name != "nt":
        assert local_path("C:\\media\\a.mov", here) is None
        assert local_path("file:///C%3A/media/a.mov", here) is not None


def test_relative_names_still_find_their_files_from_another_folder(tmp_path: Path) -> None:
    (tmp_path / "a b.mov").touch()
    (tmp_path / "frames").mkdir()
    one = clip("hug")
    one.media_reference.target_url = "a%20b.mov"
    two = clip("still")
    two.media_reference = otio.schema.ImageSequenceReference("frames", "f.", ".png", 1, 1, 24.0)
    cut = cut_of(one, two, clip("gone"))
    cut.path = tmp_path / "cut.otio"
    rebase(cut, tmp_path / "out")
    references = [slot.item.media_reference for slot in slots_in(cut)]
    assert references[0].target_url == "../a%20b.mov"
    assert references[1].target_url_base == "../frames"
    assert references[2].target_url == "/media/gone.mov"
