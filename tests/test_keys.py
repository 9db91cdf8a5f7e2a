"""Keys: where they are looked for, and that they are found nowhere else after a full run."""

from __future__ import annotations

import os
from collections.abc import Iterator

import keyring
import pytest
from fakes.provider_server import ProviderServer
from fakes.provider_server.desk import KEYS, NAMES, a_desk, quick_folder
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeychain
from keyring.errors import PasswordDeleteError

from otio_bridge import keys
from otio_bridge.errors import BridgeError, ProviderError
from otio_bridge.providers.kling import signed_token


class Chain(KeyringBackend):
    """A keychain in memory."""

    priority = 1.0  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before, chain = dict(os.environ), keyring.get_keyring()
    for name in KEYS:
        os.environ.pop(name, None)
    keyring.set_keyring(Chain())
    yield
    keyring.set_keyring(chain)
    os.environ.clear()
    os.environ.update(before)


def test_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
    assert keys.key_of("gemini", names) is None
    assert keys.state_of("gemini", names).where == "nowhere"
    keys.save_key("gemini", " kept \n")
    assert keys.key_of("gemini", names) == "kept"
    assert keys.state_of("gemini", names).where == "keychain"
    monkeypatch.setenv("GOOGLE_API_KEY", "theirs")
    assert keys.key_of("gemini", names) == "theirs"
    monkeypatch.setenv("OTIO_BRIDGE_GEMINI_KEY", "ours")
    assert keys.key_of("gemini", names) == "ours"
    assert keys.state_of("gemini", names) == keys.KeyState(
        "gemini", "environment", "OTIO_BRIDGE_GEMINI_KEY"
    )


def test_a_missing_key_is_told_with_its_cure() -> None:
    with pytest.raises(ProviderError, match="set FAL_KEY or run 'otio-bridge keys set fal'"):
        keys.needed_key("fal", ("FAL_KEY",))


def test_forgetting_is_harmless() -> None:
    keys.save_key("fal", "x")
    keys.forget_key("fal")
    keys.forget_key("fal")
    assert keys.key_of("fal") is None


def test_a_system_without_keychain_is_told() -> None:
    keyring.set_keyring(NoKeychain())
    assert keys.key_of("fal") is None
    with pytest.raises(BridgeError, match="OTIO_BRIDGE_FAL_KEY"):
        keys.save_key("fal", "x")
    with pytest.raises(BridgeError, match="keychain cannot be used"):
        keys.forget_key("fal")


def test_a_fingerprint_names_the_account_only() -> None:
    one, other = keys.fingerprint("ark", "k1"), keys.fingerprint("ark", "k2")
    assert one != other and one == keys.fingerprint("ark", "k1")
    assert one.startswith("ark-") and len(one) == 12


def test_the_older_kling_token() -> None:
    """Checked by hand against RFC 7519: header, claims, HMAC with SHA-256."""
    import base64
    import hashlib
    import hmac
    import json

    head, claims, sign = signed_token("AK", "SK", 1_000_000).split(".")
    plain = json.loads(base64.urlsafe_b64decode(claims + "=="))
    assert plain == {"iss": "AK", "exp": 1_001_800, "nbf": 999_995}
    wanted = hmac.new(b"SK", f"{head}.{claims}".encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(sign + "=") == wanted


def test_an_older_pair_of_kling_is_sent_as_a_token() -> None:
    with ProviderServer() as server, quick_folder() as folder, a_desk(folder, server) as desk:
        os.environ["KLING_API_KEY"] = "access-planted:secret-planted"
        assert desk.end(desk.ask("kling")).state == "fetched"
        headers = str([seen.headers for seen in server.world.seen])
        assert "secret-planted" not in headers and "Bearer ey" in headers


def test_no_key_is_found_anywhere_after_a_full_run(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Every provider, with good and bad ends: folders, messages, addresses and output hold none."""
    caplog.set_level(0)
    faults = ("", "401", "refused", "503", "drop", "html")
    told: list[str] = []
    with ProviderServer() as server, quick_folder() as folder:
        with a_desk(folder, server) as desk:
            for name in NAMES:
                for fault in faults:
                    if fault:
                        server.world.fail(name, "create", fault)
                    desk.end(desk.ask(name))
                    told += [one.words for one in desk.news]
            told += [job.model_dump_json() for job in desk.journal.jobs()]
        files = [file for file in folder.rglob("*") if file.is_file()]
        told += [file.read_text("latin-1") for file in files]
        told += [f"{seen.path} {seen.query} {seen.raw!r}" for seen in server.world.seen]
        arrived = str([seen.headers for seen in server.world.seen])
    out, err = capfd.readouterr()
    everything = "\n".join([*told, out, err, caplog.text])
    for key in KEYS.values():
        assert key in arrived, "it was used"
        assert key not in everything
        assert key[-12:] not in everything
