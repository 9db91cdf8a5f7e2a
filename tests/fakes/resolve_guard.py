"""No test reaches a real Resolve, whatever is installed on the machine that runs it.

A finder sees imports by name, an audit hook every library, process and connection before it
happens. They refuse Blackmagic's module and library, its programs and its port (facts/resolve.md,
sections 9 and 10).
A module of that name which a test wrote into the temporary folder may be imported.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

MODULE, LIBRARY = "DaVinciResolveScript", "fusionscript"
NOWHERE = os.path.join(tempfile.gettempdir(), "no-resolve-in-tests")
"""Where RESOLVE_SCRIPT_API and _LIB point in tests, children of ours included."""
PORT = 15000
PROGRAMS = re.compile(
    r"(?i)(^|[/\\])(fuscript|resolvemcp|resolvepython)(\.exe)?$"
    r"|[/\\](davinci resolve|resolve[/\\]bin)[/\\].*resolve(\.exe)?$"
    r"|davinci resolve\.app([/\\]|$)"
)
LIBRARIES = re.compile(r"(?i)(^|[/\\])fusionscript\.(so|dll|dylib)$")
attempts: list[str] = []
"""What was refused, in order."""
_armed = False


def arm() -> None:
    """Refuse from now on until the process ends; a second call changes nothing."""
    global _armed
    if not _armed:
        _armed = True
        sys.addaudithook(_watch)
        sys.meta_path.insert(0, _Names())
    for name in (MODULE, LIBRARY):
        sys.modules.pop(name, None)


def refused(what: str, error: type[Exception]) -> Exception:
    """The error for a refused attempt, which it also records."""
    attempts.append(what)
    return error(f"{what} would reach a real DaVinci Resolve; tests use fakes.resolve")


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    check = CHECKS.get(event)
    if check is not None:
        check(*arguments)


class _Names:
    """A finder that finds nothing and refuses two names."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name == LIBRARY or (name == MODULE and not _from_tests()):
            raise refused(f"import of {name}", ImportError)


def _from_tests() -> bool:
    """Whether the first module of that name on the path lies in the temporary folder."""
    found = (Path(one, f"{MODULE}.py") for one in sys.path)
    first = next((one for one in found if one.is_file()), None)
    return first is None or Path(tempfile.gettempdir()).resolve() in first.resolve().parents


def _extension(name: Any, file: Any = None, *_: Any) -> None:
    if LIBRARIES.search(str(file or "")):
        raise refused(f"import of {file}", ImportError)


def _library(name: Any) -> None:
    if LIBRARIES.search(os.fsdecode(name or "")):
        raise refused(f"library {name}", OSError)


def _process(program: Any, arguments: Any = (), *_: Any) -> None:
    words = [arguments] if isinstance(arguments, str | bytes) else list(arguments or ())
    for word in [program, *words[:1]]:
        if word is not None and PROGRAMS.search(os.fsdecode(word)):
            raise refused(f"program {os.fsdecode(word)}", OSError)


def _connection(_: Any, address: Any) -> None:
    if isinstance(address, tuple) and address[1] == PORT:
        raise refused(f"port {PORT}", OSError)


CHECKS: dict[str, Callable[..., None]] = {
    "import": _extension,
    "ctypes.dlopen": _library,
    "subprocess.Popen": _process,
    "os.exec": _process,
    "os.posix_spawn": _process,
    "socket.connect": _connection,
}
"""Audit event -> what looks at its arguments."""
