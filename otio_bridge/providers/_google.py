"""Pure: what Gemini and Vertex share: errors in Google's own form, and pictures inside JSON."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from otio_bridge.providers._inputs import encoded, media_type
from otio_bridge.providers._talk import Answer, Trouble

REFUSING = re.compile(r"safety|prohibit|policy|polici|block|recitation|filter", re.IGNORECASE)
ACCOUNT = ("UNAUTHENTICATED", "PERMISSION_DENIED")


def trouble_of(answer: Answer) -> Trouble:
    """Sort `{"error": {"code", "message", "status"}}`."""
    body = answer.body[0] if isinstance(answer.body, list) else answer.body
    error = body["error"]
    status, words = str(error.get("status") or ""), str(error.get("message") or "")
    if status == "RESOURCE_EXHAUSTED":
        return Trouble("busy", status, words)
    if status in ACCOUNT or "API key" in words:
        return Trouble("account", status, words)
    return sorted_words(status, words)


def sorted_words(code: str, words: str) -> Trouble:
    """Sort an error of a generation by its words: Google's list of codes was not collected."""
    refused = REFUSING.search(f"{code} {words}")
    return Trouble("refused" if refused else "mistake", code, words)


def inline(file: Path) -> dict[str, Any]:
    """Return a picture as Vertex takes it inside a request."""
    return {"bytesBase64Encoded": encoded(file), "mimeType": media_type(file)}
