"""Making an attempt stop, for certain: ask, then SIGTERM, then SIGKILL."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from llmsdeck.engine.executor import Execution

TERMINATE_GRACE: Final = 2.0
"""Seconds between SIGTERM and SIGKILL."""


class StopKind(Enum):
    """Why an attempt is made to stop before it has ended."""

    CANCEL = auto()
    TIMEOUT = auto()
    HUNG = auto()
    INTERRUPT = auto()
    LOST = auto()


@dataclass(frozen=True, slots=True)
class Stop:
    """The order to stop, with the sentence that goes on the row."""

    kind: StopKind
    message: str
    grace: float
    """Seconds the attempt has to stop by itself."""


class Ladder:
    """The order in force and the way down; the first order stands unless a later one insists."""

    def __init__(self) -> None:
        self.stop: Stop | None = None
        self._ordered = asyncio.Event()

    def order(self, stop: Stop, *, insist: bool = False) -> None:
        """Give an order; returns at once."""
        if self.stop is None or (insist and self.stop.kind is not StopKind.LOST):
            self.stop = stop
            self._ordered.set()

    async def descend(self, execution: Execution, on_force: Callable[[], Awaitable[None]]) -> None:
        """Wait for an order and carry it out; a new order starts again at the top."""
        await self._ordered.wait()
        while True:
            self._ordered.clear()
            execution.cancel()
            if await self._reordered(self.stop.grace if self.stop else 0):
                continue
            execution.signal(signal.SIGTERM)
            await on_force()
            if await self._reordered(TERMINATE_GRACE):
                continue
            execution.signal(signal.SIGKILL)
            return

    async def _reordered(self, within: float) -> bool:
        try:
            async with asyncio.timeout(within):
                await self._ordered.wait()
        except TimeoutError:
            return False
        return True
