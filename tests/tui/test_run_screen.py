from __future__ import annotations

import pytest
from tests.tui.conftest import Open, Stage

from llmsdeck.errors import StoreError
from llmsdeck.model import ArtifactName, RunRequest
from llmsdeck.pruning import PruneRule
from llmsdeck.states import CancelState
from llmsdeck_tui import demo
from llmsdeck_tui.demo.stories import OPERATOR
from llmsdeck_tui.widgets.tab_bar import Tab


async def test_enter_opens_the_run_and_escape_goes_back_to_it(history: Stage) -> None:
    run_id = await history.open("pallets/flask")
    await history.sees("ATTEMPTS")
    await history.press("escape")
    await history.until(lambda: history.screen_name == "RunsScreen", "the runs")
    assert history.runs.table.cursor_id == run_id


async def test_w_opens_the_run_at_the_reason_of_its_state(history: Stage) -> None:
    await history.select("pallets/flask")
    await history.press("w")
    await history.sees("It is at work: write 31/48.")
    await history.sees("→ Cancel it if it takes too long.")


async def test_the_run_is_opened_at_the_tab_of_the_preview(history: Stage) -> None:
    await history.press("tab", "2", "tab")
    await history.open("pallets/flask")
    assert history.run.tab is Tab.EVENTS


async def test_an_artifact_of_the_preview_is_opened_at_once(history: Stage) -> None:
    await history.select("encode/httpx")
    await history.press("tab", "3", "down", "enter")
    await history.until(lambda: history.screen_name == "RunScreen", "the run")
    await history.until(lambda: history.run.reading, "the text")
    await history.sees("llms-full.txt")


@pytest.mark.parametrize(
    ("key", "tab", "shown"),
    [
        ("1", Tab.TIMELINE, "LINEAGE"),
        ("2", Tab.EVENTS, "Accepted."),
        ("3", Tab.ARTIFACTS, "sha256"),
        ("4", Tab.WHY, "EVIDENCE"),
        ("w", Tab.WHY, "EVIDENCE"),
        ("5", Tab.MODEL, "6 calls, 4 used"),
    ],
)
async def test_figures_open_the_tabs(history: Stage, key: str, tab: Tab, shown: str) -> None:
    await history.open("encode/httpx")
    await history.press("5" if key == "1" else "1", key)
    assert history.run.tab is tab
    await history.sees(shown)


@pytest.mark.parametrize(("right", "left"), [("right", "left"), ("l", "h")])
async def test_arrows_turn_the_tabs(history: Stage, right: str, left: str) -> None:
    await history.open("encode/httpx")
    await history.press(right)
    first = history.run.tab
    await history.press(left, left)
    assert (first, history.run.tab) == (Tab.EVENTS, Tab.MODEL)


async def test_a_click_turns_to_a_tab(history: Stage) -> None:
    await history.open("encode/httpx")
    await history.pilot.click("#tab-model")
    await history.sees("6 calls, 4 used")


async def test_phases_stand_against_what_is_usual(history: Stage) -> None:
    await history.open("encode/httpx")
    await history.sees("slow, usually 50 s to 1m10s")


async def test_a_lost_attempt_and_the_current_one_are_told(history: Stage) -> None:
    await history.open("pallets/flask")
    await history.sees("1 of 3  16:51:17  w1     21 s  attempt lost:")
    await history.sees("2 of 3  16:51:40  w1     47 s  working: process")


async def test_what_happens_is_seen_while_the_run_is_open(history: Stage) -> None:
    run_id = await history.open("pallets/flask")
    await history.sees("ends in")
    history.deck.complete(run_id, {ArtifactName.LLMS: "# Flask\n"})
    await history.sees("✓ completed")
    await history.press("2")
    await history.sees("Published 1 files")


async def test_s_and_p_walk_the_lineage(history: Stage) -> None:
    child = await history.open("encode/httpx")
    await history.sees("retry of")
    await history.press("p")
    await history.sees("The model server fell silent.")
    await history.sees("retried as")
    await history.press("s")
    await history.until(lambda: history.run.subject.run_id == child, "the retry")


@pytest.mark.parametrize(
    ("key", "sentence"),
    [("p", "is not there: it is no retry."), ("s", "No run retries run")],
)
async def test_a_run_without_relatives_says_so(history: Stage, key: str, sentence: str) -> None:
    await history.open("pallets/flask")
    await history.press(key)
    await history.sees(sentence)


async def test_an_outage_is_shown_over_an_open_run(history: Stage) -> None:
    await history.open("pallets/flask")
    history.deck.outage = StoreError("The disk is gone.")
    history.deck.announce()
    await history.sees("NO SIGNAL since")
    history.deck.outage = None
    await history.sees_no_more("NO SIGNAL")


async def test_c_asks_whether_to_cancel(history: Stage) -> None:
    run_id = await history.open("pallets/flask")
    await history.press("c", "y")
    await history.until(lambda: run_id in history.deck.cancelling(), "the cancel")
    history.deck.climb(run_id)
    await history.sees("✓ requested → ▶ seen")
    cancel = (await history.deck.find(run_id)).cancel
    assert cancel is not None
    assert cancel.state is CancelState.SEEN


async def test_r_starts_it_again_and_shows_the_new_run(history: Stage) -> None:
    parent = await history.open("encode/httpx")
    await history.press("r", "y")
    await history.until(lambda: history.screen_name == "RunScreen", "the run")
    await history.until(lambda: history.run.subject.run_id != parent, "the new run")
    assert history.run.subject.parent_run == parent
    await history.sees("○ pending")


async def test_plus_and_minus_move_a_pending_run(history: Stage) -> None:
    run_id = history.deck.accept(RunRequest(source="acme/late"), OPERATOR)
    await history.sees("acme/late")
    await history.open("acme/late")
    await history.press("plus")
    await history.sees("has priority 1, 1st in the queue.")
    await history.press("minus")
    await history.sees("has priority 0, 2nd in the queue.")
    kinds = [event.kind for event in await history.deck.events(run_id)]
    assert kinds == ["accepted", "priority_changed", "priority_changed"]


async def test_only_the_queue_has_an_order(history: Stage) -> None:
    await history.open("pallets/flask")
    await history.press("plus")
    await history.sees("is processing; only the queue has an order.")


@pytest.mark.parametrize("key", ["colon", "ctrl+p"])
async def test_the_palette_has_the_keys_of_the_run(history: Stage, key: str) -> None:
    await history.open("encode/httpx")
    await history.press(key, "=outline")
    await history.sees("Show the headings of the open text.")


async def test_question_mark_opens_the_help(history: Stage) -> None:
    await history.open("encode/httpx")
    await history.press("question_mark")
    assert history.screen_name == "HelpScreen"


async def test_a_pending_run_says_when_it_should_begin_and_end(history: Stage) -> None:
    await history.open("acme/website")
    await history.sees("starts at once · ends in 52 s to 75 s")


async def test_a_run_that_is_pruned_while_open_stays_as_it_was(history: Stage) -> None:
    await history.open("encode/httpx")
    plan = await history.deck.plan_prune(PruneRule(older_than_s=0))
    await history.deck.apply_prune(plan, OPERATOR)
    await history.sees("This run has been pruned")


async def test_hostile_text_is_shown_as_text_on_every_tab(opened: Open) -> None:
    async with opened(demo.hostile()) as stage:
        await stage.press("down", "enter")
        await stage.until(lambda: stage.screen_name == "RunScreen", "the run")
        for key in ("1", "2", "3", "4", "5"):
            await stage.press(key)
            assert "\x1b" not in stage.text
        await stage.press("3", "enter")
        await stage.sees("[@click=app.quit]quit[/]")
        await stage.sees("␛[2J␛]0;owned␇ clear")
        for y in range(0, 6):
            await stage.pilot.click("#reader-lines", offset=(10, y))
        assert stage.screen_name == "RunScreen"
