"""One limit of calls per server for all processes: locked files, which die with their holder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from typing import Final

from llmsdeck.clock import Clock, Instant
from llmsdeck.lm.errors import Fault, ModelError

_LOOK_S: Final = 0.05
"""Between two looks at the files; locks of other processes announce nothing."""
_TELL_S: Final = 1.0
_NUMBERS: Final = count()

Waiting = Callable[[float], None]
"""Called about once a second with the seconds waited so far."""


class Slots:
    """The slots of one server, in a folder that all processes share."""

    def __init__(self, folder: Path, size: int, clock: Clock) -> None:
        self._folder = folder
        self._size = size
        self._clock = clock

    @asynccontextmanager
    async def hold(self, waiting: Waiting, within: float) -> AsyncGenerator[None]:
        """Hold a slot; who came first is served first.

        Raises ModelError when none gets free in time. Waiting can be cancelled.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._ticket() as ticket:
            slot = await self._turn(ticket, waiting, within)
        try:
            yield
        finally:
            os.close(slot)

    async def _turn(self, ticket: str, waiting: Waiting, within: float) -> int:
        began = told = self._clock.now()
        while True:
            if self._is_first(ticket) and (slot := self._free()) is not None:
                return slot
            now = self._clock.now()
            if (waited := _between(now, began)) >= within:
                message = f"The model was busy with other calls for {waited:.0f} s; run fewer at "
                raise ModelError(Fault.BUSY, message + "once or raise model.concurrent_calls.")
            if _between(now, told) >= _TELL_S:
                told = now
                waiting(waited)
            await self._clock.sleep(_LOOK_S)

    def _free(self) -> int | None:
        slots = (locked(self._folder / f"slot-{number}") for number in range(self._size))
        return next((slot for slot in slots if slot is not None), None)

    @contextmanager
    def _ticket(self) -> Generator[str]:
        """A place in the line. It is locked before others can see it, so that they never doubt."""
        name = f"turn-{self._clock.now().ns:020}-{os.getpid()}-{next(_NUMBERS)}"
        hidden = self._folder / f".{name}"
        lock = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            hidden.rename(self._folder / name)
            yield name
        finally:
            (self._folder / name).unlink(missing_ok=True)
            os.close(lock)

    def _is_first(self, ticket: str) -> bool:
        """Nobody who is still there came earlier; places of the dead are cleared away."""
        earlier = sorted(path for path in self._folder.glob("turn-*") if path.name < ticket)
        return not any(_is_alive(path) for path in earlier)


def _is_alive(ticket: Path) -> bool:
    try:
        lock = os.open(ticket, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        ticket.unlink(missing_ok=True)
        return False
    finally:
        os.close(lock)


def locked(path: Path, mode: int = fcntl.LOCK_EX) -> int | None:
    """A descriptor that holds the file's lock until it is closed; None when somebody else does."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


@asynccontextmanager
async def alone(path: Path, clock: Clock, within: float) -> AsyncGenerator[None]:
    """Hold a lock that only one process has at a time; raises ModelError."""
    began = clock.now()
    while (lock := locked(path)) is None:
        if _between(clock.now(), began) >= within:
            message = f"Another process keeps {path.name} for more than {within:g} s; end it."
            raise ModelError(Fault.BUSY, message)
        await clock.sleep(_LOOK_S)
    try:
        yield
    finally:
        os.close(lock)


def _between(now: Instant, then: Instant) -> float:
    return now.seconds_since(then) or 0.0
