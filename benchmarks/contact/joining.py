"""Joining the vote to the first opinion: scales and tables on clips that neither saw.

python -m contact.joining FOLDER VOTE.npz --drawn-from SEED --posed-from SEED [--write]
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contact.report import printed, spread_of_any
from contact.seconds import folded, table_row
from contact.table import Example, example
from contact.train import calibrated, clip_curves, fit_scales
from otio_bridge.scoring.features import cell_maps
from otio_bridge.scoring.learned import MODEL, load_judge, packed
from otio_bridge.scoring.verdict import joined, opinion
from otio_bridge.scoring.vote import Vote

PREFIX = "net0_"


def main() -> None:
    """Print the tables and, if asked, write the shipped model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("vote", type=Path)
    parser.add_argument("--drawn-from", type=int, required=True, help="first seed never seen")
    parser.add_argument("--posed-from", type=int, required=True, help="first seed never seen")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    vote, left_out = read_vote(options.vote)
    first = {"drawn": options.drawn_from, "posed": options.posed_from}
    names = [n for n in left_out if (d := n.split("_")[0]) in first and seed_of(n) >= first[d]]
    clips, views = options.folder / "clips", options.folder / "views"
    seen = [example(clips / f"{name}.npz", views) for name in names]
    judge = load_judge()
    said = []
    for one in seen:
        votes = vote.of_frames(vote.of_cells(cell_maps(one.cells, one.owners)), one.viewing)
        said.append(joined(opinion(clip_curves(one, judge.net), judge.forest), votes))
    print(printed(_rows(seen, said, "ranked")))
    print(printed(_rows(seen, _crossed(seen, said), "scales of the other half")))
    if options.write:
        judge = replace(judge, vote=vote, scales=fit_scales(folded(seen, said)))
        np.savez_compressed(MODEL, **packed(judge))


def read_vote(path: Path) -> tuple[Vote, list[str]]:
    """Return the vote that `net.py` wrote, and the clips that it did not learn from."""
    with np.load(path) as stored:
        arrays = {n.removeprefix(PREFIX): stored[n] for n in stored if n.startswith(PREFIX)}
        arrays |= {n.removeprefix("scale_"): stored[n] for n in stored if n.startswith("scale_")}
        names = [n.removeprefix("said_") for n in stored if n.startswith("said_")]
    return Vote(arrays), sorted(names)


def seed_of(name: str) -> int:
    """Return the seed that a clip was made from."""
    return int(name.rpartition("_")[2])


def _crossed(seen: list[Example], said: list[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """Return what was said, calibrated by scales fitted on the other half of the clips."""
    halves = [range(0, len(seen), 2), range(1, len(seen), 2)]
    shown = list(said)
    for mine, other in (halves, halves[::-1]):
        scales = fit_scales(folded([seen[i] for i in other], [said[i] for i in other]))
        for i in mine:
            shown[i] = calibrated(said[i], scales)
    return shown


def _rows(
    seen: list[Example], said: list[NDArray[np.float32]], words: str
) -> dict[str, dict[str, float]]:
    rows = {}
    for domain in ("drawn", "posed"):
        inside = [i for i, one in enumerate(seen) if one.clip.domain == domain]
        seconds = folded([seen[i] for i in inside], [said[i] for i in inside])
        rows[f"{domain}, {words}"] = table_row(seconds) | spread_of_any(seconds)
    return rows


if __name__ == "__main__":
    main()
