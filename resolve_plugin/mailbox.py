"""Resolve's objects from far: calls through a file, answers through the preferences (facts 2).

In the free edition from 21.1 on only sandboxed Lua runs. `servant.lua` is started from the menu; it
reads `request.lua`, makes the one call in it and writes the answer, in hex, into Fusion's
preferences. Here that looks like Resolve's own objects, so that `host` and `edits` work unchanged.
"""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from . import surface
from .bins import HostRefused

ANSWER_SECONDS = 120.0
"""How long one call may take; importing a large file is slow."""
HELLO_SECONDS = 5.0
BEAT_SECONDS = 3.0
"""How often a sign of life is written; the servant leaves after 20 s without one."""
LOOK_SECONDS = 0.01
FRESH_SECONDS = 2.0
"""How long what came along with a list is believed; any call that changes something ends it."""
WORDS = re.compile(r"OTIO1(Hello|Answer):(\w+):(\d+):(\d+):([0-9a-f]*):END")
NAMES = frozenset(
    name
    for kind in vars(surface).values()
    if isinstance(kind, type)
    for name in dir(kind)
    if name[:1].isupper()
) | {"GetType"}
"""What an edition of 21.1 or later has of what we call; `dir` of a thing answers with it."""
Ask = tuple[str, tuple[Any, ...], tuple[Any, ...]]
_FILE: Ask = ("GetClipProperty", ("File Path",), ())
_ITEM: tuple[Ask, ...] = (
    ("GetUniqueId", (), ()), ("GetStart", (), ()), ("GetDuration", (), ()),
    ("GetLeftOffset", (), ()), ("GetType", (), ()), ("GetMediaPoolItem", (), (_FILE,)),
)  # fmt: skip
ALONG: dict[str, tuple[Ask, ...]] = {
    "GetItemListInTrack": _ITEM,
    "GetClipList": (_FILE,),
    "GetSubFolderList": (("GetName", (), ()),),
}
"""What is asked of each thing in a list in the same round trip, because we ask it anyway."""


class Hello(NamedTuple):
    """A script that was started from the menu."""

    session: str
    action: str


class Mailbox:
    """The two files of one conversation.

    Args:
        folder: Where requests are written; its path is baked into the scripts.
        prefs: Fusion's preferences, a file that Resolve writes.
    """

    def __init__(self, folder: Path, prefs: Path) -> None:
        self.folder, self.prefs = folder, prefs
        self._session, self._number, self._silent = "", 0, False
        self._known: dict[tuple[int, str, tuple[Any, ...]], Any] = {}
        self._since = 0.0
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def attended(self) -> Iterator[None]:
        """Write a sign of life for as long as this lasts."""
        over = threading.Event()

        def beat() -> None:
            while True:
                self._write("alive.lua", f"return {int(time.time())}\n")
                if over.wait(BEAT_SECONDS):
                    return

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(10)
            (self.folder / "alive.lua").unlink(missing_ok=True)

    def hello(self) -> Hello | None:
        """Return the script that was started last; it may have ended long ago."""
        found = self._read("Hello")
        return None if found is None else Hello(found[0], found[2])

    def resolve(self, hello: Hello) -> Far | None:
        """Begin to speak with a script; None when it is not there any more."""
        self._session, self._number, self._silent = hello.session, 0, False
        self._known.clear()
        try:
            self.ask(0, "GetVersionString", (), HELLO_SECONDS)
        except HostRefused:
            return None
        return Far(self, 0)

    def leave(self) -> None:
        """Let the script end."""
        self._send("over = true")

    def value(self, target: int, name: str) -> Any:
        """Return a constant of a thing."""
        return self._told(f"target = {target}, name = {_lua(name)}, value = true", ANSWER_SECONDS)

    def ask(
        self, target: int, name: str, given: tuple[Any, ...], seconds: float = ANSWER_SECONDS
    ) -> Any:
        """Make one call.

        Raises:
            HostRefused: Resolve does not answer, or not with a value.
        """
        reads = name.startswith("Get")
        if not reads or time.monotonic() - self._since > FRESH_SECONDS:
            self._known.clear()
        key = (target, name, tuple(map(repr, given)))
        if key in self._known:
            return self._known[key]
        also = ALONG.get(name, ())
        told = self._told(f"target = {target}, {_called(name, given, also)}", seconds)
        if isinstance(told, dict) and "!" in told:
            raise HostRefused(f"Resolve does not carry out {name} ({told['!']}); try again.")
        self._since = time.monotonic()
        return self._near(told, also)

    def _near(self, told: Any, also: tuple[Ask, ...]) -> Any:
        """Turn an answer into values and far things, and keep what came along with them."""
        if isinstance(told, list):
            return [self._near(one, also) for one in told]
        if not isinstance(told, dict):
            return told
        if "@" not in told:
            return {_key(key): self._near(one, also) for key, one in told.items()}
        number = int(told["@"])
        for (name, given, deeper), one in zip(also, told["known"]):  # noqa: B905 (Python 3.9)
            self._known[number, name, tuple(map(repr, given))] = self._near(one, deeper)
        return Far(self, number)

    def _told(self, body: str, seconds: float) -> Any:
        if self._silent:
            raise HostRefused("Resolve no longer answers; start the action again from its menu.")
        number = self._send(body)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = self._read("Answer")
            if found is not None and found[:2] == (self._session, number):
                return json.loads(found[2])
            time.sleep(LOOK_SECONDS)
        self._silent = True
        raise HostRefused("Resolve does not answer; start the action again from its menu.")

    def _send(self, body: str) -> int:
        self._number += 1
        head = f"session = {_lua(self._session)}, number = {self._number}"
        self._write("request.lua", f"local known = ...\nreturn {{{head}, {body}}}\n")
        return self._number

    def _write(self, name: str, text: str) -> None:
        trial = self.folder / f"{name}.part"
        trial.write_text(text, encoding="ascii")
        os.replace(trial, self.folder / name)

    def _read(self, kind: str) -> tuple[str, int, str] | None:
        """Return session, number and text of what was last told; None while it is not whole."""
        try:
            text = self.prefs.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        for found in WORDS.finditer(text):
            told = bytes.fromhex(found[5]) if len(found[5]) % 2 == 0 else b""
            if found[1] == kind and len(told) == int(found[4]):
                return found[2], int(found[3]), told.decode("utf-8", "replace")
        return None


class Far:
    """A thing of Resolve that lives in the script; its methods are calls through the mailbox."""

    def __init__(self, mailbox: Mailbox, number: int) -> None:
        self._mailbox, self._number = mailbox, number

    def __getattr__(self, name: str) -> Any:
        if not name[:1].isupper():
            raise AttributeError(name)
        if name.isupper():
            return self._mailbox.value(self._number, name)
        return lambda *given: self._mailbox.ask(self._number, name, given)

    def __dir__(self) -> list[str]:
        return sorted(NAMES)


def served(
    mailbox: Mailbox,
    act: Callable[[str, Any, Callable[[], bool]], Any],
    going: Callable[[], bool],
) -> None:
    """Serve the scripts that are started from the menu, one after the other.

    Args:
        mailbox: Of the Resolve of this user.
        act: Does an action with a Resolve, for as long as its third argument says so.
        going: Says whether to go on.
    """
    done = ""
    with mailbox.attended():
        while going():
            hello = mailbox.hello()
            if hello is None or hello.session == done:
                time.sleep(5 * LOOK_SECONDS)
                continue
            done = hello.session
            resolve = mailbox.resolve(hello)
            if resolve is None:
                continue

            def still(mine: Hello = hello) -> bool:
                return going() and mailbox.hello() == mine

            act(hello.action, resolve, still)
            mailbox.leave()


def script(text: str, action: str, folder: Path) -> str:
    """Return `servant.lua` for one action."""
    how = (
        "OTIO Bridge: run 'otio-bridge listen' in a terminal, leave it open, and start this again."
    )
    words = {"@ACTION@": action, "@FOLDER@": f"{folder.as_posix()}/", "@HOW@": how}
    for word, meant in words.items():
        text = text.replace(word, _lua(meant), 1)
    return text


def _called(name: str, given: tuple[Any, ...], also: tuple[Ask, ...]) -> str:
    words = f"name = {_lua(name)}, count = {len(given)}, given = {_lua(list(given))}"
    if also:
        words += f", also = {{{', '.join(f'{{{_called(*one)}}}' for one in also)}}}"
    return words


def _lua(value: Any) -> str:
    """Write a value as Lua, in ASCII."""
    if value is None:
        return "nil"
    if isinstance(value, Far):
        return f"known({value._number})"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"[{_lua(key)}] = {_lua(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "{" + ", ".join(map(_lua, value)) + "}"
    plain = (chr(b) if 32 <= b < 127 and b not in (34, 92) else f"\\{b:03d}" for b in _bytes(value))
    return '"' + "".join(plain) + '"'


def _bytes(value: Any) -> bytes:
    return str(value).encode("utf-8", "surrogateescape")


def _key(key: str) -> Any:
    """Tables lose the difference between 1 and "1": markers are keyed by frames."""
    return int(key) if re.fullmatch(r"-?\d+", key) else key
