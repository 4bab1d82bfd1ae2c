"""A reader that is slow does not make the write-ahead log grow; one that hangs is told of."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path

import pytest
from desk import Desk
from rounds import rounds
from shift import Shift

from llmsdeck import processes
from llmsdeck.engine.janitor import Janitor
from llmsdeck.errors import StoreError
from llmsdeck.model import WorkerId
from llmsdeck.settings import Policy

Record = Callable[[str, object], None]
US = WorkerId("us")
READ_S = 0.02
"""Seconds that each of the readers takes."""
MEGABYTE = 2**20
BALLAST = "/" + "x" * 20_000


@pytest.fixture
async def janitor(desk: Desk) -> Janitor:
    await desk.register(US, os.getpid(), processes.started(os.getpid()) or "")
    desk.policy = Policy(queue_cap=10**6)
    return Janitor(desk.store, desk.clock, US)


def log_size(desk: Desk) -> int:
    return Path(f"{desk.store.paths.database}-wal").stat().st_size


def look(database: Path) -> sqlite3.Connection:
    """A reader of its own, in the middle of reading."""
    reader = sqlite3.connect(database, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM runs").fetchone()
    return reader


@contextlib.contextmanager
def relay(database: Path) -> Generator[None]:
    """Readers that hand over to each other, so that the store is being read at every moment."""
    over = threading.Event()

    def read() -> None:
        reading = look(database)
        while not over.wait(READ_S):
            upcoming = look(database)
            reading.close()
            reading = upcoming
        reading.close()

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


async def test_a_store_that_is_always_being_read_keeps_its_log_small(
    desk: Desk, janitor: Janitor, monkeypatch: pytest.MonkeyPatch, record_property: Record
) -> None:
    monkeypatch.setattr("llmsdeck.store.store.LOG_LIMIT", 4 * MEGABYTE)
    turns, largest = rounds(10, per_thousand=200), 0
    with relay(desk.store.paths.database):
        for _ in range(turns):
            for _ in range(20):
                await desk.enqueue(BALLAST)
            largest = max(largest, log_size(desk))
            await janitor.sweep(desk.policy)
    assert largest < 8 * MEGABYTE
    record_property("bytes of the log at most while it was always read", largest)


async def test_a_log_that_a_reader_makes_grow_is_said_until_it_can_be_moved(
    desk: Desk, janitor: Janitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOG_LIMIT", "LOG_ALARM"):
        monkeypatch.setattr(f"llmsdeck.store.store.{name}", MEGABYTE)
    with closing(look(desk.store.paths.database)):
        await janitor.sweep(desk.policy)
        for _ in range(100):
            await desk.enqueue(BALLAST)
        with pytest.raises(StoreError, match=r"log has grown to \d+ MiB .* `fuser -v /"):
            await janitor.sweep(desk.policy)
    await janitor.sweep(desk.policy)


async def test_what_maintenance_complains_of_is_on_the_register(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llmsdeck.store.store.LOG_ALARM", -1)
    async with shift.working():
        await shift.until_worker(lambda worker: "log has grown" in (worker.sweep_error or ""))
        monkeypatch.undo()
        await shift.until_worker(lambda worker: worker.sweep_error is None)
