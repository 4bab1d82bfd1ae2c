"""A worker: claims runs into its slots, listens for cancels, and stops within a bound."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from llmsdeck import processes
from llmsdeck.clock import Clock
from llmsdeck.engine.executor import Executor
from llmsdeck.engine.farewell import sign_off
from llmsdeck.engine.heart import Heart
from llmsdeck.engine.janitor import Janitor
from llmsdeck.engine.lanes import Probe, ask
from llmsdeck.engine.outage import Outage
from llmsdeck.engine.station import Station
from llmsdeck.errors import DeckError, StoreError
from llmsdeck.model import WorkerId
from llmsdeck.settings import Policy
from llmsdeck.store import leases, workers
from llmsdeck.store import policy as stored_policy
from llmsdeck.store.leases import Held
from llmsdeck.store.stamp import Stamp
from llmsdeck.store.store import Store
from llmsdeck.store.workers import Registration

if TYPE_CHECKING:
    from llmsdeck.engine.supervisor import Supervisor

log = logging.getLogger(__name__)

DRAIN_GRACE: Final = 3.0
"""Seconds in which attempts may still finish once the worker was asked to stop."""
INTERRUPT_GRACE: Final = 3.0
"""Seconds they then have to stop by themselves."""
STOP_BOUND: Final = 12.0
"""Seconds after which the worker leaves whatever its attempts and the store do."""
HASTY_BOUND: Final = 4.0
"""The same with no attempt under way, or once it was asked a second time: attempts that are killed
have gone by then."""
LOOK_AGAIN: Final = 5.0
"""Seconds between looks at the queue when nothing announces a change."""


class Worker:
    """One worker process; `run` returns when it was asked to stop, or is idle if so told."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        executor: Executor,
        *,
        slots: int | None = None,
        until_idle: bool = False,
        probe: Probe = ask,
    ) -> None:
        self.until_idle = until_idle
        self.worker_id = WorkerId(f"{os.getpid()}-{secrets.token_hex(3)}")
        self._store = store
        self._clock = clock
        self._slots = slots
        heart = Heart(
            store,
            clock,
            self.worker_id,
            register=self._register,
            on_refusal=self._wake,
            on_silence=self._lose_all,
        )
        self._station = Station(
            worker=self.worker_id, store=store, clock=clock, executor=executor, heart=heart
        )
        self._janitor = Janitor(store, clock, self.worker_id, probe)
        self._attempts: dict[asyncio.Task[None], Supervisor] = {}
        self._news = asyncio.Event()
        self._draining = False
        self._overdue = asyncio.Event()
        self._said_draining = False
        self._outage = Outage(log, "Looking for work")
        self._deafness = Outage(log, "Listening for changes")

    def drain(self) -> None:
        """Take no more runs, let attempts finish for a moment, then interrupt them.

        Asked a second time, end them at once.
        """
        loop = asyncio.get_running_loop()
        if not self._draining:
            self._draining = True
            loop.call_later(DRAIN_GRACE, self._interrupt, INTERRUPT_GRACE)
            loop.call_later(STOP_BOUND if self._attempts else HASTY_BOUND, self._overdue.set)
        else:
            self._interrupt(0.0)
            loop.call_later(HASTY_BOUND, self._overdue.set)
        self._wake()

    def finish(self) -> None:
        """Stop once nothing is left to do."""
        self.until_idle = True
        self._wake()

    async def run(self) -> None:
        """Work until told to stop; the beat is the last thing to end.

        Raises what ended the heart or the ear: without them a worker would do harm. Raises
        StoreError when runs that it held could not be given back.
        """
        await self._store.write(self._register)
        heart = asyncio.create_task(self._station.heart.run(), name="heart")
        ear = asyncio.create_task(self._hear(), name="ear")
        work = asyncio.create_task(self._work(), name="work")
        overdue = asyncio.create_task(self._overdue.wait(), name="overdue")
        self._janitor.start()
        try:
            await asyncio.wait([work, heart, ear, overdue], return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _cancelled([overdue, work, *self._attempts])
            await self._janitor.stop()
            await _cancelled([ear, heart])
            left = await sign_off(self._store, self._clock, self.worker_id)
        for task in (heart, ear, work):
            if not task.cancelled():
                task.result()
        if left is not None:
            raise left

    def _register(self, db: sqlite3.Connection) -> None:
        policy = stored_policy.load(db)
        registration = Registration(
            worker_id=self.worker_id,
            pid=os.getpid(),
            pid_started=processes.started(os.getpid()) or "",
            slots=self._slots or policy.slots,
        )
        self._station.heart.slots = registration.slots
        workers.register(db, Stamp.of(self._clock), registration)

    def _wake(self) -> None:
        self._news.set()

    async def _hear(self) -> None:
        """Wake the main loop whenever the store may have changed."""
        while True:
            try:
                await self._store.changed(LOOK_AGAIN)
                self._deafness.worked()
            except StoreError as error:
                self._deafness.failed(error)
                await self._clock.sleep(1)
            self._wake()

    async def _work(self) -> None:
        while not self._is_finished():
            self._news.clear()
            try:
                wait = await self._turn()
                self._outage.worked()
            except DeckError as error:
                self._outage.failed(error)
                wait = 1.0
            if wait is None:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._news.wait()

    def _is_finished(self) -> bool:
        return self._draining and not self._attempts

    async def _turn(self) -> float | None:
        """Obey cancels and fill the slots; seconds until the next turn, None when all is done."""
        policy, held, due = await self._store.read(self._look)
        slots = self._slots or policy.slots
        self._station.heart.obey(policy, slots)
        self._janitor.obey(policy)
        self._obey(held)
        if self._draining and not self._said_draining:
            await self._store.write(lambda db: workers.drain(db, self.worker_id))
            self._said_draining = True
        free = slots - len(self._attempts) if not self._draining else 0
        if due is not None and due <= 0 and free > 0:
            await self._claim(free)
            return 0.0
        if self.until_idle and not self._attempts and due is None:
            idle = await self._store.write(lambda db: workers.drain_if_idle(db, self.worker_id))
            return None if idle else LOOK_AGAIN
        return LOOK_AGAIN if due is None or free <= 0 else min(LOOK_AGAIN, max(due, 0.01))

    async def _claim(self, free: int) -> None:
        stamp = Stamp.of(self._clock)
        claims = await self._store.write(lambda db: leases.claim(db, stamp, self.worker_id, free))
        # An idle worker does without what supervising needs, which is a third of its memory.
        from llmsdeck.engine.supervisor import Supervisor

        for claim in claims:
            supervisor = Supervisor(self._station, claim)
            task = asyncio.create_task(supervisor.run(), name=f"run {claim.lease.run_id}")
            self._attempts[task] = supervisor
            task.add_done_callback(self._ended)

    def _look(self, db: sqlite3.Connection) -> tuple[Policy, tuple[Held, ...], float | None]:
        return (
            stored_policy.load(db),
            leases.held(db, self.worker_id),
            leases.next_due_s(db, self._clock.now()),
        )

    def _obey(self, held: tuple[Held, ...]) -> None:
        """Pass on cancels; an attempt whose run is no longer ours has lost it."""
        for supervisor in self._attempts.values():
            ours = leases.standing(supervisor.lease, held)
            if ours is None:
                if not supervisor.is_concluding:
                    supervisor.lose()
            elif ours.cancelling:
                supervisor.cancel(ours.lease)

    def _lose_all(self) -> None:
        for supervisor in self._attempts.values():
            supervisor.lose()

    def _interrupt(self, grace: float) -> None:
        for supervisor in self._attempts.values():
            supervisor.interrupt(grace)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._attempts[task]
        self._wake()


async def _cancelled(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Cancel the tasks and wait for their end."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
