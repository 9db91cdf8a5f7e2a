"""The preview shows, frame by frame, exactly what its pieces ask for."""

from __future__ import annotations

import importlib.util
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from otio_bridge import media
from otio_bridge.errors import MediaError
from otio_bridge.media_preview import source_frames

SHARED = Path(__file__).resolve().parents[2] / "shared"
SIZE = (640, 360)


@pytest.fixture(scope="session")
def codes() -> ModuleType:
    path = SHARED / "tools" / "frame_codes.py"
    if not path.exists():
        pytest.skip("the tool frame_codes is not here")
    spec = importlib.util.spec_from_file_location("frame_codes", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def clips(codes: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    folder = tmp_path_factory.mktemp("clips")
    for take in (1, 2, 3):
        codes.write_clip(folder / f"t{take}.mp4", take=take, frames=70, rate=24)
    return {take: folder / f"t{take}.mp4" for take in (1, 2, 3)}


@pytest.mark.parametrize("name", ["preview.mp4", "preview.mov"])
def test_a_spliced_slot_with_handles(
    tmp_path: Path, codes: ModuleType, clips: dict[int, Path], name: str
) -> None:
    pieces = [
        media.Piece(clips[1], 5, 12, caption="before the slot"),
        media.Piece(clips[2], 12, 24, caption="t02"),
        media.Piece(clips[3], 36, 17),
        media.Piece(None, 0, 6),
        media.Piece(clips[1], 46, 12),
    ]
    seen: list[float] = []
    into = tmp_path / name
    frames = media.render(pieces, into, rate=Fraction(24), size=SIZE, progress=seen.append)
    asked = codes.expected((1, 5, 12), (2, 12, 24), (3, 36, 17), (None, 0, 6), (1, 46, 12))
    found = codes.read_codes(into)
    assert found == asked, codes.describe(found)
    assert frames == media.probe(into).frames == len(asked) == len(seen)
    assert seen[-1] == 1.0


@pytest.mark.parametrize(
    ("start", "speed", "shown"),
    [
        (10, Fraction(2), [10, 12, 14, 16, 18, 20]),
        (10, Fraction(1, 2), [10, 10, 11, 11, 12, 12]),
        (60, Fraction(-1), [60, 59, 58, 57, 56, 55]),
        (60, Fraction(-1, 2), [60, 60, 59, 59, 58, 58]),
        (33, Fraction(0), [33] * 6),
        (10, Fraction(15, 24), [10, 10, 11, 11, 12, 13]),
        (67, Fraction(1), [67, 68, 69, None, None, None]),
        (-2, Fraction(1), [None, None, 0, 1, 2, 3]),
        (2, Fraction(-1), [2, 1, 0, None, None, None]),
    ],
)
def test_speeds_and_missing_frames(
    tmp_path: Path,
    codes: ModuleType,
    clips: dict[int, Path],
    start: int,
    speed: Fraction,
    shown: list[int | None],
) -> None:
    into = tmp_path / "a.mp4"
    media.render([media.Piece(clips[1], start, 6, speed)], into, rate=Fraction(24), size=(320, 180))
    found = [code and code.frame for code in codes.read_codes(into)]
    assert found == shown


def test_running_backwards_across_blocks(
    tmp_path: Path, codes: ModuleType, clips: dict[int, Path]
) -> None:
    into = tmp_path / "a.mp4"
    piece = media.Piece(clips[2], 69, 70, Fraction(-1))
    media.render([piece], into, rate=Fraction(24), size=(320, 180))
    assert [code.frame for code in codes.read_codes(into)] == list(range(69, -1, -1))


@given(
    start=st.integers(-50, 500),
    frames=st.integers(1, 80),
    speed=st.fractions(-4, 4, max_denominator=60),
)
def test_source_frames_never_turn_round(start: int, frames: int, speed: Fraction) -> None:
    piece = media.Piece(None, start, frames, speed)
    found = source_frames(piece)
    assert len(found) == frames and found[0] == start
    steps = np.diff(found)
    assert (steps * (1 if speed >= 0 else -1) >= 0).all()
    assert abs(found[-1] - (start + (frames - 1) * speed)) < 1


def test_stills_shapes_and_cards(tmp_path: Path) -> None:
    still = tmp_path / "s.png"
    Image.new("RGB", (100, 200), (220, 30, 30)).save(still)
    pieces = [
        media.Piece(still, 0, 2),
        media.Piece(None, 0, 2, colour=(20, 200, 40)),
        media.Piece(None, 0, 2, caption="hug_010 is being generated"),
    ]
    into = tmp_path / "a.mp4"
    assert media.render(pieces, into, rate=Fraction(24), size=(320, 180)) == 6
    tall, plain, card = (media.frame_at(into, n) for n in (1, 3, 5))
    assert tall[90, 160, 0] > 200 and tall[90, 40].max() < 20 and tall[90, 280].max() < 20
    assert plain[90, 160, 1] > 180
    assert card.max() > 180 and 15 < card.mean() < 60


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    piece = media.Piece(tmp_path / "gone.mov", 0, 5)
    with pytest.raises(MediaError, match=r"gone\.mov"):
        media.render([piece], tmp_path / "a.mp4", rate=Fraction(24), size=SIZE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.mov", "a.mp4"])
def test_stand_ins_count_their_frames(tmp_path: Path, name: str) -> None:
    into = tmp_path / name
    rate = Fraction(24000, 1001)
    media.stand_in(into, text="A001_C014_1121ZZ", frames=10, rate=rate, size=(321, 181))
    footage = media.probe(into)
    assert (footage.frames, footage.rate, footage.size) == (10, rate, (322, 182))
    first, last = media.frame_at(into, 0).astype(int), media.frame_at(into, 9).astype(int)
    assert np.abs(first - last).max() > 60
    assert (last[178] - first[178]).max() > 60  # the bar at the bottom has filled up
