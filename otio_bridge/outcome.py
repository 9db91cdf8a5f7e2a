"""What the verbs answer: the JSON of every command, made once from nouns (design, section 9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pydantic import Field

from otio_bridge.clock import frames_of_second, rate_text
from otio_bridge.identity import Placed
from otio_bridge.model import (
    FAILURE_KINDS,
    Noun,
    Score,
    SecondScore,
    ShotState,
    Span,
    SplicePlan,
    Take,
    Verdict,
    seconds_of,
)
from otio_bridge.timeline_slots import ORIGINAL


@dataclass(slots=True)
class ShotLine:
    """One clip in the answer of `shots`; plain, because a timeline may have tens of thousands."""

    id: str
    clip: str
    track: str
    record_start: int
    """Frame of the timeline, counted from its first."""
    frames: int
    active_take: str | None
    """Take shown, "original", or None where several are spliced."""
    takes: list[str]
    characters: list[str]
    contact: list[Span]
    state: ShotState
    record_timecode: str = ""
    enabled: bool = True


class ShotList(Noun):
    """The answer of `shots`."""

    timeline: str
    rate: str
    shots: list[ShotLine]
    audio_clips: int = 0
    """Clips on audio tracks, which stay as they are."""


class TakeLine(Noun):
    """One take in the answer of `takes` and `regenerate`."""

    id: str
    provider: str
    model: str
    seed: int
    media: str
    frames: int
    rate: str
    cost_usd: float
    seconds: list[SecondScore]
    notes: list[str] = Field(default_factory=list)


class ShotOutcome(Noun):
    """The answer of `takes`, and of `regenerate` for one shot."""

    shot: str
    takes: list[TakeLine]
    plan: SplicePlan | None
    timeline: str
    generated_seconds: float
    paid_usd: float
    notes: list[str] = Field(default_factory=list)


def state_of(placed: Placed, busy: Mapping[str, int]) -> ShotState:
    """Return the state of a shot as it stands on the timeline."""
    if _is_coverage(placed):
        return "coverage"
    if placed.slot.spliced:
        return "spliced"
    if placed.slot.takes != (ORIGINAL,):
        return "alternate"
    if busy.get(placed.shot):
        return "generating"
    record = placed.record
    if record is None:
        return "untouched"
    return "takes" if record.takes else "described" if record.shot.described else "untouched"


def _is_coverage(placed: Placed) -> bool:
    """Say whether the slot shows single-subject shots and nothing else."""
    if placed.record is None or placed.slot.takes == (ORIGINAL,):
        return False
    alone = {take.id for take in placed.record.takes if take.step == "coverage"}
    return alone.issuperset(placed.slot.takes)


def take_line(
    take: Take, media: str, score: Score | None, verdicts: Sequence[Verdict], rate: Fraction
) -> TakeLine:
    """Return a take with the seconds of its slot that it covers, judged and marked."""
    return TakeLine(
        id=take.id,
        provider=take.provider,
        model=take.model,
        seed=take.seed,
        media=media,
        frames=take.frames,
        rate=rate_text(rate),
        cost_usd=take.cost_usd,
        seconds=cells(take, score, verdicts, rate),
        notes=[*take.notes, *(score.notes if score else ("not judged yet",))],
    )


def cells(
    take: Take, score: Score | None, verdicts: Sequence[Verdict], rate: Fraction
) -> list[SecondScore]:
    """Return the seconds of a slot that a take covers; held is None where nobody judged it."""
    known = score or _unjudged(take, rate)
    judged = seconds_of(known, take.slot_start, take.slot_frames, rate)
    return [cell.model_copy(update=_marked(cell.second, take, verdicts, rate)) for cell in judged]


def frames_marked(take: Take, second: int, rate: Fraction) -> Span:
    """Return the frames of a take that show a second of its slot."""
    frames = frames_of_second(second, rate, take.slot_frames)
    return frames.start - take.slot_start, frames.stop - take.slot_start


def _marked(
    second: int, take: Take, verdicts: Sequence[Verdict], rate: Fraction
) -> dict[str, object]:
    """Return what a person said of a second of a take, as fields of its cell."""
    start, end = frames_marked(take, second, rate)
    found: dict[str, object] = {"verdict": None, "because": None}
    for verdict in verdicts:
        shared = min(end, verdict.end) - max(start, verdict.start)
        if verdict.take == take.id and 2 * shared > end - start:
            found = {"verdict": verdict.mark, "because": verdict.because}
    return found


def _unjudged(take: Take, rate: Fraction) -> Score:
    return Score(
        scorer="none",
        frames=take.frames,
        rate=rate_text(rate),
        held=(None,) * take.frames,
        failures={kind: (0.0,) * take.frames for kind in FAILURE_KINDS},
    )
