"""The offline provider keeps its promise: spooled, fetched, killable, repeatable."""

from __future__ import annotations

from pathlib import Path

import pytest

from otio_bridge.errors import ProviderError
from otio_bridge.media import probe
from otio_bridge.model import Performer, Request
from otio_bridge.previz import Truth
from otio_bridge.provider import Provider, find
from otio_bridge.providers.offline import OfflineProvider


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OTIO_BRIDGE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def asked(**changes: object) -> Request:
    fields: dict[str, object] = {
        "id": "hug_010/t01?", "shot": "hug_010", "take": "t01", "provider": "offline",
        "model": "previz-1", "prompt": "", "seed": 3, "slot_start": -2, "frames": 6,
        "slot_frames": 48, "rate": "24000/1001", "size": (160, 90), "kind": "handshake",
        "performers": (Performer(name="Mia"), Performer(name="Jonas", side="right")),
    }  # fmt: skip
    return Request.model_validate({**fields, **changes})


def test_it_is_found_and_keeps_the_protocol() -> None:
    provider = find("offline")
    assert isinstance(provider, Provider)
    assert provider.limits.usd_per_second == 0 and not provider.limits.needs_key


def test_a_take_is_fetched_with_its_truth(spool: Path) -> None:
    shares: list[float] = []
    remote = OfflineProvider().submit(asked(), {})
    assert OfflineProvider().look(remote).state == "ready"
    OfflineProvider().fetch(remote, spool / "takes" / "t01.mp4", shares.append)
    footage = probe(spool / "takes" / "t01.mp4")
    assert (footage.frames, footage.rate.numerator, footage.size) == (6, 24000, (160, 90))
    truth = Truth.model_validate_json((spool / "takes" / "t01.truth.json").read_bytes())
    assert truth.frames == 6 == len(truth.visible) and shares[-1] == 1.0
    assert sorted(path.name for path in (spool / "takes").iterdir()) == [
        "t01.mp4",
        "t01.truth.json",
    ]


def test_submitting_twice_is_one_generation(spool: Path) -> None:
    provider = OfflineProvider()
    assert provider.submit(asked(), {}) == provider.submit(asked(), {})
    assert len(list((spool / "data" / "offline").iterdir())) == 1


def test_cancelled_and_unknown_requests_fail_in_words(spool: Path) -> None:
    provider = OfflineProvider()
    remote = provider.submit(asked(), {})
    provider.cancel(remote)
    provider.cancel(remote)
    assert provider.look(remote).state == "failed" and remote in provider.look(remote).why
    with pytest.raises(ProviderError, match="submit it again"):
        provider.fetch(remote, spool / "t.mp4")


def test_missing_pictures_and_taken_paths_are_refused(spool: Path) -> None:
    provider = OfflineProvider()
    with pytest.raises(ProviderError, match="missing"):
        provider.submit(asked(), {"mia.png": spool / "nowhere.png"})
    remote = provider.submit(asked(), {})
    (spool / "t.mp4").write_bytes(b"mine")
    with pytest.raises(ProviderError, match="exists already"):
        provider.fetch(remote, spool / "t.mp4")
    assert (spool / "t.mp4").read_bytes() == b"mine"
