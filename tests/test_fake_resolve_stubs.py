"""The fake's methods have the names and parameters of the public fusionscript-stubs."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from importlib.metadata import files
from typing import Any, NamedTuple

import pytest
from fakes.resolve import CLASSES, surface

STUBS_LACK = {
    "Resolve": (
        "GetCurrentProject", "GetCurrentTimeline", "GetGallery", "GetMediaPool", "IsStudio",
    ),
    "MediaPoolItem": ("GetTimeline",),
    "Timeline": ("GetSelectedClips",),
    "TimelineItem": (
        "AddTransition", "GetFades", "GetProperties", "GetSpeed", "GetType", "SetFades",
        "SetProperties", "SetSpeed",
    ),
}  # fmt: skip
"""Methods newer than the stubs (21.0): `since` 21.0.4 or 21.1."""
NOT_IN_STUBS = {"Resolve": ("GetResolve",), "Fusion": ("GetPrefs", "SavePrefs", "SetPrefs")}
"""Fusion's own: `app.GetResolve()` and the preferences (facts 2 and 10)."""
STUBS_LACK_DEFAULTS = {
    "ProjectManager": ("CreateProject",),
    "Project": ("GetSetting",),
    "MediaPool": ("ImportTimelineFromFile",),
    "MediaPoolItem": (
        "AddMarker", "GetClipProperty", "GetMetadata", "SetMetadata",
        "SetThirdPartyMetadata",
    ),
    "Timeline": (
        "AddMarker", "AddTrack", "CreateCompoundClip",
        "CreateSubtitlesFromAudio", "DeleteClips", "DuplicateTimeline",
        "GetSetting", "ImportIntoTimeline",
    ),
    "TimelineItem": (
        "AddMarker", "AddTake", "GetDuration", "GetEnd", "GetLeftOffset", "GetNodeGraph",
        "GetProperty", "GetRightOffset", "GetStart",
    ),
}  # fmt: skip
"""Methods whose optional parameters the stubs demand (facts 12)."""


class Shape(NamedTuple):
    """A method's parameters without `self`: names, how many may be left out, is there `*args`."""

    names: tuple[str, ...]
    optional: int
    more: bool


def stubbed() -> dict[tuple[str, str], list[Shape]]:
    """(class, method) -> the shapes of its overloads in the stubs."""
    found = next(one for one in files("fusionscript-stubs") or () if one.name == "fusionscript.pyi")
    shapes: dict[tuple[str, str], list[Shape]] = {}
    for kind in ast.parse(found.read_text(encoding="utf-8")).body:
        for method in kind.body if isinstance(kind, ast.ClassDef) else ():
            if isinstance(method, ast.FunctionDef):
                shapes.setdefault((kind.name, method.name), []).append(shape_of(method.args))
    return shapes


def shape_of(arguments: ast.arguments) -> Shape:
    names = tuple(one.arg for one in arguments.args[1:])
    return Shape(names, len(arguments.defaults), arguments.vararg is not None)


def faked(method: Callable[..., Any]) -> Shape:
    known = list(inspect.signature(method).parameters.values())[1:]
    plain = [one for one in known if one.kind is not one.VAR_POSITIONAL]
    optional = sum(one.default is not one.empty for one in plain)
    return Shape(tuple(one.name for one in plain), optional, len(plain) < len(known))


STUBS = stubbed()
METHODS = [
    (kind, name)
    for kind, made in CLASSES.items()
    for name in surface(made)
    if callable(getattr(made, name))
]


@pytest.mark.parametrize(("kind", "name"), METHODS)
def test_a_method_has_the_parameters_of_the_stubs(kind: str, name: str) -> None:
    ours = faked(getattr(CLASSES[kind], name))
    theirs = STUBS.get((kind, name), [])
    absent = name in STUBS_LACK.get(kind, ()) or name in NOT_IN_STUBS.get(kind, ())
    assert absent == (not theirs)
    if absent:
        return
    named = [one for one in theirs if one.names == ours.names and one.more == ours.more]
    assert named, f"ours {ours}, theirs {theirs}"
    fewer = not any(one.optional == ours.optional for one in named)
    assert fewer == (name in STUBS_LACK_DEFAULTS.get(kind, ()))


@pytest.mark.parametrize(("kind", "names"), STUBS_LACK.items())
def test_what_the_stubs_lack_is_newer_than_they_are(kind: str, names: tuple[str, ...]) -> None:
    for name in names:
        assert getattr(CLASSES[kind], name).since > (21, 0)


def test_the_tables_name_only_what_the_fake_has() -> None:
    for table in (STUBS_LACK, NOT_IN_STUBS, STUBS_LACK_DEFAULTS):
        named = {(kind, name) for kind, names in table.items() for name in names}
        assert named <= set(METHODS)
