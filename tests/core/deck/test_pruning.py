from __future__ import annotations

import pytest
from two_decks import ADA, Stage, started

from llmsdeck.errors import RealityMovedError
from llmsdeck.model import Run
from llmsdeck.pruning import PruneRule
from llmsdeck.snapshot import Window


async def test_a_plan_keeps_the_newest_of_each_source(stage: Stage, source: str) -> None:
    runs: list[Run] = []
    for _ in range(3):
        runs.append(await started(stage, source))
        await stage.complete(runs[-1].run_id)
    plan = await stage.deck.plan_prune(PruneRule(keep_each=1))
    assert {item.run_id for item in plan.items} == {run.run_id for run in runs[:2]}


async def test_a_plan_with_a_filter_shows_only_what_matches_and_keeps_of_that(
    stage: Stage, source: str
) -> None:
    done = [await started(stage, source) for _ in range(2)]
    for run in done:
        await stage.complete(run.run_id)
        stage.clock.advance(1)
    gone = await started(stage, source)
    await stage.deck.cancel([gone.run_id], ADA)
    await started(stage, source)
    rule = PruneRule(filter="status:completed OR is:live", keep=1)
    plan = await stage.deck.plan_prune(rule)
    assert [item.run_id for item in plan.items] == [done[0].run_id]
    all_of_it = await stage.deck.plan_prune(PruneRule(filter="-status:completed"))
    assert [item.run_id for item in all_of_it.items] == [gone.run_id]


async def test_a_plan_removes_exactly_what_it_shows(stage: Stage, source: str) -> None:
    old = await started(stage, source)
    await stage.complete(old.run_id)
    plan = await stage.deck.plan_prune(PruneRule(older_than_s=0))
    new = await started(stage, source)
    await stage.complete(new.run_id)
    result = await stage.deck.apply_prune(plan, ADA)
    assert (result.runs, [item.run_id for item in plan.items]) == (1, [old.run_id])
    assert [run.run_id for run in (await stage.deck.page()).runs] == [new.run_id]


async def test_a_plan_is_refused_once_reality_has_moved(stage: Stage, source: str) -> None:
    run = await started(stage, source)
    await stage.complete(run.run_id)
    plan = await stage.deck.plan_prune(PruneRule(older_than_s=0))
    await stage.deck.apply_prune(plan, ADA)
    with pytest.raises(RealityMovedError):
        await stage.deck.apply_prune(plan, ADA)


async def test_only_chosen_runs_that_have_ended_are_planned_to_go(
    stage: Stage, source: str
) -> None:
    runs = [await started(stage, source) for _ in range(3)]
    for run in runs[:2]:
        await stage.complete(run.run_id)
    plan = await stage.deck.plan_prune(PruneRule(run_ids=(runs[0].run_id, runs[2].run_id)))
    assert [item.run_id for item in plan.items] == [runs[0].run_id]
    assert (await stage.deck.plan_prune(PruneRule(run_ids=()))).items == ()


async def test_no_more_ended_runs_are_kept_than_the_policy_says(stage: Stage, source: str) -> None:
    await stage.deck.set_policy({"max_runs": "2"}, ADA)
    runs = [await started(stage, source) for _ in range(3)]
    for run in runs:
        await stage.complete(run.run_id)
        stage.clock.advance(1)
    kept = [run.run_id for run in (await stage.deck.page()).runs]
    assert kept == [runs[2].run_id, runs[1].run_id]
    counts = (await stage.deck.snapshot(Window())).counts
    assert (counts.submitted, counts.completed, counts.pruned) == (3, 2, 1)
