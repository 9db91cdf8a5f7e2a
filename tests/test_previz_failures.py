"""The failure process: two calibrations, shared difficulty, soft ramps, no pixels."""

from __future__ import annotations

import time
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otio_bridge.clock import frames_of_second, seconds_in
from otio_bridge.model import BAD_SHARE, CONTACT_KINDS, Performer, Request
from otio_bridge.previz.failures import FailureEvent, chances, failures_of
from otio_bridge.previz.truth import BAD_STRENGTH

PAIR = (Performer(name="Mia"), Performer(name="Jonas", side="right"))


def asked(seconds: float, contact: float = 0.6, rate: str = "24/1", **changes: object) -> Request:
    frames = int(seconds * Fraction(rate))
    margin = int(frames * (1 - contact) / 2)
    fields: dict[str, object] = {
        "id": "r", "shot": "s", "take": "t01", "provider": "offline", "model": "previz-1",
        "prompt": "", "seed": 1, "slot_start": 0, "frames": frames, "slot_frames": frames,
        "rate": rate, "size": (640, 360), "kind": "hug", "performers": PAIR,
        "contact": ((margin, frames - margin),),
    }  # fmt: skip
    return Request.model_validate({**fields, **changes})


def bad_seconds(request: Request, events: Sequence[FailureEvent]) -> list[bool]:
    """Apply the label rule to every second of the slot."""
    rate = Fraction(request.rate)
    bad = {
        frame
        for event in events
        for frame in range(event.start, event.end)
        if event.strength(frame) > BAD_STRENGTH
    }
    seconds = range(seconds_in(request.slot_frames, rate))
    spans = [frames_of_second(second, rate, request.slot_frames) for second in seconds]
    return [sum(frame in bad for frame in span) >= len(span) * BAD_SHARE for span in spans]


def sampled(seconds: float, contact: float, count: int, rate: str) -> list[list[bool]]:
    base = asked(seconds, contact, rate)
    takes = [base.model_copy(update={"shot": f"shot_{n}", "seed": 7 * n + 1}) for n in range(count)]
    return [bad_seconds(take, failures_of(take)) for take in takes]


@pytest.mark.parametrize(("contact", "rate"), [(0.3, "24/1"), (0.6, "24/1"), (1.0, "30000/1001")])
def test_one_eight_second_take_in_four_holds_throughout(contact: float, rate: str) -> None:
    takes = sampled(8, contact, 2000, rate)
    assert 0.20 <= sum(not any(take) for take in takes) / len(takes) <= 0.30


@pytest.mark.parametrize(("contact", "rate"), [(0.4, "24/1"), (0.8, "25/1")])
def test_fifteen_second_takes_have_about_five_usable_seconds(contact: float, rate: str) -> None:
    takes = sampled(15, contact, 2000, rate)
    assert 4 <= sum(take.count(False) for take in takes) / len(takes) <= 6


def test_sampling_takes_no_time() -> None:
    takes = [asked(8, shot=f"s{n % 50}", seed=n) for n in range(1000)]
    start = time.process_time()
    for take in takes:
        failures_of(take)
    assert (time.process_time() - start) / len(takes) < 0.001


def test_hard_seconds_are_shared_by_the_takes_of_a_shot() -> None:
    """Across shots, how often a second fails follows the difficulty that all takes share."""
    told: list[float] = []
    seen: list[float] = []
    for shot in range(30):
        request = asked(8, 1.0, shot=f"shot_{shot}")
        told.extend(chances(request))
        rows = []
        for seed in range(40):
            take = request.model_copy(update={"seed": seed})
            rows.append(bad_seconds(take, failures_of(take)))
        seen.extend(sum(column) / len(rows) for column in zip(*rows, strict=True))
    middle = sorted(told)[len(told) // 2]
    hard = [share for chance, share in zip(told, seen, strict=True) if chance > middle]
    easy = [share for chance, share in zip(told, seen, strict=True) if chance <= middle]
    assert sum(hard) / len(hard) > sum(easy) / len(easy) + 0.15


def test_failures_gather_in_the_contact() -> None:
    inside = outside = 0
    for n in range(300):
        take = asked(8, 0.5, shot=f"s{n}", seed=n)
        marks = bad_seconds(take, failures_of(take))
        inside += sum(marks[2:6])
        outside += sum(marks[:2] + marks[6:])
    assert inside > 2.5 * outside


@settings(max_examples=60, deadline=None)
@given(
    seconds=st.floats(1, 20),
    rate=st.sampled_from(["24/1", "24000/1001", "25/1", "30000/1001", "60/1"]),
    kind=st.sampled_from(CONTACT_KINDS),
    handle=st.integers(0, 12),
    performers=st.integers(1, 4),
    seed=st.integers(0, 10**6),
)
def test_events_are_lawful(
    seconds: float, rate: str, kind: str, handle: int, performers: int, seed: int
) -> None:
    cast = tuple(Performer(name=f"P{n}") for n in range(performers))
    request = asked(seconds, rate=rate, kind=kind, seed=seed, performers=cast)
    request = request.model_copy(
        update={"slot_start": -handle, "frames": request.frames + 2 * handle}
    )
    events = failures_of(request)
    assert events == failures_of(request)
    assert all(one.end <= other.start for one, other in pairwise(events))
    for event in events:
        assert 0 <= event.start < event.end <= request.slot_frames
        assert max(event.performer, event.partner) < performers
        assert event.kind != "prop_pass_through" or kind in ("pass", "rope")
        strengths = [event.strength(frame) for frame in range(event.start - 1, event.end + 1)]
        assert strengths[0] == strengths[-1] == 0
        assert 0 < max(strengths) <= event.peak <= 1


def test_a_retake_of_some_seconds_obeys_the_same_process() -> None:
    whole, held, count = asked(8, 1.0), 0, 1500
    for n in range(count):
        retake = whole.model_copy(
            update={"shot": f"s{n}", "seed": n, "slot_start": 48, "frames": 48}
        )
        events = failures_of(retake)
        assert all(event.start >= 48 and event.end <= 96 for event in events)
        held += not any(bad_seconds(retake, events)[2:4])
    assert 0.5 < held / count < 0.75
