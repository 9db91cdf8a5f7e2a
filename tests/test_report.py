"""The report is whole in one file, its figures add up, and what people typed stays text."""

from __future__ import annotations

import re
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from otio_bridge.model import (
    FAILURE_KINDS,
    Performer,
    Score,
    Seam,
    Segment,
    Shot,
    SplicePlan,
    Take,
    Verdict,
)
from otio_bridge.report import Figures, ShotReport, figures, plan_in_words, write_report

RATE = Fraction(24)
VOID = {"meta", "img", "br"}


def make_take(name: str, provider: str = "offline", usd: float = 0.0) -> Take:
    return Take(
        id=name, shot="s", provider=provider, model=f"{provider}-1", seed=7, media=f"{name}.mov",
        frames=120, rate="24/1", slot_start=-12, slot_frames=96, cost_usd=usd,
    )  # fmt: skip


def make_score(held: float | None, kind: str) -> Score:
    broken = 0.0 if held is None else 1.0 - held
    return Score(
        scorer="test",
        frames=120,
        rate="24/1",
        held=(held,) * 120,
        failures={each: (broken if each == kind else 0.0,) * 120 for each in FAILURE_KINDS},
    )


def segment(take: str, start: int, frames: int) -> Segment:
    return Segment(take=take, take_start=start + 12, slot_start=start, frames=frames)


@pytest.fixture
def shots(tmp_path: Path) -> list[ShotReport]:
    board = tmp_path / "board.png"
    Image.new("RGB", (1920, 1000), (20, 22, 26)).save(board)
    plan = SplicePlan(
        covered=False,
        uncovered_seconds=(3,),
        segments=(segment("t01", 0, 31), segment("t02", 31, 65)),
        seams=(Seam(slot_frame=31, visibility=0.4),),
    )
    spliced = ShotReport(
        shot=Shot(
            id="s1",
            clip="hug <010> & more",
            prompt='They "hug" <script>alert(1)</script>',
            performers=(Performer(name="Mira"),),
            contact=((0, 30), (24, 48)),
        ),
        rate=RATE,
        slot_frames=96,
        takes=[make_take("t01"), make_take("t02", "kling", 1.5), make_take("t03", "kling", 0.5)],
        scores={
            "t01": make_score(0.9, "texture_bleed"),
            "t02": make_score(0.2, "texture_bleed"),
            "t03": make_score(None, "texture_bleed"),
        },
        verdicts=[Verdict(take="t02", start=12, end=36, mark="held")],
        plan=plan,
        segments=plan.segments,
        board=board,
        notes=("The judge saw no face.",),
    )
    original = Segment(take="original", take_start=0, slot_start=0, frames=96)
    untouched = ShotReport(
        shot=Shot(id="s2", clip="walk"),
        rate=RATE,
        slot_frames=96,
        takes=[make_take("t01")],
        segments=[original],
    )
    return [spliced, untouched]


def test_the_figures_add_up(shots: list[ShotReport]) -> None:
    found = figures(shots)
    assert (found.shots, found.generations, found.generations_used) == (2, 4, 2)
    assert (found.used_share, found.usable_shots, found.stitched_shots) == (0.5, 1, 1)
    assert found.generations_per_usable_shot == 4
    assert (found.seconds_generated, found.seconds_used) == (20, 4)
    assert found.generated_per_used == 5
    assert (found.contact_shots, found.contact_shot_share) == (1, 0.5)
    assert found.contact_second_share == 0.25
    assert (found.paid_usd, found.usd_per_used_second) == (2, 0.5)
    # t01 holds 4 seconds, t02 fails 3 and was marked held in one, t03 could not be judged
    assert (found.seconds_judged, found.seconds_failed) == (8, 3)
    assert found.failures == {kind: 3 * (kind == "texture_bleed") for kind in FAILURE_KINDS}
    kling = found.providers["kling"]
    assert (kling.generations, kling.used, kling.seconds_failed, kling.paid_usd) == (2, 1, 3, 2)
    assert Figures.model_validate_json(found.model_dump_json()) == found


def test_nothing_used_has_no_ratios(shots: list[ShotReport]) -> None:
    found = figures(shots[1:])
    assert found.used_share == 0
    assert found.generations_per_usable_shot is None
    assert found.generated_per_used is found.usd_per_used_second is None
    assert figures([]).used_share is None


def test_a_plan_in_words(shots: list[ShotReport]) -> None:
    assert shots[0].plan is not None
    assert plan_in_words(shots[0].plan, RATE) == [
        "0 to 1.29 s from t01 (slot frames 0-31, take from frame 12)",
        "1.29 to 4 s from t02 (slot frames 31-96, take from frame 43), seam faint",
        "no take holds in second 3",
    ]


class Page(HTMLParser):
    """Checks that every tag is closed in order, and gathers what people read."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    assert page.open == []
    return page


def test_the_page_is_whole_and_needs_nothing_else(shots: list[ShotReport], tmp_path: Path) -> None:
    into = tmp_path / "report.html"
    write_report(into, shots)
    page = read(into)
    tags = [tag for tag, _ in page.found]
    assert "script" not in tags and "link" not in tags and "iframe" not in tags
    pictures = [attributes for tag, attributes in page.found if tag == "img"]
    assert len(pictures) == 1 and pictures[0]["alt"]
    assert str(pictures[0]["src"]).startswith("data:image/webp;base64,")
    written = into.read_text(encoding="utf-8")
    assert not re.search(r"(https?:)?//[a-z]|url\(", re.sub(r"base64,[^\"]+", "", written))
    assert "prefers-color-scheme:dark" in written
    assert into.stat().st_size < 200_000


def test_tables_say_what_their_cells_are(shots: list[ShotReport], tmp_path: Path) -> None:
    write_report(tmp_path / "report.html", shots)
    page = read(tmp_path / "report.html")
    tags = [tag for tag, _ in page.found]
    assert tags.count("table") == tags.count("caption") == tags.count("thead") == 4
    assert all(
        attributes.get("scope") in ("col", "row") for tag, attributes in page.found if tag == "th"
    )
    assert [tag for tag in tags if tag in ("h1", "h2")] == ["h1", "h2", "h2"]
    for words in ("50 %", "$2.00", "$0.50 per second used", "5.0 s", "The judge saw no face."):
        assert words in page.text
    assert "second 0 held, marked held" in page.text
    assert "second 1 failed: texture bleed" in page.text


def test_what_people_typed_stays_text(shots: list[ShotReport], tmp_path: Path) -> None:
    write_report(tmp_path / "report.html", shots)
    page = read(tmp_path / "report.html")
    assert 'They "hug" <script>alert(1)</script>' in page.text
    assert page.text.count("hug <010> & more") == 3


def test_a_report_replaces_the_one_before(shots: list[ShotReport], tmp_path: Path) -> None:
    into = tmp_path / "report.html"
    write_report(into, shots)
    write_report(into, [])
    assert "0 shots, 0 takes" in read(into).text
    assert [path.name for path in tmp_path.iterdir() if path.name != "board.png"] == [into.name]
