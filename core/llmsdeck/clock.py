"""What time it is: a shared monotonic clock for ages, wall time for display only."""

from __future__ import annotations

import sys
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

NANOSECONDS = 1_000_000_000
_BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """A moment of one boot: comparable between processes of that boot, meaningless across boots."""

    boot_id: str
    ns: int

    def seconds_since(self, earlier: Instant) -> float | None:
        """Seconds from `earlier` to here, never negative; None when the boots differ."""
        if self.boot_id != earlier.boot_id:
            return None
        return max(0, self.ns - earlier.ns) / NANOSECONDS


class Clock(Protocol):
    """The only source of time in the project, so that tests can own it."""

    def now(self) -> Instant:
        """The monotonic clock that all processes of this boot share."""
        ...

    def wall_ms(self) -> int:
        """Milliseconds since the Unix epoch, for display only: this clock may be stepped."""
        ...

    def sleep(self, seconds: float) -> Awaitable[None]:
        """Wait that long on this clock."""
        ...


class SystemClock:
    """The machine's clocks; CLOCK_MONOTONIC stands still while a laptop sleeps, as ages should."""

    def now(self) -> Instant:
        """The shared monotonic clock."""
        return Instant(boot_id(), time.monotonic_ns())

    def wall_ms(self) -> int:
        """The wall clock."""
        return time.time_ns() // 1_000_000

    async def sleep(self, seconds: float) -> None:
        """Wait on the event loop."""
        import asyncio  # so that reading the command line does not load it

        await asyncio.sleep(seconds)


@cache
def boot_id() -> str:
    """A name for the time since this machine started, the same in all of its processes."""
    if _BOOT_ID_FILE.exists():
        return _BOOT_ID_FILE.read_text(encoding="ascii").strip()
    return f"{sys.platform}-{round((time.time() - time.monotonic()) / 60)}"
