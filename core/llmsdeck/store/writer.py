"""Group commit: whatever waits to be written goes into one transaction."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from llmsdeck.errors import StoreError
from llmsdeck.store.connection import UNWRITABLE, begin, roll_back, translated
from llmsdeck.store.patience import Patience, patiently
from llmsdeck.store.thread import DatabaseThread

log = logging.getLogger(__name__)

Result = TypeVar("Result")
Operation = Callable[[sqlite3.Connection], Any]
_Asked = tuple[Operation, "asyncio.Future[Any]"]

MAX_BATCH: Final = 256


class Writer:
    """The one writer of a connection; each call is atomic and durable when it returns.

    An operation is a synchronous function of the connection and of nothing that it changes: it may
    be run again. It runs whole, inside a transaction that other waiting operations may share; when
    it raises, only its own changes are undone. A caller that is cancelled before its operation ran
    takes it back; later, it is committed.
    """

    def __init__(
        self, connection: DatabaseThread, announce: Callable[[], None], patience: Patience
    ) -> None:
        self._connection = connection
        self._announce = announce
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[_Asked] = deque()
        self._at_rest = asyncio.Event()
        self._at_rest.set()
        self._closed = False

    async def write(self, operation: Callable[[sqlite3.Connection], Result]) -> Result:
        """The operation's result, once it is on disk; raises what it raised, or StoreError."""
        if self._closed:
            raise StoreError("The store is closed.")
        future: asyncio.Future[Result] = self._loop.create_future()
        self._waiting.append((operation, future))
        if self._at_rest.is_set():
            self._at_rest.clear()
            self._connection.post(self._commit_all)
        return await future

    async def close(self) -> None:
        """Commit what was accepted, then refuse more."""
        self._closed = True
        await self._at_rest.wait()

    def _commit_all(self) -> None:
        """Commit group after group, on the database's thread, until nobody waits."""
        group = self._next_group()
        while True:
            answers = self._answers([operation for operation, _ in group])
            following = self._next_group()
            self._loop.call_soon_threadsafe(self._tell, group, answers, not following)
            try:
                self._announce()
            except Exception:
                log.exception("A commit was not announced; others see it when they next look")
            if not following:
                return
            group = following

    def _next_group(self) -> list[_Asked]:
        size = min(len(self._waiting), MAX_BATCH)
        taken = (self._waiting.popleft() for _ in range(size))
        return [(operation, future) for operation, future in taken if not future.done()]

    def _answers(self, operations: Sequence[Operation]) -> list[Any]:
        if not operations:
            return []
        try:
            return self._connection.work(
                partial(commit, operations=operations, patience=self._patience)
            )
        except BaseException as error:
            return [error] * len(operations)

    def _tell(self, group: Sequence[_Asked], answers: Sequence[Any], at_rest: bool) -> None:
        """Let the callers go on, with what became of their operations."""
        for (_, future), answer in zip(group, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, BaseException):
                future.set_exception(answer)
            else:
                future.set_result(answer)
        if at_rest and self._waiting:
            self._connection.post(self._commit_all)
        elif at_rest:
            self._at_rest.set()


def commit(
    connection: sqlite3.Connection,
    operations: Sequence[Operation],
    patience: Patience | None = None,
) -> list[Any]:
    """Run the operations in one transaction; each answer is a result or the exception it raised."""
    patience = patience or Patience()
    with patience.turn():
        try:
            return _commit_now(connection, operations, patience, _together)
        except _TornError:
            pass
        return _commit_now(connection, operations, patience, _one_by_one)


class _TornError(Exception):
    """An operation raised after it had changed something, which only all together can undo."""


def _commit_now(
    connection: sqlite3.Connection,
    operations: Sequence[Operation],
    patience: Patience,
    run: Callable[[sqlite3.Connection, Sequence[Operation]], list[Any]],
) -> list[Any]:
    begin(connection, patience)
    try:
        answers = run(connection, operations)
        patiently(partial(connection.execute, "COMMIT"), patience)
    except BaseException:
        roll_back(connection)
        raise
    return answers


def _together(connection: sqlite3.Connection, operations: Sequence[Operation]) -> list[Any]:
    """Run them without savepoints, which cost a fifth; raises _TornError when one was needed."""
    answers: list[Any] = []
    for operation in operations:
        changes = connection.total_changes
        try:
            answers.append(operation(connection))
        except Exception as error:
            if not connection.in_transaction or len(operations) == 1:
                raise
            if connection.total_changes != changes:
                raise _TornError from error
            answers.append(_own(error))
    return answers


def _one_by_one(connection: sqlite3.Connection, operations: Sequence[Operation]) -> list[Any]:
    return [_isolated(connection, operation) for operation in operations]


def _isolated(connection: sqlite3.Connection, operation: Operation) -> Any:
    """The operation's result, or its exception after its own changes were undone."""
    connection.execute("SAVEPOINT operation")
    try:
        answer = operation(connection)
    except Exception as error:
        if not connection.in_transaction:
            raise
        connection.execute("ROLLBACK TO operation")
        answer = _own(error)
    connection.execute("RELEASE operation")
    return answer


def _own(error: Exception) -> Exception:
    """What the caller of an operation is told when it has raised."""
    return translated(error) if isinstance(error, UNWRITABLE) else error
