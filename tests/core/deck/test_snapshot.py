from __future__ import annotations

import pytest
from two_decks import ADA, Stage, started

from llmsdeck.errors import FilterError, UsageError
from llmsdeck.pruning import PruneRule
from llmsdeck.snapshot import Window
from llmsdeck.states import RunStatus


async def test_an_explanation_agrees_with_the_run(stage: Stage, source: str) -> None:
    run = await started(stage, source)
    waiting = await stage.deck.explain(run.short_id)
    await stage.claim(run.run_id)
    await stage.lose_owner(run.run_id)
    orphan = await stage.deck.explain(run.run_id)
    assert (waiting.state, orphan.state) == ("unattended", "orphan")
    reason = (await stage.deck.find(run.run_id)).stale_reason
    assert reason
    assert reason in orphan.headline


async def test_a_snapshot_counts_lists_and_focuses(stage: Stage, source: str) -> None:
    done, waiting = await started(stage, source), await started(stage, source)
    await stage.complete(done.run_id)
    shown = await stage.deck.snapshot(Window(0, 1), done.run_id)
    assert (shown.total, shown.counts.completed, shown.counts.submitted) == (2, 1, 2)
    assert [run.run_id for run in shown.runs] == [waiting.run_id]
    assert shown.detail is not None
    assert shown.detail.run.status is RunStatus.COMPLETED
    assert shown.detail.events[0].kind == "accepted"


async def test_a_snapshot_lists_what_the_filter_lets_through_and_counts_everything(
    stage: Stage, source: str
) -> None:
    runs = [await started(stage, source) for _ in range(3)]
    await stage.complete(runs[1].run_id)
    for window, seen in ((Window(0, 5), [2, 0]), (Window(1, 5), [0]), (Window(0, 1), [2])):
        shown = await stage.deck.snapshot(window, None, "is:live")
        assert [run.run_id for run in shown.runs] == [runs[number].run_id for number in seen]
        assert (shown.total, shown.counts.kept, shown.filter) == (2, 3, "is:live")
    assert (await stage.deck.snapshot(Window(9, 5), None, "is:live")).total == 2
    with pytest.raises(FilterError):
        await stage.deck.snapshot(Window(), None, "is:lively")


async def test_a_snapshot_lists_in_the_order_asked_for_and_says_where_the_focused_run_is(
    stage: Stage, source: str
) -> None:
    runs = [await started(stage, source) for _ in range(3)]
    await stage.complete(runs[1].run_id)
    shown = await stage.deck.snapshot(Window(0, 2), runs[2].run_id, "", "-status")
    assert [run.run_id for run in shown.runs] == [runs[2].run_id, runs[0].run_id]
    assert (shown.sort, shown.focus_row) == ("-status", 0)
    shown = await stage.deck.snapshot(Window(), runs[1].run_id, "is:live", "age")
    assert ([run.run_id for run in shown.runs], shown.focus_row) == (
        [runs[0].run_id, runs[2].run_id],
        None,
    )
    with pytest.raises(UsageError):
        await stage.deck.snapshot(Window(), None, "", "colour")


async def test_a_focused_run_that_was_pruned_is_no_longer_shown(stage: Stage, source: str) -> None:
    run = await started(stage, source)
    await stage.complete(run.run_id)
    plan = await stage.deck.plan_prune(PruneRule(older_than_s=0))
    await stage.deck.apply_prune(plan, ADA)
    assert (await stage.deck.snapshot(Window(), run.run_id)).detail is None
