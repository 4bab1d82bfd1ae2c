"""Cancelling a task at exactly its k-th suspension."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Generator
from typing import Any


class Interrupted:
    """An awaitable that passes everything on, and cancels its own task at one suspension."""

    def __init__(self, work: Awaitable[object], at: int, pause: float) -> None:
        self._work = work
        self._at = at
        self._pause = pause
        self.suspensions = 0

    def __await__(self) -> Generator[Any, Any, object]:
        inner = self._work.__await__()
        try:
            waited_for = next(inner)
            while True:
                self.suspensions += 1
                if self.suspensions == self._at:
                    self._cancel()
                try:
                    answer = yield waited_for
                except BaseException as error:
                    waited_for = inner.throw(error)
                else:
                    waited_for = inner.send(answer)
        except StopIteration as end:
            return end.value

    def _cancel(self) -> None:
        """Let the database threads do what they were asked to, or nothing yet, then cancel."""
        time.sleep(self._pause)
        task = asyncio.current_task()
        assert task is not None
        task.cancel()


async def cancel_everywhere(
    make: Callable[[], Awaitable[object]], check: Callable[[], Awaitable[None]]
) -> int:
    """Run the work anew for each of its suspensions and cancel it there; how many there were."""
    at = 0
    while True:
        at += 1
        for pause in (0, 0.002):
            work = Interrupted(make(), at, pause)
            cancelled = await _ends_cancelled(work)
            await check()
            if work.suspensions < at:
                assert not cancelled
                return at - 1


async def _ends_cancelled(work: Interrupted) -> bool:
    async def run() -> None:
        await work

    (answer,) = await asyncio.gather(asyncio.create_task(run()), return_exceptions=True)
    if isinstance(answer, BaseException) and not isinstance(answer, asyncio.CancelledError):
        raise answer
    return answer is not None
