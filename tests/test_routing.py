"""Who does which step: the table, the keys that are set, the user's wish."""

from __future__ import annotations

import os
from collections.abc import Iterator

import keyring
import pytest
from fakes.provider_server.desk import KEYS
from keyring.backends.fail import Keyring as NoKeychain

from otio_bridge import provider, routing
from otio_bridge.errors import ProviderError
from otio_bridge.routing import PREFERENCE, STEPS, capabilities, routed


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    chain = keyring.get_keyring()
    keyring.set_keyring(NoKeychain())
    for name in (*KEYS, "GOOGLE_CLOUD_PROJECT", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    yield
    keyring.set_keyring(chain)


@pytest.mark.parametrize("step", STEPS)
def test_the_table_names_what_exists_and_can_do_it(step: provider.Step) -> None:
    for name, model in PREFERENCE[step]:
        limits = provider.find(name).limits
        assert name == "offline" or step in limits.steps, (step, name)
        assert model in ("", *limits.models, *limits.stills)


def test_every_declared_step_is_in_the_table() -> None:
    for row in capabilities():
        for step in row.steps:
            assert row.provider in dict(PREFERENCE[step]), (row.provider, step)


def test_without_keys_the_offline_one_draws() -> None:
    assert routed("chunk").provider == "offline"
    assert routed("chunk").why == "offline makes contact chunks: it is the best that is set up."
    with pytest.raises(ProviderError, match="Nobody here makes about one second made anew; set"):
        routed("edit")


def test_the_first_with_a_key_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KLING_API_KEY", "k")
    assert routed("chunk").provider == "kling"
    monkeypatch.setenv("RUNWAYML_API_SECRET", "k")
    assert routed("edit") == routing.Route(
        "runway", "aleph2", "runway makes about one second made anew: it comes first for them."
    )
    assert routed("chunk", photoreal=True).provider == "kling"
    assert routed("fused").model == "gpt_image_2"


def test_a_wish_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    assert routed("chunk", "replicate").why == "replicate makes contact chunks: you chose it."
    with pytest.raises(ProviderError, match="vertex makes no about one second"):
        routed("edit", "vertex")


def test_the_matrix_says_what_is_lacking(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {row.provider: row for row in capabilities()}
    assert set(rows) >= {"offline", "ark", "comfyui", "vertex"}
    assert "RUNWAYML_API_SECRET" in rows["runway"].lacks and not rows["offline"].lacks
    assert "workflow" in rows["comfyui"].lacks
    monkeypatch.setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "t")
    assert "GOOGLE_CLOUD_PROJECT" in routing.lacks_of(provider.find("vertex"))
    assert os.environ["GOOGLE_OAUTH_ACCESS_TOKEN"] == "t"
    assert all(row.limits.checked for row in rows.values() if row.provider != "offline")
