"""The recipe without pictures: spans that can be made, the ladder, coverage, prompts, routing."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from otio_bridge import provider, recipe
from otio_bridge.errors import BridgeError
from otio_bridge.model import Performer, Reference, SecondScore, Segment, Shot, SplicePlan
from otio_bridge.provider import Limits
from otio_bridge.recipe import Aim
from otio_bridge.recipe_coverage import coverage_action, proposed_coverage
from otio_bridge.recipe_ladder import Standing, chances, hopes, next_rung, prior_of, worth_going_on
from otio_bridge.recipe_prompts import TEMPLATES, checked_template, prompt_for
from otio_bridge.routing import PREFERENCE, chosen

RATES = (Fraction(24), Fraction(25), Fraction(30), Fraction(24000, 1001), Fraction(12))
NAMES = ("Mia", "Tom", "Rex", "Ida")
LIMITS = {name: provider.find(name).limits for name in provider.BUILT_IN}


@st.composite
def shots(draw: st.DrawFn) -> tuple[Shot, Aim]:
    rate = draw(st.sampled_from(RATES))
    frames = draw(st.integers(1, math.ceil(40 * rate)))
    contact = []
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, frames - 1))
        contact.append((start, draw(st.integers(start + 1, frames))))
    people = draw(st.integers(0, 4))
    sides = ("left", "right", "center", "center")
    shot = Shot(
        id="s",
        clip="hug",
        performers=tuple(
            Performer.model_validate({"name": n, "side": s})
            for n, s in zip(NAMES[:people], sides, strict=False)
        ),
        props=tuple(f"prop{n}" for n in range(draw(st.integers(0, 4)))),
        contact=tuple(contact),
    )
    handles = draw(st.tuples(st.integers(12, 40), st.integers(12, 40)))
    return shot, Aim(frames, rate, draw(st.sampled_from([(1280, 720), (720, 1280)])), handles)


def looks_of(shot: Shot) -> list[Reference]:
    people = [Reference(name=p.name, images=(f"{p.name}.png",)) for p in shot.performers]
    props = [Reference(name=n, role="prop", images=(f"{n}.png",)) for n in shot.props]
    fused = Reference(name="s", role="fused", images=("fused.png",))
    return [*people, fused, *props, Reference(name="home", role="location", images=("home.png",))]


@pytest.mark.parametrize("name", sorted(LIMITS))
@given(made=shots(), around=st.sampled_from(["slot", "contact"]))
def test_every_request_respects_every_declared_limit(
    name: str, made: tuple[Shot, Aim], around: str
) -> None:
    shot, aim = made
    limits = LIMITS[name]
    assume(sum(aim.handles) < limits.max_seconds * aim.rate)
    spans = recipe.first_spans(shot, aim, limits, around)  # type: ignore[arg-type]
    for span in spans:
        assert span[0] < span[1]
        request = recipe.request_for(
            shot, aim, span, take="t01", provider=name, limits=limits,
            references=looks_of(shot), seed=1,
        )  # fmt: skip
        seconds = Fraction(request.frames) / aim.rate
        assert limits.min_seconds <= seconds <= limits.max_seconds
        billed = limits.billed_seconds(seconds)
        assert billed <= math.ceil(limits.max_seconds)
        assert not limits.durations or billed in limits.durations
        assert len(request.references) <= limits.max_references
        if limits.max_size is not None:
            assert all(s <= m for s, m in zip(request.size, limits.max_size, strict=True))
    touched = {f for s, e in recipe.contact_of(shot, aim.frames) for f in range(s, e)}
    wanted = touched if around == "contact" else set(range(aim.frames))
    shown = {frame for start, end in spans for frame in range(start, end)}
    assert wanted <= shown, "nothing that was wanted is left out"


def standing(**changes: object) -> Standing:
    facts = {
        "uncovered": (2,),
        "chances": {2: 0.5},
        "retake": (36, 84),
        "seconds": (2,),
        "usd": 1.0,
        "coverage_usd": 1.0,
    }
    return Standing(**{**facts, **changes})  # type: ignore[arg-type]


FRAMED = Limits(models=("m",), first_frame=True, last_frame=True)
EDITING = Limits(models=("m",), steps=("chunk", "edit"), min_edit_seconds=Fraction(2))


@pytest.mark.parametrize(
    ("now", "limits", "step"),
    [
        (Standing(unasked=(-12, 100)), FRAMED, "attempt"),
        (Standing(), FRAMED, "done"),
        (standing(film=True), EDITING, "edit"),
        (standing(film=False), EDITING, "retake"),
        (standing(held_before=True, held_after=True), FRAMED, "fill"),
        (standing(held_before=True, held_after=True, seconds=(1, 2, 3)), FRAMED, "retake"),
        (standing(extends=True), FRAMED, "extend"),
        (standing(extends=True), EDITING, "retake"),
        (standing(chances={2: 0.05}), FRAMED, "coverage"),
        (standing(chances={2: 0.05}, others=1), FRAMED, "model"),
        (standing(chances={2: 0.05}, usd=0.0), FRAMED, "retake"),
        (standing(maybe=0.4), FRAMED, "look"),
        (standing(maybe=0.4, usd=0.2), FRAMED, "retake"),
        (standing(maybe=0.05), FRAMED, "retake"),
    ],
)
def test_the_ladder(now: Standing, limits: Limits, step: str) -> None:
    rung = next_rung(now, limits)
    assert rung.step == step
    assert rung.why


def cell(second: int, held: float | None, verdict: str | None = None) -> SecondScore:
    return SecondScore.model_validate({"second": second, "held": held, "verdict": verdict})


def test_what_nobody_saw_may_hold() -> None:
    shown = (
        Segment(take="t01", take_start=0, slot_start=0, frames=24),
        Segment(take="t02", take_start=24, slot_start=24, frames=24),
    )
    plan = SplicePlan(covered=False, uncovered_seconds=(0, 1), segments=shown)
    seen = {"t01": [cell(0, 0.4), cell(1, 0.9)], "t02": [cell(0, 0.9), cell(1, 0.3)]}

    def hope(**others: list[SecondScore]) -> float:
        return hopes(plan, {**seen, **others}, Fraction(24), 48)

    assert hope() == pytest.approx(0.4 * 0.3)
    assert hope(t02=[cell(1, 0.3, "failed")]) == 0.0, "a person saw it"
    assert hope(t02=[cell(1, None)]) == 0.0, "the judge abstains"
    assert hope(t02=[]) == 0.0, "no such second"
    assert hopes(SplicePlan(covered=True, segments=shown), seen, Fraction(24), 48) == 0.0


def test_marks_and_the_record_move_the_chance() -> None:
    one = chances([2], [[cell(2, 0.9)]])[2]
    marked = chances([2], [[cell(2, 0.9, "failed")]])[2]
    silent = chances([2], [[cell(2, None)]])[2]
    assert marked < silent == 0.5 < one
    assert prior_of([cell(0, 0.1)] * 90) < 0.2
    assert chances([2], [], prior_of([cell(0, 0.1)] * 90))[2] < 0.2


def test_a_second_is_given_up_after_four_failures_but_never_where_it_is_free() -> None:
    tries = []
    for failed in range(8):
        chance = chances([2], [[cell(2, 0.0)]] * failed)
        tries.append(worth_going_on(standing(chances=chance)))
        assert worth_going_on(standing(chances=chance, usd=0.0))
    assert tries == sorted(tries, reverse=True)
    assert tries.index(False) == 4


@given(made=shots())
def test_coverage_fills_the_slot_with_one_shot_a_character(made: tuple[Shot, Aim]) -> None:
    shot, aim = made
    least = max(1, round(aim.rate / 2))
    if len(shot.performers) < 2 or aim.frames < least * len(shot.performers):
        with pytest.raises(BridgeError):
            proposed_coverage(shot, aim.frames, aim.rate)
        return
    found = proposed_coverage(shot, aim.frames, aim.rate)
    assert [one.start for one in found] == [0, *(one.end for one in found[:-1])]
    assert found[-1].end == aim.frames
    assert {one.character for one in found} == {one.name for one in shot.performers}
    assert all(one.end - one.start >= least for one in found)


def test_the_cut_falls_on_the_beat_of_the_contact() -> None:
    shot = Shot(
        id="s", clip="c", performers=(Performer(name="Mia"), Performer(name="Tom", side="right")),
        contact=((40, 90),), kind="hug",
    )  # fmt: skip
    first, second = proposed_coverage(shot, 120, Fraction(24))
    assert (first.character, first.end) == ("Mia", 40) and second.span == (40, 120)
    assert "Tom stays outside the picture" in coverage_action(shot, "Mia")


def test_prompts_name_pictures_contact_props_and_what_must_not_happen() -> None:
    shot = Shot(
        id="s", clip="c", performers=(Performer(name="Mia"), Performer(name="Tom", side="right")),
        props=("juice box",), location="kitchen", kind="pass",
    )  # fmt: skip
    said = prompt_for(shot, looks_of(shot))
    assert said.startswith(
        "Image 1 is Mia (character, on the left). Image 2 is Tom (character, on the right). "
        "Image 3 is how they touch (keep who is where and who is in front)."
    )
    assert "Mia and Tom pass something from hand to hand." in said
    assert "never passing through" in said and "Every limb" in said
    assert "Props" not in prompt_for(shot, [], hand_props="drop")
    assert "in nobody's hands: juice box" in prompt_for(shot, [], hand_props="aside")
    own = {"runway:chunk": "{action} On film.", "chunk": "{action}"}
    assert prompt_for(shot, [], provider="runway", own=own).endswith("On film.")
    assert not prompt_for(shot, [], provider="ark", own=own).endswith("On film.")
    for step in TEMPLATES:
        assert "{" not in prompt_for(shot, looks_of(shot), step=step)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("chunks", "x", "no step 'chunks'"),
        ("chunk", "{who}", "has who"),
        ("chunk", "{", "cannot be read"),
        ("chunk", "{}", "an empty field"),
    ],
)
def test_a_template_that_cannot_be_used_is_refused(name: str, text: str, said: str) -> None:
    with pytest.raises(BridgeError, match=said):
        checked_template(name, text)


def test_click_comes_before_shot_before_project() -> None:
    assert chosen("chunk")[0].provider == "offline"
    assert "nobody chose another" in chosen("chunk")[0].why
    assert chosen("chunk", project="kling")[0].why.endswith("the project does.")
    assert chosen("chunk", project="kling", shot="ark")[0].why.endswith("the shot wishes it.")
    assert chosen("chunk", project="kling", shot="ark", click="fal")[0].provider == "fal"
    assert chosen("chunk", click="auto")[0].provider in dict(PREFERENCE["chunk"])
