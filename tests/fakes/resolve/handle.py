"""What all scripting objects share: methods by build, dead handles, modals, lies."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from .fake import FakeResolve

F = TypeVar("F", bound=Callable[..., Any])
STUDIO_ONLY = frozenset({"CreateMagicMask", "SmartReframe", "CreateSubtitlesFromAudio"})
"""Methods that stand here for what the free edition answers with a modal (facts 2)."""


def since(*build: int) -> Callable[[F], F]:
    """Mark a method as absent before a build."""

    def marked(method: F) -> F:
        method.since = build  # type: ignore[attr-defined]
        return method

    return marked


class Handle:
    """A scripting object. Names that begin with a capital go through the host's moods."""

    def __init__(self, fake: FakeResolve) -> None:
        self._fake = fake

    def __getattribute__(self, name: str) -> Any:
        if not name[:1].isupper():
            return object.__getattribute__(self, name)
        found = getattr(type(self), name, None)
        fake = self._fake
        if found is None or getattr(found, "since", ()) > fake.knobs.build:
            return self.__getattr__(name)
        if not callable(found):
            return found
        return _answering(self, name, found)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and self._fake.knobs.attributes_never_raise:
            return None
        raise AttributeError(f"{type(self).__name__} has no {name}")

    def __dir__(self) -> list[str]:
        return surface(type(self), self._fake.knobs.build)

    def _alive(self) -> bool:
        return True

    def _off_stage(self) -> bool:
        """Whether this belongs to a timeline that is not the current one."""
        return False


def surface(kind: type[Handle], build: tuple[int, ...] = (99,)) -> list[str]:
    """Names of the methods and constants that a class has on a build."""
    return [
        name for name in dir(kind)
        if name[:1].isupper() and getattr(getattr(kind, name), "since", ()) <= build
    ]  # fmt: skip


def _answering(handle: Handle, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    fake = handle._fake
    quiet = False if method.__annotations__.get("return") == "bool" else None

    def call(*args: Any) -> Any:
        fake.calls.append((type(handle).__name__, name, args))
        fake.threads.add(threading.get_ident())
        if not fake.running or fake.modal or name in fake.knobs.refuses:
            return quiet
        if name in STUDIO_ONLY and not fake.knobs.studio:
            fake.modal = fake.knobs.modal_after_studio_call
            return quiet
        if not handle._alive():
            return "" if name == "GetUniqueId" else None
        return method(handle, *args)

    call.__name__ = name
    return call


def needs_current(quiet: Any) -> Callable[[F], F]:
    """Mark a method that answers `quiet` off the current timeline, where the host is like that."""

    def marked(method: F) -> F:
        def careful(self: Handle, *args: Any) -> Any:
            if self._fake.knobs.needs_current_timeline and self._off_stage():
                return quiet
            return method(self, *args)

        careful.__dict__.update(method.__dict__)
        careful.__annotations__ = method.__annotations__
        careful.__wrapped__ = method  # type: ignore[attr-defined]
        return careful  # type: ignore[return-value]

    return marked
