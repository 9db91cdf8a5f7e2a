"""Training the judge from the table, and its tables: `python -m contact.train [--write]`.

Everything comes from `table.npz` beside this file. Each forest's opinions are kept in --kept, so
that the command can be stopped and started again.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from contact.baseline import baseline_rows
from contact.cast import LIKENESS
from contact.report import by_size, printed, spread_of_any
from contact.scales import Rows, crossed, fit_scales
from contact.seconds import folded, table_row
from contact.table import TABLE, Seen, read, read_table
from otio_bridge.scoring.features import frame_features, relative_columns
from otio_bridge.scoring.learned import MODEL, Forest, Judge, packed

FOLDS = 4
TREES, RATE = 200, 0.1
"""Trees of every output, and how much of its say each is given."""
LEAVES, LEAF = 15, 20
"""Leaves of a tree, and frames in a leaf at least."""
FEATURES = 0.1
"""Share of the features that a node chooses from."""
CALM, BINS = 5.0, 64
"""By how much leaves are drawn towards nothing, and steps in which a feature is seen."""
EVERY = 3
"""Of the frames of a made clip, which are nearly alike, one in so many is learned from."""
DOMAINS = ("drawn", "posed", "footage")
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
    clips = [one for one in read_table(options.table) if one.domain in DOMAINS]
    unseen = _unseen(clips, options.kept)
    made = [i for i, one in enumerate(clips) if one.domain != "footage"]
    if options.write:
        said = folded([clips[i] for i in made], [unseen[i] for i in made])
        more = (
            [read(path) for path in sorted(options.marked.glob("*.npz"))] if options.marked else []
        )
        judge = Judge(fit_forest([*clips, *more]), fit_scales(said))
        np.savez_compressed(MODEL, **packed(judge))
        print(f"wrote {MODEL.name}, {MODEL.stat().st_size} bytes", flush=True)
    print(printed(_rows(clips, unseen, _by_domain(clips, "unseen clips"))), flush=True)
    print(printed(_rows(clips, unseen, _by_likeness(clips))), flush=True)
    print(by_size([clips[i] for i in made], [unseen[i] for i in made]), flush=True)
    print(printed(baseline_rows(clips, folds_of(clips), DOMAINS)), flush=True)
    left_out = _left_out(clips, options.kept)
    print(printed(_rows(clips, left_out, _by_domain(clips, "domain left out"))))


def _by_domain(clips: list[Seen], words: str) -> Groups:
    """Return the clips of each domain, and all that were made from nothing."""
    return {
        f"{name}, {words}": [i for i, one in enumerate(clips) if one.domain in name]
        for name in (*DOMAINS, "drawn + posed")
    }


def _by_likeness(clips: list[Seen]) -> Groups:
    """Return the made clips by how alike their first two costumes are."""
    return {
        f"{name} costumes": [
            i for i, one in enumerate(clips)
            if one.domain != "footage" and one.condition.split()[0] == name
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
    """Return each clip's fold; all clips broken from one piece of footage share a fold."""
    sources = sorted({one.condition for one in clips if one.domain == "footage"})
    numbers = [
        sources.index(one.condition) if one.domain == "footage" else i
        for i, one in enumerate(clips)
    ]
    return np.array(numbers) % folds


def _unseen(clips: list[Seen], kept: Path | None) -> list[Rows]:
    """Return what is said of every clip by a forest that never saw its fold."""
    fold = folds_of(clips)
    said: list[Rows] = [np.empty(0)] * len(clips)
    for k in range(FOLDS):
        inside = np.flatnonzero(fold == k).tolist()
        outside = np.flatnonzero(fold != k).tolist()
        for i, rows in zip(inside, _said(clips, outside, inside, kept, f"fold{k}"), strict=True):
            said[i] = rows
    return said


def _left_out(clips: list[Seen], kept: Path | None) -> list[Rows]:
    """Return what is said of every clip by a forest that never saw its domain."""
    said: list[Rows] = [np.empty(0)] * len(clips)
    for domain in DOMAINS:
        inside = [i for i, one in enumerate(clips) if one.domain == domain]
        outside = [i for i, one in enumerate(clips) if one.domain != domain]
        if inside and outside:
            rows = _said(clips, outside, inside, kept, f"without_{domain}")
            for i, one in zip(inside, rows, strict=True):
                said[i] = one
    return said


def _said(
    clips: list[Seen], taught: list[int], asked: list[int], kept: Path | None, name: str
) -> list[Rows]:
    """Return what a forest taught on some clips says of others, read back if it is known."""
    file = kept / f"{name}.npz" if kept is not None else None
    if file is not None and file.exists():
        with np.load(file) as stored:
            return [stored[clips[i].name] for i in asked]
    forest = fit_forest([clips[i] for i in taught])
    said = [forest.said(features_of(clips[i])) for i in asked]
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        named = zip((clips[i].name for i in asked), said, strict=True)
        np.savez_compressed(file, **dict(named))
    print(f"{name}: taught on {len(taught)} clips", flush=True)
    return said


def features_of(clip: Seen) -> Rows:
    """Return the features of every analysed frame of a clip."""
    return frame_features(clip.curves, clip.constants)


def fit_forest(clips: Sequence[Seen]) -> Forest:
    """Boost trees on the frames that count, for every output apart.

    All judge by what is relative to the take, which holds in pictures of other kinds too; of any
    failure there is a second opinion, from all features, and both are averaged.
    """
    rows = [np.flatnonzero(one.counts)[:: EVERY if one.domain in DOMAINS else 1] for one in clips]
    pairs = list(zip(clips, rows, strict=True))
    numbers = np.concatenate([features_of(one)[chosen] for one, chosen in pairs])
    labels = np.concatenate([one.labels[chosen] for one, chosen in pairs])
    everything = np.arange(numbers.shape[1])
    relative = relative_columns(clips[0].curves.shape[1])
    asked = [(output, relative) for output in range(labels.shape[1])]
    asked.append((labels.shape[1] - 1, everything))
    return _as_arrays([
        Opinion(output, columns, _boosted(numbers[:, columns], labels[:, output]))
        for output, columns in asked
    ])  # fmt: skip


@dataclass(frozen=True)
class Opinion:
    """Trees that speak of one output from some of the features."""

    output: int
    columns: NDArray[np.int64]
    trees: HistGradientBoostingClassifier


def _boosted(numbers: Rows, true: NDArray[np.bool_]) -> HistGradientBoostingClassifier:
    trees = HistGradientBoostingClassifier(
        max_iter=TREES, learning_rate=RATE, max_leaf_nodes=LEAVES, min_samples_leaf=LEAF,
        max_features=FEATURES, l2_regularization=CALM, max_bins=BINS, early_stopping=False,
        random_state=0,
    )  # fmt: skip
    return trees.fit(numbers, true)


def _as_arrays(opinions: Sequence[Opinion]) -> Forest:
    """Return all trees as arrays; opinions on the same output weigh alike."""
    roots, output, feature, threshold, below, worth = [], [], [], [], [], []
    share = 1 / np.bincount([one.output for one in opinions])
    before = np.zeros(len(share))
    start = 0
    for opinion in opinions:
        before[opinion.output] += opinion.trees._baseline_prediction.item() * share[opinion.output]
        for (tree,) in opinion.trees._predictors:
            nodes = tree.nodes
            order = _siblings_adjacent(nodes)
            place = np.empty(len(nodes), np.int32)
            place[order] = np.arange(len(nodes))
            nodes = nodes[order]
            leaf = nodes["is_leaf"].astype(bool)
            roots.append(start)
            output.append(opinion.output)
            feature.append(np.where(leaf, -1, opinion.columns[nodes["feature_idx"]]))
            threshold.append(np.where(leaf, 0, nodes["num_threshold"]))
            below.append(np.where(leaf, 0, start + place[nodes["left"]]))
            worth.append(np.where(leaf, nodes["value"] * share[opinion.output], 0))
            start += len(nodes)
    return Forest(
        before.astype(np.float32),
        np.array(roots, np.int32), np.array(output, np.int8),
        np.concatenate(feature).astype(np.int16), np.concatenate(threshold).astype(np.float32),
        np.concatenate(below).astype(np.int32), np.concatenate(worth).astype(np.float32),
    )  # fmt: skip


def _siblings_adjacent(nodes: NDArray[np.void]) -> list[int]:
    """Return an order of a tree's nodes in which both children of a node follow each other."""
    order, queue = [0], [0]
    while queue:
        node = nodes[queue.pop()]
        if not node["is_leaf"]:
            pair = [int(node["left"]), int(node["right"])]
            order += pair
            queue += pair
    return order


if __name__ == "__main__":
    main()
