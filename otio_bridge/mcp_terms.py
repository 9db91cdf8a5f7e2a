"""The words of an MCP conversation: arguments, answers, instructions, the recipe as a prompt."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from otio_bridge.model import Noun

INSTRUCTIONS = """\
Repairs AI-generated shots in which bodies touch. A clip on a timeline is a shot; `regenerate` makes
takes of it, each second of each take gets P(held); `splice` puts the seconds that held in the
clip's place, to the frame, and nothing else moves. Scores rank and may be wrong: look at the
pictures (`see_take`, `see_board`) before you trust one. Money is spent only by `regenerate`,
`break_coverage` and `fuse_reference` with a paid provider, after the person agreed to its price.
Timelines are absolute paths of OTIO files."""

Timeline = Annotated[str, Field(description="Absolute path of the timeline file.")]
Clip = Annotated[str, Field(description="Clip name, or shot id as in list_shots.")]
TakeName = Annotated[str, Field(description='Such as "t01"; "original" is the clip\'s own media.')]
WAIT_SECONDS = 45.0
"""Most clients give a tool a minute; what takes longer goes on, and `wait` looks again."""
Wait = Annotated[float, Field(ge=0, le=600, description="Seconds to wait for the end.")]
Clips = Annotated[list[str], Field(min_length=1, description="Clip names or shot ids.")]
Takes = Annotated[int, Field(ge=1, le=50, description="At most so many generations a shot.")]
Seconds = Annotated[
    tuple[int, int] | None, Field(description="Only these seconds of the clip, [A, B).")
]
Usd = Annotated[float | None, Field(ge=0, description="USD.")]
AgreedUsd = Annotated[
    float | None, Field(ge=0, description="USD that the person agreed to in so many words.")
]


class Price(Noun):
    """What an order may cost at most, in USD."""

    words: str
    estimate_usd: float
    needs_agreement: bool
    undescribed: tuple[str, ...] = ()
    """Clips that must be described before anything is paid for them."""


class Making(Noun):
    """How far an order is; while it runs, `wait` with its id looks again."""

    id: str
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    words: str = ""
    share: float | None = None
    notes: tuple[str, ...] = ()
    takes: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Takes of each shot, once it is done."""


class Edited(Noun):
    """What became of an edit."""

    state: Literal["pending", "offered", "applied", "differing", "failed", "withdrawn"]
    via: Literal["host", "file"]
    """Whether a connected editor carries it out, or the timeline file was written."""
    words: str
    """The plan, as `splice` takes it."""
    why: str = ""


class Plans(Noun):
    """Plans through the takes, best first."""

    plans: list[dict[str, Any]]
    """words, covered, uncovered_seconds, segments and seams of each."""


class Agreement(BaseModel):
    """The person's answer to a price."""

    agree: bool = Field(description="Spend this money?")


def fix_contact_shot(timeline: str, clip: str, second: str = "", budget_usd: str = "0") -> str:
    """Repair a shot in which bodies touch: the recipe, step by step."""
    where = f" It breaks at second {second}." if second else ""
    return f"""Repair the clip '{clip}' on the timeline {timeline}.{where}
Spend at most {budget_usd} USD.
1. list_shots, then see_board or see_take of "original": say in one sentence who touches whom.
2. describe_shot: characters with their sides, the kind of contact, its span, props, the place.
3. list_takes. If takes are there, look before you ask for more.
4. estimate, then regenerate: only the broken seconds where the rest held; budget_usd is the limit.
   The free provider is offline; a paid one needs the person's word on its price.
5. see_take of every take. Scores rank, they prove nothing: mark_second what you see break or hold.
   Where regenerate ends with "Look first", mark those seconds before you ask for more.
6. plan_splice; splice the best plan. Where no plan covers a second, say so and offer the next step:
   more takes, a drawing for fuse_reference, or break_coverage.
7. see_board, and tell in two sentences what was done, what it cost, and what is still doubtful."""
