from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from textual.message import Message

from llmsdeck.errors import StoreError
from llmsdeck.model import RunId
from llmsdeck.snapshot import DeckSnapshot, Window
from llmsdeck.testing import FakeClock, FakeDeck
from llmsdeck_tui.follow import IDLE_WITHIN, LEAST_GAP, Follower
from llmsdeck_tui.messages import SignalLost, SnapshotTaken

PATIENCE = 2.0
"""Real seconds; only a failing test waits that long."""


class Inbox:
    """What a follower has posted."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._arrived = asyncio.Event()

    def post(self, message: Message) -> None:
        self.messages.append(message)
        self._arrived.set()

    async def until(self, condition: Callable[[list[Message]], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition(self.messages):
                self._arrived.clear()
                await self._arrived.wait()

    async def count(self, number: int) -> None:
        await self.until(lambda messages: len(messages) >= number)

    def last(self) -> DeckSnapshot:
        message = self.messages[-1]
        assert isinstance(message, SnapshotTaken)
        return message.snapshot


@asynccontextmanager
async def following(deck: FakeDeck) -> AsyncGenerator[tuple[Follower, Inbox]]:
    inbox = Inbox()
    follower = Follower(deck, deck.clock, inbox.post)
    task = asyncio.create_task(follower.run())
    await inbox.count(1)
    yield follower, inbox
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def clock_of(deck: FakeDeck) -> FakeClock:
    assert isinstance(deck.clock, FakeClock)
    return deck.clock


async def quiet(inbox: Inbox) -> bool:
    """Nothing comes for three times the least gap."""
    before = len(inbox.messages)
    try:
        async with asyncio.timeout(3 * LEAST_GAP):
            await inbox.until(lambda messages: len(messages) > before)
    except TimeoutError:
        return True
    return False


async def settled(inbox: Inbox) -> None:
    async with asyncio.timeout(2 * PATIENCE):
        while not await quiet(inbox):
            pass


async def test_an_idle_deck_is_left_alone() -> None:
    deck = FakeDeck(FakeClock())
    async with following(deck) as (_, inbox):
        await settled(inbox)
        clock_of(deck).advance(IDLE_WITHIN - 1)
        assert await quiet(inbox)


async def test_a_worker_that_died_is_noticed_although_nothing_is_announced() -> None:
    deck = FakeDeck(FakeClock())
    deck.add_worker()
    async with following(deck) as (_, inbox):
        await settled(inbox)
        deck.bury_worker()
        clock_of(deck).advance(IDLE_WITHIN)
        await inbox.until(lambda _: not inbox.last().workers[0].alive)


async def test_a_change_brings_a_picture() -> None:
    deck = FakeDeck(FakeClock())
    async with following(deck) as (_, inbox):
        await settled(inbox)
        deck.add("pallets/flask")
        await inbox.until(lambda _: inbox.last().total == 1)


async def test_ages_are_refreshed_each_second_while_runs_are_unfinished() -> None:
    deck = FakeDeck(FakeClock())
    deck.add("pallets/flask")
    async with following(deck) as (_, inbox):
        await settled(inbox)
        before = inbox.last().taken_at
        clock_of(deck).advance(1)
        await inbox.until(lambda _: inbox.last().taken_at > before)


async def test_a_storm_of_changes_brings_ten_pictures_a_second_at_most() -> None:
    deck = FakeDeck(FakeClock())
    async with following(deck) as (_, inbox):
        began, before = asyncio.get_running_loop().time(), len(inbox.messages)
        while len(inbox.messages) < before + 4:
            deck.announce()
            await asyncio.sleep(0)
        assert asyncio.get_running_loop().time() - began >= 3 * LEAST_GAP


async def test_another_part_is_fetched_without_a_change() -> None:
    deck = FakeDeck(FakeClock())
    run_id = deck.add("pallets/flask")
    deck.claim(run_id)
    async with following(deck) as (follower, inbox):
        await settled(inbox)
        follower.look_at(Window(0, 7), run_id)
        await inbox.until(lambda _: inbox.last().window.size == 7)
        detail = inbox.last().detail
        assert detail is not None
        assert detail.run.run_id == run_id


async def test_the_same_part_is_not_fetched_again() -> None:
    deck = FakeDeck(FakeClock())
    async with following(deck) as (follower, inbox):
        await settled(inbox)
        follower.look_at(Window(), None)
        assert await quiet(inbox)


async def test_an_outage_is_told_with_its_beginning_until_it_is_over() -> None:
    deck = FakeDeck(FakeClock())
    async with following(deck) as (_, inbox):
        began = deck.wall()
        deck.outage = StoreError("The disk is gone.")
        deck.announce()
        await inbox.until(lambda messages: isinstance(messages[-1], SignalLost))
        clock_of(deck).advance(5)
        lost = len(inbox.messages)
        await inbox.until(lambda messages: len(messages) > lost)
        last = inbox.messages[-1]
        assert isinstance(last, SignalLost)
        assert (last.since, last.reason) == (began, "The disk is gone.")
        deck.outage = None
        await inbox.until(lambda messages: isinstance(messages[-1], SnapshotTaken))
        await settled(inbox)
        deck.outage = StoreError("The disk is gone again.")
        deck.announce()
        await inbox.until(lambda messages: isinstance(messages[-1], SignalLost))
        again = inbox.messages[-1]
        assert isinstance(again, SignalLost)
        assert again.since > began


async def test_an_error_that_nobody_expected_is_told_by_its_name() -> None:
    class Broken(FakeDeck):
        async def snapshot(
            self, window: Window, focus: RunId | None = None, filter: str = "", sort: str = ""
        ) -> DeckSnapshot:
            raise ValueError("seven")

    async with following(Broken(FakeClock())) as (_, inbox):
        message = inbox.messages[0]
        assert isinstance(message, SignalLost)
        assert message.reason == "ValueError: seven"
