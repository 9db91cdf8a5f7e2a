"""Which Resolves a machine has, which tier holds for each, and what stands in the way."""

from __future__ import annotations

import os
import plistlib
import sys
from pathlib import Path

import pytest

from otio_bridge import doctor
from resolve_plugin import actions, found, install, tiers
from resolve_plugin.tiers import ENTRIES


def bundle(root: Path, place: str, version: str, store: bool = False) -> None:
    inside = root / place / "Contents"
    inside.mkdir(parents=True)
    told = plistlib.dumps({"CFBundleShortVersionString": version})
    (inside / "Info.plist").write_bytes(told)
    if store:
        (inside / "_MASReceipt").mkdir()
        (inside / "_MASReceipt" / "receipt").write_bytes(b"x")


def test_the_entries_are_the_actions() -> None:
    assert tuple(actions.ACTIONS) == ENTRIES


def test_a_mac_tells_version_and_store(tmp_path: Path) -> None:
    assert found.found(tmp_path, "darwin", tmp_path) == []
    bundle(tmp_path, "Applications/DaVinci Resolve/DaVinci Resolve.app", "21.0.2")
    bundle(tmp_path, "Applications/DaVinci Resolve Studio.app", "21.1.2", store=True)
    named = [(o.product, o.version, o.tier.name) for o in found.found(tmp_path, "darwin", tmp_path)]
    assert named == [
        ("DaVinci Resolve Studio", "21.1.2", "files"), ("DaVinci Resolve", "21.0.2", "scripts"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("platform", "program"),
    [("linux", "opt/resolve/bin/resolve"),
     ("win32", "C/Program Files/Blackmagic Design/DaVinci Resolve/Resolve.exe"),
     ("darwin", "Applications/DaVinci Resolve.app/Contents/Info.plist")],
)  # fmt: skip
def test_an_unknown_edition_is_told_both_ways(tmp_path: Path, platform: str, program: str) -> None:
    (tmp_path / program).parent.mkdir(parents=True)
    (tmp_path / program).write_bytes(b"broken")
    (one,) = found.found(tmp_path, platform, tmp_path)
    assert one.tier is tiers.UNKNOWN and one.version == "" and "doctor knows" in one.tier.words


def test_what_a_running_one_says_counts(tmp_path: Path) -> None:
    found.seen(tmp_path, "DaVinci Resolve", "21.1.2.10")
    found.seen(tmp_path, "DaVinci Resolve Studio", "20.3.2")
    names = {o.product: o.tier.name for o in found.found(tmp_path, "linux", tmp_path)}
    assert names == {"DaVinci Resolve": "lua", "DaVinci Resolve Studio": "scripts"}
    (tmp_path / found.SEEN).write_text("[broken")
    assert found.found(tmp_path, "linux", tmp_path) == []


def test_what_stands_in_the_way_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, data = tmp_path / "home", tmp_path / "data"
    home.mkdir()
    target = install.scripts_folder("linux", home=home)
    client = Path(doctor.__file__).with_name("client.py")
    install.install(install.files_of(target, data, [sys.executable, "-m", "x"], client))
    assert list(found.hurdles(data, [tiers.LUA], "linux", home)) == []
    assert "scripts are in" in found.scripts_words(home, "linux")
    install.install(install.files_of(target, data, [str(tmp_path / "gone"), "x"], client))
    (said,) = found.hurdles(data, [tiers.LUA], "linux", home)
    assert "gone" in said and "install them again" in said
    install.mailbox_folder(data).mkdir(parents=True)
    monkeypatch.setattr(os, "access", lambda *_: False)
    said = " ".join(found.hurdles(data, [tiers.LUA], "linux", home))
    for words in ("cannot be written; allow it, so", "cannot be read; allow", "Lua scripts read"):
        assert words in said


def test_the_doctor_says_it(monkeypatch: pytest.MonkeyPatch, own_data: Path) -> None:
    found.seen(own_data, "DaVinci Resolve", "21.1.2.10")
    told = [one.said for one in doctor._resolve()]
    assert any("DaVinci Resolve 21.1.2.10" in one and "otio-bridge listen" in one for one in told)
    (own_data / found.SEEN).unlink()
    monkeypatch.setattr(found, "PROGRAMS", {})
    assert [one.said for one in doctor._resolve()] == [
        "none is seen here; OTIO files work with any"
    ]
