from __future__ import annotations

import pytest
from tests.tui.conftest import Open, Stage

from llmsdeck.model import Actor, ActorKind
from llmsdeck.pruning import PruneRule
from llmsdeck.states import ErrorKind
from llmsdeck.testing import FakeClock, FakeDeck

MANY = 400


@pytest.fixture
def many() -> FakeDeck:
    deck = FakeDeck(FakeClock())
    deck.add_worker()
    for number in range(1, MANY + 1):
        run_id = deck.add(f"acme/service-{number:03}")
        deck.claim(run_id)
        deck.fail(run_id, ErrorKind.SOURCE, "Nothing to read.")
    return deck


async def test_only_a_window_of_the_runs_is_held(opened: Open, many: FakeDeck) -> None:
    async with opened(many) as stage:
        asked = stage.watch_windows()
        await stage.press("end")
        await stage.sees("acme/service-001")
        assert asked
        assert max(window.size for window in asked) < MANY / 2


async def test_rows_are_fetched_before_they_come_into_view(opened: Open, many: FakeDeck) -> None:
    async with opened(many) as stage:
        table = stage.runs.table
        held, in_view = table.held, table.scrollable_content_region.height - 1
        table.scroll_to(y=len(held) - in_view, animate=False)
        await stage.until(lambda: table.held[-1].seq < held[-1].seq, "rows below those in view")


async def test_every_run_can_be_reached(opened: Open, many: FakeDeck) -> None:
    async with opened(many) as stage:
        seen = set[str]()
        while stage.current.seq > 1:
            await stage.press("pagedown")
            await stage.until(lambda: stage.runs.table.current is not None, "the rows")
            seen.add(stage.current.source)
        await stage.sees("acme/service-001")
        assert len(seen) > 10


async def test_the_cursor_stays_with_its_run_when_others_come_above(
    opened: Open, many: FakeDeck
) -> None:
    async with opened(many) as stage:
        await stage.press("down", "down")
        selected = stage.current
        many.add("acme/new-one")
        await stage.sees("acme/new-one")
        assert stage.current.run_id == selected.run_id
        assert "▸" in next(line for line in lines(stage) if selected.source in line)


async def test_a_terminal_that_was_small_for_a_while_leaves_the_list_where_it_was(
    opened: Open, many: FakeDeck
) -> None:
    async with opened(many) as stage:
        await stage.press(*["down"] * 12)
        table = stage.runs.table
        await stage.pilot.resize_terminal(120, 18)
        await stage.until(lambda: table.scroll_offset.y > 0, "a list that is too short")
        await stage.pilot.resize_terminal(120, 36)
        await stage.until(lambda: table.scroll_offset.y == 0, "the list as it was")


async def test_a_list_whose_top_is_out_of_view_for_a_while_still_shows_new_runs_at_the_top(
    opened: Open, many: FakeDeck
) -> None:
    async with opened(many) as stage:
        await stage.press(*["down"] * 12)
        await stage.pilot.resize_terminal(120, 18)
        await stage.until(lambda: stage.runs.table.scroll_offset.y > 0, "a list that is too short")
        many.add("acme/new-one")
        await stage.until(lambda: stage.runs.table.virtual_size.height > MANY + 1, "the new run")
        await stage.pilot.resize_terminal(120, 36)
        await stage.sees("acme/new-one")


async def test_rows_in_view_stay_where_they_are_when_scrolled_down(
    opened: Open, many: FakeDeck
) -> None:
    async with opened(many) as stage:
        for _ in range(4):
            await stage.press("pagedown")
        await stage.until(lambda: stage.runs.table.current is not None, "the rows")
        before = [line[:40] for line in lines(stage) if "acme/" in line]
        many.add("acme/new-one")
        await stage.sees("pending 1")
        assert [line[:40] for line in lines(stage) if "acme/" in line] == before


async def test_new_runs_are_seen_while_the_top_is_in_view(opened: Open, many: FakeDeck) -> None:
    async with opened(many) as stage:
        for number in range(3):
            many.add(f"acme/new-{number}")
            await stage.sees(f"acme/new-{number}")


async def test_when_the_selected_run_is_pruned_another_is_selected(
    opened: Open, many: FakeDeck
) -> None:
    async with opened(many) as stage:
        await stage.press("end")
        await stage.sees("acme/service-001")
        stage.passes(60)
        plan = await many.plan_prune(PruneRule(older_than_s=1, keep=5))
        await many.apply_prune(plan, Actor(ActorKind.JANITOR))
        await stage.until(lambda: stage.runs.table.current is not None, "a selected run")
        await stage.sees("failed 5")
        await stage.until(lambda: stage.current.seq == MANY - 4, "the oldest one left")


async def test_the_wheel_scrolls_without_moving_the_cursor(opened: Open, many: FakeDeck) -> None:
    async with opened(many) as stage:
        selected = stage.runs.table.cursor_id
        stage.runs.table.scroll_to(y=200, animate=False)
        await stage.sees("acme/service-195")
        assert stage.runs.table.cursor_id == selected


def lines(stage: Stage) -> list[str]:
    return str(stage.text).splitlines()


async def test_a_row_is_laid_out_for_the_width_that_it_is_drawn_in(opened: Open) -> None:
    deck = FakeDeck(FakeClock())
    for number in range(100):
        run_id = deck.add(f"acme/{number:03}")
        deck.claim(run_id)
        deck.fail(run_id, ErrorKind.SOURCE, "Nothing to read.")
    async with opened(deck) as stage:
        table = stage.runs.table
        table.styles.scrollbar_size_vertical = 9
        assert table.render_line(1).text.rstrip().endswith("1/3")
