from __future__ import annotations

from pathlib import Path

import pytest
from two_decks import ADA, Stage, started

from llmsdeck.errors import RefusedError, UsageError
from llmsdeck.model import ArtifactName, RunRequest


async def test_a_retry_is_vetted_like_a_start(stage: Stage, source: str) -> None:
    def vet(request: RunRequest) -> None:
        raise RefusedError(f"No more of {Path(request.source).name}.")

    run = await started(stage, source)
    await stage.complete(run.run_id)
    (answer,) = await stage.deck.retry([run.run_id], ADA, None, vet)
    assert str(answer.error) == "No more of sample."


async def test_a_retry_is_a_new_run_that_names_its_parent(stage: Stage, source: str) -> None:
    run = await started(stage, source)
    await stage.complete(run.run_id)
    (answer,) = await stage.deck.retry([run.run_id], ADA)
    assert answer.run is not None
    assert (answer.run.parent_run, answer.run.source) == (run.run_id, run.source)


@pytest.mark.parametrize("fresh", [True, False])
async def test_a_retry_says_whether_it_begins_at_the_start(
    stage: Stage, source: str, fresh: bool
) -> None:
    run = await started(stage, source)
    await stage.complete(run.run_id)
    (answer,) = await stage.deck.retry([run.run_id], ADA, fresh=fresh)
    assert answer.run is not None
    accepted = (await stage.deck.events(answer.run.run_id))[0]
    assert (answer.run.fresh, "to be made from the start" in accepted.message) == (fresh, fresh)


async def test_a_run_that_has_not_ended_cannot_be_retried(stage: Stage, source: str) -> None:
    run = await started(stage, source)
    (answer,) = await stage.deck.retry([run.run_id], ADA)
    assert isinstance(answer.error, RefusedError)


async def test_a_retry_may_differ_from_its_parent(stage: Stage, source: str) -> None:
    run = await started(stage, source)
    await stage.complete(run.run_id)
    changes = {"priority": "-3", "timeout": "5m", "artifacts": "llms.txt", "ref": ""}
    (answer,) = await stage.deck.retry([run.run_id], ADA, changes)
    assert answer.run is not None
    again = answer.run
    assert (again.priority, again.timeout_s, again.artifacts_wanted, again.ref) == (
        -3, 300.0, (ArtifactName.LLMS,), None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"modle": "x"}, "did you mean model"),
        ({"source": "x"}, "choose from model"),
        ({"priority": "high"}, "whole number"),
        ({"timeout": "soon"}, "not a duration"),
        ({"artifacts": "passwd"}, "no artifact"),
    ],
)
async def test_a_change_that_cannot_be_starts_nothing(
    stage: Stage, source: str, changes: dict[str, str], sentence: str
) -> None:
    run = await started(stage, source)
    await stage.complete(run.run_id)
    with pytest.raises(UsageError, match=sentence):
        await stage.deck.retry([run.run_id], ADA, changes)
    assert await stage.deck.matching("is:live") == ()
