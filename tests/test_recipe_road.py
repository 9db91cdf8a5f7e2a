"""The recipe on real files: sheets, a sketch, a fused reference, coverage; and paid steps."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from fakes.provider_server import ProviderServer, World
from fakes.provider_server.desk import KEYS, NAMES
from PIL import Image, ImageDraw
from test_pipeline import build

from otio_bridge import looks, pipeline
from otio_bridge.covering import coverage
from otio_bridge.errors import BridgeError, BudgetExceeded, LookError, ProviderError
from otio_bridge.fusing import choose, fuse
from otio_bridge.identity import Placed
from otio_bridge.listing import shots
from otio_bridge.media import frame_at, stand_in
from otio_bridge.model import FAILURE_KINDS, Performer, Score, Shot, Take
from otio_bridge.preferring import preferred, templates
from otio_bridge.project import Project
from otio_bridge.regeneration import Order
from otio_bridge.session import Session
from otio_bridge.sheets import add_sheet
from otio_bridge.sketches import cleaned_sketch, regions_of

PEOPLE = {"Mia": "left", "Rex": "center", "Tom": "right"}
PENCILS = {"Mia": (210, 50, 45), "Rex": (40, 150, 60), "Tom": (50, 80, 210)}


def drawn(path: Path, names: list[str], *, filled: bool = True) -> Path:
    """Draw one figure a name from left to right, in its colour or as an outline."""
    picture = Image.new("RGB", (900, 600), (250, 248, 242))
    pen = ImageDraw.Draw(picture)
    for number, name in enumerate(names):
        x = 900 * (number + 1) // (len(names) + 1)
        fill = PENCILS[name] if filled else None
        body = [(x - 45, 190), (x + 45, 190), (x + 60, 520), (x - 60, 520)]
        pen.polygon(body, fill=fill, outline=(20, 20, 20), width=4)
        pen.ellipse((x - 40, 105, x + 40, 185), fill=fill, outline=(20, 20, 20), width=4)
    picture.save(path)
    return path


def photographed(flat: Path, into: Path) -> Path:
    """Lay a drawing askew on a dark table, lit from one side."""
    page = np.asarray(Image.open(flat))
    high, wide = page.shape[:2]
    corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    seen = np.array([[120, 90], [960, 130], [930, 720], [90, 680]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, seen)
    table = cv2.warpPerspective(page, matrix, (1100, 800), borderValue=(80, 60, 45))
    light = (0.6 + 0.4 * np.arange(1100) / 1100)[None, :, None]
    Image.fromarray((table * light).astype(np.uint8)).save(into, quality=90)
    return into


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A timeline with a described contact shot of three, their sheets drawn and locked."""
    folder = tmp_path_factory.mktemp("recipe")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTIO_BRIDGE_DATA_DIR", str(folder / "data"))
        for name in KEYS:
            patch.delenv(name, raising=False)
        timeline = build(folder / "film")
        project = Project.opened(timeline.parent, create=True)
        for name in PEOPLE:
            add_sheet(project, name, [])
            looks.lock_look(project, "character", name)
        people = [Performer.model_validate({"name": n, "side": s}) for n, s in PEOPLE.items()]
        pipeline.describe(timeline, "hug.mp4", performers=people, kind="hug", contact=[(0.5, 1.5)])
        yield timeline


@pytest.mark.parametrize("photo", [False, True])
def test_a_sketch_gives_each_character_its_place(photo: bool, tmp_path: Path) -> None:
    flat = drawn(tmp_path / "flat.png", list(PEOPLE))
    sketch = cleaned_sketch(photographed(flat, tmp_path / "photo.jpg") if photo else flat)
    found = regions_of(sketch, {}, list(PEOPLE))
    wide = sketch.picture.shape[1]
    for number, name in enumerate(PEOPLE, 1):
        middle = float(np.flatnonzero(found[name].any(axis=0)).mean()) / wide
        assert abs(middle - number / 4) < 0.03, name
        assert 0.05 < found[name].mean() < 0.12
    named = regions_of(sketch, {"Tom": "red", "Rex": "green", "Mia": "#3250d2"}, list(PEOPLE))
    assert (named["Tom"] == found["Mia"]).all()


def test_outlines_are_given_by_a_point_inside(tmp_path: Path) -> None:
    sketch = cleaned_sketch(drawn(tmp_path / "lines.png", ["Mia", "Tom"], filled=False))
    found = regions_of(sketch, {"Mia": "300,350", "Tom": "600,350"}, ["Mia", "Tom"])
    assert found["Mia"].mean() == pytest.approx(found["Tom"].mean(), rel=0.05)
    with pytest.raises(LookError, match="No closed outline surrounds 450,350 for Mia"):
        regions_of(sketch, {"Mia": "450,350", "Tom": "600,350"}, ["Mia", "Tom"])
    with pytest.raises(LookError, match="no colour known here"):
        regions_of(sketch, {"Mia": "reddish", "Tom": "600,350"}, ["Mia", "Tom"])
    with pytest.raises(LookError, match="who is not in the shot"):
        regions_of(sketch, {"Bob": "red"}, ["Mia", "Tom"])
    with pytest.raises(LookError, match="says nothing of Tom"):
        regions_of(sketch, {"Mia": "300,350"}, ["Mia", "Tom"])
    with pytest.raises(LookError, match="has 0 coloured figures and the shot 2"):
        regions_of(sketch, {}, ["Mia", "Tom"])


def test_an_empty_sketch_and_a_blank_sheet_are_refused(tmp_path: Path, film: Path) -> None:
    Image.new("RGB", (300, 300), "white").save(tmp_path / "blank.png")
    with pytest.raises(LookError, match=r"Nothing is drawn on blank\.png"):
        cleaned_sketch(tmp_path / "blank.png")
    project = Project.opened(film.parent)
    with pytest.raises(LookError, match="shows nothing"):
        looks.add_look(project, "character", "nobody", [tmp_path / "blank.png"])
    assert project.reference("character", "nobody") is None


def test_the_whole_recipe_offline_on_three_characters(film: Path, tmp_path: Path) -> None:
    project = Project.opened(film.parent)
    sheet = project.reference("character", "Mia")
    assert sheet is not None and len(sheet.images) == 5 and sheet.locked
    sketch = photographed(drawn(tmp_path / "s.png", list(PEOPLE)), tmp_path / "s.jpg")
    made = fuse(film, "hug.mp4", sketch, front=["Tom", "Mia"], candidates=3)
    assert len(made.candidates) == 3 and made.chosen is None
    (before,) = pipeline.requests(film, ["hug.mp4"])
    assert "fused" not in {look.role for look in before.references}
    chosen = choose(film, "hug.mp4", 2).chosen
    assert chosen is not None and chosen.locked
    (request,) = pipeline.requests(film, ["hug.mp4"])
    assert [look.role for look in request.references] == ["character"] * 3 + ["fused"]
    assert "Image 4 is how they touch" in request.prompt
    (answer,) = pipeline.regenerate(film, ["hug.mp4"], order=Order(takes=1))
    assert any("3 subjects in one picture" in note for note in answer.notes)
    record = project.shot(answer.shot)
    assert record is not None and record.takes[-1].prompt == request.prompt
    pipeline.splice(film, "hug.mp4")
    told = coverage(film, "hug.mp4")
    assert [one.character for one in told.proposed] == list(PEOPLE)
    assert shots(film).shots[1].state == "coverage"
    assert pipeline.takes(film, "hug.mp4").takes[0].id == "t01"
    plan = pipeline.takes(film, "hug.mp4").plan
    assert plan is not None and {part.take for part in plan.segments} == {"t01"}
    paid = len(pipeline.jobs(film))
    assert coverage(film, "hug.mp4").plan == told.plan, "made once, found again"
    assert len(pipeline.jobs(film)) == paid
    pipeline.revert(film, "hug.mp4")
    assert shots(film).shots[1].active_take == "original"


def test_an_unlocked_character_stops_the_shot_unless_a_person_says_so(tmp_path: Path) -> None:
    timeline = build(tmp_path / "film")
    project = Project.opened(timeline.parent, create=True)
    looks.add_look(project, "character", "Mia", [drawn(tmp_path / "m.png", ["Mia"])])
    people = [Performer(name="Mia"), Performer(name="Tom", side="right")]
    pipeline.describe(timeline, "hug.mp4", performers=people)
    with pytest.raises(LookError, match="'Mia' is not locked; lock it with"):
        pipeline.regenerate(timeline, ["hug.mp4"], order=Order(takes=1))
    assert not pipeline.jobs(timeline)
    pipeline.regenerate(timeline, ["hug.mp4"], order=Order(takes=1, unlocked=True, only=("Mia",)))
    with pytest.raises(LookError, match="has no character 'Bob'"):
        pipeline.regenerate(timeline, ["hug.mp4"], order=Order(only=("Bob",), unlocked=True))


def test_two_who_look_the_same_are_named(tmp_path: Path) -> None:
    project = Project.opened(tmp_path, create=True)
    for name in ("Mia", "Ida"):
        made = looks.add_look(project, "character", name, [drawn(tmp_path / "m.png", ["Mia"])])
    assert "Ida and Mia look" in looks.alike(project, made) and "% the same" in looks.alike(
        project, made
    )
    other = looks.add_look(project, "character", "Tom", [drawn(tmp_path / "t.png", ["Tom"])])
    assert looks.alike(project, other) == ""


def test_a_brush_takes_the_body_and_nothing_else(film: Path) -> None:
    from otio_bridge.session import Session

    session = Session.opened(film)
    stroke = ([(60, 30), (60, 60)], 12)
    made = looks.look_from_footage(session, "prop", "cup", "hug.mp4", 3, stroke)
    with Image.open(session.needed_project().path(made.images[0])) as picture:
        assert picture.mode == "RGBA" and picture.size == (25, 55)
        assert picture.getpixel((0, 0))[3] == 0 and picture.getpixel((12, 27))[3] == 255
    with pytest.raises(LookError, match="covers nothing"):
        looks.look_from_footage(session, "prop", "cup2", "hug.mp4", 3, ([(900, 900)], 3))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProviderServer]:
    media = tmp_path_factory.mktemp("media") / "film.mp4"
    stand_in(media, text="generated", frames=96, rate=Fraction(24), size=(320, 180))
    row = Image.fromarray(frame_at(media, 0)).resize((400, 225))
    held = io.BytesIO()
    row.save(held, format="PNG")
    with ProviderServer(World(media.read_bytes(), picture=held.getvalue())) as running:
        yield running


@pytest.fixture
def paying(
    server: ProviderServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> ProviderServer:
    monkeypatch.setenv("OTIO_BRIDGE_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    patient = {name: {"poll_seconds": 0} for name in NAMES}
    (tmp_path / "data" / "providers.json").write_text(json.dumps(patient))
    for variable, key in KEYS.items():
        monkeypatch.setenv(variable, key)
    for name in NAMES:
        monkeypatch.setenv(f"OTIO_BRIDGE_{name.upper()}_URL", f"{server.url}/{name}")
    return server


def sent_since(server: ProviderServer, before: int) -> list[str]:
    """Return what was posted to the server since, as text."""
    return [repr(seen) for seen in server.world.seen[before:]]


@pytest.mark.parametrize("name", ["runway", "gemini", "ark"])
def test_each_paid_step_is_seen_at_the_server(
    name: str, paying: ProviderServer, tmp_path: Path
) -> None:
    timeline = build(tmp_path / "film")
    project = Project.opened(timeline.parent, create=True)
    yes = Order(takes=1, provider=name, agreed=lambda words, usd: True)
    before = len(paying.world.seen)
    with pytest.raises(BudgetExceeded, match="add --yes"):
        add_sheet(project, "Mia", [drawn(tmp_path / "m.png", ["Mia"])], order=Order(provider=name))
    assert len(paying.world.seen) == before, "nothing was sent"
    for who in ("Mia", "Tom"):
        picture = drawn(tmp_path / f"{who}.png", [who])
        sheet = add_sheet(project, who, [picture], order=yes)
        assert len(sheet.images) == 5
        looks.lock_look(project, "character", who)
    assert "A character sheet on plain light grey" in " ".join(sent_since(paying, before))
    people = [Performer(name="Mia"), Performer(name="Tom", side="right")]
    pipeline.describe(timeline, "hug.mp4", prompt="They hug.", performers=people, kind="hug")
    before = len(paying.world.seen)
    sketch = drawn(tmp_path / "s.png", ["Mia", "Tom"])
    made = fuse(timeline, "hug.mp4", sketch, candidates=2, order=yes)
    assert len(made.candidates) == 2
    assert "One still picture of this moment" in " ".join(sent_since(paying, before))
    choose(timeline, "hug.mp4", 1)
    before = len(paying.world.seen)
    (answer,) = pipeline.regenerate(timeline, ["hug.mp4"], order=yes)
    assert answer.takes and answer.takes[-1].provider == name
    assert "how they touch" in " ".join(sent_since(paying, before))
    before = len(paying.world.seen)
    told = coverage(timeline, "hug.mp4", order=yes)
    assert told.plan is not None and len(told.plan.segments) == 2
    sent = " ".join(sent_since(paying, before))
    assert "Medium close shot of Mia alone" in sent and "Medium close shot of Tom alone" in sent


def test_a_run_that_died_goes_on_and_pays_nothing_twice(
    paying: ProviderServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeline = build(tmp_path / "film")
    people = [Performer(name="Mia"), Performer(name="Tom", side="right")]
    pipeline.describe(timeline, "hug.mp4", prompt="They hug.", performers=people, kind="hug")
    order = Order(takes=1, provider="runway", agreed=lambda words, usd: True)

    def died(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    def paid() -> int:
        return paying.world.count("runway", "create", "accepted")

    before = paid()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("otio_bridge.regeneration.taken_in", died)
        pipeline.regenerate(timeline, ["hug.mp4"], order=order)
    (answer,) = pipeline.regenerate(timeline, ["hug.mp4"], order=order)
    assert [take.id for take in answer.takes] == ["t01"] and paid() == before + 1
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("otio_bridge.covering.taken_in", died)
        coverage(timeline, "hug.mp4", order=order)
    told = coverage(timeline, "hug.mp4", order=order)
    assert told.plan is not None and len(told.plan.segments) == 2 and paid() == before + 3


def test_a_result_whose_file_is_gone_stops_nothing(
    paying: ProviderServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeline = build(tmp_path / "film")

    def died(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("otio_bridge.regeneration.taken_in", died)
        pipeline.regenerate(timeline, ["hug.mp4"], order=Order(takes=1))
    (job,) = pipeline.jobs(timeline)
    assert job.state == "fetched" and job.media
    Project.opened(timeline.parent).path(job.media).unlink()
    pipeline.resume(timeline)
    (answer,) = pipeline.regenerate(timeline, ["hug.mp4"], order=Order(takes=1))
    assert [take.id for take in answer.takes] == ["t02"]


def test_the_same_picture_is_paid_once(paying: ProviderServer, tmp_path: Path) -> None:
    timeline = build(tmp_path / "film")
    project = Project.opened(timeline.parent, create=True)
    people = [Performer(name="Mia"), Performer(name="Tom", side="right")]
    pipeline.describe(timeline, "hug.mp4", prompt="They hug.", performers=people, kind="hug")
    for who in ("Mia", "Tom"):
        looks.add_look(project, "character", who, [drawn(tmp_path / f"{who}.png", [who])])
    yes = Order(provider="gemini", agreed=lambda words, usd: True)
    no = Order(provider="gemini")
    sketch = drawn(tmp_path / "s.png", ["Mia", "Tom"])
    before = paying.world.count("gemini", "create", "accepted")
    fuse(timeline, "hug.mp4", sketch, candidates=2, order=yes)
    fuse(timeline, "hug.mp4", sketch, candidates=2, order=no)
    assert paying.world.count("gemini", "create", "accepted") == before + 2
    with pytest.raises(BudgetExceeded, match="1 picture"):
        fuse(timeline, "hug.mp4", sketch, candidates=3, order=no)
    with pytest.raises(BudgetExceeded, match="2 picture"):
        other = drawn(tmp_path / "s2.png", ["Tom", "Mia"])
        fuse(timeline, "hug.mp4", other, regions={"Mia": "blue", "Tom": "red"}, order=no,
             candidates=2)  # fmt: skip


def test_uncovered_seconds_of_a_film_are_made_anew_inside_it(
    paying: ProviderServer, tmp_path: Path
) -> None:
    timeline = build(tmp_path / "film")
    people = [Performer(name="Mia"), Performer(name="Tom", side="right")]
    pipeline.describe(timeline, "hug.mp4", prompt="They hug.", performers=people, kind="hug")
    order = Order(takes=1, provider="runway", agreed=lambda words, usd: True)
    (answer,) = pipeline.regenerate(timeline, ["hug.mp4"], order=order)
    for second, verdict in ((0, "held"), (1, "failed")):
        pipeline.mark(timeline, "hug.mp4", answer.takes[0].id, second, verdict)  # type: ignore[arg-type]
    before = len(paying.world.seen)
    (again,) = pipeline.regenerate(timeline, ["hug.mp4"], order=order)
    sent = " ".join(sent_since(paying, before))
    assert "video_to_video" in sent and "aleph2" in sent
    assert any("(edit): second 1 does not hold" in note for note in again.notes)


def test_a_look_comes_before_money(
    paying: ProviderServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeline = build(tmp_path / "film")
    people = [Performer(name="Mia"), Performer(name="Tom", side="right")]
    pipeline.describe(timeline, "hug.mp4", prompt="They hug.", performers=people, kind="hug")
    doubt = 0.45

    def judged(
        session: Session, placed: Placed, shot: Shot, take: Take, *_: object, **__: object
    ) -> Score:
        held = tuple(doubt if 12 <= n + take.slot_start < 24 else 0.95 for n in range(take.frames))
        kinds = dict.fromkeys(FAILURE_KINDS, tuple(1 - one for one in held))
        score = Score(
            scorer="doubting", frames=take.frames, rate=take.rate, held=held, failures=kinds
        )
        session.needed_project().save_score(take, score)
        return score

    monkeypatch.setattr("otio_bridge.judging.judged", judged)
    order = Order(takes=3, provider="runway", agreed=lambda words, usd: True)
    (one,) = pipeline.regenerate(timeline, ["hug.mp4"], order=order)
    assert [take.id for take in one.takes] == ["t01"]
    assert any(
        "Look first: the judge doubts second 1, which may hold all the same (45%)" in note
        for note in one.notes
    )
    (again,) = pipeline.regenerate(timeline, ["hug.mp4"], order=replace(order, takes=1))
    assert [take.id for take in again.takes][:2] == ["t01", "t02"], "asked again, it goes on"
    pipeline.mark(timeline, "hug.mp4", "t01", 1, "held")
    (done,) = pipeline.regenerate(timeline, ["hug.mp4"], order=order)
    assert len(done.takes) == len(again.takes), "a mark costs nothing and settles it"


def test_public_uploads_are_named_once_a_project(paying: ProviderServer, tmp_path: Path) -> None:
    timeline = build(tmp_path / "film")
    pipeline.describe(timeline, "hug.mp4", prompt="They hug.")
    with pytest.raises(ProviderError, match="Whoever knows an address at fal can see"):
        pipeline.regenerate(timeline, ["hug.mp4"], order=Order(takes=1, provider="fal"))
    asked: list[str] = []
    agreed = Order(1, "fal", agreed=lambda words, usd: bool(asked.append(words)) or True)
    pipeline.regenerate(timeline, ["hug.mp4"], order=agreed)
    pipeline.regenerate(timeline, ["hug.mp4"], order=agreed)
    assert ["can see the pictures" in words for words in asked] == [True, False]


def test_a_project_prefers_and_words_its_prompts(tmp_path: Path) -> None:
    timeline = build(tmp_path / "film")
    assert preferred(timeline, "kling") == {"": "kling"}
    assert preferred(timeline, "offline", "chunk") == {"": "kling", "chunk": "offline"}
    assert preferred(timeline, "none") == {"chunk": "offline"}
    with pytest.raises(BridgeError, match="makes no"):
        preferred(timeline, "vertex", "edit")
    with pytest.raises(BridgeError, match="no step of the recipe"):
        preferred(timeline, "offline", "chunks")
    assert templates(timeline, "chunk", "{action} Film.") == {"chunk": "{action} Film."}
    (request,) = pipeline.requests(timeline, ["hug.mp4"])
    assert request.prompt.endswith("Film.") and not pipeline.jobs(timeline)
    assert templates(timeline, "chunk", "default")["chunk"] != "{action} Film."


def test_neighbours_go_along_where_they_are_asked_for(film: Path) -> None:
    from otio_bridge.neighbours import neighbour_references
    from otio_bridge.session import Session

    session = Session.opened(film)
    found = neighbour_references(session, session.named("hug.mp4"))
    assert [one.origin for one in found] == [
        "the end of the shot before", "the beginning of the shot after",
    ]  # fmt: skip
    with Image.open(session.needed_project().path(found[0].images[0])) as picture:
        last = frame_at(film.parent / "a.mp4", 18 + 24 - 1)
        assert np.abs(np.asarray(picture).astype(int) - last).max() == 0
