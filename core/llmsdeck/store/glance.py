"""A store for one look, by a program that does nothing beside it: no event loop and no thread."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Generator, Hashable
from typing import Final, TypeVar

from llmsdeck.paths import StorePaths
from llmsdeck.store.connection import UNWRITABLE, connector, consistently, translated
from llmsdeck.store.migrate import migrate
from llmsdeck.store.sight import data_version

Result = TypeVar("Result")

_LOOK_AGAIN: Final = 0.25
"""Seconds until the store may have changed, as no bell is heard here."""


class Glance:
    """What a lookout needs of a store; its methods return without ever waiting for a loop."""

    def __init__(self, paths: StorePaths, connection: sqlite3.Connection) -> None:
        self.paths = paths
        self.read_only = True
        self._connection = connection

    async def read(self, query: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run a query in one read transaction; raises StoreError."""
        with _translating():
            return consistently(self._connection, query)

    async def changed(
        self,
        within: float,
        look: Callable[[sqlite3.Connection], Hashable] = data_version,
    ) -> bool:
        """Let a moment pass, in which whatever is looked at may have changed."""
        time.sleep(min(within, _LOOK_AGAIN))  # noqa: ASYNC251 - there is no loop to hold up
        return True


@contextlib.contextmanager
def open_glance(paths: StorePaths) -> Generator[Glance]:
    """Open the store of a folder, making it first when absent; raises StoreError."""
    paths.prepare()
    with _translating():
        connection = connector(paths.database, read_only=False)()
    with contextlib.closing(connection):
        with _translating():
            migrate(connection)
        yield Glance(paths, connection)


@contextlib.contextmanager
def _translating() -> Generator[None]:
    try:
        yield
    except UNWRITABLE as error:
        raise translated(error) from error
