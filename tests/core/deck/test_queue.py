from __future__ import annotations

from two_decks import ADA, Stage, started

from llmsdeck.errors import NoSuchRunError, QueueFullError, RefusedError
from llmsdeck.model import RunId, RunRequest


async def refusal(stage: Stage, source: str) -> QueueFullError:
    (answer,) = await stage.deck.start([RunRequest(source=source, force=True)], ADA)
    assert isinstance(answer.error, QueueFullError)
    return answer.error


async def test_a_refusal_says_how_full_since_when_and_what_would_help(
    stage: Stage, source: str
) -> None:
    runs = [await started(stage, source) for _ in range(3)]
    stage.clock.advance(720)
    full = await refusal(stage, source)
    assert str(full).startswith("The queue is full (3 of 3) for 12 min; no worker is alive")
    assert full.facts() == {
        "queued": 3, "queue_cap": 3, "full_for_s": 720.0, "processing": 0, "workers": 0,
    }  # fmt: skip
    await stage.deck.cancel([runs[0].run_id], ADA)
    await started(stage, source)
    assert (await refusal(stage, source)).facts()["full_for_s"] == 0


async def test_the_queue_is_full_from_the_moment_its_cap_was_lowered(
    stage: Stage, source: str
) -> None:
    await started(stage, source)
    stage.clock.advance(60)
    await stage.deck.set_policy({"queue_cap": "1"}, ADA)
    stage.clock.advance(5)
    assert (await refusal(stage, source)).facts()["full_for_s"] == 5


async def test_a_retry_is_refused_by_a_full_queue_too(stage: Stage, source: str) -> None:
    run = await started(stage, source)
    await stage.complete(run.run_id)
    for _ in range(3):
        await started(stage, source)
    (answer,) = await stage.deck.retry([run.run_id], ADA)
    assert answer.run is None or not answer.created


async def test_a_raised_priority_moves_a_pending_run_to_the_front(
    stage: Stage, source: str
) -> None:
    first, second = await started(stage, source), await started(stage, source)
    (answer,) = await stage.deck.set_priority([second.run_id], 5, ADA)
    assert answer.run is not None
    assert (answer.run.priority, answer.run.queue_position) == (5, 1)
    assert (await stage.deck.find(first.run_id)).queue_position == 2
    newest = (await stage.deck.events(second.run_id))[-1]
    assert (newest.kind, newest.actor, newest.message) == (
        "priority_changed",
        ADA,
        "Priority: 0 → 5.",
    )


async def test_the_same_priority_again_is_no_event(stage: Stage, source: str) -> None:
    run = await started(stage, source)
    await stage.deck.set_priority([run.run_id], 0, ADA)
    assert len(await stage.deck.events(run.run_id)) == 1


async def test_only_pending_runs_have_a_priority_to_change(stage: Stage, source: str) -> None:
    run, waiting = await started(stage, source), await started(stage, source)
    await stage.complete(run.run_id)
    missing = RunId("0" * 20)
    refused, gone = await stage.deck.set_priority([run.run_id, missing], 1, ADA)
    assert isinstance(refused.error, RefusedError)
    assert isinstance(gone.error, NoSuchRunError)
    assert (await stage.deck.find(run.run_id)).priority == 0
    assert waiting.priority == 0
