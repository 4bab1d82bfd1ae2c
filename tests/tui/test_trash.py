"""What was pruned, listed and brought back."""

from __future__ import annotations

from dataclasses import replace

from tests.tui.conftest import Open

from llmsdeck.states import ErrorKind
from llmsdeck_tui import demo
from llmsdeck_tui.demo import HOSTILE
from llmsdeck_tui.demo.decks import AGENT
from llmsdeck_tui.host import Surroundings
from llmsdeck_tui.present import trash


async def test_the_run_under_the_cursor_is_brought_back(opened: Open) -> None:
    async with opened(demo.thrown_away()) as stage:
        second = (await stage.deck.trash())[1]
        await stage.press("U")
        await stage.sees("10 runs can be brought back")
        await stage.press("down", "enter")
        await stage.sees("Brought back 1 run.")
        await stage.sees("9 runs can be brought back")
        assert [run.run_id for run in await stage.deck.runs([second.run_id])] == [second.run_id]
        await stage.press("escape")
        await stage.until(lambda: stage.screen_name == "RunsScreen", "the runs")
        await stage.sees(second.run_id[:6])


async def test_the_marked_runs_are_brought_back_and_no_other(opened: Open) -> None:
    async with opened(demo.thrown_away()) as stage:
        first, second, third = (await stage.deck.trash())[:3]
        await stage.press("U", "space", "space", "up", "space", "space")
        await stage.sees("◆ 2 marked")
        await stage.press("enter")
        await stage.sees("Brought back 2 runs.")
        assert len(await stage.deck.runs([first.run_id, third.run_id])) == 2
        assert second.run_id in [item.run_id for item in await stage.deck.trash()]


async def test_what_cannot_come_back_stays_and_says_why(opened: Open) -> None:
    deck = demo.thrown_away()
    deck.limits = replace(deck.limits, max_runs=4)
    async with opened(deck) as stage:
        await stage.press("U")
        await stage.sees("10 runs can be brought back")
        await stage.press("asterisk", "enter")
        await stage.sees("Brought back 3 runs of 10")
        await stage.sees("max_runs leaves no room for it.")
        await stage.sees("7 runs can be brought back")


async def test_an_empty_trash_says_so(opened: Open) -> None:
    async with opened(demo.busy()) as stage:
        await stage.press("U")
        await stage.sees("The trash is empty.")
        await stage.press("asterisk", "enter")
        await stage.sees("The trash is empty.")


async def test_nothing_is_brought_back_where_one_may_only_look(opened: Open) -> None:
    async with opened(demo.thrown_away(), around=Surroundings(read_only=True)) as stage:
        await stage.press("U")
        await stage.sees("10 runs can be brought back")
        await stage.press("asterisk", "enter")
        assert len(await stage.deck.trash()) == 10


async def test_hostile_text_in_the_trash_is_harmless() -> None:
    deck = demo.empty()
    for text in HOSTILE:
        run_id = deck.add(text)
        deck.claim(run_id)
        deck.fail(run_id, ErrorKind.SOURCE, text)
        deck.throw([run_id], AGENT)
    items = await deck.trash()
    assert len(items) == len(HOSTILE)
    for item in items:
        for width in (60, 120):
            assert trash.line(item, width).plain.isprintable()


async def test_a_click_only_chooses_what_the_key_brings_back(opened: Open) -> None:
    async with opened(demo.thrown_away()) as stage:
        await stage.press("U")
        await stage.sees("10 runs can be brought back")
        await stage.pilot.click("#sheet-lines", offset=(5, 2))
        await stage.press("enter")
        await stage.sees("9 runs can be brought back")
        await stage.sees("Brought back 1 run")
