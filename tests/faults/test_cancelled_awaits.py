"""Whatever writes may be cancelled at every await: nothing is torn, nothing stays open."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import partial

import pytest
from desk import OPERATOR, Desk
from interrupting import cancel_everywhere

from llmsdeck.deck import Deck
from llmsdeck.engine.copies import refresh_copies
from llmsdeck.engine.folders import collect_quarantine, empty_trash, prune_runs
from llmsdeck.engine.janitor import Janitor
from llmsdeck.engine.rescue import rescue
from llmsdeck.model import RunRequest, WorkerId
from llmsdeck.paths import StorePaths
from llmsdeck.pruning import PruneRule
from llmsdeck.settings import Policy
from llmsdeck.store.store import open_store

Record = Callable[[str, object], None]
PAIRS = {"accepted": "submitted", "completed": "completed", "cancelled": "cancelled"}
"""Events and the counters that must agree with them, when nothing is ever torn."""


class Scene:
    """A store with runs of every sort, made anew as operations use them up."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.deck = Deck(desk.store, desk.clock)
        self.desk.policy = Policy(queue_cap=10_000)
        self.repository = desk.store.paths.root.parent / "repository"
        self.repository.mkdir()
        (self.repository / "README.md").write_text("# Sample\n")

    async def start(self) -> object:
        request = RunRequest(source=str(self.repository), force=True)
        return await self.deck.start([request], OPERATOR)

    async def cancel_pending(self) -> object:
        return await self.deck.cancel([await self.desk.enqueue()], OPERATOR)

    async def cancel_processing(self) -> object:
        return await self.deck.cancel([(await self.desk.claimed()).run_id], OPERATOR)

    async def retry(self) -> object:
        run_id = await self.desk.completed(str(self.repository))
        return await self.deck.retry([run_id], OPERATOR)

    async def claim_and_complete(self) -> object:
        return await self.desk.completed()

    async def prune(self) -> object:
        await self.desk.completed()
        plan = await self.deck.plan_prune(PruneRule(keep=0))
        return await self.deck.apply_prune(plan, OPERATOR)

    async def empty_trash(self) -> None:
        await prune_runs(self.desk.store, self.desk.clock, [await self.desk.completed()], OPERATOR)
        await empty_trash(self.desk.store, self.desk.clock, Policy(prune_grace=0), 10**6)

    async def restore(self) -> object:
        run_ids = [await self.desk.completed()]
        await prune_runs(self.desk.store, self.desk.clock, run_ids, OPERATOR)
        return await self.deck.restore(run_ids, OPERATOR)

    async def rescue(self) -> None:
        await self.desk.claimed(worker=WorkerId("gone"))
        await rescue(self.desk.store, self.desk.clock)

    async def sweep(self) -> None:
        await self.desk.claimed(worker=WorkerId("gone"))
        janitor = Janitor(self.desk.store, self.desk.clock, WorkerId("us"))
        await janitor.sweep(Policy(max_runs=1))

    async def deliver(self) -> object:
        run_id = await self.desk.completed()
        target = str(self.repository.parent / "out")
        await self.desk.sql(
            "INSERT OR REPLACE INTO copies SELECT ?, seq, 0, NULL FROM runs WHERE run_id = ?",
            target,
            run_id,
        )
        return await refresh_copies(self.desk.store, self.desk.clock)

    async def collect_quarantine(self) -> None:
        self.desk.store.paths.attempt("gone", 1).mkdir(parents=True, exist_ok=True)
        await collect_quarantine(self.desk.store)

    async def check(self) -> None:
        """The next write works, no transaction is open, and rows, events, counters agree."""
        await self.desk.enqueue()
        with closing(sqlite3.connect(self.desk.store.paths.database, timeout=0)) as other:
            other.execute("BEGIN IMMEDIATE")
            counters = dict(other.execute("SELECT name, n FROM counters"))
            events = dict(other.execute("SELECT kind, count(*) FROM events GROUP BY kind"))
            rows = dict(other.execute("SELECT status, count(*) FROM runs GROUP BY status"))
            pruned = counters["pruned"]
            other.execute("ROLLBACK")
        statuses = ("pending", "processing", "completed", "failed", "cancelled")
        assert {name: counters[name] for name in statuses} == {
            name: rows.get(name, 0) for name in statuses
        }
        assert sum(rows.values()) + pruned == counters["submitted"]
        if pruned == 0:
            for kind, counter in PAIRS.items():
                assert events.get(kind, 0) == counters[counter], kind


ACTS = [
    Scene.start,
    Scene.cancel_pending,
    Scene.cancel_processing,
    Scene.retry,
    Scene.claim_and_complete,
    Scene.prune,
    Scene.empty_trash,
    Scene.restore,
    Scene.rescue,
    Scene.sweep,
    Scene.deliver,
    Scene.collect_quarantine,
]


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
async def test_a_cancel_at_any_await_tears_nothing(
    desk: Desk, act: Callable[[Scene], Awaitable[object]], record_property: Record
) -> None:
    scene = Scene(desk)
    count = await cancel_everywhere(partial(act, scene), scene.check)
    record_property(f"awaits of {act.__name__}, each cancelled twice, 0 torn", count)


async def test_opening_that_is_cancelled_at_any_await_leaves_nothing_open(
    paths: StorePaths, record_property: Record
) -> None:
    async def use() -> None:
        async with open_store(paths) as store:
            assert len(database_threads()) == 3
            await store.write(lambda db: None)
            await store.changed(0)

    async def check() -> None:
        for thread in database_threads():
            await asyncio.to_thread(thread.join, 10)
        assert database_threads() == []
        assert list(paths.bells.glob("*")) == []

    count = await cancel_everywhere(use, check)
    record_property("awaits of open_store, each cancelled twice, 0 left open", count)


def database_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if "_connection_worker" in thread.name]
