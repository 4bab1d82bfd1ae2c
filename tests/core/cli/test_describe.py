from __future__ import annotations

from collections.abc import Callable

import pytest

from llmsdeck.cli.actor import CLI
from llmsdeck.cli.describe import duration, page_lines, size, state
from llmsdeck.model import ArtifactName, RunId, RunWarning
from llmsdeck.pages import Page
from llmsdeck.states import ErrorKind, Outcome, Phase
from llmsdeck.testing import FakeClock, FakeDeck

Play = Callable[[FakeDeck, RunId], object]


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (999, "999 B"), (1_000, "1.0 KB"), (61_400, "61 KB"), (5_200_000, "5.2 MB")],
)
def test_sizes_read_as_people_say_them(count: int, shown: str) -> None:
    assert size(count) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.44, "0.4 s"), (9.96, "10 s"), (44, "44 s"), (72, "1m12s"), (7_500, "2h05m")],
)
def test_durations_read_as_people_say_them(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def no_play(deck: FakeDeck, run_id: RunId) -> None:
    pass


def write(deck: FakeDeck, run_id: RunId) -> None:
    deck.claim(run_id)
    deck.enter(run_id, Phase.WRITE, 31, 48)


async def cancel(deck: FakeDeck, run_id: RunId) -> None:
    write(deck, run_id)
    await deck.cancel([run_id], CLI)


def go_stale(deck: FakeDeck, run_id: RunId) -> None:
    assert isinstance(deck.clock, FakeClock)
    write(deck, run_id)
    deck.clock.advance(94)


def lose(deck: FakeDeck, run_id: RunId) -> None:
    deck.claim(run_id)
    deck.lose_attempt(run_id)


def degrade(deck: FakeDeck, run_id: RunId) -> None:
    deck.claim(run_id)
    slow = RunWarning(kind="model", message="the model timed out")
    deck.complete(run_id, {ArtifactName.LLMS: "# A\n"}, outcome=Outcome.DEGRADED, warnings=(slow,))


def fail(deck: FakeDeck, run_id: RunId) -> None:
    deck.claim(run_id)
    deck.fail(run_id, ErrorKind.TIMEOUT, "It took longer than 30 minutes.")


@pytest.mark.parametrize(
    ("play", "shown"),
    [
        (no_play, "number 1 in the queue"),
        (lose, "again in 1.0 s"),
        (write, "write 31/48"),
        (go_stale, "stale: no beat for 94 s (limit 30 s), write 31/48"),
        (degrade, "degraded 93: the model timed out"),
        (fail, "timeout: It took longer than 30 minutes."),
    ],
)
async def test_a_state_says_what_matters_first(play: Play, shown: str) -> None:
    deck = FakeDeck()
    run_id = deck.add("/srv/flask")
    play(deck, run_id)
    assert state(await deck.find(run_id)) == shown


async def test_a_cancel_shows_its_step() -> None:
    deck = FakeDeck()
    run_id = deck.add("/srv/flask")
    await cancel(deck, run_id)
    assert state(await deck.find(run_id)) == "cancel requested, write 31/48"


def test_an_empty_list_says_how_to_begin() -> None:
    (line,) = page_lines(Page(runs=(), next_cursor=None))
    assert "llmsdeck start" in line
