from __future__ import annotations

import pytest
from two_decks import ADA, Stage, started

from llmsdeck.errors import QueueFullError, UsageError
from llmsdeck.model import RunRequest


async def test_a_changed_limit_holds_at_once_and_is_on_record(stage: Stage, source: str) -> None:
    await started(stage, source)
    after = await stage.deck.set_policy({"queue_cap": "1", "ttl_failed": "36h"}, ADA)
    assert (after.queue_cap, after.ttl_failed) == (1, 36 * 3600)
    assert await stage.deck.policy() == after
    (answer,) = await stage.deck.start([RunRequest(source=source, force=True)], ADA)
    assert isinstance(answer.error, QueueFullError)
    told = [event for event in await stage.deck.events(None) if event.kind == "policy_changed"]
    assert [(event.actor, event.message) for event in told] == [
        (ADA, "queue_cap: 3 → 1."),
        (ADA, "ttl_failed: 30d → 36h."),
    ]


async def test_a_refused_change_changes_nothing(stage: Stage) -> None:
    before = await stage.deck.policy()
    with pytest.raises(UsageError, match="did you mean slots"):
        await stage.deck.set_policy({"max_runs": "5", "slot": "3"}, ADA)
    assert await stage.deck.policy() == before
    assert await stage.deck.events(None) == ()


async def test_a_limit_set_to_what_it_is_leaves_no_trace(stage: Stage) -> None:
    await stage.deck.set_policy({"queue_cap": "3"}, ADA)
    assert await stage.deck.events(None) == ()


async def test_runs_that_have_not_ended_obey_a_new_number_of_attempts(
    stage: Stage, source: str
) -> None:
    ended, live = await started(stage, source), await started(stage, source)
    await stage.complete(ended.run_id)
    await stage.deck.set_policy({"max_attempts": "7"}, ADA)
    most = [(await stage.deck.find(run.run_id)).max_attempts for run in (ended, live)]
    assert most == [ended.max_attempts, 7]
