from __future__ import annotations

from tests.tui.conftest import Stage

from llmsdeck.calls import CallText
from llmsdeck.states import ErrorKind


async def test_a_run_that_asks_no_model_says_so(busy: Stage) -> None:
    await busy.open("pallets/flask")
    await busy.press("5")
    await busy.sees("This run asks no model")


async def open_call(stage: Stage, number: int) -> None:
    """Open a call of the newest bundle of httpx."""
    await stage.open("encode/httpx")
    await stage.press("5")
    await stage.sees("6 calls, 4 used")
    await stage.press(*("down",) * (number - 1), "enter")
    await stage.until(lambda: stage.run.reading, "the call")


async def test_every_word_of_a_call_can_be_read(history: Stage) -> None:
    await open_call(history, 4)
    await history.sees("call 4  notes 3/4")
    await history.sees("✗ not used: The answer ended before its JSON did.")
    for said in ("system, ", "You edit the index", "user, ", "BEGIN DATA", "answer, 58"):
        await history.sees(said)
    await history.press("escape")
    await history.sees("VERDICT")
    assert not history.run.reading


async def test_a_call_has_no_other_view(history: Stage) -> None:
    await open_call(history, 1)
    await history.press("o")
    await history.sees("Open an artifact first")
    await history.sees("BEGIN DATA")


async def test_a_call_whose_words_are_gone_says_so(history: Stage) -> None:
    history.deck.forget_texts()
    await history.open("encode/httpx")
    await history.press("5", "enter")
    await history.sees("What was said in call 1 is not kept.")


async def test_the_list_of_calls_stays_where_it_is_while_more_come(history: Stage) -> None:
    run_id = await history.open("pallets/flask")
    await history.press("5", "down", "down")
    said = CallText(system="s", user="u", answer="a")
    history.deck.called(run_id, "notes", {"purpose": "notes 9/9", "accepted": True}, said)
    await history.sees("notes 9/9")
    assert history.run.lines.cursor == 2


async def test_answers_that_were_used_again_are_no_calls(history: Stage) -> None:
    run_id = history.deck.add("acme/again", model="tiny")
    history.deck.claim(run_id)
    history.deck.note(run_id, "recalled", "9 answers could be used again.", {})
    await history.open("acme/again")
    await history.press("5")
    await history.sees("No call to tiny so far.")
    await history.sees("9 answers could be used again.")
    history.deck.fail(run_id, ErrorKind.MODEL, "It fell silent.")
    await history.sees_no_more("so far")
