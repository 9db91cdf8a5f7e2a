"""The contracts that every provider and every judge keeps, for authors of new ones.

    from otio_bridge.testing import Case, ProviderContract, ScorerContract

    class TestMine(ProviderContract):
        def case(self, tmp_path): return Case(MyProvider, request, files)

    class TestMyJudge(ScorerContract):
        def make(self): return MyScorer()

Run them with pytest. A provider is tried against a server of your own: it pays for what it asks, so
never the live one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from otio_bridge.errors import BridgeError, ProviderError
from otio_bridge.media_film import write_film
from otio_bridge.model import FAILURE_KINDS, Request, Score, Side
from otio_bridge.provider import Limits, Look, Provider
from otio_bridge.scorer import Scorer
from otio_bridge.scoring import CharacterLook

STATES = ("running", "ready", "refused", "failed", "cancelled")
RED, BLUE = (200, 40, 40), (40, 60, 200)
STEPS = ("sheet", "fused", "chunk", "coverage", "edit")


@dataclass(frozen=True)
class Case:
    """What the contract is tried with."""

    make: Callable[[], Provider]
    """Makes the provider as a new process would have it."""
    request: Request
    """One that it can do."""
    files: Mapping[str, Path]
    """Every picture that the request names."""
    seconds: float = 30.0
    """Longest time a result may take."""


def looked_until_ended(provider: Provider, remote_id: str, seconds: float) -> Look:
    """Look until a generation is no longer running.

    Raises:
        AssertionError: It takes longer than that.
    """
    until = time.monotonic() + seconds
    while (look := provider.look(remote_id)).state == "running":
        assert time.monotonic() < until, "it runs for longer than the case allows"
        time.sleep(0.05)
    return look


def check_limits(limits: Limits) -> None:
    """Assert that declared limits agree with one another."""
    assert limits.models, "the first model is the default, so there must be one"
    assert 0 < limits.min_seconds <= limits.max_seconds
    assert all(limits.min_seconds <= one <= limits.max_seconds for one in limits.durations)
    assert limits.max_references >= 0 and limits.usd_per_second >= 0
    assert set(limits.steps) <= set(STEPS)
    assert set(limits.prices) <= {*limits.models, *limits.stills}
    assert ("edit" in limits.steps) <= (limits.min_edit_seconds is not None)
    assert all(":" in ratio for ratio in limits.ratios)
    if limits.usd_per_second:
        assert limits.source and limits.as_of, "a price needs its source and date"
        assert limits.prices.get(limits.models[0], limits.usd_per_second) == limits.usd_per_second
    assert bool(limits.key_names) <= limits.needs_key


class ProviderContract:
    """Tests that hold for every provider; subclass it and give a case."""

    def case(self, tmp_path: Path) -> Case:
        """Return what to try, made new for each test."""
        raise NotImplementedError

    def test_it_keeps_the_promise(self, tmp_path: Path) -> None:
        """It has the promised verbs, a plain name, and limits that agree with one another."""
        made = self.case(tmp_path).make()
        assert isinstance(made, Provider)
        assert made.name and made.name == made.name.lower() and made.name.isidentifier()
        check_limits(made.limits)

    def test_a_result_is_fetched_whole(self, tmp_path: Path) -> None:
        """Submit, look, fetch; the result is a file, and only under the name that was given."""
        case = self.case(tmp_path)
        made = case.make()
        remote_id = made.submit(case.request, case.files)
        assert remote_id and remote_id.isprintable()
        look = looked_until_ended(made, remote_id, case.seconds)
        assert look.state == "ready" and look.paid_usd >= 0
        into = tmp_path / "result" / "take.mp4"
        into.parent.mkdir()
        heard: list[float] = []
        made.fetch(remote_id, into, heard.append)
        assert into.stat().st_size > 0
        assert all(0 <= share <= 1 for share in heard)
        names = {file.name.split(".")[0] for file in into.parent.iterdir()}
        assert names == {"take"}, "what else is written must be a sidecar of the same name"

    def test_the_id_is_enough_for_another_process(self, tmp_path: Path) -> None:
        """A provider that knows nothing but the id looks and fetches, twice if need be."""
        case = self.case(tmp_path)
        remote_id = case.make().submit(case.request, case.files)
        assert looked_until_ended(case.make(), remote_id, case.seconds).state == "ready"
        for number in (1, 2):
            case.make().fetch(remote_id, tmp_path / f"take{number}.mp4")
            assert (tmp_path / f"take{number}.mp4").stat().st_size > 0

    def test_nothing_is_overwritten(self, tmp_path: Path) -> None:
        """A file that is there stays as it is."""
        case = self.case(tmp_path)
        made = case.make()
        remote_id = made.submit(case.request, case.files)
        looked_until_ended(made, remote_id, case.seconds)
        (tmp_path / "mine.mp4").write_bytes(b"mine")
        try:
            made.fetch(remote_id, tmp_path / "mine.mp4")
        except ProviderError:
            pass
        else:
            raise AssertionError("it must raise ProviderError")
        assert (tmp_path / "mine.mp4").read_bytes() == b"mine"

    def test_cancelling_is_harmless(self, tmp_path: Path) -> None:
        """Cancel twice, then look: any end will do, but an answer there must be."""
        case = self.case(tmp_path)
        made = case.make()
        remote_id = made.submit(case.request, case.files)
        made.cancel(remote_id)
        made.cancel(remote_id)
        assert made.look(remote_id).state in STATES

    def test_what_it_does_not_know_is_told(self, tmp_path: Path) -> None:
        """Looking at an id of nobody's ends "failed", or raises one sentence; it never waits."""
        made = self.case(tmp_path).make()
        started = time.monotonic()
        try:
            look = made.look("nobody-knows-this")
        except BridgeError as error:
            assert str(error).endswith(".")
        else:
            assert look.state == "failed" and look.why
        assert time.monotonic() - started < 20

    def test_a_lost_request_is_found_where_it_says_so(self, tmp_path: Path) -> None:
        """`reconcile` finds what was sent; an id for what was not sent leads to nothing."""
        case = self.case(tmp_path)
        made = case.make()
        reconcile = getattr(made, "reconcile", None)
        if reconcile is None:
            assert not made.limits.finds_lost
            return
        too_early = reconcile(case.request)
        assert too_early is None or made.look(too_early).state == "failed"
        remote_id = made.submit(case.request, case.files)
        allowed = (remote_id,) if made.limits.finds_lost else (remote_id, None)
        assert reconcile(case.request) in allowed


class ScorerContract:
    """What every judge keeps; derive a test class from it and say how to `make` one."""

    seconds: float = 60.0
    """Longest time that a verdict on a second of film may take."""

    def make(self) -> Scorer:
        """Return the judge as a new process would have it."""
        raise NotImplementedError("say how to make your judge")

    def film(self, folder: Path, *, frames: int = 24, black: bool = False) -> Path:
        """Write a small film: a red and a blue figure that come near each other."""
        path = folder / f"film-{frames}-{black}.mp4"
        write_film(
            path, (_scene(n, black) for n in range(frames)), rate=Fraction(24), size=(320, 180)
        )
        return path

    def cast(self, folder: Path) -> list[CharacterLook]:
        """Write the sheets of the two, and return their looks."""
        colours: dict[Side, tuple[int, int, int]] = {"left": RED, "right": BLUE}
        looks = []
        for side, colour in colours.items():
            sheet = folder / f"{side}.png"
            Image.new("RGB", (96, 160), colour).save(sheet)
            looks.append(CharacterLook(side, side, (sheet,)))
        return looks

    def scored(self, folder: Path, film: Path, **more: Any) -> Score:
        """Judge a film of the two within the time allowed."""
        began = time.monotonic()
        found = self.make().score(film, self.cast(folder), contact=[(6, 18)], **more)
        assert time.monotonic() - began < self.seconds
        return found

    def test_it_has_a_name_and_is_a_judge(self) -> None:
        """The name stands in every score."""
        made = self.make()
        assert isinstance(made, Scorer) and made.name.strip()

    def test_every_frame_is_answered_with_probabilities(self, tmp_path: Path) -> None:
        """None where it cannot see, else 0 to 1, never NaN."""
        film = self.film(tmp_path)
        found = self.scored(tmp_path, film)
        assert found.frames == 24 and Fraction(found.rate) == Fraction(24)
        assert found.scorer == self.make().name
        rows = [found.held, *found.failures.values()]
        assert all(len(row) == found.frames for row in rows)
        known = [value for row in rows for value in row if value is not None]
        assert all(0.0 <= value <= 1.0 for value in known)
        assert set(found.failures) <= set(FAILURE_KINDS)

    def test_silence_is_explained(self, tmp_path: Path) -> None:
        """Where the judge gives no number, a note says why."""
        found = self.scored(tmp_path, self.film(tmp_path, black=True))
        assert found.notes or None not in found.held

    def test_evidence_lies_in_the_film(self, tmp_path: Path) -> None:
        """Frames of the film, and words."""
        for one in self.scored(tmp_path, self.film(tmp_path)).evidence:
            assert 0 <= one.start < one.end <= 24 and one.words.strip()

    def test_the_same_film_scores_the_same(self, tmp_path: Path) -> None:
        """Twice, and by a new instance."""
        film = self.film(tmp_path)
        assert self.scored(tmp_path, film) == self.scored(tmp_path, film)

    def test_two_frames_are_answered(self, tmp_path: Path) -> None:
        """However short the film is."""
        assert self.scored(tmp_path, self.film(tmp_path, frames=2)).frames == 2

    def test_progress_rises_to_one_at_most(self, tmp_path: Path) -> None:
        """Shares of 0 to 1 in order, where it says any."""
        heard: list[float] = []
        self.scored(tmp_path, self.film(tmp_path), progress=heard.append)
        assert heard == sorted(heard) and all(0.0 <= share <= 1.0 for share in heard)

    def test_what_cannot_be_read_is_a_sentence(self, tmp_path: Path) -> None:
        """A broken film is a `BridgeError`, nothing else."""
        broken = tmp_path / "broken.mp4"
        broken.write_bytes(b"no film")
        try:
            self.scored(tmp_path, broken)
        except BridgeError as error:
            assert str(error).strip()
        else:
            raise AssertionError("a broken film was judged")


def _scene(number: int, black: bool) -> NDArray[np.uint8]:
    """A picture of two figures that come nearer, of 320 x 180."""
    picture = np.full((180, 320, 3), 0 if black else 170, np.uint8)
    if not black:
        near = min(number, 12) * 5
        picture[50:170, 60 + near : 110 + near] = RED
        picture[50:170, 210 - near : 260 - near] = BLUE
    return picture
