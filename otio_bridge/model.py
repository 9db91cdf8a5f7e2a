"""The nouns of the road, all frozen: Shot, Request, Job, Take, Score, SplicePlan and their parts.

One definition serves metadata in timelines, sidecar files, the HTTP API and every `--json`.
Spans are half-open and count whole frames; ids never change once given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from otio_bridge.clock import frames_of_second

ContactKind = Literal["hug", "handshake", "carry", "pass", "rope", "other"]
CONTACT_KINDS: tuple[str, ...] = get_args(ContactKind)

FailureKind = Literal[
    "limb_misattribution", "texture_bleed", "prop_pass_through", "identity_swap", "occlusion_pop"
]
FAILURE_KINDS: tuple[str, ...] = get_args(FailureKind)

ShotState = Literal[
    "untouched", "described", "generating", "takes", "spliced", "alternate", "coverage"
]
JobState = Literal[
    "planned", "submitting", "submitted", "ready", "fetched",
    "refused", "failed", "cancelled", "unknown",
]  # fmt: skip
Mark = Literal["held", "failed"]
Side = Literal["left", "center", "right"]
Role = Literal["character", "location", "prop", "fused", "neighbour"]
RequestStep = Literal["sheet", "fused", "chunk", "coverage", "edit"]
"""What a generation is for: a character sheet, a fused reference, a contact chunk, a single-subject
shot, or making about one second of a film anew."""

Span = tuple[int, int]
"""Half-open range of whole frames [start, end)."""

BAD_SHARE = Fraction(1, 8)
"""A second counts as failed when this share of its frames does (facts: the label rule)."""


class Noun(BaseModel):
    """Base of all nouns: frozen, compared by value; fields of newer versions are ignored."""

    # Validators are built at first use: a tenth of the time of `shots`, which needs few of them.
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class Reference(Noun):
    """The look of one character, location, prop, or of a resolved contact (fused reference)."""

    name: str
    role: Role = "character"
    images: tuple[str, ...] = ()
    """Picture files, relative to the project folder; the first is the sheet."""
    sha256: str | None = None
    """Digest over all images, set when the reference is locked."""
    locked: bool = False
    origin: str = ""
    """Where it came from, in words: "images", "frame 12 of hug_010", "drawn by offline"."""
    look: Literal["", "photoreal", "stylised"] = ""
    """How its faces look, as a person declared; some providers refuse photoreal ones."""


class Performer(Noun):
    """One character of a shot and the side it stands on."""

    name: str
    side: Side = "left"


class Shot(Noun):
    """The creative unit behind one clip slot: what is to be seen there."""

    id: str
    clip: str
    """Name of the clip."""
    prompt: str = ""
    performers: tuple[Performer, ...] = ()
    location: str | None = None
    props: tuple[str, ...] = ()
    contact: tuple[Span, ...] = ()
    """Frames of the slot, counted from its start, in which bodies are meant to touch."""
    kind: ContactKind = "other"
    source_start: str | None = None
    """Exact time of the original media, in seconds, at slot frame 0 when contact was set, so that
    the spans can follow later trims; None while there is none."""
    source_speed: str = "1"
    provider: str = ""
    """Who is to generate it, as a person wished: a provider or "auto"; empty for no wish."""
    described: bool = False
    """Whether a person said what the shot is."""


class Request(Noun):
    """What is asked of a provider: one generation of a stretch of one shot."""

    id: str
    shot: str
    take: str
    """Take id that the result will carry, such as "t03"."""
    provider: str
    model: str
    prompt: str
    seed: int
    slot_start: int
    """Slot frame shown by the first frame of the result; negative for a handle."""
    frames: int
    """Length in frames at `rate`, handles included."""
    slot_frames: int
    """Length of the whole slot in frames."""
    rate: str
    size: tuple[int, int]
    """Width and height in pixels."""
    performers: tuple[Performer, ...] = ()
    location: str | None = None
    props: tuple[str, ...] = ()
    contact: tuple[Span, ...] = ()
    """Slot frames of contact, not shifted by the handle."""
    kind: ContactKind = "other"
    references: tuple[Reference, ...] = ()
    """Locked looks attached to the request, in the order in which the prompt names them."""
    first_frame: str | None = None
    """Still that the result must start from, relative to the project folder."""
    last_frame: str | None = None
    source: str | None = None
    """Film to edit or to go on from, relative to the project folder."""
    edit: Span | None = None
    """Frames of the source, at `rate`, to make anew; None with a source: go on from its end."""
    source_start: str = "0"
    """What the take will keep of the slot's place, see `Take`."""
    source_speed: str = "1"
    media_base: int = 0
    """Start of the clip's source range, in frames at `rate`."""
    step: RequestStep = "chunk"
    estimate_usd: float = 0.0


class Job(Noun):
    """One request on its way; the journal keeps it."""

    id: str
    shot: str
    provider: str
    state: JobState
    request: Request
    remote_id: str | None = None
    account: str | None = None
    """Fingerprint of the key that was used, never the key."""
    estimate_usd: float = 0.0
    paid_usd: float = 0.0
    media: str | None = None
    """Fetched file, relative to the project folder."""
    sha256: str | None = None
    why: str = ""
    """The last transition's reason, in words."""


class Take(Noun):
    """One generated file for a shot, conformed to the timeline's rate, with handles."""

    id: str
    """Never reused within a shot: "t01", "t02"."""
    shot: str
    provider: str
    model: str
    seed: int
    media: str
    """Relative to the project folder."""
    frames: int
    rate: str
    slot_start: int
    """Slot frame shown by the take's first frame, in the slot as it was when the take was made."""
    source_start: str = "0"
    """Exact time of the original media, in seconds such as "4999/24", at slot frame 0 when the
    take was made. Text, because OTIO's reader changes the last digit of floats."""
    source_speed: str = "1"
    """Speed at which the slot played the original then: "2" double, "-1/2" reverse slow."""
    media_start: int = 0
    """Start of the take's available range in a timeline, in frames at its rate."""
    slot_frames: int = 0
    """Length of the slot when the take was made."""
    cost_usd: float = 0.0
    sha256: str = ""
    job: str = ""
    size: tuple[int, int] = (0, 0)
    conform: str = "frame for frame"
    """How source frames became frames of the timeline's rate."""
    step: RequestStep = "chunk"
    """Coverage shows one character alone, and is never planned into the contact by itself."""
    prompt: str = ""
    """What the provider was told."""
    notes: tuple[str, ...] = ()

    @property
    def covers(self) -> Span:
        """Frames of the slot that the take has a picture for, handles included."""
        return self.slot_start, self.slot_start + self.frames


class Verdict(Noun):
    """A person's mark on a stretch of one take, in frames of the take."""

    take: str
    start: int
    end: int
    mark: Mark
    because: FailureKind | None = None
    """With "failed": what the person saw go wrong, if they said it."""


class Evidence(Noun):
    """Where and when the judge saw something go wrong."""

    kind: FailureKind
    start: int
    """First frame of the take."""
    end: int
    """Frame after the last."""
    box: tuple[float, float, float, float]
    """x0, y0, x1, y1 as shares of width and height."""
    words: str
    """One sentence for people: "red sleeve of left appears on right"."""


class Score(Noun):
    """What the judge says of every frame of one media file.

    All sequences have one entry a frame. `held` is None where the judge abstains; the reason
    stands in `notes`.
    """

    scorer: str
    frames: int
    rate: str
    held: tuple[float | None, ...]
    failures: dict[str, tuple[float, ...]]
    """P(kind) per frame for every failure kind."""
    evidence: tuple[Evidence, ...] = ()
    notes: tuple[str, ...] = ()


class SecondScore(Noun):
    """One cell of the review: a second of the slot in one take."""

    second: int
    held: float | None
    verdict: Mark | None = None
    because: FailureKind | None = None
    """Why the person rejected it, if they said it."""
    failures: dict[str, float] = Field(default_factory=dict)

    @model_serializer(mode="wrap")
    def _said(self, usual: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Leave out a reason that nobody gave."""
        told: dict[str, object] = usual(self)
        if self.because is None:
            told.pop("because", None)
        return told


class Segment(Noun):
    """One stretch of one take inside a splice."""

    take: str
    """Take id, or "original" for the clip's own media."""
    take_start: int
    """Frame of the take."""
    slot_start: int
    """Frame of the slot."""
    frames: int


class Seam(Noun):
    """The cut between two takes inside a slot."""

    slot_frame: int
    """First frame of the incoming segment."""
    visibility: float
    """0 unseen, about 1 plainly seen; see `splicing`."""


class SplicePlan(Noun):
    """Which stretch of which take shows every frame of a slot."""

    covered: bool
    """Whether every second is shown by a take that probably holds or was marked held."""
    uncovered_seconds: tuple[int, ...] = ()
    segments: tuple[Segment, ...] = ()
    seams: tuple[Seam, ...] = ()


def second_held(frames: Sequence[float | None]) -> float | None:
    """Reduce P(held) of a second's frames to the P(held) of the second.

    A second fails when one eighth of its frames do, so the answer is the k-th smallest value with
    k = one eighth of the frames, rounded up. A second in which half the frames or more are
    abstained from has no answer.
    """
    known = sorted(value for value in frames if value is not None)
    if not frames or 2 * len(known) <= len(frames):
        return None
    return known[math.ceil(len(known) * BAD_SHARE) - 1]


def seconds_of(
    score: Score, slot_start: int, slot_frames: int, rate: Fraction
) -> list[SecondScore]:
    """Fold a take's frame scores into the seconds of its slot.

    Args:
        score: Per-frame score of the take.
        slot_start: Slot frame shown by the take's first frame.
        slot_frames: Length of the slot in frames.
        rate: Frames per second of slot and take.

    Returns:
        One entry for each second of which the take covers every frame inside the slot.
    """
    cells = []
    second = 0
    while frames := frames_of_second(second, rate, slot_frames):
        inside = range(frames.start - slot_start, frames.stop - slot_start)
        if inside.start >= 0 and inside.stop <= score.frames:
            cells.append(_second_score(score, second, inside))
        second += 1
    return cells


def _second_score(score: Score, second: int, frames: range) -> SecondScore:
    failures = {}
    for kind in FAILURE_KINDS:
        said = score.failures.get(kind, ())  # a judge may not tell kinds apart
        held = second_held([1.0 - p for p in said[frames.start : frames.stop]])
        failures[kind] = round(1.0 - (held if held is not None else 1.0), 4)
    held = second_held(score.held[frames.start : frames.stop])
    return SecondScore(
        second=second, held=None if held is None else round(held, 4), failures=failures
    )
