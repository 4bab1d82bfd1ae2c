from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from asking import Ear, lane_to, prompt

from llmsdeck.clock import SystemClock
from llmsdeck.lm import Fault, ModelError
from llmsdeck.lm.slots import Slots
from llmsdeck.testing import FakeClock, Gate
from llmsdeck.testing.behaviours import Exchange, says
from llmsdeck.testing.model_server import ModelServer

HOLDER = """
import asyncio, sys
from pathlib import Path
from llmsdeck.clock import SystemClock
from llmsdeck.lm.slots import Slots

async def main():
    async with Slots(Path(sys.argv[1]), 1, SystemClock()).hold(lambda seconds: None, 60):
        print("held", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def silent(seconds: float) -> None:
    pass


async def turn(slots: Slots, gate: Gate, order: list[int], number: int) -> None:
    async with slots.hold(silent, 60):
        order.append(number)
        await gate.wait()


async def until_queued(folder: Path, count: int) -> None:
    for _ in range(10_000):
        if len([*folder.glob("turn-*")]) == count:
            return
        await asyncio.sleep(0)
    raise AssertionError(f"{count} are not waiting")


async def test_no_more_calls_at_once_than_allowed(tmp_path: Path) -> None:
    async def hold_until_two(exchange: Exchange) -> None:
        if server.calls == 2:
            both.set()
        await both.wait()
        await says('{"text": "hello"}')(exchange)

    both = asyncio.Event()
    async with ModelServer(hold_until_two) as server:

        async def ask() -> None:
            async with lane_to(server.url, tmp_path, concurrent_calls=2) as lane:
                await lane.ask(prompt())

        async with asyncio.TaskGroup() as group:
            for _ in range(6):
                group.create_task(ask())
        assert server.most_calls == 2


async def test_who_came_first_is_served_first(tmp_path: Path) -> None:
    slots, gate, order = Slots(tmp_path, 1, SystemClock()), Gate(), list[int]()
    async with asyncio.TaskGroup() as group:
        async with slots.hold(silent, 60):
            for number in range(5):
                group.create_task(turn(slots, gate, order, number))
                await until_queued(tmp_path, number + 1)
        gate.open()
    assert order == [0, 1, 2, 3, 4]


async def test_a_slot_of_a_killed_process_is_free_at_once(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=-1)
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        slots = Slots(tmp_path, 1, SystemClock())
        with pytest.raises(ModelError):
            async with slots.hold(silent, 0):
                pass
        holder.kill()
        holder.wait(30)
        async with slots.hold(silent, 30):
            pass


async def test_a_place_in_the_line_of_somebody_dead_is_passed_by(tmp_path: Path) -> None:
    (tmp_path / "turn-00000000000000000001-1-0").touch()
    async with Slots(tmp_path, 1, SystemClock()).hold(silent, 30):
        assert not [*tmp_path.glob("turn-*")]


async def test_waiting_is_told_and_ends(tmp_path: Path) -> None:
    clock, ear = FakeClock(), Ear()
    slots = Slots(tmp_path, 1, clock)
    async with slots.hold(silent, 5):
        waiting = asyncio.ensure_future(turn(slots, Gate(), [], 1))
        second = asyncio.ensure_future(_hold(slots, ear))
        while not second.done():
            clock.advance(0.05)
            await asyncio.sleep(0)
        waiting.cancel()
    error = second.exception()
    assert isinstance(error, ModelError)
    assert error.fault is Fault.BUSY
    assert [round(wait) for wait in ear.waits] == [1, 2, 3, 4]


async def _hold(slots: Slots, ear: Ear) -> None:
    async with slots.hold(ear.waiting, 5):
        pass


async def test_whoever_stops_waiting_leaves_the_line(tmp_path: Path) -> None:
    slots, order = Slots(tmp_path, 1, SystemClock()), list[int]()
    async with slots.hold(silent, 60):
        waiting = asyncio.ensure_future(turn(slots, Gate(), order, 1))
        await until_queued(tmp_path, 1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert not [*tmp_path.glob("turn-*")]
    assert order == []
