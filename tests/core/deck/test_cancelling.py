from __future__ import annotations

import pytest
from two_decks import ADA, Stage, pruned, started

from llmsdeck.errors import NoSuchRunError, RefusedError
from llmsdeck.model import RunId
from llmsdeck.states import Decision, RunStatus


async def test_cancelling_says_what_happened_in_every_state(stage: Stage, source: str) -> None:
    pending, processing, completed = [await started(stage, source) for _ in range(3)]
    await stage.complete(completed.run_id)
    await stage.claim(processing.run_id)
    verdicts = {
        run_id: (await stage.deck.cancel([run_id], ADA))[0].verdict
        for run_id in (processing.run_id, completed.run_id)
    }
    assert verdicts == {processing.run_id: "requested", completed.run_id: "too_late"}
    late = await started(stage, source)
    assert (await stage.deck.cancel([late.run_id], ADA))[0].verdict == "cancelled"
    assert pending.run_id not in verdicts


async def test_cancelling_a_run_whose_worker_is_gone_ends_it_at_once(
    stage: Stage, source: str
) -> None:
    run = await started(stage, source)
    await stage.claim(run.run_id)
    await stage.lose_owner(run.run_id)
    (answer,) = await stage.deck.cancel([run.run_id], ADA)
    assert answer.run is not None
    assert (answer.verdict, answer.run.status) == ("cancelled", RunStatus.CANCELLED)


async def test_a_cancel_that_came_too_late_says_by_how_much(stage: Stage, source: str) -> None:
    run = await started(stage, source)
    await stage.complete(run.run_id)
    stage.clock.advance(0.4)
    (answer,) = await stage.deck.cancel([run.run_id], ADA)
    assert answer.message == "Too late, it had finished 0.4 s before."


async def test_what_does_not_exist_cannot_be_acted_on(stage: Stage) -> None:
    nothing = RunId("nothing")
    with pytest.raises(NoSuchRunError):
        await stage.deck.find(nothing)
    with pytest.raises(NoSuchRunError):
        await stage.deck.events(nothing)


async def test_what_was_pruned_meanwhile_does_not_keep_the_others_from_being_asked(
    stage: Stage, source: str
) -> None:
    gone, done = await pruned(stage, source), await started(stage, source)
    await stage.complete(done.run_id)
    live = await started(stage, source)
    answers = await stage.deck.cancel([gone.run_id, live.run_id], ADA)
    assert [type(answer.error) for answer in answers] == [NoSuchRunError, type(None)]
    assert [answer.run_id for answer in answers] == [gone.run_id, live.run_id]
    assert answers[1].verdict == "cancelled"
    again = await stage.deck.retry([gone.run_id, done.run_id], ADA)
    assert [type(answer.error) for answer in again] == [NoSuchRunError, type(None)]
    assert [answer.retry_of for answer in again] == [gone.run_id, done.run_id]
    assert again[1].created


async def test_runs_that_ask_are_found_and_answered_together(stage: Stage, source: str) -> None:
    asks = await started(stage, source)
    await stage.ask(asks.run_id)
    silent = await started(stage, source)
    assert await stage.deck.matching("is:asking") == (asks.run_id,)
    chosen = [silent.run_id, RunId("gone"), asks.run_id]
    nothing, gone, done = await stage.deck.answer(chosen, Decision.GO, ADA)
    assert isinstance(nothing.error, RefusedError)
    assert "asks nothing" in str(nothing.error)
    assert isinstance(gone.error, NoSuchRunError)
    assert (done.run_id, done.error) == (asks.run_id, None)
    assert done.run is not None
    assert done.run.question is None
    assert await stage.deck.matching("is:asking") == ()
