"""`install blender`: a Blender that is asked by its command line, and does not always do it."""

from __future__ import annotations

import json
import os
import stat
import sys
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from otio_bridge import blenders
from otio_bridge.cli import app
from otio_bridge.errors import BridgeError

FAKE = """#!{python}
import sys
from pathlib import Path
home = Path({home!r})
words = sys.argv[1:]
if words == ["--version"]:
    print("Blender {version} LTS")
elif words[:3] == ["--command", "extension", "install-file"]:
    with open(home / "asked", "a") as asked:
        print(*words, file=asked)
    if {works}:
        (home / "there").touch()
    print("STATUS Installed")
elif words[:3] == ["--command", "extension", "remove"]:
    (home / "there").unlink(missing_ok=True)
elif words[:3] == ["--command", "extension", "list"]:
    print("  blender_org")
    if (home / "there").exists():
        print('  otio_bridge [installed]: "OTIO Bridge"')
"""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the fake Blender is a script with #!")


def fake(folder: Path, version: str = "5.1.2", works: bool = True) -> Path:
    program = folder / "blender"
    program.write_text(
        FAKE.format(python=sys.executable, home=str(folder), version=version, works=works)
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def addon(folder: Path, python: str = "313", ident: str = "otio_bridge") -> Path:
    path = folder / f"otio_bridge-0.1.0-linux-x64-py{python}.zip"
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("blender_manifest.toml", f'id = "{ident}"\n')
    return path


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["install", "blender", *words])
    return done.exit_code, done.output + (str(done.exception) if done.exception else "")


def test_goes_in_and_out(tmp_path: Path) -> None:
    program, zip_path = fake(tmp_path), addon(tmp_path)
    code, said = run(str(zip_path), "--blender", str(program), "--json")
    assert code == 0, said
    assert json.loads(said)["version"] == [5, 1]
    assert "otio_bridge [installed]" in json.loads(said)["listed"]
    asked = (tmp_path / "asked").read_text()
    assert asked.split()[2:] == [
        "install-file", "--repo", "user_default", "--enable", str(zip_path),
    ]  # fmt: skip
    assert run("--uninstall", "--blender", str(program))[0] == 0
    assert not (tmp_path / "there").exists()


def test_dry_run_changes_nothing(tmp_path: Path) -> None:
    code, said = run("--dry-run", "--blender", str(fake(tmp_path)))
    assert code == 0 and "Would go into Blender 5.1" in said
    assert not (tmp_path / "asked").exists()


def test_what_blender_says_it_did_is_read_back(tmp_path: Path) -> None:
    """Blender ends with 0 for a file that is no extension."""
    host = blenders.named(fake(tmp_path, works=False))
    with pytest.raises(BridgeError, match=r"did not install the add-on \(STATUS Installed\)"):
        blenders.installed(addon(tmp_path), host)


@pytest.mark.parametrize(
    ("version", "python", "wrong"),
    [("4.3.2", "311", "needs 4.5 or later"), ("4.5.15", "313", "py311"), ("5.1.2", "311", "py313")],
)
def test_what_does_not_fit_is_refused(
    tmp_path: Path, version: str, python: str, wrong: str
) -> None:
    program, zip_path = fake(tmp_path, version), addon(tmp_path, python)
    with pytest.raises(BridgeError, match=wrong):
        blenders.checked(zip_path, blenders.named(program))
    assert not (tmp_path / "asked").exists()


def test_what_is_no_addon_or_no_blender_is_refused(tmp_path: Path) -> None:
    host = blenders.named(fake(tmp_path))
    plain = tmp_path / "otio_bridge-0.1.0-linux-x64-py313.zip"
    plain.write_bytes(b"no zip")
    for path in (plain, tmp_path / "gone.zip"):
        with pytest.raises(BridgeError, match="no add-on of ours"):
            blenders.checked(path, host)
    with pytest.raises(BridgeError, match="no add-on of ours"):
        blenders.checked(addon(tmp_path, ident="other"), host)
    with pytest.raises(BridgeError, match="no Blender that runs here"):
        blenders.named(tmp_path / "nothing")
    with pytest.raises(BridgeError, match="no Blender that runs here"):
        blenders.named(Path(sys.executable))


def test_the_newest_on_the_path_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blenders, "PLACES", {sys.platform: (f"{tmp_path}/*/blender",)})
    for version in ("4.5.1", "5.2.0"):
        (tmp_path / version).mkdir()
        fake(tmp_path / version, version)
    monkeypatch.setenv("PATH", str(tmp_path / "4.5.1"))
    assert [one.version for one in blenders.found()] == [(5, 2), (4, 5)]
    monkeypatch.setattr(blenders, "PLACES", {})
    monkeypatch.setenv("PATH", str(tmp_path))
    code, said = run("--dry-run")
    assert code == 1 and "No Blender was found" in said
