"""How long timelines cost: `python -m benchmarks.timelines`. Ratios to OpenTimelineIO in one run.

Each figure is the median of several runs of CPU time inside one process, taken in turn with
OpenTimelineIO's own work, so that a noisy machine slows both alike.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import opentimelineio as otio

from otio_bridge.listing import shots
from otio_bridge.model import Segment, Take
from otio_bridge.timeline import read_cut, write_cut
from otio_bridge.timeline_edits import add_takes, splice
from otio_bridge.timeline_slots import slots_in

RUNS = 5
RT, TR = otio.opentime.RationalTime, otio.opentime.TimeRange


def long_timeline(path: Path, clips: int) -> Path:
    """Write a timeline of so many clips, each with a little metadata, as editors export them."""
    timeline = otio.schema.Timeline("long")
    track = otio.schema.Track("Video 1", kind=otio.schema.TrackKind.Video)
    for number in range(clips):
        media = otio.schema.ExternalReference(
            f"/media/clip_{number:05}.mov", TR(RT(0, 24), RT(400, 24))
        )
        clip = otio.schema.Clip(f"clip_{number:05}.mov", media, TR(RT(100, 24), RT(96, 24)))
        clip.metadata["editor"] = {"number": number}
        track.append(clip)
    timeline.tracks.append(track)
    otio.adapters.write_to_file(timeline, str(path))
    return path


def bare_read(path: Path) -> Any:
    return otio.adapters.read_from_file(str(path))


def bare_loop(path: Path) -> list[Any]:
    """Read the fields that a listing needs, and nothing else."""
    rows = []
    start = 0.0
    for clip in bare_read(path).tracks[0]:
        duration = clip.source_range.duration
        url = clip.media_reference.target_url
        rows.append((clip.name, start, duration.value, clip.active_media_reference_key, url))
        start += duration.value
    return rows


def listed(path: Path) -> str:
    return shots(path).model_dump_json()


def bare_round_trip(path: Path) -> None:
    otio.adapters.write_to_file(bare_read(path), str(path.with_name("bare.otio")))


def spliced(path: Path) -> None:
    """Splice the middle clip of two takes and write."""
    cut = read_cut(path)
    slots = slots_in(cut)
    slot = slots[len(slots) // 2]
    takes = [_take(number) for number in (1, 2)]
    add_takes(slot, "s", [(take, take.media) for take in takes])
    halves = [
        Segment(take=f"t{n:02}", take_start=12 + 48 * (n - 1), slot_start=48 * (n - 1), frames=48)
        for n in (1, 2)
    ]
    splice(cut, slot, halves)
    write_cut(cut, path.with_name("spliced.otio"))


def _take(number: int) -> Take:
    return Take(
        id=f"t{number:02}", shot="s", provider="offline", model="m", seed=number,
        media=f"t{number:02}.mov", frames=120, rate="24/1", slot_start=-12, media_start=88,
        source_start=str(Fraction(100, 24)),
    )  # fmt: skip


def seconds(work: Callable[[Path], object], path: Path) -> float:
    before = time.process_time()
    work(path)
    return time.process_time() - before


def ratio(ours: Callable[[Path], object], theirs: Callable[[Path], object], path: Path) -> str:
    """Median of the ratios of pairs of runs, with the medians of both in seconds."""
    pairs = [(seconds(ours, path), seconds(theirs, path)) for _ in range(RUNS)]
    middle = statistics.median(a / b for a, b in pairs)
    one, other = (statistics.median(column) for column in zip(*pairs, strict=True))
    return f"{middle:5.2f} x  ({one:.3f} s against {other:.3f} s)"


def main() -> None:
    """Print the table."""
    with TemporaryDirectory() as folder:
        for clips in (1_000, 10_000, 50_000):
            path = long_timeline(Path(folder) / f"{clips}.otio", clips)
            print(f"{clips:6} clips")
            print("   a bare loop : OTIO read        ", ratio(bare_loop, bare_read, path))
            print("   shots --json : OTIO read       ", ratio(listed, bare_read, path))
            print("   splice + write : OTIO read + write", ratio(spliced, bare_round_trip, path))


if __name__ == "__main__":
    main()
