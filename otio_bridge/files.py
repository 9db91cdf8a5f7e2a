"""Files that are whole or not there, and one sentence when the disk says no."""

from __future__ import annotations

import errno
import os
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from filelock import Timeout
from pydantic import BaseModel

from otio_bridge.errors import ProjectError

PARTIAL = ".partial-"
"""Start of the name of every unfinished file."""
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
NO_RIGHT = {errno.EACCES, errno.EPERM, errno.EROFS}

ModelT = TypeVar("ModelT", bound=BaseModel)


def write_json(path: Path, content: BaseModel) -> None:
    """Put a noun in place as JSON for people and programs; raises as `write_atomically`."""
    write_atomically(path, content.model_dump_json(indent=1).encode())


def write_atomically(path: Path, content: bytes) -> None:
    """Put a file in place whole, or leave the previous one.

    Raises:
        ProjectError: The disk is full or the folder may not be written.
    """
    with telling(path), replacing(path) as partial:
        partial.write_bytes(content)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary name in the same folder; what was written there takes the path's place.

    When the body raises, the previous file stays and the temporary one goes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{PARTIAL}{uuid.uuid4().hex[:12]}{path.suffix}")
    try:
        yield partial
        put_in_place(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def put_in_place(partial: Path, path: Path) -> None:
    """Sync a finished file and move it to its name in the same folder, over what was there."""
    with partial.open("r+b") as file:
        sync(file.fileno())
    for _ in range(40):
        try:
            os.replace(partial, path)
            break
        except PermissionError:
            if os.name != "nt":  # on Windows a reader keeps a file from being replaced
                raise
            time.sleep(0.025)
    else:
        os.replace(partial, path)
    sync_folder(path.parent)


def sync(descriptor: int) -> None:
    """Bring a file's content onto the disk itself, not only into its cache."""
    if sys.platform == "darwin":
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder onto the disk; Windows does so by itself."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """Turn an operating system's error about a path into one sentence with the cure.

    Raises:
        ProjectError: In place of any OSError but a lock's timeout.
    """
    try:
        yield
    except Timeout:
        raise
    except OSError as error:
        if error.errno in NO_ROOM:
            text = f"There is no room on the disk to write {path}; free some space and try again."
        elif error.errno in NO_RIGHT:
            text = f"No permission for {path}; allow this user there or copy the project elsewhere."
        else:
            text = (
                f"{path} cannot be used ({error.strerror or error}); check the disk and the path."
            )
        raise ProjectError(text) from error


def read_json(path: Path, kind: type[ModelT]) -> ModelT | None:
    """Read a JSON file into its noun; None when there is no such file.

    Raises:
        ProjectError: The file is damaged or may not be read.
    """
    try:
        with telling(path):
            return kind.model_validate_json(path.read_bytes())
    except ValueError as error:
        raise ProjectError(
            f"{path} is damaged and was left as it is; put back a copy of it, or move it away."
        ) from error
    except ProjectError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return None
        raise
