"""Google with an API key: Gemini Omni films (Interactions) and Gemini pictures.

Wire format: facts of google-genai 3.4.0, data/wire/gemini.json. Neither has a list or a key of our
own, so a submit whose answer was lost stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

from otio_bridge.provider import Limits, Look
from otio_bridge.providers._google import sorted_words, trouble_of
from otio_bridge.providers._hosted import Hosted, field_of
from otio_bridge.providers._inputs import (
    Ask,
    encoded,
    media_type,
    prompt_naming,
)
from otio_bridge.providers._talk import Answer, Call, Media, Talk, Trouble, job_id

OPEN = ("in_progress", "queued", "requires_action", "requires_continuation")
STILL_RATIOS = ("16:9", "4:3", "1:1", "3:4", "9:16", "21:9")


class Gemini(Hosted):
    """Keeps the promise of `otio_bridge.provider.Provider`."""

    name = "gemini"
    title = "Gemini"
    hosts: ClassVar[dict[str, str]] = {"": "https://generativelanguage.googleapis.com"}
    poll_seconds = 5.0
    declared = Limits(
        models=("gemini-omni-1.2-flash", "gemini-omni-1.1-flash"),
        min_seconds=Fraction(3),
        max_seconds=Fraction(15),
        max_references=6,
        max_picture_bytes=7_000_000,
        first_frame=True,
        frames_with_references=False,
        ratios=("16:9", "9:16"),
        max_size=(1280, 1280),
        stills=("gemini-3-pro-image", "gemini-nano-banana-2.1"),
        steps=("sheet", "fused", "chunk", "coverage", "edit"),
        min_edit_seconds=Fraction(3),
        usd_per_second=0.10,
        prices={"gemini-omni-1.2-flash": 0.10, "gemini-omni-1.1-flash": 0.10},
        source="third-party pages for Omni 1.1 at 720p; 1.2 is said to be cheaper",
        as_of="2026-11-22",
        needs_key=True,
        key_names=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        checked="google-genai 3.4.0 against our test server; never met the live service",
    )

    def authorized(self, key: str, call: Call) -> Mapping[str, str]:
        """Return Google's header for API keys."""
        return {"x-goog-api-key": key}

    def sent(self, ask: Ask) -> Talk[str | Media]:
        """Start one interaction, or wait for one picture."""
        if ask.still:
            path = f"/v1beta/models/{ask.request.model}:generateContent"
            answer = yield Call("POST", path, json=still_of(ask), paid=True)
            return self._picture(answer)
        film = (yield from self.film(ask.source)) if ask.source else None
        answer = yield Call("POST", "/v1beta/interactions", json=film_of(ask, film), paid=True)
        return job_id(answer.body["id"])

    def handle(self, file: Path) -> Talk[str]:
        """Upload a file, which lasts 48 hours."""
        headers = {
            "X-Goog-Upload-Protocol": "resumable",
            "X-Goog-Upload-Command": "start",
            "X-Goog-Upload-Header-Content-Length": str(file.stat().st_size),
            "X-Goog-Upload-Header-Content-Type": media_type(file),
        }
        start = yield Call("POST", "/upload/v1beta/files", json={"file": {}}, headers=headers)
        sending = {"X-Goog-Upload-Command": "upload, finalize", "X-Goog-Upload-Offset": "0"}
        url = start.headers["x-goog-upload-url"]
        done = yield Call("POST", url, content=file, headers=sending)
        return str(done.body["file"]["uri"])

    def looked(self, remote_id: str) -> Talk[Look]:
        """Read one interaction."""
        answer = yield Call("GET", f"/v1beta/interactions/{remote_id}")
        status = answer.body["status"]
        if status in OPEN:
            return Look("running", why=f"Gemini: {status}")
        if status == "cancelled":
            return Look("cancelled", why="Gemini cancelled it.")
        if status == "completed" and _film(answer.body) is not None:
            return Look("ready", 1.0)
        return self.ended(_why(answer.body))

    def found(self, remote_id: str) -> Talk[Media]:
        """Read where the result is, or the result itself."""
        answer = yield Call("GET", f"/v1beta/interactions/{remote_id}")
        film = _film(answer.body)
        if film is None:
            return self.missing()
        if film.get("data"):
            return Media(base64=str(film["data"]))
        return Media(url=str(film["uri"]), keyed=True)

    def stopped(self, remote_id: str) -> Talk[None]:
        """Cancel an interaction."""
        yield Call("POST", f"/v1beta/interactions/{remote_id}/cancel", accepts=frozenset({400}))

    def trouble(self, answer: Answer) -> Trouble:
        """Sort Google's errors."""
        return trouble_of(answer)

    def _picture(self, answer: Answer) -> Media:
        """Read a picture that came with its answer; without one it was refused."""
        for part in field_of(answer.body, "candidates", 0, "content", "parts") or []:
            inside = part.get("inlineData") or part.get("inline_data")
            if inside:
                return Media(base64=str(inside["data"]))
        blocked = field_of(answer.body, "promptFeedback", "blockReason")
        reason = blocked or field_of(answer.body, "candidates", 0, "finishReason")
        if reason is None:
            raise ValueError("no candidate")
        words = str(field_of(answer.body, "candidates", 0, "finishMessage") or "")
        return self.end(Trouble("refused", str(reason), words))


def film_of(ask: Ask, film: str | None) -> dict[str, Any]:
    """Return the body of an Omni interaction."""
    request = ask.request
    pictures: Sequence[Path] = ask.pictures
    task = "reference_to_video" if pictures else "text_to_video"
    if film is not None:
        task = "edit" if request.edit else "extend"
    elif ask.first is not None:
        task, pictures = "image_to_video", (ask.first,)
    prompt = prompt_naming(ask.prompt, "<IMAGE_REF_{}>", start=0)
    content: list[dict[str, Any]] = [{"type": "text", "text": prompt}]
    content += [
        {"type": "image", "data": encoded(file), "mime_type": media_type(file)} for file in pictures
    ]
    if film is not None:
        content.append({"type": "video", "uri": film})
    return {
        "model": request.model,
        "background": True,
        "store": True,
        "generation_config": {"seed": request.seed, "video_config": {"task": task}},
        "input": [{"type": "user_input", "content": content}],
        "response_format": {
            "type": "video",
            "aspect_ratio": ask.ratio,
            "duration": f"{ask.seconds}s",
            "resolution": ask.resolution if ask.resolution in ("360p", "1080p", "4k") else "720p",
            "delivery": "uri",
        },
    }


def still_of(ask: Ask) -> dict[str, Any]:
    """Return the body of a Gemini picture."""
    parts: list[dict[str, Any]] = [
        {"inlineData": {"mimeType": media_type(file), "data": encoded(file)}}
        for file in ask.pictures
    ]
    shape = {"aspectRatio": ask.ratio_among(STILL_RATIOS), "imageSize": "2K"}
    return {
        "contents": [{"role": "user", "parts": [*parts, {"text": ask.prompt}]}],
        "generationConfig": {
            "responseModalities": ["IMAGE"],
            "imageConfig": shape,
            "seed": ask.request.seed,
        },
    }


def _film(body: dict[str, Any]) -> dict[str, Any] | None:
    for step in body.get("steps") or []:
        for one in step.get("content") or []:
            if one.get("type") == "video" and (one.get("uri") or one.get("data")):
                return dict(one)
    return None


def _why(body: dict[str, Any]) -> Trouble:
    """Return why an interaction has no film: its errors, a step's error, or its status."""
    errors = [*(body.get("errors") or [])]
    errors += [step["error"] for step in body.get("steps") or [] if step.get("error")]
    if not errors:
        return Trouble("mistake", str(body["status"]), "it holds no film")
    code = re.sub(r"^\d+$", "", str(errors[0].get("code") or ""))
    return sorted_words(code or str(body["status"]), str(errors[0].get("message") or ""))
