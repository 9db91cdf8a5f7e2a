"""What a person asked for in one `regenerate`, and what is known of each shot while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from otio_bridge import provider, recipe
from otio_bridge.errors import MediaError
from otio_bridge.identity import Placed
from otio_bridge.media import probe
from otio_bridge.model import Shot, Take
from otio_bridge.provider import Limits, Provider
from otio_bridge.recipe import Aim
from otio_bridge.recipe_prompts import HandProps
from otio_bridge.routing import Route
from otio_bridge.session import Session
from otio_bridge.timeline import seconds_of_time
from otio_bridge.timeline_edits import transitions_around
from otio_bridge.timeline_place import place_of, visible_range

Tell = Callable[[str, float | None], None]
"""Hears what is going on: words, and the share done where that is known."""
Around = Literal["auto", "slot", "contact"]
"""What is made at first: the whole slot, only the contact, or what costs less where it costs."""
UNKNOWN_SIZE = (1280, 720)
"""Width and height in pixels where the clip's media cannot be read."""


@dataclass
class Order:
    """What a person asked for in one `regenerate`."""

    takes: int = 4
    """At most so many generations a shot."""
    provider: str = ""
    """A provider, "auto" for the best that is set up, or what shot or project wish."""
    model: str | None = None
    seconds: tuple[int, int] | None = None
    """Only these seconds of the slot."""
    budget_usd: float | None = None
    agreed: Callable[[str, float], bool] = lambda _words, _usd: False
    """Asked before paid work, with words and the price in USD."""
    around: Around = "auto"
    only: tuple[str, ...] = ()
    """Only these of the shot's characters."""
    prompt: str | None = None
    """Said instead of what the template gives."""
    hand_props: HandProps = "keep"
    neighbours: bool = False
    """Whether the frames before and after the slot go along as references."""
    scorer: str = ""
    """Name of the judge; the usual one when ""."""
    workers: str = ""
    """Who conforms and judges, in the words of `workers.opened`."""
    unlocked: bool = False
    """Whether the person allows characters whose look is not locked."""


@dataclass
class Work:
    """One shot in the loop."""

    placed: Placed
    shot: Shot
    aim: Aim
    routes: list[Route] = field(default_factory=list)
    """Who makes it: the first now, the others where that one is given up."""
    asked: Provider | None = None
    """The provider of the first route."""
    around: Literal["slot", "contact"] = "slot"
    most_usd: float = 0.0
    """Price agreed to for one generation."""
    made: list[Take] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    stopped: bool = False

    @property
    def route(self) -> Route:
        """Who makes it now."""
        return self.routes[0]

    @property
    def provider(self) -> Provider:
        """The provider of the present route."""
        if self.asked is None or self.asked.name != self.route.provider:
            self.asked = provider.find(self.route.provider)
        return self.asked

    @property
    def limits(self) -> Limits:
        """What that provider can do."""
        return self.provider.limits

    def stop(self, why: str) -> None:
        """Ask for nothing more, and say why."""
        self.stopped = True
        self.notes.append(why)


def aim_of(session: Session, placed: Placed) -> Aim:
    """Return where a request for a slot must fit."""
    slot = placed.slot
    place = place_of(slot, session.rate)
    item = slot.item
    shown = visible_range(item).start_time if hasattr(item, "media_references") else None
    start = place.head if shown is None else seconds_of_time(shown)
    return Aim(
        frames=slot.frames,
        rate=session.rate,
        size=_size_of(session, placed),
        handles=recipe.handles_for(transitions_around(session.cut, slot)),
        source_start=str(place.head),
        source_speed=str(place.speed),
        media_base=round(start * session.rate),
    )


def _size_of(session: Session, placed: Placed) -> tuple[int, int]:
    media = session.media_of(placed.slot)
    if media is not None:
        try:
            return probe(media).size
        except MediaError:
            return UNKNOWN_SIZE
    return UNKNOWN_SIZE
