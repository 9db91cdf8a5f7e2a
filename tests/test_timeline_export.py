"""The flavours of a timeline for other programs (facts/resolve.md section 11)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from cuts import RT, TR, clip, cut_of, only_slot, take_for

from otio_bridge.errors import BridgeError
from otio_bridge.exporting import export
from otio_bridge.model import Segment
from otio_bridge.timeline import read_cut, write_cut
from otio_bridge.timeline_edits import add_takes, splice, use_take
from otio_bridge.timeline_markers import notes_of
from otio_bridge.timeline_notes import NOTE
from otio_bridge.timeline_slots import slots_in


def film(folder: Path, way: str, *, start: int = 0) -> Path:
    """A timeline whose clip "hug" shows takes; media lie beside it and are named relatively."""
    folder.mkdir()
    items = [clip(name, start=start) for name in ("a", "hug", "b")]
    for item in items:
        item.media_reference.target_url = f"my%20media/{item.name}.mov"
    items[2].media_reference.available_range = None
    cut = cut_of(*items)
    cut.path = folder / "cut.otio"
    slot = only_slot(cut)
    takes = [take_for(cut, slot, n) for n in (1, 2)]
    add_takes(slot, "s", [(take, f"takes/t{take.id[1:]}.mov") for take in takes])
    halves = [
        Segment(take="t01", take_start=12, slot_start=0, frames=20),
        Segment(take="t02", take_start=32, slot_start=20, frames=28),
    ]
    if way == "use":
        use_take(cut, only_slot(cut), "t01")
    elif way != "original":
        splice(cut, only_slot(cut), halves, nested=way == "nested")
    return write_cut(cut)


def clips_in(tree: Any) -> list[Any]:
    if isinstance(tree, list):
        return [found for entry in tree for found in clips_in(entry)]
    if not isinstance(tree, dict):
        return []
    here = [tree] if str(tree.get("OTIO_SCHEMA", "")).startswith("Clip.") else []
    return here + clips_in(tree.get("tracks")) + clips_in(tree.get("children"))


WAYS = pytest.mark.parametrize("way", ["original", "use", "flat", "nested"])


@WAYS
@pytest.mark.parametrize("elsewhere", [False, True])
def test_resolve_gets_one_media_of_plain_absolute_paths(
    way: str, elsewhere: bool, tmp_path: Path
) -> None:
    source = film(tmp_path / "film 1", way)
    kept = source.read_bytes()
    written = export(source, "resolve", tmp_path / "out" / "r.otio" if elsewhere else None)
    assert source.read_bytes() == kept
    text = written.read_text()
    assert "Clip.2" in text and "Marker.3" not in text
    assert '"otio_bridge":' not in text
    for one in clips_in(json.loads(text)):
        assert list(one["media_references"]) == ["DEFAULT_MEDIA"]
        assert one["active_media_reference_key"] == "DEFAULT_MEDIA"
        media = one["media_references"]["DEFAULT_MEDIA"]
        assert media["target_url"].startswith(str(tmp_path / "film 1"))
        assert "%20" not in media["target_url"]
        known, shown = media["available_range"], one["source_range"]
        first = shown["start_time"]["value"] - known["start_time"]["value"]
        assert known["start_time"]["value"] >= 0
        assert 0 <= first <= known["duration"]["value"] - shown["duration"]["value"]


@WAYS
def test_lengths_and_notes_travel_to_resolve_and_back(way: str, tmp_path: Path) -> None:
    source = film(tmp_path / "film", way)
    before, after = read_cut(source), read_cut(export(source, "resolve"))
    track, exported = before.timeline.tracks[0], after.timeline.tracks[0]
    assert exported.duration() == track.duration()
    assert [type(child) for child in exported] == [type(child) for child in track]
    noted = [slot for slot in slots_in(after) if any(NOTE.search(n) for n in notes_of(slot))]
    assert len(noted) == (2 if way in ("flat", "nested") else 1)
    assert all(marker.metadata["Resolve_OTIO"]["Note"] == "otio_bridge shot=s"
               for slot in noted for marker in slot.item.markers)  # fmt: skip


@pytest.mark.parametrize(("rate", "late"), [(24.0, 0.0), (23.976, 0.25), (30000 / 1001, 0.25)])
def test_fractional_rates_start_a_quarter_frame_late_for_resolve_alone(
    rate: float, late: float, tmp_path: Path
) -> None:
    cut = cut_of(clip("hug", rate=rate, start=30), rate=rate)
    cut.path = tmp_path / "cut.otio"
    source = write_cut(cut)
    for flavour, wanted in (("resolve", 30 + late), ("plain", 30), ("blender", 30)):
        (one,) = clips_in(json.loads(export(source, flavour).read_text()))
        assert one["source_range"]["start_time"]["value"] == wanted
        assert one["source_range"]["duration"]["value"] == 48
        (slot,) = slots_in(read_cut(export(source, flavour)))
        assert slot.frames == 48


def test_blender_keeps_takes_and_plain_drops_them(tmp_path: Path) -> None:
    source = film(tmp_path / "film", "use")
    blender = clips_in(json.loads(export(source, "blender").read_text()))[1]
    assert set(blender["media_references"]) == {"DEFAULT_MEDIA", "t01", "t02"}
    assert blender["active_media_reference_key"] == "t01"
    assert blender["metadata"]["otio_bridge"]["shot"] == "s"
    assert blender["media_references"]["t02"]["target_url"] == str(
        tmp_path / "film" / "takes" / "t02.mov"
    )
    (tmp_path / "film" / "my media").mkdir()
    (tmp_path / "film" / "my media" / "a.mov").touch()
    plain = export(source, "plain", tmp_path / "out" / "plain.otio")
    assert "otio_bridge" not in plain.read_text()
    first = clips_in(json.loads(plain.read_text()))[0]
    url = first["media_references"]["DEFAULT_MEDIA"]["target_url"]
    assert url == "../film/my%20media/a.mov"


def test_an_export_replaces_neither_its_source_nor_invents_flavours(tmp_path: Path) -> None:
    source = film(tmp_path / "film", "use")
    with pytest.raises(BridgeError, match="replace"):
        export(source, "plain", source)
    with pytest.raises(BridgeError, match="resolve, blender, plain"):
        export(source, "avid")


def test_media_nobody_can_measure_still_export(tmp_path: Path) -> None:
    odd = clip("hug", missing=True)
    unknown = otio.schema.Clip("nothing")
    still = clip("still")
    still.media_reference.available_range = TR(RT(0, 24), RT(1, 24))
    cut = cut_of(odd, unknown, still)
    cut.path = tmp_path / "cut.otio"
    write_cut(cut)
    assert len(slots_in(read_cut(export(cut.path, "resolve")))) == 3
