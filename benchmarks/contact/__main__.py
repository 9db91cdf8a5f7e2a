"""One command from nothing to the judge's tables: `python -m contact DIR` (see ../README.md)."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from contact.making import make_missing
from contact.report import printed, spread_of_any
from contact.seconds import folded, table_row
from contact.table import Example, example
from contact.train import Lesson, calibrated_unseen, judged, train
from otio_bridge.scoring.learned import MODEL, packed

DOMAINS = ("posed", "drawn", "footage")


def main() -> None:
    """Make what is missing, look at it, train, print the tables, and write the model."""
    options = _parser().parse_args()
    clips, views = options.folder / "clips", options.folder / "views"
    clips.mkdir(parents=True, exist_ok=True)
    views.mkdir(exist_ok=True)
    wanted = {domain: getattr(options, domain) for domain in DOMAINS}
    make_missing(wanted, clips, views, options.real, options.processes)
    if options.make_only:
        return
    examples = [example(path, views) for path in sorted(clips.glob("*.npz"))]
    lesson = train(examples)
    if options.write:
        np.savez_compressed(MODEL, **packed(lesson.judge))
        print(f"wrote {MODEL.name}, {MODEL.stat().st_size} bytes", flush=True)
    print(printed(_unseen_rows(examples, lesson)), flush=True)
    print(printed(_left_out_rows(examples)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="contact", description=__doc__)
    parser.add_argument("folder", type=Path, help="where clips and views are kept between runs")
    parser.add_argument("--drawn", type=int, default=0, help="drawn clips to have")
    parser.add_argument("--posed", type=int, default=0, help="posed clips to have")
    parser.add_argument("--footage", type=int, default=0, help="broken footage clips to have")
    parser.add_argument("--real", type=Path, help="folder of the real clips that are broken")
    parser.add_argument("--processes", type=int, default=2, help="clips made at once")
    parser.add_argument("--make-only", action="store_true", help="stop once the clips are there")
    parser.add_argument("--write", action="store_true", help="write the shipped model")
    return parser


def _of(examples: list[Example], domain: str) -> list[int]:
    return [i for i, seen in enumerate(examples) if seen.clip.domain == domain]


def _unseen_rows(examples: list[Example], lesson: Lesson) -> dict[str, dict[str, float]]:
    """Return one row a domain, every clip judged by a judge that never saw it."""
    shown = calibrated_unseen(examples, lesson)
    rows = {}
    for domain in DOMAINS:
        chosen = _of(examples, domain)
        if chosen:
            seconds = folded([examples[i] for i in chosen], [shown[i] for i in chosen])
            rows[f"{domain}, unseen clips"] = table_row(seconds) | spread_of_any(seconds)
    made = _of(examples, "drawn") + _of(examples, "posed")
    seconds = folded([examples[i] for i in made], [shown[i] for i in made])
    rows["drawn + posed, unseen clips"] = table_row(seconds) | spread_of_any(seconds)
    return rows


def _left_out_rows(examples: list[Example]) -> dict[str, dict[str, float]]:
    """Return one row a domain, judged by a judge that never saw the domain."""
    rows = {}
    for domain in DOMAINS:
        inside = _of(examples, domain)
        outside = [i for i in range(len(examples)) if i not in set(inside)]
        if inside and outside:
            judge = train([examples[i] for i in outside], folds=2).judge
            left = [examples[i] for i in inside]
            seconds = folded(left, judged(left, judge))
            rows[f"{domain}, domain left out"] = table_row(seconds) | spread_of_any(seconds)
    return rows


if __name__ == "__main__":
    main()
