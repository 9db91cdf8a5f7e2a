"""What was said to Resolve and what it answered, kept so that it can be heard again without it.

Live objects become numbers, folders of this machine become names, and what an export wrote is kept
with its call. A cassette that an owner sends answers the same calls in the same order.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

LIVE = "$"
"""Key of what stands for a live object: its number, in the order in which they came."""
PLAIN = (str, int, float, bool, type(None))

Json = dict[str, Any]


class NotOnCassette(Exception):
    """Something was asked that the cassette does not hold at this point."""


class Folders:
    """Names for folders, so that no path of a machine is kept."""

    def __init__(self, names: dict[str, Path]) -> None:
        self._names = {name: str(path) for name, path in names.items()}

    def named(self, text: str) -> str:
        """Return a text with names for the folders."""
        for name, path in self._names.items():
            text = text.replace(path, name).replace(json.dumps(path)[1:-1], name)
        return text

    def here(self, text: str) -> str:
        """Return a text with the folders for their names."""
        for name, path in self._names.items():
            text = text.replace(name, path)
        return text


class Recording:
    """Stands before Resolve and writes down every call."""

    def __init__(self, resolve: Any, folders: dict[str, Path]) -> None:
        self.calls: list[Json] = []
        self._folders = Folders(folders)
        self._live: list[Any] = []
        self.resolve = self._shown(resolve)

    def written(self) -> Json:
        """Return the cassette as JSON."""
        return {"version": 1, "calls": self.calls}

    def _shown(self, value: Any) -> Any:
        """Return an answer as the caller sees it: live objects behind their own recorders."""
        if isinstance(value, PLAIN):
            return value
        if isinstance(value, (list, tuple)):
            return [self._shown(one) for one in value]
        if isinstance(value, dict):
            return {key: self._shown(one) for key, one in value.items()}
        self._live.append(value)
        return _Recorded(self, len(self._live) - 1)

    def asked(self, number: int, name: str) -> Any:
        """Return an attribute of a live object: a number as it is, a method that is recorded."""
        found = getattr(self._live[number], name, None)
        if callable(found):
            return lambda *args: self._called(number, name, found, args)
        self.calls.append({"on": number, "get": name, "gives": found})
        return found

    def names(self, number: int) -> list[str]:
        """Return what `dir` says of a live object, which unlike `hasattr` can be believed."""
        found = [name for name in dir(self._live[number]) if not name.startswith("_")]
        self.calls.append({"on": number, "names": found})
        return found

    def _called(self, number: int, name: str, method: Callable[..., Any], args: Any) -> Any:
        plain = [self._inside(one) for one in args]
        answer = self._shown(method(*plain))
        call = {"on": number, "call": name, "args": self._told(list(args)), "gives": None}
        call["gives"] = self._told(answer)
        if name == "Export":
            path = Path(str(args[0]))
            text = path.read_text("utf-8") if path.is_file() else None
            call["wrote"] = text if text is None else self._folders.named(text)
        self.calls.append(call)
        return answer

    def _inside(self, value: Any) -> Any:
        """Return an argument as Resolve wants it: without our recorders."""
        if isinstance(value, _Recorded):
            return self._live[value.number_]
        if isinstance(value, list):
            return [self._inside(one) for one in value]
        if isinstance(value, dict):
            return {key: self._inside(one) for key, one in value.items()}
        return value

    def _told(self, value: Any) -> Any:
        return told(value, self._folders.named)


class _Recorded:
    """One live object behind a recorder."""

    def __init__(self, recording: Recording, number: int) -> None:
        self.recording_ = recording
        self.number_ = number

    def __getattr__(self, name: str) -> Any:
        return self.recording_.asked(self.number_, name)

    def __dir__(self) -> list[str]:
        return self.recording_.names(self.number_)


class Playing:
    """Answers as a cassette says, and nothing else."""

    def __init__(self, cassette: Json, folders: dict[str, Path]) -> None:
        self._calls: Iterator[Json] = iter(cassette["calls"])
        self._folders = Folders(folders)
        self.resolve = _Played(self, 0)

    def next(self, number: int, **wanted: Any) -> Json:
        """Return the next call, which must be the one that is made.

        Raises:
            NotOnCassette: It is another.
        """
        call = next(self._calls, {})
        wanted["on"] = number
        said = {key: call.get(key) for key in wanted}
        if said != wanted:
            raise NotOnCassette(f"The cassette goes on with {said}, but {wanted} was asked.")
        return call

    def called(self, number: int, name: str, args: Any) -> Any:
        """Return what a call answered, and write what it wrote."""
        call = self.next(number, call=name, args=told(list(args), self._folders.named))
        if call.get("wrote") is not None:
            Path(str(args[0])).write_text(self._folders.here(call["wrote"]), "utf-8")
        return self.shown(call["gives"])

    def shown(self, value: Any) -> Any:
        """Return a kept answer as the caller saw it."""
        if isinstance(value, list):
            return [self.shown(one) for one in value]
        if isinstance(value, dict):
            if set(value) == {LIVE}:
                return _Played(self, value[LIVE])
            return {key: self.shown(one) for key, one in value.items()}
        return self._folders.here(value) if isinstance(value, str) else value


class _Played:
    """One live object of a cassette."""

    def __init__(self, playing: Playing, number: int) -> None:
        self.playing_ = playing
        self.number_ = number

    def __getattr__(self, name: str) -> Any:
        if name.startswith("EXPORT_"):
            return self.playing_.next(self.number_, get=name)["gives"]
        return lambda *args: self.playing_.called(self.number_, name, args)

    def __dir__(self) -> list[str]:
        return list(self.playing_.next(self.number_)["names"])


def told(value: Any, moved: Callable[[str], str]) -> Any:
    """Return a value as JSON: live objects by number, paths moved, keys as text."""
    if isinstance(value, (_Recorded, _Played)):
        return {LIVE: value.number_}
    if isinstance(value, (list, tuple)):
        return [told(one, moved) for one in value]
    if isinstance(value, dict):
        return {str(key): told(one, moved) for key, one in value.items()}
    return moved(value) if isinstance(value, str) else value


def read_cassette(path: Path) -> Json:
    """Return a cassette from its file."""
    found: Json = json.loads(path.read_text("utf-8"))
    return found
