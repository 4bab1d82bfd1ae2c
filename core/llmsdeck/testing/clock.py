"""Time and order in the hands of a test."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Final

from llmsdeck.clock import NANOSECONDS, Instant

WALL_START_MS: Final = int(datetime(2026, 3, 1, 14, 2, 31, tzinfo=UTC).timestamp() * 1000)
"""What a new FakeClock shows."""


class FakeClock:
    """A clock that stands still until a test advances it; works without an event loop."""

    def __init__(self) -> None:
        self._ns = 1_000 * NANOSECONDS
        self._wall_ms = WALL_START_MS
        self._sleepers: list[tuple[int, asyncio.Future[None]]] = []

    def now(self) -> Instant:
        """The fake monotonic clock."""
        return Instant("fake-boot", self._ns)

    def wall_ms(self) -> int:
        """The fake wall clock."""
        return self._wall_ms

    def sleep(self, seconds: float) -> Awaitable[None]:
        """Wait until the clock has been advanced that far."""
        sleeper = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._ns + round(seconds * NANOSECONDS), sleeper))
        self.advance(0)
        return sleeper

    def advance(self, seconds: float) -> None:
        """Let that many seconds pass on both clocks and wake whoever has slept long enough."""
        self._ns += round(seconds * NANOSECONDS)
        self._wall_ms += round(seconds * 1000)
        due = [sleeper for at, sleeper in self._sleepers if at <= self._ns]
        self._sleepers = [entry for entry in self._sleepers if entry[0] > self._ns]
        for sleeper in due:
            if not sleeper.done():
                sleeper.set_result(None)

    def step_wall(self, seconds: float) -> None:
        """Set the wall clock forward or back, as an administrator might; no time passes."""
        self._wall_ms += round(seconds * 1000)


class Gate:
    """Holds whoever waits at it until a test opens it."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self.waiting = False
        """Somebody has come to the gate."""

    async def wait(self) -> None:
        """Wait until the gate is open."""
        self.waiting = True
        await self._open.wait()

    def open(self) -> None:
        """Let everybody through from now on."""
        self._open.set()
