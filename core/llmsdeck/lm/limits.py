"""How long and how large anything about a model server may be, and deadlines on our own clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from llmsdeck.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of every exchange with a model server; durations are in seconds."""

    connect_s: float = 5
    probe_s: float = 10
    """For a question about the server itself."""
    first_token_s: float = 180
    """Reading a full prompt takes minutes on a slow machine."""
    token_s: float = 60
    """Between two tokens."""
    total_s: float = 420
    """For one call, however steadily it speaks."""
    load_s: float = 300
    """For loading a model."""
    wait_s: float = 900
    """For a turn when other calls hold the server."""
    confirm_s: float = 1
    """For asking whether the server has stopped."""
    line_bytes: int = 256 * 1024
    """One line of a stream."""
    stream_bytes: int = 16 * 1024 * 1024
    body_bytes: int = 4 * 1024 * 1024
    """An answer that is no stream."""
    characters_per_token: int = 32
    """More text than this per allowed token means that the server ignores its limit."""


LIMITS = Limits()


@asynccontextmanager
async def deadline(clock: Clock, seconds: float) -> AsyncGenerator[None]:
    """Cancel the body when that much time has passed on `clock` and raise TimeoutError."""
    async with asyncio.timeout(None) as limit:
        alarm = asyncio.ensure_future(clock.sleep(seconds))

        def ring(alarm: asyncio.Future[None]) -> None:
            if not alarm.cancelled() and not over:
                limit.reschedule(0)

        over = False
        alarm.add_done_callback(ring)
        try:
            yield
        finally:
            over = True
            alarm.cancel()
