"""Kling's own interface: the model is in the path, and the request's id goes along as ours.

Wire format: Kling's documents as kept by third parties (facts, section 6); there is no official
Python SDK, and how a prompt names its pictures here is taken from the older interface. Misspelt
fields are ignored silently, so the bodies are pinned by tests. 4.0 is reached through Runway.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode

from otio_bridge.model import Request
from otio_bridge.provider import Limits, Look
from otio_bridge.providers._hosted import Hosted
from otio_bridge.providers._inputs import Ask, encoded, prompt_naming
from otio_bridge.providers._talk import Answer, Call, Media, Talk, Trouble, job_id

DUPLICATE = 1201
REFUSED = (1300, 1301)
BUSY = (1302, 1303)
TOKEN_SECONDS = 1800


class Kling(Hosted):
    """Keeps the promise of `otio_bridge.provider.Provider`."""

    name = "kling"
    title = "Kling"
    hosts: ClassVar[dict[str, str]] = {"": "https://api-singapore.klingai.com"}
    declared = Limits(
        models=("kling-3.0-omni", "kling-3.0"),
        min_seconds=Fraction(3),
        max_seconds=Fraction(15),
        max_references=7,
        first_frame=True,
        last_frame=True,
        ratios=("16:9", "9:16", "1:1"),
        max_size=(1280, 1280),
        steps=("chunk", "coverage", "edit"),
        min_edit_seconds=Fraction(3),
        usd_per_second=0.084,
        prices={"kling-3.0-omni": 0.084},
        source="Kling's price list, 720p; with a film as input it is 0.126",
        as_of="2026-11-22",
        needs_key=True,
        key_names=("KLING_API_KEY",),
        needs_public_url=True,
        finds_lost=True,
        result_hours=720,
        checked="its documents only: there is no SDK to check against; never met the live service",
    )

    def authorized(self, key: str, call: Call) -> Mapping[str, str]:
        """Return the key, or a token signed with it where it is an older "access:secret" pair."""
        access, colon, secret = key.partition(":")
        token = signed_token(access, secret, int(time.time())) if colon else key
        return {"Authorization": f"Bearer {token}"}

    def sent(self, ask: Ask) -> Talk[str | Media]:
        """Create one task; one that is known by our id already is that same task."""
        pictures = yield from self.handles(ask.pictures)
        first = (yield from self.handle(ask.first)) if ask.first else None
        last = (yield from self.handle(ask.last)) if ask.last else None
        film = (yield from self.film(ask.source)) if ask.source else None
        body = body_of(ask, pictures, first, last, film, self.settings.assets)
        answer = yield Call(
            "POST", path_of(ask), json=body, paid=True, accepts=frozenset({400, 409})
        )
        if answer.body["code"] == DUPLICATE:
            known = yield from self.matched(ask.request)
            if known is not None:
                return known
        self._check(answer)
        return job_id(answer.body["data"]["id"])

    def handle(self, file: Path) -> Talk[str]:
        """Return a file as plain base64, without the start of a data URI."""
        yield from ()
        return encoded(file)

    def looked(self, remote_id: str) -> Talk[Look]:
        """Read one task."""
        task = yield from self._task(remote_id)
        match task["status"]:
            case "succeeded" | "succeed":
                return Look("ready", 1.0) if task.get("outputs") else self.empty()
            case "failed":
                code, words = task.get("error_code"), task.get("error") or task.get("message")
                return self.ended(_sorted(code, words))
        return Look("running", why=f"Kling: {task['status']}")

    def found(self, remote_id: str) -> Talk[Media]:
        """Read where the result is."""
        task = yield from self._task(remote_id)
        films = [one["url"] for one in task["outputs"] if one.get("type", "video") == "video"]
        return Media(url=str(films[0]))

    def matched(self, request: Request) -> Talk[str | None]:
        """Find a task by the id that we gave it."""
        asking = urlencode({"external_task_ids": request.id})
        answer = yield Call("GET", f"/tasks?{asking}", accepts=frozenset({404}))
        for task in _tasks(answer):
            if task.get("external_id") == request.id:
                return job_id(task["id"])
        return None

    def trouble(self, answer: Answer) -> Trouble:
        """Sort `{"code", "message"}`."""
        return _sorted(answer.body.get("code"), answer.body.get("message"))

    def _task(self, remote_id: str) -> Talk[dict[str, Any]]:
        answer = yield Call("GET", f"/tasks?{urlencode({'task_ids': remote_id})}")
        self._check(answer)
        for task in _tasks(answer):
            if str(task.get("id")) == remote_id:
                return task
        return self.missing()

    def _check(self, answer: Answer) -> None:
        """Raise what an answer of HTTP 200 may still say."""
        if answer.body.get("code"):
            self.end(self.trouble(answer))


def path_of(ask: Ask) -> str:
    """Return the path of a model: omni takes everything, the others have one for each input."""
    model = ask.request.model
    if "omni" in model or model == "kling-o1":
        return f"/omni-video/{model}"
    return f"/{'image-to-video' if ask.framed or ask.pictures else 'text-to-video'}/{model}"


def body_of(
    ask: Ask,
    pictures: Sequence[str],
    first: str | None,
    last: str | None,
    film: str | None,
    elements: Mapping[str, str],
) -> dict[str, Any]:
    """Return the body of one task; always one single shot, always with our id."""
    prompt = prompt_naming(ask.prompt, "<<<image_{}>>>")
    contents: list[dict[str, Any]] = []
    for number, ((name, _), picture) in enumerate(zip(ask.looks, pictures, strict=True), 1):
        if name in elements:
            prompt = prompt.replace(f"<<<image_{number}>>>", f"<<<element_{number}>>>")
            contents.append({"type": "element", "element_id": int(elements[name])})
        else:
            contents.append({"type": "refer_image", "url": picture, "id": f"image_{number}"})
    frames = (("first_frame", first), ("last_frame", last), ("base_video", film))
    contents += [{"type": kind, "url": url} for kind, url in frames if url]
    return {
        "contents": [{"type": "prompt", "text": prompt}, *contents],
        "settings": {
            "multi_shot": False,
            "audio": "off",
            "resolution": ask.resolution if ask.resolution in ("1080p", "4k") else "720p",
            "aspect_ratio": ask.ratio,
            "duration": ask.seconds,
        },
        "options": {"external_task_id": ask.request.id, "watermark_info": {"enabled": False}},
    }


def signed_token(access: str, secret: str, now: int) -> str:
    """Return a JSON web token, HS256, that lasts half an hour (RFC 7519)."""
    claims = {"iss": access, "exp": now + TOKEN_SECONDS, "nbf": now - 5}
    parts = [
        _base64url(json.dumps(one).encode()) for one in ({"alg": "HS256", "typ": "JWT"}, claims)
    ]
    digest = hmac.new(secret.encode(), ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, _base64url(digest)])


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _tasks(answer: Answer) -> list[dict[str, Any]]:
    """Read a list of tasks, whether it stands alone, under a name, or is one task."""
    data = answer.body.get("data") or []
    if isinstance(data, dict):
        data = data.get("tasks") or data.get("items") or ([data] if "id" in data else [])
    return list(data)


def _sorted(code: Any, words: object) -> Trouble:
    number = int(code) if str(code or "").isdigit() else 0
    said = str(words or "")
    if number in REFUSED:
        return Trouble("refused", str(number), said)
    if number in BUSY:
        return Trouble("busy", str(number), said)
    account = 1000 <= number <= 1004 or 1100 <= number <= 1103
    return Trouble("account" if account else "mistake", str(number or ""), said)
