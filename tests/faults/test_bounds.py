"""What the first review asked for: one loop however often it is started, and bounds that hold."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable

import pytest
from desk import WORKER, Desk
from inline import inline_executor
from offspring import back_to, holdings
from rounds import rounds
from shift import Shift

from llmsdeck import processes
from llmsdeck.engine.janitor import Janitor
from llmsdeck.engine.worker import Worker
from llmsdeck.errors import QueueFullError
from llmsdeck.model import WorkerId
from llmsdeck.settings import Policy

Record = Callable[[str, object], None]
TASKS = 10


def loops() -> int:
    """Loops of maintenance that go on."""
    tasks = [task for task in asyncio.all_tasks() if task.get_name() == "janitor"]
    return sum(not task.cancelling() for task in tasks)


@pytest.fixture
def janitor(desk: Desk) -> Janitor:
    return Janitor(desk.store, desk.clock, WORKER)


async def test_starting_maintenance_twice_at_once_makes_one_loop(janitor: Janitor) -> None:
    async def start() -> None:
        janitor.start()

    await asyncio.gather(start(), start())
    assert loops() == 1
    await janitor.stop()
    assert loops() == 0


async def test_a_start_during_a_stop_is_not_lost(janitor: Janitor) -> None:
    janitor.start()
    stopping = asyncio.create_task(janitor.stop())
    await asyncio.sleep(0)
    janitor.start()
    await stopping
    assert loops() == 1
    await janitor.stop()


async def test_starts_and_stops_in_any_order_make_one_loop_at_most(
    janitor: Janitor, record_property: Record
) -> None:
    each = rounds(20, per_thousand=50)

    async def start_and_stop() -> None:
        for _ in range(each):
            janitor.start()
            assert loops() == 1
            for _ in range(random.randrange(4)):
                await asyncio.sleep(0)
            await janitor.stop()

    before = holdings()
    await asyncio.gather(*[start_and_stop() for _ in range(TASKS)])
    assert loops() == 0
    await back_to(before)
    record_property("starts and stops of maintenance, one loop at most", TASKS * each)


async def test_starts_and_stops_of_workers_leave_nothing_behind(
    shift: Shift, record_property: Record
) -> None:
    each = rounds(3, per_thousand=50)

    async def start_and_stop() -> None:
        for _ in range(each):
            worker = Worker(shift.store, shift.clock, inline_executor(), slots=2)
            task = asyncio.create_task(worker.run())
            for _ in range(random.randrange(20)):
                await asyncio.sleep(0)
            worker.drain()
            worker.drain()
            await task

    await start_and_stop()
    await shift.store.changed(0)
    before = holdings()
    runs = [await shift.start("anything") for _ in range(TASKS)]
    await asyncio.gather(*[start_and_stop() for _ in range(TASKS)])
    await back_to(before)
    last = Worker(shift.store, shift.clock, inline_executor(), slots=2, until_idle=True)
    await last.run()
    ended = [await shift.run(run_id) for run_id in runs]
    assert [run.status for run in ended] == ["completed"] * len(runs)
    record_property("starts and stops of workers, nothing left behind", TASKS * each)


async def test_a_store_of_live_runs_alone_stays_within_its_bound_and_says_why(
    desk: Desk, janitor: Janitor
) -> None:
    """Maintenance has nothing to remove here, so that only a refusal can keep the bound."""
    desk.policy = Policy(queue_cap=20, max_runs=1)
    slots = 3
    accepted = refused = 0
    refusals: set[str] = set()
    await desk.register(WORKER, 1, "gone")
    for step in range(100):
        try:
            await desk.enqueue()
            accepted += 1
        except QueueFullError as error:
            refusals.add(str(error))
            refused += 1
        if step < slots:
            await desk.claim(free=1)
        rows = await desk.sql("SELECT count(*) FROM runs")
        assert rows[0] <= (desk.policy.queue_cap + slots,)
    (said,) = refusals
    assert said.startswith("The queue is full (20 of 20) for 0 s; no worker is alive to empty it")
    assert (accepted, refused) == (20 + slots, 100 - 20 - slots)
    assert await desk.sql("SELECT count(*) FROM runs WHERE finished_ms IS NOT NULL") == [(0,)]


async def test_runs_beyond_a_lowered_number_go_with_the_next_sweep(desk: Desk) -> None:
    policy = Policy(max_runs=5)
    us = WorkerId("us")
    await desk.register(us, os.getpid(), processes.started(os.getpid()) or "")
    janitor = Janitor(desk.store, desk.clock, us)
    for _ in range(20):
        await desk.completed()
    await janitor.sweep(policy)
    assert await desk.sql("SELECT count(*) FROM runs") == [(5,)]
