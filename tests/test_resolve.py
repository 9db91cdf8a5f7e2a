"""The Resolve plugin on a fake that lies as the real one does: as planned, or as before."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, cast

import pytest
from fakes.resolve import AS_MEASURED, FakeResolve, Knobs
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from running import Running

from otio_bridge.client import data_folder
from resolve_plugin import actions, install, tiers
from resolve_plugin.bins import HostRefused
from resolve_plugin.edits import Edits
from resolve_plugin.exported import as_it_was, clip_at, fades_at
from resolve_plugin.host import CONTACT, Host
from resolve_plugin.record import Record

ROOT = Path(__file__).resolve().parents[1]
START, FRAMES, LEFT = 24, 48, 30


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Films that all worlds share."""
    maker = FakeResolve(Knobs(), tmp_path_factory.mktemp("films"))
    for name in ("door", "hug", "window", "t01", "t02"):
        folder = maker.film(f"{name}.mov", 120).parent
    return folder


def stage(
    media: Path, knobs: Knobs | None = None, fades: bool = False, locked: bool = False
) -> FakeResolve:
    """A cut of three clips, the middle one to be mended; perhaps our track is there, locked."""
    world = FakeResolve(knobs or Knobs(), media.parent)
    world.editor.timeline("Cut", rate="24/1", video=2 if locked else 1)
    if locked:
        world.find("Cut").tracks["video"][1].name = CONTACT
        world.editor.lock("video", 2)
    world.editor.place(media / "door.mov", 0, start=10, frames=24)
    hug = world.editor.place(media / "hug.mov", START, start=LEFT, frames=FRAMES)
    world.editor.place(media / "window.mov", 72, start=5, frames=24)
    hug.grade[1] = ("warm",)
    hug.properties["ZoomX"] = 1.5
    if fades:
        world.editor.transition(START, 4, 4)
    world.editor.playhead(30)
    return world


def host(world: FakeResolve) -> Host:
    return Host(cast(Any, world.app()))


def shape(media: Path) -> dict[str, Any]:
    files = {name: str(media / f"{name}.mov") for name in ("t01", "t02", "hug")}
    placements = [
        {"take": "t01", "media": files["t01"], "source_start": 12, "frames": 20, "slot_start": 0},
        {"take": "t02", "media": files["t02"], "source_start": 28, "frames": 16, "slot_start": 20},
        {"take": "original", "media": files["hug"], "source_start": 66, "frames": 12,
         "slot_start": 36},
    ]  # fmt: skip
    alternates = [
        {"take": take, "name": f"{take}.mov", "media": files[take], "source_start": first,
         "frames": 120, "covers_slot": True}
        for take, first in FIRST.items()
    ]  # fmt: skip
    slot = {"track": "V1", "record_start": START, "frames": FRAMES, "rate": "24/1"}
    return {"shot": "hug-1", "clip": "hug.mov", "slot": slot, "placements": placements,
            "alternates": alternates}  # fmt: skip


FIRST = {"t01": 12, "t02": 8}


def edit(media: Path, kind: str, take: str | None = None) -> dict[str, Any]:
    made, nested = shape(media), kind == "nest"
    kind = "splice" if kind in ("nest", "place") else kind
    if kind == "use" and take in FIRST:
        made["placements"] = [{"take": take, "media": str(media / f"{take}.mov"), "slot_start": 0,
                               "source_start": FIRST[take], "frames": FRAMES}]  # fmt: skip
    elif kind != "splice":
        made["placements"] = []
    asked = {"kind": kind, "take": take, "shot": "hug-1", "nested": nested}
    return {"id": "e", "asked": asked, "shape": made}


def shown(world: FakeResolve) -> tuple[list[Any], list[Any]]:
    """The cut as it really is, and what is on our track; takes in selectors do not count."""
    ours = {(lane.kind, lane.number) for lane in world.tracks("Cut") if lane.name == CONTACT}
    plain = [one._replace(takes=(), selected_take=0) for one in world.truth("Cut")]
    return ([one for one in plain if one.track not in ours],
            [one for one in plain if one.track in ours])  # fmt: skip


def pieces(world: FakeResolve) -> list[tuple[Any, ...]]:
    return [(p.start, p.duration, p.left, Path(p.media).name) for p in shown(world)[1]]


def the_hug(world: FakeResolve) -> Any:
    return next(one for one in world.truth("Cut") if one.track == ("video", 1)
                and one.start == START and one.kind == "video")  # fmt: skip


PLANNED = [(24, 20, 12, "t01.mov"), (44, 16, 28, "t02.mov"), (60, 12, 66, "hug.mov")]


def test_a_splice_stands_above_and_comes_off_again(media: Path, tmp_path: Path) -> None:
    world = stage(media)
    before = shown(world)
    edits = Edits(host(world), Record(tmp_path))
    found, how = edits.carried_out(edit(media, "splice"))
    wanted = [{k: p[k] for k in ("media", "source_start", "frames", "slot_start")}
              for p in shape(media)["placements"]]  # fmt: skip
    assert found == wanted and "Contact" in how and pieces(world) == PLANNED
    assert not the_hug(world).enabled, "kept, its picture off"
    for one in shown(world)[1]:
        assert dict(one.grade)[1] == ("warm",) and dict(one.properties)["ZoomX"] == 1.5
    again = Edits(host(world), Record(tmp_path))  # next week
    again.carried_out(edit(media, "splice"))
    assert pieces(world) == PLANNED, "one splice replaces the other"
    again.carried_out(edit(media, "revert"))
    assert shown(world) == before
    assert Record(tmp_path).clips(again.timeline) == {}


def test_a_splice_as_one_nested_timeline(media: Path, tmp_path: Path) -> None:
    world = stage(media, Knobs(switching_moves_playhead=True, handles_die=True))
    before, desk = shown(world), world.desk()
    edits = Edits(host(world), Record(tmp_path))
    found, how = edits.carried_out(edit(media, "nest"))
    assert len(found) == 3 and "one nested timeline" in how
    assert nest_of(world) == PLANNED and not the_hug(world).enabled
    (nest,) = shown(world)[1]
    assert dict(nest.grade)[1] == ("warm",)
    assert world.desk().timeline == "Cut" and world.desk().playhead == desk.playhead
    edits.carried_out(edit(media, "splice"))
    assert pieces(world) == PLANNED, "the pieces replace the nest"
    edits.carried_out(edit(media, "nest"))
    edits.carried_out(edit(media, "revert"))
    assert shown(world) == before


def test_a_nest_that_does_not_land_leaves_nothing(media: Path, tmp_path: Path) -> None:
    world = stage(media, Knobs(append_fault="slid", append_fault_at=4))
    before, timelines = shown(world), world.desk().timelines
    with pytest.raises(HostRefused):
        for _ in range(3):
            Edits(host(world), Record(tmp_path)).carried_out(edit(media, "nest"))
    assert shown(world) == before and world.desk().timelines == timelines


def test_between_transitions_only(media: Path, tmp_path: Path) -> None:
    world = stage(media, Knobs(transitions_in_lists=True), fades=True)
    found = host(world)
    fades = fades_at(found.exported(), 1, START)
    assert fades == (4, 0)
    Edits(found, Record(tmp_path)).carried_out(edit(media, "splice"), fades)
    assert pieces(world)[0] == (28, 16, 16, "t01.mov")
    assert the_hug(world).enabled, "the transition shows it"


def test_takes_are_offered_selected_and_left(media: Path, tmp_path: Path) -> None:
    world = stage(media, Knobs(handles_die=True, new_take_is_selected=True))
    before = shown(world)
    edits = Edits(host(world), Record(tmp_path))
    assert "2 takes" in edits.carried_out(edit(media, "alternates"))[1]
    assert shown(world) == before, "alternates leave the picture alone"
    assert [one[2] - one[1] for one in the_hug(world).takes] == [48, 48, 48]
    found, how = edits.carried_out(edit(media, "use", "t02"))
    assert "take selector" in how and found[0]["source_start"] == 8
    assert (Path(the_hug(world).media).name, the_hug(world).left) == ("t02.mov", 8)
    edits.carried_out(edit(media, "use", "original"))
    assert shown(world) == before
    bins = {bin for bin, name, *_ in world.pool() if name == "t01.mov"}
    assert any(one.endswith("OTIO Bridge/Cut/hug-1") for one in bins), bins


CHOICES: dict[str, list[Any]] = {
    "build": [(19, 1, 3, 7), (20, 2, 0, 0), (20, 3, 2, 0), (21, 0, 4, 5), (21, 1, 0, 14)],
    "studio": [True],
    "mac_app_store": [False],
    "refuses": [frozenset(), frozenset({"AddTrack"}), frozenset({"AddTake"}),
                frozenset({"SetClipEnabled"}), frozenset({"ImportMedia"}),
                frozenset({"AppendToTimeline"})],
    "collision": ["dropped", "none", "dead", "slid"],
    "append_fault": [None, None, "dropped", "none", "dead", "slid"],
    "append_fault_at": [1, 2, 3, 5],
    "audio_end_frame_inclusive": [None, False, True],
}  # fmt: skip
NAMES = [one.name for one in fields(Knobs)]


def knobs() -> st.SearchStrategy[Knobs]:
    return st.builds(
        Knobs, **{name: st.sampled_from(CHOICES.get(name, [False, True])) for name in NAMES}
    )


ACTIONS: list[tuple[str, str | None]] = [
    ("splice", None), ("nest", None), ("use", "t01"), ("use", "t02"), ("alternates", None),
    ("revert", None), ("use", "original"),
]  # fmt: skip


def excused(chosen: Knobs) -> bool:
    """Say whether the facts leave no method: the call that is needed fails, whatever one does."""
    return bool(chosen.refuses or chosen.append_fault or not chosen.select_take_lands)


@pytest.mark.parametrize("part", range(4))
def test_as_planned_or_as_before(
    media: Path, tmp_path_factory: pytest.TempPathFactory, part: int
) -> None:
    @seed(part)
    @settings(max_examples=60, deadline=None, database=None)
    @given(
        knobs(),
        st.lists(st.sampled_from([*ACTIONS, ("place", None)]), min_size=1, max_size=4),
        st.booleans(),
    )
    def holds(chosen: Knobs, doings: list[Any], locked: bool) -> None:
        world = stage(media, chosen, locked=locked)
        edits = Edits(host(world), Record(tmp_path_factory.mktemp("record")))
        for kind, take in doings:
            before, page = shown(world), world.page
            edits.in_place = kind == "place"
            try:
                edits.carried_out(edit(media, kind, take))
            except HostRefused as error:
                assert shown(world) == before, (chosen, kind, str(error))
                assert str(error).endswith(".") and "\n" not in str(error)
                fitting = kind == "place" and NEEDS_PLAIN.search(str(error))
                assert excused(chosen) or locked or fitting, (chosen, kind, str(error))
            else:
                assert planned(world, kind, take, before), (chosen, kind, take, shown(world))
            assert world.page == page
            assert world.desk().timeline == "Cut"

    holds()


NEEDS_PLAIN = re.compile("revert it first")


def own_place(world: FakeResolve) -> list[tuple[Any, ...]]:
    """What stands on the clip's own track in its slot."""
    return [(p.start, p.duration, p.left, Path(p.media).name) for p in world.truth("Cut")
            if p.track == ("video", 1) and p.kind == "video"
            and START <= p.start < START + FRAMES]  # fmt: skip


def nest_of(world: FakeResolve) -> list[tuple[Any, ...]]:
    """What the one nested timeline on our track shows, as if its pieces lay there themselves."""
    (nest,) = shown(world)[1]
    assert (nest.start, nest.duration, nest.left) == (START, FRAMES, 0)
    return [(START + p.start, p.duration, p.left, Path(p.media).name)
            for p in world.truth(world.find(nest.name))]  # fmt: skip


def planned(world: FakeResolve, kind: str, take: str | None, before: Any) -> bool:
    """Say whether the picture is what the action promises."""
    hug, ours = the_hug(world), pieces(world)
    if kind == "place":
        return not ours and own_place(world) == PLANNED
    if kind == "alternates":
        return bool(shown(world) == before)
    if kind == "splice":
        return ours == PLANNED and not hug.enabled
    if kind == "nest":
        return nest_of(world) == PLANNED and not hug.enabled
    if take in FIRST:
        first = FIRST[str(take)]
        above = ours == [(START, FRAMES, first, f"{take}.mov")] and not hug.enabled
        return above or (not ours and (hug.left, Path(hug.media).name) == (first, f"{take}.mov"))
    return not ours and hug.enabled and (hug.left, Path(hug.media).name) == (LEFT, "hug.mov")


def test_each_knob_alone_is_counted(media: Path, tmp_path: Path, record_property: Any) -> None:
    counts: dict[str, Counter[str]] = {}
    worlds = [("benign", Knobs()), *((f"as measured on {n}", k) for n, k in AS_MEASURED.items())]
    for name in NAMES:
        for value in CHOICES.get(name, [False, True]):
            if value != getattr(Knobs(), name):
                worlds.append((name, replace(Knobs(), **{name: value})))
    for number, (name, chosen) in enumerate(worlds):
        world = stage(media, chosen)
        edits = Edits(host(world), Record(tmp_path / str(number)))
        for kind, take in [*ACTIONS, ("place", None), ("revert", None)]:
            edits.in_place = kind == "place"
            try:
                edits.carried_out(edit(media, kind, take))
                counts.setdefault(name, Counter())["applied"] += 1
            except HostRefused:
                counts.setdefault(name, Counter())["refused"] += 1
    for name, count in counts.items():
        print(f"{name:34} applied {count['applied']:3} refused {count['refused']:3}")
        record_property(name, dict(count))
    refusing = {name for name, count in counts.items() if count["refused"]}
    assert counts["benign"] == {"applied": len(ACTIONS) + 2}
    assert refusing <= {"refuses", "append_fault", "select_take_lands"}, refusing


def test_a_foreign_clip_on_our_track_is_left_alone(media: Path, tmp_path: Path) -> None:
    world = stage(media, Knobs(collision="slid"))
    edits = Edits(host(world), Record(tmp_path))
    edits.carried_out(edit(media, "splice"))
    edits.carried_out(edit(media, "revert"))
    world.editor.place(media / "door.mov", 30, frames=10, track=2)
    before = shown(world)
    with pytest.raises(HostRefused, match="nothing stands in their place"):
        edits.carried_out(edit(media, "splice"))
    assert shown(world) == before


def test_which_clip_is_meant(media: Path) -> None:
    world = stage(media)
    assert host(world).meant() == [(1, 24)], "under the playhead"
    items = world.find("Cut").tracks["video"][0].items
    for item in (items[0], items[2]):
        world.editor.select(item)
    assert (1, 72) in host(world).meant(), "the selection"
    world.editor.playhead(30)
    old = stage(media, Knobs(build=(21, 0, 2, 4), attributes_never_raise=True))
    assert host(old).meant() == [(1, 24)], "before 21.0.4 nobody can ask for the selection"
    old.editor.playhead(500)
    with pytest.raises(HostRefused, match="Select a clip"):
        host(old).meant()
    door, _, window = old.find("Cut").tracks["video"][0].items
    door.colour = "Chocolate"
    old.item(old.find("Cut"), window).AddMarker(3, "Blue", "Contact", "", 1)
    assert host(old).meant() == [(1, 0), (1, 72)], "colour or marker, where nothing else is"


def test_nested_clips_are_no_shots_and_the_reason_is_said(media: Path) -> None:
    for make, words in (("compound", "compound clip; open it"), ("multicam", "flatten it")):
        world = stage(media)
        getattr(world.editor, make)([world.find("Cut").tracks["video"][0].items[1]])
        found = host(world)
        assert words in found.why_no_shot(found.meant())
    world = stage(media)
    world.editor.title(100, 20)
    assert "title, a generator" in host(world).why_no_shot([(1, 100)])


def test_retimed_and_locked_clips_are_refused_with_the_reason(media: Path, tmp_path: Path) -> None:
    world = stage(media)
    edits, before = Edits(host(world), Record(tmp_path)), shown(world)
    fast = edit(media, "splice")
    fast["shape"]["placements"][2]["speed"] = "2"
    with pytest.raises(HostRefused, match=r"plays at 200 % .* splice takes alone"):
        edits.carried_out(fast)
    offer = edit(media, "alternates")
    offer["shape"]["restore"] = {"speed": "1/2"}
    with pytest.raises(HostRefused, match="plays at 50 %"):
        edits.carried_out(offer)
    world.editor.lock("video", 1)
    for kind in ("splice", "alternates", "revert"):
        with pytest.raises(HostRefused, match="Video track 1 is locked; unlock it"):
            edits.carried_out(edit(media, kind))
    assert shown(world) == before
    world.editor.lock("video", 1, False)
    one = edit(media, "use", "t01")
    one["shape"]["restore"] = {"speed": "2"}
    assert "Contact" in edits.carried_out(one)[1], "a take needs no speed on a track above"


def test_the_posted_timeline_is_the_cut_without_us(media: Path, tmp_path: Path) -> None:
    world = stage(media)
    found = host(world)
    plain = found.exported()
    Edits(found, Record(tmp_path)).carried_out(edit(media, "splice"))
    off = [tuple(f["at"]) for f in Record(tmp_path).clips(found.about()["timeline_id"]).values()]
    assert as_it_was(found.exported(), CONTACT, cast(Any, off)) == plain
    dead = stage(media, Knobs(export_leaves_empty_file=True))
    with pytest.raises(HostRefused, match="could not export"):
        host(dead).exported()


def test_a_selected_take_is_posted_as_the_clip_before(media: Path, tmp_path: Path) -> None:
    world = stage(media)
    found, record = host(world), Record(tmp_path)
    plain = found.exported()
    was = clip_at(plain, 1, START)
    edits = Edits(found, record)
    edits.carried_out(edit(media, "use", "t01"), was=was)
    edits.carried_out(edit(media, "use", "t02"), was=clip_at(found.exported(), 1, START))
    assert edits.showing("hug-1") == "t02"
    takes = record.takes(found.about()["timeline_id"])
    assert as_it_was(found.exported(), CONTACT, [], takes) == plain
    item = next(one for one in world.find("Cut").tracks["video"][0].items
                if one.start - world.find("Cut").start == START)  # fmt: skip
    world.editor.trim(item, head=5, tail=3)
    trimmed = clip_at(as_it_was(found.exported(), CONTACT, [], takes), 1, START + 5)
    assert trimmed is not None and trimmed["name"] == "hug.mov"
    assert trimmed["source_range"]["start_time"]["value"] == LEFT + 5
    assert trimmed["source_range"]["duration"]["value"] == FRAMES - 8


# -- the whole road with a real engine -------------------------------------------------------------


def test_the_road_in_resolve(
    media: Path, tmp_path: Path, own_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    lies = replace(AS_MEASURED["21.0.4.5"], export_holds_path=True)
    world = stage(media, lies)
    running = Running(own_data)
    running.start()
    said: list[str] = []
    try:
        command = [sys.executable, "-m", "otio_bridge.engine"]
        bridge = actions.Bridge(world.menu()["resolve"], command, said.append)
        shot = bridge.meant()[0]
        path = f"/v1/timelines/{bridge.cut}/shots/{shot['id']}"
        people = [{"name": "Mia", "side": "left"}, {"name": "Tom", "side": "right"}]
        described = {"prompt": "They hug.", "kind": "hug", "performers": people}
        bridge.engine.patch(path, described)
        before = shown(world)
        bridge.regenerate()
        assert shown(world) == before, "takes are alternates"
        assert any("offline makes contact chunks" in words for words in said), said
        assert len(the_hug(world).takes) >= 2, said
        for action, shows in (("Pull Alternate", "t01"), ("Splice Seconds", ""), ("Revert", "hug"),
                              ("Pull Alternate", "t01")):  # fmt: skip
            again = world.menu()["resolve"]  # each entry of the menu is a process of its own
            assert actions.main(action, again, command, said.append) == 0, said[-3:]
            assert shows in the_hug(world).media, said[-3:]
            cut = json.loads(Path(str(bridge.folder / "Cut.resolve.otio")).read_text())
            first = [one.get("name") for one in cut["tracks"]["children"][0]["children"]]
            assert "hug.mov" in first, "what is posted is the cut without us"
        bridge.revert()
        edits = bridge.engine.get(f"/v1/timelines/{bridge.cut}/edits")["edits"]
        assert {one["state"] for one in edits} == {"applied"}, (edits, said)
        assert shown(world) == before
        for action in ("Splice Seconds as Nested Timeline", "Revert", "Break Coverage", "Revert"):
            again = world.menu()["resolve"]
            assert actions.main(action, again, command, said.append) == 0, said[-3:]
            assert (shown(world) == before) == (action == "Revert"), said[-3:]
            if action == "Break Coverage":
                assert len(pieces(world)) == 2, "one shot of each of the two"
        again = world.menu()["resolve"]
        action = "Splice Seconds in New Version"
        assert actions.main(action, again, command, said.append) == 0, said[-3:]
        assert shown(world) == before, "the timeline before it is as it was"
        assert world.desk().timeline == "Cut v002"
        ours = [one for one in world.truth("Cut v002") if one.track == ("video", 2)]
        assert ours and sum(one.duration for one in ours) == FRAMES
        assert actions.main("Revert", world.menu()["resolve"], command, said.append) == 0, said[-3:]
        assert not [one for one in world.truth("Cut v002") if one.track == ("video", 2)]
        action = "Splice Seconds in Place, New Version"
        assert actions.main(action, world.menu()["resolve"], command, said.append) == 0, said[-3:]
        assert world.desk().timeline == "Cut v003"
        here = [one for one in world.truth("Cut v003") if one.track == ("video", 1)]
        assert not any("hug.mov" in one.media for one in here) and len(here) >= 3
        assert actions.main("Revert", world.menu()["resolve"], command, said.append) == 0, said[-3:]
        assert [one.name for one in world.truth("Cut v003") if one.track == ("video", 1)] == [
            one.name for one in before[0] if one.track == ("video", 1)
        ]
    finally:
        running.stop()


# -- installing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
@pytest.mark.parametrize("everyone", [False, True])
def test_scripts_go_where_resolve_looks(platform: str, everyone: bool, tmp_path: Path) -> None:
    found = install.scripts_folder(platform, all_users=everyone, home=tmp_path).as_posix()
    assert found.endswith("Fusion/Scripts/Utility")
    assert ("Blackmagic Design/DaVinci Resolve" in found) == (platform != "linux")


def test_launchers_start_from_their_own_copy(tmp_path: Path) -> None:
    target, data = tmp_path / "Utility", tmp_path / "data"
    client = ROOT / "otio_bridge" / "client.py"
    files = install.files_of(target, data, ["engine"], client)
    install.install(files)
    names = {path.stem for path in (target / install.FOLDER).glob("*.py")}
    assert names == set(actions.ACTIONS)
    launcher = target / install.FOLDER / "Revert.py"
    done = subprocess.run(
        [sys.executable, "-I", str(launcher)], capture_output=True, text=True, cwd=tmp_path
    )
    assert "inside DaVinci Resolve" in done.stdout, done.stderr
    assert install.uninstall(target, data) and not (target / install.FOLDER).exists()


OLDEST = os.environ.get("OTIO_BRIDGE_OLD_PYTHONS", "").split(os.pathsep)


def test_the_plugin_is_standard_library_and_runs_on_python_3_9() -> None:
    for path in (ROOT / "resolve_plugin").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
        for node in ast.walk(tree):
            top = ""
            if isinstance(node, ast.Import):
                top = node.names[0].name.split(".")[0]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                top = (node.module or "").split(".")[0]
            assert top in {"", "otio_bridge", *sys.stdlib_module_names}, (path.name, top)
    for python in filter(None, OLDEST):
        code = "import resolve_plugin.install, resolve_plugin.edits, resolve_plugin.tiers"
        subprocess.run([python, "-c", code], check=True, cwd=ROOT)


@pytest.mark.parametrize(
    ("product", "version", "store", "name"),
    [
        ("DaVinci Resolve Studio", (21, 1, 0), False, "scripts"),
        ("DaVinci Resolve", (21, 0, 4), False, "scripts"),
        ("DaVinci Resolve", (21, 1, 0), False, "lua"),
        ("DaVinci Resolve Studio", (20, 0, 0), True, "files"),
    ],
)
def test_the_tier_is_chosen(product: str, version: Any, store: bool, name: str) -> None:
    found = tiers.tier_of(product, version, from_app_store=store)
    assert found.name == name and found.words.endswith(".")


def test_folders_are_chosen_once(
    own_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    about = {"project": "A/B: film", "project_id": "abcdef123456"}
    first = actions.project_folder(about)
    assert first.is_dir() and first.name == "A_B_ film-abcdef12"
    book = data_folder() / "resolve_projects.json"
    elsewhere = tmp_path / "elsewhere"
    book.write_text(json.dumps({"abcdef123456": str(elsewhere)}))
    assert actions.project_folder({**about, "project": "renamed"}) == elsewhere


KNOBS_IN_PLACE = (
    {}, {"handles_die": True}, {"end_frame_inclusive": True}, {"transitions_in_lists": True},
    {"delete_fails_once": True}, {"append_needs_pool_selection": True},
)  # fmt: skip


def marked(world: FakeResolve) -> None:
    hug = world.find("Cut").tracks["video"][0].items[1]
    hug.colour, hug.flags = "Teal", ["Mint"]
    hug.markers[LEFT + 30] = {
        "color": "Rose", "name": "kiss", "note": "n", "duration": 2, "customData": "c",
    }  # fmt: skip


@pytest.mark.parametrize("knobs", KNOBS_IN_PLACE)
def test_in_place_carries_all_and_comes_back(
    media: Path, tmp_path: Path, knobs: dict[str, Any]
) -> None:
    world = stage(media, Knobs(**knobs))
    marked(world)
    before = shown(world)
    found = host(world)
    was = clip_at(found.exported(), 1, START)
    edits = Edits(found, Record(tmp_path))
    edits.in_place = True
    told, how = edits.carried_out(edit(media, "splice"), was=was)
    assert len(told) == 3 and "own place" in how
    placed, ours = shown(world)
    assert not ours
    mine = [one for one in placed if START <= one.start < START + FRAMES and one.kind == "video"]
    assert own_place(world) == PLANNED
    for one in mine:
        assert dict(one.grade)[1] == ("warm",) and dict(one.properties)["ZoomX"] == 1.5
        assert one.colour == "Teal" and list(one.flags) == ["Mint"] and one.enabled
    assert [len(one.markers) for one in mine] == [0, 1, 0]
    again = Edits(host(world), Record(tmp_path))
    record = Record(tmp_path).clips(again.timeline)
    plain = as_it_was(host(world).exported(), CONTACT, (), (), list(record.values()))
    assert clip_at(plain, 1, START) == was
    again.carried_out(edit(media, "revert"))
    assert shown(world) == before and Record(tmp_path).clips(again.timeline) == {}


def test_in_place_is_refused_where_something_would_be_lost(media: Path, tmp_path: Path) -> None:
    world = stage(media)
    edits, before = Edits(host(world), Record(tmp_path)), shown(world)
    edits.in_place = True
    with pytest.raises(HostRefused, match="under a transition"):
        edits.carried_out(edit(media, "splice"), (4, 0))
    own = edit(media, "alternates")
    own["shape"]["alternates"] = [
        {"take": "t09", "name": "w", "media": str(media / "window.mov"), "source_start": 0,
         "frames": 120, "covers_slot": True}
    ]  # fmt: skip
    edits.carried_out(own)
    with pytest.raises(HostRefused, match="takes of yours in its take selector"):
        edits.carried_out(edit(media, "splice"))
    assert shown(world) == before


@pytest.mark.parametrize("at", range(1, 9))
@pytest.mark.parametrize("fault", ["slid", "dropped", "dead"])
def test_in_place_is_as_planned_or_as_before(
    media: Path, tmp_path: Path, fault: str, at: int
) -> None:
    world = stage(media, Knobs(append_fault=fault, append_fault_at=at))
    marked(world)
    before = shown(world)
    edits = Edits(host(world), Record(tmp_path))
    edits.in_place = True
    try:
        edits.carried_out(edit(media, "splice"))
    except HostRefused:
        assert shown(world) == before
    else:
        assert len(shown(world)[0]) == len(before[0]) + 2
