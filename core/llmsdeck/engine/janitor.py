"""The maintenance loop: rescues lost runs, prunes old ones, keeps copies and folders in order."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from typing import Final

from llmsdeck.cache import Cache
from llmsdeck.clock import Clock
from llmsdeck.engine.copies import refresh_copies
from llmsdeck.engine.folders import collect_calls, collect_quarantine, empty_trash, prune_runs
from llmsdeck.engine.lanes import Probe, ask, probe_down
from llmsdeck.engine.outage import Outage
from llmsdeck.engine.rescue import rescue
from llmsdeck.errors import DeckError
from llmsdeck.model import Actor, ActorKind, WorkerId
from llmsdeck.pruning import PruneRule
from llmsdeck.settings import Policy
from llmsdeck.store import events, prune, questions, workers
from llmsdeck.store import policy as stored_policy
from llmsdeck.store.stamp import Stamp
from llmsdeck.store.store import Store

log = logging.getLogger(__name__)

FOLDER_SWEEPS: Final = 60
"""Sweeps between two searches for what is left over on disk; there may be much to look at."""
_MEGABYTE: Final = 1_000_000

RUNS_AT_ONCE: Final = 2000
"""Runs that one sweep prunes, and empties from the trash, at most: rescues wait for it."""


class Janitor:
    """One loop per process; start and stop are idempotent, and it can be started again."""

    def __init__(self, store: Store, clock: Clock, worker: WorkerId, probe: Probe = ask) -> None:
        self._probe = probe
        self._store = store
        self._clock = clock
        self._worker = worker
        self._loop: asyncio.Task[None] | None = None
        self._outage = Outage(log, "Maintenance")
        self._sweeps = 0
        self._policy: Policy | None = None
        self._changed = asyncio.Event()

    def obey(self, policy: Policy) -> None:
        """Sweep at once when the policy has changed, instead of when the last one says."""
        if policy != self._policy:
            self._policy = policy
            self._changed.set()

    def start(self) -> None:
        """Begin to sweep, unless it does already; after a stop under way, once that is done."""
        before = self._loop
        if before is None or before.done() or before.cancelling():
            self._loop = asyncio.create_task(self._sweep_for_ever(before), name="janitor")

    async def stop(self) -> None:
        """Stop sweeping; returns once the loop has ended."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.wait([self._loop])

    async def _sweep_for_ever(self, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        while True:
            interval = Policy().sweep_interval
            self._changed.clear()
            try:
                policy = self._policy = await self._store.read(stored_policy.load)
                interval = policy.sweep_interval
                await self.sweep(policy)
                await self._report(None)
                self._outage.worked()
            except Exception as error:
                self._outage.failed(error)
                await self._try_to_report(error)
            await self._rest(interval)

    async def _rest(self, interval: float) -> None:
        """Wait for the next sweep, or for a change of policy."""
        waits = {
            asyncio.ensure_future(self._clock.sleep(interval)),
            asyncio.ensure_future(self._changed.wait()),
        }
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.wait(waits)

    async def _report(self, error: str | None) -> None:
        now = self._clock.now()
        await self._store.beat(lambda db: workers.swept(db, self._worker, now, error))

    async def _try_to_report(self, error: Exception) -> None:
        try:
            await self._report(str(error))
        except DeckError as failure:
            self._outage.failed(failure)

    async def sweep(self, policy: Policy) -> None:
        """Do all that is due, once; raises DeckError or OSError.

        Every worker rescues; the eldest alone keeps house. Two that both think they are the eldest
        do each other no harm.
        """
        await rescue(self._store, self._clock)
        now = self._clock.now()
        if self._worker == await self._store.read(
            lambda db: workers.eldest(db, now, policy.stale_after)
        ):
            await self._keep_house(policy)

    async def _keep_house(self, policy: Policy) -> None:
        self._sweeps += 1
        await self._store.write(self._tidy)
        await probe_down(self._store, self._clock, self._probe)
        await prune_by(self._store, self._clock, policy)
        await empty_trash(self._store, self._clock, policy, RUNS_AT_ONCE)
        await refresh_copies(self._store, self._clock)
        if self._sweeps % FOLDER_SWEEPS == 1:
            await collect_quarantine(self._store)
            cache = Cache(self._store.paths.cache)
            await asyncio.to_thread(cache.trim, policy.cache_mb * _MEGABYTE)
            await collect_calls(self._store, policy.calls_mb * _MEGABYTE)
        await self._store.checkpoint()

    def _tidy(self, db: sqlite3.Connection) -> None:
        stamp = Stamp.of(self._clock)
        workers.bury(db, stamp.now)
        questions.settle(db, stamp, stored_policy.load(db))
        events.forget_old(db)


async def prune_by(store: Store, clock: Clock, policy: Policy) -> None:
    """Remove what the policy lets go of."""
    stamp = Stamp.of(clock)
    planned = await store.read(lambda db: prune.plan(db, stamp, PruneRule(), policy))
    if planned.items:
        run_ids = [item.run_id for item in planned.items[:RUNS_AT_ONCE]]
        await prune_runs(store, clock, run_ids, Actor(ActorKind.JANITOR))
