from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Hashable
from functools import partial

import pytest
from desk import OPERATOR, WORKER, Desk

from llmsdeck.model import RunId
from llmsdeck.paths import StorePaths
from llmsdeck.states import ErrorKind
from llmsdeck.store import lanes, policy, trash, workers
from llmsdeck.store.sight import sight
from llmsdeck.store.store import open_store

Change = Callable[[Desk], Awaitable[object]]


async def seen(desk: Desk) -> Hashable:
    return await desk.store.read(sight)


async def beat(desk: Desk) -> None:
    desk.clock.advance(2)
    await desk.store.beat(partial(workers.beat, worker=WORKER, now=desk.clock.now(), slots=1))


async def sweep(desk: Desk, error: str | None = None) -> None:
    now = desk.clock.now()
    await desk.store.write(partial(workers.swept, worker=WORKER, now=now, error=error))


async def drain(desk: Desk) -> None:
    await desk.store.write(partial(workers.drain, worker=WORKER))


async def leave(desk: Desk) -> None:
    await desk.store.write(partial(workers.leave, worker=WORKER))


async def offer_more(desk: Desk) -> None:
    await desk.store.write(partial(workers.beat, worker=WORKER, now=desk.clock.now(), slots=3))


async def lose_the_model(desk: Desk) -> None:
    await desk.store.write(
        partial(lanes.fall, stamp=desk.stamp, actor=OPERATOR, server="http://m", reason="Away.")
    )


async def limit(desk: Desk) -> None:
    changes = {"queue_cap": "7"}
    await desk.store.write(
        partial(policy.change, stamp=desk.stamp, changes=changes, actor=OPERATOR)
    )


async def end_another(desk: Desk) -> None:
    await desk.completed("/another")


async def fail_another(desk: Desk) -> None:
    await desk.fail(await desk.claimed("/another"), ErrorKind.SOURCE)


async def prune(desk: Desk) -> None:
    def throw(db: sqlite3.Connection) -> None:
        ended = [RunId(row["run_id"]) for row in db.execute("SELECT run_id FROM runs").fetchall()]
        trash.throw(db, desk.stamp, ended, OPERATOR)

    await desk.store.write(throw)


CHANGES: tuple[Change, ...] = (
    partial(sweep, error="The disk is full."), drain, leave, offer_more, lose_the_model, limit,
    end_another, fail_another, prune,
)  # fmt: skip


@pytest.fixture
async def at_rest(desk: Desk) -> Desk:
    """One run that has ended, and a worker with nothing to do."""
    await desk.register(WORKER, 1, "began")
    await desk.completed()
    return desk


@pytest.mark.parametrize("change", [beat, sweep])
async def test_a_worker_that_only_lives_on_changes_nothing(at_rest: Desk, change: Change) -> None:
    before = await seen(at_rest)
    await change(at_rest)
    assert await seen(at_rest) == before


@pytest.mark.parametrize("change", CHANGES, ids=lambda each: getattr(each, "__name__", "sweep"))
async def test_everything_else_is_seen(at_rest: Desk, change: Change) -> None:
    before = await seen(at_rest)
    await change(at_rest)
    assert await seen(at_rest) != before


async def test_every_beat_is_seen_while_a_run_is_under_way(
    at_rest: Desk, paths: StorePaths
) -> None:
    await at_rest.claimed("/another")
    async with open_store(paths) as other:
        before = await other.read(sight)
        await beat(at_rest)
        assert await other.read(sight) != before


async def test_a_watcher_is_not_woken_by_a_worker_that_only_lives_on(
    at_rest: Desk, paths: StorePaths
) -> None:
    async with open_store(paths) as watcher:
        await watcher.changed(0, sight)
        await beat(at_rest)
        assert not await watcher.changed(0, sight)
        await offer_more(at_rest)
        assert await watcher.changed(0, sight)
