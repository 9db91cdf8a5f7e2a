"""The promise a generator keeps, and how one is found by name.

A provider is one small file in `providers/`, or a third party's entry point in the group
`otio_bridge.providers`. It submits once, looks once per call, fetches, cancels; it never retries a
submit. `worker` is the only caller. User interfaces derive from `Limits`, never from the name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import entry_points
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from otio_bridge.errors import ProviderError
from otio_bridge.model import Request

Progress = Callable[[float], None]
"""Called with the share done, 0 to 1."""


@dataclass(frozen=True)
class Limits:
    """What a provider can do, declared as data."""

    models: tuple[str, ...]
    """The first is the default."""
    min_seconds: Fraction = Fraction(1)
    max_seconds: Fraction = Fraction(15)
    max_references: int = 4
    """Reference pictures a request may carry."""
    first_frame: bool = False
    """Whether a request may fix the first frame."""
    last_frame: bool = False
    max_size: tuple[int, int] | None = None
    """Width and height in pixels that a result fits into; None for the slot's own size."""
    usd_per_second: float = 0.0
    needs_key: bool = False
    needs_public_url: bool = False
    face_rule: str = ""
    """What the provider forbids about faces, in words; empty when nothing."""


@dataclass(frozen=True)
class Look:
    """One look at an open generation."""

    state: Literal["running", "ready", "refused", "failed", "cancelled"]
    progress: float = 0.0
    """Share done, 0 to 1."""
    why: str = ""
    paid_usd: float = 0.0


@runtime_checkable
class Provider(Protocol):
    """What the worker asks of a generator."""

    name: str
    limits: Limits

    def submit(self, request: Request, files: Mapping[str, Path]) -> str:
        """Send the request once and return the provider's id for it.

        Args:
            request: What to generate.
            files: Local path of every picture that the request names.

        Raises:
            Refused: The provider will not do it.
            ProviderError: It was not accepted; nothing was paid.
        """
        ...

    def look(self, remote_id: str) -> Look:
        """Look once at a generation; never wait."""
        ...

    def fetch(self, remote_id: str, into: Path, progress: Progress | None = None) -> None:
        """Write the finished media to a path that does not exist yet."""
        ...

    def cancel(self, remote_id: str) -> None:
        """Ask the provider to stop; harmless when it is done already."""
        ...


def known() -> list[str]:
    """Name every provider that is installed."""
    return sorted(entry.name for entry in entry_points(group="otio_bridge.providers"))


def find(name: str) -> Provider:
    """Return the provider of that name.

    Raises:
        ProviderError: None of that name is installed.
    """
    for entry in entry_points(group="otio_bridge.providers", name=name):
        made = entry.load()()
        if isinstance(made, Provider):
            return made
    raise ProviderError(
        f"There is no provider '{name}'; choose one of {', '.join(known()) or 'none installed'}."
    )
