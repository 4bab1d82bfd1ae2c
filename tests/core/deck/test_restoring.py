from __future__ import annotations

from two_decks import ADA, Stage, pruned, started

from llmsdeck.errors import NoSuchRunError, RefusedError
from llmsdeck.pruning import PruneRule
from llmsdeck.snapshot import Window


async def test_a_pruned_run_comes_back_as_it_was(stage: Stage, source: str) -> None:
    run = await pruned(stage, source)
    (item,) = await stage.deck.trash()
    assert (item.run_id, item.status, item.pruned_by) == (run.run_id, run.status, ADA)
    (answer,) = await stage.deck.restore([run.short_id], ADA)
    assert (answer.run_id, answer.error) == (run.run_id, None)
    assert await stage.deck.find(run.run_id) == run
    assert (await stage.deck.events(run.run_id))[-1].kind == "restored"
    assert await stage.deck.trash() == ()
    counts = (await stage.deck.snapshot(Window())).counts
    assert (counts.submitted, counts.completed, counts.pruned) == (1, 1, 0)


async def test_a_run_comes_back_to_its_place_in_the_list(stage: Stage, source: str) -> None:
    old = await pruned(stage, source)
    new = await started(stage, source)
    await stage.deck.restore([old.run_id], ADA)
    assert [run.run_id for run in (await stage.deck.page()).runs] == [new.run_id, old.run_id]


async def test_the_time_to_live_of_a_restored_run_begins_anew(stage: Stage, source: str) -> None:
    run = await pruned(stage, source)
    stage.clock.advance(6 * 86_400)
    await stage.deck.restore([run.run_id], ADA)
    stage.clock.advance(10 * 86_400)
    assert (await stage.deck.plan_prune(PruneRule())).items == ()
    stage.clock.advance(4 * 86_400)
    (item,) = (await stage.deck.plan_prune(PruneRule())).items
    assert item.run_id == run.run_id


async def test_what_cannot_come_back_says_why_and_stops_nothing(stage: Stage, source: str) -> None:
    there = await started(stage, source)
    run = await pruned(stage, source)
    answers = await stage.deck.restore(["nothing", there.run_id, run.run_id], ADA)
    kinds = [type(answer.error) for answer in answers]
    assert kinds == [NoSuchRunError, RefusedError, type(None)]


async def test_a_run_comes_back_only_where_there_is_room(stage: Stage, source: str) -> None:
    await stage.deck.set_policy({"max_runs": "1"}, ADA)
    run = await pruned(stage, source)
    other = await started(stage, source)
    await stage.complete(other.run_id)
    (answer,) = await stage.deck.restore([run.run_id], ADA)
    assert isinstance(answer.error, RefusedError)
    assert [item.run_id for item in await stage.deck.trash()] == [run.run_id]
