# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the extension: one zip a platform and Python, the engine's wheels in it as plain files.

    python blender_addon/build.py --out dist                    # this machine, Python 3.11 and 3.13
    python blender_addon/build.py --out dist --platform windows-x64 --python 3.13
    python blender_addon/build.py --out dist --python 3.14 --wheels DIR    # a zip for tests only
    python blender_addon/build.py --out dist --no-wheels          # for an installed otio-bridge

The manifest names no wheels: Blender would put them into its own process and delete them on
disable. Needs pip and the package `build`'s backend; no Blender.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from email import message_from_bytes
from pathlib import Path
from typing import Any

try:
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name, parse_wheel_filename
except ImportError:  # pip is needed anyway, and has it inside
    from pip._vendor.packaging.requirements import Requirement
    from pip._vendor.packaging.utils import canonicalize_name, parse_wheel_filename

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PLATFORMS = {
    "linux-x64": ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
    "windows-x64": ("win_amd64",),
    "macos-arm64": ("macosx_14_0_arm64", "macosx_12_0_arm64", "macosx_11_0_arm64"),
}
"""Blender's name of a platform: pip's tags that fit it, the newest first."""
SYSTEMS = {
    "linux-x64": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix",
                  "platform_machine": "x86_64"},
    "windows-x64": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt",
                    "platform_machine": "AMD64"},
    "macos-arm64": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix",
                    "platform_machine": "arm64"},
}  # fmt: skip
"""What markers of requirements ask of a platform."""
CPYTHON = {"implementation_name": "cpython", "platform_python_implementation": "CPython"}
BUILT_HERE = ("linux_x86_64", "manylinux_2_34_x86_64")
"""Tags of wheels that were built from source, as OTIO's for Python 3.14: for tests only."""
PYTHONS = ("3.11", "3.13")
TAGS = ("Sequencer", "Import-Export")
"""Of the tags that Blender's platform knows, those that fit us; unknown ones pass its validator."""
TAGLINE = 64
PARTS = ("*.py", "blender_manifest.toml")
LEFT_OUT = ("build.py",)
STAMP = (2026, 1, 1, 0, 0, 0)
"""The same files give the same zip."""


class BuildError(Exception):
    """What is wrong with the extension, in one sentence."""


def main(words: Sequence[str] | None = None) -> list[Path]:
    """Build what the command line asks for, and return the zips."""
    options = _options().parse_args(words)
    options.out.mkdir(parents=True, exist_ok=True)
    zips = []
    for platform in options.platform or [_here()]:
        for python in options.python or PYTHONS:
            with tempfile.TemporaryDirectory() as folder:
                wheels = [] if options.no_wheels else _wheels(options, platform, python, folder)
                made = packed(options.out, platform, python, wheels)
            checked(made, platform, python, with_wheels=not options.no_wheels)
            print(f"{made}  {made.stat().st_size / 1e6:.1f} MB, {len(wheels)} wheels")
            zips.append(made)
    index(options.out)
    return zips


def _options() -> argparse.ArgumentParser:
    words = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    words.add_argument("--out", type=Path, default=Path("dist"), help="where the zips go")
    words.add_argument("--platform", action="append", choices=sorted(PLATFORMS))
    words.add_argument("--python", action="append", help="such as 3.11; all that Blender has else")
    words.add_argument("--wheels", type=Path, help="take wheels from this folder alone")
    words.add_argument("--no-wheels", action="store_true", help="carry no engine")
    return words


def _here() -> str:
    return {"linux": "linux-x64", "win32": "windows-x64"}.get(sys.platform, "macos-arm64")


def _wheels(options: argparse.Namespace, platform: str, python: str, folder: str) -> list[Path]:
    """Return the wheels of the engine: our own, made here, and what it needs, from pip.

    pip asks this Python's version and system which requirements count, not those that the zip is
    for, so requirements are followed here, a level at a time.
    """
    into = Path(folder)
    _pip("wheel", "--no-deps", "--wheel-dir", str(into), str(ROOT))
    tags = [*PLATFORMS[platform], *(BUILT_HERE if options.wheels is not None else ())]
    source = [word for tag in tags for word in ("--platform", tag)]
    source += ["--python-version", python, "--implementation", "cp"]
    if options.wheels is not None:
        source += ["--no-index", "--find-links", str(options.wheels)]
    while missing := unmet(into, platform, python):
        _pip("download", "--no-deps", "--only-binary=:all:", "--dest", str(into), *source, *missing)
    return sorted(into.glob("*.whl"))


def unmet(folder: Path, platform: str, python: str) -> list[str]:
    """Return what the wheels of a folder need on a platform and Python, and the folder lacks.

    Raises:
        BuildError: A wheel is there in a version that another does not want.
    """
    paths = sorted(folder.glob("*.whl"))
    have = {name: version for name, version, *_ in map(_parsed, paths)}
    versions = {"python_version": python, "python_full_version": f"{python}.0"}
    system = {**SYSTEMS[platform], **CPYTHON, **versions}
    lacks: dict[str, set[str]] = {}
    extras: dict[str, set[str]] = {}
    for _ in paths:  # extras of extras: until nothing new is asked for
        before = str(extras)
        for path in paths:
            name = _parsed(path)[0]
            for need in _needs(path, system, extras.get(name, set())):
                called = canonicalize_name(need.name)
                extras.setdefault(called, set()).update(need.extras)
                if called not in have:
                    lacks.setdefault(called, set()).update(map(str, need.specifier))
                elif not need.specifier.contains(have[called], prereleases=True):
                    raise BuildError(f"{path.name} wants {need}, not {have[called]}; pin it.")
        if str(extras) == before:
            break
    return [name + ",".join(sorted(versions)) for name, versions in sorted(lacks.items())]


def _parsed(path: Path) -> tuple[Any, ...]:
    return tuple(parse_wheel_filename(path.name))


def _needs(path: Path, system: dict[str, str], extras: set[str]) -> Iterator[Requirement]:
    """Return what a wheel needs on a system, with extras of its own."""
    with zipfile.ZipFile(path) as wheel:
        name = next(one for one in wheel.namelist() if one.endswith(".dist-info/METADATA"))
        metadata = message_from_bytes(wheel.read(name))
    for line in metadata.get_all("Requires-Dist") or ():
        need = Requirement(line)
        wanted = need.marker is None or any(
            need.marker.evaluate({**system, "extra": extra}) for extra in ("", *extras)
        )
        if wanted:
            yield need


def _pip(*words: str) -> None:
    quiet = ["--quiet", "--disable-pip-version-check"]
    done = subprocess.run([sys.executable, "-m", "pip", words[0], *quiet, *words[1:]], check=False)
    if done.returncode:
        raise BuildError(f"pip {words[0]} failed; see above, then try again.")


def packed(out: Path, platform: str, python: str, wheels: Sequence[Path]) -> Path:
    """Write one zip and return its path."""
    manifest = (HERE / "blender_manifest.toml").read_text(encoding="utf-8")
    version = tomllib.loads(manifest)["version"]
    manifest = _for(manifest, platform, python)
    target = out / f"otio_bridge-{version}-{platform}-py{python.replace('.', '')}.zip"
    files: dict[str, bytes] = {"blender_manifest.toml": manifest.encode()}
    for path in sorted(HERE.glob("*.py")):
        if path.name not in LEFT_OUT:
            files[path.name] = path.read_bytes()
    files["client.py"] = (ROOT / "otio_bridge" / "client.py").read_bytes()
    files["LICENSE"] = (ROOT / "LICENSES" / "GPL-3.0-or-later.txt").read_bytes()
    partial = target.with_suffix(".part")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in files.items():
            zipped.writestr(zipfile.ZipInfo(name, STAMP), content, zipfile.ZIP_DEFLATED)
        for wheel in wheels:  # packed already
            info = zipfile.ZipInfo(f"wheels/{wheel.name}", STAMP)
            zipped.writestr(info, wheel.read_bytes(), zipfile.ZIP_STORED)
    partial.replace(target)
    return target


def _for(manifest: str, platform: str, python: str) -> str:
    """Return the manifest of one platform, for the Blenders that run this Python."""
    least, below = {"3.11": ("4.5.0", "5.1.0"), "3.13": ("5.1.0", "6.0.0")}.get(
        python, ("5.1.0", "6.0.0")
    )
    versions = f'blender_version_min = "{least}"\nblender_version_max = "{below}"'
    manifest = re.sub(r'blender_version_min = ".*?"', versions, manifest)
    return manifest.replace("\n[permissions]", f'platforms = ["{platform}"]\n\n[permissions]', 1)


def checked(made: Path, platform: str, python: str, *, with_wheels: bool = True) -> None:
    """Check what Blender's own validator lets pass.

    Raises:
        BuildError: A tag, platform or version that Blender does not know, a wheel that is missing
            or fits another Python, a tagline that is too long.
    """
    with zipfile.ZipFile(made) as zipped:
        names = set(zipped.namelist())
        facts = tomllib.loads(zipped.read("blender_manifest.toml").decode())
    if unknown := set(facts["tags"]) - set(TAGS):
        raise BuildError(f"Blender knows no tag {', '.join(sorted(unknown))}; use {TAGS}.")
    if set(facts["platforms"]) != {platform} or platform not in PLATFORMS:
        raise BuildError(f"{facts['platforms']} is no platform; use one of {sorted(PLATFORMS)}.")
    if "wheels" in facts:
        raise BuildError("The manifest names wheels; they must stay plain files.")
    if len(facts["tagline"]) > TAGLINE or facts["tagline"][-1] in ".!?":
        raise BuildError("The tagline is over 64 characters or ends in punctuation; shorten it.")
    if tuple(map(int, facts["blender_version_min"].split("."))) < (4, 5, 0):
        raise BuildError("blender_version_min is below 4.5.0, which was never tried.")
    if missing := {"__init__.py", "client.py", "LICENSE"} - names:
        raise BuildError(f"The zip lacks {', '.join(sorted(missing))}.")
    _check_wheels([n for n in names if n.endswith(".whl")], python, with_wheels)


def _check_wheels(wheels: Sequence[str], python: str, wanted: bool) -> None:
    if not wanted:
        return
    tag = "cp" + python.replace(".", "")
    kinds = {Path(name).name.split("-")[0].lower(): Path(name).name for name in wheels}
    for needed in ("otio_bridge", "opentimelineio", "av", "numpy", "opencv_python_headless"):
        if needed not in kinds:
            raise BuildError(f"The wheel of {needed} is missing; build again with a network.")
    for name in kinds.values():
        fits = "-py3-" in name or "py2.py3" in name or tag in name or "-abi3-" in name
        if not fits:
            raise BuildError(f"{name} is no wheel for Python {python}; choose another version.")


def index(folder: Path) -> Path:
    """Write index.json of a self-hosted repository for the zips in a folder."""
    entries = []
    for made in sorted(folder.glob("otio_bridge-*.zip")):
        with zipfile.ZipFile(made) as zipped:
            facts = tomllib.loads(zipped.read("blender_manifest.toml").decode())
        content = made.read_bytes()
        python = re.search(r"-py(\d)(\d+)\.zip$", made.name)
        known = {key: facts[key] for key in facts if key not in ("build", "wheels")}
        entries.append(known | {
            "archive_url": f"./{made.name}", "archive_size": len(content),
            "archive_hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
            "python_versions": [f"{python[1]}.{python[2]}"] if python else [],
        })  # fmt: skip
    target = folder / "index.json"
    document = {"version": "v1", "blocklist": [], "data": entries}
    target.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return target


if __name__ == "__main__":
    try:
        main()
    except BuildError as error:
        sys.exit(f"build.py: {error}")
