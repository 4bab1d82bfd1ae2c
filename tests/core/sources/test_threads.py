from __future__ import annotations

import asyncio
import threading

import pytest

from llmsdeck.sources.threads import aside


async def test_work_aside_returns_its_result() -> None:
    assert await aside(divmod, 7, 2) == (3, 1)


async def test_an_error_of_the_work_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        await aside(divmod, 7, 0)


async def test_a_cancel_waits_for_the_end_of_the_work_however_often_it_is_repeated() -> None:
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        may_end.wait(10)
        ended.set()

    task = asyncio.ensure_future(aside(work))
    assert await asyncio.to_thread(begun.wait, 10)
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()
