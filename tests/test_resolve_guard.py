"""No test can reach a real Resolve by accident."""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from fakes import resolve_guard

MAC = "/Applications/DaVinci Resolve/DaVinci Resolve.app/Contents"
LIBRARIES = (
    f"{MAC}/Libraries/Fusion/fusionscript.so",
    r"C:\Program Files\Blackmagic Design\DaVinci Resolve\fusionscript.dll",
    "/opt/resolve/libs/Fusion/fusionscript.so",
)
PROGRAMS = (
    f"{MAC}/MacOS/Resolve",
    r"C:\Program Files\Blackmagic Design\DaVinci Resolve\Resolve.exe",
    r"C:\Program Files\Blackmagic Design\DaVinci Resolve\ResolveMCP.exe",
    "/opt/resolve/bin/resolve",
    "/opt/resolve/bin/fuscript",
    "fuscript",
)


def test_every_test_sees_no_installation() -> None:
    for name in ("RESOLVE_SCRIPT_API", "RESOLVE_SCRIPT_LIB"):
        assert not Path(os.environ[name]).exists()


@pytest.mark.parametrize("name", ["fusionscript", "DaVinciResolveScript"])
def test_the_modules_cannot_be_imported(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"{name}.py").write_text("reached = True\n", encoding="utf-8")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ImportError, match=r"tests use fakes\.resolve"):
        importlib.import_module(name)
    assert resolve_guard.attempts[-1] == f"import of {name}"


def test_a_module_that_a_test_wrote_itself_may_be_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "DaVinciResolveScript.py").write_text("own = True\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        assert importlib.import_module("DaVinciResolveScript").own
    finally:
        sys.modules.pop("DaVinciResolveScript", None)


@pytest.mark.parametrize("path", LIBRARIES)
def test_the_library_cannot_be_loaded(path: str) -> None:
    with pytest.raises(OSError, match=r"tests use fakes\.resolve"):
        ctypes.CDLL(path)
    with pytest.raises(ImportError, match=r"tests use fakes\.resolve"):
        loader = importlib.machinery.ExtensionFileLoader("fusionscript_by_path", path)
        spec = importlib.util.spec_from_loader("fusionscript_by_path", loader)
        assert spec is not None
        importlib.util.module_from_spec(spec)


@pytest.mark.parametrize("program", PROGRAMS)
def test_its_programs_cannot_be_started(program: str) -> None:
    with pytest.raises(OSError, match=r"tests use fakes\.resolve"):
        subprocess.run([program, "-nogui"], check=False)


def test_its_port_cannot_be_reached() -> None:
    with socket.socket() as line, pytest.raises(OSError, match=r"tests use fakes\.resolve"):
        line.connect(("127.0.0.1", 15000))


def test_other_imports_libraries_and_programs_pass() -> None:
    before = len(resolve_guard.attempts)
    assert importlib.import_module("fakes.resolve").FakeResolve
    assert subprocess.run([sys.executable, "-c", "print(1)"], check=True, capture_output=True)
    assert len(resolve_guard.attempts) == before
