"""The tables of `benchmarks/README.md`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from contact.failures import KINDS
from contact.seconds import Seconds, auroc, folded, seconds_of
from contact.table import Seen

SHORT = dict(zip(KINDS, ("limb", "bleed", "prop", "swap", "pop"), strict=True))
RESAMPLES = 300
SIZES = (15, 40, 120, 3601)


def interval(
    take: NDArray[np.int64], measure: Callable[[NDArray[np.int64]], float]
) -> tuple[float, float]:
    """Return the 90 % interval of a measure of rows, takes drawn anew.

    Args:
        take: By row: its take.
        measure: What is asked of the rows of the takes that were drawn.
    """
    rng = np.random.default_rng(0)
    rows = [np.flatnonzero(take == one) for one in np.unique(take)]
    values = []
    for _ in range(RESAMPLES):
        drawn = rng.integers(len(rows), size=len(rows))
        values.append(measure(np.concatenate([rows[i] for i in drawn])))
    low, high = np.nanquantile(values, (0.05, 0.95))
    return float(low), float(high)


def spread_of_any(seconds: Seconds) -> dict[str, float]:
    """Return the interval of the AUROC of any failure."""
    true, said = seconds.true[:, -1], seconds.said[:, -1]
    low, high = interval(seconds.take, lambda rows: auroc(true[rows], said[rows]))
    return {"low": low, "high": high}


def printed(rows: dict[str, dict[str, float]]) -> str:
    """Return the rows as a Markdown table."""
    head = [
        "",
        "seconds / bad",
        "any (90 %)",
        *SHORT.values(),
        "within take",
        "ECE",
        "recall 10/20 %",
    ]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name, row in rows.items():
        cells = [name, f"{row['seconds']:.0f} / {row['bad']:.0f}"]
        cells.append(f"**{row['any']:.3f}** ({row['low']:.2f}–{row['high']:.2f})")
        cells += [_kind(row, kind) for kind in KINDS]
        cells += [f"{row['within']:.3f}", f"{row['ECE']:.3f}"]
        cells.append(f"{row['recall@0.1']:.2f} / {row['recall@0.2']:.2f}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _kind(row: dict[str, float], kind: str) -> str:
    count = int(row[f"{kind} n"])
    return "" if count < 4 else f"{row[kind]:.2f} ({count})"


def by_size(clips: Sequence[Seen], said: Sequence[NDArray[np.float32]]) -> str:
    """Return AUROC by the largest failing area of a second, in cells of 3600."""
    seconds = folded(clips, said)
    area = np.array([
        one.cells[s.start : s.stop].max() for one in clips for s in seconds_of(one)
    ])  # fmt: skip
    good = ~seconds.true[:, -1]
    head = "| failing area | any | " + " | ".join(SHORT.values()) + " |"
    lines = [head, "|" + "---|" * (2 + len(SHORT))]
    for low, high in pairwise(SIZES):
        chosen = seconds.true[:, -1] & (area >= low) & (area < high)
        words = f"{low}-{high - 1} of 3600 cells" if high < SIZES[-1] else f"{low} cells or more"
        parts = [_against(seconds, chosen, good, -1)]
        for column in range(len(KINDS)):
            parts.append(_against(seconds, chosen & seconds.true[:, column], good, column))
        lines.append(f"| {words} | " + " | ".join(parts) + " |")
    return "\n".join(lines)


def paired(broken: Seconds, whole: Seconds) -> str:
    """Return how often a second reads worse with its failures than without.

    Args:
        broken: What is said of footage with failures put in.
        whole: What is said of the same seconds without them.
    """
    more, less = broken.said[:, -1] > whole.said[:, -1], broken.said[:, -1] < whole.said[:, -1]
    won = (1.0 + more - less) / 2
    lines = ["| pairs of seconds | any (90 %) | " + " | ".join(SHORT.values()) + " |"]
    lines.append("|" + "---|" * (2 + len(SHORT)))
    conditions = np.array(broken.condition)
    for name in ("all", *dict.fromkeys(broken.condition)):
        inside = (conditions == name) | (name == "all")
        parts = [_won(won, inside & true) for true in broken.true.T]
        failed = np.flatnonzero(inside & broken.true[:, -1])
        low, high = interval(broken.take[failed], partial(_mean, won[failed]))
        parts[-1] += f", {low:.2f}–{high:.2f}"
        lines.append(f"| {name} | " + " | ".join([parts[-1], *parts[:-1]]) + " |")
    return "\n".join(lines)


def _mean(values: NDArray[np.float64], rows: NDArray[np.int64]) -> float:
    return float(values[rows].mean())


def _won(won: NDArray[np.float64], chosen: NDArray[np.bool_]) -> str:
    return f"{won[chosen].mean():.2f} ({chosen.sum()})" if chosen.sum() >= 4 else ""


def _against(seconds: Seconds, bad: NDArray[np.bool_], good: NDArray[np.bool_], column: int) -> str:
    rows = bad | good
    if bad.sum() < 4:
        return ""
    return f"{auroc(bad[rows], seconds.said[rows, column]):.2f} ({bad.sum()})"
