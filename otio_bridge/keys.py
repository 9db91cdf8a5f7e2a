"""Keys of providers: from the environment or the system's keychain, and from nowhere else.

A key is read when it is needed and handed to the request alone; what is kept of it anywhere is its
fingerprint. keyring is touched here only.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import Literal

from otio_bridge.errors import BridgeError, ProviderError

SERVICE = "otio-bridge"
"""Name under which the keychain holds our keys, one account a provider."""


@dataclass(frozen=True)
class KeyState:
    """Whether a provider's key is set, and where."""

    provider: str
    where: Literal["environment", "keychain", "nowhere"]
    name: str
    """The variable that holds it, or the first one that would."""


def names_of(provider: str, key_names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the environment variables that may hold a provider's key, ours first."""
    return (f"OTIO_BRIDGE_{provider.upper()}_KEY", *key_names)


def key_of(provider: str, key_names: tuple[str, ...] = ()) -> str | None:
    """Return a provider's key, the environment before the keychain; None when there is none."""
    for name in names_of(provider, key_names):
        if key := os.environ.get(name, "").strip():
            return key
    return _kept(provider)


def needed_key(provider: str, key_names: tuple[str, ...] = ()) -> str:
    """Return a provider's key.

    Raises:
        ProviderError: There is none.
    """
    if (key := key_of(provider, key_names)) is not None:
        return key
    raise ProviderError(
        f"There is no key for {provider}; set {names_of(provider, key_names)[-1]} or run "
        f"'otio-bridge keys set {provider}'."
    )


def state_of(provider: str, key_names: tuple[str, ...] = ()) -> KeyState:
    """Say where a provider's key is, never what it is."""
    names = names_of(provider, key_names)
    for name in names:
        if os.environ.get(name, "").strip():
            return KeyState(provider, "environment", name)
    return KeyState(provider, "keychain" if _kept(provider) else "nowhere", names[-1])


def save_key(provider: str, key: str) -> None:
    """Put a key into the keychain.

    Raises:
        BridgeError: This system has no keychain, or it is locked.
    """
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(SERVICE, provider, key.strip())
    except KeyringError as error:
        raise _no_keychain(provider) from error


def forget_key(provider: str) -> None:
    """Take a key out of the keychain; harmless when there is none.

    Raises:
        BridgeError: This system has no keychain, or it is locked.
    """
    import keyring
    from keyring.errors import KeyringError, PasswordDeleteError

    try:
        keyring.delete_password(SERVICE, provider)
    except PasswordDeleteError:
        pass
    except KeyringError as error:
        raise _no_keychain(provider) from error


def fingerprint(provider: str, key: str) -> str:
    """Name the account of a key without giving the key away: provider and 32 bits of a digest."""
    return f"{provider}-{hashlib.sha256(f'{SERVICE}/{provider}/{key}'.encode()).hexdigest()[:8]}"


def _kept(provider: str) -> str | None:
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(SERVICE, provider) or None
    except (KeyringError, OSError, RuntimeError):
        return None  # no keychain, or a locked one, has no key for us


def _no_keychain(provider: str) -> BridgeError:
    return ProviderError(
        "This system's keychain cannot be used; unlock it, or set "
        f"OTIO_BRIDGE_{provider.upper()}_KEY in the environment instead."
    )
