"""Pure: the ladder. What to ask for next, by which step, whether it is worth its price, and why.

    attempt   a first take of every chunk, with the locked looks and the fused reference
    edit      the uncovered seconds of the film that stands there, made anew inside it
    fill      under 3 s between two frames that held, both given to the generator
    extend    from the last good frame to the end
    retake    the uncovered seconds with handles
    look      a person looks at them first: they may hold after all
    model     the same with another model
    coverage  single-subject shots instead of the contact

The chance that a second holds in one more generation is the mean of what is believed of its rate:
the project's record of this model as a Beta prior, worth two generations, then what the takes of
the shot showed at that second, by the judge's probabilities or by a person's mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from otio_bridge.clock import frames_of_second
from otio_bridge.model import SecondScore, Span, SplicePlan
from otio_bridge.provider import Limits

Step = Literal["attempt", "edit", "fill", "extend", "retake", "look", "model", "coverage", "done"]

PRIOR_WEIGHT = 2.0
"""Generations that the record of past takes counts for."""
RATES = tuple((2 * n + 1) / 200 for n in range(100))
"""Shares of takes in which a second may hold, among which the true one is sought."""
PRIOR = 0.5
"""Share of seconds that hold where nothing was made yet (facts: about a third of whole takes is
usable, each some seconds long)."""
FILL_SECONDS = 3
"""A stretch between two given frames drifts when it is longer (facts/scoring.md, section 7)."""
COVERAGE_HOLDS = 0.8
"""Chance that a single-subject shot holds; no contact can break in it."""
COVERAGE_SHOTS = 2
RELUCTANCE = 2.35
"""How much dearer coverage is held to be than it costs, since it is not what the editor wanted:
with it a second must fail in four takes of a model before the model is given up."""

LOOK_USD = 0.10
"""What a person's look is worth: with it, simulated shots take 4 looks (`benchmarks.recipe`)."""


@dataclass(frozen=True)
class Standing:
    """What is known of a shot before the next request."""

    unasked: Span | None = None
    """A chunk that nobody made yet."""
    uncovered: tuple[int, ...] = ()
    """Seconds of the slot that the best plan leaves uncovered."""
    chances: Mapping[int, float] | None = None
    """For each uncovered second the chance that one more generation holds there."""
    retake: Span | None = None
    """Slot frames that a retake of uncovered seconds would show, handles included."""
    seconds: tuple[int, ...] = ()
    """The seconds it is for."""
    extends: bool = False
    """Whether it may go on from a good frame to the end of the slot."""
    held_before: bool = False
    """Whether the frame before those seconds held, and which frame that is, is known."""
    held_after: bool = False
    film: bool = False
    """Whether a film stands there whose seconds could be made anew."""
    maybe: float = 0.0
    """Chance that all uncovered seconds hold as the best plan shows them, which nobody looked at;
    0 where nobody is there to look."""
    usd: float = 0.0
    """Price of the retake."""
    coverage_usd: float = 0.0
    """Price of one single-subject shot."""
    others: int = 0
    """Other models that the person agreed to and that were not tried."""


@dataclass(frozen=True)
class Rung:
    """The next step and why it is taken."""

    step: Step
    why: str


def next_rung(now: Standing, limits: Limits) -> Rung:
    """Return the next step of the ladder for a shot."""
    if now.unasked is not None:
        return Rung("attempt", f"nothing shows {_frames(now.unasked)} yet")
    if not now.uncovered or now.retake is None:
        return Rung("done", "every second is covered")
    if now.maybe * now.usd > LOOK_USD:
        return _looked_at(now)
    if not worth_going_on(now):
        return _given_up(now)
    return _retaken(now, limits)


def worth_going_on(now: Standing) -> bool:
    """Say whether covering the hardest second by asking again costs less than by coverage.

    Asking again costs its price over its chance; coverage its two shots over theirs, made dearer
    by `RELUCTANCE`. What is free is always worth it.
    """
    chance = min((now.chances or {}).get(second, PRIOR) for second in now.uncovered)
    if now.usd <= 0:
        return True
    coverage = RELUCTANCE * COVERAGE_SHOTS * (now.coverage_usd or now.usd) / COVERAGE_HOLDS
    return now.usd / max(chance, 1e-6) <= coverage


def chances(
    seconds: Iterable[int], seen: Sequence[Sequence[SecondScore]], prior: float = PRIOR
) -> dict[int, float]:
    """Return for seconds of a slot the chance that one more generation holds there.

    Args:
        seconds: Of the slot.
        seen: The cells of every take so far.
        prior: Share of seconds that held in past takes of the same model.
    """
    found = {}
    for second in seconds:
        cells = [cell for take in seen for cell in take if cell.second == second]
        known = [value for cell in cells if (value := holding(cell)) is not None]
        weights = [_weight(rate, known, prior) for rate in RATES]
        found[second] = sum(w * r for w, r in zip(weights, RATES, strict=True)) / sum(weights)
    return found


def _weight(rate: float, known: Sequence[float], prior: float) -> float:
    """Return how plausible it is that a second holds at a rate, after what takes showed of it.

    The judge's P says how much likelier a look is where a second holds, once the share that it
    expects anyway is taken out of it: several doubtful takes together make a hard second plain.
    """
    share = min(max(prior, RATES[0]), RATES[-1])
    one, other = PRIOR_WEIGHT * share, PRIOR_WEIGHT * (1 - share)
    weight: float = rate ** (one - 1) * (1 - rate) ** (other - 1)
    for held in known:
        weight *= rate * held / share + (1 - rate) * (1 - held) / (1 - share)
    return weight


def holding(cell: SecondScore) -> float | None:
    """Return P(held) of a second: a person's mark first, else the judge; None where neither."""
    if cell.verdict is not None:
        return 1.0 if cell.verdict == "held" else 0.0
    return cell.held


def hopes(
    plan: SplicePlan, seen: Mapping[str, Sequence[SecondScore]], rate: Fraction, frames: int
) -> float:
    """Return the chance that all seconds a plan leaves uncovered hold as it shows them.

    A second that a person saw, or that no take shows, or on which the judge abstains, never does.

    Args:
        plan: The best plan.
        seen: The cells of each take, by its id.
        rate: Frames per second.
        frames: Length of the slot.
    """
    chance = 1.0
    for second in plan.uncovered_seconds:
        within = frames_of_second(second, rate, frames)
        middle = (within.start + within.stop) // 2
        shown = (s.take for s in plan.segments if 0 <= middle - s.slot_start < s.frames)
        cells = seen.get(next(shown, ""), ())
        cell = next((cell for cell in cells if cell.second == second), None)
        chance *= cell.held or 0.0 if cell is not None and cell.verdict is None else 0.0
    return chance if plan.uncovered_seconds else 0.0


def prior_of(cells: Iterable[SecondScore]) -> float:
    """Return the share of past seconds that held, drawn to `PRIOR` while they are few."""
    known = [value for cell in cells if (value := holding(cell)) is not None]
    return (10 * PRIOR + sum(known)) / (10 + len(known))


def _retaken(now: Standing, limits: Limits) -> Rung:
    """Return the cheapest way to make the uncovered seconds anew that the provider offers."""
    which = f"{_seconds(now.seconds)} {'does' if len(now.seconds) == 1 else 'do'}"
    if now.film and "edit" in limits.steps and limits.min_edit_seconds is not None:
        return Rung("edit", f"{which} not hold, and the film around it does")
    short = len(now.seconds) < FILL_SECONDS
    if short and now.held_before and now.held_after and limits.first_frame and limits.last_frame:
        return Rung("fill", f"{which} not hold, and the frames on both sides do")
    if now.extends and limits.first_frame:
        return Rung("extend", f"nothing holds from second {now.seconds[0]} to the end")
    return Rung("retake", f"{which} not hold in any take")


def _looked_at(now: Standing) -> Rung:
    why = (
        f"the judge doubts {_seconds(now.uncovered)}, which may hold all the same "
        f"({now.maybe:.0%}); a look is cheaper than {now.usd:.2f} USD for another take"
    )
    return Rung("look", why)


def _given_up(now: Standing) -> Rung:
    chance = min((now.chances or {}).get(second, PRIOR) for second in now.uncovered)
    why = (
        f"{_seconds(now.uncovered)} failed again and again: one more try, {now.usd:.2f} USD, "
        f"holds with a chance of {chance:.0%}"
    )
    return Rung("model" if now.others else "coverage", why)


def _seconds(seconds: Sequence[int]) -> str:
    if len(seconds) == 1:
        return f"second {seconds[0]}"
    return f"seconds {seconds[0]}-{seconds[-1] + 1}"


def _frames(span: Span) -> str:
    return f"frames {max(0, span[0])}-{span[1]}"
