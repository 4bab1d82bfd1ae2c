from __future__ import annotations

from two_decks import ADA, Stage, started

from llmsdeck.model import Run
from llmsdeck.states import ErrorKind


async def test_a_change_is_noticed_once(stage: Stage, source: str) -> None:
    await stage.deck.changed(0)
    await started(stage, source)
    assert await stage.deck.changed(0)
    assert not await stage.deck.changed(0)


async def test_events_can_be_followed(stage: Stage, source: str) -> None:
    run = await started(stage, source)
    (accepted,) = await stage.deck.events(run.run_id)
    await stage.claim(run.run_id)
    later = await stage.deck.events(run.run_id, after=accepted.seq)
    assert later[0].kind == "claimed"


async def test_actions_are_what_people_did_newest_first(stage: Stage, source: str) -> None:
    run = await started(stage, source)
    await stage.claim(run.run_id)
    await stage.deck.set_policy({"slots": "3"}, ADA)
    await stage.deck.cancel([run.run_id], ADA)
    done = await stage.deck.actions()
    assert [(event.kind, event.run_id) for event in done] == [
        ("cancel_requested", run.run_id),
        ("policy_changed", None),
        ("accepted", run.run_id),
    ]
    (older,) = await stage.deck.actions(limit=1, before=done[1].seq)
    assert older == done[2]


async def test_a_deck_without_failures_has_no_groups(stage: Stage, source: str) -> None:
    await stage.complete((await started(stage, source)).run_id)
    assert await stage.deck.failures() == ()


async def test_failures_of_one_cause_are_one_group_and_its_filter_finds_them(
    stage: Stage, source: str
) -> None:
    runs: list[Run] = []
    for number in (1, 22):
        run = await started(stage, source)
        await stage.fail(run.run_id, f"It has {number} files too many.")
        runs.append(run)
    (group,) = await stage.deck.failures()
    assert (group.kind, group.count, group.pattern) == (
        ErrorKind.SOURCE,
        2,
        "It has * files too many.",
    )
    assert group.newest.run_id == runs[1].run_id
    assert set(await stage.deck.matching(group.filter)) == {run.run_id for run in runs}
