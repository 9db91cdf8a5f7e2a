"""The figures of a report in words, for the page and for the terminal."""

from __future__ import annotations

from otio_bridge.report_figures import Figures


def cards(found: Figures) -> list[tuple[str, str, str]]:
    """Return the figures of a production as name, value and what it is made of."""
    return [
        (
            "Generations used", percent(found.used_share),
            f"{found.generations_used} of {found.generations} takes are in the cut",
        ),
        (
            "Generations per usable shot", number(found.generations_per_usable_shot),
            f"{counted(found.usable_shots, 'shot')} of {found.shots} filled by takes",
        ),
        (
            "Stitched shots", str(found.stitched_shots),
            f"of {found.usable_shots} show two takes or more",
        ),
        (
            "Generated per second used", number(found.generated_per_used, " s"),
            f"{found.seconds_generated:.1f} s generated, {found.seconds_used:.1f} s used",
        ),
        (
            "Shots with contact", percent(found.contact_shot_share),
            f"bodies touch in {percent(found.contact_second_share)} of all seconds",
        ),
        (
            "Paid", money(found.paid_usd),
            f"{money(found.usd_per_used_second)} per second used",
        ),
    ]  # fmt: skip


def failures(found: Figures) -> list[tuple[str, str]]:
    """Return who failed how often, and in which ways, the worst first."""
    lines = []
    for name, each in found.providers.items():
        kinds = sorted(each.failures.items(), key=lambda item: -item[1])
        told = ", ".join(f"{kind.replace('_', ' ')} {count}" for kind, count in kinds)
        share = percent(each.seconds_failed / each.seconds_judged if each.seconds_judged else None)
        lines.append((name, f"{share} of {counted(each.seconds_judged, 'second')} failed. {told}"))
    return lines


def percent(share: float | None) -> str:
    """Return a share such as "25 %"."""
    return "–" if share is None else f"{share * 100:.0f} %"


def number(value: float | None, unit: str = "") -> str:
    """Return a number with one decimal."""
    return "–" if value is None else f"{value:.1f}{unit}"


def money(value: float | None) -> str:
    """Return USD."""
    return "–" if value is None else f"${value:,.2f}"


def counted(number: int, noun: str) -> str:
    """Return so many of a thing."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
