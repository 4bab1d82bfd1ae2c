from __future__ import annotations

import asyncio

import pytest
from tests.tui.conftest import Open
from tests.tui.openings import OPENED
from textual.events import Key

from llmsdeck.errors import StoreError
from llmsdeck.model import Actor, ActorKind
from llmsdeck.testing import FakeClock, FakeDeck, Gate
from llmsdeck_tui import demo
from llmsdeck_tui.crew import RETRY_AFTER
from llmsdeck_tui.messages import SnapshotTaken
from llmsdeck_tui.screens.run import RunScreen


async def test_escape_stays(opened: Open) -> None:
    async with opened(demo.owned()) as stage:
        await stage.press("q", "escape")
        assert stage.screen_name == "RunsScreen"
        assert stage.app.is_running


async def test_a_worker_that_is_still_being_started_is_asked_about_too(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    deck, gate = demo.owned(), Gate()
    start, deck.worker_error = deck.ensure_worker, StoreError("No process can be started here.")

    async def start_late() -> bool:
        await gate.wait()
        return await start()

    async with opened(deck) as stage:
        deck.worker_error = None
        monkeypatch.setattr(deck, "ensure_worker", start_late)
        stage.passes(RETRY_AFTER)
        await stage.sees("starting a worker")
        await stage.press("q")
        await stage.sees("2 runs are not finished.")


async def test_leaving_lets_the_worker_go_on(opened: Open) -> None:
    async with opened(demo.owned()) as stage:
        await stage.press("q")
        await stage.sees("1 processing and 1 pending: 2 runs are not finished.")
        await stage.press("l")
        await stage.until(lambda: not stage.app.is_running, "the end")
        assert len(await stage.deck.workers()) == 1


async def test_draining_stops_the_worker_first(opened: Open) -> None:
    async with opened(demo.owned()) as stage:
        await stage.press("q", "d")
        await stage.until(lambda: not stage.app.is_running, "the end")
        assert not await stage.deck.workers()


async def test_cancel_all_asks_every_unfinished_run_to_stop(opened: Open) -> None:
    async with opened(demo.owned()) as stage:
        await stage.press("q", "c")
        await stage.until(lambda: not stage.app.is_running, "the end")
        runs = (await stage.deck.page()).runs
        assert all(run.cancel is not None for run in runs)


async def test_asked_to_quit_a_second_time_it_quits(opened: Open) -> None:
    async with opened(demo.owned()) as stage:
        await stage.press("q", "ctrl+q")
        await stage.until(lambda: not stage.app.is_running, "the end")


async def test_without_work_there_is_no_question(opened: Open) -> None:
    async with opened(FakeDeck(FakeClock())) as stage:
        await stage.sees("1 worker")
        await stage.press("q")
        await stage.until(lambda: not stage.app.is_running, "the end")


@pytest.mark.parametrize("late", ["a minute", "a picture"])
async def test_nothing_is_drawn_on_screens_that_are_being_closed(
    opened: Open, monkeypatch: pytest.MonkeyPatch, late: str
) -> None:
    came: list[str] = []

    def come(screen: RunScreen) -> None:
        runs = stage.runs
        assert runs.picture is not None
        assert not screen.children
        if late == "a minute":
            stage.clock.advance(60)
            runs.tick()
        else:
            runs.take_picture(SnapshotTaken(runs.picture))
        came.append(late)

    monkeypatch.setattr(RunScreen, "on_unmount", come, raising=False)
    deck = FakeDeck(FakeClock())
    deck.request_cancel(deck.add("acme/api"), Actor(ActorKind.OPERATOR, "ada"))
    async with opened(deck) as stage:
        await stage.open("acme/api")
    assert came == [late]


@pytest.mark.parametrize("name", [name for name, (_, keys) in OPENED.items() if keys])
async def test_a_key_that_comes_while_the_dashboard_is_being_closed_does_nothing(
    opened: Open, name: str
) -> None:
    build, keys = OPENED[name]
    *before, last = (key for key in keys if not key.startswith("="))
    deck = build()
    async with opened(deck) as stage:
        await stage.press(*before)
        told = await deck.journal()
        stage.app.post_message(Key(last, None))
    assert await deck.journal() == told


async def test_work_that_goes_on_misses_no_widget_while_the_dashboard_is_being_closed(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = asyncio.Event()

    def close(screen: RunScreen) -> None:
        closed.set()

    async def look_late(screen: RunScreen) -> None:
        await closed.wait()
        screen.lines.focus()

    monkeypatch.setattr(RunScreen, "on_unmount", close, raising=False)
    async with opened(demo.history()) as stage:
        await stage.open("pallets/flask")
        stage.runs.run_worker(look_late(stage.run))
        await stage.pilot.pause()
    assert closed.is_set()
