"""Runway: one task pattern over its own models and those of others.

Wire format: facts of runwayml 5.24.0, data/wire/runway.json and runway_models.json. There is no
list and no key of our own, so a submit whose answer was lost stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

from otio_bridge.errors import ProviderError
from otio_bridge.model import Request
from otio_bridge.provider import Limits, Look
from otio_bridge.providers._hosted import Hosted
from otio_bridge.providers._inputs import (
    Ask,
    data_uri,
    media_type,
    nearest_ratio,
    prompt_without_images,
)
from otio_bridge.providers._talk import Answer, Call, Media, Part, Talk, Trouble, job_id

USD_PER_CREDIT = 0.01
INLINE_BYTES = 3_500_000
"""Larger files are uploaded: as a data URI they would pass 5 MB."""
SEEDANCE = (
    "992:432", "854:480", "752:560", "640:640", "560:752", "480:854", "1470:630", "1280:720",
    "1112:834", "960:960", "834:1112", "720:1280", "2206:946", "1920:1080", "1664:1248",
    "1440:1440", "1248:1664", "1080:1920",
)  # fmt: skip
GEN45 = ("1280:720", "720:1280")
OMNI = ("1280:720", "720:1280", "1920:1080", "1080:1920", "640:360", "360:640")
KLING = ("1280:720", "720:1280", "940:940", "1920:1080", "1080:1920", "1440:1440")
ALEPH_RATIOS = ("16:9", "4:3", "3:2", "1:1", "2:3", "3:4", "9:16", "21:9")


@dataclass(frozen=True)
class Model:
    """What the hub lets us say to one model."""

    ratios: tuple[str, ...]
    seed: bool = True
    references: bool = True
    """Whether pure reference pictures may go along with a text."""
    most_letters: int = 3500


FILMS = {
    "seedance2_5": Model(SEEDANCE, most_letters=15000),
    "kling_4": Model(KLING, seed=False),
    "gemini_omni_flash_1.1": Model(OMNI, seed=False),
    "gen4.5": Model(GEN45, references=False, most_letters=1000),
    "aleph2": Model(ALEPH_RATIOS),
}
STILLS = {
    "gemini_image3_pro": Model(
        ("1344:768", "768:1344", "1024:1024", "1184:864", "864:1184", "1536:672"), seed=False
    ),
    "gpt_image_2": Model(("2560:1440", "1440:2560", "2560:2560", "2560:1920"), seed=False),
    "gen4_image": Model(("1920:1080", "1080:1920", "1080:1080", "1440:1080"), most_letters=1000),
}


class Runway(Hosted):
    """Keeps the promise of `otio_bridge.provider.Provider`."""

    name = "runway"
    title = "Runway"
    hosts: ClassVar[dict[str, str]] = {"": "https://api.dev.runwayml.com"}
    billing = "no task was made, so it was not billed"
    poll_seconds = 5.0
    declared = Limits(
        models=tuple(FILMS),
        min_seconds=Fraction(4),
        max_seconds=Fraction(10),
        max_references=9,
        first_frame=True,
        last_frame=True,
        frames_with_references=False,
        max_size=(1280, 1280),
        stills=tuple(STILLS),
        steps=("sheet", "fused", "chunk", "coverage", "edit"),
        min_edit_seconds=Fraction(1),
        usd_per_second=0.30,
        prices={"seedance2_5": 0.30, "aleph2": 0.28, "kling_4": 0.17, "gen4.5": 0.12},
        source="third-party pages for aleph2 and kling_4; seedance2_5 and gen4.5 are guesses, "
        "Runway's own price list was not collected",
        as_of="2026-11-22",
        needs_key=True,
        key_names=("RUNWAYML_API_SECRET",),
        result_hours=24,
        concurrent=1,
        face_rule="Seedance refuses realistic faces here too.",
        checked="runwayml 5.24.0 against our test server; never met the live service",
    )

    def authorized(self, key: str, call: Call) -> Mapping[str, str]:
        """Return the key and the version of the interface."""
        return {"Authorization": f"Bearer {key}", "X-Runway-Version": "2024-11-06"}

    def checked(self, ask: Ask) -> None:
        """Stop a prompt that is too long for the model, and aleph2 without a film to edit."""
        model = {**FILMS, **STILLS}.get(ask.request.model, FILMS["seedance2_5"])
        if len(ask.prompt) > model.most_letters:
            raise ProviderError(
                f"The prompt has {len(ask.prompt)} letters and {ask.request.model} at Runway takes "
                f"{model.most_letters}; shorten it."
            )
        if ask.request.model == "aleph2" and ask.source is None:
            raise ProviderError("aleph2 makes seconds of a film anew; choose another model here.")

    def sent(self, ask: Ask) -> Talk[str | Media]:
        """Upload what is large, then create one task."""
        uris = yield from self.handles(ask.pictures)
        first = (yield from self.handle(ask.first)) if ask.first else None
        last = (yield from self.handle(ask.last)) if ask.last else None
        film = (yield from self.film(ask.source)) if ask.source else None
        path, body = body_of(ask, uris, first, last, film)
        answer = yield Call("POST", f"/v1/{path}", json=body, paid=True)
        return job_id(answer.body["id"])

    def handle(self, file: Path) -> Talk[str]:
        """Return a data URI, or the address of a file uploaded for 24 hours."""
        if file.stat().st_size <= INLINE_BYTES and media_type(file).startswith("image/"):
            return data_uri(file)
        name = re.sub(r"[^\w.-]", "_", file.name, flags=re.ASCII)
        start = yield Call("POST", "/v1/uploads", json={"filename": name, "type": "ephemeral"})
        part = Part("file", file, name, media_type(file))
        fields = {key: str(value) for key, value in start.body["fields"].items()}
        yield Call("POST", str(start.body["uploadUrl"]), form=fields, part=part, keyed=False)
        return str(start.body["runwayUri"])

    def looked(self, remote_id: str) -> Talk[Look]:
        """Read one task."""
        answer = yield Call("GET", f"/v1/tasks/{remote_id}")
        body = answer.body
        paid = float((body.get("cost") or {}).get("credits") or 0.0) * USD_PER_CREDIT
        match body["status"]:
            case "SUCCEEDED":
                return Look("ready", 1.0, paid_usd=paid) if body.get("output") else self.empty()
            case "FAILED":
                code, words = str(body.get("failureCode") or ""), str(body.get("failure") or "")
                refused = code.startswith("SAFETY")
                return self.ended(Trouble("refused" if refused else "mistake", code, words), paid)
            case "CANCELLED":
                return Look("cancelled", why="Runway cancelled it.", paid_usd=paid)
            case "THROTTLED":
                return Look("running", why="waiting at Runway for a free place")
        return Look("running", float(body.get("progress") or 0.0))

    def found(self, remote_id: str) -> Talk[Media]:
        """Read where the result is; the address is signed anew each time."""
        answer = yield Call("GET", f"/v1/tasks/{remote_id}")
        return Media(url=str(answer.body["output"][0]))

    def stopped(self, remote_id: str) -> Talk[None]:
        """Cancel a task that is not finished; a finished one would be deleted, so it stays."""
        answer = yield Call("GET", f"/v1/tasks/{remote_id}")
        if answer.body["status"] in ("PENDING", "THROTTLED", "RUNNING"):
            yield Call("DELETE", f"/v1/tasks/{remote_id}")

    def trouble(self, answer: Answer) -> Trouble:
        """Sort `{"error", "issues"}`."""
        words = str(answer.body.get("error") or "")
        issues = answer.body.get("issues") or []
        if issues:
            words = f"{words}: {issues[0].get('message', issues[0])}"
        refused = re.search(r"moderat|safety", words, re.IGNORECASE)
        return Trouble("refused" if refused else "mistake", words=words)


def body_of(
    ask: Ask, uris: list[str], first: str | None, last: str | None, film: str | None
) -> tuple[str, dict[str, Any]]:
    """Return the endpoint and the body of one task."""
    request = ask.request
    if ask.still:
        return "text_to_image", _still(ask, uris)
    if film is not None:
        return "video_to_video", _edit(ask, uris, first, film)
    model = FILMS.get(request.model, Model(SEEDANCE))
    body: dict[str, Any] = {
        "model": request.model,
        "promptText": ask.prompt,
        "ratio": nearest_ratio(request.size, model.ratios),
        "duration": ask.seconds,
    }
    body |= _seed(request, model)
    if ask.framed:
        frames = [(first, "first"), (last, "last")]
        images = [{"uri": uri, "position": position} for uri, position in frames if uri]
        return "image_to_video", body | {"promptImage": images}
    if not uris or not model.references:
        body["promptText"] = prompt_without_images(request.prompt)
        return "text_to_video", body
    return "text_to_video", body | {"references": [{"uri": uri} for uri in uris]}


def _still(ask: Ask, uris: list[str]) -> dict[str, Any]:
    request = ask.request
    model = STILLS.get(request.model, STILLS["gen4_image"])
    body: dict[str, Any] = {
        "model": request.model,
        "promptText": ask.prompt,
        "ratio": nearest_ratio(request.size, model.ratios),
    }
    images = [{"uri": uri, "tag": f"image_{number}"} for number, uri in enumerate(uris, 1)]
    return body | _seed(request, model) | ({"referenceImages": images} if images else {})


def _edit(ask: Ask, uris: list[str], first: str | None, film: str) -> dict[str, Any]:
    """Make some whole seconds anew with aleph2, or go on from the end with Seedance."""
    request = ask.request
    if request.edit is None:
        body: dict[str, Any] = {"model": "seedance2_5", "promptVideo": film, "mode": "extend"}
        body |= {"promptText": ask.prompt, "duration": ask.seconds}
        return body | ({"references": [{"uri": uri} for uri in uris]} if uris else {})
    body = {"model": "aleph2", "videoUri": film, "promptText": ask.prompt}
    body |= {"targetAspectRatio": nearest_ratio(request.size, ALEPH_RATIOS)}
    return body | _seed(request, FILMS["aleph2"]) | _keyframes(ask, first)


def _keyframes(ask: Ask, still: str | None) -> dict[str, Any]:
    """Give the corrected still, where there is one, for the middle of the seconds to make anew."""
    if still is None or ask.edit_seconds is None:
        return {}
    start, end = ask.edit_seconds
    span = {"start_seconds": start, "end_seconds": end}
    return {"keyframes": [{"seconds": (start + end) / 2, "uri": still, "range": span}]}


def _seed(request: Request, model: Model) -> dict[str, Any]:
    return {"seed": request.seed} if model.seed else {}
