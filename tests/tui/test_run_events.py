from __future__ import annotations

from tests.tui.conftest import Stage


async def test_slash_finds_events_with_the_lines_around_them(history: Stage) -> None:
    await history.open("pallets/flask")
    await history.press("slash", "=grouping", "enter")
    await history.sees("1 contain grouping · 2 lines around each")
    await history.sees("notes 4/4")
    await history.press("left_parenthesis")
    await history.sees("0 lines around each")
    await history.sees_no_more("notes 4/4")
    await history.press("right_parenthesis", "right_parenthesis")
    await history.sees("5 lines around each")


async def test_escape_clears_what_is_looked_for(history: Stage) -> None:
    await history.open("pallets/flask")
    await history.press("slash", "=grouping", "escape")
    await history.sees_no_more("contain grouping")
    await history.press("slash", "=grouping", "enter", "escape")
    await history.sees_no_more("contain grouping")
    assert history.screen_name == "RunScreen"


async def test_f_goes_to_the_newest_event_and_stays_there(history: Stage) -> None:
    run_id = await history.open("pallets/flask")
    for number in range(60):
        history.deck.note(run_id, "note", f"Note {number}.", {})
    await history.press("f")
    await history.sees("Note 59.")
    await history.press("g")
    await history.sees("f follows the newest")
    history.deck.note(run_id, "note", "Note 60.", {})
    await history.until(lambda: history.run.is_complete, "the event")
    assert "Note 60." not in history.text
    await history.press("f")
    history.deck.note(run_id, "note", "Note 61.", {})
    await history.sees("Note 61.")
