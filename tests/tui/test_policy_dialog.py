from __future__ import annotations

import asyncio

import pytest
from tests.tui.conftest import Stage

from llmsdeck.model import Actor, ActorKind
from llmsdeck.settings import Policy
from llmsdeck.testing import FakeDeck

OPERATOR = Actor(ActorKind.OPERATOR)


@pytest.mark.parametrize("turns", [0, 1, 2, 5, 20, 100])
async def test_the_limits_are_shown_however_late_the_deck_tells_them(
    busy: Stage, monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    deck: FakeDeck = busy.deck
    tell = deck.policy

    async def tell_late() -> Policy:
        for _ in range(turns):
            await asyncio.sleep(0)
        return await tell()

    monkeypatch.setattr(deck, "policy", tell_late)
    await busy.press("P")
    await busy.sees("default 2s")


async def test_a_limit_is_changed_from_the_dashboard(busy: Stage) -> None:
    await busy.press("P")
    await busy.sees("queue_cap")
    await busy.press(*["down"] * 6, "enter")
    assert busy.field("#value").value == "500"
    await busy.press("ctrl+u", "=40", "enter")
    await busy.sees("40   default 500")
    assert (await busy.deck.policy()).queue_cap == 40
    (told,) = await busy.deck.events(None)
    assert (told.actor, told.message) == (OPERATOR, "queue_cap: 500 → 40.")
    await busy.press("d")
    await busy.sees("500   default 500")


async def test_a_refused_limit_is_explained_and_stays_typed(busy: Stage) -> None:
    await busy.press("P")
    await busy.sees("queue_cap")
    await busy.press("enter", "ctrl+u", "=20", "enter")
    await busy.sees("! stale_after must be at least 3 × heartbeat_interval")
    assert busy.field("#value").value == "20"
    await busy.press("escape")
    await busy.sees_no_more("stale_after must be")
    await busy.press("escape")
    assert busy.screen_name == "RunsScreen"
    assert (await busy.deck.policy()).heartbeat_interval == 2
