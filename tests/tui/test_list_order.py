from __future__ import annotations

from dataclasses import replace

import pytest
from tests.tui.conftest import Open, Stage

from llmsdeck.filter import Order
from llmsdeck.snapshot import Window
from llmsdeck.states import ErrorKind
from llmsdeck.testing import FakeClock, FakeDeck
from llmsdeck_tui.present.layout import Layout
from llmsdeck_tui.screens.sort import ORDERS, added, chosen, turned


def shown(stage: Stage) -> list[str]:
    """Sources from top to bottom, as far as they are in the picture."""
    return [run.source for run in stage.runs.table.held]


async def sort(stage: Stage, name: str) -> None:
    settings = stage.runs.settings
    stage.runs.use(settings.looking(replace(settings.view, sort=name)))
    await stage.sees(f"sort: {Order.parse(name).names[0]}")


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
    assert Order.parse(once) == Order.parse(name)
    assert Order.parse(chosen(once, name)) == Order.parse(f"-{name}")
    assert chosen(chosen(once, name), name) == once
    assert turned(turned(once)) == once


def test_a_key_is_added_turned_and_taken_away_and_others_stay() -> None:
    steps = [added("status", "source")]
    for _ in range(3):
        steps.append(added(steps[-1], "source"))
    assert steps == ["status,source", "status,-source", "status", "status,source"]


@pytest.mark.parametrize(
    ("sort", "name", "then"),
    [
        ("", "status", "status"),
        ("", "created", "-created"),
        ("-created", "status", "status,-created"),
        ("-created", "created", ""),
        ("status", "created", "status,created"),
        ("status,age", "created", "status,created"),
    ],
)
def test_created_stays_the_last_key(sort: str, name: str, then: str) -> None:
    assert added(sort, name) == then
    Order.parse(then)


async def test_runs_that_are_equal_by_the_first_key_are_sorted_by_the_next(busy: Stage) -> None:
    await busy.press("s", *["down"] * 4, "space", "down", "plus", "plus")
    await busy.sees("order: status ▲, source ▼")
    await busy.press("enter")
    await busy.sees("sort: status ▲, source ▼")
    assert "SOURCE▼2" in busy.text
    assert "STATUS▲1" in busy.text
    sources: dict[str, list[str]] = {}
    for run in busy.runs.table.held:
        sources.setdefault(run.status, []).append(run.source)
    assert list(sources) == sorted(sources)
    assert all(each == sorted(each, reverse=True) for each in sources.values())
    assert max(map(len, sources.values())) > 1


async def test_enter_takes_the_line_alone_when_nothing_was_put_together(busy: Stage) -> None:
    await sort(busy, "status,source")
    await busy.press("s", "enter")
    await busy.until(lambda: busy.runs.view.sort == "status", "the first key alone")


async def test_a_click_with_ctrl_lets_a_column_decide_next(busy: Stage) -> None:
    await sort(busy, "status")
    await busy.pilot.click("#runs", offset=(12, 1), control=True)
    await busy.sees("sort: status ▲, source ▲")


async def test_equal_runs_hold_still_while_others_come_and_change(
    opened: Open, many: FakeDeck
) -> None:
    async with opened(many) as stage:
        await sort(stage, "status,score")
        await stage.press("home", *["pagedown"] * 4)
        await stage.until(lambda: stage.runs.table.current is not None, "the rows")
        table = stage.runs.table
        before = [table.render_line(y).text[2:34] for y in range(1, 12)]
        for number in range(5):
            many.add(f"new/{number}")
        await stage.sees("pending 5")
        assert [table.render_line(y).text[2:34] for y in range(1, 12)] == before


@pytest.mark.parametrize("width", range(2, 40))
def test_a_heading_gives_way_to_its_arrow(width: int) -> None:
    shown = Layout.of(width, ("score", "beat", "source")).heading("score,-source").plain
    assert len(shown) == width
    assert "▲1" in shown
