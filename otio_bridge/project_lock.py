"""Who may write in a project folder: one process at a time, and one user on one host.

File locks order the processes of one user on one host. On network shares they cannot be trusted, so
`holder.json` names the user and host that write; while its sign of life is young, all others read.
"""

from __future__ import annotations

import getpass
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import AwareDatetime

from otio_bridge.errors import ProjectError, ProjectHeld
from otio_bridge.files import read_json, telling, write_json
from otio_bridge.model import Noun

LOCK_SECONDS = 10.0
"""How long a writer waits for another one before it gives up."""
HOLD_SECONDS = 90
"""A holder silent for longer is gone, and its place may be taken."""
REFRESH_SECONDS = 20


class Holder(Noun):
    """Who writes in the project."""

    user: str
    host: str
    pid: int
    since: AwareDatetime
    heartbeat: AwareDatetime

    def lives(self, now: datetime) -> bool:
        """Say whether its last sign of life is young."""
        return now - self.heartbeat < timedelta(seconds=HOLD_SECONDS)

    def same_seat(self, other: Holder) -> bool:
        """Say whether both are one user on one host, where file locks can be trusted."""
        return (self.user, self.host) == (other.user, other.host)


class ProjectLock:
    """The right to write in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "holder.json"
        self._lock = FileLock(folder / "lock", is_singleton=True)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Be the only writer for a short while; may be nested.

        Raises:
            ProjectHeld: Another user or host writes here, or another process is busy for long.
            ProjectError: The folder cannot be written.
        """
        try:
            with telling(self.folder):
                self._lock.acquire(timeout=LOCK_SECONDS, poll_interval=0.005)
        except Timeout as error:
            raise ProjectHeld(
                f"Another process has been writing in {self.folder} for {LOCK_SECONDS:.0f} "
                "seconds; wait for it or close it, then try again."
            ) from error
        try:
            self._show_life()
            yield
        finally:
            self._lock.release()

    def other(self) -> Holder | None:
        """Return the other user or host that writes here now."""
        holder = self._holder()
        if holder is None or holder.same_seat(seat := _seat()) or not holder.lives(seat.heartbeat):
            return None
        return holder

    def leave(self) -> None:
        """Give up the place of the writer, when this process has it."""
        holder = self._holder()
        if holder and holder.same_seat(seat := _seat()) and holder.pid == seat.pid:
            with telling(self._file):
                self._file.unlink(missing_ok=True)

    def _holder(self) -> Holder | None:
        try:
            return read_json(self._file, Holder)
        except ProjectError:  # a broken one is nobody's
            return None

    def _show_life(self) -> None:
        seat, holder = _seat(), self._holder()
        if holder is None:
            return write_json(self._file, seat)
        if not holder.same_seat(seat):
            if holder.lives(seat.heartbeat):
                raise ProjectHeld(_held_text(holder, self.folder))
            return write_json(self._file, seat)
        if seat.heartbeat - holder.heartbeat >= timedelta(seconds=REFRESH_SECONDS):
            write_json(self._file, seat.model_copy(update={"since": holder.since}))
        return None


def _held_text(holder: Holder, folder: Path) -> str:
    return (
        f"{holder.user} on {holder.host} has been working in {folder} since "
        f"{holder.since.astimezone():%Y-%m-%d %H:%M}, so it is open for reading only; ask them to "
        f"close it, or wait {HOLD_SECONDS} seconds after their last step."
    )


def _seat() -> Holder:
    user, host = _who()
    now = datetime.now(UTC)
    return Holder(user=user, host=host, pid=os.getpid(), since=now, heartbeat=now)


@cache
def _who() -> tuple[str, str]:
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # no name for this user id
        user = str(os.getuid()) if sys.platform != "win32" else "somebody"
    return user, socket.gethostname()
