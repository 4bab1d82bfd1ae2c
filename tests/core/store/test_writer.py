from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast
from unittest import mock

import pytest
from locking import locked

from llmsdeck.errors import ReadOnlyError, StoreBusyError, StoreError
from llmsdeck.paths import StorePaths
from llmsdeck.store.store import Store, open_store
from llmsdeck.store.thread import DatabaseThread

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody tells who locks")


def add(value: str) -> Callable[[sqlite3.Connection], str]:
    def operation(db: sqlite3.Connection) -> str:
        db.execute(
            "INSERT INTO events (at_ms, actor, kind, message) VALUES (0, 'cli', ?, '')", (value,)
        )
        return value

    return operation


def add_then_raise(value: str) -> Callable[[sqlite3.Connection], str]:
    def operation(db: sqlite3.Connection) -> str:
        add(value)(db)
        raise RuntimeError(value)

    return operation


async def kinds(store: Store) -> list[str]:
    return await store.read(
        lambda db: [row[0] for row in db.execute("SELECT kind FROM events ORDER BY seq").fetchall()]
    )


async def test_waiting_writes_share_a_commit_and_keep_their_order(store: Store) -> None:
    asked = [str(number) for number in range(50)]
    before = await store.read(lambda db: db.execute("PRAGMA data_version").fetchone()[0])
    assert await asyncio.gather(*[store.write(add(value)) for value in asked]) == asked
    after = await store.read(lambda db: db.execute("PRAGMA data_version").fetchone()[0])
    assert await kinds(store) == asked
    assert after - before <= 2


async def test_an_operation_that_raises_undoes_only_itself(store: Store) -> None:
    answers = await asyncio.gather(
        store.write(add("a")),
        store.write(add_then_raise("b")),
        store.write(add("c")),
        return_exceptions=True,
    )
    assert [str(answer) for answer in answers] == ["a", "b", "c"]
    assert isinstance(answers[1], RuntimeError)
    assert await kinds(store) == ["a", "c"]


async def test_an_operation_that_raises_before_it_writes_lets_the_others_run_but_once(
    store: Store,
) -> None:
    ran: list[str] = []

    def noted(value: str) -> Callable[[sqlite3.Connection], str]:
        def operation(db: sqlite3.Connection) -> str:
            ran.append(value)
            if value == "b":
                db.execute("SELECT * FROM no_such_table")
            return value

        return operation

    answers = await asyncio.gather(
        *[store.write(noted(value)) for value in "abc"], return_exceptions=True
    )
    assert ran == ["a", "b", "c"]
    assert [type(answer) for answer in answers] == [str, StoreError, str]


async def test_a_lone_operation_that_raises_leaves_nothing_open(store: Store) -> None:
    with pytest.raises(RuntimeError):
        await store.write(add_then_raise("a"))
    await store.write(add("b"))
    assert await kinds(store) == ["b"]


async def test_a_caller_cancelled_while_waiting_takes_its_write_back(store: Store) -> None:
    first, second = (asyncio.create_task(store.write(add(value))) for value in "ab")
    await asyncio.sleep(0)
    second.cancel()
    await first
    with pytest.raises(asyncio.CancelledError):
        await second
    assert await kinds(store) == ["a"]


async def test_a_cancelled_caller_never_tears_a_write(store: Store) -> None:
    def both(db: sqlite3.Connection) -> None:
        add("left")(db)
        add("right")(db)

    for pause in range(40):
        task = asyncio.create_task(store.write(both))
        for _ in range(pause % 8):
            await asyncio.sleep(0)
        task.cancel()
    await store.write(add("end"))
    written = await kinds(store)
    assert written.count("left") == written.count("right")


async def test_what_was_accepted_is_committed_before_closing(paths: StorePaths) -> None:
    async with open_store(paths) as store:
        tasks = [asyncio.create_task(store.write(add(str(number)))) for number in range(20)]
        await asyncio.sleep(0)
    assert await asyncio.gather(*tasks) == [str(number) for number in range(20)]
    async with open_store(paths) as store:
        assert len(await kinds(store)) == 20


@ON_LINUX
async def test_another_process_that_keeps_the_lock_is_waited_for_then_named(store: Store) -> None:
    with locked(store.paths.database) as other, store.patience.at_most(0.05):
        with pytest.raises(StoreBusyError, match=f"process {other.pid} holds it now") as told:
            await store.write(add("a"))
        assert told.value.facts()["locked_by"] == other.pid
    await store.write(add("b"))
    assert await kinds(store) == ["b"]


async def test_the_two_writers_of_a_process_take_turns(store: Store) -> None:
    with store.patience.turn(), store.patience.at_most(0.05):
        with pytest.raises(StoreBusyError):
            await store.write(add("early"))
        with pytest.raises(StoreBusyError):
            await store.beat(add("early too"))
    assert await store.beat(add("later")) == "later"
    assert await kinds(store) == ["later"]


@ON_LINUX
async def test_a_process_that_is_stopped_while_it_writes_is_named_with_the_way_out(
    store: Store,
) -> None:
    with (
        locked(store.paths.database, stopped=True) as other,
        store.patience.at_most(0.05),
        pytest.raises(
            StoreBusyError, match=f"is stopped; continue it with `kill -CONT {other.pid}`"
        ),
    ):
        await store.write(add("a"))


async def test_a_lock_that_nobody_is_seen_to_hold_is_told_of_all_the_same(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llmsdeck.processes.lock_holder", mock.Mock(return_value=None))
    with (
        locked(store.paths.database),
        store.patience.at_most(0.05),
        pytest.raises(StoreBusyError, match="by another process; see `llmsdeck workers`"),
    ):
        await store.write(add("a"))


async def test_a_read_only_store_refuses_to_write(paths: StorePaths) -> None:
    async with open_store(paths) as store:
        await store.write(add("a"))
    async with open_store(paths, read_only=True) as store:
        assert await kinds(store) == ["a"]
        with pytest.raises(ReadOnlyError):
            await store.write(add("b"))


async def test_a_store_that_is_not_there_is_not_made_by_looking(paths: StorePaths) -> None:
    with pytest.raises(StoreError, match="There is no store"):
        async with open_store(paths, read_only=True):
            pass
    assert not paths.root.exists()


async def test_a_store_that_cannot_be_opened_leaves_no_thread(
    paths: StorePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths.prepare()
    paths.database.write_bytes(b"no database at all" * 1000)
    stop, never = cast(Any, DatabaseThread).stop, threading.Event()

    def busy() -> None:
        never.wait(0.05)

    def stop_late(thread: DatabaseThread) -> None:
        thread.post(busy)
        stop(thread)

    monkeypatch.setattr(DatabaseThread, "stop", stop_late)
    before = threading.enumerate()
    with pytest.raises(StoreError, match="is not a database"):
        async with open_store(paths):
            pass
    left = [each for each in threading.enumerate() if each not in before]
    assert [each for each in left if "connection" in each.name] == []


async def test_the_store_is_private(store: Store) -> None:
    assert store.paths.root.stat().st_mode & 0o777 == 0o700
    for file in store.paths.root.glob("deck.db*"):
        assert file.stat().st_mode & 0o777 == 0o600


async def test_a_commit_of_one_process_is_announced_to_another(paths: StorePaths) -> None:
    async with open_store(paths) as writer, open_store(paths) as reader:
        await reader.changed(0)
        listening = asyncio.create_task(reader.changed(30))
        await asyncio.sleep(0)
        await writer.write(add("a"))
        async with asyncio.timeout(5):
            assert await listening


async def test_a_failure_to_announce_is_logged_and_holds_no_write_up(
    paths: StorePaths, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("llmsdeck.store.store.ring", mock.Mock(side_effect=RuntimeError("broken")))
    async with open_store(paths) as store:
        asked = [str(number) for number in range(300)]
        assert await asyncio.gather(*[store.write(add(value)) for value in asked]) == asked
    assert "was not announced" in caplog.text


async def test_a_commit_whose_bell_was_not_heard_is_seen_all_the_same(
    paths: StorePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llmsdeck.store.store.ring", mock.Mock())
    async with open_store(paths) as writer, open_store(paths) as reader:
        await reader.changed(0)
        listening = asyncio.create_task(reader.changed(30))
        await writer.write(add("a"))
        async with asyncio.timeout(5):
            assert await listening


async def test_a_commit_between_two_calls_is_announced_by_the_second_at_once_and_once(
    paths: StorePaths,
) -> None:
    async with open_store(paths) as writer, open_store(paths) as reader:
        await reader.changed(0)
        await writer.write(add("a"))
        assert await reader.changed(0)
        assert not await reader.changed(0.3)


async def test_nothing_is_announced_while_nothing_changes(store: Store) -> None:
    await store.changed(0)
    assert not await store.changed(0)


async def test_bells_of_processes_that_are_gone_are_taken_down(
    store: Store, tmp_path: Path
) -> None:
    stale = store.paths.bells / "1-dead.bell"
    os.mkfifo(stale)
    await store.write(add("a"))
    await store.write(add("b"))  # which begins when the first one's bells have been rung
    assert not stale.exists()


async def test_every_commit_is_synced_to_disk(store: Store) -> None:
    assert await store.write(lambda db: db.execute("PRAGMA synchronous").fetchone()[0]) == 2
    assert await store.beat(lambda db: db.execute("PRAGMA synchronous").fetchone()[0]) == 2
