from __future__ import annotations

import asyncio

import pytest

from llmsdeck.errors import StoreError
from llmsdeck.snapshot import DeckSnapshot, Window
from llmsdeck.testing import FakeClock, FakeDeck, Gate
from llmsdeck_tui.crew import RETRY_AFTER, Crew


class SlowDeck(FakeDeck):
    """Starting a worker takes until the gate opens."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.gate = Gate()

    async def ensure_worker(self) -> bool:
        await self.gate.wait()
        return await super().ensure_worker()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def look(deck: FakeDeck) -> DeckSnapshot:
    return await deck.snapshot(Window())


async def test_a_worker_is_called_when_the_dashboard_opens(clock: FakeClock) -> None:
    deck = FakeDeck(clock)
    crew = Crew(deck, clock)
    assert crew.look(await look(deck))
    await crew.call()
    assert (crew.owned, crew.coming) == (True, True)
    assert not crew.look(await look(deck))
    assert not crew.coming


async def test_a_worker_of_somebody_else_is_not_ours(clock: FakeClock) -> None:
    deck = FakeDeck(clock)
    crew = Crew(deck, clock)
    deck.add_worker()
    await crew.call()
    assert not crew.owned


async def test_nobody_is_called_twice_while_a_worker_is_being_started(clock: FakeClock) -> None:
    deck = SlowDeck(clock)
    deck.add("pallets/flask")
    crew = Crew(deck, clock)
    calling = asyncio.create_task(crew.call())
    await asyncio.sleep(0)
    clock.advance(10 * RETRY_AFTER)
    assert not crew.look(await look(deck))
    assert crew.coming
    deck.gate.open()
    await calling


async def test_after_a_failure_there_is_a_rest(clock: FakeClock) -> None:
    deck = FakeDeck(clock)
    deck.add("pallets/flask")
    deck.worker_error = StoreError("No process can be started here.")
    crew = Crew(deck, clock)
    await crew.call()
    assert crew.trouble == "No process can be started here."
    assert not crew.look(await look(deck))
    clock.advance(RETRY_AFTER)
    assert crew.look(await look(deck))


async def test_without_waiting_runs_a_failure_is_not_repeated(clock: FakeClock) -> None:
    deck = FakeDeck(clock)
    deck.worker_error = StoreError("No process can be started here.")
    crew = Crew(deck, clock)
    await crew.call()
    clock.advance(10 * RETRY_AFTER)
    assert not crew.look(await look(deck))


async def test_a_worker_that_never_appears_is_not_promised_for_ever(clock: FakeClock) -> None:
    deck = FakeDeck(clock)
    crew = Crew(deck, clock)
    await crew.call()
    await deck.stop_worker()
    clock.advance(RETRY_AFTER)
    crew.look(await look(deck))
    assert not crew.coming


async def test_a_run_whose_worker_died_calls_for_another(clock: FakeClock) -> None:
    deck = FakeDeck(clock)
    crew = Crew(deck, clock)
    await crew.call()
    run_id = deck.add("pallets/flask")
    deck.claim(run_id)
    await deck.stop_worker()
    deck.lose_owner(run_id)
    clock.advance(RETRY_AFTER)
    assert crew.look(await look(deck))
