from __future__ import annotations

import pytest

from llmsdeck.forecast import Forecast, Span, forecast
from llmsdeck.model import RunId
from llmsdeck.snapshot import Window
from llmsdeck.states import Phase
from llmsdeck.testing import FakeClock, FakeDeck
from llmsdeck.why import explain, in_words

USUAL = {
    Phase.COLLECT: (1.0, 2.0),
    Phase.ANALYSE: (1.0, 2.0),
    Phase.WRITE: (50.0, 70.0),
    Phase.EXPAND: (1.0, 2.0),
    Phase.CHECK: (1.0, 2.0),
}
"""Together from 54 to 78 seconds."""


@pytest.fixture
def deck(clock: FakeClock) -> FakeDeck:
    deck = FakeDeck(clock)
    deck.usual = USUAL
    return deck


async def expected(deck: FakeDeck, run_id: RunId) -> Forecast:
    found = forecast(await deck.snapshot(Window(), run_id))
    assert found is not None
    return found


def occupy(deck: FakeDeck, runs: int) -> None:
    for number in range(runs):
        deck.claim(deck.add(f"busy/{number}"))


async def test_a_run_with_a_free_slot_begins_at_once_and_takes_what_is_usual(
    deck: FakeDeck,
) -> None:
    deck.add_worker(slots=1)
    found = await expected(deck, deck.add("a/b"))
    assert (found.begins, found.ends) == (Span(0, 1), Span(54, 79))


async def test_the_first_in_the_queue_waits_for_one_end(deck: FakeDeck) -> None:
    deck.add_worker(slots=2)
    occupy(deck, 2)
    found = await expected(deck, deck.add("a/b"))
    assert (found.begins, found.ends) == (Span(0, 78), Span(54, 156))


async def test_those_behind_wait_for_whole_rounds(deck: FakeDeck) -> None:
    deck.add_worker(slots=2)
    occupy(deck, 2)
    waiting = [deck.add(f"a/{number}") for number in range(3)]
    assert (await expected(deck, waiting[2])).begins == Span(54, 156)


async def test_a_run_never_begins_before_its_pause_is_over(deck: FakeDeck) -> None:
    deck.add_worker(slots=1)
    run_id = deck.add("a/b")
    for _ in range(2):
        deck.claim(run_id)
        deck.lose_attempt(run_id)
    begins = (await expected(deck, run_id)).begins
    assert begins is not None
    assert begins.least == 4


async def test_a_processing_run_has_the_rest_of_its_phases_before_it(
    deck: FakeDeck, clock: FakeClock
) -> None:
    run_id = deck.add("a/b")
    deck.claim(run_id)
    deck.enter(run_id, Phase.WRITE)
    clock.advance(20)
    found = await expected(deck, run_id)
    assert (found.begins, found.ends) == (None, Span(33, 56))


async def test_nothing_bounds_a_phase_that_takes_longer_than_usual(
    deck: FakeDeck, clock: FakeClock
) -> None:
    run_id = deck.add("a/b")
    deck.claim(run_id)
    deck.enter(run_id, Phase.WRITE)
    for _ in range(4):
        clock.advance(20)
        deck.beat(run_id)
    assert (await expected(deck, run_id)).ends == Span(3, None)


async def test_without_history_the_end_is_unknown(deck: FakeDeck) -> None:
    deck.usual = {}
    deck.add_worker()
    found = await expected(deck, deck.add("a/b"))
    assert (found.begins, found.ends) == (Span(0, 1), None)
    assert found.unknown == "too few runs have ended here to tell from"


async def test_without_a_worker_nothing_is_promised(deck: FakeDeck) -> None:
    found = await expected(deck, deck.add("a/b"))
    assert (found.begins, found.ends) == (None, None)
    assert found.unknown == "no worker is alive that would take it"


async def test_a_cancelled_or_silent_run_has_no_expected_end(
    deck: FakeDeck, clock: FakeClock
) -> None:
    run_id = deck.add("a/b")
    deck.claim(run_id)
    clock.advance(40)
    assert (await expected(deck, run_id)).unknown == "nobody may be working on it"


async def test_an_ended_run_has_no_forecast(deck: FakeDeck) -> None:
    run_id = deck.add("a/b")
    deck.claim(run_id)
    deck.complete(run_id, {})
    assert forecast(await deck.snapshot(Window(), run_id)) is None


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (Span(0, 1), "at once"),
        (Span(12, 180), "in 12 s to 3 min"),
        (Span(3, None), "in 3 s or later"),
        (Span(0, 59), "in 0 s to 59 s"),
        (Span(5, 2400), "in 5 s to 40 min, a wide guess: runs here differ much"),
        (Span(60, 600), "in 60 s to 10 min"),
        (Span(60, 60.2), "in 60 s"),
    ],
)
def test_a_range_reads_as_people_say_it(span: Span, words: str) -> None:
    assert in_words(span) == words


async def test_why_tells_what_to_expect(deck: FakeDeck) -> None:
    deck.add_worker(slots=1)
    occupy(deck, 1)
    told = explain(await deck.snapshot(Window(), deck.add("a/b")))
    facts = {evidence.fact: evidence.value for evidence in told.evidence}
    assert facts["expected start"] == "in 0 s to 78 s"
    assert facts["expected end"] == "in 54 s to 3 min"
