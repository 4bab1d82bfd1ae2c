from __future__ import annotations

from two_decks import ADA, Stage, started

from llmsdeck.errors import QueueFullError, RefusedError
from llmsdeck.model import RunRequest
from llmsdeck.states import RunStatus


async def test_a_started_run_is_pending_and_knows_who_asked(stage: Stage, source: str) -> None:
    run = await started(stage, source)
    assert (run.status, run.requested_by, run.queue_position) == (RunStatus.PENDING, ADA, 1)
    assert await stage.deck.find(run.short_id) == run


async def test_an_equal_live_run_is_returned_unless_forced(stage: Stage, source: str) -> None:
    first = await started(stage, source)
    (again,) = await stage.deck.start([RunRequest(source=source)], ADA)
    assert again.run is not None
    assert (again.run.run_id, again.created) == (first.run_id, False)
    assert (await started(stage, source)).run_id != first.run_id


async def test_a_refused_source_does_not_stop_the_others(stage: Stage, source: str) -> None:
    requests = [RunRequest(source=source, force=True)] * 4
    answers = await stage.deck.start(requests, ADA)
    assert [answer.run is not None for answer in answers] == [True, True, True, False]
    assert isinstance(answers[3].error, QueueFullError)


async def test_what_is_vetted_is_the_canonical_request_and_a_refusal_starts_nothing(
    stage: Stage, source: str
) -> None:
    seen: list[RunRequest] = []

    def vet(request: RunRequest) -> None:
        seen.append(request)
        raise RefusedError("Not for you.")

    typed = RunRequest(source=source)
    (answer,) = await stage.deck.start([typed], ADA, vet)
    assert seen == [await stage.deck.canonical(typed)]
    assert str(answer.error) == "Not for you."
    assert (await stage.deck.page()).runs == ()


async def test_a_repository_on_a_host_has_one_canonical_form(stage: Stage) -> None:
    for typed in ("Pallets/Flask", "git@github.com:pallets/flask.git", "github.com/pallets/flask/"):
        asked = await stage.deck.canonical(RunRequest(source=typed))
        assert asked.source == "https://github.com/pallets/flask"


async def test_a_fresh_run_is_not_stood_in_for_by_one_that_uses_what_was_left(
    stage: Stage, source: str
) -> None:
    run = await started(stage, source)
    await stage.complete(run.run_id)
    (usual,) = await stage.deck.retry([run.run_id], ADA)
    (fresh,) = await stage.deck.retry([run.run_id], ADA, fresh=True)
    (again,) = await stage.deck.retry([run.run_id], ADA, fresh=True)
    assert (usual.created, fresh.created, again.created) == (True, True, False)
    assert fresh.run is not None
    assert again.run is not None
    assert again.run.run_id == fresh.run.run_id
