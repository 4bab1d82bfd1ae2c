"""A worker that was stopped for longer than its lease, and then goes on, can change nothing."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
from asyncio.subprocess import Process
from collections.abc import Callable
from pathlib import Path

import pytest
from night_shift import on_night_shift
from rounds import rounds
from shift import PATIENCE, SHORT_LEASE, Shift

from llmsdeck.model import Run, RunId
from llmsdeck.states import Phase, RunStatus

RUNS = 2
TRIES = 100


def collecting(run: Run) -> bool:
    return run.phase is Phase.COLLECT and run.pid is not None


def everything(db: sqlite3.Connection) -> list[tuple[object, ...]]:
    """All that a worker could have written."""
    tables = ("runs", "events", "phases", "copies", "counters")
    return [tuple(row) for table in tables for row in db.execute(f"SELECT * FROM {table}")]


def stop_between_writes(pid: int, database: Path) -> None:
    """Stop a process where it holds no lock; inside a write it would stop every writer."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None, timeout=0)) as other:
        for _ in range(TRIES):
            os.kill(pid, signal.SIGSTOP)
            os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOWAIT)
            with contextlib.suppress(sqlite3.OperationalError):
                other.execute("BEGIN IMMEDIATE")
                other.execute("ROLLBACK")
                return
            os.kill(pid, signal.SIGCONT)
    raise AssertionError("it never stopped between two writes")


async def heard(process: Process, runs: list[RunId]) -> None:
    """Read what the worker says until it has said that it lost each of the runs."""
    assert process.stderr is not None
    missing = {f"Lost the lease on run {run_id}" for run_id in runs}
    async with asyncio.timeout(PATIENCE):
        while missing:
            line = (await process.stderr.readline()).decode()
            assert line, f"it ended and never said {missing}"
            missing.discard(line.strip())


@pytest.mark.parametrize("when", ["while its attempts work", "when its attempts are done"])
async def test_a_zombie_writes_nothing_and_learns_that_it_lost(
    shift: Shift, when: str, record_property: Callable[[str, object], None]
) -> None:
    count = rounds(1, per_thousand=25)
    for _ in range(count):
        await one_zombie(shift, done=when == "when its attempts are done")
    record_property(f"zombies stopped {when}, 0 writes accepted", count)


async def one_zombie(shift: Shift, *, done: bool) -> None:
    go = shift.store.paths.root / "go"
    await shift.set_policy(stale_after=60)
    runs = [await shift.start("linger-once") for _ in range(RUNS)]
    async with on_night_shift(shift.store.paths.root, RUNS) as stopped:
        for run_id in runs:
            await shift.until(run_id, collecting, "collecting")
        stop_between_writes(stopped.pid, shift.store.paths.database)
        await shift.set_policy(**SHORT_LEASE)
        if done:
            go.touch()
        async with shift.working():
            ended = [await shift.ended(run_id) for run_id in runs]
        before = await shift.store.read(everything)
        os.kill(stopped.pid, signal.SIGCONT)
        await heard(stopped, runs)
        stopped.terminate()
        async with asyncio.timeout(PATIENCE):
            assert await stopped.wait() == 0
    go.unlink(missing_ok=True)
    assert await shift.store.read(everything) == before
    for run in ended:
        assert run.status is RunStatus.COMPLETED
        assert run.attempt > 1
        assert run.bundle_dir == str(shift.store.paths.attempt(run.run_id, run.token))
        folders = list(shift.store.paths.attempt(run.run_id, 0).parent.iterdir())
        assert [folder.name for folder in folders] == [str(run.token)]
