"""The tables of `benchmarks/README.md`."""

from __future__ import annotations

import numpy as np

from contact.failures import KINDS
from contact.seconds import Seconds, auroc

SHORT = dict(zip(KINDS, ("limb", "bleed", "prop", "swap", "pop"), strict=True))
RESAMPLES = 300


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
