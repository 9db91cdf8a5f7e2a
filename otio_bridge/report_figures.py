"""The numbers of a report: what generating cost, what of it was used, and how it failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from pydantic import Field

from otio_bridge.model import (
    FAILURE_KINDS,
    Noun,
    Score,
    SecondScore,
    Segment,
    Shot,
    SplicePlan,
    Take,
    Verdict,
)
from otio_bridge.outcome import cells

HOLDS = 0.5
LIKELY = 0.25
"""P(kind) from which a failure is named; below it the judge only guesses."""
"""P(held) from which a second counts as held where no person marked it."""


@dataclass(frozen=True)
class ShotReport:
    """Everything a report says of one shot."""

    shot: Shot
    rate: Fraction
    """Frames per second."""
    slot_frames: int
    takes: Sequence[Take]
    scores: Mapping[str, Score] = field(default_factory=dict)
    """By take id; a take without one was not judged."""
    verdicts: Sequence[Verdict] = ()
    plan: SplicePlan | None = None
    segments: Sequence[Segment] | None = None
    """What the slot shows now; None while it shows the original."""
    board: Path | None = None
    """Picture of takes x seconds."""
    notes: Sequence[str] = ()

    @property
    def used(self) -> list[Segment]:
        """Segments of takes, not of the original, that the slot shows now."""
        takes = {take.id for take in self.takes}
        return [segment for segment in self.segments or () if segment.take in takes]

    def cells(self, take: Take) -> list[SecondScore]:
        """Return the seconds of the slot that a take covers, judged and marked."""
        return cells(take, self.scores.get(take.id), self.verdicts, self.rate)


class ProviderFigures(Noun):
    """One provider's share."""

    generations: int = 0
    used: int = 0
    """Generations of which the cut shows something."""
    seconds_judged: int = 0
    seconds_failed: int = 0
    failures: dict[str, int] = Field(default_factory=dict)
    """Failed seconds by the kind that was worst."""
    paid_usd: float = 0.0


class Figures(Noun):
    """The numbers of all shots together; ratios are None where nothing was used yet."""

    shots: int
    generations: int
    generations_used: int
    """Generations of which the cut shows something."""
    used_share: float | None
    usable_shots: int
    """Shots whose slot shows takes now: a person put them there or let them stand."""
    stitched_shots: int
    """Shots that show two takes or more."""
    generations_per_usable_shot: float | None
    seconds_generated: float
    """Seconds of all takes, handles included."""
    seconds_used: float
    generated_per_used: float | None
    """Seconds generated for each second used."""
    contact_shots: int
    contact_shot_share: float | None
    contact_second_share: float | None
    """Share of all slots' seconds in which bodies are meant to touch."""
    paid_usd: float
    usd_per_used_second: float | None
    seconds_judged: int
    seconds_failed: int
    failures: dict[str, int]
    """Failed seconds by the kind that was worst, every kind present."""
    providers: dict[str, ProviderFigures]


def figures(shots: Sequence[ShotReport]) -> Figures:
    """Count what the shots' takes cost, what of them is used, and how they failed."""
    takes = [take for each in shots for take in each.takes]
    used = [len({segment.take for segment in each.used}) for each in shots]
    usable = sum(count > 0 for count in used)
    generated = float(sum(Fraction(take.frames) / Fraction(take.rate) for take in takes))
    shown = float(sum(segment.frames / each.rate for each in shots for segment in each.used))
    slots = float(sum(each.slot_frames / each.rate for each in shots))
    touching = [_contact_seconds(each) for each in shots]
    providers = _by_provider(shots)
    failures = Counter({kind: 0 for kind in FAILURE_KINDS})
    for provider in providers.values():
        failures.update(provider.failures)
    paid = sum(take.cost_usd for take in takes)
    return Figures(
        shots=len(shots),
        generations=len(takes),
        generations_used=sum(used),
        used_share=_ratio(sum(used), len(takes)),
        usable_shots=usable,
        stitched_shots=sum(count > 1 for count in used),
        generations_per_usable_shot=_ratio(len(takes), usable),
        seconds_generated=round(generated, 3),
        seconds_used=round(shown, 3),
        generated_per_used=_ratio(generated, shown),
        contact_shots=sum(seconds > 0 for seconds in touching),
        contact_shot_share=_ratio(sum(seconds > 0 for seconds in touching), len(shots)),
        contact_second_share=_ratio(float(sum(touching)), slots),
        paid_usd=round(paid, 4),
        usd_per_used_second=_ratio(paid, shown),
        seconds_judged=sum(each.seconds_judged for each in providers.values()),
        seconds_failed=sum(each.seconds_failed for each in providers.values()),
        failures=dict(failures),
        providers=providers,
    )


def failed(cell: SecondScore) -> bool | None:
    """Say whether a second failed: a person's mark first, else the judge; None where neither."""
    if cell.verdict is not None:
        return cell.verdict == "failed"
    return None if cell.held is None else cell.held < HOLDS


def worst_kind(cell: SecondScore) -> str | None:
    """Return the failure kind that is likeliest in a second, None where none is likely.

    A person marks a second failed without saying how; the judge then only guesses.
    """
    kind = max(cell.failures, key=lambda each: cell.failures[each], default=None)
    return kind if kind is not None and cell.failures[kind] >= LIKELY else None


def _by_provider(shots: Sequence[ShotReport]) -> dict[str, ProviderFigures]:
    names = sorted({take.provider for each in shots for take in each.takes})
    return {name: _figures_of(name, shots) for name in names}


def _figures_of(provider: str, shots: Sequence[ShotReport]) -> ProviderFigures:
    owned = [(each, take) for each in shots for take in each.takes if take.provider == provider]
    cells = [cell for each, take in owned for cell in each.cells(take)]
    bad = [cell for cell in cells if failed(cell)]
    return ProviderFigures(
        generations=len(owned),
        used=sum(any(one.take == take.id for one in each.used) for each, take in owned),
        seconds_judged=sum(failed(cell) is not None for cell in cells),
        seconds_failed=len(bad),
        failures=dict(Counter(kind for cell in bad if (kind := worst_kind(cell)))),
        paid_usd=round(sum(take.cost_usd for _, take in owned), 4),
    )


def _contact_seconds(report: ShotReport) -> Fraction:
    touching = {frame for start, end in report.shot.contact for frame in range(start, end)}
    return len(touching & set(range(report.slot_frames))) / report.rate


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None
