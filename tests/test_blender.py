"""The add-on in real bpy modules: each script of tests/blender runs in a process of its own.

    python -m venv bpy && bpy/bin/pip install bpy==5.0.1 av numpy
    OTIO_BRIDGE_BPY=bpy/bin/python pytest tests/test_blender.py

Several Pythons, with ":" between, run the same scripts in several versions; `nox -s blender` does.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from otio_bridge import provider
from otio_bridge.model import FAILURE_KINDS

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ROOT / "tests" / "blender"
PYTHONS = [one for one in os.environ.get("OTIO_BRIDGE_BPY", "").split(os.pathsep) if one]
MINUTES = 10
APART = {"stage", "from_resolve"}
"""What the scripts share, and what `test_resolve_blender.py` runs."""
NAMES = sorted(path.stem for path in SCRIPTS.glob("*.py") if path.stem not in APART)


def build() -> Any:
    """The add-on's build script, which is no part of a package."""
    spec = importlib.util.spec_from_file_location("build", ROOT / "blender_addon" / "build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def python_version(python: str) -> str:
    said = [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return subprocess.run(said, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="session")
def zips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The zips for the Pythons at hand, wheels and all; only built where a bpy is."""
    out = tmp_path_factory.mktemp("dist")
    versions = sorted({python_version(python) for python in PYTHONS})
    made = build().main(["--out", str(out), *(w for v in versions for w in ("--python", v))])
    return dict(zip(versions, made, strict=True))


@pytest.mark.skipif(not PYTHONS, reason="no bpy at hand: name its Python in OTIO_BRIDGE_BPY")
@pytest.mark.timeout(60 * MINUTES)
@pytest.mark.parametrize("script", NAMES)
@pytest.mark.parametrize("python", PYTHONS or ["none"])
def test_in_blender(
    python: str, script: str, zips: dict[str, Path], tmp_path: Path, shared: Path
) -> None:
    run_script(python, script, zips, tmp_path)


def run_script(python: str, script: str, zips: dict[str, Path], folder: Path) -> None:
    """Run one script of `tests/blender` in a bpy, and fail with what it said."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        [python, str(SCRIPTS / f"{script}.py"), str(zips[python_version(python)]), str(folder)],
        capture_output=True, text=True, timeout=60 * MINUTES, env=plain,
    )  # fmt: skip
    facts = [line for line in done.stdout.splitlines() if line.startswith("FACT")]
    print(*facts, sep="\n")
    assert done.returncode == 0 and "DONE" in done.stdout, done.stdout[-1500:] + done.stderr[-3000:]


@pytest.mark.skipif(not PYTHONS, reason="no bpy at hand: name its Python in OTIO_BRIDGE_BPY")
@pytest.mark.parametrize("python", PYTHONS or ["none"])
def test_blenders_own_validator_accepts_the_zip(python: str, light: Path, tmp_path: Path) -> None:
    said = "import pathlib, sysconfig; print(pathlib.Path(sysconfig.get_path('purelib'), 'bpy'))"
    home = subprocess.run([python, "-c", said], capture_output=True, text=True, check=True)
    (tool,) = Path(home.stdout.strip()).glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py")

    def validated(path: Path) -> subprocess.CompletedProcess[str]:
        command = [python, str(tool), "validate", str(path)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    done = validated(light)
    assert done.returncode == 0, done.stdout + done.stderr
    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(light) as good, zipfile.ZipFile(broken, "w") as bad:
        for name in good.namelist():
            text = good.read(name)
            if name.endswith("blender_manifest.toml"):
                text = text.replace(b"schema_version", b"scheme_version")
            bad.writestr(name, text)
    assert validated(broken).returncode != 0, "the validator reads the manifest"


# -- the zip ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zip without the engine's wheels, quick to make."""
    out = tmp_path_factory.mktemp("light")
    return Path(build().main(["--out", str(out), "--no-wheels", "--python", "3.11"])[0])


def test_the_zip_carries_the_client_and_names_no_wheels(light: Path) -> None:
    with zipfile.ZipFile(light) as zipped:
        names = set(zipped.namelist())
        manifest = zipped.read("blender_manifest.toml").decode()
        client = zipped.read("client.py")
    assert {"__init__.py", "strips.py", "client.py", "LICENSE"} <= names and "build.py" not in names
    assert "wheels" not in manifest and "blender_version_max" in manifest
    assert client == (ROOT / "otio_bridge" / "client.py").read_bytes(), "one file, never two"
    assert light.read_bytes() == build().packed(light.parent, "linux-x64", "3.11", []).read_bytes()


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ('tags = ["Sequencer"', 'tags = ["Contact"', "no tag Contact"),
        ('platforms = ["', 'platforms = ["linux_x64", "', "no platform"),
        ('version_min = "4.5.0"', 'version_min = "4.1.0"', "below 4.5.0"),
        ("held", "held.", "punctuation"),
    ],
)
def test_what_blender_lets_pass_is_refused(
    light: Path, tmp_path: Path, old: str, new: str, wrong: str
) -> None:
    broken = tmp_path / light.name
    with zipfile.ZipFile(light) as source, zipfile.ZipFile(broken, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "blender_manifest.toml":
                assert old in content.decode()
                content = content.decode().replace(old, new, 1).encode()
            target.writestr(name, content)
    module = build()
    with pytest.raises(module.BuildError, match=wrong):
        module.checked(broken, "linux-x64", "3.11", with_wheels=False)


def test_wheels_that_lack_or_do_not_fit_are_refused(light: Path) -> None:
    module = build()
    with pytest.raises(module.BuildError, match=r"otio_bridge is missing"):
        module.checked(light, "linux-x64", "3.11")
    needed = ("otio_bridge", "opentimelineio", "av", "opencv_python_headless")
    names = [f"{name}-1-cp313-cp313-x.whl" for name in needed]
    with pytest.raises(module.BuildError, match="numpy"):
        module._check_wheels(names, "3.13", True)
    with pytest.raises(module.BuildError, match=r"no wheel for Python 3\.11"):
        module._check_wheels([*names, "numpy-1-cp313-cp313-x.whl"], "3.11", True)


def wheel(folder: Path, name: str, version: str, *needs: str) -> None:
    """A wheel that says what it needs, and holds nothing."""
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as packed:
        lines = ["Metadata-Version: 2.1", f"Name: {name}", *(f"Requires-Dist: {n}" for n in needs)]
        packed.writestr(f"{name}-{version}.dist-info/METADATA", "\n".join(lines) + "\n")


def test_what_is_needed_is_asked_for_the_zips_system_not_for_this_one(tmp_path: Path) -> None:
    """A zip for 3.11 that was built with 3.13 once lacked importlib_metadata."""
    module = build()
    wheel(tmp_path, "otio_bridge", "1", "keyring>=2", "typer[all]; python_version > '3'")
    wheel(tmp_path, "keyring", "2.1", "importlib_metadata; python_version < '3.12'",
          "pywin32-ctypes>=0.2; sys_platform == 'win32'", "x; extra == 'test'")  # fmt: skip
    wheel(tmp_path, "typer", "3", "rich>=10; extra == 'all'", "shellingham; extra == 'other'")
    asked = {
        (platform, python): module.unmet(tmp_path, platform, python)
        for platform in ("linux-x64", "windows-x64")
        for python in ("3.11", "3.13")
    }
    assert asked == {
        ("linux-x64", "3.11"): ["importlib-metadata", "rich>=10"],
        ("linux-x64", "3.13"): ["rich>=10"],
        ("windows-x64", "3.11"): ["importlib-metadata", "pywin32-ctypes>=0.2", "rich>=10"],
        ("windows-x64", "3.13"): ["pywin32-ctypes>=0.2", "rich>=10"],
    }
    wheel(tmp_path, "rich", "9")
    with pytest.raises(module.BuildError, match=r"wants rich.*10.*, not 9; pin it"):
        module.unmet(tmp_path, "linux-x64", "3.13")


def test_blender_sees_bpy_and_the_standard_library_only() -> None:
    import ast

    for path in set((ROOT / "blender_addon").glob("*.py")) - {ROOT / "blender_addon" / "build.py"}:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for name in names:
                top = name.split(".")[0]
                assert top in {"bpy", "bpy_extras", *sys.stdlib_module_names}, (
                    f"{path.name}: {name}"
                )


CRASHES = {
    "modifiers.new": "crashes 5.0 and 5.1 where no scene is edited",
    "retiming_keys": "crashes every version in a fuller scene",
    "movie_strip_add": "crashes 5.x without a window",
    "ed.undo(": "by script from a timer crashed 5.2",
}
"""What facts/blender.md found to crash: no part of the add-on calls it."""


GUARDED = {("splicing", "modifiers.new")}
"""Called only while `versions.editing` names the scene; tests/blender/crashes.py tries it."""


def test_no_part_calls_what_crashes_blender() -> None:
    for path in (ROOT / "blender_addon").glob("*.py"):
        text = path.read_text("utf-8")
        for call, why in CRASHES.items():
            if (path.stem, call) not in GUARDED:
                assert call not in text, f"{path.name}: {call} {why}"
        asked = {ast.unparse(node.func) for node in ast.walk(ast.parse(text))
                 if isinstance(node, ast.Call)}  # fmt: skip
        ours = [call for call in asked if call.startswith("bpy.ops.sequencer.")]
        assert set(ours) <= {"bpy.ops.sequencer.reload"}, f"{path.name}: {ours}"


# -- words -----------------------------------------------------------------------------------------


def test_every_sentence_with_facts_can_be_translated() -> None:
    """What is reported is no f-string: Blender could not find it in a table of translations."""
    for path in (ROOT / "blender_addon").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
                ("SlotRefused", "lost.append", ".report", ".label")
            ):
                said = [*node.args, *(one.value for one in node.keywords if one.arg == "text")]
                words = [one for one in said if isinstance(one, ast.JoinedStr)]
                plain = [one for one in words if any(c.islower() for c in _fixed(one))]
                assert not plain, f"{path.name}:{node.lineno}: {ast.unparse(node)}"


def _fixed(text: ast.JoinedStr) -> str:
    return "".join(str(one.value) for one in text.values if isinstance(one, ast.Constant))


def test_the_german_table_says_what_the_addon_says() -> None:
    sources = [ast.parse(path.read_text("utf-8")) for path in (ROOT / "blender_addon").glob("*.py")
               if path.stem != "words_german"]  # fmt: skip
    said = {node.value for tree in sources for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)}  # fmt: skip
    spec = importlib.util.spec_from_file_location("t", ROOT / "blender_addon" / "words_german.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for ours, theirs in module.GERMAN.items():
        assert ours in said, f"nobody says {ours!r} any more"
        fields = [{n for _, n, _, _ in Formatter().parse(one) if n} for one in (ours, theirs)]
        assert fields[0] == fields[1], f"{theirs!r} puts in other facts"


def written(file: str, name: str) -> Any:
    """Return a constant as it stands in a file of the add-on, which only Blender can import."""
    body = ast.parse((ROOT / "blender_addon" / file).read_text("utf-8")).body
    return next(
        ast.literal_eval(node.value)
        for node in body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
    )


def test_a_second_fails_for_the_reasons_that_the_engine_knows() -> None:
    assert [kind for kind, _, _ in written("operators.py", "REASONS")] == ["none", *FAILURE_KINDS]


def test_the_preferences_name_every_generator_of_the_engine() -> None:
    """Blender's menus want their words before an engine runs, so they stand in the add-on."""
    found = written("preferences.py", "PROVIDERS")
    assert set(found) == set(provider.BUILT_IN) and found[0] == "offline"
