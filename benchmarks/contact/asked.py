"""How the shipped judge ranks clips that are in no lesson: `python -m contact.asked FOLDER`.

FOLDER is one that `python -m contact FOLDER --make-only` filled. Every sort of clip in it is a row;
clips that the table has are left out, since the judge learned from them.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

from contact.report import printed, spread_of_any
from contact.seconds import folded, table_row
from contact.table import Seen, read, read_table
from otio_bridge.scoring.learned import load_judge


def main() -> None:
    """Ask about every clip of a folder, and print a row for each sort."""
    folder = Path(sys.argv[1])
    taught, judge = {one.name for one in read_table()}, load_judge()
    sorts: defaultdict[str, list[Seen]] = defaultdict(list)
    for path in sorted((folder / "views").glob("*_?????.npz")):
        if path.stem not in taught:
            sorts[path.stem.partition("_")[0]].append(read(path))
    rows = {}
    for sort, clips in sorts.items():
        seconds = folded(clips, [judge.said(one.curves, one.constants) for one in clips])
        rows[f"{sort}, {len(clips)} clips"] = table_row(seconds) | spread_of_any(seconds)
    print(printed(rows))


if __name__ == "__main__":
    main()
