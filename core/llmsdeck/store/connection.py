"""A SQLite connection on its own thread, opened the one way that is safe for this store."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import aiosqlite

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


class DatabaseThread(aiosqlite.Connection):
    """A connection whose unit of work is one function, run whole on the connection's thread."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        super().__init__(self._open, iter_chunk_size=64)
        self._path = path
        self._read_only = read_only
        self._file: tuple[int, int] | None = None
        # A crash elsewhere must not leave the interpreter waiting for this thread at exit.
        self._thread.daemon = True

    async def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run `work(connection)` on the thread; a cancelled caller does not interrupt it.

        Raises StoreError in place of sqlite3.Error.
        """
        try:
            return cast(Result, await cast(Any, self)._execute(self._on_our_file, work))
        except UNWRITABLE as error:
            raise translated(error) from error

    def post(self, task: Callable[[], None]) -> None:
        """Let the thread do a task when it next can; nobody is told of its end."""
        cast(Any, self)._tx.put_nowait((None, task))

    def work(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """What `run` does, for a task that is on the thread already; raises StoreError."""
        try:
            return self._on_our_file(work)
        except UNWRITABLE as error:
            raise translated(error) from error

    def _open(self) -> sqlite3.Connection:
        connection = connector(self._path, read_only=self._read_only)()
        self._file = _identity(self._path)
        return connection

    def _on_our_file(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Do the work only while the path leads to the file that is open.

        SQLite would go on with a file that was deleted or replaced, and promise what is lost. The
        second look makes sure that nothing is promised that was written after it had gone.
        """
        self._look_at_file()
        answer = work(self._conn)
        self._look_at_file()
        return answer

    def _look_at_file(self) -> None:
        if self._file is None or _identity(self._path) != self._file:
            raise StoreError(
                f"The store's file {self._path} was moved, deleted or replaced while it was in "
                "use; put it back, or start llmsdeck anew."
            )


def _identity(path: Path) -> tuple[int, int] | None:
    """Device and number of the file at a path, which a file keeps when it is renamed."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


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
