"""fal: a queue of hosted models. What is uploaded there is public to whoever knows the address.

Wire format: facts of fal-client 1.0.3, data/wire/fal.json. The field names of image-to-video are
fal's usual ones and were not seen on the wire.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

from otio_bridge.errors import ProviderError
from otio_bridge.provider import Limits, Look
from otio_bridge.providers._hosted import Hosted, field_of
from otio_bridge.providers._inputs import Ask, media_type
from otio_bridge.providers._talk import Answer, Call, Media, Talk, Trouble

RETAKE = "fal-ai/ltx-2/retake-video"
"""Makes a window of a film anew by prompt alone."""
ENDED = frozenset({400, 403, 409, 422, 500, 501, 502, 503, 504})
"""Statuses with which a result's address tells how a generation ended."""


class Fal(Hosted):
    """Keeps the promise of `otio_bridge.provider.Provider`."""

    name = "fal"
    title = "fal"
    hosts: ClassVar[dict[str, str]] = {
        "": "https://queue.fal.run",
        "rest": "https://rest.fal.ai",
        "cdn": "https://v3.fal.media",
    }
    billing = "a refusal at fal may be billed"
    declared = Limits(
        models=("bytedance/seedance-2.5", RETAKE),
        min_seconds=Fraction(4),
        max_seconds=Fraction(30),
        max_references=30,
        first_frame=True,
        last_frame=True,
        frames_with_references=False,
        ratios=("16:9", "4:3", "1:1", "3:4", "9:16", "21:9"),
        max_size=(1280, 1280),
        steps=("chunk", "coverage", "edit"),
        min_edit_seconds=Fraction(2),
        usd_per_second=0.473,
        prices={"bytedance/seedance-2.5": 0.473, RETAKE: 0.10},
        source="fal's model pages, 720p",
        as_of="2026-11-22",
        needs_key=True,
        key_names=("FAL_KEY",),
        public_uploads=True,
        checked="fal-client 1.0.3 against our test server; never met the live service",
    )

    def authorized(self, key: str, call: Call) -> Mapping[str, str]:
        """Return fal's own form of the header."""
        return {"Authorization": f"Key {key}"}

    def checked(self, ask: Ask) -> None:
        """Stop a retake without a film."""
        if ask.request.model == RETAKE and ask.source is None:
            raise ProviderError(f"{RETAKE} makes a window of a film anew; choose another model.")

    def sent(self, ask: Ask) -> Talk[str | Media]:
        """Upload the files, then put one request into the queue."""
        uploads = yield from self.handles(ask.pictures)
        first = (yield from self.handle(ask.first)) if ask.first else None
        last = (yield from self.handle(ask.last)) if ask.last else None
        film = (yield from self.film(ask.source)) if ask.source else None
        path, body = body_of(ask, uploads, first, last, film)
        headers = {
            "x-fal-no-retry": "1",
            "X-Fal-Object-Lifecycle-Preference": '{"expiration_duration_seconds": 604800}',
        }
        answer = yield Call("POST", f"/{path}", json=body, headers=headers, paid=True)
        return _place_of(str(answer.body["response_url"]))

    def handle(self, file: Path) -> Talk[str]:
        """Upload a file: fetch a token, then send the bytes with it instead of the key."""
        asking = "/storage/auth/token?storage_type=fal-cdn-v3"
        answer = yield Call("POST", asking, at="rest", json={})
        headers = {
            "Authorization": f"{answer.body.get('token_type', 'Bearer')} {answer.body['token']}",
            "Content-Type": media_type(file),
            "X-Fal-File-Name": file.name.encode("ascii", "ignore").decode() or "file",
        }
        done = yield Call(
            "POST", "/files/upload", at="cdn", content=file, headers=headers, keyed=False
        )
        return str(done.body["access_url"])

    def looked(self, remote_id: str) -> Talk[Look]:
        """Read the status; a completed request may still have been refused."""
        place = self._place(remote_id)
        answer = yield Call("GET", f"/{place}/status")
        if answer.body["status"] != "COMPLETED":
            ahead = answer.body.get("queue_position")
            return Look("running", why="" if ahead is None else f"{ahead} ahead in fal's queue")
        if answer.body.get("error"):
            kind = str(answer.body.get("error_type") or "")
            return self.ended(_trouble(kind, str(answer.body["error"])))
        result = yield Call("GET", f"/{place}", accepts=ENDED)
        if result.status == 200:
            film = field_of(result.body, "video", "url")
            return Look("ready", 1.0) if film else self.empty()
        if not _detail(result.body):
            raise ProviderError(f"fal does not tell the result (HTTP {result.status}); try again.")
        return self.ended(self.trouble(result))

    def found(self, remote_id: str) -> Talk[Media]:
        """Read where the result is."""
        answer = yield Call("GET", f"/{self._place(remote_id)}")
        return Media(url=str(answer.body["video"]["url"]))

    def stopped(self, remote_id: str) -> Talk[None]:
        """Ask the queue to cancel; 400 says that it is done already."""
        yield Call("PUT", f"/{self._place(remote_id)}/cancel", accepts=frozenset({400}))

    def trouble(self, answer: Answer) -> Trouble:
        """Sort `{"detail": [{"type", "msg"}]}` and `{"detail": "text"}`."""
        detail = answer.body.get("detail")
        if isinstance(detail, str):
            return Trouble("busy" if answer.status == 429 else "mistake", words=detail)
        first = _detail(answer.body) or {}
        return _trouble(str(first.get("type", "")), str(first.get("msg", "")))

    def _place(self, remote_id: str) -> str:
        """Return a request's path; a person may give its bare id."""
        if "/" in remote_id:
            return remote_id
        return f"{'/'.join(self.limits.models[0].split('/')[:2])}/requests/{remote_id}"


def body_of(
    ask: Ask, uploads: list[str], first: str | None, last: str | None, film: str | None
) -> tuple[str, dict[str, Any]]:
    """Return the path of the queue and the model's input."""
    model, prompt = ask.request.model, ask.prompt
    if model == RETAKE:
        start, end = ask.edit_seconds or (0, 2)
        window = {"start_time": start, "duration": max(2, end - start)}
        return model, {"video_url": film, "prompt": prompt, "retake_mode": "replace_video"} | window
    body: dict[str, Any] = {
        "prompt": prompt,
        "duration": str(ask.seconds),
        "aspect_ratio": ask.ratio,
        "resolution": ask.resolution,
        "generate_audio": False,
        "seed": ask.request.seed,
    }
    if film:
        task = "editing" if ask.request.edit else "extension"
        body |= {"video_urls": [film], "image_urls": uploads, "task": task}
        return f"{model}/reference-to-video", body
    if ask.framed:
        frames = {"image_url": first, "end_image_url": last}
        return f"{model}/image-to-video", body | {key: url for key, url in frames.items() if url}
    if uploads:
        return f"{model}/reference-to-video", body | {"image_urls": uploads, "task": "reference"}
    return f"{model}/text-to-video", body


def _place_of(url: str) -> str:
    found = re.search(r"[\w.-]+/[\w.-]+/requests/[\w-]+$", url)
    if found is None:
        raise ValueError(url)
    return found[0]


def _detail(body: Any) -> dict[str, Any] | None:
    first = field_of(body, "detail", 0)
    return first if isinstance(first, dict) else None


def _trouble(kind: str, words: str) -> Trouble:
    return Trouble("refused" if "content_policy" in kind else "mistake", kind, words)
