from __future__ import annotations

import pytest
from tests.tui.conftest import Open, Stage
from textual.widgets import Input

from llmsdeck.errors import FilterError
from llmsdeck.snapshot import Window
from llmsdeck.states import RunStatus
from llmsdeck_tui import demo


def shown(stage: Stage) -> set[RunStatus]:
    return {run.status for run in stage.runs.table.held}


async def type_filter(stage: Stage, text: str) -> None:
    await stage.press("slash")
    line = stage.app.screen.query_one("#filter-input", Input)
    await stage.until(lambda: line.has_focus, "the filter line")
    line.value = text


async def test_a_filter_shows_what_matches_and_how_many_that_are(busy: Stage) -> None:
    everything = len(busy.runs.table.held)
    await type_filter(busy, "status:failed")
    await busy.until(lambda: shown(busy) == {RunStatus.FAILED}, "only failed runs")
    matching = len(busy.runs.table.held)
    await busy.sees(f"filter: status:failed ({matching} of {everything})")
    await busy.press("enter")
    await busy.until(lambda: busy.runs.table.has_focus, "the table's focus")
    assert busy.current.status is RunStatus.FAILED


async def test_escape_on_the_line_shows_all_runs_again(busy: Stage) -> None:
    await type_filter(busy, "status:failed")
    await busy.until(lambda: shown(busy) == {RunStatus.FAILED}, "only failed runs")
    await busy.press("escape")
    await busy.until(lambda: len(shown(busy)) == len(RunStatus), "all runs")
    await busy.sees_no_more("filter:")
    assert busy.runs.table.has_focus


async def test_escape_closes_the_run_first_and_then_clears_the_filter(busy: Stage) -> None:
    await type_filter(busy, "status:failed")
    await busy.press("enter", "enter")
    await busy.until(lambda: busy.screen_name == "RunScreen", "the run")
    await busy.press("escape")
    await busy.until(lambda: busy.screen_name == "RunsScreen", "the runs")
    assert "filter: status:failed" in busy.text
    await busy.press("escape")
    await busy.until(lambda: len(shown(busy)) == len(RunStatus), "all runs")


async def test_a_line_that_cannot_be_read_says_why_and_keeps_what_is_shown(busy: Stage) -> None:
    await type_filter(busy, "status:failed")
    await busy.until(lambda: shown(busy) == {RunStatus.FAILED}, "only failed runs")
    await type_filter(busy, "statsu:x")
    await busy.sees("There is no key 'statsu'; did you mean status?")
    assert shown(busy) == {RunStatus.FAILED}


async def test_the_line_begins_with_the_filter_in_force(busy: Stage) -> None:
    await type_filter(busy, "is:live")
    await busy.press("enter", "slash")
    line = busy.app.screen.query_one("#filter-input", Input)
    await busy.until(lambda: line.has_focus, "the filter line")
    assert line.value == "is:live"


async def test_a_filter_that_nothing_matches_shows_no_run_and_says_so(busy: Stage) -> None:
    await type_filter(busy, "nothing-like-it")
    await busy.sees("filter: nothing-like-it (0 of")
    assert busy.runs.table.current is None
    await busy.press("enter", "c")
    await busy.sees("No run is selected.")


async def test_the_cursor_begins_at_the_newest_match(opened: Open) -> None:
    async with opened(demo.busy()) as stage:
        await stage.press("end")
        await type_filter(stage, "is:ended")
        await stage.until(lambda: RunStatus.PENDING not in shown(stage), "only ended runs")
        newest = (await stage.deck.page(1, filter="is:ended")).runs[0]
        await stage.until(lambda: stage.runs.table.cursor_id == newest.run_id, "the newest match")


async def test_the_deck_is_never_asked_for_what_cannot_be_read(busy: Stage) -> None:
    with pytest.raises(FilterError):
        await busy.deck.snapshot(Window(), None, "(")
    await type_filter(busy, "(")
    await busy.sees("Something to look for is missing here. (column 2 of the filter)")
    await busy.press("escape")
    await busy.sees_no_more("filter:")
    assert "NO SIGNAL" not in busy.text


async def test_a_hostile_filter_stays_text(busy: Stage) -> None:
    await type_filter(busy, "[red]x[/] \x1b[2J")
    await busy.sees("filter: [red]x[/] [2J (0 of")


def line(stage: Stage) -> Input:
    return stage.app.screen.query_one("#filter-input", Input)


async def test_values_are_offered_with_their_counts(busy: Stage) -> None:
    await busy.press("slash", "=status", "colon")
    await busy.sees("tab completed 1")
    await busy.sees("failed 1")


async def test_counts_are_of_the_runs_that_the_rest_of_the_line_lets_through(busy: Stage) -> None:
    await type_filter(busy, "status:failed error:")
    await busy.sees("tab source 1")


async def test_a_key_without_its_value_is_no_mistake_yet(busy: Stage) -> None:
    everything = len(busy.runs.table.held)
    await type_filter(busy, "status:failed,")
    await busy.until(lambda: shown(busy) == {RunStatus.FAILED}, "only failed runs")
    await type_filter(busy, "source:")
    await busy.until(lambda: len(busy.runs.table.held) == everything, "all runs")
    assert "missing" not in busy.text


async def test_tab_takes_one_offer_after_the_other(busy: Stage) -> None:
    await busy.press("slash", "=stat", "tab")
    assert line(busy).value == "status:"
    await busy.sees("tab completed 1")
    await busy.press("tab")
    assert line(busy).value == "status:completed"
    await busy.press("tab", "tab")
    assert line(busy).value.startswith("status:")
    assert line(busy).value != "status:completed"
    taken = line(busy).value
    await busy.press("enter")
    assert busy.runs.view.filter == taken


async def test_the_arrows_go_through_the_filters_that_were_used(busy: Stage) -> None:
    for text in ("is:live", "is:ended"):
        await type_filter(busy, text)
        await busy.press("enter")
        await busy.until(lambda: busy.runs.table.has_focus, "the table's focus")
    await type_filter(busy, "httpx")
    await busy.press("up")
    assert line(busy).value == "is:ended"
    await busy.press("up", "up")
    assert line(busy).value == "is:live"
    await busy.press("down", "down")
    assert line(busy).value == "httpx"


async def test_hostile_values_are_offered_as_text(opened: Open) -> None:
    async with opened(demo.hostile()) as stage:
        await stage.press("slash", "=source", "colon")
        await stage.sees("‹U+DCFF›")
        assert "\x1b" not in stage.text
        for _ in range(8):
            await stage.press("tab")
        assert "NO SIGNAL" not in stage.text


async def test_a_filter_that_lets_nothing_through_says_how_to_leave(busy: Stage) -> None:
    await busy.press("slash", "=zzz", "enter")
    await busy.sees("No run matches the filter. esc shows all runs.")
    await busy.press("escape")
    await busy.sees_no_more("No run matches the filter.")
