"""A provider behind HTTP: keeps the promise of `otio_bridge.provider` by running pure talks.

Each provider's file says what to send and how to read the answers; here that is carried out, every
fault becomes one sentence, and what the worker must know is told by the kind of error: `Refused`,
`ProviderError` (nothing was paid) or `Unanswered` (it may have been).
"""

from __future__ import annotations

import base64
import math
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, NoReturn, TypeVar

from otio_bridge.errors import ProviderError, Refused, Unanswered
from otio_bridge.files import write_atomically
from otio_bridge.keys import fingerprint, key_of, needed_key
from otio_bridge.model import Request
from otio_bridge.provider import Limits, Look, Progress
from otio_bridge.providers._http import Gone, Line, Patience
from otio_bridge.providers._inputs import Ask, asked, data_uri
from otio_bridge.providers._settings import (
    Settings,
    hosts_of,
    limits_with,
    published,
    settings_of,
    user_folder,
)
from otio_bridge.providers._talk import Answer, Call, Media, Talk, Trouble, quoted, retry_after

T = TypeVar("T")
STILL = "still:"
"""Start of the id of a picture that came with its answer and lies in the user's data folder."""
MISSES = 3
"""How often something must be missing before we believe that it is gone."""
GRACE = 20.0
"""Seconds for which that must last; what was just made may not be listed yet."""
KEPT_SECONDS = 7 * 24 * 3600
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)


class Hosted:
    """Base of the providers; a subclass gives data and talks."""

    name: ClassVar[str]
    title: ClassVar[str]
    """Name for people."""
    hosts: ClassVar[dict[str, str]]
    declared: ClassVar[Limits]
    billing: ClassVar[str] = "whether it was billed is not stated"
    """What a refusal or failure costs, in words."""
    poll_seconds: ClassVar[float] = 2.0
    """Shortest time between two looks at one generation."""

    def __init__(self) -> None:
        self.settings: Settings = settings_of(self.name)
        self.limits: Limits = limits_with(self.declared, self.settings, self.name)
        patience = Patience(**self.settings.patience)  # type: ignore[arg-type]
        hosts = hosts_of(self.addresses(), self.settings)
        self._line = Line(self.title, hosts, self._signed, patience)
        self._key: str | None = None
        self._quiet_until = 0.0
        self._seen: dict[str, tuple[float, Look]] = {}
        self._missing: dict[str, tuple[int, float]] = {}

    # what a subclass says -------------------------------------------------------------------------

    def addresses(self) -> dict[str, str]:
        """Return the addresses of its hosts by name; "" is the main one."""
        return self.hosts

    def sent(self, ask: Ask) -> Talk[str | Media]:
        """Send a request; return the provider's id, or the picture that came at once."""
        raise NotImplementedError

    def looked(self, remote_id: str) -> Talk[Look]:
        """Ask once how far it is."""
        raise NotImplementedError

    def found(self, remote_id: str) -> Talk[Media]:
        """Ask where the result is."""
        raise NotImplementedError

    def stopped(self, remote_id: str) -> Talk[None]:
        """Ask to stop; does nothing where a provider cannot."""
        yield from ()

    def matched(self, request: Request) -> Talk[str | None]:
        """Look for a request whose answer was lost; finds nothing where a provider cannot."""
        yield from ()
        return None

    def trouble(self, answer: Answer) -> Trouble:
        """Sort an HTTP error."""
        raise NotImplementedError

    def checked(self, ask: Ask) -> None:
        """Raise ProviderError where this provider has rules beyond its limits."""

    def authorized(self, key: str, call: Call) -> Mapping[str, str]:
        """Return the headers that carry the key."""
        return {"Authorization": f"Bearer {key}"}

    def handle(self, file: Path) -> Talk[str]:
        """Return how a request names a file of ours; uploads it where that is needed."""
        yield from ()
        return data_uri(file)

    def handles(self, files: tuple[Path, ...]) -> Talk[list[str]]:
        """Return how a request names several files, in order."""
        named = []
        for file in files:
            named.append((yield from self.handle(file)))
        return named

    def film(self, file: Path) -> Talk[str]:
        """Return how a request names a film of ours."""
        if self.limits.needs_public_url:
            return published(file, self.settings, self.title)
        return (yield from self.handle(file))

    # the promise ----------------------------------------------------------------------------------

    @property
    def account(self) -> str | None:
        """Fingerprint of the key that pays; None while there is none."""
        key = key_of(self.name, self.limits.key_names) if self.limits.needs_key else None
        return None if key is None else fingerprint(self.name, key)

    def submit(self, request: Request, files: Mapping[str, Path]) -> str:
        """Send a request once.

        Raises:
            Refused: The provider will not do it.
            ProviderError: It was not accepted; nothing was paid.
            Unanswered: It may have been accepted.
        """
        if self.limits.needs_key:
            self._key = needed_key(self.name, self.limits.key_names)
        ask = asked(request, files, self.limits, self.title)
        self.checked(ask)
        made = self._run(self.sent(ask))
        return made if isinstance(made, str) else self._kept(request, made)

    def look(self, remote_id: str) -> Look:
        """Look once; within `poll_seconds` of the last look its answer is given again.

        Raises:
            ProviderError: The provider cannot be asked now.
        """
        if remote_id.startswith(STILL):
            return Look("ready", 1.0)
        now = time.monotonic()
        at, last = self._seen.get(remote_id, (-math.inf, Look("running")))
        every = self.settings.poll_seconds
        if now - at < (self.poll_seconds if every is None else every):
            return last
        try:
            look = self._run(self.looked(remote_id))
        except Gone as error:
            if not self._gone_for_good(remote_id):
                raise ProviderError(
                    f"{self.title} does not know the job yet; try again."
                ) from error
            why = f"{self.title} does not know the job any more; it may have been billed."
            look = Look("failed", why=why)
        except _Busy as error:
            look = Look("running", last.progress, str(error))
        else:
            self._missing.pop(remote_id, None)
        self._seen[remote_id] = now, look
        return look

    def fetch(self, remote_id: str, into: Path, progress: Progress | None = None) -> None:
        """Write the result to a path that does not exist yet.

        Raises:
            Refused: It is gone for good.
            ProviderError: It cannot be had now.
        """
        if into.exists():
            raise ProviderError(f"{into.name} exists already; choose another name.")
        if remote_id.startswith(STILL):
            into.write_bytes(_still(self.name, remote_id.removeprefix(STILL)).read_bytes())
            return
        try:
            media = self._run(self.found(remote_id))
            if media.base64:
                into.write_bytes(base64.b64decode(media.base64))
                return
            self._line.download(media.url, into, progress, keyed=media.keyed, at=media.at)
        except Gone as error:
            if not self._gone_for_good(remote_id):
                raise
            hours = self.limits.result_hours
            kept = f"keeps results for {hours:g} hours" if hours else "does not have it any more"
            raise Refused(
                f"The result was paid and is gone: {self.title} {kept}; ask its support with the "
                f"id {remote_id}."
            ) from error
        self._missing.pop(remote_id, None)

    def cancel(self, remote_id: str) -> None:
        """Ask to stop; harmless when it is done, or where a provider cannot."""
        with suppress(Gone, Refused):
            self._run(self.stopped(remote_id))
        self._seen.pop(remote_id, None)

    def reconcile(self, request: Request) -> str | None:
        """Return the provider's id for a request that arrived, None when it is not found."""
        if request.model in self.limits.stills:
            kept = _still(self.name, request.id).exists()
            return f"{STILL}{request.id}" if kept else None
        return self._run(self.matched(request))

    # carrying it out ------------------------------------------------------------------------------

    def _run(self, talk: Talk[T]) -> T:
        call: Call | None = None
        answer: Answer | None = None
        while True:
            try:
                call = next(talk) if answer is None else talk.send(answer)
            except StopIteration as done:
                return done.value  # type: ignore[no-any-return]
            except UNREADABLE as error:
                if call is None:
                    raise
                raise self._unexpected(call) from error
            self._keep_quiet(call)
            answer = self._line.answer(call)
            if not 200 <= answer.status < 300 and answer.status not in call.accepts:
                self._fail(call, answer)

    def _keep_quiet(self, call: Call) -> None:
        """Ask nothing while the provider wants no questions."""
        left = self._quiet_until - time.monotonic()
        if left > 0 and call.method in ("GET", "HEAD"):
            raise _Busy(f"{self.title} asked to wait, {math.ceil(left)} s more.")

    def _unexpected(self, call: Call) -> Exception:
        if call.paid:
            return Unanswered(
                f"{self.title} took the request, but its answer is not the one we know; it may "
                "have been paid."
            )
        return ProviderError(f"{self.title} answered in a way we do not know; try again.")

    def _fail(self, call: Call, answer: Answer) -> NoReturn:
        if call.paid and (answer.status >= 500 or answer.status == 408):
            raise Unanswered(
                f"{self.title} answered with HTTP {answer.status} after the request had left; it "
                "may have been paid."
            )
        if not call.paid and answer.status in (404, 410):
            raise Gone(f"{self.title} does not know what was asked for.")
        if answer.status >= 500:
            raise ProviderError(f"{self.title} is out of order (HTTP {answer.status}); try again.")
        self._raise(self._sorted(answer), call, retry_after(answer))

    def _sorted(self, answer: Answer) -> Trouble:
        try:
            trouble = self.trouble(answer)
        except UNREADABLE:
            trouble = Trouble("mistake")
        if trouble.kind == "mistake":
            if answer.status in (401, 402, 403):
                return Trouble("account", trouble.code, trouble.words)
            if answer.status == 429:
                return Trouble("busy", trouble.code, trouble.words)
        return Trouble(trouble.kind, trouble.code or f"HTTP {answer.status}", trouble.words)

    def _raise(self, trouble: Trouble, call: Call, wait: float | None) -> NoReturn:
        said = self.said(trouble)
        if trouble.kind == "refused":
            raise Refused(self.refusal(trouble))
        if trouble.kind == "busy":
            if wait is not None:
                self._quiet_until = time.monotonic() + wait
            when = f"in {math.ceil(wait)} s" if wait else "later"
            what = "nothing was sent into its queue; ask again" if call.paid else "asking again"
            raise _Busy(f"{self.title} is busy ({said}); {what} {when}.")
        if trouble.kind == "account":
            raise ProviderError(
                f"{self.title} does not accept the key or the account ({said}); check both with "
                "'otio-bridge providers'. Nothing was paid."
            )
        raise ProviderError(
            f"{self.title} does not take the request as it is ({said}); change it and ask again. "
            "Nothing was paid."
        )

    def empty(self) -> Look:
        """Return the look at a generation that is done and has no film."""
        why = (
            f"{self.title} says that it is done and gives no film, which may be a refusal, and "
            f"{self.billing}."
        )
        return Look("failed", why=why)

    def end(self, trouble: Trouble) -> NoReturn:
        """Raise what an answer says that came with a good status."""
        self._raise(trouble, Call("GET", "", paid=True), None)

    def missing(self) -> NoReturn:
        """Raise that the provider does not know a job, at least not yet."""
        raise Gone(f"{self.title} does not know what was asked for.")

    def said(self, trouble: Trouble) -> str:
        """Return a provider's own code and words, without addresses and keys."""
        text = ": ".join(part for part in (trouble.code, quoted(trouble.words)) if part)
        return text.replace(self._key, "…") if self._key else text

    def refusal(self, trouble: Trouble, billing: str = "") -> str:
        """Return the sentence for a refusal, which is terminal."""
        return (
            f"{self.title} refused it ({self.said(trouble)}); change the prompt or the references, "
            f"for the same will be refused again, and {billing or self.billing}."
        )

    def ended(self, trouble: Trouble, paid_usd: float | None = None) -> Look:
        """Return the look at a generation that ended without a result.

        Args:
            trouble: What the provider says.
            paid_usd: What it cost, where the provider says that too.
        """
        billing = self.billing if paid_usd is None else f"it cost {paid_usd:.2f} USD"
        if trouble.kind == "refused":
            why = self.refusal(trouble, billing)
            return Look("refused", why=why, paid_usd=paid_usd or 0.0)
        said = self.said(trouble) or "no reason given"
        why = f"{self.title} could not make it ({said}), and {billing}."
        return Look("failed", why=why, paid_usd=paid_usd or 0.0)

    def _signed(self, call: Call) -> Mapping[str, str]:
        if not self.limits.needs_key:
            return {}
        if self._key is None:
            self._key = needed_key(self.name, self.limits.key_names)
        return self.authorized(self._key, call)

    def _gone_for_good(self, remote_id: str) -> bool:
        count, since = self._missing.get(remote_id, (0, time.monotonic()))
        self._missing[remote_id] = count + 1, since
        grace = self.settings.options.get("grace_seconds", GRACE)
        return count + 1 >= MISSES and time.monotonic() - since >= grace

    def _kept(self, request: Request, media: Media) -> str:
        """Keep a picture that came with its answer; on return it is on the disk."""
        file = _still(self.name, request.id)
        write_atomically(file, base64.b64decode(media.base64))
        for old in file.parent.iterdir():
            if time.time() - old.stat().st_mtime > KEPT_SECONDS:
                old.unlink(missing_ok=True)
        return f"{STILL}{request.id}"


class _Busy(ProviderError):
    """The provider wants to be asked later."""


def _still(provider: str, request_id: str) -> Path:
    return user_folder() / "stills" / provider / f"{request_id}.png"


def field_of(body: Any, *path: str | int) -> Any:
    """Return a part of an answer, None when it is not there."""
    for key in path:
        if isinstance(body, dict) and isinstance(key, str):
            body = body.get(key)
        elif isinstance(body, list) and isinstance(key, int) and -len(body) <= key < len(body):
            body = body[key]
        else:
            return None
    return body
