"""Pure: what a provider's file says to the runner. Nothing here touches network, disk or key.

A verb of a provider is a generator: it yields a `Call`, is sent the `Answer`, and returns what the
verb is for. So a submit that first uploads three pictures reads from top to bottom, and can be
tested by sending it answers by hand.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from time import time
from typing import Any, Literal, TypeVar

T = TypeVar("T")
Method = Literal["GET", "HEAD", "POST", "PUT", "DELETE"]


@dataclass(frozen=True)
class Part:
    """A file in a multipart form."""

    field: str
    file: Path
    name: str
    type: str


@dataclass(frozen=True)
class Call:
    """One HTTP request, without the key."""

    method: Method
    path: str
    """Path and query below the host, or a whole URL that the provider told us to use."""
    json: Any = None
    form: Mapping[str, str] | None = None
    """Plain fields of a multipart form, before its file."""
    part: Part | None = None
    content: Path | None = None
    """File sent as the body itself."""
    headers: Mapping[str, str] = field(default_factory=dict)
    at: str = ""
    """Which of the provider's hosts; "" is the main one."""
    paid: bool = False
    """Whether it may cost money: then it is sent once, whatever happens."""
    keyed: bool = True
    """Whether the key goes along; never for a whole URL of another host."""
    accepts: frozenset[int] = frozenset()
    """Statuses outside 2xx that the verb itself understands."""


@dataclass(frozen=True)
class Answer:
    """What came back for a call."""

    status: int
    body: Any = None
    """Parsed JSON; None where there is none."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""


@dataclass(frozen=True)
class Media:
    """Where a finished result is."""

    url: str = ""
    keyed: bool = False
    """Whether its host, one of the provider's own, wants the key."""
    at: str = ""
    """Which of the provider's hosts, for a path."""
    base64: str = ""
    """The result itself, when it came inside the answer."""


Talk = Generator[Call, Answer, T]


@dataclass(frozen=True)
class Trouble:
    """What a provider says went wrong, in its own words and sorted by ours."""

    kind: Literal["refused", "busy", "account", "mistake"]
    """Refused by its rules, asked to come later, a matter of key or credit, or our own mistake."""
    code: str = ""
    words: str = ""


_URL = re.compile(r"(?:https?|data|gs)://?[^\s\"'<>]+|data:[^\s\"'<>]+")
_TOKEN = re.compile(r"\b(?=[\w-]*\d)[\w-]{28,}\b")


def quoted(text: object, most: int = 160) -> str:
    """Return foreign text fit for a message: one line, without addresses and what may be a key."""
    plain = " ".join(str(text or "").split())
    plain = _TOKEN.sub("…", _URL.sub("…", plain)).rstrip(". ")
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"


def job_id(told: object) -> str:
    """Return the id that a provider gave a job.

    Raises:
        ValueError: It is none: empty, missing, or neither text nor a whole number.
    """
    if isinstance(told, bool) or not isinstance(told, str | int) or not str(told).strip():
        raise ValueError("no id")
    return str(told)


def retry_after(answer: Answer) -> float | None:
    """Return the seconds to wait that an answer asks for: a number, a date, or Google's detail."""
    said = answer.headers.get("retry-after", "")
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - time())
    except (ValueError, TypeError):
        return _retry_delay(answer.body)


def _retry_delay(body: Any) -> float | None:
    found = re.search(r"'retryDelay': '([\d.]+)s'", str(body)[:5000])
    return float(found[1]) if found else None
