"""`export --for resolve`, read by the fake Resolve as each build (facts/resolve.md, 9 and 11)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from cuts import RT, TR, cut_of, only_slot, take_for
from fakes.resolve import AS_MEASURED, FakeResolve, Knobs
from fakes.resolve.probe import timecode_of

from otio_bridge.exporting import export
from otio_bridge.model import Segment
from otio_bridge.timeline import read_cut, write_cut
from otio_bridge.timeline_edits import add_takes, splice
from otio_bridge.timeline_markers import notes_of
from otio_bridge.timeline_notes import NOTE
from otio_bridge.timeline_slots import slots_in

BUILDS = {"kind": Knobs(), **AS_MEASURED}
FRAMES = 48


def real_clip(fake: FakeResolve, name: str, first: int) -> Any:
    """Frames [24, 72) of a film of 120 frames whose timecode begins at `first`."""
    rate = fake.project.rate
    path = fake.film(f"{name}.mov", 120, timecode=timecode_of(first, rate) if first else "")
    span = TR(RT(first, float(rate)), RT(120, float(rate)))
    shown = TR(RT(first + 24, float(rate)), RT(FRAMES, float(rate)))
    return otio.schema.Clip(name, otio.schema.ExternalReference(str(path), span), shown)


def spliced(fake: FakeResolve, first: int, second: Segment | None = None) -> Path:
    """a, hug, b; hug spliced from two takes: t01 [12, 32), then t02 [32, 60), or as given."""
    rate = float(fake.project.rate)
    cut = cut_of(
        *(real_clip(fake, name, first) for name in ("a", "hug", "b")), start=86400, rate=rate
    )
    cut.path = fake.folder / "cut.otio"
    slot = only_slot(cut)
    takes = [take_for(cut, slot, number) for number in (1, 2)]
    offered = []
    for take in takes:
        code = timecode_of(take.media_start, fake.project.rate)
        offered.append((take, str(fake.film(f"{take.id}.mov", take.frames, timecode=code))))
    add_takes(slot, "s", offered)
    halves = [
        Segment(take="t01", take_start=12, slot_start=0, frames=20),
        second or Segment(take="t02", take_start=32, slot_start=20, frames=28),
    ]
    splice(cut, only_slot(cut), halves)
    return write_cut(cut)


def brought_in(fake: FakeResolve, path: Path) -> Any:
    """The road of facts 9: a unique name, then True, then False with the media in the pool."""
    pool = fake.app().GetProjectManager().GetCurrentProject().GetMediaPool()
    wish = {"timelineName": "Ours", "importSourceClips": True}
    read = pool.ImportTimelineFromFile(str(path), wish)
    return read or pool.ImportTimelineFromFile(str(path), {**wish, "importSourceClips": False})


@pytest.mark.parametrize("first", [0, 90000], ids=["no timecode", "timecode"])
@pytest.mark.parametrize("rate", ["24/1", "25/1", "24000/1001"])
@pytest.mark.parametrize("build", BUILDS)
def test_every_build_shows_the_frames_of_our_export(
    tmp_path: Path, build: str, rate: str, first: int
) -> None:
    fake = FakeResolve(BUILDS[build], tmp_path, rate=rate)
    assert brought_in(fake, export(spliced(fake, first), "resolve")) is not None
    files = {one: str(tmp_path / "media" / f"{one}.mov") for one in ("a", "t01", "t02", "b")}
    wanted = [
        *((files["a"], frame) for frame in range(24, 72)),
        *((files["t01"], frame) for frame in range(12, 32)),
        *((files["t02"], frame) for frame in range(32, 60)),
        *((files["b"], frame) for frame in range(24, 72)),
    ]
    assert fake.shown(0, 3 * FRAMES) == wanted


@pytest.mark.parametrize("build", BUILDS)
def test_our_notes_come_back_from_every_build(tmp_path: Path, build: str) -> None:
    fake = FakeResolve(BUILDS[build], tmp_path)
    timeline = brought_in(fake, export(spliced(fake, 90000), "resolve"))
    back, app = tmp_path / "back.otio", fake.app()
    assert timeline.Export(str(back), app.EXPORT_OTIO, app.EXPORT_NONE)
    noted = [slot for slot in slots_in(read_cut(back)) if any(map(NOTE.search, notes_of(slot)))]
    assert [slot.frames for slot in noted] == [20, 28]


@pytest.mark.parametrize("build", BUILDS)
def test_the_clips_own_media_beside_a_take_comes_back_as_one_slot(
    tmp_path: Path, build: str
) -> None:
    fake = FakeResolve(BUILDS[build], tmp_path)
    own = Segment(take="original", take_start=20, slot_start=20, frames=28)
    timeline = brought_in(fake, export(spliced(fake, 90000, own), "resolve"))
    back, app = tmp_path / "back.otio", fake.app()
    assert timeline.Export(str(back), app.EXPORT_OTIO, app.EXPORT_NONE)
    found = slots_in(read_cut(back), {"t01.mov": ("s", "t01")})
    assert [(slot.frames, slot.takes) for slot in found] == [
        (48, ("original",)), (48, ("t01", "original")), (48, ("original",)),
    ]  # fmt: skip


def test_a_plain_timeline_with_urls_is_refused_by_20_2_where_ours_is_read(tmp_path: Path) -> None:
    knobs = replace(Knobs(), otio_rejects_file_urls=True)
    fake = FakeResolve(knobs, tmp_path)
    ours, plain = spliced(fake, 0), tmp_path / "urls.otio"
    timeline = otio.adapters.read_from_file(str(ours))
    for clip in timeline.find_clips():
        clip.media_reference.target_url = Path(clip.media_reference.target_url).as_uri()
    otio.adapters.write_to_file(timeline, str(plain))
    assert brought_in(fake, plain) is None
    assert brought_in(fake, export(plain, "resolve")) is not None
