"""What showing a frame of a take is worth, and what a cut costs, as arrays for the best path."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from otio_bridge.clock import frames_of_second, seconds_in
from otio_bridge.errors import PlanError
from otio_bridge.model import BAD_SHARE
from otio_bridge.splicing_path import Floats
from otio_bridge.splicing_terms import Candidate, PlanRules, Stretch

NEUTRAL = 0.49
"""P(held) assumed where the judge abstains: neither sought nor avoided."""
JUDGE_FLOOR, JUDGE_CEILING = 0.25, 0.99
"""A judge is never surer than this; a person's "held" counts as 1. Of two takes that both fail, how
plainly is worth no cut."""
FAILED = 1e6
"""Cost of a frame that a person marked failed: shown only where nothing else has a picture."""
DRIFT = 1e-7
"""Cost per frame of offset and frame shown: ties go to takes in step."""


def gains(
    candidates: Sequence[Candidate],
    original: str | None,
    slot_frames: int,
    rate: Fraction,
    rules: PlanRules,
) -> Floats:
    """Return the worth (frames, sources) of showing each source, -inf where it must not be shown.

    A source is a take at an offset; source = offset index * number of takes + take.

    Raises:
        PlanError: A lock or every take leaves a frame without a picture.
    """
    shifted = [_shifted(candidate, slot_frames, rules.max_offset) for candidate in candidates]
    held = np.stack([each for each, _ in shifted], axis=1)
    failed = np.stack([each for _, each in shifted], axis=1)
    worth = _weighed(np.log(held), slot_frames, rate, rules) - FAILED * failed
    offsets = np.abs(np.arange(-rules.max_offset, rules.max_offset + 1))
    worth -= DRIFT * offsets[:, None, None]
    takes = [candidate.take for candidate in candidates]
    if rules.hero in takes:
        worth[:, takes.index(rules.hero)] += rules.hero_bonus / float(rate)
    worth[np.isnan(worth)] = -np.inf
    _restrict(worth, takes, original, rules)
    return np.ascontiguousarray(worth.reshape(-1, slot_frames).T)


def cuts(seam_costs: Floats, slot_frames: int, rules: PlanRules) -> Floats:
    """Return the cost (frames, offsets, takes, offsets, takes) of every cut, inf for none at all.

    Args:
        seam_costs: As `SeamTable.spread` returns them.
        slot_frames: Length of the slot.
        rules: Weights; `max_offset` as it was given to `spread`.
    """
    costs = rules.cut_cost * seam_costs
    costs += rules.cut_cost * rules.base
    takes = costs.shape[1]
    costs[:, np.arange(takes), 2 * rules.max_offset, np.arange(takes)] = np.inf
    offsets = 2 * rules.max_offset + 1
    frame, take, difference, other = costs.strides
    # Offsets i and j at frame f read entry (f + i, j - i): a view says so without a copy.
    return as_strided(
        costs[:, :, 2 * rules.max_offset :],
        shape=(slot_frames, offsets, takes, offsets, takes),
        strides=(frame, frame - difference, take, difference, other),
        writeable=False,
    )


def _shifted(
    candidate: Candidate, slot_frames: int, max_offset: int
) -> tuple[Floats, NDArray[np.bool_]]:
    """P(held) and "marked failed" per (offset, slot frame); P is NaN where there is no picture."""
    held = np.array(candidate.held, dtype=float)
    held = np.where(np.isnan(held), NEUTRAL, held).clip(JUDGE_FLOOR, JUDGE_CEILING)
    failed = np.zeros(len(held), dtype=bool)
    for verdict in candidate.verdicts:
        if verdict.take == candidate.take:
            marked = slice(max(0, verdict.start), max(0, verdict.end))
            held[marked] = 1.0 if verdict.mark == "held" else JUDGE_FLOOR
            failed[marked] = verdict.mark == "failed"
    offsets = np.arange(-max_offset, max_offset + 1)
    frames = np.arange(slot_frames) - candidate.slot_start + offsets[:, None]
    inside = (frames >= 0) & (frames < len(held))
    frames = np.where(inside, frames, 0)
    if not len(held):
        return np.full(frames.shape, np.nan), inside
    return np.where(inside, held[frames], np.nan), inside & failed[frames]


def _weighed(logs: Floats, slot_frames: int, rate: Fraction, rules: PlanRules) -> Floats:
    """Log P a frame so that each second costs the worse of its mean and its fold, in nats.

    The fold is that of `model.second_held`: the k-th smallest, k an eighth of the frames. A second
    that does not count as covered costs `rules.uncovered` more, so that a retake that holds is
    shown rather than left lying. What the mean lacks is laid on the frames by the square of their
    loss, so mostly on the bad ones.
    """
    covering = math.log(max(rules.threshold, JUDGE_FLOOR))
    result = logs / float(rate)
    for second in range(seconds_in(slot_frames, rate)):
        frames = frames_of_second(second, rate, slot_frames)
        part = logs[..., frames.start : frames.stop]
        known = np.count_nonzero(~np.isnan(part), axis=-1)[..., None]
        mean = np.nansum(part, axis=-1, keepdims=True) / np.maximum(known, 1)
        kth = np.maximum(-(-known * BAD_SHARE.numerator // BAD_SHARE.denominator), 1) - 1
        fold = np.take_along_axis(np.sort(part, axis=-1), kth, axis=-1)
        lacking = np.where(fold < mean, (fold - mean) * known, 0.0) / float(rate)
        lacking -= np.where(fold < covering, rules.uncovered, 0.0) * known / len(frames)
        squares = part**2
        total = np.nansum(squares, axis=-1, keepdims=True)
        result[..., frames.start : frames.stop] += squares * lacking / np.where(total, total, 1.0)
    return result


def _restrict(worth: Floats, takes: list[str], original: str | None, rules: PlanRules) -> None:
    """Set to -inf what bans, locks and the place of the original forbid, in place."""
    for ban in rules.bans:
        if ban.take in takes:
            worth[:, takes.index(ban.take), max(0, ban.start) : max(0, ban.end)] = -np.inf
    unlocked = worth.copy()
    if original is not None:
        own = takes.index(original)
        others = np.isfinite(np.delete(worth, own, axis=1)).any(axis=(0, 1))
        worth[:, own, others] = -np.inf
        for still in (worth, unlocked):
            still[np.arange(len(worth)) != rules.max_offset, own] = -np.inf
    for one, other in itertools.combinations(rules.locks, 2):
        if one.take != other.take and max(one.start, other.start) < min(one.end, other.end):
            raise PlanError(
                f"Two locks claim slot frame {max(one.start, other.start)}, for {one.take} and for "
                f"{other.take}; lift one of them."
            )
    for lock in rules.locks:
        _lock(worth, unlocked, takes, lock)
    missing = np.flatnonzero(~np.isfinite(worth).any(axis=(0, 1)))
    if len(missing):
        raise PlanError(
            f"No take has a picture for slot frames {_listed(missing)}; make a take that covers "
            "them, lift a ban or a lock, or give the clip's own media as a stand-in."
        )


def _lock(worth: Floats, unlocked: Floats, takes: list[str], lock: Stretch) -> None:
    if lock.take not in takes:
        raise PlanError(
            f"Take {lock.take} is locked but is not among the takes {', '.join(takes)}; "
            "lift the lock or name one of these."
        )
    here = slice(max(0, lock.start), max(0, lock.end))
    own = unlocked[:, takes.index(lock.take), here]
    missing = np.flatnonzero(~np.isfinite(own).any(axis=0)) + here.start
    if len(missing):
        raise PlanError(
            f"Take {lock.take} is locked but may not be or cannot be shown at slot frames "
            f"{_listed(missing)}; shorten the lock."
        )
    worth[:, :, here] = -np.inf
    worth[:, takes.index(lock.take), here] = own


def _listed(frames: NDArray[np.int64]) -> str:
    """Frame numbers as text: "3, 10-19"."""
    runs = np.split(frames, np.flatnonzero(np.diff(frames) > 1) + 1)
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
