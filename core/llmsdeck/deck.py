"""The one door: every front end looks at the store and acts on it through a deck."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING

from llmsdeck.acts.asking import Asking
from llmsdeck.acts.keeping import Keeping
from llmsdeck.acts.starting import Starting
from llmsdeck.clock import Clock, SystemClock
from llmsdeck.errors import DeckError, StoreError
from llmsdeck.model import Actor
from llmsdeck.paths import StorePaths
from llmsdeck.settings import Policy
from llmsdeck.store import policy as stored_policy
from llmsdeck.store.store import Store, open_store

if TYPE_CHECKING:
    from llmsdeck.engine.companion import Companion

WORKER_PATIENCE = 20.0
"""Seconds a started worker may take to register."""


class Deck(Starting, Asking, Keeping):
    """DeckApi over a store; use `open_deck`."""

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self._companion: Companion | None = None
        self._starting = asyncio.Lock()

    async def set_policy(self, changes: Mapping[str, str], actor: Actor) -> Policy:
        """Change limits, all or none."""
        stamp = self._stamp
        return await self._store.write(lambda db: stored_policy.change(db, stamp, changes, actor))

    async def deliver(self) -> None:
        """Bring copies in output folders up to date now."""
        from llmsdeck.engine.copies import refresh_copies

        for failure in await refresh_copies(self._store, self._clock):
            raise DeckError(failure)

    async def ensure_worker(self) -> bool:
        """Start a worker process when none is alive."""
        from llmsdeck.engine.companion import Companion

        async with self._starting:
            if await self._worker_is_alive():
                return False
            self._companion = Companion.start(self._store.paths)
            try:
                async with asyncio.timeout(WORKER_PATIENCE):
                    await self._see_worker(self._companion)
            except TimeoutError as error:
                raise StoreError(
                    f"The started worker did not report within {WORKER_PATIENCE:g} s; "
                    f"see {self._companion.log_file}."
                ) from error
        return True

    async def _see_worker(self, companion: Companion) -> None:
        while not await self._worker_is_alive():
            if not companion.running:
                raise companion.failure()
            # Not `changed`: whoever follows the deck would miss what is heard here.
            await self._clock.sleep(0.02)

    async def _worker_is_alive(self) -> bool:
        """Somebody would execute a run that is accepted now."""
        return any(worker.alive and worker.state == "running" for worker in await self.workers())

    async def stop_worker(self) -> None:
        """Drain the worker that `ensure_worker` started."""
        if self._companion is not None:
            await self._companion.stop()
            self._companion = None

    def let_go(self) -> None:
        """Leave a started worker to finish the queue by itself."""
        if self._companion is not None:
            self._companion.let_go()


@contextlib.asynccontextmanager
async def open_deck(
    paths: StorePaths, *, read_only: bool = False, clock: Clock | None = None
) -> AsyncGenerator[Deck]:
    """Open the deck of a store folder, which is made when absent; raises StoreError."""
    async with open_store(paths, read_only=read_only, beating=False) as store:
        deck = Deck(store, clock or SystemClock())
        try:
            yield deck
        finally:
            deck.let_go()
