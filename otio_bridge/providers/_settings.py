"""What a user may set for a provider: `providers.json` in the user's data folder, and environment.

    {"runway": {"limits": {"models": ["kling_4"], "prices": {"kling_4": 0.2}}},
     "ark": {"assets": {"Ada": "asset://a1"}, "upload_command": ["my-upload", "{file}"]}}

It is the user's file and never the project's: an address in a project that came from elsewhere
would send the user's key there.
"""

from __future__ import annotations

import dataclasses
import os
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import platformdirs
from pydantic import Field, RootModel

from otio_bridge.errors import ProviderError
from otio_bridge.files import read_json
from otio_bridge.model import Noun
from otio_bridge.provider import Limits

DATA_DIR = "OTIO_BRIDGE_DATA_DIR"
UPLOAD_SECONDS = 600


class Settings(Noun):
    """One provider's part of the file."""

    url: str | None = None
    """Base address in place of the provider's own, for proxies and tests."""
    hosts: dict[str, str] = Field(default_factory=dict)
    """The same for its further hosts, by their names in the provider's file."""
    limits: dict[str, Any] = Field(default_factory=dict)
    """Fields of `Limits` that changed since this version."""
    assets: dict[str, str] = Field(default_factory=dict)
    """Name of a character, location or prop -> the provider's own id for it."""
    upload_command: tuple[str, ...] = ()
    """Puts "{file}" to a public place and prints its address."""
    options: dict[str, Any] = Field(default_factory=dict)
    """What only this provider knows; see its file."""
    patience: dict[str, float] = Field(default_factory=dict)
    """Seconds of `Patience`."""
    poll_seconds: float | None = None


class _File(RootModel[dict[str, Settings]]):
    pass


def user_folder() -> Path:
    """Return the user's own data folder."""
    return Path(
        os.environ.get(DATA_DIR) or platformdirs.user_data_dir("otio-bridge", appauthor=False)
    )


def settings_of(name: str) -> Settings:
    """Return what the user set for a provider; its address also from OTIO_BRIDGE_<NAME>_URL.

    Raises:
        ProjectError: The file is damaged.
    """
    file = read_json(user_folder() / "providers.json", _File)
    settings = file.root.get(name, Settings()) if file is not None else Settings()
    url = os.environ.get(f"OTIO_BRIDGE_{name.upper()}_URL", "").strip()
    return settings.model_copy(update={"url": url, "hosts": {}}) if url else settings


def hosts_of(hosts: dict[str, str], settings: Settings) -> dict[str, str]:
    """Return a provider's addresses, its further hosts following the main one when that is set."""
    moved = hosts if settings.url is None else dict.fromkeys(hosts, settings.url)
    return {**moved, **settings.hosts}


def limits_with(limits: Limits, settings: Settings, name: str) -> Limits:
    """Return limits with the user's own numbers in place.

    Raises:
        ProviderError: There is no such limit.
    """
    known = {field.name for field in dataclasses.fields(Limits)}
    changes = dict(settings.limits)
    if unknown := sorted(set(changes) - known):
        raise ProviderError(
            f"providers.json sets '{unknown[0]}' for {name}, which is no limit; choose one of "
            f"{', '.join(sorted(known))}."
        )
    for key, value in changes.items():
        if key.endswith("_seconds") and isinstance(value, int | float | str) and "usd" not in key:
            changes[key] = Fraction(str(value))
        elif isinstance(value, list):
            changes[key] = tuple(value)
    made = dataclasses.replace(limits, **changes)
    if "models" in changes and "usd_per_second" not in changes:
        made = dataclasses.replace(made, usd_per_second=made.prices.get(made.models[0], 0.0))
    return made


def published(file: Path, settings: Settings, name: str) -> str:
    """Put a film to a public address by the user's own command, and return the address.

    Raises:
        ProviderError: There is no command, or it printed no https address.
    """
    if not settings.upload_command:
        raise ProviderError(
            f"{name} takes films only from a public address; set 'upload_command' for it in "
            "providers.json, or choose runway, fal or replicate, which take the file itself."
        )
    words = [str(file) if word == "{file}" else word for word in settings.upload_command]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=UPLOAD_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        done = None
    said = done.stdout.split() if done is not None and done.returncode == 0 else []
    if not said or not said[-1].startswith("https://"):
        raise ProviderError(
            f"The upload command for {name} printed no https address for {file.name}; run it by "
            "hand to see why."
        )
    return said[-1]
