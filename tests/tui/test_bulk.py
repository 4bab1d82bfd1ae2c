from __future__ import annotations

from dataclasses import replace

import pytest
from tests.tui.conftest import Open, Stage

from llmsdeck.model import Actor, ActorKind, Run
from llmsdeck.pruning import PruneRule
from llmsdeck.states import Decision, ErrorKind, Phase, RunStatus
from llmsdeck.testing import FakeClock, FakeDeck
from llmsdeck_tui import deeds, demo

AGENT = Actor(ActorKind.AGENT, "docs-bot")


async def test_cancel_lists_the_marked_runs_and_stops_exactly_those(busy: Stage) -> None:
    pending = await busy.mark("status:pending -held")
    others = {run.run_id: run.status for run in await busy.listed("-status:pending")}
    await busy.asks("c", f"Cancel {len(pending)} runs?")
    for run in pending:
        assert run.short_id in busy.text
    await busy.press("y")
    await busy.sees(f"{len(pending)} runs asked to stop.")
    assert {run.status for run in await busy.deck.runs([r.run_id for r in pending])} == {
        RunStatus.CANCELLED
    }
    assert {run.run_id: run.status for run in await busy.listed() if run.run_id in others} == others


async def test_the_question_says_how_much_work_would_be_lost(busy: Stage) -> None:
    running = await busy.mark("status:processing")
    await busy.asks("c", "Cancel")
    await busy.sees(f"of work in {len(running)} runs.")


async def test_what_does_not_fit_is_named_and_left_alone(busy: Stage) -> None:
    live, ended = await busy.listed("is:live"), await busy.listed("status:failed")
    busy.runs.table.mark(run.run_id for run in (*live, *ended))
    await busy.asks("c", f"Cancel {len(live)} runs?")
    assert busy.text.count("left alone: it is failed") == len(ended)
    await busy.press("y")
    await busy.sees("asked to stop.")
    await busy.press("escape")
    assert set(busy.runs.table.marks) == {run.run_id for run in ended}


async def test_leaving_the_question_does_nothing_and_keeps_the_marks(busy: Stage) -> None:
    pending = await busy.mark("status:pending")
    await busy.asks("c", "Cancel")
    await busy.press("escape")
    await busy.until(lambda: busy.screen_name == "RunsScreen", "the runs")
    assert len(await busy.listed("status:pending")) == len(pending)
    assert len(busy.runs.table.marks) == len(pending)


async def test_runs_that_come_after_the_question_are_not_touched(busy: Stage) -> None:
    await busy.mark("status:pending")
    await busy.asks("c", "Cancel")
    late = busy.deck.add("acme/late")
    await busy.press("y")
    await busy.sees("asked to stop.")
    (run,) = await busy.deck.runs([late])
    assert run.status is RunStatus.PENDING


async def test_retry_starts_each_marked_ended_run_again(busy: Stage) -> None:
    ended = await busy.mark("status:failed,cancelled")
    await busy.asks("r", f"Retry {len(ended)} runs?")
    await busy.press("y")
    await busy.sees(f"{len(ended)} runs started again.")
    parents = {run.parent_run for run in await busy.listed("status:pending")}
    assert parents >= {run.run_id for run in ended}


async def test_a_refusal_is_listed_first_and_that_run_stays_marked(opened: Open) -> None:
    deck = FakeDeck(FakeClock())
    deck.add_worker()
    for number in range(3):
        run_id = deck.add(f"acme/{number}")
        deck.claim(run_id)
        deck.fail(run_id, ErrorKind.SOURCE, "Nothing to read.")
    deck.limits = replace(deck.limits, queue_cap=2)
    async with opened(deck) as stage:
        await stage.mark("status:failed")
        await stage.asks("r", "Retry 3 runs?")
        await stage.press("y")
        await stage.sees("2 runs started again. 1 refused and still marked.")
        answers = [line for line in stage.text.splitlines() if "acme/" in line and "│" in line]
        assert "✗" in answers[0]
        assert "queue is full" in answers[0]
        await stage.press("escape")
        await stage.sees("◆ 1 marked")


async def test_prune_removes_the_marked_ended_runs_and_undo_brings_them_back(busy: Stage) -> None:
    ended = await busy.mark("status:failed,cancelled")
    before = len(await busy.listed())
    await busy.asks("p", f"Prune {len(ended)} runs?")
    await busy.sees("can be brought back for")
    await busy.press("y")
    await busy.sees("removed.")
    assert len(await busy.listed()) == before - len(ended)
    await busy.press("escape", "u")
    await busy.sees(f"Brought back {len(ended)} runs.")


async def test_prune_refuses_when_reality_moved_and_asks_anew(busy: Stage) -> None:
    failed = await busy.mark("status:failed")
    await busy.asks("p", "Prune")
    gone = PruneRule(run_ids=(failed[0].run_id,))
    await busy.deck.apply_prune(await busy.deck.plan_prune(gone), AGENT)
    await busy.press("y")
    await busy.sees("have changed since the preview")
    await busy.sees("left alone: it is gone")
    assert len(await busy.listed("status:failed")) == len(failed) - 1


async def test_much_work_is_only_thrown_away_when_its_count_is_typed(opened: Open) -> None:
    clock = FakeClock()
    deck = FakeDeck(clock)
    deck.add_worker()
    for number in range(2):
        run_id = deck.add(f"acme/{number}")
        deck.claim(run_id)
        deck.enter(run_id, Phase.WRITE)
    clock.advance(3_600)
    async with opened(deck) as stage:
        await stage.mark("is:live")
        await stage.asks("c", "Type 2 to cancel them")
        await stage.press("enter")
        await stage.sees("! Type 2 to cancel them.")
        await stage.press("=3", "enter")
        assert not deck.cancelling()
        await stage.press("backspace", "=2", "enter")
        await stage.sees("2 runs asked to stop.")
        assert len(deck.cancelling()) == 2


async def test_with_nothing_that_fits_there_is_nothing_to_agree_to(busy: Stage) -> None:
    await busy.mark("status:failed")
    await busy.asks("c", "Every chosen run has ended already.")
    await busy.press("y")
    assert busy.screen_name == "BulkDialog"
    assert "do it" not in busy.text


async def test_an_error_of_the_deck_is_said_in_the_dialog(busy: Stage) -> None:
    await busy.mark("status:pending")
    await busy.asks("c", "Cancel")
    busy.deck.read_only = True
    await busy.press("y")
    await busy.sees("! This deck was opened to look")
    assert await busy.listed("status:pending")


async def test_hostile_names_stay_text(opened: Open) -> None:
    async with opened(demo.hostile()) as stage:
        await stage.mark("is:ended")
        await stage.asks("r", "Retry")
        assert "\x1b" not in stage.text
        await stage.press("y")
        await stage.sees("started again.")


async def put_questions(stage: Stage, *sources: str) -> list[Run]:
    """Runs that ask."""
    for source in sources:
        run_id = stage.deck.add(source, model="tiny")
        stage.deck.claim(run_id)
        stage.deck.ask(run_id, 30_000, 20_000)
    return await stage.listed("is:asking")


@pytest.mark.parametrize(
    ("key", "said", "status"),
    [
        ("y", "it goes on with the model.", RunStatus.PENDING),
        ("n", "it goes on without the model", RunStatus.PENDING),
        ("c", "it is cancelled.", RunStatus.CANCELLED),
    ],
)
async def test_marked_runs_that_ask_get_one_answer(
    busy: Stage, key: str, said: str, status: RunStatus
) -> None:
    asking = await put_questions(busy, "acme/huge", "acme/vast")
    busy.runs.table.mark(run.run_id for run in (*asking, *await busy.listed("docs-site")))
    await busy.press("a")
    await busy.sees("Answer 2 runs?")
    await busy.sees("The model would read about 60 000 tokens.")
    await busy.sees("left alone: it asks nothing")
    await busy.press(key)
    await busy.sees("2 runs answered.")
    assert busy.text.count(said) == 2
    found = await busy.deck.runs([run.run_id for run in asking])
    assert [(run.status, run.question) for run in found] == [(status, None)] * 2
    await busy.press("escape")
    await busy.sees("◆ 1 marked")


async def test_many_runs_are_answered_only_when_their_count_is_typed(
    busy: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deeds, "HEAVY_COUNT", 2)
    asking = await put_questions(busy, "acme/huge", "acme/vast")
    busy.runs.table.mark(run.run_id for run in asking)
    await busy.press("a")
    await busy.sees("Type 2 to answer")
    await busy.press("tab", "2", "enter")
    await busy.sees("Choose an answer first.")
    await busy.press("backspace", "tab", "c")
    await busy.sees("! Type 2 to answer")
    assert len(await busy.listed("is:asking")) == 2
    await busy.press("2", "enter")
    await busy.sees("2 runs answered.")
    assert busy.text.count("it is cancelled.") == 2


async def test_a_marked_run_that_was_answered_meanwhile_says_so(busy: Stage) -> None:
    asking = await put_questions(busy, "acme/huge", "acme/vast")
    busy.runs.table.mark(run.run_id for run in asking)
    await busy.press("a")
    await busy.sees("Answer 2 runs?")
    await busy.deck.answer([asking[0].run_id], Decision.GO, AGENT)
    await busy.press("n")
    await busy.sees("1 run answered. 1 refused and still marked.")
    await busy.sees(f"Run {asking[0].short_id} is pending and asks")


async def test_marked_runs_that_ask_nothing_cannot_be_answered(busy: Stage) -> None:
    await busy.mark("status:failed")
    await busy.press("a")
    await busy.sees("None of the chosen runs asks anything.")
    await busy.press("y")
    await busy.sees("None of the chosen runs asks anything.")
