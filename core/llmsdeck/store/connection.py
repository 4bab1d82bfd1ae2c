"""A SQLite connection on its own thread, opened the one way that is safe for this store."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import aiosqlite

from llmsdeck.errors import StoreBusyError, StoreError

Result = TypeVar("Result")

LOCK_PATIENCE: Final = 10.0
"""Seconds a transaction waits for another process's write lock."""
UNWRITABLE: Final = (sqlite3.Error, ValueError, OverflowError)
"""What SQLite's module raises: its own errors, and Python's for values no column can hold."""
_RETRY_PAUSE: Final = (0.0003, 0.0013)
"""Seconds between tries, drawn at random: SQLite's own growing back-off starves waiters."""
_PRAGMAS: Final = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA secure_delete = OFF",
    "PRAGMA journal_size_limit = 4194304",
    # The elected worker checkpoints; this is the net for the time when no worker lives.
    "PRAGMA wal_autocheckpoint = 16000",
)


class DatabaseThread(aiosqlite.Connection):
    """A connection whose unit of work is one function, run whole on the connection's thread."""

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, iter_chunk_size=64)
        # A crash elsewhere must not leave the interpreter waiting for this thread at exit.
        self._thread.daemon = True

    async def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run `work(connection)` on the thread; a cancelled caller does not interrupt it.

        Raises StoreError in place of sqlite3.Error.
        """
        try:
            return cast(Result, await cast(Any, self)._execute(work, self._conn))
        except UNWRITABLE as error:
            raise translated(error) from error


def connector(path: Path, *, read_only: bool) -> Callable[[], sqlite3.Connection]:
    """How a thread opens the database: autocommit mode, no SQLite busy handler, our pragmas."""

    def connect() -> sqlite3.Connection:
        mode = "ro" if read_only else "rwc"
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            timeout=0,
            cached_statements=256,
        )
        connection.row_factory = sqlite3.Row
        for pragma in _PRAGMAS:
            patiently(partial(connection.execute, pragma))
        return connection

    return connect


def patiently(attempt: Callable[[], Result]) -> Result:
    """Repeat `attempt` while another process holds the lock; raises StoreBusyError in the end."""
    deadline = time.monotonic() + LOCK_PATIENCE
    while True:
        try:
            return attempt()
        except sqlite3.OperationalError as error:
            if not _is_busy(error):
                raise
            if time.monotonic() > deadline:
                raise StoreBusyError(
                    f"Another process has kept the store locked for {LOCK_PATIENCE:g} s; "
                    "see `llmsdeck workers`, then try again."
                ) from error
        time.sleep(random.uniform(*_RETRY_PAUSE))


def begin(connection: sqlite3.Connection) -> None:
    """Start a write transaction: always immediate, so that it cannot fail half way for a lock."""
    patiently(lambda: connection.execute("BEGIN IMMEDIATE"))


def roll_back(connection: sqlite3.Connection) -> None:
    """Give up the open transaction, if SQLite has not already done so (a full disk does)."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def translated(error: Exception) -> StoreError:
    """The store's own error for one of SQLite's, with what to do about it."""
    if isinstance(error, StoreError):
        return error
    name = getattr(error, "sqlite_errorname", "")
    advice = next((text for code, text in _ADVICE.items() if name.startswith(code)), None)
    return StoreError(advice or f"The store could not be used: {error}.")


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


_ADVICE: Final = {
    "SQLITE_FULL": "The disk that holds the store is full; free some space, nothing was lost.",
    "SQLITE_READONLY": "The store cannot be written to; check the permissions of its folder.",
    "SQLITE_CANTOPEN": "The store cannot be opened; check that its folder exists and is yours.",
    "SQLITE_CORRUPT": "The store's file is damaged; move it aside and start with a new one.",
    "SQLITE_NOTADB": "The store's file is not a database; move it aside and start with a new one.",
    "SQLITE_IOERR": "The disk that holds the store failed to read or write; check it.",
}
