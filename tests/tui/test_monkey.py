"""Keys, pastes, clicks, sizes and events of the deck in any order: the dashboard goes on.

`make monkeys ROUNDS=100` lets more of them loose. One that fails names its number and what it did.
"""

from __future__ import annotations

import os
import random
import unicodedata
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from tests.tui.conftest import Open, Stage
from textual.events import Key, Paste
from textual.pilot import OutOfBounds

from llmsdeck.errors import DeckError, StoreError
from llmsdeck.model import Actor, ActorKind, ArtifactName, RunId
from llmsdeck.states import ErrorKind, RunStatus
from llmsdeck.testing import FakeDeck
from llmsdeck_tui import demo, keys
from llmsdeck_tui.host import Surroundings

ROUNDS = int(os.environ.get("ROUNDS", "8"))
STEPS = 60
DECKS = (demo.busy, demo.history, demo.hostile, demo.old, demo.late, demo.owned, demo.empty)
SIZES = ((80, 24), (120, 36), (60, 20), (44, 16), (200, 50), (20, 5), (1, 1))
PASTES = ("status:failed", "acme", "-x OR age>1h", "((", "a/b c/d\n\ne/f", "\x1b[2J\x07", "x" * 300)
SIGNS = {
    "asterisk": "*", "slash": "/", "comma": ",", "full_stop": ".", "plus": "+", "minus": "-",
    "colon": ":", "question_mark": "?", "space": " ", "left_parenthesis": "(",
    "right_parenthesis": ")",
}  # fmt: skip
LEAVING = {"q", "ctrl+q", "ctrl+c", "ctrl+z"}
KEYS = sorted({stroke for key in keys.EVERY for stroke in key.keys.split(",")} - LEAVING)
OFTEN = ("down", "up", "enter", "enter", "escape", "tab", "space", "pagedown", "end", "a", "7")
ADA = Actor(ActorKind.OPERATOR, "ada")


class Monkey:
    """Does anything at all, and keeps what it did."""

    def __init__(self, stage: Stage, chance: random.Random) -> None:
        self._stage, self._chance = stage, chance
        self.done: list[object] = []

    async def step(self) -> None:
        """Do one thing; typing is what it likes most."""
        likes: dict[Callable[[], Awaitable[object]], int] = {
            self._type: 12, self._paste: 1, self._resize: 1, self._click: 2, self._happen: 2,
        }  # fmt: skip
        (act,) = self._chance.choices([*likes], [*likes.values()])
        self.done.append(act.__name__)
        self.done[-1] = await act()
        await self._stage.pilot.pause()

    async def _type(self) -> object:
        strokes = self._chance.choices((*KEYS, *OFTEN), k=self._chance.choice((1, 3)))
        for stroke in strokes:
            sign = SIGNS.get(stroke, stroke if len(stroke) == 1 else None)
            self._stage.app.post_message(Key(stroke, sign))
        return strokes

    async def _paste(self) -> object:
        text = self._chance.choice(PASTES)
        self._stage.app.post_message(Paste(text))
        return "paste", text

    async def _resize(self) -> object:
        size = self._chance.choice(SIZES)
        await self._stage.pilot.resize_terminal(*size)
        return size

    async def _click(self) -> object:
        width, height = self._stage.app.size
        offset = self._chance.randrange(width), self._chance.randrange(height)
        times = self._chance.choice((1, 2))
        with suppress(OutOfBounds):
            await self._stage.pilot.click(offset=offset, times=times)
        return "click", offset, times

    async def _happen(self) -> object:
        deck = self._stage.deck
        event = self._chance.choice((*EVENTS, *ON_RUNS))
        with suppress(DeckError):
            if event in EVENTS:
                EVENTS[event](self._stage)
            elif found := [r for r in deck.newest_first() if r.status in ON_RUNS[event][0]]:
                ON_RUNS[event][1](deck, self._chance.choice(found).run_id)
        return event


def lose(stage: Stage) -> None:
    stage.deck.outage = StoreError("The disk is gone.")
    stage.passes(1)


def find_again(stage: Stage) -> None:
    stage.deck.outage = None
    stage.passes(1)


EVENTS: dict[str, Callable[[Stage], object]] = {
    "a run": lambda stage: stage.deck.add("acme/new"),
    "a minute": lambda stage: stage.passes(60),
    "a moment": lambda stage: stage.passes(0.5),
    "lost": lose,
    "found": find_again,
}
GOES, ENDED = {RunStatus.PROCESSING}, {RunStatus.FAILED, RunStatus.COMPLETED}
ON_RUNS: dict[str, tuple[set[RunStatus], Callable[[FakeDeck, RunId], object]]] = {
    "claimed": ({RunStatus.PENDING}, lambda deck, run: deck.claim(run)),
    "beat": (GOES, lambda deck, run: deck.beat(run)),
    "asked": (GOES, lambda deck, run: deck.ask(run, 52_000, 20_000)),
    "failed": (GOES, lambda deck, run: deck.fail(run, ErrorKind.MODEL, "It fell silent.")),
    "made": (GOES, lambda deck, run: deck.complete(run, {ArtifactName.LLMS: "# It\n"})),
    "pruned": (ENDED, lambda deck, run: deck.throw([run], ADA)),
}


def steering(text: str) -> set[str]:
    """What a terminal would obey, or not show."""
    return {sign for sign in text if sign != "\n" and unicodedata.category(sign) in {"Cc", "Cf"}}


def can_be_told(stage: Stage) -> bool:
    """Everything that was typed is done, or the program was left."""
    return stage.app.typed.is_empty or not stage.app.is_running


@pytest.mark.parametrize("number", range(ROUNDS))
async def test_the_dashboard_goes_on_whatever_is_done_to_it(
    opened: Open, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr("llmsdeck_tui.typeahead.PATIENCE", 60.0)
    chance = random.Random(number)
    around = Surroundings(read_only=number % 4 == 0)
    deck = chance.choice(DECKS)()
    monkey: Monkey | None = None
    try:
        async with opened(deck, chance.choice(SIZES[:4]), around) as stage:
            monkey = Monkey(stage, chance)
            while len(monkey.done) < STEPS and stage.app.is_running:
                await monkey.step()
                if not len(monkey.done) % 10:
                    await stage.until(lambda: can_be_told(stage), "every key to be done")
                    assert not steering(stage.text)
        assert len(monkey.done) == STEPS or stage.app.return_code == 0
    except BaseException as error:
        error.add_note(f"monkey {number} did {monkey and monkey.done}")
        raise
