"""What changes is painted, what does not is left alone, and nothing old stays on the screen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import replace
from typing import Any

import pytest
from tests.tui.conftest import Open, Stage
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from llmsdeck.errors import StoreError
from llmsdeck.model import RunId
from llmsdeck.states import ErrorKind, Phase
from llmsdeck.testing import FakeClock, FakeDeck
from llmsdeck_tui import themes
from llmsdeck_tui.screens import runs as runs_screen
from llmsdeck_tui.widgets.lines import Lines
from llmsdeck_tui.widgets.run_lines import RunLines
from llmsdeck_tui.widgets.run_table import RunTable

Event = Callable[[Stage], Awaitable[None]]


def painted(stage: Any) -> list[Strip]:
    """What is on the screen, from what was painted and from what is marked to be painted."""
    return [strip.simplify() for strip in stage.app.screen._compositor.render_strips()]


def painted_anew(stage: Any) -> list[Strip]:
    """What would be on the screen if nothing of what was painted were kept."""
    table = stage.runs.table
    table._lines = RunLines(table._lines.layout, table._lines.now)
    for widget in stage.app.screen.walk_children(Widget):
        widget._set_dirty()
    return painted(stage)


@contextmanager
def drawn(kind: type[RunTable | Lines]) -> Generator[list[int]]:
    """The lines of widgets of this kind that are drawn meanwhile, counted from the top."""
    lines: list[int] = []
    original = kind.render_line

    def render_line(self: Any, y: int) -> Strip:
        lines.append(y)
        return original(self, y)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kind, "render_line", render_line)
        yield lines


@pytest.fixture
def many() -> FakeDeck:
    """More runs than a screen shows; the newest two are being written."""
    deck = FakeDeck(FakeClock())
    deck.add_worker()
    for number in range(60):
        run_id = deck.add(f"acme/service-{number:02}")
        deck.claim(run_id)
        deck.fail(run_id, ErrorKind.SOURCE, "Nothing to read.")
    for name in ("flask", "httpx"):
        run_id = deck.add(f"pallets/{name}")
        deck.claim(run_id)
        deck.enter(run_id, Phase.WRITE, 1, 48)
    return deck


async def running(stage: Stage) -> RunId:
    runs = (await stage.deck.page(1_000)).runs
    return next(run.run_id for run in runs if run.source == "pallets/flask")


async def move_down(stage: Stage) -> None:
    await stage.press("down", "down", "up")


async def scroll(stage: Stage) -> None:
    stage.runs.table.scroll_to(y=30, animate=False)
    await stage.sees("acme/service-20")


async def jump_to_the_end(stage: Stage) -> None:
    await stage.press("end")
    await stage.sees("acme/service-00")


async def mark(stage: Stage) -> None:
    await stage.press("space", "space", "up")
    await stage.sees("2 marked")


async def mark_all(stage: Stage) -> None:
    stage.runs.use_filter("status:failed")
    await stage.sees_no_more("pallets/flask")
    stage.runs.action_mark_all()
    await stage.sees("60 marked")
    stage.runs.action_unmark()
    stage.runs.action_mark_all()
    await stage.pilot.pause()


async def progress(stage: Stage) -> None:
    stage.deck.enter(await running(stage), Phase.WRITE, 31, 48)
    await stage.sees("31/48")


async def end(stage: Stage) -> None:
    stage.deck.fail(await running(stage), ErrorKind.MODEL, "It fell silent.")
    await stage.sees("It fell silent.")


async def grow_stale(stage: Stage) -> None:
    stage.passes(32)
    await stage.sees("! STALE")


async def grow_old(stage: Stage) -> None:
    stage.passes(120)
    await stage.sees("2m ago")


async def add(stage: Stage) -> None:
    stage.deck.add("acme/new-one")
    await stage.sees("acme/new-one")


async def change_theme(stage: Stage) -> None:
    stage.app.theme = "textual-light"
    await stage.pilot.pause()
    await stage.pilot.pause()


async def change_a_colour(stage: Stage) -> None:
    other = {**themes.VARIABLES, **themes.DECK.variables, "quiet": "#ff00ff"}
    stage.app.register_theme(replace(themes.DECK, name="other", variables=other))
    stage.app.theme = "other"
    await stage.pilot.pause()
    await stage.pilot.pause()
    assert "#ff00ff" in stage.app.export_screenshot()


async def resize(stage: Stage) -> None:
    await stage.pilot.resize_terminal(90, 28)
    await stage.sees("PROGRESS")


async def choose_columns(stage: Stage) -> None:
    settings = stage.runs.settings
    view = replace(settings.view, columns=("run", "model", "age", "source"))
    stage.runs.use(settings.looking(view))
    await stage.sees("MODEL")


async def sort(stage: Stage) -> None:
    settings = stage.runs.settings
    stage.runs.use(settings.looking(replace(settings.view, filter="is:live", sort="source")))
    await stage.sees("SOURCE▲")
    stage.runs.action_turn_order()
    await stage.sees("SOURCE▼")


async def use_filter(stage: Stage) -> None:
    stage.runs.use_filter("status:failed")
    await stage.sees_no_more("pallets/flask")


async def lose_the_signal(stage: Stage) -> None:
    stage.deck.outage = StoreError("The disk is gone.")
    stage.deck.announce()
    await stage.sees("NO SIGNAL")


async def find_the_signal_again(stage: Stage) -> None:
    await lose_the_signal(stage)
    stage.deck.outage = None
    await stage.sees_no_more("NO SIGNAL")


async def leave_the_table(stage: Stage) -> None:
    await stage.press("tab")
    assert not stage.runs.table.has_focus


async def turn_the_tab(stage: Stage) -> None:
    stage.runs.action_tab("events")
    await stage.sees("accepted")


async def change_behind_a_dialog(stage: Stage) -> None:
    await stage.press("question_mark")
    stage.deck.enter(await running(stage), Phase.WRITE, 31, 48)
    await stage.until(lambda: stage.deck.is_pictured, "the picture")
    await stage.press("escape")
    await stage.sees("31/48")


EVENTS: tuple[Event, ...] = (
    move_down, scroll, jump_to_the_end, mark, mark_all, progress, end, grow_stale, grow_old, add,
    change_theme, change_a_colour, resize, choose_columns, sort, use_filter, lose_the_signal,
    find_the_signal_again, leave_the_table, turn_the_tab, change_behind_a_dialog,
)  # fmt: skip


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
async def test_nothing_old_stays_on_the_screen(opened: Open, many: FakeDeck, event: Event) -> None:
    async with opened(many) as stage:
        await event(stage)
        await stage.pilot.pause()
        before = painted(stage)
        assert before == painted_anew(stage)


async def test_a_key_draws_the_lines_that_the_cursor_leaves_and_enters(
    opened: Open, many: FakeDeck
) -> None:
    async with opened(many) as stage:
        with drawn(RunTable) as lines:
            await stage.press("down")
            await stage.until(lambda: stage.runs.is_complete, "the details")
        assert sorted(lines) == [1, 2]


async def test_a_run_that_changes_draws_its_own_line(opened: Open, many: FakeDeck) -> None:
    async with opened(many) as stage:
        with drawn(RunTable) as lines:
            await progress(stage)
        assert set(lines) == {2}


async def test_details_that_change_draw_their_own_lines(opened: Open, many: FakeDeck) -> None:
    async with opened(many) as stage:
        await stage.press("down")
        await stage.until(lambda: stage.runs.is_complete, "the details")
        with drawn(Lines) as lines:
            await progress(stage)
            await stage.until(lambda: stage.text.count("31/48") == 2, "it in the details")
        assert set(lines) == {2}


async def test_a_picture_of_the_same_draws_no_line(opened: Open, many: FakeDeck) -> None:
    async with opened(many) as stage:
        with drawn(RunTable) as lines, drawn(Lines) as details:
            stage.deck.announce()
            await stage.until(lambda: stage.deck.is_pictured, "the picture")
            await stage.pilot.pause()
        assert not lines
        assert not details


async def test_a_second_that_goes_by_lays_nothing_out(opened: Open, many: FakeDeck) -> None:
    async with opened(many) as stage:
        laid_out: list[Screen[Any]] = []
        original = getattr(Screen, "_refresh_layout")  # noqa: B009 - it is not public

        def lay_out(self: Screen[Any], *rest: Any) -> None:
            laid_out.append(self)
            original(self, *rest)

        stage.clock.advance(1)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Screen, "_refresh_layout", lay_out)
            stage.runs.tick()
            await stage.sees(stage.runs.now.strftime("%H:%M:%S UTC"))
        assert not laid_out


@pytest.fixture
def at_rest() -> FakeDeck:
    """One run, which has ended."""
    deck = FakeDeck(FakeClock())
    deck.add_worker()
    deck.claim(deck.add("pallets/flask"))
    deck.fail(deck.newest_first()[0].run_id, ErrorKind.SOURCE, "Nothing to read.")
    return deck


async def test_a_second_of_a_deck_at_rest_paints_nothing(opened: Open, at_rest: FakeDeck) -> None:
    async with opened(at_rest) as stage:
        frames: list[Screen[Any]] = []
        stage.clock.advance(1)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Screen, "_compositor_refresh", frames.append)
            stage.runs.tick()
            await stage.pilot.pause()
        assert not frames


@pytest.mark.parametrize("keys", [(), ("enter",)], ids=["runs", "run"])
async def test_a_minute_of_a_deck_at_rest_moves_its_clock_on(
    opened: Callable[[FakeDeck], AbstractAsyncContextManager[Any]],
    at_rest: FakeDeck,
    keys: tuple[str, ...],
) -> None:
    async with opened(at_rest) as stage:
        await stage.press(*keys)
        before = stage.runs.now.strftime("%H:%M UTC")
        await stage.sees(before)
        later = FakeClock()  # which brings no picture, as the deck's own would
        later.advance(60)
        stage.runs._clock = stage.app.screen._clock = later
        stage.runs.tick()
        await stage.sees_no_more(before)
        await stage.sees(stage.runs.now.strftime("%H:%M UTC"))


async def test_what_is_known_of_a_run_is_shown_before_the_cursor_rests_on_it(
    opened: Open, many: FakeDeck, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(many) as stage:
        monkeypatch.setattr(runs_screen, "REST", 600)
        await stage.press("down", "down")
        await stage.sees("acme/service-59timelineeventsartifacts")
        assert not stage.runs.is_complete


async def test_the_runs_are_painted_while_a_dialog_lies_over_them(
    opened: Open, many: FakeDeck
) -> None:
    async with opened(many) as stage:
        await stage.press("s")
        await stage.sees("Sort by")
        stage.deck.add("acme/new-one")
        await stage.sees("queue 1/500")
        await stage.sees("acme/new-one")


async def test_a_run_is_painted_while_a_dialog_lies_over_it(opened: Open, many: FakeDeck) -> None:
    async with opened(many) as stage:
        await stage.open("pallets/flask")
        await stage.press("y")
        await stage.until(lambda: stage.screen_name != "RunScreen", "the dialog")
        stage.deck.fail(await running(stage), ErrorKind.MODEL, "It fell silent.")
        await stage.sees("✗ failed")
