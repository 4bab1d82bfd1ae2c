"""Keys that come before the screen has what they are about are done once it has."""

from __future__ import annotations

from typing import Any

import pytest
from tests.tui.conftest import Open, Stage
from textual.events import Key

from llmsdeck.calls import CallText
from llmsdeck.errors import StoreError
from llmsdeck.model import Actor, ActorKind
from llmsdeck.states import Phase
from llmsdeck.testing import FakeClock, FakeDeck, Gate
from llmsdeck_tui.screens.run import RunScreen

ADA = Actor(ActorKind.OPERATOR, "ada")


def hold(deck: FakeDeck, verb: str) -> Gate:
    """Hold the answers of one of the deck's verbs back."""
    gate, answer = Gate(), getattr(deck, verb)

    async def held(*arguments: Any, **named: Any) -> Any:
        await gate.wait()
        return await answer(*arguments, **named)

    setattr(deck, verb, held)
    return gate


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llmsdeck_tui.typeahead.PATIENCE", 20.0)


@pytest.fixture
def deck() -> FakeDeck:
    """A failed run, and one that retries it and has asked a model."""
    deck = FakeDeck(FakeClock())
    deck.add_worker()
    first = deck.add("acme/first")
    deck.request_cancel(first, ADA)
    second = deck.add("acme/second", parent=first)
    deck.claim(second)
    deck.enter(second, Phase.WRITE, 1, 2)
    deck.called(second, "summary", {
        "purpose": "summary", "model": "qwen3-8b", "prompt_tokens": 812,
        "completion_tokens": 96, "seconds": 24.0, "accepted": True,
    }, CallText(system="You edit the index.", user="Tea?", answer="Yes."))  # fmt: skip
    return deck


def types(stage: Stage, *keys: str) -> None:
    for key in keys:
        stage.app.post_message(Key(key, key if len(key) == 1 else None))


async def type_before(stage: Stage, gate: Gate, *keys: str) -> None:
    """Type while the answer is held back; nothing of the last key may be done before it comes."""
    types(stage, *keys)
    await stage.until(lambda: gate.waiting, "the question to the deck")
    for _ in range(2):
        await stage.pilot.pause()
    assert not stage.app.typed.is_empty
    gate.open()
    await stage.until(lambda: stage.app.typed.is_empty, "every key to be done")


@pytest.mark.parametrize("writable", [True, False], ids=["well", "in trouble"])
@pytest.mark.parametrize(
    ("held", "selected", "moves"),
    [("snapshot", "acme/first", ("up",)), ("events", "acme/second", ())],
)
async def test_a_call_is_opened_once_it_is_known(
    opened: Open, deck: FakeDeck, held: str, selected: str, moves: tuple[str, ...], writable: bool
) -> None:
    deck.writable = writable
    async with opened(deck) as stage:
        await stage.select(selected)
        await stage.settles()
        gate = hold(deck, held)
        await type_before(stage, gate, *moves, "enter", "5", "enter")
        await stage.sees("You edit the index.")


async def test_the_parent_is_gone_to_once_it_is_known(opened: Open, deck: FakeDeck) -> None:
    async with opened(deck) as stage:
        await stage.select("acme/second")
        gate = hold(deck, "find")
        await type_before(stage, gate, "enter", "p")
        await stage.until(lambda: stage.run.subject.source == "acme/first", "the parent")


async def test_a_run_that_is_lost_takes_keys_at_once(
    opened: Open, deck: FakeDeck, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(deck) as stage:
        await stage.select("acme/second")
        deck.outage = StoreError("The disk is gone.")
        stage.passes(1)
        await stage.sees("NO SIGNAL")
        monkeypatch.setattr("llmsdeck_tui.typeahead.PATIENCE", 1e9)
        types(stage, "down", "enter", "4")
        await stage.sees("looking…")


async def test_a_run_of_which_there_is_a_picture_waits_for_no_other(
    opened: Open, deck: FakeDeck, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(deck) as stage:
        await stage.select("acme/second")
        await stage.settles()
        monkeypatch.setattr("llmsdeck_tui.typeahead.PATIENCE", 1e9)
        hold(deck, "snapshot")
        types(stage, "enter", "5", "enter")
        await stage.sees("You edit the index.")


@pytest.mark.parametrize("held", ["events", "page"])
async def test_what_is_new_of_a_run_holds_no_key_back(
    opened: Open, deck: FakeDeck, monkeypatch: pytest.MonkeyPatch, held: str
) -> None:
    async with opened(deck) as stage:
        run_id = await stage.open("acme/second")
        await stage.settles()
        monkeypatch.setattr("llmsdeck_tui.typeahead.PATIENCE", 1e9)
        gate = hold(deck, held)
        deck.enter(run_id, Phase.EXPAND)
        deck.add("acme/third")
        stage.passes(1)
        await stage.until(lambda: gate.waiting, "the question to the deck")
        await stage.press("4")
        await stage.sees("It is at work: expand")


async def test_a_run_that_is_pruned_before_it_is_seen_says_so_and_takes_keys(
    opened: Open, deck: FakeDeck, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(deck) as stage:
        await stage.select("acme/first")
        monkeypatch.setattr("llmsdeck_tui.typeahead.PATIENCE", 1e9)
        gate = hold(deck, "snapshot")
        types(stage, "enter", "2")
        await stage.until(lambda: gate.waiting, "the question to the deck")
        deck.throw([stage.current.run_id], ADA)
        gate.open()
        await stage.sees("This run has been pruned")
        await stage.until(lambda: stage.app.typed.is_empty, "every key to be done")
        await stage.press("4")
        assert "This run has been pruned" in stage.text


async def test_what_is_held_back_is_forgotten_when_the_dashboard_is_closed(
    opened: Open, deck: FakeDeck, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def turn(screen: RunScreen, tab: str) -> None:
        done.append(tab)

    monkeypatch.setattr(RunScreen, "action_tab", turn)
    async with opened(deck) as stage:
        await stage.select("acme/second")
        gate = hold(deck, "events")
        types(stage, "enter", "5")
        await stage.until(lambda: gate.waiting, "the question to the deck")
    assert stage.app.typed.is_empty
    assert not done
