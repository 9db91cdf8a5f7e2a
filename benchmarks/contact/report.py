"""The tables of `benchmarks/README.md`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from contact.failures import KINDS
from contact.seconds import Seconds, auroc, folded, seconds_of
from contact.table import Seen

SHORT = dict(zip(KINDS, ("limb", "bleed", "prop", "swap", "pop"), strict=True))
RESAMPLES = 300
SIZES = (15, 40, 120, 3601)


def spread_of_any(seconds: Seconds, seed: int = 0) -> dict[str, float]:
    """Return the 90 % interval of the AUROC of any failure, clips drawn anew."""
    rng = np.random.default_rng(seed)
    takes = np.unique(seconds.take)
    rows = {take: np.flatnonzero(seconds.take == take) for take in takes}
    values = []
    for _ in range(RESAMPLES):
        chosen = np.concatenate([rows[t] for t in rng.choice(takes, len(takes))])
        values.append(auroc(seconds.true[chosen, -1], seconds.said[chosen, -1]))
    low, high = np.nanquantile(values, (0.05, 0.95))
    return {"low": float(low), "high": float(high)}


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
        low, high = _spread(won, broken.take, inside & broken.true[:, -1])
        parts[-1] += f", {low:.2f}–{high:.2f}"
        lines.append(f"| {name} | " + " | ".join([parts[-1], *parts[:-1]]) + " |")
    return "\n".join(lines)


def _won(won: NDArray[np.float64], chosen: NDArray[np.bool_]) -> str:
    return f"{won[chosen].mean():.2f} ({chosen.sum()})" if chosen.sum() >= 4 else ""


def _spread(
    won: NDArray[np.float64], take: NDArray[np.int64], chosen: NDArray[np.bool_]
) -> tuple[float, float]:
    """Return the 90 % interval of a mean, takes drawn anew."""
    rng = np.random.default_rng(0)
    by_take = [won[chosen & (take == one)] for one in np.unique(take[chosen])]
    means = []
    for _ in range(RESAMPLES):
        drawn = rng.integers(len(by_take), size=len(by_take))
        means.append(np.concatenate([by_take[i] for i in drawn]).mean())
    low, high = np.quantile(means, (0.05, 0.95))
    return float(low), float(high)


def _against(seconds: Seconds, bad: NDArray[np.bool_], good: NDArray[np.bool_], column: int) -> str:
    rows = bad | good
    if bad.sum() < 4:
        return ""
    return f"{auroc(bad[rows], seconds.said[rows, column]):.2f} ({bad.sum()})"
