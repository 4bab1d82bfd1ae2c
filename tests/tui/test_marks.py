from __future__ import annotations

from dataclasses import replace

import pytest
from tests.tui.conftest import Stage

from llmsdeck.model import Run, RunId
from llmsdeck.states import RunStatus
from llmsdeck_tui.screens import marking


async def listed(stage: Stage, filter: str = "", sort: str = "") -> list[RunId]:
    return [run.run_id for run in (await stage.deck.page(1_000, None, filter, sort)).runs]


def marked(stage: Stage) -> set[RunId]:
    return set(stage.runs.table.marks)


def failed(stage: Stage) -> list[Run]:
    return [run for run in stage.runs.table.held if run.status is RunStatus.FAILED]


async def use_filter(stage: Stage, text: str) -> None:
    settings = stage.runs.settings
    stage.runs.use(settings.looking(replace(settings.view, filter=text)))
    await stage.sees(f"filter: {text}")


async def test_space_marks_a_run_and_goes_on(busy: Stage) -> None:
    runs = await listed(busy)
    await busy.press("space", "space")
    assert marked(busy) == set(runs[:2])
    assert busy.runs.table.cursor_id == runs[2]
    await busy.sees("◆ 2 marked")


async def test_space_takes_a_mark_away_again(busy: Stage) -> None:
    await busy.press("space", "up", "space")
    assert marked(busy) == set()
    await busy.sees_no_more("marked")


async def test_marked_rows_bear_a_sign_that_is_no_colour(busy: Stage) -> None:
    await busy.press("down", "space")
    table = busy.runs.table
    assert [table.render_line(y).text[:2] for y in (1, 2, 3)] == ["  ", " ◆", "▸ "]
    await busy.press("up")
    assert table.render_line(2).text[:2] == "▸◆"


@pytest.mark.parametrize("key", ["ctrl+@", "ctrl+space"])
async def test_a_range_reaches_from_the_last_mark_to_the_cursor(busy: Stage, key: str) -> None:
    runs = await listed(busy)
    await busy.press("down", "space", "down", "down", key)
    await busy.until(lambda: marked(busy) == set(runs[1:5]), "the range")


async def test_a_range_goes_upwards_too_and_beyond_what_is_in_view(busy: Stage) -> None:
    runs = await listed(busy)
    await busy.press("end", "space", "home", "ctrl+@")
    await busy.until(lambda: marked(busy) == set(runs), "every run")


async def test_a_range_follows_the_order_of_the_list(busy: Stage) -> None:
    await busy.press("s", *["down"] * 5, "enter")
    await busy.sees("sort: source")
    await busy.press("home", "space", "down", "ctrl+@")
    runs = await listed(busy, sort="source")
    await busy.until(lambda: marked(busy) == set(runs[:3]), "the first three sources")


async def test_a_range_from_a_run_that_is_not_listed_marks_nothing_more(busy: Stage) -> None:
    await busy.press("space")
    before = marked(busy)
    await use_filter(busy, "status:failed")
    await busy.press("down", "ctrl+@")
    await busy.sees("The run that was marked last is not in this list.")
    assert marked(busy) == before


@pytest.mark.parametrize(("down", "up"), [("shift+down", "shift+up"), ("J", "K")])
async def test_moving_with_shift_marks_along(busy: Stage, down: str, up: str) -> None:
    runs = await listed(busy)
    await busy.press("down", down, down)
    assert marked(busy) == set(runs[1:4])
    await busy.press("home", up)
    assert marked(busy) == set(runs[:4])


async def test_asterisk_marks_what_the_filter_lets_through_and_later_ones_are_not_meant(
    busy: Stage,
) -> None:
    await use_filter(busy, "status:pending")
    pending = set(await listed(busy, "status:pending"))
    await busy.press("asterisk")
    await busy.until(lambda: marked(busy) == pending, "the pending runs")
    busy.deck.add("acme/later")
    await busy.sees("acme/later")
    assert marked(busy) == pending


async def test_without_a_filter_asterisk_refuses_to_mark_everything(busy: Stage) -> None:
    await busy.press("asterisk")
    await busy.sees("A blank filter means every run")
    assert marked(busy) == set()


async def test_marks_survive_news_another_filter_and_another_order(busy: Stage) -> None:
    await busy.press("space", "space")
    before = marked(busy)
    busy.deck.add("acme/new-one")
    await busy.sees("acme/new-one")
    await use_filter(busy, "status:failed")
    await busy.press("S")
    await busy.sees("sort:")
    assert marked(busy) == before
    await busy.sees("◆ 2 marked")


async def test_backspace_clears_every_mark(busy: Stage) -> None:
    await busy.press("space", "space", "backspace")
    assert marked(busy) == set()


async def test_escape_clears_marks_before_the_filter(busy: Stage) -> None:
    await use_filter(busy, "is:ended")
    await busy.press("space", "escape")
    assert marked(busy) == set()
    assert busy.runs.view.filter == "is:ended"
    await busy.press("escape")
    assert busy.runs.view.filter == ""


async def test_a_click_with_ctrl_marks_the_row(busy: Stage) -> None:
    runs = await listed(busy)
    await busy.pilot.click("#runs", offset=(5, 3), control=True)
    await busy.until(lambda: marked(busy) == {runs[1]}, "the second run")


async def test_space_among_the_details_marks_nothing(busy: Stage) -> None:
    await busy.press("enter", "space")
    assert marked(busy) == set()


async def test_a_range_longer_than_the_deck_acts_on_is_refused(
    busy: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marking, "MOST_MARKED", 5)
    await busy.press("space", "end", "ctrl+@")
    await busy.sees("runs are a longer range than 5; nothing was marked.")
    assert len(marked(busy)) == 1


async def test_a_marked_run_that_is_gone_does_no_harm(busy: Stage) -> None:
    await use_filter(busy, "status:failed")
    await busy.press("asterisk")
    count = len(await listed(busy, "status:failed"))
    await busy.until(lambda: len(marked(busy)) == count, "the failed runs")
    await busy.press("p", "y")
    await busy.sees("removed.")
    assert count
    await busy.until(lambda: not failed(busy), "the failed runs to go")
