"""A worker that stops, and a cancel that arrives at the worst moment."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from inline import inline_executor
from locking import locked
from shift import PATIENCE, SHORT_LEASE, Shift

from llmsdeck import processes
from llmsdeck.clock import Instant, SystemClock
from llmsdeck.engine.heart import Heart
from llmsdeck.engine.janitor import Janitor
from llmsdeck.engine.publish import seal
from llmsdeck.engine.supervisor import Supervisor
from llmsdeck.engine.worker import Worker
from llmsdeck.errors import StoreError
from llmsdeck.model import Artifact, ArtifactName, Run, WorkerId
from llmsdeck.states import Phase, RunStatus
from llmsdeck.store.patience import LOCK_PATIENCE


def collecting(run: Run) -> bool:
    return run.phase is Phase.COLLECT and run.pid is not None


async def test_the_beat_is_the_last_thing_that_a_worker_stops(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[str] = []

    def note_the_end(owner: type[Any], name: str, label: str) -> None:
        wrapped = getattr(owner, name)

        async def run(self: object) -> None:
            try:
                await wrapped(self)
            finally:
                stopped.append(label)

        monkeypatch.setattr(owner, name, run)

    note_the_end(Heart, "run", "beat")
    note_the_end(Supervisor, "run", "attempt")
    note_the_end(Janitor, "stop", "maintenance")
    run_id = await shift.start("wait")
    working = asyncio.create_task(Worker(shift.store, shift.clock, inline_executor()).run())
    await shift.until(run_id, collecting, "collecting")
    working.cancel()
    await asyncio.wait([working])
    assert stopped == ["attempt", "maintenance", "beat"]


async def test_a_beat_that_is_late_registers_no_worker_that_has_ended(shift: Shift) -> None:
    class Late(SystemClock):
        arrived, go = threading.Event(), threading.Event()

        def now(self) -> Instant:
            if threading.current_thread() is not threading.main_thread():
                self.arrived.set()
                self.go.wait(PATIENCE)
            return super().now()

    def register(db: sqlite3.Connection) -> None:
        registered.append(worker)

    def nothing() -> None:
        pass

    worker, registered, late = WorkerId("w1"), list[WorkerId](), Late()
    heart = Heart(
        shift.store, late, worker, register=register, on_refusal=nothing, on_silence=nothing
    )
    beating = asyncio.create_task(heart.run())
    await asyncio.to_thread(late.arrived.wait, PATIENCE)
    beating.cancel()
    await asyncio.wait([beating])
    late.go.set()
    await shift.store.beat(lambda db: None)
    assert registered == []


async def test_a_drain_that_takes_longer_than_a_lease_loses_nothing(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llmsdeck.engine.worker.DRAIN_GRACE", 60)
    run_id = await shift.start("linger-once")
    draining = shift.worker(until_idle=False)
    task = asyncio.create_task(draining.run())
    await shift.until(run_id, collecting, "collecting")
    async with shift.working():
        await shift.set_policy(**SHORT_LEASE)
        draining.drain()
        ended = asyncio.create_task(shift.ended(run_id))
        await asyncio.wait([ended], timeout=2 * SHORT_LEASE["stale_after"])
        assert (await shift.run(run_id)).attempt == 1
        (shift.store.paths.root / "go").touch()
        run = await ended
    await task
    assert (run.status, run.attempt, run.worker) == (RunStatus.COMPLETED, 1, draining.worker_id)


async def gone(pid: int) -> None:
    """Return once the process has ended."""
    async with asyncio.timeout(PATIENCE):
        while await asyncio.to_thread(processes.started, pid) is not None:
            continue


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes seconds at the end of a worker takes tenths of them."""
    for name in ("DRAIN_GRACE", "INTERRUPT_GRACE", "STOP_BOUND", "HASTY_BOUND"):
        monkeypatch.setattr(f"llmsdeck.engine.worker.{name}", 0.3)
    monkeypatch.setattr("llmsdeck.engine.farewell.PATIENCE", 0.3)


@pytest.mark.usefixtures("hasty")
async def test_a_worker_that_stops_while_the_store_is_locked_says_what_it_could_not_give_back(
    shift: Shift,
) -> None:
    run_id = await shift.start("wait")
    worker = shift.worker(until_idle=False)
    task = asyncio.create_task(worker.run())
    pid = (await shift.until(run_id, collecting, "collecting")).pid
    with locked(shift.store.paths.database) as other:
        worker.drain()
        async with asyncio.timeout(LOCK_PATIENCE / 2):
            with pytest.raises(
                StoreError, match=rf"give back .*{run_id}.* process {other.pid} holds"
            ):
                await task
    assert pid is not None
    assert processes.started(pid) is None
    assert (await shift.run(run_id)).status is RunStatus.PROCESSING


@pytest.mark.usefixtures("hasty")
async def test_an_idle_worker_that_stops_while_the_store_is_locked_has_nothing_to_complain_of(
    shift: Shift,
) -> None:
    worker = shift.worker(until_idle=False)
    task = asyncio.create_task(worker.run())
    await shift.swept()
    with locked(shift.store.paths.database):
        worker.drain()
        async with asyncio.timeout(LOCK_PATIENCE / 2):
            await task
    assert await shift.worker_states() == ["running"]


@pytest.mark.usefixtures("hasty")
async def test_a_worker_that_stops_while_the_store_is_locked_gives_back_what_it_can_at_last(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llmsdeck.engine.farewell.PATIENCE", 30)
    run_id = await shift.start("wait")
    worker = shift.worker(until_idle=False)
    task = asyncio.create_task(worker.run())
    pid = (await shift.until(run_id, collecting, "collecting")).pid
    assert pid is not None
    with locked(shift.store.paths.database):
        worker.drain()
        await gone(pid)
    await task
    run = await shift.run(run_id)
    assert (run.status, run.attempt, run.worker) == (RunStatus.PENDING, 0, worker.worker_id)
    assert await shift.worker_states() == []


async def test_a_cancel_between_the_last_file_and_publication_wins(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = await shift.start("anything")
    loop = asyncio.get_running_loop()

    def cancel_then_seal(folder: Path, names: Sequence[ArtifactName]) -> tuple[Artifact, ...]:
        cancelled = asyncio.run_coroutine_threadsafe(shift.cancel(run_id), loop)
        assert cancelled.result(10).verdict == "requested"
        return seal(folder, names)

    monkeypatch.setattr("llmsdeck.engine.record.seal", cancel_then_seal)
    await Worker(shift.store, shift.clock, inline_executor(), slots=1, until_idle=True).run()
    run = await shift.run(run_id)
    assert (run.status, run.artifacts) == (RunStatus.CANCELLED, ())
    assert list(shift.store.paths.bundles.glob("*/*")) == []
