from __future__ import annotations

import pytest
from tests.tui.conftest import Open, Stage

from llmsdeck.testing import FakeClock, FakeDeck


@pytest.fixture
def many() -> FakeDeck:
    deck = FakeDeck(FakeClock())
    deck.add_worker()
    for number in range(300):
        deck.add(f"acme/{number:03}")
    return deck


async def test_a_run_far_away_is_gone_to_by_how_its_id_begins(opened: Open, many: FakeDeck) -> None:
    wanted = (await many.page(1, sort="age")).runs[0]
    async with opened(many) as stage:
        await stage.press("i", f"={wanted.run_id[:8]}", "enter")
        await stage.until(lambda: stage.runs.shows(wanted.run_id), "the run")
        await stage.until(
            lambda: any("▸" in line and wanted.source in line for line in stage.text.splitlines()),
            "the cursor on it",
        )


@pytest.mark.parametrize(("typed", "source"), [("120", "acme/180"), ("9" * 30, "acme/000")])
async def test_a_number_is_a_line_of_the_list(
    opened: Open, many: FakeDeck, typed: str, source: str
) -> None:
    async with opened(many) as stage:
        await stage.press("i", f"={typed}", "enter")
        await stage.until(
            lambda: (run := stage.runs.table.current) is not None and run.source == source, source
        )


async def test_a_run_that_is_not_there_is_said(opened: Open, many: FakeDeck) -> None:
    async with opened(many) as stage:
        before = stage.runs.table.cursor_id
        await stage.press("i", "=zzzz", "enter")
        await stage.sees("zzzz")
        assert stage.runs.table.cursor_id == before


async def test_a_run_that_the_filter_hides_is_not_gone_to(busy: Stage) -> None:
    (flask,) = (await busy.deck.page(filter="source:flask")).runs
    await busy.press("3")
    await busy.sees("filter: status:failed")
    before = busy.runs.table.cursor_id
    await busy.press("i", f"={flask.short_id}", "enter")
    await busy.sees(f"Run {flask.short_id} is not among what the filter lets through.")
    assert busy.runs.table.cursor_id == before


async def test_the_runs_of_one_source_are_shown_and_all_again(busy: Stage) -> None:
    await busy.select("pallets/flask")
    await busy.press("o")
    await busy.sees("filter: source:pallets/flask (1 of")
    await busy.press("o")
    await busy.sees_no_more("filter:")
