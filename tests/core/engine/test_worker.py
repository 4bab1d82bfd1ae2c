from __future__ import annotations

import asyncio

import pytest
import rehearsal
from offspring import back_to, holdings
from shift import PATIENCE, Shift, collecting

from llmsdeck.engine.heart import Heart
from llmsdeck.states import RunStatus


async def test_no_more_runs_than_slots_are_worked_on(shift: Shift) -> None:
    runs = [await shift.start("wait") for _ in range(4)]
    async with shift.working():
        for run_id in runs[:2]:
            await shift.until(run_id, collecting, "collecting")
        statuses = [(await shift.run(run_id)).status for run_id in runs]
    assert statuses == [RunStatus.PROCESSING] * 2 + [RunStatus.PENDING] * 2


async def test_a_drained_worker_gives_its_runs_back_uncounted(shift: Shift) -> None:
    run_id = await shift.start("wait")
    worker = shift.worker(until_idle=False)
    task = asyncio.create_task(worker.run())
    await shift.until(run_id, collecting, "collecting")
    worker.drain()
    worker.drain()
    await task
    run = await shift.run(run_id)
    assert (run.status, run.attempt) == (RunStatus.PENDING, 0)
    assert (await shift.events(run_id))[-1].kind == "released"


async def test_a_draining_worker_still_obeys_a_cancel(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llmsdeck.engine.worker.DRAIN_GRACE", 60)
    run_id = await shift.start("wait")
    worker = shift.worker(until_idle=False)
    task = asyncio.create_task(worker.run())
    await shift.until(run_id, collecting, "collecting")
    worker.drain()
    await shift.cancel(run_id)
    assert (await shift.ended(run_id)).status is RunStatus.CANCELLED
    await task


async def test_a_worker_leaves_no_process_thread_or_descriptor_behind(shift: Shift) -> None:
    async def work() -> None:
        await shift.start("succeed")
        await shift.worker(rehearsal.succeed).run()

    await work()
    before = holdings()
    for _ in range(3):
        await work()
    await back_to(before)


async def test_a_stopped_worker_is_off_the_register(shift: Shift) -> None:
    async with shift.working() as worker:
        run_id = await shift.start("succeed")
        await shift.ended(run_id)
        registered = await shift.store.read(
            lambda db: db.execute("SELECT worker_id FROM workers").fetchall()
        )
        assert [row["worker_id"] for row in registered] == [worker.worker_id]
    rows = await shift.store.read(lambda db: db.execute("SELECT * FROM workers").fetchall())
    assert rows == []


async def test_a_draining_worker_says_so(shift: Shift, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llmsdeck.engine.worker.DRAIN_GRACE", 60)
    run_id = await shift.start("wait")
    worker = shift.worker(until_idle=False)
    task = asyncio.create_task(worker.run())
    await shift.until(run_id, collecting, "collecting")
    worker.drain()
    async with asyncio.timeout(PATIENCE):
        while await shift.worker_states() != ["draining"]:
            await shift.store.changed(0.1)
    worker.drain()
    await task


async def test_a_worker_that_was_struck_off_registers_again(shift: Shift) -> None:
    async with shift.working():
        async with asyncio.timeout(PATIENCE):
            while await shift.worker_states() != ["running"]:
                await shift.store.changed(0.1)
            await shift.store.write(lambda db: db.execute("DELETE FROM workers"))
            while await shift.worker_states() != ["running"]:
                await shift.store.changed(0.1)


async def test_a_worker_does_not_go_on_without_its_heart(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(heart: Heart) -> None:
        raise RuntimeError("no more")

    monkeypatch.setattr(Heart, "run", fail)
    with pytest.raises(RuntimeError, match="no more"):
        await shift.worker(until_idle=False).run()
    assert await shift.worker_states() == []


async def test_a_worker_obeys_a_change_of_slots_while_it_works(shift: Shift) -> None:
    runs = [await shift.start("wait") for _ in range(3)]
    await shift.set_policy(slots=1)
    async with shift.working(slots=None):
        await shift.until(runs[0], lambda run: run.pid is not None, "processing")
        assert (await shift.run(runs[1])).status is RunStatus.PENDING
        await shift.set_policy(slots=2)
        await shift.until(runs[1], lambda run: run.pid is not None, "processing")
        assert (await shift.run(runs[2])).status is RunStatus.PENDING


async def test_a_change_of_policy_ends_long_waits(shift: Shift) -> None:
    """A worker that beats and sweeps once an hour begins to do so often within a second."""
    await shift.set_policy(heartbeat_interval=3600, sweep_interval=3600, stale_after=36000)
    async with shift.working():
        await shift.until_worker(lambda worker: worker.sweep_age_s is not None)
        await shift.until_worker(lambda worker: worker.heartbeat_age_s > 0.3)
        await shift.set_policy(heartbeat_interval=0.1, sweep_interval=0.1)
        await shift.until_worker(
            lambda worker: worker.heartbeat_age_s < 0.2 and (worker.sweep_age_s or 9) < 0.2
        )
