"""A real worker with real run processes in the test's own event loop."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncGenerator, Callable
from functools import partial

from rehearsal import misbehave

from llmsdeck.clock import SystemClock
from llmsdeck.engine.child import Work
from llmsdeck.engine.executor import ProcessExecutor
from llmsdeck.engine.lanes import Probe, ask
from llmsdeck.engine.worker import Worker
from llmsdeck.model import Actor, ActorKind, ArtifactName, Run, RunEvent, RunId, RunRequest
from llmsdeck.settings import Policy
from llmsdeck.snapshot import WorkerInfo
from llmsdeck.states import TERMINAL, Phase
from llmsdeck.store import intents, picture, query
from llmsdeck.store.intents import CancelReceipt
from llmsdeck.store.stamp import Stamp
from llmsdeck.store.store import Store

PATIENCE = 30.0
"""Seconds after which a condition that a test waits for counts as never coming true."""
BRISK = {
    "heartbeat_interval": 0.1,
    "stale_after": 60,
    "sweep_interval": 0.1,
    "cancel_grace": 0.3,
}
"""A policy under which things that take seconds in earnest take tenths of them."""
SHORT_LEASE = {"stale_after": 3.0}
"""For tests of silence; under any other, a machine that is slow for a moment takes no run away."""


class Shift:
    """A store on the real clock, and workers on it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = SystemClock()
        self.actor = Actor(ActorKind.CLI, "test")

    @property
    def stamp(self) -> Stamp:
        return Stamp.of(self.clock)

    async def set_policy(self, **values: float) -> None:
        def write(db: sqlite3.Connection) -> None:
            db.executemany("INSERT OR REPLACE INTO policy VALUES (?, ?)", list(values.items()))

        await self.store.write(write)

    def worker(
        self,
        work: Work = misbehave,
        *,
        slots: int | None = 2,
        until_idle: bool = True,
        probe: Probe = ask,
    ) -> Worker:
        executor = ProcessExecutor(work)
        return Worker(
            self.store, self.clock, executor, slots=slots, until_idle=until_idle, probe=probe
        )

    @contextlib.asynccontextmanager
    async def working(
        self, work: Work = misbehave, *, slots: int | None = 2
    ) -> AsyncGenerator[Worker]:
        """A worker that is drained at the end."""
        worker = self.worker(work, slots=slots, until_idle=False)
        task = asyncio.create_task(worker.run())
        try:
            yield worker
        finally:
            worker.drain()
            worker.drain()
            await task

    async def start(self, behaviour: str, **options: object) -> RunId:
        asked = {"artifacts": (ArtifactName.LLMS,), "force": True, **options}
        request = RunRequest(source=f"/{behaviour}", **asked)  # type: ignore[arg-type]
        run_id, _ = await self.store.write(
            partial(
                intents.enqueue,
                stamp=self.stamp,
                request=request,
                actor=self.actor,
                policy=Policy(),
            )
        )
        return run_id

    async def cancel(self, run_id: RunId) -> CancelReceipt:
        return await self.store.write(
            partial(intents.cancel, stamp=self.stamp, run_id=run_id, actor=self.actor)
        )

    async def run(self, run_id: RunId) -> Run:
        def look(db: sqlite3.Connection) -> Run:
            return query.find(db, query.vantage(db, self.stamp, self.store.paths), run_id)

        return await self.store.read(look)

    async def events(self, run_id: RunId) -> tuple[RunEvent, ...]:
        return await self.store.read(lambda db: query.events_after(db, run_id, 0, 1000))

    async def worker_states(self) -> list[str]:
        rows = await self.store.read(lambda db: db.execute("SELECT state FROM workers").fetchall())
        return [row["state"] for row in rows]

    async def until(self, run_id: RunId, holds: Callable[[Run], bool], what: str) -> Run:
        """The run once the condition holds; fails with its name when it never does."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while not holds(run := await self.run(run_id)):
            assert asyncio.get_running_loop().time() < deadline, f"never {what}: {run}"
            await self.store.changed(0.5)
        return run

    async def until_worker(self, holds: Callable[[WorkerInfo], bool]) -> None:
        """Wait until what the only registered worker tells of itself holds."""

        def look(db: sqlite3.Connection) -> tuple[WorkerInfo, ...]:
            return picture.registered(db, query.vantage(db, self.stamp, self.store.paths))

        async with asyncio.timeout(PATIENCE):
            while not any(map(holds, await self.store.read(look))):
                await self.store.changed(0.1)

    async def ended(self, run_id: RunId) -> Run:
        return await self.until(run_id, lambda run: run.status in TERMINAL, "ended")

    async def swept(self) -> None:
        """Return right after the end of a sweep that began after this was called."""
        for _ in range(2):
            before = await self._last_sweep()
            async with asyncio.timeout(PATIENCE):
                while await self._last_sweep() == before:
                    await self.store.changed(0.5)

    async def _last_sweep(self) -> int | None:
        row = await self.store.read(
            lambda db: db.execute("SELECT max(sweep_ns) FROM workers").fetchone()
        )
        return None if row[0] is None else int(row[0])


def collecting(run: Run) -> bool:
    """Its run process is at work."""
    return run.phase is Phase.COLLECT and run.pid is not None
