"""Replicate: one body per hosted model; results last an hour; lost requests are found in its list.

Wire format: facts of replicate 1.0.7, data/wire/replicate.json.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

from otio_bridge.model import Request
from otio_bridge.provider import Limits, Look
from otio_bridge.providers._hosted import Hosted
from otio_bridge.providers._inputs import Ask, media_type, prompt_without_images
from otio_bridge.providers._talk import Answer, Call, Media, Part, Talk, Trouble, job_id

PAGES = 10
"""Pages of its list that are read; inputs are forgotten after an hour anyway."""
STATES = {"succeeded": "ready", "failed": "failed", "canceled": "cancelled", "aborted": "cancelled"}


class Replicate(Hosted):
    """Keeps the promise of `otio_bridge.provider.Provider`."""

    name = "replicate"
    title = "Replicate"
    hosts: ClassVar[dict[str, str]] = {"": "https://api.replicate.com"}
    billing = "it was not billed"
    declared = Limits(
        models=("bytedance/seedance-2.5",),
        min_seconds=Fraction(4),
        max_seconds=Fraction(30),
        max_references=9,
        first_frame=True,
        last_frame=True,
        frames_with_references=False,
        ratios=("16:9", "4:3", "1:1", "3:4", "9:16", "21:9"),
        max_size=(1280, 1280),
        steps=("chunk", "coverage"),
        usd_per_second=0.473,
        prices={"bytedance/seedance-2.5": 0.473},
        source="no price of its own was collected; fal's price for the same model",
        as_of="2026-11-22",
        needs_key=True,
        key_names=("REPLICATE_API_TOKEN",),
        finds_lost=True,
        result_hours=1,
        checked="replicate 1.0.7 against our test server; never met the live service",
    )

    def sent(self, ask: Ask) -> Talk[str | Media]:
        """Upload the pictures, then create one prediction."""
        uploads = yield from self.handles(ask.pictures)
        first = (yield from self.handle(ask.first)) if ask.first else None
        last = (yield from self.handle(ask.last)) if ask.last else None
        path = f"/v1/models/{ask.request.model}/predictions"
        inputs = input_of(ask, uploads, first, last)
        answer = yield Call("POST", path, json={"input": inputs}, paid=True)
        return job_id(answer.body["id"])

    def handle(self, file: Path) -> Talk[str]:
        """Upload a file, which lasts 24 hours."""
        part = Part("content", file, file.name, media_type(file))
        answer = yield Call("POST", "/v1/files", part=part)
        return str(answer.body["urls"]["get"])

    def looked(self, remote_id: str) -> Talk[Look]:
        """Read one prediction."""
        answer = yield Call("GET", f"/v1/predictions/{remote_id}")
        state = STATES.get(answer.body["status"], "running")
        if state == "ready":
            return Look("ready", 1.0) if answer.body.get("output") else self.empty()
        if state == "failed":
            return self.ended(_sorted(str(answer.body.get("error") or "")))
        if state == "cancelled":
            return Look("cancelled", why="Replicate cancelled it; a part may be billed.")
        return Look("running", why=f"Replicate: {answer.body['status']}")

    def found(self, remote_id: str) -> Talk[Media]:
        """Read where the result is."""
        answer = yield Call("GET", f"/v1/predictions/{remote_id}")
        output = answer.body["output"]
        return Media(url=str(output[0] if isinstance(output, list) else output))

    def stopped(self, remote_id: str) -> Talk[None]:
        """Cancel a prediction."""
        yield Call("POST", f"/v1/predictions/{remote_id}/cancel")

    def matched(self, request: Request) -> Talk[str | None]:
        """Find the prediction with this prompt and seed; two of them are one too many."""
        same: list[str] = []
        page = "/v1/predictions"
        for _ in range(PAGES):
            answer = yield Call("GET", page)
            same += [str(one["id"]) for one in answer.body["results"] if _is(one, request)]
            if not (page := answer.body.get("next")):
                break
        return same[0] if len(same) == 1 else None

    def trouble(self, answer: Answer) -> Trouble:
        """Sort `{"detail", "status"}`."""
        words = str(answer.body.get("detail") or answer.body.get("title") or "")
        return Trouble("busy", words=words) if answer.status == 429 else _sorted(words)


def input_of(ask: Ask, uploads: list[str], first: str | None, last: str | None) -> dict[str, Any]:
    """Return a Seedance model's input: reference pictures, or first and last frame."""
    body: dict[str, Any] = {
        "prompt": ask.prompt,
        "seed": ask.request.seed,
        "duration": ask.seconds,
        "aspect_ratio": ask.ratio,
        "resolution": ask.resolution,
        "generate_audio": False,
    }
    if ask.framed:
        return body | {
            key: url for key, url in (("image", first), ("last_frame_image", last)) if url
        }
    return body | ({"reference_images": uploads} if uploads else {})


def _is(one: Any, request: Request) -> bool:
    made = one.get("input") or {}
    prompts = (request.prompt, prompt_without_images(request.prompt))
    marks = (made.get("seed"), one.get("model"))
    return made.get("prompt") in prompts and marks == (request.seed, request.model)


def _sorted(words: str) -> Trouble:
    """Sort an error; Replicate has no code for refusals, only the models' own words."""
    signs = ("sensitive", "nsfw", "flagged", "moderation")
    refused = any(sign in words.lower() for sign in signs)
    return Trouble("refused" if refused else "mistake", words=words)
