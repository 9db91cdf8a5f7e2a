"""Where Resolve looks for scripts, and the launchers we put there (facts section 10).

A launcher is a few lines with absolute paths in it: it finds this package, copied into the user's
data folder with `client.py` beside it, and names our own interpreter to start the engine with.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from .mailbox import script
from .tiers import ENTRIES

HERE = Path(__file__).resolve().parent
COPIED = "otio_bridge_resolve"
FOLDER = "OTIO Bridge"
LUA_FOLDER = "Free 21.1 - first run otio-bridge listen"
"""Its name says how, since sandboxed Lua can show no window and print nothing."""
LAUNCHER = """\
# {action}: written by 'otio-bridge install resolve'; run 'otio-bridge install resolve' to renew it.
import sys

sys.path.insert(0, {home!r})
from {package} import actions

found = globals().get("resolve")
if found is None and "app" in globals():
    found = app.GetResolve()  # noqa: F821
actions.main({action!r}, found, {command!r})
"""


def scripts_folder(
    platform: str = sys.platform, *, all_users: bool = False, home: Path | None = None
) -> Path:
    """Return Resolve's script folder of the pages' common menu."""
    user = Path.home() if home is None else home
    if platform == "darwin":
        root = Path("/Library") if all_users else user / "Library"
        found = root / "Application Support/Blackmagic Design/DaVinci Resolve/Fusion/Scripts"
    elif platform == "win32":
        tail = "Blackmagic Design/DaVinci Resolve"
        if all_users:
            found = Path(os.environ.get("PROGRAMDATA", "C:/ProgramData")) / tail / "Fusion/Scripts"
        else:
            roaming = os.environ.get("APPDATA") or user / "AppData/Roaming"
            found = Path(roaming) / tail / "Support/Fusion/Scripts"
    elif all_users:
        found = Path("/opt/resolve/Fusion/Scripts")
    else:
        found = user / ".local/share/DaVinciResolve/Fusion/Scripts"
    return found / "Utility"


def mailbox_folder(data: Path) -> Path:
    """Return where requests to the Lua scripts are written, inside the user's data folder."""
    return data / "resolve" / "mailbox"


def prefs_of(platform: str = sys.platform, *, home: Path | None = None) -> Path:
    """Return Fusion's preferences, where the Lua scripts answer: the youngest of the profiles.

    Beside the scripts of one user lie the profiles; that this holds on every build is unverified.
    """
    fusion = scripts_folder(platform, home=home).parents[1]
    found = [one for one in fusion.glob("**/Fusion.prefs") if one.is_file()]
    usual = fusion / "Profiles" / "Default" / "Fusion.prefs"
    return max(found, key=lambda one: one.stat().st_mtime, default=usual)


def files_of(target: Path, data: Path, command: list[str], client: Path) -> dict[Path, str]:
    """Return every file that an installation writes, with its text.

    Args:
        target: As `scripts_folder` gives it.
        data: The user's data folder, where the package is copied to.
        command: What starts the engine.
        client: The engine's client, carried beside the package.
    """
    package = data / "resolve" / COPIED
    files = {package / path.name: path.read_text(encoding="utf-8") for path in HERE.glob("*.py")}
    files[package / "client.py"] = client.read_text(encoding="utf-8")
    servant = (HERE / "servant.lua").read_text(encoding="utf-8")
    for action in ENTRIES:
        lua = target / FOLDER / LUA_FOLDER / f"{action}.lua"
        files[lua] = script(servant, action, mailbox_folder(data))
        files[target / FOLDER / f"{action}.py"] = LAUNCHER.format(
            action=action, home=str(package.parent), package=COPIED, command=command
        )
    return files


def install(files: dict[Path, str]) -> None:
    """Write an installation, each file whole or not at all."""
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        trial = path.with_name(f".{path.name}.part")
        trial.write_text(text, encoding="utf-8")
        os.replace(trial, path)


def uninstall(target: Path, data: Path) -> list[Path]:
    """Take an installation away, and return the folders that went."""
    gone = [one for one in (target / FOLDER, data / "resolve" / COPIED) if one.is_dir()]
    for folder in gone:
        shutil.rmtree(folder)
    return gone
