"""The judge on small films drawn here: sane answers, silence where due, never a crash."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_info

from otio_bridge.errors import LookError, MediaError
from otio_bridge.media import frames_of, probe, write_film
from otio_bridge.model import FAILURE_KINDS, Score, seconds_of
from otio_bridge.scoring import (
    BuiltinScorer,
    CharacterLook,
    PropLook,
    hindsight,
    score,
    write_overlay,
)
from otio_bridge.scoring.arrays import Numbers
from otio_bridge.scoring.learned import Judge

RED, BLUE = (205, 45, 40), (40, 70, 200)
SKIN = (225, 180, 150)
SIZE = (320, 180)
CLIPS = Path(__file__).resolve().parents[2] / "shared" / "data" / "clips"


def person(picture: np.ndarray, x: float, top: tuple[int, int, int], scale: float = 1.0) -> None:
    height, width = picture.shape[:2]
    unit = height / 180 * scale
    feet = height * 0.97

    def box(left: float, upper: float, right: float, lower: float, colour: tuple[int, ...]) -> None:
        low = round(x * width + left * unit), round(feet - upper * unit)
        high = round(x * width + right * unit), round(feet - lower * unit)
        cv2.rectangle(picture, low, high, colour, -1)

    box(-13, 55, -2, 0, tuple(c // 3 for c in top))
    box(2, 55, 13, 0, tuple(c // 3 for c in top))
    box(-17, 112, 17, 55, top)
    box(-9, 138, 9, 114, SKIN)


def meeting(
    frames: int, size: tuple[int, int] = SIZE, swapped: range = range(0)
) -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    coarse = rng.integers(90, 150, (9, 16, 3)).astype(np.uint8)
    ground = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    film = []
    for frame in range(frames):
        picture = ground.copy()
        share = min(1.0, frame / 30)
        sway = 0.008 * np.sin(frame / 5)
        person(picture, 0.25 + 0.14 * share + sway, BLUE if frame in swapped else RED)
        person(picture, 0.75 - 0.14 * share - sway, BLUE)
        film.append(picture)
    return film


def filmed(path: Path, film: list[np.ndarray], rate: int = 24) -> Path:
    height, width = film[0].shape[:2]
    write_film(path, film, rate=Fraction(rate), size=(width, height))
    return path


def sheet(path: Path, top: tuple[int, int, int], alpha: bool = False) -> Path:
    page = np.full((240, 480, 3), 255, np.uint8)
    for x in (0.2, 0.5, 0.8):
        person(page, x, top)
    picture = cv2.cvtColor(page, cv2.COLOR_RGB2BGR)
    if alpha:
        opaque = np.where((page == 255).all(axis=2), 0, 255).astype(np.uint8)
        picture = np.dstack([picture, opaque])
    cv2.imwrite(str(path), picture)
    return path


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> list[CharacterLook]:
    folder = tmp_path_factory.mktemp("sheets")
    return [
        CharacterLook("Ada", "left", (sheet(folder / "ada.png", RED),)),
        CharacterLook("Bo", "right", (sheet(folder / "bo.png", BLUE, alpha=True),)),
    ]


def assert_sane(result: Score, frames: int) -> None:
    assert result.scorer == "builtin"
    assert result.frames == frames == len(result.held)
    assert set(result.failures) == set(FAILURE_KINDS)
    every = [p for p in result.held if p is not None]
    every += [p for series in result.failures.values() for p in series]
    assert all(len(series) == frames for series in result.failures.values())
    assert np.isfinite(every).all() and all(0.0 <= p <= 1.0 for p in every)
    if None in result.held:
        assert result.notes
    for item in result.evidence:
        assert 0 <= item.start < item.end <= frames
        x0, y0, x1, y1 = item.box
        assert 0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1
        assert item.words.endswith(".")


def test_a_swapped_costume_scores_below_the_seconds_that_hold(
    tmp_path: Path, cast: list[CharacterLook]
) -> None:
    film = filmed(tmp_path / "take.mp4", meeting(120, swapped=range(72, 100)))
    result = score(film, cast, contact=[(24, 120)])
    assert_sane(result, 120)
    cells = seconds_of(result, 0, 120, Fraction(24))
    assert min(cells, key=lambda cell: cell.held).second in (3, 4)
    assert result.evidence
    assert any(72 - 6 <= item.start <= 100 for item in result.evidence)


def test_the_same_film_scores_the_same_twice(tmp_path: Path, cast: list[CharacterLook]) -> None:
    film = filmed(tmp_path / "take.mp4", meeting(40))
    assert score(film, cast) == BuiltinScorer().score(film, cast)


def test_a_film_longer_than_a_stretch_is_judged_alike(
    tmp_path: Path, cast: list[CharacterLook], monkeypatch: pytest.MonkeyPatch
) -> None:
    film = filmed(tmp_path / "take.mp4", meeting(60, swapped=range(30, 40)))
    at_once = score(film, cast)
    monkeypatch.setattr(hindsight, "STRETCH", 7)
    monkeypatch.setattr(hindsight, "AHEAD", 24)
    in_stretches = score(film, cast)
    assert in_stretches.frames == at_once.frames
    pairs = zip(in_stretches.held, at_once.held, strict=True)
    apart = [abs(a - b) for a, b in pairs if a is not None and b is not None]
    assert len(apart) == at_once.frames and float(np.mean(apart)) < 0.1


def test_progress_rises_to_one(tmp_path: Path, cast: list[CharacterLook]) -> None:
    film = filmed(tmp_path / "take.mp4", meeting(30))
    told: list[float] = []
    score(film, cast, progress=told.append)
    assert told == sorted(told) and told[-1] == 1.0


def test_the_nets_are_asked_on_one_thread_and_others_keep_theirs(
    tmp_path: Path, cast: list[CharacterLook], monkeypatch: pytest.MonkeyPatch
) -> None:
    film = filmed(tmp_path / "take.mp4", meeting(30))
    asked: list[list[int]] = []

    def spied(self: Judge, curves: Numbers, constants: Numbers) -> Numbers:
        asked.append(blas_threads())
        return said(self, curves, constants)

    said = Judge.said
    monkeypatch.setattr(Judge, "said", spied)
    with ThreadpoolController().limit(limits=2, user_api="blas"):
        before = blas_threads()
        score(film, cast)
        assert blas_threads() == before
    assert asked == [[1] * len(before)]


def blas_threads() -> list[int]:
    return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_very_short_films_are_answered(
    tmp_path: Path, cast: list[CharacterLook], frames: int
) -> None:
    film = filmed(tmp_path / "take.mp4", meeting(frames))
    result = score(film, cast)
    assert_sane(result, frames)
    if frames < 5:
        assert set(result.held) == {None}


def test_a_still_is_answered(tmp_path: Path, cast: list[CharacterLook]) -> None:
    film = filmed(tmp_path / "take.mp4", meeting(1) * 36)
    result = score(film, cast)
    assert_sane(result, 36)
    assert None not in result.held


def test_black_frames_get_no_number(tmp_path: Path, cast: list[CharacterLook]) -> None:
    film = filmed(tmp_path / "take.mp4", [np.zeros((180, 320, 3), np.uint8)] * 30)
    result = score(film, cast)
    assert_sane(result, 30)
    assert set(result.held) == {None}


def test_monochrome_is_answered(tmp_path: Path, cast: list[CharacterLook]) -> None:
    grey = [np.repeat(f.mean(axis=2, keepdims=True), 3, axis=2) for f in meeting(30)]
    film = filmed(tmp_path / "take.mp4", [f.astype(np.uint8) for f in grey])
    assert_sane(score(film, cast), 30)


def test_alike_sheets_get_no_number(tmp_path: Path, cast: list[CharacterLook]) -> None:
    film = filmed(tmp_path / "take.mp4", meeting(30))
    twins = [cast[0], CharacterLook("Cy", "right", cast[0].images)]
    result = score(film, twins)
    assert_sane(result, 30)
    assert set(result.held) == {None}
    assert "Ada and Cy" in " ".join(result.notes)


def test_a_character_who_is_not_there_is_named(tmp_path: Path, cast: list[CharacterLook]) -> None:
    film = filmed(tmp_path / "take.mp4", meeting(30))
    stranger = sheet(tmp_path / "stranger.png", (20, 220, 60))
    result = score(film, [*cast, CharacterLook("Dee", "center", (stranger,))])
    assert_sane(result, 30)
    assert set(result.held) == {None}
    assert any("Dee" in note for note in result.notes)


def test_a_film_with_transparency_is_judged_as_it_is_seen(
    tmp_path: Path, cast: list[CharacterLook]
) -> None:
    film = meeting(30)
    path = tmp_path / "take.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png", rate=24)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "rgba"
        for picture in film:
            alpha = np.full((*picture.shape[:2], 1), 255, np.uint8)
            alpha[:, :40] = 0
            frame = av.VideoFrame.from_ndarray(np.dstack([picture, alpha]), "rgba")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert_sane(score(path, cast), 30)


def test_a_take_of_the_wrong_shot_gets_no_number(tmp_path: Path, cast: list[CharacterLook]) -> None:
    """An empty street, and two strangers: neither Ada nor Bo can be told to hold."""
    rng = np.random.default_rng(5)
    street = cv2.resize(rng.integers(90, 150, (9, 16, 3)).astype(np.uint8), SIZE)
    strangers = street.copy()
    person(strangers, 0.35, (40, 170, 60))
    person(strangers, 0.6, (220, 200, 60))
    for name, picture in (("empty", street), ("strangers", strangers)):
        result = score(filmed(tmp_path / f"{name}.mp4", [picture] * 30), cast)
        assert_sane(result, 30)
        assert set(result.held) == {None}, name
        assert {"Ada", "Bo"} <= {who for who in ("Ada", "Bo") if who in " ".join(result.notes)}


def test_no_character_is_judged_without_attribution(tmp_path: Path) -> None:
    film = filmed(tmp_path / "take.mp4", meeting(30))
    result = score(film, [])
    assert_sane(result, 30)
    assert "attribution" in result.notes[0]


def test_one_character_and_a_prop(tmp_path: Path, cast: list[CharacterLook]) -> None:
    film = filmed(tmp_path / "take.mp4", meeting(30))
    box = np.full((60, 60, 3), (30, 200, 230), np.uint8)
    cv2.imwrite(str(tmp_path / "box.png"), box)
    result = score(film, cast[:1], props=[PropLook("box", (tmp_path / "box.png",))])
    assert_sane(result, 30)


def test_four_characters(tmp_path: Path, cast: list[CharacterLook]) -> None:
    pictures = meeting(30)
    for picture in pictures:
        person(picture, 0.08, (40, 190, 60))
        person(picture, 0.93, (220, 190, 40))
    film = filmed(tmp_path / "take.mp4", pictures)
    more = [
        CharacterLook(name, "center", (sheet(tmp_path / f"{name}.png", colour),))
        for name, colour in (("Cy", (40, 190, 60)), ("Di", (220, 190, 40)))
    ]
    assert_sane(score(film, [*cast, *more]), 30)


def test_characters_can_be_boxed_on_a_frame(tmp_path: Path) -> None:
    film = filmed(tmp_path / "take.mp4", meeting(30))
    boxed = [
        CharacterLook("Ada", "left", box=(60, 20, 100, 178), frame=0),
        CharacterLook("Bo", "right", box=(220, 20, 260, 178), frame=0),
    ]
    result = score(film, boxed)
    assert_sane(result, 30)
    assert None not in result.held


def test_stills_may_help(tmp_path: Path, cast: list[CharacterLook]) -> None:
    film = filmed(tmp_path / "take.mp4", meeting(30))
    still = tmp_path / "start.png"
    cv2.imwrite(str(still), cv2.cvtColor(meeting(1)[0], cv2.COLOR_RGB2BGR))
    result = score(film, cast, start_frame=still, fused=still)
    assert_sane(result, 30)


def test_120_frames_a_second(tmp_path: Path, cast: list[CharacterLook]) -> None:
    film = filmed(tmp_path / "take.mp4", meeting(90), rate=120)
    assert_sane(score(film, cast), 90)


def test_8k(tmp_path: Path, cast: list[CharacterLook]) -> None:
    film = filmed(tmp_path / "take.mp4", meeting(5, (7680, 4320)))
    assert_sane(score(film, cast), 5)


def test_what_cannot_be_read_is_named(tmp_path: Path, cast: list[CharacterLook]) -> None:
    with pytest.raises(MediaError):
        score(tmp_path / "none.mp4", cast)
    film = filmed(tmp_path / "take.mp4", meeting(5))
    with pytest.raises(LookError, match=r"none\.png"):
        score(film, [CharacterLook("Ada", "left", (tmp_path / "none.png",))])
    with pytest.raises(LookError, match="Ada has neither"):
        score(film, [CharacterLook("Ada")])


def test_the_overlay_shows_every_frame(tmp_path: Path, cast: list[CharacterLook]) -> None:
    film = filmed(tmp_path / "take.mp4", meeting(48, swapped=range(30, 48)))
    result = score(film, cast)
    into = tmp_path / "overlay.mp4"
    write_overlay(film, result, cast, into)
    assert probe(into).frames == 48
    first = next(iter(frames_of(into)))
    assert first.shape[0] > first.shape[1] * 180 / 320


@pytest.mark.skipif(not CLIPS.is_dir(), reason="the shared clips are not here")
def test_a_real_generated_clip_is_answered() -> None:
    boxed = [
        CharacterLook("girl", "right", box=(130, 5, 245, 150), frame=0),
        CharacterLook("father", "left", box=(60, 110, 330, 350), frame=0),
    ]
    assert_sane(score(CLIPS / "piggyback.mp4", boxed), 45)
