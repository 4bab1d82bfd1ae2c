"""How an ended run, or many, are started again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.tui.conftest import Open, Stage

from llmsdeck.calls import CallText
from llmsdeck.model import NO_MODEL, Run
from llmsdeck.states import ErrorKind, Phase, RunStatus
from llmsdeck.testing import FakeClock, FakeDeck


def failing(*sources: str, model: str = "qwen3-8b", phase: Phase = Phase.WRITE) -> FakeDeck:
    """A deck whose runs failed in one phase."""
    deck = FakeDeck(FakeClock())
    deck.add_worker()
    for source in sources:
        run_id = deck.add(source, model=model)
        deck.claim(run_id)
        deck.enter(run_id, phase)
        deck.fail(run_id, ErrorKind.TIMEOUT, "The model took too long.")
    return deck


async def retried(stage: Stage) -> Run:
    """The newest run, once the dialog has closed."""
    await stage.until(lambda: stage.screen_name == "RunsScreen", "the dialog to close")
    return (await stage.deck.page(1)).runs[0]


async def said_at_accepting(stage: Stage, run: Run) -> str:
    return (await stage.deck.events(run.run_id))[0].message


async def test_the_question_says_how_it_failed_and_from_where_it_would_go_on(opened: Open) -> None:
    deck = failing("https://github.com/acme/tea")
    (run,) = (await deck.page()).runs
    said = CallText(system="s", user="u", answer="a")
    for answered in (True, True, False):
        deck.called(run.run_id, "notes", {"answered": answered}, said)
    async with opened(deck) as stage:
        await stage.press("r")
        for text in (
            "timeout: The model took too long.",
            "in write",
            "It goes on from analyse.",
            "✓ collect",
            "the texts, while the host has none newer",
            "✓ write",
            "2 of 3 answers, to the same questions",
            "not reached  nothing",
        ):
            await stage.sees(text)


async def test_a_run_that_left_nothing_begins_at_the_start(opened: Open) -> None:
    async with opened(failing("/srv/tea", model=NO_MODEL)) as stage:
        await stage.press("r")
        await stage.sees("It begins at collect; nothing of it can be used again.")


@pytest.mark.parametrize(("key", "fresh"), [("y", False), ("r", False), ("s", True)])
async def test_one_key_says_from_where_to_go_on(opened: Open, key: str, fresh: bool) -> None:
    async with opened(failing("/srv/tea")) as stage:
        parent = stage.runs.table.cursor_id
        await stage.press("r")
        await stage.until(lambda: stage.screen_name == "RetryDialog", "the question")
        await stage.press(key)
        run = await retried(stage)
        assert (run.parent_run, run.status) == (parent, RunStatus.PENDING)
        assert ("from the start" in await said_at_accepting(stage, run)) is fresh


async def test_a_refusal_is_said_in_the_dialog(opened: Open) -> None:
    async with opened(failing("/srv/tea")) as stage:
        await stage.press("r")
        await stage.until(lambda: stage.screen_name == "RetryDialog", "the question")
        stage.deck.limits = replace(stage.deck.limits, queue_cap=0)
        await stage.press("s")
        await stage.sees("! The queue is full")
        await stage.press("escape")
        assert len((await stage.deck.page()).runs) == 1


async def test_escape_starts_nothing(opened: Open) -> None:
    async with opened(failing("/srv/tea")) as stage:
        await stage.press("r")
        await stage.until(lambda: stage.screen_name == "RetryDialog", "the question")
        await stage.press("escape")
        assert len((await stage.deck.page()).runs) == 1


@pytest.mark.parametrize(("key", "fresh"), [("y", False), ("s", True)])
async def test_marked_runs_may_all_begin_at_the_start(opened: Open, key: str, fresh: bool) -> None:
    async with opened(failing("/srv/a", "/srv/b")) as stage:
        await stage.press("3", "asterisk")
        await stage.sees("◆ 2 marked")
        await stage.press("r")
        await stage.sees("What they got")
        await stage.press(key)
        await stage.sees("2 runs started again.")
        runs = (await stage.deck.page(filter="status:pending")).runs
        said = [await said_at_accepting(stage, run) for run in runs]
        assert ["from the start" in each for each in said] == [fresh, fresh]


async def test_only_a_retry_can_begin_at_the_start(busy: Stage) -> None:
    await busy.press("3", "asterisk")
    await busy.sees("marked")
    await busy.press("c")
    await busy.until(lambda: busy.screen_name == "BulkDialog", "the question")
    assert "from the start" not in busy.text
    before = busy.deck.cancelling()
    await busy.press("s")
    assert busy.deck.cancelling() == before


async def test_marked_runs_are_started_again_with_another_model(opened: Open) -> None:
    async with opened(failing("/srv/a", "/srv/b")) as stage:
        await stage.press("3", "asterisk")
        await stage.sees("◆ 2 marked")
        await stage.press("e")
        await stage.sees("Start 2 runs again with changes")
        await stage.press("=gemma", "tab", "tab", "=1h", "enter")
        await stage.sees("Retry 2 runs?")
        await stage.sees("with model gemma, timeout 1h; the old ones stay")
        await stage.press("y")
        await stage.sees("2 runs started again.")
        runs = (await stage.deck.page(filter="status:pending")).runs
        assert [(run.model, run.timeout_s) for run in runs] == [("gemma", 3600.0)] * 2
        assert all(run.parent_run for run in runs)


async def test_changes_that_cannot_be_are_said_where_they_are_typed(opened: Open) -> None:
    async with opened(failing("/srv/a")) as stage:
        await stage.press("3", "asterisk")
        await stage.sees("◆ 1 marked")
        await stage.press("e")
        await stage.sees("Start 1 run again with changes")
        await stage.press("tab", "tab", "=soon", "enter")
        await stage.sees("! 'soon' is not a duration")
        await stage.press("escape")
        await stage.until(lambda: stage.screen_name == "RunsScreen", "the runs")
        assert stage.runs.table.marks
