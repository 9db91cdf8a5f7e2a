"""From nothing to the table that trains the judge: `python -m contact FOLDER` (../README.md)."""

from __future__ import annotations

import argparse
from pathlib import Path

from contact.making import make_missing
from contact.table import TABLE, read, read_table, write_table

SORTS = ("posed", "mishap", "drawn", "footage")
"""Of clips; a mishap is a posed one that fails in more ways."""


def main() -> None:
    """Make what is missing, look at it, and write the table."""
    options = _parser().parse_args()
    clips, views = options.folder / "clips", options.folder / "views"
    clips.mkdir(parents=True, exist_ok=True)
    views.mkdir(exist_ok=True)
    wanted = {domain: getattr(options, domain) for domain in SORTS}
    wanted["unbroken"] = options.footage
    known = {one.name: one for one in read_table(options.table)} if options.more else {}
    make_missing(wanted, known, clips, views, options.real, options.processes)
    if not options.make_only:
        seen = known | {path.stem: read(path) for path in views.glob("*_?????.npz")}
        write_table([seen[name] for name in sorted(seen)], options.table)
        print(f"wrote {options.table.name}, {options.table.stat().st_size} bytes")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="contact", description=__doc__)
    parser.add_argument("folder", type=Path, help="where clips and views are kept between runs")
    parser.add_argument("--drawn", type=int, default=0, help="drawn clips to have")
    parser.add_argument("--posed", type=int, default=0, help="posed clips to have")
    parser.add_argument(
        "--mishap", type=int, default=0, help="posed clips of more failures to have"
    )
    parser.add_argument(
        "--footage", type=int, default=0, help="broken footage clips to have, and as many twins"
    )
    parser.add_argument("--real", type=Path, help="folder of the real clips that are broken")
    parser.add_argument("--processes", type=int, default=2, help="clips made at once")
    parser.add_argument("--table", type=Path, default=TABLE, help="where the table is written")
    parser.add_argument(
        "--more", action="store_true", help="keep the table's clips as they are, and add to them"
    )
    parser.add_argument("--make-only", action="store_true", help="stop once the clips are there")
    return parser


if __name__ == "__main__":
    main()
