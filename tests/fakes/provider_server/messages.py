"""Requests as they came and answers as they go."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Seen:
    """One request as it came."""

    provider: str
    method: str
    path: str
    """Below the provider's prefix."""
    query: dict[str, list[str]]
    headers: dict[str, str]
    """Names in lower case."""
    raw: bytes
    base: str
    """The address under which the provider's prefix is reached."""
    body: Any = None

    def match(self, method: str, pattern: str) -> re.Match[str] | None:
        """Match method and whole path."""
        return re.fullmatch(pattern, self.path) if self.method == method else None

    def asked(self, name: str) -> str:
        """Return one value of the query."""
        return self.query.get(name, [""])[0]

    def form(self) -> dict[str, tuple[str, bytes]]:
        """Return a multipart form as field -> (file name, content)."""
        boundary = self.headers["content-type"].partition("boundary=")[2].strip('"').encode()
        fields = {}
        for part in self.raw.split(b"--" + boundary)[1:-1]:
            head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
            name = re.search(rb'[; ]name="?([^";\r]*)"?', head)
            file = re.search(rb'filename="?([^";\r]*)"?', head)
            assert name is not None
            fields[name[1].decode()] = (
                file[1].decode() if file else "", content.removesuffix(b"\r\n"),
            )  # fmt: skip
        return fields


@dataclass
class Reply:
    """What goes back."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes | None = None
    task: str = ""

    def encoded(self) -> bytes:
        """Return the body's bytes."""
        if self.content is not None:
            return self.content
        return b"" if self.body is None else json.dumps(self.body).encode()


def now() -> str:
    """Return the time as the services write it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
