"""How long it takes, at the default policy, until a run goes on or stubborn work has stopped."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from dataclasses import asdict

import pytest
from locking import locked
from night_shift import on_night_shift
from rounds import LONG
from shift import Shift

from llmsdeck.errors import StoreError
from llmsdeck.model import Run
from llmsdeck.settings import Policy
from llmsdeck.states import Phase, RunStatus

pytestmark = pytest.mark.skipif(not LONG, reason="takes a minute; `make faults` runs it")
Record = Callable[[str, object], None]
STOP_LIMIT = 15
"""Seconds in which a worker stops whatever its attempts do."""


def collecting(run: Run) -> bool:
    return run.phase is Phase.COLLECT and run.pid is not None


@pytest.mark.parametrize(
    ("number", "limit"), [(signal.SIGKILL, 10), (signal.SIGSTOP, 40)], ids=["killed", "hung"]
)
async def test_a_run_goes_on_soon_after_its_worker_was_lost(
    shift: Shift, number: signal.Signals, limit: float, record_property: Record
) -> None:
    await shift.set_policy(**asdict(Policy()))
    run_id = await shift.start("linger-once")
    async with on_night_shift(shift.store.paths.root, 1) as lost:
        await shift.until(run_id, collecting, "collecting")
        async with shift.working():
            # The wait is longest right after a sweep.
            await shift.swept()
            lost.send_signal(number)
            began = time.monotonic()
            async with asyncio.timeout(limit):
                while (await shift.run(run_id)).attempt < 2:
                    await shift.store.changed(0.5)
            took = time.monotonic() - began
            assert (await shift.ended(run_id)).status is RunStatus.COMPLETED
    record_property(f"seconds until a run went on after {number.name}", f"{took:.1f}")


async def test_a_worker_stops_in_time_while_the_store_is_locked(
    shift: Shift, record_property: Record
) -> None:
    await shift.set_policy(**asdict(Policy()))
    run_id = await shift.start("wait")
    worker = shift.worker(until_idle=False)
    task = asyncio.create_task(worker.run())
    await shift.until(run_id, collecting, "collecting")
    with locked(shift.store.paths.database):
        began = time.monotonic()
        worker.drain()
        with pytest.raises(StoreError, match="could not give back"):
            await task
        took = time.monotonic() - began
    assert took < STOP_LIMIT
    record_property("seconds until a worker had stopped with the store locked", f"{took:.1f}")


async def test_a_worker_with_stubborn_work_stops_in_time(
    shift: Shift, record_property: Record
) -> None:
    await shift.set_policy(**asdict(Policy()))
    runs = [await shift.start(name) for name in ("ignore-sigterm", "lingering-thread")]
    worker = shift.worker(until_idle=False)
    task = asyncio.create_task(worker.run())
    for run_id in runs:
        await shift.until(run_id, collecting, "collecting")
    began = time.monotonic()
    worker.drain()
    async with asyncio.timeout(STOP_LIMIT):
        await task
    record_property("seconds until stubborn work had stopped", f"{time.monotonic() - began:.1f}")
    assert [(await shift.run(run_id)).status for run_id in runs] == [RunStatus.PENDING] * 2
