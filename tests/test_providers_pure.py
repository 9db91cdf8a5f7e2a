"""The pure parts: bodies as they are sent, limits checked, any answer at all understood or told."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from fakes.provider_server.desk import KEYS, NAMES, SAVING, a_request
from fakes.provider_server.world import PNG
from hypothesis import given, settings
from hypothesis import strategies as st

from otio_bridge import provider
from otio_bridge.errors import BridgeError, ProviderError, Refused, Unanswered
from otio_bridge.model import Request
from otio_bridge.provider import Limits, Look
from otio_bridge.providers import comfyui
from otio_bridge.providers._hosted import Hosted
from otio_bridge.providers._inputs import (
    Ask,
    asked,
    nearest_ratio,
    prompt_naming,
    prompt_without_images,
)
from otio_bridge.providers._talk import Answer, Call, quoted, retry_after
from otio_bridge.providers.kling import body_of as kling_body
from otio_bridge.providers.runway import body_of as runway_body


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pure")
    workflow = made / "workflow.json"
    workflow.write_text(json.dumps(SAVING))
    options = {"comfyui": {"options": {"workflow": str(workflow)}}}
    (made / "providers.json").write_text(json.dumps(options))
    for name in ("Ada", "Ben"):
        (made / f"{name}.png").write_bytes(PNG)
    return made


@pytest.fixture(autouse=True)
def environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    monkeypatch.setenv("OTIO_BRIDGE_DATA_DIR", str(folder))
    return folder


def files_in(folder: Path) -> dict[str, Path]:
    return {f"references/character/{who}.png": folder / f"{who}.png" for who in ("Ada", "Ben")}


def ask_in(folder: Path, name: str, **changes: Any) -> Ask:
    return asked(a_request(name, **changes), files_in(folder), provider.find(name).limits, name)


# bodies -------------------------------------------------------------------------------------------


def test_what_kling_is_sent(environment: Path) -> None:
    """Pinned, because Kling ignores misspelt fields silently and bills all the same."""
    ask = ask_in(environment, "kling", id="take-1")
    assert kling_body(ask, ["AAA", "BBB"], None, None, None, {}) == {
        "contents": [
            {
                "type": "prompt",
                "text": "<<<image_1>>> is Ada (character, on the left). "
                "<<<image_2>>> is Ben (character). They hug.",
            },
            {"type": "refer_image", "url": "AAA", "id": "image_1"},
            {"type": "refer_image", "url": "BBB", "id": "image_2"},
        ],
        "settings": {
            "multi_shot": False, "audio": "off", "resolution": "720p", "aspect_ratio": "16:9",
            "duration": 4,
        },
        "options": {"external_task_id": "take-1", "watermark_info": {"enabled": False}},
    }  # fmt: skip


def test_what_runway_is_sent(environment: Path) -> None:
    ask = ask_in(environment, "runway", seed=7)
    assert runway_body(ask, ["runway://a", "runway://b"], None, None, None) == (
        "text_to_video",
        {
            "model": "seedance2_5", "promptText": ask.prompt, "ratio": "1280:720", "duration": 4,
            "seed": 7, "references": [{"uri": "runway://a"}, {"uri": "runway://b"}],
        },
    )  # fmt: skip


def test_a_portrait_gets_a_portrait(environment: Path) -> None:
    ask = ask_in(environment, "runway", size=(720, 1280))
    assert runway_body(ask, [], None, None, None)[1]["ratio"] == "720:1280"
    assert ask_in(environment, "gemini", size=(720, 1280)).ratio == "9:16"


def test_a_workflow_is_filled() -> None:
    values = {"seed": 7, "prompt": "a {odd} prompt", "image_1": "otio-bridge/ada.png"}
    workflow = {"1": {"inputs": {"seed": "{seed}", "text": "film: {prompt}", "at": ["2", 0]}},
                "2": {"inputs": {"image": "{image_1}", "keep": "{anything}"}}}  # fmt: skip
    assert comfyui.filled(workflow, values) == {
        "1": {"inputs": {"seed": 7, "text": "film: a {odd} prompt", "at": ["2", 0]}},
        "2": {"inputs": {"image": "otio-bridge/ada.png", "keep": "{anything}"}},
    }
    with pytest.raises(ProviderError, match=r"wants '\{image_2\}' and the shot has none"):
        comfyui.filled("{image_2}", values)


def test_prompts_name_pictures_as_each_provider_wants() -> None:
    prompt = "Image 1 is Ada (character). Image 2 is cup (prop). Ada takes Image 2."
    assert prompt_naming(prompt, "<IMAGE_REF_{}>", 0).startswith("<IMAGE_REF_0> is Ada")
    assert prompt_without_images(prompt) == "Ada takes Image 2."


# limits -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"frames": 24 * 40}, "makes at most 30 s at once"),
        ({"source": "x.png"}, "cannot edit a film"),
        ({"last_frame": "x.png"}, "cannot fix the last frame"),
        ({"first_frame": "x.png"}, "cannot start from a given frame"),
    ],
)
def test_what_cannot_be_done_is_said_before_it_is_paid(
    changes: dict[str, Any], words: str, environment: Path
) -> None:
    limits = Limits(models=("m",), max_seconds=Fraction(30))
    files = {**files_in(environment), "x.png": environment / "Ada.png"}
    with pytest.raises(ProviderError, match=words):
        asked(a_request("ark", **changes), files, limits, "It")


def test_pictures_are_counted_weighed_and_told_apart(environment: Path) -> None:
    request, files = a_request("ark"), files_in(environment)
    with pytest.raises(ProviderError, match="takes 1 reference pictures and the shot has 2"):
        asked(request, files, Limits(models=("m",), max_references=1), "It")
    with pytest.raises(ProviderError, match=r"Ada\.png has 0\.0 MB and It takes 0"):
        asked(request, files, Limits(models=("m",), max_picture_bytes=10), "It")
    (environment / "Ada.xyz").write_bytes(PNG)
    files["references/character/Ada.png"] = environment / "Ada.xyz"
    with pytest.raises(ProviderError, match=r"It takes no \.xyz as a picture"):
        asked(request, files, Limits(models=("m",)), "It")


@given(st.integers(64, 4096), st.integers(64, 4096))
def test_the_nearest_ratio_is_no_farther_than_any(width: int, height: int) -> None:
    ratios = ("16:9", "4:3", "1:1", "3:4", "9:16", "21:9")

    def shape(ratio: str) -> float:
        a, b = map(int, ratio.split(":"))
        return max(width * b / (height * a), height * a / (width * b))

    best = nearest_ratio((width, height), ratios)
    assert shape(best) <= min(map(shape, ratios)) * 1.02


@given(st.integers(1, 24 * 8))
def test_as_many_seconds_as_the_frames_need(frames: int) -> None:
    limits = provider.find("vertex").limits
    seconds = limits.billed_seconds(Fraction(frames, 24))
    assert seconds in limits.durations and seconds * 24 >= frames


@given(st.text(), st.integers(5, 200))
def test_quotes_are_short_and_on_one_line(text: str, most: int) -> None:
    said = quoted(text, most)
    assert len(said) <= most and len(said.splitlines()) <= 1


def test_waiting_is_read_in_every_form() -> None:
    assert retry_after(Answer(429, None, {"retry-after": "2.5"})) == 2.5
    assert retry_after(Answer(429, None, {"retry-after": "Mon, 01 Jan 2001 00:00:00 GMT"})) == 0
    detail = {"error": {"details": [{"@type": "x.RetryInfo", "retryDelay": "3s"}]}}
    assert retry_after(Answer(429, detail)) == 3
    assert retry_after(Answer(429, {"detail": "slow"}, {"retry-after": "soon"})) is None


# any answer at all --------------------------------------------------------------------------------

WORDS = st.sampled_from(
    ["id", "status", "error", "code", "message", "data", "succeeded", "SUCCEEDED", "failed",
     "FAILED", "COMPLETED", "completed", "done", "response", "videos", "output", "outputs", "steps",
     "content", "video_url", "name", "body", "detail", "type", "url", "request_id", "response_url",
     "cost", "credits", "progress", "failureCode", "urls", "get", "queue_running", "items", "usage",
     "queue_pending", "results", "total_tokens", "candidates", "parts", "inlineData", "errors"]
)  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=6)
BODIES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=6),
    max_leaves=20,
)
STATUSES = st.sampled_from([200, 201, 204, 302, 400, 401, 404, 409, 422, 429, 500, 503])


class Echo:
    """Answers every call with the next of some answers, and remembers what was paid."""

    def __init__(self, answers: list[Answer]) -> None:
        self.answers = answers
        self.paid = 0

    def answer(self, call: Call) -> Answer:
        self.paid += call.paid
        return self.answers.pop(0) if self.answers else Answer(200, {})


@pytest.fixture(scope="module", params=NAMES)
def kind(request: pytest.FixtureRequest) -> type[Hosted]:
    found = type(provider.find(request.param))
    assert issubclass(found, Hosted)
    return found


@pytest.fixture(scope="module")
def request_of_it(kind: type[Hosted]) -> Request:
    return a_request(kind.name)


def echoing(kind: type[Hosted], answers: list[Answer]) -> tuple[Hosted, Echo]:
    made = kind()
    echo = Echo(answers)
    made._line = echo  # type: ignore[assignment]
    return made, echo


@given(answers=st.lists(st.builds(Answer, STATUSES, BODIES), min_size=1, max_size=4))
@settings(max_examples=50, deadline=None)
def test_any_answer_to_a_look_is_understood_or_told(
    kind: type[Hosted], answers: list[Answer]
) -> None:
    made, echo = echoing(kind, answers)
    try:
        look = made.look("projects/p/operations/1" if kind.name == "vertex" else "id-1")
    except BridgeError as error:
        assert str(error).endswith(".")
    else:
        assert isinstance(look, Look) and look.paid_usd >= 0
    assert echo.paid == 0


@given(answer=st.builds(Answer, STATUSES, BODIES), later=st.builds(Answer, STATUSES, BODIES))
@settings(max_examples=50, deadline=None)
def test_any_answer_to_a_submit_is_paid_for_once_and_never_taken_for_unpaid(
    kind: type[Hosted], request_of_it: Request, answer: Answer, later: Answer, folder: Path
) -> None:
    made, echo = echoing(kind, [])
    uploads = {"urls": {"get": "u"}, "token": "t", "access_url": "u", "name": "n"}
    echo.answers = [Answer(200, uploads)] * {"replicate": 2, "fal": 4}.get(kind.name, 0)
    echo.answers += [answer, later]
    try:
        remote_id = made.submit(request_of_it, files_in(folder))
    except (Refused, Unanswered) as error:
        assert str(error).endswith(".")
    except ProviderError as error:
        assert str(error).endswith(".")
        told = isinstance(answer.body, dict) and answer.body.get("code")
        assert 300 <= answer.status < 500 or told, "an accepted request was called unpaid"
    else:
        assert (remote_id and 200 <= answer.status < 300) or kind.name == "kling"
    assert echo.paid == 1


@pytest.mark.parametrize("told", ["", " ", None, True, [], {}])
def test_a_job_without_an_id_may_have_been_paid(
    kind: type[Hosted], request_of_it: Request, told: object, folder: Path
) -> None:
    if kind.name in ("comfyui", "fal"):
        pytest.skip("it goes by our own id, or by an address")
    made, echo = echoing(kind, [])
    uploads = {"urls": {"get": "u"}, "token": "t", "access_url": "u", "name": "n"}
    echo.answers = [Answer(200, uploads)] * {"replicate": 2}.get(kind.name, 0)
    echo.answers.append(Answer(200, {"id": told, "name": told, "code": 0, "data": {"id": told}}))
    with pytest.raises(Unanswered, match="may have been paid"):
        made.submit(request_of_it, files_in(folder))
    assert echo.paid == 1
