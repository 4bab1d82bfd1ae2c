"""A SQLite connection, opened the one way that is safe for this store."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from llmsdeck.errors import StoreError
from llmsdeck.store.patience import Patience, patiently

Result = TypeVar("Result")

UNWRITABLE: Final = (sqlite3.Error, ValueError, OverflowError)
"""What SQLite's module raises: its own errors, and Python's for values no column can hold."""
_PRAGMAS: Final = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA secure_delete = OFF",
    "PRAGMA journal_size_limit = 4194304",
    # The elected worker checkpoints; this is the net for the time when no worker lives.
    "PRAGMA wal_autocheckpoint = 16000",
)


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


def begin(connection: sqlite3.Connection, patience: Patience | None = None) -> None:
    """Start a write transaction: always immediate, so that it cannot fail half way for a lock."""
    patiently(lambda: connection.execute("BEGIN IMMEDIATE"), patience)


def consistently(
    connection: sqlite3.Connection, query: Callable[[sqlite3.Connection], Result]
) -> Result:
    """Run a query in one read transaction, so that all it sees belongs together."""
    connection.execute("BEGIN")
    try:
        return query(connection)
    finally:
        roll_back(connection)


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


_ADVICE: Final = {
    "SQLITE_FULL": "The disk that holds the store is full; free some space, nothing was lost.",
    "SQLITE_READONLY": "The store cannot be written to; check the permissions of its folder.",
    "SQLITE_CANTOPEN": "The store cannot be opened; check that its folder exists and is yours.",
    "SQLITE_CORRUPT": "The store's file is damaged; move it aside and start with a new one.",
    "SQLITE_NOTADB": "The store's file is not a database; move it aside and start with a new one.",
    "SQLITE_IOERR": "The disk that holds the store failed to read or write; check it.",
}
