"""A project for the page's tests: takes whose frames say who they are, with known scores."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from otio_bridge import pipeline
from otio_bridge.clock import rate_text
from otio_bridge.model import FAILURE_KINDS, Evidence, Performer, Score, Take
from otio_bridge.project import Project
from otio_bridge.session import Session
from otio_bridge.timeline_sample import SampleClip, written_sample

TOOLS = Path(__file__).resolve().parents[2] / "shared" / "tools" / "frame_codes.py"
CLIP = "hug.mp4"
HANDLE = 12
ORIGINAL_CODE = 100
"""Number of take by which the clip's own media says what it is."""


def frame_codes() -> Any:
    """The tool that writes and reads coded frames; skips where it is not beside this checkout."""
    if not TOOLS.is_file():
        pytest.skip("the frame code tool is not beside this checkout")
    spec = importlib.util.spec_from_file_location("frame_codes", TOOLS)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["frame_codes"] = module
    spec.loader.exec_module(module)
    return module


def coded_project(
    folder: Path,
    *,
    takes: int = 4,
    seconds: int = 5,
    rate: Fraction = Fraction(24),
    size: tuple[int, int] = (640, 360),
    described: bool = True,
) -> Path:
    """Make a timeline of three clips whose middle one has coded takes; return its path."""
    codes = frame_codes()
    media = folder / "media"
    media.mkdir(parents=True)
    frames = round(seconds * rate)
    spare = 24
    clips = [("door.mp4", 48, 101), (CLIP, frames, ORIGINAL_CODE), ("window.mp4", 48, 102)]
    for name, length, number in clips:
        codes.write_clip(
            media / name, take=number, frames=length + 2 * spare, rate=rate, size=size, sound=False
        )
    sample = [SampleClip(f"media/{n}", long, long + 2 * spare, spare) for n, long, _ in clips]
    timeline = written_sample(folder / "cut.otio", rate, sample)
    Project.opened(folder, create=True)
    pipeline.describe(
        timeline,
        CLIP,
        prompt="Mia and Tom hug.",
        performers=[Performer(name="Mia", side="left"), Performer(name="Tom", side="right")],
        contact=[(1.0, float(min(4, seconds - 1)))],
        kind="hug",
    )
    for number in range(1, takes + 1):
        _add(timeline, codes, number, frames, rate, size)
    return timeline


def held_of(number: int, second: int) -> float:
    """P(held) that a take is given in a second: every take fails in other seconds."""
    return (0.93, 0.12, 0.78, 0.55, 0.31)[(number * 2 + second * 3) % 5]


def _add(
    timeline: Path, codes: Any, number: int, frames: int, rate: Fraction, size: tuple[int, int]
) -> None:
    session = Session.opened(timeline)
    placed = session.named(CLIP)
    project = session.needed_project()
    name = project.reserve_take(placed.shot)
    target = project.take_path(placed.shot, name, "coded", ".mov")
    target.parent.mkdir(parents=True, exist_ok=True)
    length = frames + 2 * HANDLE
    codes.write_clip(target, take=number, frames=length, rate=rate, size=size, sound=False)
    take = Take(
        id=name,
        shot=placed.shot,
        provider="offline",
        model="coded",
        seed=1000 + number,
        media=project.relative(target),
        frames=length,
        rate=rate_text(rate),
        slot_start=-HANDLE,
        slot_frames=frames,
        source_start=session.shot_of(placed).source_start or "0",
        size=size,
    )
    project.add_take(take, _score(number, length, rate))


def _score(number: int, length: int, rate: Fraction) -> Score:
    held = [held_of(number, max(0, int((index - HANDLE) / rate))) for index in range(length)]
    failing = [frame for frame, value in enumerate(held) if value < 0.5]
    return Score(
        scorer="known",
        frames=length,
        rate=rate_text(rate),
        held=tuple(held),
        failures={kind: _shares(kind, held) for kind in FAILURE_KINDS},
        evidence=_evidence(failing, number),
    )


def _shares(kind: str, held: Sequence[float]) -> tuple[float, ...]:
    share = {"limb_misattribution": 0.9, "texture_bleed": 0.5}.get(kind, 0.05)
    return tuple(round((1 - value) * share, 3) for value in held)


def _evidence(failing: Sequence[int], number: int) -> tuple[Evidence, ...]:
    if not failing:
        return ()
    left = 0.2 + 0.1 * (number % 4)
    return (
        Evidence(
            kind="limb_misattribution",
            start=failing[0],
            end=failing[0] + 10,
            box=(left, 0.45, left + 0.2, 0.8),
            words="The left sleeve ends at the right body.",
        ),
    )
