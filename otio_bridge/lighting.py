"""Takes of one shot in one light: gains that bring each to the take that the plan shows most.

Two takes of a prompt often differ by a few hundredths of exposure or colour, and a cut between them
flickers. Where both have pictures around a cut their ratio is measured (`seams.gain_match`); what
is too small to see, or too large to be a matter of light, is left alone.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from otio_bridge.media import frames_of
from otio_bridge.model import Segment
from otio_bridge.seams import SIZE, Pictures, gain_match

Gain = tuple[float, float, float]
"""Of R, G and B."""
AROUND = 6
"""Frames on each side of a cut."""
LEAST = 4
"""Fewer pictures in common say nothing."""
UNSEEN, OTHER = math.log(1.02), math.log(1.25)
"""Differences as logarithms: below nobody sees it and measuring is no finer; above it is another
light."""


def gains(
    segments: Sequence[Segment], files: Mapping[str, Path], starts: Mapping[str, int]
) -> dict[str, Gain]:
    """Return the gain of every take of a plan that needs one.

    Args:
        segments: What the plan shows, in order.
        files: Film of each take.
        starts: Slot frame shown by each take's first frame.

    Raises:
        MediaError: A film cannot be read.
    """
    shown: Counter[str] = Counter()
    for one in segments:
        if one.take in files:
            shown[one.take] += one.frames
    if len(shown) < 2:
        return {}
    ((chief, _),) = shown.most_common(1)
    found = {}
    for take in shown:
        if take != chief:
            gain = _gain(segments, files, starts, chief, take)
            if gain is not None:
                found[take] = gain
    return found


def _gain(
    segments: Sequence[Segment],
    files: Mapping[str, Path],
    starts: Mapping[str, int],
    chief: str,
    take: str,
) -> Gain | None:
    frames = sorted({frame for cut in _cuts_of(segments, take) for frame in _near(cut)})
    ours, theirs = (_pictures(files[name], starts[name], frames) for name in (take, chief))
    common = sorted(ours.keys() & theirs.keys())
    if len(common) < LEAST:
        return None
    gain = gain_match(
        np.stack([theirs[frame] for frame in common]), np.stack([ours[frame] for frame in common])
    )
    largest = max(abs(math.log(one)) for one in gain)
    return gain if UNSEEN <= largest <= OTHER else None


def _cuts_of(segments: Sequence[Segment], take: str) -> Iterator[int]:
    """Yield the slot frames at which a take is cut to or from inside a plan."""
    for before, after in pairwise(segments):
        if take in (before.take, after.take):
            yield after.slot_start


def _near(cut: int) -> range:
    return range(cut - AROUND, cut + AROUND)


def _pictures(path: Path, start: int, frames: Sequence[int]) -> dict[int, Pictures]:
    """Return small pictures of the slot frames that a take has."""
    wanted = {frame for frame in frames if frame >= start}
    if not wanted:
        return {}
    first, last = min(wanted), max(wanted)
    decoded = frames_of(path, size=SIZE, start=first - start, stop=last - start + 1)
    return {frame: one for frame, one in enumerate(decoded, first) if frame in wanted}
