"""The store as one object: a reader, a writer, a writer for beats, and the doorbell."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncGenerator, Callable, Hashable
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from llmsdeck.errors import ReadOnlyError, StoreError
from llmsdeck.paths import StorePaths
from llmsdeck.store.bell import Listener, ring
from llmsdeck.store.connection import consistently, translated
from llmsdeck.store.migrate import migrate, version
from llmsdeck.store.patience import Patience
from llmsdeck.store.sight import data_version
from llmsdeck.store.thread import DatabaseThread
from llmsdeck.store.writer import Writer

Result = TypeVar("Result")

_LOOKING_ONLY: Final = "This deck was opened to look, not to act; nothing was changed."
LOG_LIMIT: Final = 16 * 2**20
"""Bytes of write-ahead log above which it is begun anew, though that holds writers up."""
LOG_ALARM: Final = 64 * 2**20
"""Bytes of write-ahead log that are an error to report: a reader has not let go of it for long."""
READERS_PATIENCE_MS: Final = 100
"""Milliseconds for which writers may be held up until readers of a large log have ended."""
_LOOK_AGAIN: Final = 0.25
"""Seconds between looks where one may only look, and so hang up no bell."""
_LOOK_UNRUNG: Final = 1.0
"""Seconds between looks while no bell rings: a writer may be killed before it has rung."""


class Store:
    """Everything the deck and the engine need of the database; use `open_store`."""

    def __init__(
        self,
        paths: StorePaths,
        reader: DatabaseThread,
        writer: Writer | None,
        beats: Writer | None,
        patience: Patience,
    ) -> None:
        self.paths = paths
        self.patience = patience
        self._reader = reader
        self._writer = writer
        self._beats = beats
        self._listener: Listener | None = None
        self._seen: Hashable = None

    @property
    def read_only(self) -> bool:
        """Nothing can be written through this store."""
        return self._writer is None

    async def write(self, operation: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run an operation in a durable transaction; raises ReadOnlyError or StoreError."""
        if self._writer is None:
            raise ReadOnlyError(_LOOKING_ONLY)
        return await self._writer.write(operation)

    async def beat(self, operation: Callable[[sqlite3.Connection], Result]) -> Result:
        """Like `write`, on a connection of its own, so that no other write delays a beat.

        A store that was opened without such a connection writes it with the rest.
        """
        if self._beats is None:
            return await self.write(operation)
        return await self._beats.write(operation)

    async def read(self, query: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run a query in one read transaction, so that all it sees belongs together."""
        return await self._reader.run(partial(consistently, query=query))

    async def empty_log(self) -> None:
        """Move what is in the write-ahead log into the database as far as that holds nobody up."""
        await self._reader.run(partial(_move, mode="PASSIVE"))

    async def checkpoint(self) -> None:
        """Empty the log, and begin it anew when readers have kept it from that.

        Raises StoreError when readers have made the log larger than `LOG_ALARM`.
        """
        size = await self._reader.run(_checkpoint)
        if size > LOG_ALARM:
            raise StoreError(
                f"The store's write-ahead log has grown to {size / 2**20:.0f} MiB because a "
                "process has been reading one state of the store for long; find out which with "
                f"`fuser -v {self.paths.database}` and end the one that hangs or is stopped."
            )

    async def changed(
        self, within: float, look: Callable[[sqlite3.Connection], Hashable] = data_version
    ) -> bool:
        """True once what is looked at may have changed since the last call, False after `within` s.

        Without `look` it is the database.
        """
        deadline = asyncio.get_running_loop().time() + within
        if self._listener is None:
            self._listener = None if self.read_only else self._listen()
            if await self._looks_new(look):
                return True
        while True:
            left = max(0.0, deadline - asyncio.get_running_loop().time())
            # Every commit rings: where nobody has, there is only to be looked now and then.
            await self._rest(left)
            if await self._looks_new(look):
                return True
            if not left:
                return False

    async def _rest(self, left: float) -> None:
        """Wait until the bell rings, or until it is time for another look."""
        if self._listener is None:
            await asyncio.sleep(min(left, _LOOK_AGAIN))
        else:
            await self._listener.wait(min(left, _LOOK_UNRUNG))

    def _listen(self) -> Listener:
        try:
            return Listener(self.paths.bells)
        except OSError as error:
            raise StoreError(f"Changes cannot be listened for: {error.strerror}.") from error

    async def _looks_new(self, look: Callable[[sqlite3.Connection], Hashable]) -> bool:
        before, self._seen = self._seen, await self._reader.run(look)
        return before != self._seen

    def announce(self) -> None:
        """Ring everybody's bell."""
        ring(self.paths.bells)

    def close_bell(self) -> None:
        """Stop listening for changes."""
        if self._listener is not None:
            self._listener.close()


def _checkpoint(connection: sqlite3.Connection) -> int:
    """Bytes in the log afterwards; a large one is begun anew, for which readers must pause.

    SQLite begins the log anew by itself whenever nobody reads it. Where some reader always does,
    writers are held up for a moment until those that read it now have ended.
    """
    size = _move(connection, "PASSIVE")
    if size > LOG_LIMIT:
        connection.execute(f"PRAGMA busy_timeout = {READERS_PATIENCE_MS}")
        try:
            size = _move(connection, "TRUNCATE")
        finally:
            connection.execute("PRAGMA busy_timeout = 0")
    return size


def _move(connection: sqlite3.Connection, mode: str) -> int:
    _, pages, _ = connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
    return int(pages) * int(connection.execute("PRAGMA page_size").fetchone()[0])


@contextlib.asynccontextmanager
async def open_store(
    paths: StorePaths, *, read_only: bool = False, beating: bool = True
) -> AsyncGenerator[Store]:
    """Open the store of a folder, making it first unless `read_only`; raises StoreError.

    Whoever executes no runs needs no connection for beats, and opens faster without.
    """
    if read_only and not paths.database.exists():
        raise StoreError(f"There is no store in {paths.root} to look at.")
    if not read_only:
        await asyncio.to_thread(paths.prepare)
    async with contextlib.AsyncExitStack() as stack:
        writer = beats = None
        patience = Patience(paths.database)
        if not read_only:
            announce = partial(ring, paths.bells)
            main = await _connect(stack, paths.database)
            await main.run(migrate)
            writer = Writer(main, announce, patience)
            stack.push_async_callback(writer.close)
            if beating:
                beats = Writer(await _connect(stack, paths.database), announce, patience)
                stack.push_async_callback(beats.close)
        reader = await _connect(stack, paths.database, read_only=read_only)
        await reader.run(version)
        store = Store(paths, reader, writer, beats, patience)
        stack.callback(store.close_bell)
        yield store


async def _connect(
    stack: contextlib.AsyncExitStack, database: Path, *, read_only: bool = False
) -> DatabaseThread:
    thread = DatabaseThread(database, read_only=read_only)
    try:
        await thread.open()
    except sqlite3.Error as error:
        raise translated(error) from error
    stack.push_async_callback(thread.close)
    return thread
