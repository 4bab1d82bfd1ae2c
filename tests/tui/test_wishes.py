from __future__ import annotations

from typing import Any

import pytest
from tests.tui.conftest import Stage

from llmsdeck.model import RunRequest
from llmsdeck.states import Decision
from llmsdeck_tui.demo.stories import OPERATOR
from llmsdeck_tui.widgets.lines import Lines

# Copying.


@pytest.mark.parametrize(
    ("source", "key", "copied"),
    [
        ("encode/httpx", "s", "encode/httpx"),
        ("encode/httpx", "c", "llmsdeck start encode/httpx --ref 0.28.1 --model qwen3-8b"),
        ("acme/legacy", "e", "timeout: The run took longer than 30 m."),
    ],
)
async def test_copies_are_put_on_the_clipboard(
    history: Stage, source: str, key: str, copied: str
) -> None:
    await history.select(source)
    await history.press("y", key)
    await history.sees("Copied")
    assert history.app.clipboard == copied


async def test_the_id_and_the_folder_are_copied_whole(history: Stage) -> None:
    run_id = await history.open("encode/httpx")
    await history.press("y", "i")
    await history.sees("Copied")
    assert history.app.clipboard == run_id
    await history.press("y", "f")
    await history.until(lambda: run_id in history.app.clipboard.split("/"), "the folder")


async def test_what_a_run_does_not_have_cannot_be_copied(history: Stage) -> None:
    await history.select("encode/httpx")
    await history.press("y", "e")
    await history.sees("This run has no error that can be copied.")
    await history.press("escape")
    assert history.screen_name == "RunsScreen"


async def test_what_is_copied_holds_nothing_that_a_shell_would_obey_unseen(history: Stage) -> None:
    history.deck.accept(RunRequest(source="a'b\nrm -rf x\x1b[2J \udcff"), OPERATOR)
    await history.sees("rm -rf")
    history.runs.table.action_edge("first")
    await history.press("y", "c")
    await history.sees("Copied")
    assert history.app.clipboard.isprintable()
    assert history.app.clipboard.startswith("llmsdeck start 'a'\"'\"'b␊rm -rf x␛[2J ")


# Answering.


async def asking(stage: Stage) -> Any:
    """A selected run that is over its budget."""
    run_id = stage.deck.add("acme/huge", model="tiny")
    stage.deck.claim(run_id)
    stage.deck.ask(run_id, 52_000, 20_000)
    await stage.sees("ANSWER NEEDED")
    await stage.select("acme/huge")
    return run_id


@pytest.mark.parametrize(
    ("key", "status", "told"),
    [
        ("y", "pending", "it goes on with the model."),
        ("n", "pending", "it goes on without the model and ends as degraded."),
        ("c", "cancelled", "it is cancelled."),
    ],
)
async def test_a_run_that_asks_is_answered_from_its_row(
    history: Stage, key: str, status: str, told: str
) -> None:
    run_id = await asking(history)
    await history.sees("asks: press a")
    await history.press("a")
    await history.sees("The model would read about 52 000 tokens; the budget is 20 000.")
    await history.sees("without the model in 1h00m")
    await history.press(key)
    await history.sees(told)
    await history.sees_no_more("ANSWER NEEDED")
    run = await history.deck.find(run_id)
    assert (run.status, run.question) == (status, None)
    actors = [str(event.actor) for event in await history.deck.events(run_id)]
    assert actors[-1].startswith("operator")


async def test_a_run_that_asks_is_answered_from_its_own_screen(history: Stage) -> None:
    run_id = await asking(history)
    await history.open("acme/huge")
    await history.press("a", "n")
    await history.sees("it goes on without the model")
    assert (await history.deck.find(run_id)).question is None


async def test_a_question_that_is_put_aside_stays_open(history: Stage) -> None:
    run_id = await asking(history)
    await history.press("a", "escape")
    await history.until(lambda: history.screen_name == "RunsScreen", "the dialog to close")
    assert (await history.deck.find(run_id)).question is not None


async def test_an_answer_that_comes_too_late_says_so(history: Stage) -> None:
    run_id = await asking(history)
    await history.press("a")
    await history.sees("the budget is 20 000")
    await history.deck.answer([run_id], Decision.GO, OPERATOR)
    await history.press("n")
    await history.sees("asks nothing")


async def test_a_run_that_asks_nothing_cannot_be_answered(history: Stage) -> None:
    await history.select("encode/httpx")
    await history.press("a")
    await history.sees("asks nothing.")


# Cloning.


async def test_a_clone_shows_what_is_changed_and_names_its_parent(history: Stage) -> None:
    await history.select("encode/httpx")
    parent = history.runs.table.cursor_id
    await history.press("e")
    await history.sees("The same as run")
    await history.press("ctrl+u", "=main", "tab", "tab", "tab", "tab", "ctrl+u")
    await history.sees("Changed: ref 0.28.1 → main, model qwen3-8b → unset")
    await history.press("enter")
    await history.until(lambda: history.screen_name == "RunsScreen", "the form to close")
    child = (await history.deck.page(limit=1)).runs[0]
    assert (child.parent_run, child.ref, child.model) == (parent, "main", "none")
    await history.until(lambda: history.runs.table.cursor_id == child.run_id, "the clone")


async def test_a_clone_of_a_living_run_is_a_run_of_its_own(history: Stage) -> None:
    await history.select("pallets/flask")
    await history.press("e", "ctrl+u", "=v2", "enter")
    await history.until(lambda: history.screen_name == "RunsScreen", "the form to close")
    child = (await history.deck.page(limit=1)).runs[0]
    assert (child.parent_run, child.ref, child.model) == (None, "v2", "qwen3-8b")


async def test_a_clone_of_another_source_is_no_retry(history: Stage) -> None:
    await history.select("encode/httpx")
    await history.press("e", "shift+tab", "end", "=2", "enter")
    await history.until(lambda: history.screen_name == "RunsScreen", "the form to close")
    child = (await history.deck.page(limit=1)).runs[0]
    assert (child.parent_run, child.source, child.ref) == (None, "encode/httpx2", "0.28.1")


async def test_a_priority_that_is_no_number_says_so(history: Stage) -> None:
    await history.press("e", *["tab"] * 7, "=soon", "enter")
    await history.sees("A priority is a whole number")


# Comparing.


async def test_d_compares_with_the_last_bundle_of_the_source(history: Stage) -> None:
    await history.select("encode/httpx")
    await history.press("d")
    await history.sees("88 → 93")
    await history.sees("~ retitled API reference → Developer interface")
    await history.sees("→ moved    Changelog  More → Optional")
    await history.press("escape")
    assert history.screen_name == "RunsScreen"


async def test_parts_of_a_comparison_are_walked_through(history: Stage) -> None:
    await history.open("encode/httpx")
    await history.press("d")
    await history.sees("SUMMARY")
    lines = history.app.screen.query_one(Lines)
    await history.press("right")
    first = lines.scroll_offset.y
    await history.press("left")
    assert (first > 0, lines.scroll_offset.y) == (True, 0)
    await history.press("question_mark")
    assert history.screen_name == "HelpScreen"


@pytest.mark.parametrize(
    ("source", "sentence"),
    [("acme/legacy", "has no bundle to compare."), ("pallets/flask", "has no bundle to compare.")],
)
async def test_without_a_bundle_there_is_nothing_to_compare(
    history: Stage, source: str, sentence: str
) -> None:
    await history.select(source)
    await history.press("d")
    await history.sees(sentence)


async def test_the_first_bundle_of_a_source_has_nothing_before_it(busy: Stage) -> None:
    await busy.select("encode/httpx")
    await busy.press("d")
    await busy.sees("No earlier run of this source has a bundle.")


async def test_the_run_to_compare_with_can_be_chosen(busy: Stage) -> None:
    await busy.select("encode/httpx")
    await busy.press("D")
    await busy.sees("acme/legacy@main")
    await busy.press("down", "enter")
    await busy.until(lambda: busy.screen_name == "DiffScreen", "the comparison")
    await busy.sees("acme/service-14 → ")


async def test_two_marked_runs_are_compared(history: Stage) -> None:
    await history.select("encode/httpx")
    await history.press("space", "end", "space", "d")
    await history.until(lambda: history.screen_name == "DiffScreen", "the comparison")
    await history.sees("88 → 93")


async def test_three_marked_runs_are_too_many_to_compare(history: Stage) -> None:
    await history.press("space", "down", "space", "down", "space", "d")
    await history.sees("Two runs can be compared; 3 are marked.")


async def test_marked_pending_runs_are_moved_and_the_others_left_alone(history: Stage) -> None:
    run_id = history.deck.accept(RunRequest(source="acme/late", priority=4), OPERATOR)
    await history.sees("acme/late")
    await history.press("g", "space", "space", "space", "plus")
    await history.until(lambda: history.screen_name == "BulkDialog", "the question")
    await history.sees("Prioritise 2 runs?")
    await history.press("y")
    await history.sees("priority 5, 1st in the queue.")
    await history.sees("priority 1, 2nd in the queue.")
    assert (await history.deck.find(run_id)).priority == 5


# Failures and actions.


async def test_failures_are_grouped_and_a_group_becomes_the_filter(history: Stage) -> None:
    await history.press("F")
    await history.sees("7 runs, 3 causes")
    await history.sees("There is no branch 'release-3' in")
    await history.press("down")
    await history.sees("The run took longer than 45 m.")
    await history.press("enter")
    await history.sees('filter: status:failed error:timeout "The run took longer than" (2 of')


async def test_failures_can_be_looked_at_again_and_left(history: Stage) -> None:
    await history.press("F")
    await history.sees("7 runs, 3 causes")
    run_id = history.deck.accept(RunRequest(source="a/b"), OPERATOR)
    history.deck.request_cancel(run_id, OPERATOR)
    await history.press("r", "question_mark")
    assert history.screen_name == "HelpScreen"
    await history.press("escape", "escape")
    assert history.screen_name == "RunsScreen"


async def test_a_deck_without_failures_says_so(empty: Stage) -> None:
    await empty.press("F")
    await empty.sees("No run has failed.")
    await empty.press("enter", "F")
    assert empty.screen_name == "RunsScreen"


async def test_actions_say_who_did_what(history: Stage) -> None:
    await history.press("A")
    await history.sees("operator:ada")
    await history.sees("cancel_requested")
    await history.deck.set_policy({"slots": "2"}, OPERATOR)
    assert "policy_changed" not in history.text
    await history.press("r")
    await history.sees("policy_changed")
    await history.press("question_mark", "escape", "A")
    assert history.screen_name == "RunsScreen"


async def test_a_deck_without_actions_says_so(empty: Stage) -> None:
    await empty.press("A")
    await empty.sees("Nobody has done anything yet.")
