"""The journal's database file: its format, how that grows, and how it is opened."""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from otio_bridge.errors import JournalError
from otio_bridge.files import telling


def _first_tables(database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE journal (id TEXT NOT NULL)")
    database.execute("INSERT INTO journal VALUES (?)", (uuid.uuid4().hex,))
    database.execute(
        "CREATE TABLE jobs (id TEXT PRIMARY KEY, shot TEXT NOT NULL, state TEXT NOT NULL, "
        "estimate_usd REAL NOT NULL, paid_usd REAL NOT NULL, size INTEGER NOT NULL, "
        "job TEXT NOT NULL, planned_at TEXT NOT NULL)"
    )
    database.execute("CREATE INDEX jobs_by_state ON jobs (state)")
    database.execute("CREATE INDEX jobs_by_shot ON jobs (shot)")
    database.execute(
        "CREATE TABLE events (job TEXT NOT NULL, number INTEGER NOT NULL, at TEXT NOT NULL, "
        "state TEXT NOT NULL, why TEXT NOT NULL, event TEXT NOT NULL, PRIMARY KEY (job, number)) "
        "WITHOUT ROWID"
    )


def _time_of_listing(database: sqlite3.Connection) -> None:
    database.execute("ALTER TABLE journal ADD COLUMN listed_ns INTEGER NOT NULL DEFAULT 0")


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_first_tables, _time_of_listing)
"""What brings a journal of format n to format n + 1; one that was released never changes."""


def connected(file: Path) -> sqlite3.Connection:
    """Open a journal's database, bring it to the present format, and make every commit durable.

    Raises:
        JournalError: A newer version wrote it.
        sqlite3.Error: It is damaged or cannot be written.
    """
    database = sqlite3.connect(file, timeout=30, isolation_level=None, check_same_thread=False)
    try:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "fullfsync = ON"):
            database.execute(f"PRAGMA {pragma}")
        if _format_of(database) != len(MIGRATIONS):
            with transaction(database):  # asked again, since another process may have been faster
                _migrate(database, file)
    except BaseException:
        database.close()
        raise
    return database


def _format_of(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _migrate(database: sqlite3.Connection, file: Path) -> None:
    if (found := _format_of(database)) > len(MIGRATIONS):
        raise JournalError(
            f"{file} was written by a newer otio-bridge (format {found}, this one knows "
            f"{len(MIGRATIONS)}); update otio-bridge to open it."
        )
    for migration in MIGRATIONS[found:]:
        migration(database)
    database.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def moved_away(file: Path) -> Path:
    """Put a damaged database aside and return where it was kept."""
    kept = file.with_suffix(f".damaged-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    with telling(file):
        os.replace(file, kept)
        for ending in ("-wal", "-shm"):
            file.with_name(file.name + ending).unlink(missing_ok=True)
    return kept


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Commit the body as one, or none of it."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


@contextmanager
def telling_journal(file: Path) -> Iterator[None]:
    """Turn SQLite's errors into one sentence with the cure."""
    try:
        yield
    except sqlite3.Error as error:
        raise JournalError(
            f"The journal in {file} cannot be used ({error}); free some space, close other "
            "programs that have it open, then try again."
        ) from error
