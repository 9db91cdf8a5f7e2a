"""Edits in no host's language: which frames of which file go where, and how to take them back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from otio_bridge import judging, pipeline
from otio_bridge.engine.answers import SlotAnswer, slot_answer
from otio_bridge.engine.asking import EditAsked, PlacementRead
from otio_bridge.engine.desk import Page
from otio_bridge.engine.planning import plan_in_words, take_named, words_of
from otio_bridge.engine.refusals import Refusal
from otio_bridge.errors import PlanError
from otio_bridge.identity import Placed
from otio_bridge.model import Noun, SecondScore, Segment, Take
from otio_bridge.outcome import cells
from otio_bridge.preview import media_frame
from otio_bridge.timeline_edits import transitions_around
from otio_bridge.timeline_place import place_of
from otio_bridge.timeline_slots import ORIGINAL


class Placement(Noun):
    """One stretch of a file in a slot."""

    take: str
    """Take id, or "original" for the clip's own media."""
    media: str
    """Absolute path."""
    source_start: int
    """First frame of the file that is shown, counted from the file's first frame."""
    frames: int
    """Length in frames of the timeline."""
    slot_start: int
    """Frames after the slot's first one."""
    size: tuple[int, int] | None = None
    """Width and height of a take in pixels; None for the clip's own media."""
    gain: tuple[float, float, float] | None = None
    """Of R, G and B, where the take's light differs from that of the take shown most."""
    speed: str = "1"
    """Speed at which the file plays, such as "2" or "-1/2"; takes always play at 1."""


class Alternate(Noun):
    """A take that the host may offer in the slot."""

    take: str
    name: str
    """Name for strips and bins: the file's own."""
    media: str
    """Absolute path."""
    frames: int
    """Length of the whole file in frames, handles included."""
    source_start: int
    """Frame of the file that shows the slot's first frame; negative where it begins later."""
    head: int
    """Frames of the file before the slot's first frame, at least 0."""
    tail: int
    """Frames of the file after the slot's last frame, at least 0."""
    covers_slot: bool
    """Whether it has a picture for every frame of the slot and its transitions."""
    seconds: tuple[SecondScore, ...]


class EditShape(Noun):
    """What a host is to do, in whole frames of the timeline's rate."""

    shot: str
    """Id of the clip, also found in the takes' names."""
    clip: str
    """Name of the clip."""
    slot: SlotAnswer
    nested: bool
    placements: tuple[Placement, ...]
    """In record order, covering the slot exactly; none with "revert" and "alternates"."""
    alternates: tuple[Alternate, ...]
    restore: Placement | None
    """What the slot showed before any take stood in it; None where that media is missing."""
    words: str
    """The plan in words, for people and for `splice --plan`."""
    clips: tuple[dict[str, Any], ...] = ()
    """What stands in the slot then, as OTIO clips with takes and reversal record: for hosts that
    write OTIO themselves. One a placement; one in all without placements."""


def shaped(page: Page, placed: Placed, asked: EditAsked) -> EditShape:
    """Return a wish as an edit.

    Raises:
        BridgeError: The take or plan cannot be shown in the slot.
    """
    takes = page.session.takes_of(placed) if page.session.project is not None else []
    segments = _segments(page, placed, takes, asked)
    return EditShape(
        shot=placed.id,
        clip=placed.slot.name,
        slot=slot_answer(page, placed),
        nested=asked.nested,
        placements=tuple(_placements(page, placed, takes, segments)),
        alternates=tuple(_alternate(page, placed, take) for take in takes),
        restore=_original(page, placed, 0, placed.slot.frames),
        words=words_of(segments, takes),
        clips=_clips(page, placed, segments, asked),
    )


def _clips(
    page: Page, placed: Placed, segments: Sequence[Segment], asked: EditAsked
) -> tuple[dict[str, Any], ...]:
    if page.session.project is None:
        return ()
    back = asked.kind == "revert" or (asked.kind == "use" and asked.take == ORIGINAL)
    found = pipeline.clips_after(page.path, placed.id, segments, back=back, rate=page.opened.rate)
    return tuple(json.loads(clip) for clip in found)


def differences(shape: EditShape, found: Sequence[PlacementRead]) -> list[str]:
    """Say in sentences how what a host found differs from what it was to do."""
    said = []
    if len(found) != len(shape.placements):
        said.append(f"{len(found)} stretches stand in the slot instead of {len(shape.placements)}.")
    ordered = sorted(found, key=lambda one: one.slot_start)
    for wanted, read in zip(shape.placements, ordered, strict=False):
        if not same_file(wanted.media, read.media):
            said.append(f"Frame {wanted.slot_start} shows {read.media} instead of {wanted.media}.")
        for name, want, got in (
            ("starts at slot frame", wanted.slot_start, read.slot_start),
            ("shows source frame", wanted.source_start, read.source_start),
            ("lasts", wanted.frames, read.frames),
        ):
            if want != got:
                said.append(f"{wanted.take} {name} {got} instead of {want}.")
    return said


def same_file(one: str, other: str) -> bool:
    """Say whether two paths as hosts write them name one file."""
    plain = [path.replace("\\", "/").removeprefix("file://") for path in (one, other)]
    return plain[0] == plain[1] or plain[0].casefold() == plain[1].casefold()


def _segments(
    page: Page, placed: Placed, takes: Sequence[Take], asked: EditAsked
) -> Sequence[Segment]:
    if asked.kind == "splice":
        return plan_in_words(page, placed, asked.plan).segments
    if asked.kind != "use" or asked.take == ORIGINAL:
        return ()
    if asked.take is None:
        raise Refusal(422, "Which take is meant? Send its id in take.")
    take = take_named(placed, takes, asked.take)
    frames = placed.slot.frames
    head, tail = transitions_around(page.session.cut, placed.slot)
    if take.slot_start > -head or take.slot_start + take.frames < frames + tail:
        raise PlanError(
            f"{take.id} has a picture for slot frames {take.slot_start} to "
            f"{take.slot_start + take.frames} but the slot with its transitions needs {-head} to "
            f"{frames + tail}; splice it with other takes."
        )
    return (Segment(take=take.id, take_start=-take.slot_start, slot_start=0, frames=frames),)


def _placements(
    page: Page, placed: Placed, takes: Sequence[Take], segments: Sequence[Segment]
) -> Iterable[Placement]:
    files = {take.id: str(page.session.take_file(take)) for take in takes}
    lights = judging.lights(page.session, takes, segments)
    sizes = {take.id: take.size for take in takes}
    for segment in segments:
        if segment.take == ORIGINAL:
            own = _original(page, placed, segment.slot_start, segment.frames)
            if own is None:
                raise PlanError(
                    f"The media of '{placed.slot.name}' is missing, and the plan shows it; relink "
                    "it, or let takes show the whole slot."
                )
            yield own
        else:
            yield Placement(
                take=segment.take,
                media=files[segment.take],
                source_start=segment.take_start,
                frames=segment.frames,
                slot_start=segment.slot_start,
                size=sizes[segment.take],
                gain=lights.get(segment.take),
            )


def _original(page: Page, placed: Placed, slot_start: int, frames: int) -> Placement | None:
    session, slot = page.session, placed.slot
    media = session.media_of(slot)
    if media is None:
        return None
    place = place_of(slot, session.rate)
    return Placement(
        take=ORIGINAL,
        media=str(media.resolve()),
        source_start=media_frame(session, slot, place, slot_start),
        frames=frames,
        slot_start=slot_start,
        speed=str(place.speed),
    )


def _alternate(page: Page, placed: Placed, take: Take) -> Alternate:
    session, frames = page.session, placed.slot.frames
    head, tail = transitions_around(session.cut, placed.slot)
    first, last = take.covers
    score = page.project.score(take)
    file = session.take_file(take)
    verdicts = judging.verdicts_of(session, placed)
    return Alternate(
        take=take.id,
        name=file.name,
        media=str(file),
        frames=take.frames,
        source_start=-take.slot_start,
        head=max(0, -first),
        tail=max(0, last - frames),
        covers_slot=first <= -head and last >= frames + tail,
        seconds=tuple(cells(take, score, verdicts, session.rate)),
    )
