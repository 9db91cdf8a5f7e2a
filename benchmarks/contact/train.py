"""Training the judge from the table, and its tables: `python -m contact.train [--write]`.

Everything comes from `table.npz` beside this file. Each forest's opinions are kept in --kept, so
that the command can be stopped and started again.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import lightgbm
import numpy as np
from numpy.typing import NDArray

from contact.baseline import baseline_rows
from contact.cast import LIKENESS
from contact.report import by_size, paired, printed, spread_of_any
from contact.scales import Rows, crossed, fit_scales
from contact.seconds import folded, table_row
from contact.table import TABLE, Seen, read, read_table
from otio_bridge.scoring.features import frame_features, relative_columns
from otio_bridge.scoring.learned import MODEL, Forest, Judge, packed

FOLDS = 4
BOOSTING = {
    "objective": "binary", "verbose": -1, "seed": 0, "deterministic": True, "force_col_wise": True,
    "feature_fraction": 0.25, "feature_fraction_bynode": 0.3,
    "min_data_in_leaf": 20, "lambda_l2": 5.0, "max_bin": 63,
}  # fmt: skip
"""A tree sees a quarter of the features, and a node three tenths of those: what one curve says best
its neighbours say too, and they are asked in turn."""
EVERY = 3
"""Of the frames of a made clip, which are nearly alike, one in so many is learned from."""
GAIN = 0.3
"""Standard deviation of the logarithm by which curves of a clip are made stronger or weaker when it
is learned from a second time: once all of them together, once each by itself."""
DOMAINS = ("drawn", "posed", "footage")
"""What is taught; "unbroken" twins of footage are asked alone."""
MADE = DOMAINS[:2]
Groups = dict[str, list[int]]
"""Places of clips under the name of their row."""


@dataclass(frozen=True)
class Size:
    """How much trees may learn."""

    trees: int
    leaves: int
    """Of a tree."""
    rate: float
    """How much of its say each tree is given."""


KIND, ANY = Size(200, 15, 0.1), Size(400, 63, 0.05)


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
        judge = Judge(fit_forest([*taught, *more]), fit_scales(said))
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
    """Return what a forest taught on some clips says of others, read back if it is known."""
    file = kept / f"{name}.npz" if kept is not None else None
    if file is not None and file.exists():
        with np.load(file) as stored:
            return [stored[clips[i].name] for i in asked]
    forest = fit_forest([clips[i] for i in taught if clips[i].domain in DOMAINS])
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
    numbers, labels = (np.concatenate(each) for each in zip(*_lessons(clips), strict=True))
    kinds = labels.shape[1] - 1
    relative, everything = relative_columns(clips[0].curves.shape[1]), np.arange(numbers.shape[1])
    asked = [(output, relative, KIND) for output in range(kinds)]
    asked += [(kinds, columns, ANY) for columns in (relative, everything)]
    return _as_arrays([
        Opinion(output, columns, _boosted(numbers[:, columns], labels[:, output], size))
        for output, columns, size in asked
    ])  # fmt: skip


def _lessons(clips: Sequence[Seen]) -> Iterator[tuple[Rows, NDArray[np.bool_]]]:
    """Yield features and labels of the frames that count, of clips as they are, then changed.

    How strong changes are depends on the kind of picture, and pictures of other kinds will come.
    """
    chance = np.random.default_rng(0)
    for clip in clips:
        gains = np.exp(chance.normal(0, GAIN) + chance.normal(0, GAIN, clip.curves.shape[1]))
        every = EVERY if clip.domain in DOMAINS else 1
        for first, curves in enumerate((clip.curves, clip.curves * gains.astype(np.float32))):
            rows = np.flatnonzero(clip.counts)[first % every :: every]
            yield frame_features(curves, clip.constants)[rows], clip.labels[rows]


@dataclass(frozen=True)
class Opinion:
    """Trees that speak of one output from some of the features."""

    output: int
    columns: NDArray[np.int64]
    trees: lightgbm.Booster


def _boosted(numbers: Rows, true: NDArray[np.bool_], size: Size) -> lightgbm.Booster:
    options = {**BOOSTING, "num_leaves": size.leaves, "learning_rate": size.rate}
    return lightgbm.train(options, lightgbm.Dataset(numbers, true), size.trees)


def _as_arrays(opinions: Sequence[Opinion]) -> Forest:
    """Return all trees as arrays; opinions on the same output weigh alike."""
    share = 1 / np.bincount([one.output for one in opinions])
    roots, output = [], []
    feature, threshold, below, worth = [], [], [], []
    for opinion in opinions:
        for tree in opinion.trees.dump_model()["tree_info"]:
            roots.append(len(feature))
            output.append(opinion.output)
            start, nodes = len(feature), [tree["tree_structure"]]
            for node in nodes:  # which grows: both children of a node follow each other
                inner = "split_feature" in node
                feature.append(opinion.columns[node["split_feature"]] if inner else -1)
                threshold.append(_not_above(node["threshold"]) if inner else 0)
                below.append(start + len(nodes) if inner else 0)
                worth.append(0 if inner else node["leaf_value"] * share[opinion.output])
                nodes += [node["left_child"], node["right_child"]] if inner else []
    return Forest(
        np.array(roots, np.int32), np.array(output, np.int8),
        np.array(feature, np.int16), np.array(threshold, np.float32),
        np.array(below, np.int32), np.array(worth, np.float32),
    )  # fmt: skip


def _not_above(threshold: float) -> np.float32:
    """Return the largest single-precision number that is not above a threshold."""
    near = np.float32(threshold)
    return near if float(near) <= threshold else np.nextafter(near, np.float32(-np.inf))


if __name__ == "__main__":
    main()
