from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from llmsdeck.model import Run, RunId
from llmsdeck.snapshot import DeckSnapshot, Window
from llmsdeck.testing import FakeClock, FakeDeck
from llmsdeck_tui import demo
from llmsdeck_tui.demo import SceneApp
from llmsdeck_tui.host import Surroundings
from llmsdeck_tui.screens.run import RunScreen
from llmsdeck_tui.screens.runs import RunsScreen


@dataclass
class Stage:
    """A dashboard under test, its deck, and ways to wait for it."""

    app: SceneApp
    deck: FakeDeck
    pilot: Pilot[None]

    @property
    def runs(self) -> RunsScreen:
        return self.app.runs

    @property
    def current(self) -> Run:
        """The selected run."""
        run = self.runs.table.current
        assert run is not None
        return run

    def field(self, selector: str) -> Input:
        """What is typed into, on the screen above all others."""
        return self.app.screen.query_one(selector, Input)

    @property
    def clock(self) -> FakeClock:
        assert isinstance(self.deck.clock, FakeClock)
        return self.deck.clock

    @property
    def screen_name(self) -> str:
        return type(self.app.screen).__name__

    @property
    def text(self) -> str:
        return demo.screen_text(self.app)

    async def press(self, *keys: str) -> None:
        await demo.press(self.pilot, keys)

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        await demo.until(self.pilot, condition, what)

    async def sees(self, shown: str) -> None:
        """Wait until the screen shows this text."""
        await self.until(lambda: shown in self.text, f"{shown!r}")

    async def settles(self) -> None:
        """Wait until all that was begun is done and shown."""
        await self.until(lambda: demo.is_settled(self.app), "the end of what was begun")

    def passes(self, seconds: float) -> None:
        """Let time pass and have a picture taken of it.

        Unannounced, the next picture waits for this clock to go on when the last one came late.
        """
        self.clock.advance(seconds)
        self.deck.announce()

    async def sees_no_more(self, shown: str) -> None:
        await self.until(lambda: shown not in self.text, f"{shown!r} to go")

    def watch_windows(self) -> list[Window]:
        """Every window that is asked of the deck from now on."""
        asked: list[Window] = []
        original = self.deck.snapshot

        async def snapshot(
            window: Window, focus: RunId | None = None, filter: str = "", sort: str = ""
        ) -> DeckSnapshot:
            asked.append(window)
            return await original(window, focus, filter, sort)

        self.deck.snapshot = snapshot  # type: ignore[method-assign] # a spy
        return asked

    @property
    def run(self) -> RunScreen:
        """The screen of one run, which is open."""
        assert isinstance(self.app.screen, RunScreen)
        return self.app.screen

    async def open(self, source: str) -> RunId:
        """Open the newest run of this source and wait for all of it."""
        await self.select(source)
        await self.press("enter")
        await self.until(
            lambda: self.screen_name == "RunScreen" and self.run.is_complete, "the run"
        )
        return self.run.subject.run_id

    async def select(self, source: str) -> None:
        """Put the cursor on the run of this source and wait for its details."""
        wanted = next(run.run_id for run in await self.listed() if run.source == source)
        self.runs.table.select(wanted)
        await self.until(lambda: self.runs.shows(wanted), f"the details of {source}")

    async def newest(self) -> Run:
        return (await self.deck.page(limit=1)).runs[0]

    async def listed(self, filter: str = "") -> list[Run]:
        """Every run that a filter lets through."""
        return list((await self.deck.page(1_000, None, filter)).runs)

    async def mark(self, filter: str) -> list[Run]:
        """Mark everything that a filter lets through."""
        runs = await self.listed(filter)
        self.runs.table.mark(run.run_id for run in runs)
        await self.sees(f"◆ {len(runs)} marked")
        return runs

    async def asks(self, key: str, heading: str) -> None:
        """Press a key and wait for the question about the marked runs."""
        await self.press(key)
        await self.until(lambda: self.screen_name == "BulkDialog", "the dialog")
        await self.sees(heading)


Open = Callable[..., AbstractAsyncContextManager[Stage]]


@asynccontextmanager
async def _open(
    deck: FakeDeck, size: tuple[int, int] = (120, 36), around: Surroundings | None = None
) -> AsyncGenerator[Stage]:
    app = SceneApp(deck, around=around)
    async with app.run_test(size=size, notifications=True) as pilot:
        stage = Stage(app, deck, pilot)
        await stage.until(lambda: app.runs.is_complete, "the first picture")
        await stage.settles()
        yield stage


@pytest.fixture
def opened() -> Open:
    """Open the dashboard over a deck."""
    return _open


@pytest.fixture
async def busy() -> AsyncGenerator[Stage]:
    """The dashboard over a deck with a run in every state."""
    async with _open(demo.busy()) as stage:
        yield stage


@pytest.fixture
async def history() -> AsyncGenerator[Stage]:
    """The dashboard over runs that have much to tell."""
    async with _open(demo.history()) as stage:
        yield stage


@pytest.fixture
async def empty() -> AsyncGenerator[Stage]:
    """The dashboard over a deck without runs."""
    async with _open(demo.empty()) as stage:
        yield stage
