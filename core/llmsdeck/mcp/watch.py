"""One follower of the deck for everybody in this process who waits for a change."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from llmsdeck.api import DeckApi
from llmsdeck.clock import Clock
from llmsdeck.errors import DeckError
from llmsdeck.model import Run, RunId
from llmsdeck.states import LIVE

LOOK_AGAIN_S: Final = 1.0
"""Ages and workers change without a write, so look this often at least."""
_PAUSE_S: Final = 0.05
"""Between two wakings, so that many changes in a row cost those who wait one look."""
_WORKER_PAUSE_S: Final = 5.0
"""Between two attempts to start a worker, so that one that dies at once is not started in a row."""
_log = logging.getLogger(__name__)


async def ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait for cancelled tasks; what else ended one is in the log."""
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            _log.error("A task of the server has ended: %r", outcome)


class Watch:
    """Hears of changes, wakes whoever waits, and keeps a worker alive while runs need one.

    A deck tells of each change once, so nobody else in this process may ask it.
    """

    def __init__(self, deck: DeckApi, clock: Clock) -> None:
        self._deck = deck
        self._clock = clock
        self._tick = asyncio.Event()
        self._wanted = asyncio.Event()
        self.revision = 0
        """Grows with every change; note it before looking, so that none is missed."""
        self.stopped = False
        """Nobody is woken any more."""
        self.trouble: str | None = None
        """Why no worker could be started the last time; None when one could."""

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Follow the deck until the context ends; whoever still waits is woken then."""
        tasks = [
            asyncio.create_task(self._follow(), name="watch"),
            asyncio.create_task(self._staff(), name="staff"),
        ]
        try:
            yield
        finally:
            self.stopped = True
            for task in tasks:
                task.cancel()
            self._wake()
            await ended(tasks)

    def want_worker(self) -> None:
        """There is work: see to it, in the background, that a worker is alive."""
        self._wanted.set()

    async def after(self, seen: int, within: float) -> None:
        """Wait until something may have changed since revision `seen`, for so many seconds."""
        if self.stopped or self.revision != seen:
            return
        waiting = asyncio.ensure_future(self._tick.wait())
        pause = asyncio.ensure_future(self._clock.sleep(within))
        try:
            await asyncio.wait({waiting, pause}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for future in (waiting, pause):
                future.cancel()

    async def until_ended(
        self, run_id: RunId, within: float, each: Callable[[Run], Awaitable[None]]
    ) -> Run:
        """The run when it has ended, or as it is after that many seconds.

        `each` sees it whenever it may have changed. Raises NoSuchRunError.
        """
        started = self._clock.now()
        while True:
            seen = self.revision
            run = await self._deck.find(run_id)
            await each(run)
            left = within - (self._clock.now().seconds_since(started) or 0)
            if run.status not in LIVE or left <= 0 or self.stopped:
                return run
            self.want_worker()
            await self.after(seen, min(left, LOOK_AGAIN_S))

    async def _follow(self) -> None:
        failures = 0
        while True:
            try:
                await self._deck.changed(within=LOOK_AGAIN_S)
                failures = 0
            except DeckError as error:
                failures += 1
                if failures & (failures - 1) == 0:
                    _log.warning("The deck cannot be followed (%d times): %s", failures, error)
                await self._clock.sleep(LOOK_AGAIN_S)
            self._wake()
            await self._clock.sleep(_PAUSE_S)

    def _wake(self) -> None:
        self.revision += 1
        tick, self._tick = self._tick, asyncio.Event()
        tick.set()

    async def _staff(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                started = await self._deck.ensure_worker()
                self.trouble = None
            except DeckError as error:
                started = True
                if self.trouble != str(error):
                    _log.warning("No worker: %s", error)
                self.trouble = str(error)
            if started:
                await self._clock.sleep(_WORKER_PAUSE_S)
