from __future__ import annotations

from functools import partial

import pytest
from desk import OPERATOR, WORKER, Desk

from llmsdeck.clock import Instant
from llmsdeck.errors import LostLeaseError, NoSuchRunError, RefusedError
from llmsdeck.model import Actor, ActorKind, RunId, RunRequest
from llmsdeck.settings import Policy
from llmsdeck.states import Decision, RunStatus
from llmsdeck.store import endings, intents, lanes, query, questions
from llmsdeck.store.leases import Lease
from llmsdeck.store.stamp import Stamp

BUDGET = Policy(token_budget=1000, answer_within=600)


async def claimed(desk: Desk, model: str = "tiny") -> Lease:
    await desk.enqueue_request(RunRequest(source="/src", model=model))
    (claim,) = await desk.claim()
    return claim.lease


async def put(desk: Desk, lease: Lease, expected: int = 5000, budget: int = 1000) -> RunStatus:
    return await desk.store.write(
        partial(
            endings.ask,
            stamp=desk.stamp,
            lease=lease,
            worker=WORKER,
            expected_tokens=expected,
            token_budget=budget,
        )
    )


async def asking(desk: Desk) -> RunId:
    await desk.sql("INSERT OR REPLACE INTO policy VALUES ('token_budget', 1000)")
    await desk.sql("INSERT OR REPLACE INTO policy VALUES ('answer_within', 600)")
    lease = await claimed(desk)
    await put(desk, lease)
    return lease.run_id


async def answer(desk: Desk, run_id: RunId, decision: Decision) -> None:
    await desk.store.write(
        partial(intents.answer, stamp=desk.stamp, run_id=run_id, decision=decision, actor=OPERATOR)
    )


async def settle(desk: Desk, policy: Policy = BUDGET, stamp: Stamp | None = None) -> None:
    await desk.store.write(partial(questions.settle, stamp=stamp or desk.stamp, policy=policy))


async def last_event(desk: Desk, run_id: RunId) -> tuple[str, Actor]:
    events = await desk.store.read(lambda db: query.events_after(db, run_id, 0, 100))
    return events[-1].kind, events[-1].actor


async def test_a_run_that_asks_waits_pending_and_loses_no_attempt(desk: Desk) -> None:
    lease = await claimed(desk)
    assert await put(desk, lease) is RunStatus.PENDING
    run = await desk.run(lease.run_id)
    assert (run.status, run.attempt, run.queue_position) == (RunStatus.PENDING, 0, None)
    assert run.question is not None
    assert (run.question.expected_tokens, run.question.token_budget) == (5000, 1000)
    assert run.held == run.question.sentence
    assert await last_event(desk, lease.run_id) == ("asked", Actor(ActorKind.WORKER, WORKER))


async def test_a_run_that_asks_takes_nobodys_place(desk: Desk) -> None:
    await asking(desk)
    other = await desk.enqueue("/other")
    assert [claim.lease.run_id for claim in await desk.claim(free=5)] == [other]


@pytest.mark.parametrize("decision", [Decision.GO, Decision.WITHOUT_MODEL])
async def test_an_answered_run_is_claimed_with_the_decision(desk: Desk, decision: Decision) -> None:
    run_id = await asking(desk)
    await answer(desk, run_id, decision)
    (claim,) = await desk.claim()
    assert (claim.lease.run_id, claim.decision, claim.attempt) == (run_id, decision, 1)
    assert (await desk.run(run_id)).question is None


async def test_who_answered_is_on_record(desk: Desk) -> None:
    run_id = await asking(desk)
    await answer(desk, run_id, Decision.GO)
    assert await last_event(desk, run_id) == ("answered", OPERATOR)


async def test_the_answer_may_be_to_cancel(desk: Desk) -> None:
    run_id = await asking(desk)
    await answer(desk, run_id, Decision.CANCEL)
    assert await desk.status(run_id) is RunStatus.CANCELLED


async def test_a_run_that_asks_can_be_cancelled_as_any_other(desk: Desk) -> None:
    run_id = await asking(desk)
    assert (await desk.cancel(run_id)).verdict == "cancelled"
    assert (await desk.run(run_id)).question is None


async def test_the_first_answer_counts(desk: Desk) -> None:
    run_id = await asking(desk)
    await answer(desk, run_id, Decision.WITHOUT_MODEL)
    for late in Decision:
        with pytest.raises(RefusedError, match="the answer was without-model already"):
            await answer(desk, run_id, late)
    (claim,) = await desk.claim()
    assert claim.decision is Decision.WITHOUT_MODEL


async def test_a_run_that_asks_nothing_cannot_be_answered(desk: Desk) -> None:
    pending = await desk.enqueue("/a")
    for decision in Decision:
        with pytest.raises(RefusedError, match="asks nothing"):
            await answer(desk, pending, decision)
    assert await desk.status(pending) is RunStatus.PENDING
    with pytest.raises(NoSuchRunError):
        await answer(desk, RunId("nobody"), Decision.GO)


async def test_only_the_owner_of_the_lease_may_ask(desk: Desk) -> None:
    lease = await claimed(desk)
    with pytest.raises(LostLeaseError):
        await put(desk, Lease(lease.run_id, lease.token - 1))
    assert await desk.status(lease.run_id) is RunStatus.PROCESSING


async def test_a_run_that_is_being_cancelled_ends_instead_of_asking(desk: Desk) -> None:
    lease = await claimed(desk)
    await desk.cancel(lease.run_id)
    assert await put(desk, Lease(lease.run_id, lease.token + 1)) is RunStatus.CANCELLED


async def test_without_an_answer_in_time_it_goes_on_without_the_model(desk: Desk) -> None:
    run_id = await asking(desk)
    desk.clock.advance(599)
    await settle(desk)
    run = await desk.run(run_id)
    assert run.question is not None
    assert round(run.question.left_s, 6) == 1
    desk.clock.advance(1)
    await settle(desk)
    assert await last_event(desk, run_id) == ("answered", Actor(ActorKind.JANITOR))
    (claim,) = await desk.claim()
    assert claim.decision is Decision.WITHOUT_MODEL


async def test_a_stepped_wall_clock_shortens_no_wait(desk: Desk) -> None:
    run_id = await asking(desk)
    desk.clock.step_wall(86400)
    await settle(desk)
    assert (await desk.run(run_id)).question is not None


async def test_a_question_from_before_a_restart_waits_no_longer(desk: Desk) -> None:
    run_id = await asking(desk)
    await settle(desk, stamp=Stamp(now=Instant("next boot", 5), wall_ms=desk.clock.wall_ms()))
    assert (await desk.run(run_id)).question is None


@pytest.mark.parametrize("budget", [0, 5000])
async def test_a_budget_that_suffices_now_lets_it_go_on_with_the_model(
    desk: Desk, budget: int
) -> None:
    run_id = await asking(desk)
    await settle(desk, Policy(token_budget=budget))
    (claim,) = await desk.claim()
    assert (claim.lease.run_id, claim.decision) == (run_id, Decision.GO)


async def test_a_run_that_does_without_waits_for_no_model_server(desk: Desk) -> None:
    run_id = await asking(desk)
    await desk.store.write(
        partial(lanes.fall, stamp=desk.stamp, actor=OPERATOR, server="http://x", reason="Away.")
    )
    await answer(desk, run_id, Decision.WITHOUT_MODEL)
    assert (await desk.run(run_id)).held is None
    assert len(await desk.claim()) == 1


async def test_a_picture_counts_the_runs_that_ask(desk: Desk) -> None:
    await asking(desk)
    assert await desk.store.read(questions.asking) == 1
    assert await desk.store.read(lanes.held) == 0


async def test_a_lost_attempt_after_the_answer_does_not_ask_again(desk: Desk) -> None:
    run_id = await asking(desk)
    await answer(desk, run_id, Decision.GO)
    (claim,) = await desk.claim()
    await desk.store.write(
        partial(endings.release, stamp=desk.stamp, lease=claim.lease, worker=WORKER)
    )
    (again,) = await desk.claim()
    assert again.decision is Decision.GO
    assert (await desk.run(run_id)).question is None
