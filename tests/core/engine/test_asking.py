from __future__ import annotations

import asyncio
from functools import partial

import rehearsal
from shift import Shift

from llmsdeck.model import Run, RunId
from llmsdeck.states import Decision, RunStatus
from llmsdeck.store import intents


def asks(run: Run) -> bool:
    return run.question is not None


async def answer(shift: Shift, run_id: RunId, decision: Decision) -> None:
    await shift.store.write(
        partial(
            intents.answer, stamp=shift.stamp, run_id=run_id, decision=decision, actor=shift.actor
        )
    )


async def test_a_run_over_its_budget_waits_for_the_answer_beside_the_slots(shift: Shift) -> None:
    await shift.set_policy(token_budget=100)
    async with shift.working(rehearsal.read_much, slots=1):
        run_id = await shift.start("a", model="tiny")
        run = await shift.until(run_id, asks, "asked")
        assert (run.status, run.attempt, run.pid) == (RunStatus.PENDING, 0, None)
        # The only slot is free for others meanwhile.
        other = await shift.start("b", model="none")
        assert (await shift.ended(other)).status is RunStatus.COMPLETED
        await answer(shift, run_id, Decision.GO)
        run = await shift.ended(run_id)
    assert (run.status, run.attempt, run.warnings) == (RunStatus.COMPLETED, 1, ())


async def test_a_run_that_nobody_answers_goes_on_without_the_model(shift: Shift) -> None:
    await shift.set_policy(token_budget=100, answer_within=1)
    async with shift.working(rehearsal.read_much):
        run = await shift.ended(await shift.start("a", model="tiny"))
    assert run.status is RunStatus.COMPLETED
    assert [warning.message for warning in run.warnings] == ["Without the model."]


async def test_a_raised_budget_is_obeyed_by_runs_that_ask(shift: Shift) -> None:
    await shift.set_policy(token_budget=100)
    worker = shift.worker(rehearsal.read_much, until_idle=False)
    working = asyncio.create_task(worker.run())
    run_id = await shift.start("a", model="tiny")
    await shift.until(run_id, asks, "asked")
    await shift.set_policy(token_budget=rehearsal.MUCH)
    assert (await shift.ended(run_id)).warnings == ()
    worker.drain()
    worker.drain()
    await working


async def test_without_a_budget_nothing_is_asked(shift: Shift) -> None:
    async with shift.working(rehearsal.read_much):
        run_id = await shift.start("a", model="tiny")
        assert (await shift.ended(run_id)).status is RunStatus.COMPLETED
    assert "asked" not in [event.kind for event in await shift.events(run_id)]
