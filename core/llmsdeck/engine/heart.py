"""The heart of a worker: writes the beats of its attempts, and its own, on their own connection."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from llmsdeck.clock import Clock
from llmsdeck.engine.outage import Outage
from llmsdeck.errors import StoreError
from llmsdeck.model import RunId, WorkerId
from llmsdeck.settings import Policy
from llmsdeck.store import leases, workers
from llmsdeck.store.leases import Beat, Lease
from llmsdeck.store.store import Store

log = logging.getLogger(__name__)

GIVE_UP: Final = 0.9
"""Part of `stale_after` without a beat after which an attempt counts as hung."""
SILENCE: Final = 0.4
"""Part of `stale_after` without a written beat after which a failed try gives the attempts up: the
next try may take as long as a write may wait for its lock."""
SPACING: Final = 0.25
"""Seconds between two writes, however many beats arrive."""


class Heart:
    """Coalesces beats: whatever arrived since the last write goes into the next one.

    `register` puts the worker on the register again should it have been struck off while it beats.

    `on_refusal` is called when a beat came under a lease that no longer holds, `on_silence` when
    beats could not be written for so long that others may take the runs.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        worker: WorkerId,
        *,
        register: Callable[[sqlite3.Connection], None],
        on_refusal: Callable[[], None],
        on_silence: Callable[[], None],
    ) -> None:
        self.policy = Policy()
        self.slots = 0
        self._store = store
        self._clock = clock
        self._worker = worker
        self._register = register
        self._on_refusal = on_refusal
        self._on_silence = on_silence
        self._beats: dict[RunId, Beat] = {}
        self._news = asyncio.Event()
        self._written = clock.now()
        self._outage = Outage(log, "Writing beats")
        self._has_ended = False
        """A beat that is on its way when the heart ends must not undo that its worker signs off."""

    def obey(self, policy: Policy, slots: int) -> None:
        """Beat by this policy from now on, and tell how many slots there are."""
        if (policy, slots) != (self.policy, self.slots):
            self.policy, self.slots = policy, slots
            self._news.set()

    def note(self, beat: Beat) -> None:
        """An attempt has beaten; a newer beat replaces one that was not written yet."""
        self._beats[beat.lease.run_id] = beat
        self._news.set()

    async def run(self) -> None:
        """Beat until cancelled."""
        try:
            while True:
                await self._write()
                await self._clock.sleep(min(SPACING, self.policy.heartbeat_interval))
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.policy.heartbeat_interval):
                        await self._news.wait()
        finally:
            self._has_ended = True

    async def _write(self) -> None:
        self._news.clear()
        beats = tuple(self._beats.values())
        self._beats.clear()
        try:
            lost = await self._store.beat(lambda connection: self._beat(connection, beats))
        except StoreError as error:
            self._outage.failed(error)
            self._mind_silence()
            await self._clock.sleep(self.policy.heartbeat_interval)
            return
        self._outage.worked()
        self._written = self._clock.now()
        if lost:
            self._on_refusal()

    def _beat(self, connection: sqlite3.Connection, beats: Sequence[Beat]) -> tuple[Lease, ...]:
        known = workers.beat(connection, self._worker, self._clock.now(), self.slots)
        if not known and not self._has_ended:
            self._register(connection)
        return leases.beat(connection, beats)

    def _mind_silence(self) -> None:
        """Have the attempts given up before others may take them."""
        silent = self._clock.now().seconds_since(self._written) or 0.0
        if silent > self.policy.stale_after * SILENCE:
            self._on_silence()
