"""What requests carry: every body of the API, checked before anything is done."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from otio_bridge.model import ContactKind, FailureKind, Mark, Performer, RequestStep
from otio_bridge.recipe_prompts import HandProps
from otio_bridge.regeneration_terms import Around

Name = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, le=36_000, allow_inf_nan=False)]
Usd = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Frame = Annotated[int, Field(ge=-10_000_000, le=10_000_000)]
PlanText = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
ProviderWish = Annotated[str, StringConstraints(pattern=r"^$|^[a-z][a-z0-9_-]{0,59}$")]
RegionText = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Via = Literal["auto", "host", "file"]
"""Who carries an edit out: a connected host if there is one, only a host, or the file itself."""


class Asked(BaseModel):
    """Base of all bodies: unknown words are refused, so that a slip is noticed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PictureSent(Asked):
    """One picture file."""

    data: Annotated[str, StringConstraints(min_length=1, max_length=60_000_000)]
    """Its content, base64."""


class TimelineAsked(Asked):
    """Open a timeline file."""

    path: Annotated[str, StringConstraints(min_length=1, max_length=4096)]
    """Absolute path."""
    rate: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] | None = None
    """Frames per second, for formats that do not say."""


class TimelinePosted(Asked):
    """A timeline as a host sees it, without a file of its own."""

    folder: Annotated[str, StringConstraints(min_length=1, max_length=4096)]
    """Absolute path of the project's folder, such as that of the .blend; it must exist."""
    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    """Name for the file that the engine keeps there: NAME.HOST.otio."""
    host: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,30}$")]
    """Which editor: "blender", "resolve"."""
    timeline: dict[str, Any]
    """OTIO JSON; media by absolute path or relative to the folder."""


class Described(Asked):
    """What a shot is; what is not given stays as it was."""

    prompt: Annotated[str, StringConstraints(max_length=8000)] | None = None
    performers: Annotated[list[Performer], Field(max_length=8)] | None = None
    location: Annotated[str, StringConstraints(max_length=300)] | None = None
    props: Annotated[list[Name], Field(max_length=16)] | None = None
    contact: Annotated[list[tuple[Seconds, Seconds]], Field(max_length=64)] | None = None
    """Spans [start, end) in seconds of the slot in which bodies touch."""
    kind: ContactKind | None = None
    provider: ProviderWish | None = None
    """Who is to make it: a provider, "auto", or "none" for no wish."""


class Paying(Asked):
    """Who makes something, and what a person agreed to pay for it."""

    provider: ProviderWish = ""
    """A provider, "auto" for the best that is set up, or "": as shot and project wish."""
    model: Annotated[str, StringConstraints(min_length=1, max_length=120)] | None = None
    budget_usd: Usd | None = None
    """Refuse when the price is above this."""
    agreed_usd: Usd | None = None
    """The price that a person agreed to; needed as soon as there is one, see `estimate`."""


class RegenerateAsked(Paying):
    """Which shots to make takes of, and on which terms."""

    clips: Annotated[list[Name], Field(max_length=500)] = []
    """Shot ids or clip names."""
    marked: bool = False
    """Instead, all clips with a marker "contact" or "regenerate"."""
    takes: Annotated[int, Field(ge=1, le=50)] = 4
    """At most so many generations a shot."""
    seconds: (
        tuple[Annotated[int, Field(ge=0, le=36_000)], Annotated[int, Field(ge=0, le=36_000)]] | None
    ) = None
    """Only these seconds of the slot, [A, B)."""
    around: Around = "auto"
    """What is made at first: the slot, only the contact, or what costs less."""
    only: Annotated[list[Name], Field(max_length=8)] = []
    """Only these of the shot's characters."""
    prompt: Annotated[str, StringConstraints(min_length=1, max_length=8000)] | None = None
    """Said instead of what the template gives."""
    hand_props: HandProps = "keep"
    neighbours: bool = False
    """Send the frames before and after the slot along."""
    unlocked: bool = False
    """Go on although a character's look is not locked."""


class CoverageAsked(Paying):
    """Tell a contact in single-subject shots."""

    via: Via = "auto"


class FuseAsked(Paying):
    """Resolve a contact as still pictures, from the sketch that was sent and the sheets."""

    regions: Annotated[dict[Name, RegionText], Field(max_length=8)] = {}
    """For each character a colour, or "x,y" in pixels of the kept sketch inside its outline."""
    front: Annotated[list[Name], Field(max_length=8)] = []
    """Characters from the nearest to the farthest."""
    candidates: Annotated[int, Field(ge=1, le=8)] = 3


class CandidateChosen(Asked):
    """Which candidate is locked."""

    number: Annotated[int, Field(ge=1, le=8)]
    """From 1."""


class SheetAsked(Paying):
    """Draw front, three-quarter, profile and back of a character after pictures of it."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    pictures: Annotated[list[PictureSent], Field(max_length=12)] = []
    """Without any, after the pictures that are there, or the generator's own idea."""


class Wished(Asked):
    """Who makes the shots of a project where no shot and no click says otherwise."""

    provider: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,59}$")]
    """A provider, "auto", or "none" to take the wish back."""
    step: RequestStep | None = None
    """Only for this step of the recipe."""


class MarkAsked(Asked):
    """A person's mark on one second of a take; null clears it."""

    take: Name
    second: Annotated[int, Field(ge=0, le=36_000)]
    mark: Mark | None
    because: FailureKind | None = None
    """With "failed": what went wrong."""


class MarksAsked(Asked):
    """Marks that are set together."""

    marks: Annotated[list[MarkAsked], Field(min_length=1, max_length=2000)]


class CellChoice(Asked):
    """Show this second of the slot from this take."""

    take: Name
    second: Annotated[int, Field(ge=0, le=36_000)]


class PlanAsked(Asked):
    """A plan to try out; nothing of it is kept."""

    plan: PlanText = "auto"
    """"auto", or stretches as in `splice --plan`: "t1:0-2,t3:2-5" or "t1:0f-37f,..."."""
    count: Annotated[int, Field(ge=1, le=8)] = 1
    """How many plans, best first; with "auto"."""
    shift: Annotated[int, Field(ge=0, le=12)] = 0
    """How many frames earlier or later than in step a take may be shown; with "auto"."""
    keep: Annotated[list[CellChoice], Field(max_length=2000)] = []
    """Seconds that must be shown from a take."""
    reject: Annotated[list[CellChoice], Field(max_length=2000)] = []
    """Seconds that must not be shown from a take."""
    marks: Annotated[list[MarkAsked], Field(max_length=2000)] = []
    """Marks tried on top of those that are kept."""


class EditAsked(Asked):
    """A wish for the timeline."""

    kind: Literal["use", "splice", "revert", "alternates"]
    shot: Name
    """Shot id or clip name."""
    take: Name | None = None
    """With "use": which take, or "original"."""
    plan: PlanText = "auto"
    """With "splice": "auto" or a plan in words."""
    nested: bool = False
    """With "splice": one unit in the slot instead of neighbouring clips."""
    via: Via = "auto"


class Claim(Asked):
    """A host asks for the next edit."""

    host: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    """Who asks, such as "resolve 4711": the same for as long as it lives."""
    wait_seconds: Annotated[float, Field(ge=0, le=25, allow_inf_nan=False)] = 0
    """Wait so long for one to come."""
    lease_seconds: Annotated[float, Field(ge=1, le=600, allow_inf_nan=False)] = 60
    """Without a read-back by then the edit is offered again."""


class PlacementRead(Asked):
    """One stretch as the host finds it on its timeline after the edit."""

    media: Annotated[str, StringConstraints(max_length=4096)]
    """Absolute path."""
    source_start: Frame
    """First frame of the file that is shown."""
    frames: Frame
    slot_start: Frame
    """Frames after the slot's first one."""


class ReadBack(Asked):
    """What a host did and found."""

    host: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    done: bool
    """Whether the edit was carried out."""
    placements: Annotated[list[PlacementRead], Field(max_length=1000)] = []
    track: Annotated[str, StringConstraints(max_length=300)] = ""
    """Where the host put it, as it names its tracks."""
    why: Annotated[str, StringConstraints(max_length=1000)] = ""
    """Reason, when it was not carried out."""


class LookAsked(Asked):
    """A look: pictures, or a box on a frame of a clip."""

    role: Literal["character", "location", "prop"]
    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    pictures: Annotated[list[PictureSent], Field(max_length=12)] = []
    clip: Name | None = None
    """Instead of pictures: take it from this clip's own media."""
    frame: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    """Frame of the slot."""
    box: tuple[Share, Share, Share, Share] | None = None
    """x0, y0, x1, y1 as shares of width and height."""
    brush: Annotated[list[tuple[Share, Share]], Field(max_length=2000)] = []
    """Instead of a box: the points of a stroke over the body, as shares of width and height."""
    brush_width: Share = 0.05
    """Width of the stroke as a share of the picture's width."""


class Resolved(Asked):
    """What became of a job that may have been paid."""

    answer: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    """"paid" (the result is lost), "not paid", or the provider's id for it."""
