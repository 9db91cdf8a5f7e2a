"""The Lua tier end to end: our menu scripts in a real, sandboxed Lua, on the fake of free 21.1."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from fakes.resolve import AS_MEASURED, FakeResolve
from fakes.resolve_lua import LuaResolve
from lupa import luajit21
from running import Running
from test_resolve import (
    LEFT,
    START,
    edit,
    marked,
    media,
    pieces,
    planned,
    shown,
    stage,
    the_hug,
)

from otio_bridge.client import data_folder
from resolve_plugin import actions, install, mailbox
from resolve_plugin.bins import HostRefused
from resolve_plugin.edits import Edits
from resolve_plugin.host import Host, markers_of
from resolve_plugin.mailbox import Far, Hello, Mailbox
from resolve_plugin.record import Record

assert media  # a fixture of test_resolve
ROOT = Path(__file__).resolve().parents[1]
FREE = AS_MEASURED["21.1.2.10 free"]
SERVANT = (ROOT / "resolve_plugin" / "servant.lua").read_text(encoding="utf-8")


@pytest.fixture
def world(media: Path, tmp_path: Path) -> FakeResolve:
    made = stage(media, FREE)
    made.prefs.path = tmp_path / "Fusion.prefs"
    return made


@contextmanager
def spoken(world: FakeResolve, folder: Path) -> Iterator[Far]:
    """A script that was started from the menu, and its Resolve from far."""
    box = Mailbox(folder, world.prefs.path)
    lua = LuaResolve(world, most_waits=10**6)
    assert lua.sandboxed
    with box.attended():
        _until(lambda: (folder / "alive.lua").exists())
        with lua.started(mailbox.script(SERVANT, "Revert", folder)) as thread:
            _until(lambda: box.hello() is not None)
            resolve = box.resolve(cast(Hello, box.hello()))
            assert resolve is not None and cast(Hello, box.hello()).action == "Revert"
            yield resolve
            box.leave()
            thread.join(10)
            assert not thread.is_alive() and not lua.failure


def _until(true: Any, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def test_values_go_both_ways(world: FakeResolve, tmp_path: Path) -> None:
    with spoken(world, tmp_path) as resolve:
        assert resolve.GetProductName() == "DaVinci Resolve" and resolve.GetVersion()[:2] == [21, 1]
        assert resolve.EXPORT_AAF == 0 and resolve.EXPORT_OTIO == 7
        project = resolve.GetProjectManager().GetCurrentProject()
        timeline = project.GetCurrentTimeline()
        words = 'Küche "2"\n\\ Schluß'
        assert timeline.AddMarker(7, "Blue", words, "", 1, "x") is True
        assert timeline.GetMarkers()[7]["name"] == words
        first = timeline.GetItemListInTrack("video", 1)[0]
        assert first.GetProperty()["ZoomX"] == 1.0 and first.GetProperty("FlipX") is False
        assert timeline.GetItemListInTrack("video", 9) == []
        with pytest.raises(HostRefused, match="does not carry out NoSuchMethod"):
            project.NoSuchMethod()


def test_a_list_is_one_round_trip(world: FakeResolve, tmp_path: Path) -> None:
    with spoken(world, tmp_path) as resolve:
        host = Host(cast(Any, resolve))
        before = (tmp_path / "request.lua").read_text()
        stands = host.stands("video", 1)
        after = (tmp_path / "request.lua").read_text()
        numbers = [int(one.split("number = ")[1].split(",")[0]) for one in (before, after)]
        assert numbers[1] - numbers[0] == 1, "one call for the whole track"
        assert [(s.start, s.frames, s.source_start) for s in stands][1] == (START, 48, LEFT)


def test_every_action_from_far(world: FakeResolve, media: Path, tmp_path: Path) -> None:
    with spoken(world, tmp_path / "box") as resolve:
        host = Host(cast(Any, resolve))
        edits = Edits(host, Record(tmp_path / "record"))
        assert host.meant() == [(1, START)]
        for kind, take in (("alternates", None), ("splice", None), ("use", "t02"),
                           ("splice", None), ("revert", None), ("use", "t01"),
                           ("use", "original")):  # fmt: skip
            before = shown(world)
            edits.carried_out(edit(media, kind, take))
            assert planned(world, kind, take, before), (kind, take)
        assert [Path(one[0]).name for one in the_hug(world).takes] == [
            "hug.mov", "t01.mov", "t02.mov"
        ]  # fmt: skip


def test_in_place_from_far(world: FakeResolve, media: Path, tmp_path: Path) -> None:
    marked(world)
    before = shown(world)
    with spoken(world, tmp_path / "box") as resolve:
        edits = Edits(Host(cast(Any, resolve)), Record(tmp_path / "record"))
        edits.in_place = True
        edits.carried_out(edit(media, "splice"))
        assert planned(world, "place", None, before)
        mine = [one for one in world.truth("Cut") if START <= one.start < START + 48]
        assert [len(one.markers) for one in mine if one.track == ("video", 1)] == [0, 1, 0]
        edits.carried_out(edit(media, "revert"))
        assert shown(world) == before


def test_a_marker_on_the_first_frame_is_told_from_a_list(
    world: FakeResolve, tmp_path: Path
) -> None:
    hug = world.find("Cut").tracks["video"][0].items[1]
    hug.markers[1] = {"color": "Rose", "name": "Contact", "note": "", "duration": 1}
    with spoken(world, tmp_path / "box") as resolve:
        item = Host(cast(Any, resolve)).item_at(1, START, 48)
        assert markers_of(item)[1]["name"] == "Contact"


def test_what_does_not_land_is_as_before(media: Path, tmp_path: Path) -> None:
    lies: dict[str, Any] = {"append_fault": "slid", "append_fault_at": 2}
    world = stage(media, replace(FREE, **lies))
    world.prefs.path = tmp_path / "Fusion.prefs"
    with spoken(world, tmp_path / "box") as resolve:
        before = shown(world)
        edits = Edits(Host(cast(Any, resolve)), Record(tmp_path / "record"))
        with pytest.raises(HostRefused, match="taken away again"):
            edits.carried_out(edit(media, "splice"))
        assert shown(world) == before


def test_without_an_engine_the_script_says_how(world: FakeResolve, tmp_path: Path) -> None:
    script = mailbox.script(SERVANT, "Splice Seconds", tmp_path)
    with pytest.raises(luajit21.LuaError, match="run 'otio-bridge listen'"):
        LuaResolve(world).run(script)
    (tmp_path / "alive.lua").write_text(f"return {int(time.time()) - 60}\n")
    with pytest.raises(luajit21.LuaError, match="run 'otio-bridge listen'"):
        LuaResolve(world).run(script)
    assert not world.prefs.path.exists(), "preferences are written to answer only"


def test_a_script_that_is_gone_is_passed_over(
    world: FakeResolve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "HELLO_SECONDS", 0.1)
    world.prefs.set("OTIOBridge.Hello", "OTIO1Hello:old:0:6:526576657274:END")
    world.prefs.save()
    box = Mailbox(tmp_path, world.prefs.path)
    assert box.hello() == ("old", "Revert") and box.resolve(cast(Hello, box.hello())) is None
    with pytest.raises(HostRefused, match="no longer answers"):
        box.ask(0, "GetVersion", ())


@pytest.mark.parametrize("cut", [10, 40, 60])
def test_half_an_answer_is_none(tmp_path: Path, cut: int) -> None:
    prefs = tmp_path / "Fusion.prefs"
    whole = 'Answer = "OTIO1Answer:s:3:7:7b2261223a317d:END",'
    prefs.write_text(whole[:cut] if cut < len(whole) - 2 else whole[:-6])
    assert Mailbox(tmp_path, prefs)._read("Answer") is None
    prefs.write_text(whole)
    assert Mailbox(tmp_path, prefs)._read("Answer") == (
        "s",
        3,
        '{"a":1}',
    )


def test_the_road_in_free_resolve(
    world: FakeResolve, tmp_path: Path, own_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Installed scripts, a running engine, `listen`: regenerate, pull, splice, revert, resident."""
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    assert world.menu() == {}, "no Python in this edition"
    target = tmp_path / "Utility"
    files = install.files_of(target, data_folder(), [], ROOT / "otio_bridge" / "client.py")
    install.install(files)
    running, said, over = Running(own_data), [], threading.Event()  # type: ignore[var-annotated]
    engine = running.start()
    command = [sys.executable, "-m", "otio_bridge.engine"]
    box = Mailbox(install.mailbox_folder(data_folder()), world.prefs.path)
    done: list[tuple[str, int]] = []

    def act(action: str, resolve: Any, going: Any) -> None:
        done.append((action, actions.main(action, resolve, command, said.append, going)))

    listener = threading.Thread(
        target=mailbox.served, args=(box, act, lambda: not over.is_set()), daemon=True
    )
    listener.start()
    _until(lambda: (box.folder / "alive.lua").exists())

    def chosen(action: str) -> None:
        """What a click on the menu's entry does."""
        lua, count = LuaResolve(world, most_waits=10**6), len(done)
        thread = threading.Thread(
            target=lua._guarded,
            args=(target / install.FOLDER / install.LUA_FOLDER / f"{action}.lua",), daemon=True,
        )  # fmt: skip
        thread.start()
        _until(lambda: len(done) > count, 120)
        thread.join(10)
        assert done[-1] == (action, 0) and not lua.failure and not thread.is_alive(), said[-2:]

    try:
        before = shown(world)
        chosen("Regenerate Contact Shot")
        assert shown(world) == before and len(the_hug(world).takes) >= 2, said
        chosen("Pull Alternate")
        assert "t01" in the_hug(world).media, said
        chosen("Splice Seconds")
        chosen("Revert")
        assert shown(world) == before and not pieces(world)
        (cut,) = [one["id"] for one in engine.get("/v1/timelines")["timelines"]]
        edits = engine.get(f"/v1/timelines/{cut}/edits")["edits"]
        assert {one["state"] for one in edits} == {"applied"}, (edits, said)
    finally:
        over.set()
        listener.join(30)
        running.stop()
    assert not listener.is_alive()
