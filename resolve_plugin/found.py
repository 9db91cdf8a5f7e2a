"""Which DaVinci Resolves are on this machine, and which way of working each leaves open.

Nothing here talks to a Resolve. Edition and version are what one said of itself when it last ran a
script of ours, else what a Mac's application bundle says; facts sections 2 and 10.
"""

from __future__ import annotations

import json
import os
import plistlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .install import FOLDER, LUA_FOLDER, mailbox_folder, prefs_of, scripts_folder
from .record import write_json
from .tiers import FILES, LUA, SCRIPTS, UNKNOWN, Tier, tier_of

SEEN = "resolve_seen.json"
PROGRAMS = {
    "darwin": (
        "/Applications/DaVinci Resolve/DaVinci Resolve.app",
        "/Applications/DaVinci Resolve.app",
        "/Applications/DaVinci Resolve Studio.app",
    ),
    "win32": ("C:/Program Files/Blackmagic Design/DaVinci Resolve/Resolve.exe",),
    "linux": ("/opt/resolve/bin/resolve",),
}
"""Where installers put the program; the App Store puts applications straight into the folder."""


class Found(NamedTuple):
    """One Resolve."""

    product: str
    """Such as "DaVinci Resolve Studio"; "DaVinci Resolve" alone may be either edition."""
    version: str
    """"" where nothing tells."""
    where: str
    """Path of the program; "" for one that only ran a script of ours."""
    tier: Tier


def seen(data: Path, product: str, version: str) -> None:
    """Remember what a running Resolve says of itself."""
    known = _seen(data)
    if known.get(product) != version:
        write_json(data / SEEN, {**known, product: version})


def found(data: Path, platform: str = sys.platform, root: Path | None = None) -> list[Found]:
    """Return every Resolve that is installed or that ran a script of ours.

    Args:
        data: The user's data folder.
        platform: As `sys.platform`.
        root: Stands for the machine's root, in tests.
    """
    known = _seen(data)
    ran = [Found(one, known[one], "", tier_of(one, _numbers(known[one]))) for one in sorted(known)]
    stores = [one for one in _programs(platform, root) if one.tier is FILES]
    others = [one for one in _programs(platform, root) if one.tier is not FILES]
    return [*ran, *stores, *([] if ran else others)]


def hurdles(
    data: Path, tiers: list[Tier], platform: str = sys.platform, home: Path | None = None
) -> Iterator[str]:
    """Yield what stands in the way of those tiers, each as one sentence with its cure."""
    target = scripts_folder(platform, home=home)
    folder = next((one for one in (target, *target.parents) if one.is_dir()), target)
    if not os.access(folder, os.W_OK):
        yield f"{folder} cannot be written; allow it, so that scripts can be put there."
    ours = target / FOLDER
    if ours.is_dir():
        yield from _broken(ours)
        if not os.access(ours, os.R_OK | os.X_OK):
            yield f"{ours} cannot be read; allow it, or run 'otio-bridge install resolve' again."
    if LUA in tiers:
        prefs, box = prefs_of(platform, home=home), mailbox_folder(data)
        if prefs.exists() and not os.access(prefs, os.R_OK):
            yield f"{prefs} cannot be read, and the Lua scripts answer there; allow it."
        if box.exists() and not os.access(box, os.W_OK):
            yield f"{box} cannot be written, and the Lua scripts read there; allow it."


def scripts_words(home: Path | None = None, platform: str = sys.platform) -> str:
    """Return whether our scripts are in Resolve's menu."""
    for everyone in (False, True):
        folder = scripts_folder(platform, all_users=everyone, home=home) / FOLDER
        if (folder / LUA_FOLDER).is_dir():
            return f"scripts are in {folder}"
    return "run 'otio-bridge install resolve' to put scripts into its menu"


def _broken(ours: Path) -> Iterator[str]:
    """Yield that launchers name an interpreter that is not there any more."""
    for launcher in sorted(ours.glob("*.py"))[:1]:
        named = re.search(r"actions\.main\(.*\[['\"](.+?)['\"]", launcher.read_text("utf-8"))
        python = named[1].encode().decode("unicode_escape") if named else ""
        if python and not Path(python).exists():
            yield f"The scripts in {ours} start {python}, which is gone; install them again."


def _programs(platform: str, root: Path | None) -> Iterator[Found]:
    for place in PROGRAMS.get(platform, ()):
        path = Path(place) if root is None else root / place.lstrip("/").replace(":", "")
        if not path.exists():
            continue
        product = path.stem if path.stem.startswith("DaVinci") else "DaVinci Resolve"
        version = _bundle_version(path)
        store = (path / "Contents" / "_MASReceipt" / "receipt").exists()
        old = version > "" and _numbers(version) < (21, 1, 0)
        tier = FILES if store else SCRIPTS if old else UNKNOWN
        yield Found(product, version, str(path), tier)


def _bundle_version(path: Path) -> str:
    try:
        told = plistlib.loads((path / "Contents" / "Info.plist").read_bytes())
    except (OSError, ValueError):
        return ""
    return str(told.get("CFBundleShortVersionString", "")) if isinstance(told, dict) else ""


def _numbers(version: str) -> tuple[int, int, int]:
    found = [int(one) for one in re.findall(r"\d+", version)[:3]]
    major, minor, patch = (*found, 0, 0, 0)[:3]
    return major, minor, patch


def _seen(data: Path) -> dict[str, str]:
    try:
        known = json.loads((data / SEEN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
