"""The offline generator draws people: sheets that come back exactly, hands that meet, one truth."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from otio_bridge.errors import LookError
from otio_bridge.media import probe
from otio_bridge.model import CONTACT_KINDS, FAILURE_KINDS, Performer, Reference, Request
from otio_bridge.previz import Truth, draw_location, draw_prop, draw_sheet, draw_take, take
from otio_bridge.previz.actors import acted
from otio_bridge.previz.breaking import Case, broken
from otio_bridge.previz.camera import Camera
from otio_bridge.previz.choreography import posed
from otio_bridge.previz.failures import MODES, FailureEvent
from otio_bridge.previz.geometry import Array, vector
from otio_bridge.previz.lighting import Light, lit
from otio_bridge.previz.look import Look, look_of
from otio_bridge.previz.mesh import Mesh
from otio_bridge.previz.moment import moment_at
from otio_bridge.previz.portrait import look_from_picture
from otio_bridge.previz.raster import rasterised
from otio_bridge.previz.stage import Stage, camera_at, drawing_size, light_at, staged
from otio_bridge.previz.take import frame_of
from otio_bridge.previz.truth import compared, in_words

SMALL = (128, 72)


def asked(**changes: object) -> Request:
    fields: dict[str, object] = {
        "id": "r", "shot": "hug_010", "take": "t01", "provider": "offline", "model": "previz-1",
        "prompt": "", "seed": 3, "slot_start": 0, "frames": 96, "slot_frames": 96,
        "rate": "24/1", "size": SMALL, "kind": "handshake",
        "performers": (Performer(name="Mia"), Performer(name="Jonas", side="right")),
    }  # fmt: skip
    return Request.model_validate({**fields, **changes})


def event(kind: str, mode: str, **changes: object) -> FailureEvent:
    fields: dict[str, object] = {
        "kind": kind, "mode": mode, "performer": 1, "partner": 0, "side": "r", "start": 0,
        "end": 96, "ramp": 1, "peak": 0.9, "seed": 5,
    }  # fmt: skip
    return FailureEvent(**{**fields, **changes})  # type: ignore[arg-type]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_the_z_buffer_agrees_with_asking_every_pixel(seed: int) -> None:
    roll = np.random.default_rng(seed)
    points = roll.uniform((-4, -4, 1), (20, 16, 9), (12, 3)).astype(np.float32)
    faces = roll.integers(0, 12, (9, 3))
    hits = rasterised(points, faces, np.ones(len(faces), bool), (16, 12))
    drawn = np.full(16 * 12, np.inf)
    drawn[hits.pixel] = hits.depth
    for pixel in range(16 * 12):
        depths = _depths_at(points.astype(float), faces, pixel % 16 + 0.5, pixel // 16 + 0.5)
        if all(margin > 0.02 for _, margin in depths):
            inside = [depth for depth, _ in depths if depth is not None]
            assert np.isclose(drawn[pixel], min(inside, default=np.inf), rtol=1e-3)


def _depths_at(points: Array, faces: Array, x: float, y: float) -> list[tuple[float | None, float]]:
    """Return for every face its depth at a place (None outside) and the distance from its edges."""
    answer: list[tuple[float | None, float]] = []
    for corners in points[faces]:
        matrix = np.vstack([corners[:, :2].T, np.ones(3)])
        if abs(np.linalg.det(matrix)) < 1e-3:
            answer.append((None, 0.0))
            continue
        weights = np.linalg.solve(matrix, [x, y, 1.0])
        inside = bool((weights >= 0).all())
        answer.append((float(weights @ corners[:, 2]) if inside else None, abs(weights).min()))
    return answer


def test_a_sheet_gives_its_look_back_exactly(tmp_path: Path) -> None:
    draw_sheet("Mia", tmp_path / "mia.png")
    assert look_from_picture("whoever", tmp_path / "mia.png") == look_of("Mia")
    with Image.open(tmp_path / "mia.png") as sheet:
        assert sheet.size == (1680, 840) and sheet.getpixel((3, 3)) == (232, 230, 226)


def test_a_picture_without_our_mark_is_read_by_colour(tmp_path: Path) -> None:
    figure = np.full((400, 240, 3), 245, np.uint8)
    figure[20:55, 95:145] = (60, 36, 24)
    figure[55:90, 95:145] = (224, 172, 140)
    figure[90:210, 70:170] = (30, 60, 200)
    figure[210:370, 75:165] = (40, 120, 50)
    figure[370:390, 70:170] = (20, 20, 20)
    Image.fromarray(figure).save(tmp_path / "photo.png")
    look = look_from_picture("Noa", tmp_path / "photo.png")
    for seen, meant in (
        (look.top_colour, (30, 60, 200)), (look.bottom_colour, (40, 120, 50)),
        (look.hair, (60, 36, 24)), (look.skin, (224, 172, 140)),
    ):  # fmt: skip
        assert np.abs(np.subtract(seen, meant)).max() < 25
    draw_sheet("Noa", tmp_path / "sheet.png", look=tmp_path / "photo.png")
    assert look_from_picture("Noa", tmp_path / "sheet.png") == look


def test_what_is_no_picture_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(LookError, match="is no picture"):
        look_from_picture("Mia", tmp_path / "notes.txt")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=12), min_size=2, max_size=4, unique=True))
def test_costumes_of_a_shot_differ(names: list[str]) -> None:
    looks: list[Look] = []
    for name in names:
        looks.append(look_of(name, looks))
    for index, look in enumerate(looks):
        for other in looks[:index]:
            assert np.linalg.norm(np.subtract(look.top_colour, other.top_colour)) > 60
            assert look.pattern != other.pattern


@pytest.mark.parametrize(
    ("size", "rate", "start"),
    [((97, 55), "24000/1001", -3), ((60, 60), "30000/1001", 0), ((168, 70), "60/1", 40)],
)
def test_a_take_has_the_frames_rate_and_size_asked_for(
    tmp_path: Path, size: tuple[int, int], rate: str, start: int
) -> None:
    request = asked(size=size, rate=rate, slot_start=start, frames=4)
    truth = draw_take(request, {}, tmp_path / "t01.mp4")
    footage = probe(tmp_path / "t01.mp4")
    assert footage.frames == 4 and footage.rate == Fraction(rate)
    assert all(0 <= have - want <= 1 for have, want in zip(footage.size, size, strict=True))
    assert Truth.model_validate_json((tmp_path / "t01.truth.json").read_bytes()) == truth
    assert set(truth.strength) == set(truth.bad) == set(FAILURE_KINDS)


def test_workers_draw_what_one_process_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    request = asked(frames=24, slot_frames=24, size=(64, 36))
    events = (event("texture_bleed", "torso", end=20),)
    many = list(take.drawn_frames(request, {}, events))
    monkeypatch.setattr(take, "PARALLEL_FROM", 1000)
    for one, other in zip(many, take.drawn_frames(request, {}, events), strict=True):
        assert (one[0] == other[0]).all() and one[1] == other[1]


@pytest.mark.parametrize("kind", CONTACT_KINDS)
@pytest.mark.parametrize("names", [("Mia",), ("Mia", "Jonas"), ("Ida", "Tom", "Rosa", "Ben")])
def test_every_contact_can_be_drawn(kind: str, names: tuple[str, ...]) -> None:
    sides = ("left", "right", "center", "left")
    cast = tuple(Performer(name=n, side=s) for n, s in zip(names, sides, strict=False))
    stage = staged(asked(kind=kind, performers=cast, props=("umbrella",)), {})
    picture, seen = frame_of(stage, 48, ())
    assert picture.shape == (72, 128, 3) and picture.std() > 15 and seen.share == 0


def test_hands_meet_only_during_the_contact() -> None:
    stage = staged(asked(contact=((48, 72),), slot_frames=192), {})
    gaps = {frame: _hand_gap(stage, frame) for frame in (10, 50, 60, 70, 120)}
    assert max(gaps[50], gaps[60], gaps[70]) < 0.06 and min(gaps[10], gaps[120]) > 0.4


def _hand_gap(stage: Stage, frame: int) -> float:
    """Return metres between the two right palms."""
    grips = posed(stage.cast, moment_at(stage.request, stage.variation, frame)).grips
    return float(np.linalg.norm(grips[0]["r"].place - grips[1]["r"].place))


def test_takes_of_a_shot_are_alike_and_extensions_start_alike() -> None:
    def palms(**changes: object) -> Callable[[int], Array]:
        stage = staged(asked(**changes), {})
        return lambda frame: _palm(stage, frame)

    one, other = palms(seed=1), palms(seed=2)
    assert 0.0005 < np.linalg.norm(one(10) - other(10)) < 0.15
    held = palms(seed=2, first_frame="held.png"), palms(seed=9, first_frame="held.png")
    assert np.linalg.norm(held[0](0) - held[1](0)) < 1e-9


def _palm(stage: Stage, frame: int) -> Array:
    moment = moment_at(stage.request, stage.variation, frame)
    return posed(stage.cast, moment).grips[0]["l"].place


@pytest.mark.parametrize(
    ("kind", "mode"), [(kind, mode) for kind, modes in MODES.items() for mode in modes]
)
def test_strong_failures_are_seen(kind: str, mode: str) -> None:
    stage = staged(asked(kind="pass", size=(320, 180)), {})
    shares = [frame_of(stage, f, (event(kind, mode),))[1].share * 3600 for f in (40, 60)]
    assert max(shares) >= 15


@given(st.floats(0.1, 1.6), st.floats(1.5, 3.0))
def test_what_stands_apart_leaves_the_shade_of_cloth_alone(height: float, aside: float) -> None:
    mesh, light, camera = _one_figure()
    more = vector(aside, height, 0) + np.zeros((900, 3), np.float32)
    alone = lit(mesh.points, mesh.normals, light, camera)
    points, normals = (
        np.concatenate([mine, theirs])
        for mine, theirs in ((mesh.points, more), (mesh.normals, more))
    )
    beside = lit(points.astype(np.float32), normals, light, camera)[: len(alone)]
    assert (np.abs(beside - alone).max(1) > 0.01).mean() < 0.01


@cache
def _one_figure() -> tuple[Mesh, Light, Camera]:
    """Return somebody in the light and before the camera of a take."""
    stage = staged(asked(), {})
    moment = moment_at(stage.request, stage.variation, 60)
    mesh = acted(stage, posed(stage.cast, moment))[0]
    return mesh, light_at(stage, moment), camera_at(stage, moment)


def test_every_failure_is_told_in_words() -> None:
    for kind, modes in MODES.items():
        for mode in modes:
            words = in_words(event(kind, mode), ["Mia", "Jonas"], 24.0)
            assert words.startswith("0.0-4.0 s: ") and kind in words


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 70), st.integers(0, 36), st.integers(1, 10), st.integers(1, 9))
def test_changed_cells_are_counted_and_boxed(x: int, y: int, wide: int, high: int) -> None:
    right = np.full((360, 640, 3), 90, np.uint8)
    wrong = right.copy()
    wrong[8 * y : 8 * (y + high), 8 * x : 8 * (x + wide)] += 40
    seen = compared(right, wrong)
    assert round(seen.share * 3600) == wide * high
    assert seen.box == (x / 80, y / 45, (x + wide) / 80, (y + high) / 45)
    assert compared(right, right).box is None


def test_a_lonely_performer_can_fail_too() -> None:
    stage = staged(asked(performers=(Performer(name="Mia", side="center"),)), {})
    moment = moment_at(stage.request, stage.variation, 48)
    scene = posed(stage.cast, moment)
    for kind, modes in MODES.items():
        for mode in modes if kind != "prop_pass_through" else ():
            one = event(kind, mode, performer=0)
            assert broken(Case(stage, scene, acted(stage, scene), one, 0.8)).meshes


def test_drawings_stay_bounded() -> None:
    for size in ((640, 360), (1920, 1080), (3840, 2160), (350, 350), (1280, 536), (720, 1280)):
        width, height = drawing_size(size)
        assert width <= 960 and width * height <= 960 * 540 * 1.02
        assert abs(width / height - size[0] / size[1]) < 0.02 * size[0] / size[1]


def test_pictures_of_prop_and_place_are_used(tmp_path: Path) -> None:
    draw_prop("juice box", tmp_path / "juice.png")
    draw_location("beach", tmp_path / "beach.png")
    photo = np.full((90, 160, 3), (30, 160, 60), np.uint8)
    Image.fromarray(photo).save(tmp_path / "photo.png")
    frames = []
    for place in ("beach.png", "photo.png"):
        references = (
            Reference(name="beach", role="location", images=(place,)),
            Reference(name="juice box", role="prop", images=("juice.png",)),
        )
        request = asked(kind="pass", props=("juice box",), location="beach", references=references)
        files = {name: tmp_path / name for name in (place, "juice.png")}
        frames.append(frame_of(staged(request, files), 30, ())[0])
    same = frame_of(staged(asked(kind="pass", props=("juice box",), location="beach"), {}), 30, ())
    assert (frames[0] == same[0]).all()
    sky = frames[1][4:14, 4:30].reshape(-1, 3).mean(0)
    assert sky[1] > sky[0] + 40 and sky[1] > sky[2] + 40
