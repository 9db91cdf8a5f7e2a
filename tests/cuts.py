"""Timelines for tests, built the way the real exports look (facts/resolve.md section 11)."""

from __future__ import annotations

import json
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import opentimelineio as otio
from hypothesis import strategies as st

from otio_bridge.model import Segment, Take
from otio_bridge.timeline import Cut, seconds_of_time, timeline_rate, timeline_text
from otio_bridge.timeline_place import place_of, visible_range
from otio_bridge.timeline_slots import Slot, slots_in

RT, TR = otio.opentime.RationalTime, otio.opentime.TimeRange
RATES = (24.0, 23.976, 25.0, 29.97, 30.0)
WARPS = (None, 2.0, 0.5, -1.0, -2.0)


def clip(
    name: str, frames: int = 48, *, rate: float = 24.0, start: int = 100, warp: float | None = None,
    markers: int = 0, effects: int = 0, missing: bool = False,
) -> Any:  # fmt: skip
    """A clip whose media is 1000 frames longer than what it shows."""
    media: Any = otio.schema.MissingReference()
    if not missing:
        span = TR(RT(0, rate), RT(start + frames * 2 + 1000, rate))
        media = otio.schema.ExternalReference(f"/media/{name}.mov", span)
    made = otio.schema.Clip(name, media, TR(RT(start, rate), RT(frames, rate)))
    for number in range(markers):
        at = TR(RT(start + number * max(1, frames // (markers or 1)), rate), RT(1, rate))
        made.markers.append(otio.schema.Marker(f"m{number}", at))
    for number in range(effects):
        made.effects.append(otio.schema.Effect(f"e{number}", "Transform"))
    if warp is not None:
        made.effects.insert(min(1, effects), otio.schema.LinearTimeWarp("", warp))
    return made


def cut_of(*items: Any, start: int | None = None, rate: float = 24.0) -> Cut:
    """A timeline of one picture track, wrapped as if it had been read."""
    timeline = otio.schema.Timeline("cut")
    if start is not None:
        timeline.global_start_time = RT(start, rate)
    track = otio.schema.Track("Video 1", kind=otio.schema.TrackKind.Video)
    track.extend(items)
    timeline.tracks.append(track)
    return Cut(Path("cut.otio"), timeline, timeline_rate(timeline), "")


def take_for(
    cut: Cut, slot: Slot, number: int, *, head: int = 12, tail: int = 12,
    slot_start: int | None = None, frames: int | None = None,
) -> Take:  # fmt: skip
    """A take made for the slot as it stands."""
    place = place_of(slot, cut.rate)
    start = -head if slot_start is None else slot_start
    length = slot.frames + head + tail if frames is None else frames
    source = visible_range(slot.item).start_time
    base = round(seconds_of_time(source) * cut.rate)
    return Take(
        id=f"t{number:02}", shot="s", provider="offline", model="m", seed=number,
        media=f"takes/t{number:02}.mov", frames=length, slot_start=start, slot_frames=slot.frames,
        rate=f"{cut.rate.numerator}/{cut.rate.denominator}", source_start=str(place.head),
        source_speed=str(place.speed), media_start=base + start,
    )  # fmt: skip


def plan_in(chance: random.Random, frames: int, handle: int = 12) -> list[Segment]:
    """A random plan through t01, t02 and t03 that covers a slot."""
    cuts_at = {chance.randrange(frames) for _ in range(chance.randrange(4))}
    edges = sorted({0, frames, *cuts_at})
    return [
        Segment(
            take=f"t{chance.randint(1, 3):02}", take_start=a + handle, slot_start=a, frames=b - a
        )
        for a, b in pairwise(edges)
    ]


def only_slot(cut: Cut, name: str = "hug") -> Slot:
    """The one slot of that name."""
    (found,) = [slot for slot in slots_in(cut) if slot.name == name]
    return found


def facts(cut: Cut) -> Any:
    """The timeline as plain JSON."""
    return json.loads(timeline_text(cut.timeline))


@st.composite
def cuts(draw: st.DrawFn) -> Cut:
    """Random one-track timelines around a clip named "hug"."""
    rate = draw(st.sampled_from(RATES))
    frames = draw(st.integers(2, 200))
    hug = clip(
        "hug", frames, rate=rate, start=draw(st.integers(0, 5000)),
        warp=draw(st.sampled_from(WARPS)), markers=draw(st.integers(0, min(3, frames))),
        effects=draw(st.integers(0, 2)), missing=draw(st.booleans()),
    )  # fmt: skip
    before = [
        clip(f"b{n}", draw(st.integers(13, 60)), rate=rate) for n in range(draw(st.integers(0, 2)))
    ]
    after = [
        clip(f"a{n}", draw(st.integers(13, 60)), rate=rate) for n in range(draw(st.integers(0, 2)))
    ]
    items: list[Any] = [*before]
    if before and draw(st.booleans()):
        items.append(otio.schema.Transition("in", "SMPTE_Dissolve", RT(4, rate), RT(5, rate)))
    items.append(hug)
    if after and draw(st.booleans()):
        items.append(otio.schema.Transition("out", "SMPTE_Dissolve", RT(5, rate), RT(6, rate)))
    if draw(st.booleans()):
        after.insert(0, otio.schema.Gap(source_range=TR(RT(0, rate), RT(7, rate))))
        items = [item for item in items if getattr(item, "name", "") != "out"]
    return cut_of(*items, *after, start=draw(st.sampled_from([None, 86400])), rate=rate)
