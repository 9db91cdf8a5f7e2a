"""Making many clips at once, in processes of their own."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Collection
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path

import cv2

from contact import drawn, footage, posed
from contact.table import view


def make_missing(
    wanted: dict[str, int], known: Collection[str], clips: Path, views: Path, real: Path | None,
    processes: int,
) -> None:  # fmt: skip
    """Make and look at the clips that are not there yet; safe to stop and start again.

    Args:
        wanted: How many clips each domain is to have.
        known: Names of clips that need not be made.
        clips: Where films, looks and truth go.
        views: Where what is seen of them goes.
        real: Folder of the real clips, for footage.
        processes: How many clips are made at once.
    """
    make = partial(_made, clips=clips, views=views, real=real)
    fresh = multiprocessing.get_context("spawn")  # a fork of OpenCV's threads may hang
    with ProcessPoolExecutor(processes, fresh, initializer=alone) as pool:
        jobs = [pool.submit(make, *each) for each in missing_of(wanted, known, views)]
        for done, job in enumerate(as_completed(jobs), start=1):
            job.result()
            if done % 20 == 0:
                print(f"{done} of {len(jobs)} clips made", flush=True)


def missing_of(
    wanted: dict[str, int], known: Collection[str], views: Path
) -> list[tuple[str, int]]:
    """Return which clips nobody has looked at, by sort and seed."""
    missing = []
    for domain, count in wanted.items():
        there = [path.stem for path in views.glob(f"{domain}_?????.npz")]
        there += [name for name in known if name.startswith(f"{domain}_")]
        made = {int(name.rpartition("_")[2]) for name in there}
        missing += [(domain, n) for n in range(count) if n not in made]
    return missing


def alone() -> None:
    """Let each process keep to one core."""
    cv2.setNumThreads(1)
    os.nice(10)


def _made(domain: str, seed: int, clips: Path, views: Path, real: Path | None) -> None:
    if domain in ("footage", "unbroken"):
        if real is None:
            raise SystemExit("Say with --real where the real clips are.")
        clip = footage.make_clip(seed, real, clips, broken=domain == "footage")
    else:
        make = {"drawn": drawn.make_clip, "posed": posed.make_clip, "mishap": posed.make_mishap}
        clip = make[domain](seed, clips)
    view(clips / f"{clip.name}.npz", views)
