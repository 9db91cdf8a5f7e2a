"""Training the judge from the table, and its tables: `python -m contact.train [--write]`.

Everything comes from `table.npz` beside this file. What is done is kept in --kept, so that the
command can be stopped and started again.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from contact.baseline import baseline_rows
from contact.cast import LIKENESS
from contact.exams import DOMAINS, answers, shipped_panel
from contact.holding import hold_missing
from contact.report import by_size, paired, printed, spread_of_any
from contact.scales import crossed, fit_scales
from contact.seconds import folded, table_row
from contact.table import TABLE, Seen, read_table
from otio_bridge.scoring.arrays import Numbers
from otio_bridge.scoring.learned import MODEL, Judge, packed

MADE = DOMAINS[:2]
Groups = dict[str, list[int]]
"""Places of clips under the name of their row."""
Said = Mapping[int, Numbers]
"""What was said of clips, by their places."""


def main() -> None:
    """Train, print the tables, and write the model if asked."""
    parser = argparse.ArgumentParser(prog="contact.train", description=__doc__)
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--kept", type=Path, help="folder for what is done already")
    parser.add_argument("--marked", type=Path, help="folder of marked takes to learn from besides")
    parser.add_argument("--write", action="store_true", help="write the shipped model")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    with TemporaryDirectory() as passing:
        kept = options.kept or Path(passing)
        hold_missing(options.table, options.marked, kept, options.processes)
        clips = read_table(options.table)
        if options.write:
            _write(clips, kept)
        _print_tables(clips, kept)


def _write(clips: Sequence[Seen], kept: Path) -> None:
    """Write the shipped judge, its scales fitted on clips that other nets never saw."""
    unseen = answers(clips, kept, "fold")
    made = [i for i, one in enumerate(clips) if one.domain in MADE]
    scales = fit_scales(folded([clips[i] for i in made], [unseen[i] for i in made]))
    np.savez_compressed(MODEL, **packed(Judge(shipped_panel(kept), scales)))
    print(f"wrote {MODEL.name}, {MODEL.stat().st_size} bytes", flush=True)


def _print_tables(clips: Sequence[Seen], kept: Path) -> None:
    """Print the tables of `benchmarks/README.md`."""
    unseen, left_out, trees = (
        answers(clips, kept, kind) for kind in ("fold", "without", "baseline")
    )
    made = [i for i, one in enumerate(clips) if one.domain in MADE]
    print(printed(_rows(clips, unseen, _by_domain(clips, "unseen clips"))), flush=True)
    print(printed(baseline_rows(clips, trees, DOMAINS)), flush=True)
    print(printed(_rows(clips, left_out, _by_domain(clips, "domain left out"))), flush=True)
    print(_in_pairs(clips, unseen), _in_pairs(clips, left_out), sep="\n", flush=True)
    print(printed(_rows(clips, unseen, _by_likeness(clips))), flush=True)
    print(by_size([clips[i] for i in made], [unseen[i] for i in made]), flush=True)


def _by_domain(clips: Sequence[Seen], words: str) -> Groups:
    """Return the clips of each domain, and all that were made from nothing."""
    return {
        f"{name}, {words}": [i for i, one in enumerate(clips) if one.domain in name]
        for name in (*DOMAINS, "drawn + posed")
    }


def _in_pairs(clips: Sequence[Seen], said: Said) -> str:
    """Return how footage is told from its unbroken twins."""
    at = {one.name: i for i, one in enumerate(clips)}
    whole = [at[name] for name in at if name.startswith("unbroken")]
    broken = [at[clips[i].name.replace("unbroken", "footage")] for i in whole]
    return paired(*(
        folded([clips[i] for i in each], [said[i] for i in each]) for each in (broken, whole)
    ))  # fmt: skip


def _by_likeness(clips: Sequence[Seen]) -> Groups:
    """Return the made clips by how alike their first two costumes are."""
    return {
        f"{name} costumes": [
            i for i, one in enumerate(clips)
            if one.domain in MADE and one.condition.split()[0] == name
        ]
        for name in LIKENESS
    }  # fmt: skip


def _rows(clips: Sequence[Seen], said: Said, groups: Groups) -> dict[str, dict[str, float]]:
    """Return one row a group that has clips."""
    return {name: _row(clips, said, inside) for name, inside in groups.items() if inside}


def _row(clips: Sequence[Seen], said: Said, inside: list[int]) -> dict[str, float]:
    chosen = [clips[i] for i in inside]
    seconds = folded(chosen, crossed(chosen, [said[i] for i in inside]))
    return table_row(seconds) | spread_of_any(seconds)


if __name__ == "__main__":
    main()
