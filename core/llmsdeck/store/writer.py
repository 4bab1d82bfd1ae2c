"""Group commit: whatever waits to be written goes into one transaction."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from llmsdeck.errors import StoreError
from llmsdeck.store.connection import UNWRITABLE, DatabaseThread, begin, roll_back, translated
from llmsdeck.store.patience import Patience, patiently

Result = TypeVar("Result")
Operation = Callable[[sqlite3.Connection], Any]

MAX_BATCH: Final = 256


class Writer:
    """The one writer of a connection; each call is atomic and durable when it returns.

    An operation is a synchronous function of the connection. It runs whole, inside a transaction
    that other waiting operations may share; when it raises, only its own changes are undone.
    A caller that is cancelled before its operation ran takes it back; later, it is committed.
    """

    def __init__(
        self, connection: DatabaseThread, announce: Callable[[], None], patience: Patience
    ) -> None:
        self._connection = connection
        self._announce = announce
        self._patience = patience
        self._waiting: deque[tuple[Operation, asyncio.Future[Any]]] = deque()
        self._drain: asyncio.Task[None] | None = None
        self._closed = False

    async def write(self, operation: Callable[[sqlite3.Connection], Result]) -> Result:
        """The operation's result, once it is on disk; raises what it raised, or StoreError."""
        if self._closed:
            raise StoreError("The store is closed.")
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((operation, future))
        if self._drain is None or self._drain.done():
            self._drain = asyncio.create_task(self._commit_all(), name="store writer")
        return await future

    async def close(self) -> None:
        """Commit what was accepted, then refuse more."""
        self._closed = True
        if self._drain is not None:
            await self._drain

    async def _commit_all(self) -> None:
        while self._waiting:
            size = min(len(self._waiting), MAX_BATCH)
            taken = (self._waiting.popleft() for _ in range(size))
            batch = [(operation, future) for operation, future in taken if not future.done()]
            if batch:
                await self._commit(batch)

    async def _commit(self, batch: list[tuple[Operation, asyncio.Future[Any]]]) -> None:
        operations = [operation for operation, _ in batch]
        answers: list[Any]
        try:
            answers = await self._connection.run(
                partial(commit, operations=operations, patience=self._patience)
            )
        except Exception as error:
            answers = [error] * len(batch)
        for (_, future), answer in zip(batch, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
        self._announce()


def commit(
    connection: sqlite3.Connection,
    operations: Sequence[Operation],
    patience: Patience | None = None,
) -> list[Any]:
    """Run the operations in one transaction; each answer is a result or the exception it raised."""
    patience = patience or Patience()
    with patience.turn():
        return _commit_now(connection, operations, patience)


def _commit_now(
    connection: sqlite3.Connection, operations: Sequence[Operation], patience: Patience
) -> list[Any]:
    begin(connection, patience)
    try:
        if len(operations) == 1:
            answers = [operations[0](connection)]
        else:
            answers = [_isolated(connection, operation) for operation in operations]
        patiently(partial(connection.execute, "COMMIT"), patience)
    except BaseException:
        roll_back(connection)
        raise
    return answers


def _isolated(connection: sqlite3.Connection, operation: Operation) -> Any:
    """The operation's result, or its exception after its own changes were undone."""
    connection.execute("SAVEPOINT operation")
    try:
        answer = operation(connection)
    except Exception as error:
        if not connection.in_transaction:
            raise
        connection.execute("ROLLBACK TO operation")
        answer = translated(error) if isinstance(error, UNWRITABLE) else error
    connection.execute("RELEASE operation")
    return answer
