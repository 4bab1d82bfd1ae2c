"""A SQLite connection on its own thread."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import aiosqlite

from llmsdeck.errors import StoreError
from llmsdeck.store.connection import UNWRITABLE, connector, translated

Result = TypeVar("Result")


class DatabaseThread(aiosqlite.Connection):
    """A connection whose unit of work is one function, run whole on the connection's thread."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        super().__init__(self._open, iter_chunk_size=64)
        self._path = path
        self._read_only = read_only
        self._file: tuple[int, int] | None = None
        # A crash elsewhere must not leave the interpreter waiting for this thread at exit.
        self._thread.daemon = True

    async def open(self) -> None:
        """Connect; raises what SQLite raises, once nothing of the thread is left."""
        try:
            await self
        except Exception:
            await asyncio.to_thread(self._thread.join)
            raise

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
