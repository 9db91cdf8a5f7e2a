"""ByteDance Ark: Seedance films and Seedream pictures, at BytePlus or Volcengine.

Wire format: facts of volcengine-ark-runtime 5.0.54, data/wire/ark.json. The list of tasks gives
back neither prompt nor any id of ours, so a request is recognised by its seed together with its
time of expiry, into which we put a number made from the request's id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, ClassVar
from urllib.parse import urlencode

from otio_bridge.errors import ProviderError
from otio_bridge.model import Request
from otio_bridge.provider import Limits, Look
from otio_bridge.providers._hosted import Hosted, field_of
from otio_bridge.providers._inputs import Ask
from otio_bridge.providers._talk import Answer, Call, Media, Talk, Trouble, job_id

TASKS = "/contents/generations/tasks"
LEAST_EXPIRY = 172800
EXPIRY_MARKS = 65536
PAGES, PAGE = 5, 100
USD_PER_MILLION_TOKENS = {"480p": 10.70, "720p": 10.70, "1080p": 11.70}
"""Seedance 2.5 without a film as input; with one it is less, which the task does not tell."""
ROUTES = (
    "use a still or film that this account made in the last 30 days, a preset character, or a "
    "portrait from its private library (asset://), and name it under 'assets' in providers.json"
)


class Ark(Hosted):
    """Keeps the promise of `otio_bridge.provider.Provider`."""

    name = "ark"
    title = "Ark"
    hosts: ClassVar[dict[str, str]] = {"": "https://ark.ap-southeast.bytepluses.com/api/v3"}
    billing = "only finished work is billed"
    declared = Limits(
        models=("dreamina-seedance-2-5-260628",),
        min_seconds=Fraction(4),
        max_seconds=Fraction(30),
        max_references=30,
        max_picture_bytes=30_000_000,
        first_frame=True,
        last_frame=True,
        frames_with_references=False,
        ratios=("16:9", "4:3", "1:1", "3:4", "9:16", "21:9"),
        max_size=(1280, 1280),
        stills=("seedream-5-0-260128", "dola-seedream-5-0-pro-260628"),
        steps=("sheet", "fused", "chunk", "coverage", "edit"),
        min_edit_seconds=Fraction(4),
        usd_per_second=0.231,
        prices={"dreamina-seedance-2-5-260628": 0.231, "seedream-5-0-260128": 0.035},
        source="BytePlus ModelArk 1520757 family: 10.70 USD a million tokens, 720p",
        as_of="2026-11-22",
        needs_key=True,
        key_names=("ARK_API_KEY",),
        needs_public_url=True,
        finds_lost=True,
        result_hours=24,
        concurrent=3,
        face_rule="Realistic faces are refused, AI-made ones too, but for sanctioned references.",
        checked="volcengine-ark-runtime 5.0.54 against our test server; never met the live service",
    )

    def checked(self, ask: Ask) -> None:
        """Stop a photoreal face that no sanctioned route covers, before anything is paid."""
        for look in ask.request.references if not ask.still else ():
            if look.look == "photoreal" and look.name not in self.settings.assets:
                raise ProviderError(
                    f"Ark refuses realistic faces, and {look.name} is declared photoreal; {ROUTES}."
                )

    def sent(self, ask: Ask) -> Talk[str | Media]:
        """Create one task, or wait for one picture."""
        if ask.still:
            images = yield from self.handles(ask.pictures)
            answer = yield Call(
                "POST", "/images/generations", json=still_of(ask, images), paid=True
            )
            return self._picture(answer)
        images = []
        for name, file in ask.looks:
            known = self.settings.assets.get(name)
            images.append(known or (yield from self.handle(file)))
        first = (yield from self.handle(ask.first)) if ask.first else None
        last = (yield from self.handle(ask.last)) if ask.last else None
        film = (yield from self.film(ask.source)) if ask.source else None
        answer = yield Call("POST", TASKS, json=film_of(ask, images, first, last, film), paid=True)
        return job_id(answer.body["id"])

    def looked(self, remote_id: str) -> Talk[Look]:
        """Read one task."""
        answer = yield Call("GET", f"{TASKS}/{remote_id}")
        body = answer.body
        match body["status"]:
            case "succeeded":
                if not field_of(body, "content", "video_url"):
                    return self.empty()
                return Look("ready", 1.0, paid_usd=_paid(body))
            case "failed":
                error = body.get("error") or {}
                return self.ended(_sorted(str(error.get("code") or ""), error.get("message")))
            case "cancelled":
                return Look("cancelled", why="Ark cancelled it before it began; nothing is billed.")
            case "expired":
                return Look("failed", why="Ark let it expire in its queue; nothing is billed.")
        return Look("running", why="" if body["status"] == "running" else "in Ark's queue")

    def found(self, remote_id: str) -> Talk[Media]:
        """Read where the result is."""
        answer = yield Call("GET", f"{TASKS}/{remote_id}")
        return Media(url=str(answer.body["content"]["video_url"]))

    def stopped(self, remote_id: str) -> Talk[None]:
        """Take a task out of the queue; a finished one would be deleted, so it stays."""
        answer = yield Call("GET", f"{TASKS}/{remote_id}")
        if answer.body["status"] == "queued":
            yield Call("DELETE", f"{TASKS}/{remote_id}", accepts=frozenset({400, 409}))

    def matched(self, request: Request) -> Talk[str | None]:
        """Find the task with this request's seed and expiry in the list of the last seven days."""
        for page in range(1, PAGES + 1):
            asking = urlencode({"page_num": page, "page_size": PAGE, "filter.model": request.model})
            answer = yield Call("GET", f"{TASKS}?{asking}")
            items = answer.body["items"]
            for item in items:
                marks = item.get("seed"), item.get("execution_expires_after")
                if marks == (request.seed, expiry_of(request)):
                    return job_id(item["id"])
            if len(items) < PAGE:
                break
        return None

    def trouble(self, answer: Answer) -> Trouble:
        """Sort `{"error": {"code", "message"}}`."""
        error = answer.body["error"]
        return _sorted(str(error.get("code") or ""), error.get("message"))

    def _picture(self, answer: Answer) -> Media:
        """Read a picture that came with its answer; inside a 200 there may be a refusal."""
        item = field_of(answer.body, "data", 0) or {}
        error = item.get("error") or answer.body.get("error")
        if error:
            trouble = _sorted(str(error.get("code") or ""), error.get("message"))
            self.end(trouble)
        return Media(base64=str(item["b64_json"]))


def film_of(
    ask: Ask, images: Sequence[str], first: str | None, last: str | None, film: str | None
) -> dict[str, Any]:
    """Return the body of a Seedance task: reference, frame, edit or extend mode."""
    request = ask.request
    content: list[dict[str, Any]] = [{"type": "text", "text": ask.prompt}]
    frames = [(first, "first_frame"), (last, "last_frame")] if ask.framed else []
    named = [*frames, *((url, "reference_image") for url in images)]
    content += [
        {"type": "image_url", "image_url": {"url": url}, "role": role} for url, role in named if url
    ]
    if film:
        url = {"url": film}
        content.append({"type": "video_url", "video_url": url, "role": "reference_video"})
    body: dict[str, Any] = {
        "model": request.model,
        "content": content,
        "ratio": "adaptive" if ask.framed or film else ask.ratio,
        "resolution": ask.resolution,
        "duration": -1 if film and request.edit else ask.seconds,
        "seed": request.seed,
        "generate_audio": False,
        "return_last_frame": True,
        "watermark": False,
        "execution_expires_after": expiry_of(request),
    }
    if not ask.framed:
        mode = ("edit" if request.edit else "extend") if film else "reference"
        body["omni_reference_task_type"] = mode
    return body


def still_of(ask: Ask, images: Sequence[str]) -> dict[str, Any]:
    """Return the body of a Seedream picture, which comes inside the answer."""
    width, height = ask.request.size
    share = 2048 / max(width, height)
    body: dict[str, Any] = {
        "model": ask.request.model,
        "prompt": ask.prompt,
        "size": f"{round(width * share)}x{round(height * share)}",
        "seed": ask.request.seed,
        "watermark": False,
        "response_format": "b64_json",
        "output_format": "png",
        "sequential_image_generation": "disabled",
    }
    return body | ({"image": list(images)} if images else {})


def expiry_of(request: Request) -> int:
    """Return the seconds after which an unfinished task is given up, marked for this request."""
    digest = hashlib.sha256(request.id.encode()).digest()
    return LEAST_EXPIRY + int.from_bytes(digest[:4], "big") % EXPIRY_MARKS


def _paid(body: dict[str, Any]) -> float:
    tokens = float((body.get("usage") or {}).get("total_tokens") or 0)
    price = USD_PER_MILLION_TOKENS.get(str(body.get("resolution")), 0.0)
    seedance = "seedance-2-5" in str(body.get("model"))
    return round(tokens * price / 1e6, 4) if seedance else 0.0


def _sorted(code: str, words: object) -> Trouble:
    if "SensitiveContentDetected" in code:
        if code.endswith("PrivacyInformation"):
            words = f"it takes the face for a real one; {ROUTES}"
        return Trouble("refused", code, str(words or ""))
    busy = code.startswith(("RateLimitExceeded", "QuotaExceeded", "ServerOverloaded"))
    return Trouble("busy" if busy else "mistake", code, str(words or ""))
