"""Words that all commands share: arguments, how they are read, and how answers are said."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from otio_bridge.errors import BridgeError

if TYPE_CHECKING:
    from otio_bridge.model import FailureKind, Performer

Timeline = Annotated[
    Path, typer.Argument(metavar="TIMELINE", help="An .otio, .edl, .xml or .fcpxml.")
]
Clip = Annotated[str, typer.Argument(metavar="CLIP", help="Clip name, NAME@TIME or shot id.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Out = Annotated[Path | None, typer.Option("--out", help="Write this file instead.")]
Rate = Annotated[
    float | None, typer.Option("--rate", help="Frames per second, where an EDL needs it.")
]

Budget = Annotated[float | None, typer.Option("--budget", help="Most to spend, in USD.")]
Yes = Annotated[bool, typer.Option("--yes", help="Agree to the price.")]

SIDES = {"left": "left", "center": "center", "centre": "center", "right": "right"}
SPAN = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")


def kind_named(text: str) -> FailureKind:
    """Read a kind of failure by its name or one word of it, such as limb.

    Raises:
        BridgeError: There is no such kind.
    """
    from otio_bridge.model import FAILURE_KINDS

    for kind in FAILURE_KINDS:
        if text.casefold() in (kind, *kind.split("_")):
            return kind  # type: ignore[return-value]
    raise BridgeError(f"'{text}' is no kind of failure; say limb, bleed, prop, swap or pop.")


def performer(text: str) -> Performer:
    """Read NAME=SIDE."""
    from otio_bridge.model import Performer

    name, _, side = text.partition("=")
    if not name or side.casefold() not in SIDES:
        raise BridgeError(f"'{text}' names no side; write --character NAME=left, center or right.")
    return Performer.model_validate({"name": name, "side": SIDES[side.casefold()]})


def contact_kind(text: str | None) -> Any:
    """Check a kind of contact."""
    from otio_bridge.model import CONTACT_KINDS

    if text is not None and text not in CONTACT_KINDS:
        raise BridgeError(
            f"'{text}' is no kind of contact; give one of {', '.join(CONTACT_KINDS)}."
        )
    return text


def span(text: str) -> tuple[float, float]:
    """Read A-B in seconds."""
    match = SPAN.fullmatch(text.strip())
    if not match:
        raise BridgeError(f"'{text}' is no span of seconds; write A-B, such as 1-4 or 0.5-3.")
    return float(match[1]), float(match[2])


def whole_seconds(text: str | None) -> tuple[int, int] | None:
    """Read A-B in whole seconds."""
    if text is None:
        return None
    start, end = span(text)
    if start != int(start) or end != int(end):
        raise BridgeError(f"--seconds {text} must be whole seconds of the clip; write A-B.")
    return int(start), int(end)


def agreed(words: str, json: bool) -> bool:
    """Ask for money only where a person can answer."""
    return not json and sys.stdin.isatty() and typer.confirm(f"{words}. Go on?")


def progress(json: bool) -> Any:
    """Show live progress on a terminal."""
    from otio_bridge.cli_show import progress

    return progress(quiet=json)


def said(json: bool, answer: Any, show: Any) -> None:
    """Print an answer as JSON or as a person reads it."""
    if json:
        if isinstance(sys.stdout, io.TextIOWrapper):  # JSON is UTF-8 whatever the code page
            sys.stdout.reconfigure(encoding="utf-8")
        print(_json(answer))
        return
    from otio_bridge import cli_show

    show(cli_show)


def _json(answer: Any) -> str:
    import json as encoder

    if hasattr(answer, "model_dump_json"):
        return str(answer.model_dump_json(indent=2))
    if isinstance(answer, list):
        if len(answer) == 1:
            return _json(answer[0])
        return encoder.dumps(
            {"shots": [entry.model_dump(mode="json") for entry in answer]}, indent=2
        )
    return encoder.dumps(answer, indent=2)


def wrote(json: bool, written: Path, words: str) -> None:
    """Say which file was written."""
    said(json, {"timeline": str(written)}, lambda show: show.line(f"{words} in {written}"))


def box(text: str) -> tuple[int, int, int, int]:
    """Read x0,y0,x1,y1 in pixels."""
    parts = text.split(",")
    if len(parts) != 4 or not all(part.strip().lstrip("-").isdigit() for part in parts):
        raise BridgeError(f"'{text}' is no box; write x0,y0,x1,y1 in pixels of the frame.")
    x0, y0, x1, y1 = (int(part) for part in parts)
    return x0, y0, x1, y1


def points(text: str) -> tuple[list[tuple[int, int]], int]:
    """Read x,y,x,y,...@RADIUS in pixels: the points of a brush stroke and its radius."""
    path, _, radius = text.partition("@")
    numbers = path.split(",")
    if len(numbers) % 2 or not all(one.strip().isdigit() for one in (*numbers, radius)):
        raise BridgeError(f"'{text}' is no brush; write x,y,x,y,...@RADIUS in pixels of the frame.")
    values = [int(one) for one in numbers]
    return list(zip(values[::2], values[1::2], strict=True)), int(radius)


def one_of(option: str, text: str, words: tuple[str, ...]) -> Any:
    """Check one of some words."""
    if text not in words:
        raise BridgeError(f"{option} is {', '.join(words[:-1])} or {words[-1]}, not '{text}'.")
    return text
