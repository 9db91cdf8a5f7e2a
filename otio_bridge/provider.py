"""The promise a generator keeps, and how one is found by name.

A provider is one small file in `providers/`, or a third party's entry point in the group
`otio_bridge.providers`. It submits once, looks once per call, fetches, cancels; it never retries a
submit. `worker` is the only caller. User interfaces derive from `Limits`, never from the name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from otio_bridge.errors import ProviderError
from otio_bridge.model import Request, RequestStep

Progress = Callable[[float], None]
"""Called with the share done, 0 to 1."""


Step = RequestStep
"""A step of the recipe that a provider may be able to do."""


@dataclass(frozen=True)
class Limits:
    """What a provider can do, declared as data; prices and counts change monthly."""

    models: tuple[str, ...]
    """The first is the default."""
    min_seconds: Fraction = Fraction(1)
    max_seconds: Fraction = Fraction(15)
    durations: tuple[int, ...] = ()
    """Whole seconds a result may last where only some lengths are allowed."""
    max_references: int = 4
    """Reference pictures a request may carry."""
    max_picture_bytes: int = 0
    """Largest file of one reference picture; 0 for any."""
    first_frame: bool = False
    """Whether a request may fix the first frame."""
    last_frame: bool = False
    frames_with_references: bool = True
    """Whether first and last frame may go together with reference pictures."""
    ratios: tuple[str, ...] = ()
    """Aspect ratios of results such as "16:9"; empty for any."""
    max_size: tuple[int, int] | None = None
    """Width and height in pixels that a result fits into; None for the slot's own size."""
    stills: tuple[str, ...] = ()
    """Models that make one picture instead of a film; the first is the default."""
    steps: tuple[Step, ...] = ("chunk",)
    """Steps of the recipe it can do."""
    min_edit_seconds: Fraction | None = None
    """Shortest source of an edit, to which a shorter one is padded; None where it cannot edit."""
    usd_per_second: float = 0.0
    """Price of the default model."""
    prices: Mapping[str, float] = field(default_factory=dict)
    """USD a second of each model, or USD a picture of each still model, where they are known."""
    source: str = ""
    """Where prices and limits come from."""
    as_of: str = ""
    """Date of prices and limits, such as "2026-11-22"."""
    needs_key: bool = False
    key_names: tuple[str, ...] = ()
    """Environment variables that may hold the key, in order."""
    needs_public_url: bool = False
    """Whether a film of ours must lie at a public address before it can be named."""
    public_uploads: bool = False
    """Whether whoever knows the address can see what was uploaded."""
    finds_lost: bool = False
    """Whether a request whose answer was lost can be found again."""
    result_hours: float | None = None
    """Hours after which a result is gone; None for never."""
    concurrent: int | None = None
    """Generations at once, of the smallest account; None for no limit."""
    face_rule: str = ""
    """What the provider forbids about faces, in words; empty when nothing."""
    checked: str = ""
    """What its dialect was checked against, in words."""

    def usd(self, model: str, seconds: Fraction) -> float:
        """Return the declared price in USD of one generation, whole seconds being billed."""
        if model in self.stills:
            return self.prices.get(model, 0.0)
        price = self.prices.get(model, self.usd_per_second)
        return round(price * self.billed_seconds(seconds), 4) if price else 0.0

    def unpriced(self, model: str) -> bool:
        """Return whether a model costs something that nobody declared."""
        return self.needs_key and not self.usd(model, self.min_seconds)

    def billed_seconds(self, seconds: Fraction) -> int:
        """Return the whole seconds that are asked of the provider for a length."""
        whole = math.ceil(max(seconds, self.min_seconds))
        return min((one for one in self.durations if one >= whole), default=whole)


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


GROUP = "otio_bridge.providers"
BUILT_IN = {
    "offline": "offline:OfflineProvider",
    "ark": "ark:Ark",
    "runway": "runway:Runway",
    "gemini": "gemini:Gemini",
    "vertex": "vertex:Vertex",
    "kling": "kling:Kling",
    "fal": "fal:Fal",
    "replicate": "replicate:Replicate",
    "comfyui": "comfyui:ComfyUI",
}
"""Found by name even where the package was unpacked without its entry points."""


def known() -> list[str]:
    """Name every provider that is installed."""
    return sorted(_entries())


def find(name: str) -> Provider:
    """Return the provider of that name.

    Raises:
        ProviderError: None of that name is installed.
    """
    entry = _entries().get(name)
    made = entry.load()() if entry is not None else None
    if isinstance(made, Provider):
        return made
    raise ProviderError(f"There is no provider '{name}'; choose one of {', '.join(known())}.")


def _entries() -> dict[str, EntryPoint]:
    built_in = {
        name: EntryPoint(name, f"otio_bridge.providers.{value}", GROUP)
        for name, value in BUILT_IN.items()
    }
    return built_in | {entry.name: entry for entry in entry_points(group=GROUP)}
