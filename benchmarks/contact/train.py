"""Training the judge from the table, and its tables: `python -m contact.train [--write]`.

Everything comes from `table.npz` beside this file. What nets say of clips that they
never saw is kept in --kept, so that the command can be stopped and started again.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contact.baseline import baseline_rows
from contact.cast import LIKENESS
from contact.report import by_size, paired, printed, spread_of_any
from contact.scales import Rows, crossed, fit_scales
from contact.seconds import folded, table_row
from contact.table import TABLE, Seen, read, read_table
from contact.teaching import fit_panel
from otio_bridge.scoring.learned import MODEL, Judge, packed

FOLDS = 4
DOMAINS = ("drawn", "posed", "footage")
"""What is taught; "unbroken" twins of footage are asked alone."""
MADE = DOMAINS[:2]
Groups = dict[str, list[int]]
"""Places of clips under the name of their row."""


def main() -> None:
    """Train, print the tables, and write the model if asked."""
    parser = argparse.ArgumentParser(prog="contact.train", description=__doc__)
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--kept", type=Path, help="folder for what is done already")
    parser.add_argument("--marked", type=Path, help="folder of marked takes to learn from besides")
    parser.add_argument("--write", action="store_true", help="write the shipped model")
    options = parser.parse_args()
    clips = read_table(options.table)
    taught = [one for one in clips if one.domain in DOMAINS]
    unseen = _unseen(clips, options.kept)
    made = [i for i, one in enumerate(clips) if one.domain in MADE]
    if options.write:
        said = folded([clips[i] for i in made], [unseen[i] for i in made])
        more = (
            [read(path) for path in sorted(options.marked.glob("*.npz"))] if options.marked else []
        )
        judge = Judge(fit_panel([*taught, *more]), fit_scales(said))
        np.savez_compressed(MODEL, **packed(judge))
        print(f"wrote {MODEL.name}, {MODEL.stat().st_size} bytes", flush=True)
    print(printed(_rows(clips, unseen, _by_domain(clips, "unseen clips"))), flush=True)
    print(printed(_rows(clips, unseen, _by_likeness(clips))), flush=True)
    print(by_size([clips[i] for i in made], [unseen[i] for i in made]), flush=True)
    print(printed(baseline_rows(taught, folds_of(taught), DOMAINS)), flush=True)
    left_out = _left_out(clips, options.kept)
    print(printed(_rows(clips, left_out, _by_domain(clips, "domain left out"))))
    print(_in_pairs(clips, unseen), _in_pairs(clips, left_out), sep="\n")


def _by_domain(clips: list[Seen], words: str) -> Groups:
    """Return the clips of each domain, and all that were made from nothing."""
    return {
        f"{name}, {words}": [i for i, one in enumerate(clips) if one.domain in name]
        for name in (*DOMAINS, "drawn + posed")
    }


def _in_pairs(clips: list[Seen], said: list[Rows]) -> str:
    """Return how footage is told from its unbroken twins."""
    at = {one.name: i for i, one in enumerate(clips)}
    whole = [at[name] for name in at if name.startswith("unbroken")]
    broken = [at[clips[i].name.replace("unbroken", "footage")] for i in whole]
    return paired(*(
        folded([clips[i] for i in each], [said[i] for i in each]) for each in (broken, whole)
    ))  # fmt: skip


def _by_likeness(clips: list[Seen]) -> Groups:
    """Return the made clips by how alike their first two costumes are."""
    return {
        f"{name} costumes": [
            i for i, one in enumerate(clips)
            if one.domain in MADE and one.condition.split()[0] == name
        ]
        for name in LIKENESS
    }  # fmt: skip


def _rows(clips: list[Seen], said: list[Rows], groups: Groups) -> dict[str, dict[str, float]]:
    """Return one row a group that has clips."""
    return {name: _row(clips, said, inside) for name, inside in groups.items() if inside}


def _row(clips: list[Seen], said: list[Rows], inside: list[int]) -> dict[str, float]:
    chosen = [clips[i] for i in inside]
    seconds = folded(chosen, crossed(chosen, [said[i] for i in inside]))
    return table_row(seconds) | spread_of_any(seconds)


def folds_of(clips: Sequence[Seen], folds: int = FOLDS) -> NDArray[np.int64]:
    """Return each clip's fold; all clips made of one piece of footage share a fold."""
    sources = sorted({one.condition for one in clips if one.domain == "footage"})
    numbers = [
        sources.index(one.condition) if one.condition in sources else i
        for i, one in enumerate(clips)
    ]
    return np.array(numbers) % folds


def _unseen(clips: list[Seen], kept: Path | None) -> list[Rows]:
    """Return what is said of every clip by nets that never saw its fold."""
    fold = folds_of(clips)
    said: list[Rows] = [np.empty(0)] * len(clips)
    for k in range(FOLDS):
        inside = np.flatnonzero(fold == k).tolist()
        outside = np.flatnonzero(fold != k).tolist()
        for i, rows in zip(inside, _said(clips, outside, inside, kept, f"fold{k}"), strict=True):
            said[i] = rows
    return said


def _left_out(clips: list[Seen], kept: Path | None) -> list[Rows]:
    """Return what is said of every clip by nets that never saw its domain."""
    said: list[Rows] = [np.empty(0)] * len(clips)
    for domain in DOMAINS:
        inside = [i for i, one in enumerate(clips) if _kin(one) == domain]
        outside = [i for i, one in enumerate(clips) if _kin(one) != domain]
        if inside and outside:
            rows = _said(clips, outside, inside, kept, f"without_{domain}")
            for i, one in zip(inside, rows, strict=True):
                said[i] = one
    return said


def _kin(clip: Seen) -> str:
    return "footage" if clip.domain == "unbroken" else clip.domain


def _said(
    clips: list[Seen], taught: list[int], asked: list[int], kept: Path | None, name: str
) -> list[Rows]:
    """Return what nets taught on some clips says of others, read back if it is known."""
    file = kept / f"{name}.npz" if kept is not None else None
    if file is not None and file.exists():
        with np.load(file) as stored:
            return [stored[clips[i].name] for i in asked]
    panel = fit_panel([clips[i] for i in taught if clips[i].domain in DOMAINS])
    said = [panel.said(clips[i].curves, clips[i].constants) for i in asked]
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        named = zip((clips[i].name for i in asked), said, strict=True)
        np.savez_compressed(file, **dict(named))
    print(f"{name}: taught on {len(taught)} clips", flush=True)
    return said


if __name__ == "__main__":
    main()
