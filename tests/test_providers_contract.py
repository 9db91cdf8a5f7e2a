"""Every built-in provider keeps the contract, and declares limits with source and date."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.provider_server import ProviderServer
from fakes.provider_server.desk import NAMES, a_request, laid_out
from fakes.provider_server.world import PNG

from otio_bridge import provider
from otio_bridge.testing import Case, ProviderContract


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[ProviderServer]:
    with ProviderServer() as running:
        yield running


@pytest.fixture(autouse=True)
def environment(server: ProviderServer, tmp_path: Path) -> Iterator[None]:
    before = dict(os.environ)
    laid_out(tmp_path / "data", server)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(params=[*NAMES, "offline"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class TestBuiltIn(ProviderContract):
    @pytest.fixture(autouse=True)
    def named(self, name: str) -> None:
        self.name = name

    def case(self, tmp_path: Path) -> Case:
        small = {"size": (320, 180), "frames": 24} if self.name == "offline" else {}
        asked = a_request(self.name, **small)
        files = {}
        for look in asked.references if self.name != "offline" else ():
            files[look.images[0]] = tmp_path / Path(look.images[0]).name
            files[look.images[0]].write_bytes(PNG)
        if self.name == "offline":
            asked = asked.model_copy(update={"references": ()})
        return Case(lambda: provider.find(self.name), asked, files)


def test_all_names_of_the_command_line_are_there() -> None:
    assert set(provider.known()) >= {*NAMES, "offline"}


def test_settings_change_models_and_prices(tmp_path: Path) -> None:
    file = Path(os.environ["OTIO_BRIDGE_DATA_DIR"]) / "providers.json"
    file.write_text('{"runway": {"limits": {"models": ["kling_4"], "max_seconds": 12.5}}}')
    limits = provider.find("runway").limits
    assert limits.models == ("kling_4",) and float(limits.max_seconds) == 12.5
    assert limits.usd_per_second == 0.17
    file.write_text('{"runway": {"limits": {"modles": []}}}')
    with pytest.raises(provider.ProviderError, match="'modles' for runway, which is no limit"):
        provider.find("runway")


def test_whole_seconds_are_billed() -> None:
    veo = provider.find("vertex").limits
    assert [veo.billed_seconds(provider.Fraction(n, 10)) for n in (10, 41, 61, 90)] == [4, 6, 8, 9]
    assert veo.usd("veo-3.1-fast-generate-001", provider.Fraction(41, 10)) == pytest.approx(0.9)
    assert provider.find("ark").limits.usd("seedream-5-0-260128", provider.Fraction(1)) == 0.035
