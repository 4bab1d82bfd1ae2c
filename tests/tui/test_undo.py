from __future__ import annotations

from dataclasses import replace

import pytest
from tests.tui.conftest import Open, Stage

from llmsdeck.model import Actor, ActorKind, RunRequest
from llmsdeck.states import RunStatus
from llmsdeck_tui import demo

OPERATOR = Actor(ActorKind.OPERATOR)
AGENT = Actor(ActorKind.AGENT, "docs-bot")


async def test_u_undoes_the_last_prune_and_says_what_came_back(opened: Open) -> None:
    async with opened(demo.old()) as stage:
        await stage.press("u")
        await stage.sees("Nothing that was done from here can be undone.")
        await stage.press("p")
        await stage.sees("would go, and can be brought back for 7d.")
        await stage.press("y")
        await stage.sees("Removed 10 runs")
        await stage.press("u")
        await stage.sees("Brought back 10 runs.")
        assert len((await stage.deck.page()).runs) == 11


async def test_what_could_not_come_back_is_named_and_may_be_asked_for_again(opened: Open) -> None:
    async with opened(demo.old()) as stage:
        await stage.press("p")
        await stage.sees("10 runs")
        await stage.press("y")
        await stage.sees("Removed 10 runs")
        await stage.deck.set_policy({"max_runs": "4"}, OPERATOR)
        await stage.press("u")
        await stage.sees("Brought back 3 runs of 10; run")
        await stage.deck.set_policy({"max_runs": "40"}, OPERATOR)
        await stage.press("u")
        await stage.sees("Brought back 7 runs.")


async def test_undo_asks_again_for_cancelled_runs_that_had_not_begun(busy: Stage) -> None:
    marked = await busy.mark("is:live")
    pending = {run.run_id for run in marked if run.status is RunStatus.PENDING}
    await busy.asks("c", "Cancel")
    await busy.press("y")
    await busy.sees("asked to stop.")
    await busy.press("escape", "u")
    await busy.sees(f"{len(pending)} runs are in the queue again, under new ids.")
    again = await busy.listed("status:pending")
    assert {run.parent_run for run in again} == pending
    await busy.press("u")
    await busy.sees("Nothing that was done from here can be undone.")


@pytest.mark.parametrize("fresh", [True, False])
async def test_what_was_to_be_made_from_the_start_still_is_after_an_undo(
    busy: Stage, fresh: bool
) -> None:
    (asked_for,) = await busy.deck.start([RunRequest(source="acme/tea", fresh=fresh)], AGENT)
    assert asked_for.run is not None
    busy.runs.table.mark([asked_for.run.run_id])
    await busy.asks("c", "Cancel")
    await busy.press("y")
    await busy.sees("asked to stop.")
    await busy.press("escape", "u")
    await busy.sees("1 run is in the queue again")
    (again,) = await busy.listed(f"parent:{asked_for.run.run_id}")
    (accepted, *_) = await busy.deck.events(again.run_id)
    assert ("to be made from the start" in accepted.message) is fresh


async def test_what_cannot_be_asked_for_again_can_be_tried_again(busy: Stage) -> None:
    await busy.mark("docs-site")
    await busy.asks("c", "Cancel")
    await busy.press("y")
    await busy.sees("asked to stop.")
    queue, busy.deck.limits = busy.deck.limits, replace(busy.deck.limits, queue_cap=0)
    await busy.press("escape", "u")
    await busy.sees("0 runs are in the queue again; 1 refused: The queue is full")
    busy.deck.limits = queue
    await busy.press("u")
    await busy.sees("1 run is in the queue again")


async def test_an_equal_run_that_is_in_the_queue_is_not_asked_for_twice(busy: Stage) -> None:
    await busy.mark("docs-site")
    await busy.asks("c", "Cancel")
    await busy.press("y")
    await busy.sees("asked to stop.")
    busy.deck.add("./docs-site")
    await busy.press("escape", "u")
    await busy.sees("0 runs are in the queue again; 1 equal run was there")
