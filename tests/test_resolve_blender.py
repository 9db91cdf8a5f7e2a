"""Resolve to Blender and back: a real export of Resolve, a real bpy, and the fake Resolve.

The films are ours, since an export travels without them; names, ranges and everything else are as
Resolve wrote them.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.resolve import AS_MEASURED, FakeResolve
from test_blender import MINUTES, PYTHONS, run_script, zips  # noqa: F401
from test_resolve_reads_our_export import brought_in

from otio_bridge.exporting import export
from otio_bridge.reconciling import reconciled
from otio_bridge.session import Session

EXPORT = "resolve_nested_export.otio"
WAS = "/Users/samuelgursky/Movies/mcp_probe_tmp"
CLIP, START, FRAMES = "cut_src.mp4", 0, 48


@pytest.mark.skipif(not PYTHONS, reason="no bpy at hand: name its Python in OTIO_BRIDGE_BPY")
@pytest.mark.timeout(60 * MINUTES)
@pytest.mark.parametrize("build", ["21.0.4.5", "21.1.2.10"])
def test_a_cut_goes_to_blender_and_back(
    build: str,
    mended: Path,
    tmp_path: Path,
) -> None:
    ours = Session.opened(mended)
    places = {p.shot: (p.slot.record_start, p.slot.frames) for p in ours.placed if p.record}
    assert list(places.values()) == [(START, FRAMES)]
    fake = FakeResolve(AS_MEASURED[build], tmp_path / "fake")
    timeline = brought_in(fake, export(mended, "resolve", tmp_path / f"to {build}.otio"))
    assert timeline is not None, "Resolve reads it"
    app, back = fake.app(), mended.parent / f"back {build}.otio"
    assert timeline.Export(str(back), app.EXPORT_OTIO, app.EXPORT_NONE)
    found = reconciled(back)
    assert {one.shot: one.fate for one in found.shots} == dict.fromkeys(places, "found"), found
    for shot in found.shots:
        assert [(p.record_start, p.frames) for p in shot.places] == [places[shot.shot]]
        assert shot.takes == ["t01"]
        assert shot.places[0].shows == ("t01", "original")


@pytest.fixture(scope="module")
def mended(
    zips: dict[str, Path],  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
    shared: Path,
) -> Path:
    """The cut as it comes back from Blender, spliced there."""
    source = shared / "otio" / EXPORT
    if not source.exists():
        pytest.skip(f"{EXPORT} is not here")
    folder = tmp_path_factory.mktemp("from_resolve")
    maker = FakeResolve(folder=folder)
    for name in (CLIP, "white_src.mp4"):
        film = maker.film(name, 240, audio=True)
    text = source.read_text("utf-8").replace(WAS, str(film.parent))
    (folder / "cut.otio").write_text(text, "utf-8")
    run_script(PYTHONS[0], "from_resolve", zips, folder)
    return folder / "mended.otio"
