"""Lua in free 21.1: what is left, what is gone, and the file mailbox (facts/resolve.md, 2)."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from fakes.resolve import FakeResolve, Knobs
from fakes.resolve_lua import LuaResolve
from lupa import luajit21

FREE = Knobs(build=(21, 1, 2, 10), studio=False)
GONE = (
    "io", "os.execute", "require", "package", "ffi", "debug", "bmd.readfile", "fusion.UIManager",
    "load", "loadstring", "dofile", "os.remove", "os.getenv", "python", "fusion.GetPrefs",
)  # fmt: skip
LEFT = ("resolve", "app", "fusion", "loadfile", "bmd.wait", "bmd.fileexists", "pairs", "pcall")
RESIDENT = """
local seen = 0
while true do
    local request = loadfile("{request}")
    local wish = request and request()
    if wish and wish.id ~= seen then
        seen = wish.id
        local project = resolve:GetProjectManager():GetCurrentProject()
        local names = {{}}
        local timeline = project:GetCurrentTimeline()
        for _, item in ipairs(timeline:GetItemListInTrack("video", wish.track)) do
            names[#names + 1] = item:GetName() .. "@" .. item:GetStart()
        end
        fusion:SetPrefs("OTIOBridge.Answer", wish.id .. " " .. table.concat(names, ","))
        fusion:SavePrefs()
    end
    bmd.wait(0.05)
end
"""


@pytest.fixture
def fake(tmp_path: Path) -> FakeResolve:
    fake = FakeResolve(FREE, tmp_path)
    film = fake.film("a.mov", 60)
    fake.editor.timeline("Cut")
    fake.editor.place(film, 0, frames=20)
    fake.editor.place(film, 20, start=20, frames=20)
    return fake


@pytest.mark.parametrize("name", GONE)
def test_the_sandbox_has_not(fake: FakeResolve, name: str) -> None:
    assert LuaResolve(fake).run(f"return {name} == nil")


@pytest.mark.parametrize("name", LEFT)
def test_the_sandbox_has(fake: FakeResolve, name: str) -> None:
    assert LuaResolve(fake).run(f"return {name} ~= nil")


def test_studio_keeps_what_the_sandbox_takes(tmp_path: Path) -> None:
    studio = LuaResolve(FakeResolve(Knobs(build=(21, 1, 2, 10)), tmp_path))
    assert studio.run("return io ~= nil and require ~= nil and bmd.readfile ~= nil")


def test_print_is_muted(fake: FakeResolve, capfd: pytest.CaptureFixture[str]) -> None:
    LuaResolve(fake).run("print('heard')")
    assert capfd.readouterr().out == ""


def test_objects_lists_and_constants_are_lua(fake: FakeResolve) -> None:
    answer = LuaResolve(fake).run(
        """
        local project = resolve:GetProjectManager():GetCurrentProject()
        local items = project:GetCurrentTimeline():GetItemListInTrack("video", 1)
        return #items, items[1]:GetName(), items[2]:GetStart(), resolve.EXPORT_AAF, resolve.NoSuch
        """
    )
    assert answer == (2, "a.mov", 86420, 0, None)


def test_lua_appends_like_python(fake: FakeResolve) -> None:
    LuaResolve(fake).run(
        """
        local project = resolve:GetProjectManager():GetCurrentProject()
        local timeline, pool = project:GetCurrentTimeline(), project:GetMediaPool()
        timeline:AddTrack("video")
        local clip = timeline:GetItemListInTrack("video", 1)[1]:GetMediaPoolItem()
        pool:AppendToTimeline({{mediaPoolItem = clip, startFrame = 5, endFrame = 15, mediaType = 1,
                                trackIndex = 2, recordFrame = timeline:GetStartFrame() + 7}})
        """
    )
    upper = [one for one in fake.truth() if one.track == ("video", 2)]
    assert [(one.start, one.duration, one.left) for one in upper] == [(7, 10, 5)]


def test_a_method_called_with_a_dot_fails(fake: FakeResolve) -> None:
    with pytest.raises(luajit21.LuaError, match="object:GetProductName"):
        LuaResolve(fake).run("return resolve.GetProductName()")


def test_preferences_reach_the_disk_only_when_saved_and_only_as_ascii(fake: FakeResolve) -> None:
    lua = LuaResolve(fake)
    lua.run("fusion:SetPrefs('OTIOBridge.Answer', 'caf\\195\\169 \"x\"')")
    assert not fake.prefs.path.exists()
    lua.run("fusion:SavePrefs()")
    written = fake.prefs.path.read_bytes()
    assert written.isascii() and b"OTIOBridge = {" in written
    read = luajit21.LuaRuntime().execute(f"return {written.decode()}")
    assert read.OTIOBridge.Answer == 'caf? "x"'


def test_the_file_mailbox_goes_round(fake: FakeResolve, tmp_path: Path) -> None:
    request = tmp_path / "request.lua"
    lua = LuaResolve(fake)
    with lua.started(RESIDENT.format(request=request)):
        fresh = tmp_path / "request.new"
        fresh.write_text("return {id = 7, track = 1}\n", encoding="ascii")
        fresh.replace(request)
        wanted = '"7 a.mov@86400,a.mov@86420"'
        assert _within(5, lambda: wanted in _text(fake.prefs.path)), lua.failure
    assert "Resolve has quit" in lua.failure


def test_a_script_ends_when_resolve_quits(fake: FakeResolve) -> None:
    lua = LuaResolve(fake, on_wait=fake.quit)
    with lua.started("while true do bmd.wait(1) end") as thread:
        thread.join(5)
        assert not thread.is_alive()


def _text(path: Path) -> str:
    return path.read_text(encoding="ascii") if path.exists() else ""


def _within(seconds: float, true: Any) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.01)
    return False
