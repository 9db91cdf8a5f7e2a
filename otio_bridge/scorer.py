"""What a judge must keep, and which judges are installed: plug-ins by entry point.

    [project.entry-points."otio_bridge.scorers"]
    mine = "my_package:MyScorer"

`otio_bridge.testing.ScorerContract` is the contract as tests. OTIO_BRIDGE_SCORER names the judge
where nobody else does; "builtin" is the usual one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from otio_bridge.errors import BridgeError
from otio_bridge.model import Score

if TYPE_CHECKING:
    from otio_bridge.scoring.looks import CharacterLook, PropLook

GROUP = "otio_bridge.scorers"
USUAL = "builtin"
VARIABLE = "OTIO_BRIDGE_SCORER"


@runtime_checkable
class Scorer(Protocol):
    """A judge: in which frames of a film did attribution hold?"""

    name: str
    """What scores say of who judged."""

    def score(
        self,
        media: Path,
        characters: Sequence[CharacterLook],
        *,
        props: Sequence[PropLook] = (),
        contact: Sequence[tuple[int, int]] = (),
        fused: Path | None = None,
        start_frame: Path | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> Score:
        """Judge a film frame by frame; the arguments are those of `otio_bridge.scoring.score`.

        Where it cannot see, `held` is None and `notes` says why. The same film gives the same
        score. Errors are `BridgeError`s in one sentence.
        """
        ...


def names() -> list[str]:
    """Return the names of all judges that are installed."""
    return sorted({USUAL, *(entry.name for entry in entry_points(group=GROUP))})


def named(name: str = "") -> Scorer:
    """Return a judge.

    Args:
        name: Of an entry point; "" takes OTIO_BRIDGE_SCORER, or the built-in one.

    Raises:
        BridgeError: There is none of that name, or it cannot be loaded.
    """
    wanted = name or os.environ.get(VARIABLE, "") or USUAL
    entries = {entry.name: entry for entry in entry_points(group=GROUP)}
    entries.setdefault(USUAL, EntryPoint(USUAL, "otio_bridge.scoring:BuiltinScorer", GROUP))
    if wanted not in entries:
        raise BridgeError(f"There is no judge '{wanted}'; installed are {', '.join(names())}.")
    try:
        made = entries[wanted].load()()
    except Exception as error:  # a plug-in may fail in any way
        raise BridgeError(
            f"The judge '{wanted}' cannot be loaded ({type(error).__name__}: {error}); reinstall "
            "it, or choose another."
        ) from error
    if not isinstance(made, Scorer):
        raise BridgeError(f"'{wanted}' is no judge; it lacks a name or `score`.")
    return made


def judge(
    name: str,
    media: Path,
    characters: Sequence[CharacterLook],
    *,
    props: Sequence[PropLook] = (),
    contact: Sequence[tuple[int, int]] = (),
    fused: Path | None = None,
    start_frame: Path | None = None,
    progress: Callable[[float], None] | None = None,
) -> Score:
    """Judge a film with the judge of a name; a plain function, so that workers can run it.

    Raises:
        BridgeError: There is no such judge, the film cannot be read, or the judge broke.
    """
    found = named(name)
    try:
        return found.score(
            media, characters, props=props, contact=contact, fused=fused,
            start_frame=start_frame, progress=progress,
        )  # fmt: skip
    except BridgeError:
        raise
    except Exception as error:
        raise BridgeError(
            f"The judge '{found.name}' failed at {media.name} ({type(error).__name__}: {error})."
        ) from error
