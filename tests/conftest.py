"""Every test has a data folder and a timeline folder of its own, and none sees a person's keys."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("laws", deadline=None)
settings.load_profile("laws")  # a law holds on a busy machine too
sys.path.insert(0, str(Path(__file__).parent))

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
"""Real timelines and clips, where this checkout lies beside them."""


@pytest.fixture(autouse=True)
def own_data(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user data folder that no other test and no person uses."""
    folder = tmp_path_factory.mktemp("data")
    monkeypatch.setenv("OTIO_BRIDGE_DATA_DIR", str(folder))
    return folder


@pytest.fixture(autouse=True)
def no_real_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test, nor a process that it starts, reaches a DaVinci Resolve on this machine."""
    from fakes import resolve_guard

    resolve_guard.arm()
    for name in ("RESOLVE_SCRIPT_API", "RESOLVE_SCRIPT_LIB"):
        monkeypatch.setenv(name, resolve_guard.NOWHERE)


@pytest.fixture(scope="session")
def shared() -> Iterator[Path]:
    """The folder of real material; skips where it is not."""
    if not SHARED.is_dir():
        pytest.skip("the shared test data is not beside this checkout")
    yield SHARED
