"""Faults of the disk and of the store's file: said aloud, nothing accepted is lost, it heals."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import shutil
import signal
from collections.abc import Generator
from pathlib import Path

import pytest
from desk import Desk
from locking import locked
from shift import PATIENCE, Shift
from small_disk import fill, mount, small_disk

from llmsdeck.deck import open_deck
from llmsdeck.engine.janitor import Janitor
from llmsdeck.errors import StoreError
from llmsdeck.model import RunId, WorkerId
from llmsdeck.paths import StorePaths
from llmsdeck.settings import Policy
from llmsdeck.states import RunStatus
from llmsdeck.store.migrate import migrations
from llmsdeck.store.store import open_store
from llmsdeck.testing import FakeClock

GONE = "was moved, deleted or replaced while it was in use; put it back"


@pytest.fixture
def disk(tmp_path: Path) -> Generator[Path]:
    with small_disk(tmp_path / "disk") as folder:
        yield folder


@contextlib.contextmanager
def largest_file(size: int) -> Generator[None]:
    """No file of this process grows beyond `size` bytes meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def fill_up(desk: Desk) -> tuple[list[RunId], str]:
    """Submit until the store refuses; what was accepted, and what it said then."""
    desk.policy = Policy(queue_cap=100_000)
    accepted: list[RunId] = []
    while len(accepted) < 5_000:
        try:
            accepted.append(await desk.enqueue("/" + "x" * 2000))
        except StoreError as error:
            return accepted, str(error)
    raise AssertionError("the store never refused")


async def all_are_there(desk: Desk, accepted: list[RunId]) -> None:
    rows = await desk.sql("SELECT run_id FROM runs ORDER BY seq")
    assert [row[0] for row in rows] == accepted
    assert await desk.sql("PRAGMA integrity_check") == [("ok",)]
    assert await desk.sql("SELECT n FROM counters WHERE name = 'pending'") == [(len(accepted),)]


async def test_a_full_disk_is_said_and_the_store_goes_on_once_there_is_room(disk: Path) -> None:
    async with open_store(StorePaths(disk / "deck")) as store:
        desk = Desk(store, FakeClock())
        first = await desk.enqueue()
        fill(disk / "ballast")
        accepted, said = await fill_up(desk)
        assert said.startswith("The disk that holds the store is full; free some space")
        (disk / "ballast").unlink()
        accepted = [first, *accepted, await desk.enqueue()]
        await all_are_there(desk, accepted)


async def test_a_disk_that_fails_to_write_is_said_and_the_store_goes_on_afterwards(
    desk: Desk,
) -> None:
    first = await desk.enqueue()
    with largest_file(256 * 1024):
        accepted, said = await fill_up(desk)
    assert said == "The disk that holds the store failed to read or write; check it."
    await all_are_there(desk, [first, *accepted, await desk.enqueue()])


async def test_a_full_disk_at_the_first_start_is_said(disk: Path) -> None:
    fill(disk / "ballast")
    with pytest.raises(StoreError, match=r"full|failed to read or write|cannot be used"):
        async with open_store(StorePaths(disk / "deck")):
            pass


async def test_a_disk_that_became_read_only_is_said(disk: Path) -> None:
    paths = StorePaths(disk / "deck")
    async with open_store(paths) as store:
        await Desk(store, FakeClock()).enqueue()
    assert mount("-o", "remount,ro", str(disk)) == ""
    with pytest.raises(StoreError, match=r"cannot be (written|opened|used)"):
        async with open_store(paths):
            pass
    assert mount("-o", "remount,rw", str(disk)) == ""
    async with open_store(paths) as store:
        assert len(await Desk(store, FakeClock()).sql("SELECT 1 FROM runs")) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_folder_that_may_not_be_written_to_is_said(paths: StorePaths) -> None:
    paths.root.mkdir(mode=0o500)
    with pytest.raises(StoreError, match="cannot be used"):
        async with open_store(paths):
            pass


@pytest.mark.parametrize("how", ["deleted", "replaced"])
async def test_a_file_that_is_gone_is_said_and_nothing_is_promised_any_more(
    desk: Desk, how: str
) -> None:
    accepted = await desk.enqueue()
    database, aside = desk.store.paths.database, desk.store.paths.root / "aside"
    database.rename(aside)
    if how == "replaced":
        shutil.copyfile(aside, database)
    for use in (
        desk.enqueue(),
        desk.status(accepted),
        desk.store.changed(0),
        desk.store.beat(lambda db: None),
        Janitor(desk.store, desk.clock, WorkerId("us")).sweep(Policy()),
    ):
        with pytest.raises(StoreError, match=GONE):
            await use
    aside.rename(database)
    second = await desk.enqueue()
    await all_are_there(desk, [accepted, second])


async def test_a_write_is_not_promised_when_the_file_goes_while_it_is_written(desk: Desk) -> None:
    database = desk.store.paths.database
    with pytest.raises(StoreError, match=GONE):
        await desk.store.write(lambda db: database.rename(database.with_suffix(".aside")))


async def test_a_worker_goes_on_once_a_process_that_was_stopped_within_a_write_goes_on(
    shift: Shift, caplog: pytest.LogCaptureFixture
) -> None:
    async with shift.working():
        await shift.swept()
        with (
            locked(shift.store.paths.database, stopped=True) as other,
            shift.store.patience.at_most(0.05),
        ):
            async with asyncio.timeout(PATIENCE):
                while f"kill -CONT {other.pid}" not in caplog.text:
                    await shift.store.changed(0.1)
            assert await shift.worker_states() == ["running"]
            other.send_signal(signal.SIGCONT)
        run = await shift.ended(await shift.start("succeed"))
        assert run.status is RunStatus.COMPLETED


async def test_a_file_that_is_no_database_is_said(paths: StorePaths) -> None:
    paths.root.mkdir(mode=0o700)
    paths.database.write_bytes(b"This is a note, not a database.\n" * 200)
    with pytest.raises(StoreError, match="not a database; move it aside"):
        async with open_store(paths):
            pass
    paths.database.rename(paths.root / "aside")
    async with open_store(paths) as store:
        await Desk(store, FakeClock()).enqueue()


async def test_a_damaged_file_is_said(paths: StorePaths) -> None:
    async with open_store(paths) as store:
        desk = Desk(store, FakeClock())
        desk.policy = Policy(queue_cap=1000)
        for _ in range(200):
            await desk.enqueue()
    sound = paths.database.read_bytes()
    paths.database.write_bytes(sound[:4096] + b"\xa5" * (len(sound) - 4096))
    with pytest.raises(StoreError, match="damaged; move it aside"):
        async with open_deck(paths) as deck:
            await deck.page()


async def test_a_newer_schema_is_refused_and_left_as_it_is(paths: StorePaths) -> None:
    async with open_store(paths) as store:
        desk = Desk(store, FakeClock())
        await desk.enqueue()
        await store.write(lambda db: db.execute(f"PRAGMA user_version = {len(migrations()) + 1}"))
    with pytest.raises(StoreError, match="made by a newer llmsdeck"):
        async with open_store(paths):
            pass
    async with open_store(paths, read_only=True) as store:
        count = await store.read(lambda db: db.execute("SELECT count(*) FROM runs").fetchone()[0])
    assert count == 1
