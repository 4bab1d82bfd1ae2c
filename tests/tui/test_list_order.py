from __future__ import annotations

from dataclasses import replace

import pytest
from tests.tui.conftest import Open, Stage

from llmsdeck.filter import Order
from llmsdeck.model import Window
from llmsdeck.states import ErrorKind
from llmsdeck.testing import FakeClock, FakeDeck
from llmsdeck_tui.screens.sort import ORDERS, chosen, turned


def shown(stage: Stage) -> list[str]:
    """Sources from top to bottom, as far as they are in the picture."""
    return [run.source for run in stage.runs.table.held]


async def sort(stage: Stage, name: str) -> None:
    settings = stage.runs.settings
    stage.runs.use(settings.looking(replace(settings.view, sort=name)))
    await stage.sees(f"sort: {Order.parse(name).name}")


@pytest.fixture
def many() -> FakeDeck:
    deck = FakeDeck(FakeClock())
    deck.add_worker()
    for number in range(200):
        run_id = deck.add(f"acme/{number * 7 % 200:03}")
        deck.claim(run_id)
        deck.fail(run_id, ErrorKind.SOURCE, "Nothing to read.")
    return deck


async def test_the_dialog_sorts_by_the_chosen_line(busy: Stage) -> None:
    await busy.press("s")
    await busy.sees("lowest first")
    await busy.press("end", "enter")
    await busy.until(lambda: shown(busy) == sorted(shown(busy)), "sources in order")
    await busy.sees("SOURCE▲")
    await busy.sees("sort: source ▲")


async def test_the_line_in_force_is_turned_round_when_it_is_chosen_again(busy: Stage) -> None:
    await busy.press("s", "end", "enter")
    await busy.sees("sort: source ▲")
    await busy.press("s", "enter")
    await busy.sees("sort: source ▼")


async def test_escape_leaves_the_order_as_it_is(busy: Stage) -> None:
    await busy.press("s", "end", "escape")
    assert busy.runs.view.sort == ""


async def test_a_capital_s_turns_the_order_round(busy: Stage) -> None:
    oldest = (await busy.deck.page(1, sort="-created")).runs[0]
    await busy.press("S")
    await busy.until(lambda: busy.runs.table.held[0].seq == oldest.seq, "the oldest first")
    await busy.press("S")
    await busy.sees_no_more("sort:")


async def test_a_click_on_a_heading_sorts_by_it_and_another_turns_it_round(busy: Stage) -> None:
    await busy.pilot.click("#runs", offset=(12, 1))
    await busy.sees("sort: source ▲")
    await busy.pilot.click("#runs", offset=(12, 1))
    await busy.sees("sort: source ▼")


async def test_a_click_on_a_heading_without_an_order_does_nothing(busy: Stage) -> None:
    place = busy.runs.table.render_line(0).text.index("BEAT")
    await busy.pilot.click("#runs", offset=(place + 1, 1))
    assert busy.runs.view.sort == ""


async def test_the_cursor_stays_on_its_run_when_the_order_changes(
    opened: Open, many: FakeDeck
) -> None:
    async with opened(many) as stage:
        await stage.press(*["down"] * 5)
        selected = stage.runs.table.cursor_id
        await sort(stage, "source")
        await stage.until(lambda: stage.runs.table.current is not None, "its rows")
        assert stage.runs.table.cursor_id == selected
        current = stage.runs.table.current
        assert current is not None
        assert current.run_id == selected
        cursor = next(line for line in stage.text.splitlines() if "▸" in line)
        assert current.source in cursor


async def test_rows_in_view_hold_still_in_any_order_while_others_come_above(
    opened: Open, many: FakeDeck
) -> None:
    async with opened(many) as stage:
        await sort(stage, "source")
        await stage.press("home", *["pagedown"] * 4)
        await stage.until(lambda: stage.runs.table.current is not None, "the rows")
        table = stage.runs.table
        before = [table.render_line(y).text[2:34] for y in range(1, 12)]
        many.add("aaa/first")
        await stage.sees("pending 1")
        assert [table.render_line(y).text[2:34] for y in range(1, 12)] == before


async def test_rows_in_view_hold_still_when_more_come_than_the_picture_holds(
    opened: Open, many: FakeDeck
) -> None:
    async with opened(many) as stage:
        await stage.press(*["pagedown"] * 4)
        await stage.until(lambda: stage.runs.table.current is not None, "the rows")
        selected = stage.runs.table.current
        assert selected is not None
        for number in range(150):
            many.add(f"new/{number}")
        await stage.sees("pending 150")
        await stage.until(lambda: stage.runs.table.current is not None, "its rows")
        current = stage.runs.table.current
        assert current is not None
        assert current.run_id == selected.run_id
        cursor = next(line for line in stage.text.splitlines() if "▸" in line)
        assert selected.source in cursor


async def test_at_the_top_what_sorts_first_is_seen_when_it_comes(
    opened: Open, many: FakeDeck
) -> None:
    async with opened(many) as stage:
        await sort(stage, "source")
        await stage.press("home")
        many.add("aaa/first")
        await stage.sees("aaa/first")


async def test_a_picture_that_is_not_of_what_is_in_view_is_followed_by_one_that_is(
    opened: Open, many: FakeDeck
) -> None:
    async with opened(many) as stage:
        table = stage.runs.table
        late = await many.snapshot(Window(150, 50))
        newest = table.render_line(1).text
        table.show(late)
        assert table.render_line(1).text != newest
        await stage.until(lambda: table.render_line(1).text == newest, "the newest run")


@pytest.mark.parametrize("name", ORDERS)
def test_choosing_an_order_twice_turns_it_and_a_third_time_turns_it_back(name: str) -> None:
    once = chosen("finished" if name != "finished" else "score", name)
    assert Order.parse(once) == Order(name)
    assert Order.parse(chosen(once, name)) == Order(name, True)
    assert chosen(chosen(once, name), name) == once
    assert turned(turned(once)) == once
