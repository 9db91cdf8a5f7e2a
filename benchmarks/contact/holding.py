"""Holding exams: teach, ask, keep what is answered; several at once.

Each runs in a process of one thread, and a stopped command goes on where it stood.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing.queues import Queue
from pathlib import Path

import numpy as np

from contact.baseline import said_by_trees
from contact.exams import SHIPPED, exams_of, kept_in
from contact.table import Seen, read, read_table
from contact.teaching import fit_panel
from otio_bridge.scoring.arrays import Numbers
from otio_bridge.scoring.learned import packed_panel

ALONE = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    # Steps ask for the same megabytes again and again: keep them (glibc).
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(4 << 30),
}
"""Environment of a process that shares a machine with others like it."""


def hold_missing(table: Path, marked: Path | None, kept: Path, processes: int) -> None:
    """Hold every exam of which nothing is kept.

    Args:
        table: Clips as `read_table` reads them.
        marked: Folder of marked takes, from which the shipped nets learn besides.
        kept: Where what they bring goes.
        processes: How many are held at once.
    """
    kept.mkdir(parents=True, exist_ok=True)
    missing = [
        one.name for one in exams_of(read_table(table)) if not kept_in(kept, one.name).exists()
    ]
    os.environ.update(ALONE)
    fresh = multiprocessing.get_context("spawn")
    cores = fresh.Queue()
    for number in range(processes):
        cores.put(number % (os.cpu_count() or 1))
    with ProcessPoolExecutor(processes, fresh, _on_own_core, (cores,)) as pool:
        jobs = [pool.submit(partial(_hold, table, marked, kept), name) for name in missing]
        for done, job in enumerate(as_completed(jobs), start=1):
            print(f"{job.result()}, {done} of {len(jobs)} exams", flush=True)


def _on_own_core(cores: Queue[int]) -> None:
    """Keep this process to a core: JAX opens a thread for every core it sees."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {cores.get()})


def _hold(table: Path, marked: Path | None, kept: Path, name: str) -> str:
    """Hold one exam and keep what it brings, whole or not at all."""
    start, clips = time.monotonic(), read_table(table)
    (exam,) = (one for one in exams_of(clips) if one.name == name)
    lessons, asked = ([clips[i] for i in places] for places in (exam.taught, exam.asked))
    if name == SHIPPED:
        more = [read(path) for path in sorted(marked.glob("*.npz"))] if marked else []
        brought = packed_panel(fit_panel([*lessons, *more]))
    else:
        answers = _judges(name)(lessons, asked)
        brought = dict(zip((one.name for one in asked), answers, strict=True))
    draft = kept / f"{name}.part.npz"
    np.savez_compressed(draft, **brought)
    draft.replace(kept_in(kept, name))
    return f"{name}: {len(lessons)} clips taught, {(time.monotonic() - start) / 60:.1f} minutes"


def _judges(name: str) -> Callable[[Sequence[Seen], Sequence[Seen]], list[Numbers]]:
    return said_by_trees if name.startswith("baseline") else _said_by_nets


def _said_by_nets(lessons: Sequence[Seen], asked: Sequence[Seen]) -> list[Numbers]:
    panel = fit_panel(lessons)
    return [panel.said(one.curves, one.constants) for one in asked]
