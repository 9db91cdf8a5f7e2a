"""The contracts that our adapter keeps, compared signature by signature with fusionscript-stubs."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from fakes.resolve import CLASSES, surface
from test_fake_resolve_stubs import STUBS

from resolve_plugin import surface as ours

STUB_NAMES = {"PoolItem": "MediaPoolItem", "Item": "TimelineItem"}
"""Our name of a class -> Resolve's."""
LACKING = {("Timeline", "GetSelectedClips")}
"""Newer than the stubs: 21.0.4."""
MORE_MAY_BE_LEFT_OUT = {
    ("PoolItem", "GetClipProperty"), ("PoolItem", "SetMetadata"),
    ("PoolItem", "SetThirdPartyMetadata"), ("MediaPool", "ImportTimelineFromFile"),
    ("Item", "GetStart"), ("Item", "GetEnd"), ("Item", "GetDuration"), ("Item", "GetLeftOffset"),
    ("Item", "GetProperty"), ("Item", "AddTake"), ("Timeline", "AddTrack"),
    ("Timeline", "DeleteClips"), ("Timeline", "GetSetting"),
}  # fmt: skip
"""The stubs lag: they demand what Blackmagic's README marks as optional (facts section 12)."""

OTHERWISE_NAMED = {
    ("Item", "GetStart"), ("Item", "GetEnd"), ("Item", "GetDuration"), ("Item", "GetLeftOffset"),
    ("Item", "SetClipEnabled"), ("Timeline", "DeleteClips"),
}  # fmt: skip
"""The stubs say subframe_precision and Bool where README and we say subframePrecision and what is
switched. Nothing is called by keyword."""


class Ours(NamedTuple):
    """Parameters without `self`: how many there are at most, and how many must be given."""

    most: int
    least: int


def contracts() -> list[tuple[str, str, Callable[..., Any]]]:
    return [
        (kind, name, method)
        for kind, made in vars(ours).items()
        if isinstance(made, type) and getattr(made, "_is_protocol", False)
        for name, method in vars(made).items()
        if name[:1].isupper() and callable(method)
    ]


def shape(method: Callable[..., Any]) -> Ours:
    known = list(inspect.signature(method).parameters.values())[1:]
    return Ours(len(known), sum(one.default is one.empty for one in known))


@pytest.mark.parametrize(("kind", "name", "method"), contracts(), ids=lambda one: str(one)[:40])
def test_a_contract_fits_the_stubs(kind: str, name: str, method: Callable[..., Any]) -> None:
    theirs = STUBS.get((STUB_NAMES.get(kind, kind), name), [])
    assert (not theirs) == ((kind, name) in LACKING)
    if not theirs:
        return
    mine = shape(method)
    most = [one for one in theirs if len(one.names) >= mine.most or one.more]
    assert most, f"ours {mine}, theirs {theirs}"
    exact = any(len(one.names) - one.optional <= mine.least for one in most)
    assert (not exact) == ((kind, name) in MORE_MAY_BE_LEFT_OUT), f"ours {mine}, theirs {theirs}"


@pytest.mark.parametrize(("kind", "name", "method"), contracts(), ids=lambda one: str(one)[:40])
def test_the_fake_keeps_the_contract(kind: str, name: str, method: Callable[..., Any]) -> None:
    made = CLASSES[STUB_NAMES.get(kind, kind)]
    assert name in surface(made)
    real = list(inspect.signature(getattr(made, name)).parameters.values())[1:]
    must = [one for one in real if one.default is one.empty and one.kind is not one.VAR_POSITIONAL]
    assert len(must) <= shape(method).least or kind == "MediaPool"
    assert len(real) >= shape(method).most


def test_the_tables_name_only_what_we_rely_on() -> None:
    named = {(kind, name) for kind, name, _ in contracts()}
    assert named >= LACKING | MORE_MAY_BE_LEFT_OUT
    print(f"{len(named)} methods; lacking {sorted(LACKING)}")


@pytest.mark.parametrize(("kind", "name", "method"), contracts(), ids=lambda one: str(one)[:40])
def test_parameters_are_named_as_in_the_stubs(
    kind: str, name: str, method: Callable[..., Any]
) -> None:
    theirs = STUBS.get((STUB_NAMES.get(kind, kind), name), [])
    mine = list(inspect.signature(method).parameters)[1:]
    same = any(tuple(mine) == tuple(one.names[: len(mine)]) or one.more for one in theirs)
    assert (same or not theirs) != ((kind, name) in OTHERWISE_NAMED), (mine, theirs)
