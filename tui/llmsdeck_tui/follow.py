"""The loop that keeps a screen's picture of the deck fresh, and no fresher than needed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from textual.message import Message

from llmsdeck.api import DeckApi
from llmsdeck.clock import Clock
from llmsdeck.model import RunId
from llmsdeck.snapshot import Window
from llmsdeck_tui import failures
from llmsdeck_tui.messages import SignalLost, SnapshotTaken

LEAST_GAP: Final = 0.1
"""Seconds between two pictures: ten a second are as many as an eye can use."""
LIVE_WITHIN: Final = 1.0
"""Seconds after which ages are refreshed while any run is unfinished."""
IDLE_WITHIN: Final = 10.0
"""Seconds to wait for a change while nothing is going on: a worker that died announces nothing."""
FIRST_BACKOFF: Final = 0.25
LONGEST_BACKOFF: Final = 5.0


class Follower:
    """Takes a picture when the deck changes, when ages grow, and when another part is wanted."""

    def __init__(self, deck: DeckApi, clock: Clock, post: Callable[[Message], object]) -> None:
        self._deck, self._clock, self._post = deck, clock, post
        self._window = Window()
        self._focus: RunId | None = None
        self._filter: str = ""
        self._sort: str = ""
        self._nudged = asyncio.Event()
        self._lost_since: datetime | None = None
        self._failures = 0
        self._within = 0.0
        self._cost = 0.0
        """Seconds that the last picture took; half of the time is for others."""

    def look_at(
        self, window: Window, focus: RunId | None, filter: str = "", sort: str = ""
    ) -> None:
        """Want this part of a list and this run's detail from now on."""
        wanted = (window, focus, filter, sort)
        if wanted != (self._window, self._focus, self._filter, self._sort):
            self._window, self._focus, self._filter, self._sort = wanted
            self._nudged.set()

    def nudge(self) -> None:
        """Take a picture soon although nothing was announced."""
        self._nudged.set()

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                await self._picture()
            except Exception as error:  # whatever it is, the header shows it and it is tried again
                self._lose(error)
                await asyncio.sleep(self._backoff())
            else:
                await asyncio.sleep(max(LEAST_GAP, self._cost))

    async def _picture(self) -> None:
        await self._wait()
        self._nudged.clear()
        began = asyncio.get_running_loop().time()
        snapshot = await self._deck.snapshot(self._window, self._focus, self._filter, self._sort)
        self._cost = asyncio.get_running_loop().time() - began
        self._lost_since, self._failures = None, 0
        self._within = LIVE_WITHIN if snapshot.counts.live else IDLE_WITHIN
        self._post(SnapshotTaken(snapshot))

    async def _wait(self) -> None:
        if not self._within or self._lost_since is not None:
            return
        changed = asyncio.ensure_future(self._deck.changed(self._within))
        nudged = asyncio.ensure_future(self._nudged.wait())
        try:
            await asyncio.wait({changed, nudged}, return_when=asyncio.FIRST_COMPLETED)
            if changed.done():
                changed.result()
        finally:
            for wait in (changed, nudged):
                wait.cancel()
            await asyncio.gather(changed, nudged, return_exceptions=True)

    def _lose(self, error: Exception) -> None:
        self._failures += 1
        if self._lost_since is None:
            self._lost_since = datetime.fromtimestamp(self._clock.wall_ms() / 1000, UTC)
        self._post(SignalLost(self._lost_since, failures.sentence(error)))

    def _backoff(self) -> float:
        return min(LONGEST_BACKOFF, FIRST_BACKOFF * (1 << min(self._failures - 1, 10)))
