"""Waiting for another process's lock, for a while, and telling who holds it."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Final, TypeVar

from llmsdeck import processes
from llmsdeck.errors import StoreBusyError

Result = TypeVar("Result")

LOCK_PATIENCE: Final = 10.0
"""Seconds a transaction waits for another process's write lock."""
_RETRY_PAUSE: Final = (0.0001, 0.0006)
"""Seconds between tries, drawn at random: SQLite's own growing back-off starves waiters."""
_WRITE_LOCK: Final = 120
"""Byte of the shared-memory file that stands for the right to write: sqlite.org/walformat.html."""


class Patience:
    """How long the transactions on one database wait for a lock."""

    def __init__(self, database: Path | None = None) -> None:
        self.seconds = LOCK_PATIENCE
        self._database = database
        self._turn = threading.Lock()

    @contextlib.contextmanager
    def at_most(self, seconds: float) -> Generator[None]:
        """Wait no longer than this meanwhile; who has waited longer already gives up."""
        before, self.seconds = self.seconds, seconds
        try:
            yield
        finally:
            self.seconds = before

    @contextlib.contextmanager
    def turn(self) -> Generator[None]:
        """Be the only writer of this process, so that writers wake each other instead of trying.

        Raises StoreBusyError when the others take too long.
        """
        began = time.monotonic()
        if not self._turn.acquire(timeout=self.seconds):
            raise self.end(time.monotonic() - began)
        try:
            yield
        finally:
            self._turn.release()

    def end(self, waited: float) -> StoreBusyError:
        """What to say after having waited in vain for so many seconds."""
        holder = self._holder()
        stopped = holder is not None and processes.is_stopped(holder)
        return StoreBusyError(waited, holder=holder, stopped=stopped)

    def _holder(self) -> int | None:
        if self._database is None:
            return None
        # Never opened, only looked up: closing it would drop this process's own locks.
        return processes.lock_holder(Path(f"{self._database}-shm"), _WRITE_LOCK)


def patiently(attempt: Callable[[], Result], patience: Patience | None = None) -> Result:
    """Repeat `attempt` while another process holds the lock; raises StoreBusyError in the end."""
    patience = patience or Patience()
    began = time.monotonic()
    while True:
        try:
            return attempt()
        except sqlite3.OperationalError as error:
            if not _is_busy(error):
                raise
            waited = time.monotonic() - began
            if waited > patience.seconds:
                raise patience.end(waited) from error
        import random  # which takes longer to load than most waits for a lock

        time.sleep(random.uniform(*_RETRY_PAUSE))


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
