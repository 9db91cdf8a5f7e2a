"""Which way of working an edition of Resolve leaves open, in words (facts sections 2 and 9)."""

from __future__ import annotations

from typing import NamedTuple

ENTRIES = (
    "OTIO Bridge", "Regenerate Contact Shot", "Review Takes", "Pull Alternate", "Splice Seconds",
    "Splice Seconds as Nested Timeline", "Splice Seconds in New Version",
    "Splice Seconds in Place, New Version", "Break Coverage",
    "Revert",
)  # fmt: skip
"""The menu's entries, in every tier the same."""


class Tier(NamedTuple):
    """One way of working."""

    name: str
    """"scripts", "lua" or "files"."""
    words: str


SCRIPTS = Tier("scripts", "Python scripts in Workspace > Scripts work here.")
LUA = Tier(
    "lua",
    "Free Resolve 21.1 and later runs no Python: run 'otio-bridge listen' and take the Lua scripts "
    "of the same names.",
)
FILES = Tier(
    "files",
    "This edition has no scripts: export the timeline as OTIO (File > Export > Timeline), work on "
    "it with 'otio-bridge review', and import what 'otio-bridge export --for resolve' writes.",
)


UNKNOWN = Tier(
    "unknown",
    "Studio, and the free edition up to 21.0.4, run the Python scripts; the free edition from 21.1 "
    "on runs the Lua scripts beside 'otio-bridge listen'. Once one ran, doctor knows which.",
)


def tier_of(product: str, version: tuple[int, int, int], *, from_app_store: bool = False) -> Tier:
    """Return the way of working of a product and version.

    Args:
        product: As `GetProductName` says, such as "DaVinci Resolve Studio".
        version: Major, minor and patch.
        from_app_store: Apple's store sells a build without any scripting.
    """
    if from_app_store:
        return FILES
    if product.endswith("Studio") or version < (21, 1, 0):
        return SCRIPTS
    return LUA
