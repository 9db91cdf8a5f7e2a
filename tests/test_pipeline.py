"""The road on real files: the offline generator draws, the judge looks, the timeline is written."""

from __future__ import annotations

import json
import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import opentimelineio as otio
import pytest
from cuts import RT, TR
from PIL import Image
from test_timeline_edits import without_ours

from otio_bridge import judging, pipeline
from otio_bridge.errors import (
    BridgeError,
    MediaError,
    PlanError,
    ProjectError,
    TakeNotFound,
    TimelineChanged,
    TimelineError,
)
from otio_bridge.listing import shots
from otio_bridge.looks import lock_look
from otio_bridge.media import frames_of, probe, relit, stand_in
from otio_bridge.model import Performer, Reference, Score
from otio_bridge.project import Project
from otio_bridge.regeneration import Order
from otio_bridge.session import Session

RATE = 12.0
SLOT = 24
"""Frames: two seconds."""


def build(folder: Path, *, media: bool = True, name: str = "cut.otio") -> Path:
    """A three-clip timeline whose middle clip is the contact shot."""
    folder.mkdir(exist_ok=True)
    timeline = otio.schema.Timeline("cut")
    track = otio.schema.Track("V", kind=otio.schema.TrackKind.Video)
    for clip in ("a.mp4", "hug.mp4", "b.mp4"):
        if media and not (folder / clip).exists():
            stand_in(folder / clip, text=clip, frames=60, rate=Fraction(12), size=(160, 90))
        reference = otio.schema.ExternalReference(clip, TR(RT(0, RATE), RT(60, RATE)))
        track.append(otio.schema.Clip(clip, reference, TR(RT(18, RATE), RT(SLOT, RATE))))
    timeline.tracks.append(track)
    otio.adapters.write_to_file(timeline, str(folder / name))
    return folder / name


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which one shot has two takes; tests copy it."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTIO_BRIDGE_DATA_DIR", str(folder / "data"))
        timeline = build(folder / "film")
        pipeline.describe(
            timeline, "hug.mp4", kind="handshake", prompt="They shake hands.",
            performers=[Performer(name="mia", side="left"), Performer(name="tom", side="right")],
            contact=[(0.5, 1.5)],
        )  # fmt: skip
        pipeline.regenerate(timeline, ["hug.mp4"], order=Order(takes=1))
        pipeline.regenerate(timeline, ["hug.mp4"], order=Order(takes=1, seconds=(0, 2)))
    return folder / "film"


@pytest.fixture
def film(made: Path, tmp_path: Path) -> Path:
    """The timeline of a fresh copy, moved elsewhere."""
    return Path(shutil.copytree(made, tmp_path / "moved")) / "cut.otio"


def tree(path: Path) -> Any:
    return json.loads(path.read_text())


def state(path: Path) -> str:
    return shots(path).shots[1].state


def test_regenerate_only_adds_alternates(made: Path, tmp_path: Path) -> None:
    before = tree(build(tmp_path / "plain"))
    assert without_ours(tree(made / "cut.otio")) == without_ours(before)
    answer = pipeline.takes(made / "cut.otio", "hug.mp4")
    assert [take.id for take in answer.takes] == ["t01", "t02"]
    assert {cell.second for cell in answer.takes[0].seconds} == {0, 1}
    assert answer.takes[0].frames == SLOT + 24
    assert probe(answer.takes[0].media).rate == 12
    assert Path(answer.takes[0].media).suffix == ".mov"


def test_takes_are_named_after_shot_take_and_model_and_start_at_the_handle(film: Path) -> None:
    answer = pipeline.takes(film, "hug.mp4")
    assert Path(answer.takes[0].media).name == f"{answer.shot}_t01_previz-1.mov"
    clip = tree(film)["tracks"]["children"][0]["children"][1]
    available = clip["media_references"]["t01"]["available_range"]
    assert available["start_time"]["value"] == 18 - 12
    assert available["duration"]["value"] == SLOT + 24
    assert clip["active_media_reference_key"] == "DEFAULT_MEDIA"


def test_use_splice_revert_and_undo_after_the_folder_moved(film: Path) -> None:
    before = tree(film)
    pipeline.use(film, "hug.mp4", "t1")
    assert state(film) == "alternate"
    pipeline.splice(film, "hug.mp4", plan="t1:0-1,t2:1-2")
    assert state(film) == "spliced"
    pipeline.revert(film, "hug.mp4")
    assert tree(film) == before
    pipeline.splice(film, "hug.mp4", plan="t2:0f-7f,t1:7f-24f", nested=True)
    assert state(film) == "spliced"
    pipeline.undo(film)
    assert tree(film) == before
    pipeline.undo(film)
    assert state(film) == "spliced"


def test_a_splice_may_show_takes_out_of_step(film: Path) -> None:
    done = pipeline.splice(film, "hug.mp4", plan="t1:0f-12f+2f,t2:12f-24f-1f")
    assert done.words == "t01:0f-12f+2f,t02:12f-24f-1f"
    clips = tree(film)["tracks"]["children"][0]["children"][1:3]
    # t01 begins 12 frames before the slot, at frame 6 of its media; so does t02.
    assert [clip["source_range"]["start_time"]["value"] for clip in clips] == [20.0, 29.0]
    best = pipeline.splice(film, "hug.mp4", shift=2)
    assert best.plan.segments and pipeline.takes(film, "hug.mp4").plan is not None
    pipeline.revert(film, "hug.mp4")


def test_the_judge_is_given_the_locked_contact_and_the_start_frame(
    film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session.opened(film)
    placed = session.named("hug.mp4")
    project, take = session.needed_project(), session.takes_of(placed)[0]
    still = project.reference_path("fused", placed.shot, ".png")
    still.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (160, 90)).save(still)
    contact = Reference(name=placed.shot, role="fused", images=(project.relative(still),))
    given: list[tuple[object, object]] = []

    def judge(by: str, media: Path, looks: Any, **more: Any) -> Score:
        given.append((more["fused"], more["start_frame"]))
        known = project.judged(take)
        assert known is not None
        return known

    monkeypatch.setattr("otio_bridge.judging.judge", judge)
    project.save_reference(contact)
    judging.judged(session, placed, session.shot_of(placed), take)
    lock_look(project, "fused", placed.shot)
    start = project.relative(still)
    judging.judged(session, placed, session.shot_of(placed), take, start=start)
    judging.judged(session, placed, session.shot_of(placed), take, start="gone.png")
    assert given == [(None, None), (still, still), (still, None)], "a locked, existing picture only"


def brightness(path: Path) -> float:
    return float(np.mean([picture.mean() for picture in frames_of(path)]))


def test_a_splice_may_be_shown_in_one_light(film: Path) -> None:
    before = tree(film)
    own = Path(pipeline.takes(film, "hug.mp4").takes[1].media)
    first = Path(pipeline.takes(film, "hug.mp4").takes[0].media)
    own.unlink()
    relit(first, own, (0.9, 0.9, 0.9))  # the second take is the first one, darker
    plan = "t1:0f-14f,t2:14f-24f"
    pipeline.splice(film, "hug.mp4", plan=plan, match_light=True)

    def shown() -> list[str]:
        clips = tree(film)["tracks"]["children"][0]["children"][1:3]
        return [
            clip["media_references"][clip["active_media_reference_key"]]["target_url"]
            for clip in clips
        ]

    urls = shown()
    lit = film.parent / urls[1]
    assert lit != own and lit.parent == own.parent and ".light-" in lit.name
    assert brightness(own) < 0.95 * brightness(first)
    assert brightness(lit) == pytest.approx(brightness(first), rel=0.02)
    assert probe(lit).frames == probe(own).frames
    for take in ("t1", "t2"):
        pipeline.mark(film, "hug.mp4", take, 0, "failed")
    pipeline.regenerate(film, ["hug.mp4"], order=Order(takes=1))
    assert shown() == urls, "new takes leave the light alone"
    pipeline.splice(film, "hug.mp4", plan=plan)
    assert (film.parent / shown()[1]).name == own.name
    pipeline.splice(film, "hug.mp4", plan=plan, match_light=True, nested=True)
    assert lit.name in film.read_text()
    pipeline.revert(film, "hug.mp4")
    after = tree(film)["tracks"]["children"][0]["children"][1]
    del after["media_references"]["t03"]
    assert after == before["tracks"]["children"][0]["children"][1]


def test_the_best_plan_covers_the_slot_and_marks_rule_it(film: Path) -> None:
    for second in (0, 1):
        pipeline.mark(film, "hug.mp4", "t1", second, "failed")
        answer = pipeline.mark(film, "hug.mp4", "t2", second, "held")
    assert answer.plan is not None and answer.plan.covered
    assert [segment.take for segment in answer.plan.segments] == ["t02"]
    assert [cell.verdict for cell in answer.takes[0].seconds] == ["failed", "failed"]
    said = pipeline.mark(film, "hug.mp4", "t1", 0, "failed", "texture_bleed").takes[0].seconds[0]
    assert (said.verdict, said.because) == ("failed", "texture_bleed")
    cleared = pipeline.mark(film, "hug.mp4", "t1", 0, None)
    assert cleared.takes[0].seconds[0].because is None
    assert cleared.takes[0].seconds[0].verdict is None


def test_a_second_timeline_in_the_folder_finds_its_takes(film: Path) -> None:
    other = build(film.parent, name="cut_v02.otio")
    answer = pipeline.takes(other, "hug.mp4")
    assert len(answer.takes) == 2
    pipeline.use(other, "hug.mp4", "t2")
    assert state(other) == "alternate"
    assert state(film) == "takes"


def test_out_leaves_the_source_alone_and_finds_its_project_again(
    film: Path, tmp_path: Path
) -> None:
    before = film.read_bytes()
    elsewhere = tmp_path / "out folder" / "new.otio"
    pipeline.splice(film, "hug.mp4", plan="t1:0-2", out=elsewhere)
    assert film.read_bytes() == before
    assert pipeline.takes(elsewhere, "hug.mp4").takes[0].id == "t01"
    session = Session.opened(elsewhere)
    assert session.media_of(session.named("hug.mp4").slot) is not None
    pipeline.revert(elsewhere, "hug.mp4")
    assert state(elsewhere) == "takes"


def test_metadata_stripped_by_a_host_does_not_lose_the_splice(film: Path) -> None:
    pipeline.splice(film, "hug.mp4", plan="t1:0-1,t2:1-2")
    film.write_text(json.dumps(stripped(tree(film))))
    (line,) = [line for line in shots(film).shots if line.state == "spliced"]
    assert line.frames == SLOT
    assert len(pipeline.takes(film, line.id).takes) == 2


def stripped(value: Any) -> Any:
    """The tree as a host leaves it that drops unknown keys and keeps one media reference."""
    if isinstance(value, list):
        return [stripped(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    kept = {key: stripped(entry) for key, entry in value.items() if key != "otio_bridge"}
    if "media_references" in kept:
        active = kept["active_media_reference_key"]
        kept["media_references"] = {"DEFAULT_MEDIA": kept["media_references"][active]}
        kept["active_media_reference_key"] = "DEFAULT_MEDIA"
    return kept


def test_a_timeline_changed_meanwhile_is_not_replaced(film: Path) -> None:
    session = Session.opened(film)
    film.write_text(film.read_text() + "\n")
    kept = film.read_bytes()
    with pytest.raises(TimelineChanged, match="changed by another program"):
        session.write()
    assert film.read_bytes() == kept


def test_undo_never_takes_back_the_work_of_others(film: Path) -> None:
    pipeline.use(film, "hug.mp4", "t1")
    film.write_text(film.read_text() + "\n")
    with pytest.raises(TimelineError, match="changed by another program"):
        pipeline.undo(film)


def test_missing_media_is_said_and_a_still_shot_is_made(tmp_path: Path) -> None:
    timeline = build(tmp_path / "offline", media=False)
    clip = otio.adapters.read_from_file(str(timeline))
    clip.tracks[0][1].source_range = TR(RT(18, RATE), RT(6, RATE))
    otio.adapters.write_to_file(clip, str(timeline))
    (answer,) = pipeline.regenerate(timeline, ["hug.mp4"], order=Order(takes=1))
    assert any("missing" in note for note in answer.notes)
    assert any("Assumed" in note for note in answer.notes)
    assert len(answer.takes) == 1


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda t: pipeline.takes(t, "nobody"), BridgeError, "no clip or shot 'nobody'"),
        (lambda t: pipeline.use(t, "hug.mp4", "t9"), TakeNotFound, "no take 't9'"),
        (lambda t: pipeline.splice(t, "hug.mp4", plan="t1:0-1"), PlanError, "othing shows"),
        (lambda t: pipeline.splice(t, "hug.mp4", plan="t1:0-2,t2:1-2"), PlanError, "shown twice"),
        (lambda t: pipeline.splice(t, "hug.mp4", plan="t7:0-2"), PlanError, "no take t7"),
        (lambda t: pipeline.splice(t, "a.mp4"), PlanError, "no takes yet"),
        (lambda t: pipeline.mark(t, "hug.mp4", "t1", 7, "held"), PlanError, "second 7"),
        (lambda t: pipeline.describe(t, "hug.mp4", contact=[(3, 9)]), BridgeError, "does not lie"),
        (
            lambda t: pipeline.regenerate(t, ["hug.mp4"], order=Order(seconds=(1, 9))),
            BridgeError,
            "do not lie",
        ),
        (lambda t: pipeline.regenerate(t, [], marked=True), TimelineError, "marker"),
        (lambda t: pipeline.undo(t), TimelineError, "No earlier version"),
    ],
)
def test_bad_input_gets_one_sentence_and_changes_nothing(
    film: Path, call: Any, error: type[BridgeError], words: str
) -> None:
    shutil.rmtree(film.parent / "otio-bridge" / "versions")
    before = film.read_bytes()
    with pytest.raises(error, match=words) as raised:
        call(film)
    assert "\n" not in str(raised.value)
    assert film.read_bytes() == before


def test_an_edl_whose_otio_exists_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    timeline = build(tmp_path / "film")
    edl = timeline.with_suffix(".edl")
    edl.write_text(
        "TITLE: cut\n\n001  a V C 00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00\n"
        "* FROM CLIP NAME: a.mp4\n"
    )
    with pytest.raises(TimelineError, match="exists already beside"):
        pipeline.regenerate(edl, ["a.mp4"], order=Order(takes=1))
    assert not (timeline.parent / "otio-bridge").exists()


def test_a_take_whose_file_is_gone_is_not_shown(film: Path) -> None:
    Path(pipeline.takes(film, "hug.mp4").takes[0].media).unlink()
    before = film.read_bytes()
    for edit in (
        lambda: pipeline.use(film, "hug.mp4", "t1"),
        lambda: pipeline.splice(film, "hug.mp4", plan="t1:0-2"),
    ):
        with pytest.raises(MediaError, match="media of t01 is missing"):
            edit()
    assert film.read_bytes() == before


def test_a_timeline_without_project_says_how_to_begin(tmp_path: Path) -> None:
    timeline = build(tmp_path / "new")
    with pytest.raises(ProjectError, match="start with 'otio-bridge regenerate'"):
        pipeline.revert(timeline, "hug.mp4")
    assert not (timeline.parent / "otio-bridge").exists()


def test_drawn_looks_are_kept_locked_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill after any of the project's writes leaves no look that stops what goes on."""
    kept: list[Reference] = []
    keep = Project.save_reference

    def watched(project: Project, reference: Reference) -> None:
        kept.append(reference)
        keep(project, reference)

    monkeypatch.setattr(Project, "save_reference", watched)
    timeline = build(tmp_path)
    people = [Performer(name="mia", side="left"), Performer(name="tom", side="right")]
    pipeline.describe(timeline, "hug.mp4", kind="handshake", prompt="", performers=people)
    pipeline.regenerate(timeline, ["hug.mp4"], order=Order(takes=1))
    assert {one.name for one in kept} == {"mia", "tom"}
    assert all(one.locked and one.sha256 for one in kept)
