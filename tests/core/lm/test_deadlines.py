from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path

import pytest
from asking import GOOD, SHORT, Ear, fault, lane_to, prompt

from llmsdeck.lm import Fault, Limits, ModelError
from llmsdeck.testing import FakeClock
from llmsdeck.testing.behaviours import Behaviour, Exchange, hangs, stops_midway
from llmsdeck.testing.model_server import ModelServer


async def test_the_time_to_the_first_token_counts_from_the_request(tmp_path: Path) -> None:
    clock, ear = FakeClock(), Ear()

    async def slow(exchange: Exchange) -> None:
        clock.advance(7)
        await exchange.begin()
        clock.advance(5)
        await exchange.delta(content=GOOD)
        await exchange.end()

    async with (
        ModelServer(slow) as server,
        lane_to(server.url, tmp_path, ear=ear, clock=clock) as lane,
    ):
        reply = await lane.ask(prompt())
    assert reply.call.first_token_s == 12


class AlarmClock(FakeClock):
    """A clock that remembers what it was set to."""

    def __init__(self) -> None:
        super().__init__()
        self.alarms: asyncio.Queue[float] = asyncio.Queue()

    def sleep(self, seconds: float) -> Awaitable[None]:
        self.alarms.put_nowait(seconds)
        return super().sleep(seconds)


async def test_a_head_without_an_answer_does_not_buy_time(tmp_path: Path) -> None:
    clock = AlarmClock()

    async def slow(exchange: Exchange) -> None:
        assert [await clock.alarms.get() for _ in range(2)] == [420, 180]
        clock.advance(100)
        await exchange.begin()
        left.append(await clock.alarms.get())
        clock.advance(300)
        await hangs(exchange)

    left: list[float] = []
    async with ModelServer(hangs) as server, lane_to(server.url, tmp_path, clock=clock) as lane:
        server.behaviour, clock.alarms = slow, asyncio.Queue()
        with pytest.raises(ModelError, match="did not begin to answer"):
            await lane.ask(prompt())
    assert left == [80]


@pytest.mark.parametrize("behaviour", [hangs, stops_midway])
async def test_a_silent_server_runs_into_its_deadline(behaviour: Behaviour, tmp_path: Path) -> None:
    assert (await fault(behaviour, tmp_path, SHORT)).fault is Fault.TIMEOUT


async def test_one_token_now_and_then_runs_into_the_total_deadline(tmp_path: Path) -> None:
    clock, ear = FakeClock(), Ear()

    async def drip(exchange: Exchange) -> None:
        await exchange.begin()
        while True:
            ear.spoken.clear()
            await exchange.delta(content="a")
            await ear.spoken.wait()
            clock.advance(1)

    limits = Limits(total_s=20)
    async with (
        ModelServer(drip) as server,
        lane_to(server.url, tmp_path, ear=ear, clock=clock, limits=limits) as lane,
    ):
        with pytest.raises(ModelError, match="spoke for 20 s and was not done") as caught:
            await lane.ask(prompt())
    assert caught.value.fault is Fault.TIMEOUT
    assert ear.calls[0].completion_tokens == 20


async def test_keeping_a_connection_alive_is_not_answering(tmp_path: Path) -> None:
    async def ping(exchange: Exchange) -> None:
        await exchange.begin()
        while True:
            await exchange.send(b": ping\n\n")
            await asyncio.sleep(0)

    limits = Limits(first_token_s=0.2, total_s=30)
    assert "did not begin" in str(await fault(ping, tmp_path, limits))
