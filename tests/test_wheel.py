"""The wheel carries what a user needs and nothing else, and works once it is installed."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CARRIED = (
    "otio_bridge/py.typed",
    "otio_bridge/previz/body.npz",
    "otio_bridge/previz/BODY_ASSET.md",
    "otio_bridge/scoring/model.npz",
    "otio_bridge/scoring/MODEL_CARD.md",
)

pytestmark = pytest.mark.slow


def ran(*words: object) -> str:
    """Run a program away from the checkout, so that only what is installed is found."""
    done = subprocess.run(
        list(map(str, words)),
        capture_output=True,
        text=True,
        cwd=Path(sys.executable).parent,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    ran(sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder, ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of a fresh environment: our wheel, and the libraries that are here already."""
    home = tmp_path_factory.mktemp("fresh") / "venv"
    ran(sys.executable, "-m", "venv", "--without-pip", home)
    base = {"base": str(home), "platbase": str(home)}
    folder = Path(sysconfig.get_path("scripts", "venv", vars=base))
    libraries = Path(sysconfig.get_path("purelib", "venv", vars=base))
    python = folder / f"python{sysconfig.get_config_var('EXE') or ''}"
    ran(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", wheel)
    here = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (libraries / "present.pth").write_text("\n".join(here))
    return folder


def test_the_wheel_carries_its_data_and_licences_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert set(CARRIED) <= set(names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {"otio_bridge", "resolve_plugin"}
    assert not [name for name in names if "test_" in name or "/tests/" in name]
    licences = {Path(name).name for name in names if "/licenses/" in name}
    assert {"Apache-2.0.txt", "CC0-1.0.txt"} <= licences
    rooms = (ROOT / "otio_bridge", ROOT / "resolve_plugin")
    sources = {path.relative_to(ROOT).as_posix() for room in rooms for path in room.rglob("*.py")}
    assert sources == {name for name in names if name.endswith(".py")}


def test_the_installed_program_is_the_wheels_own_and_healthy(scripts: Path) -> None:
    where = ran(scripts / "python", "-c", "import otio_bridge; print(otio_bridge.__file__)")
    assert Path(where).is_relative_to(scripts.parent)
    assert "LACK" not in ran(scripts / "otio-bridge", "doctor")


def test_the_installed_program_finds_its_generator_and_judge(scripts: Path) -> None:
    assert '"offline"' in ran(scripts / "otio-bridge", "providers", "--json")
