"""What every deck promises, held against the real one and the one that other tests use instead."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path
from typing import Protocol

import pytest
from desk import WORKER, Desk

from llmsdeck import processes
from llmsdeck.api import DeckApi
from llmsdeck.comparison import Change
from llmsdeck.deck import open_deck
from llmsdeck.errors import (
    FilterError,
    NoSuchRunError,
    QueueFullError,
    ReadOnlyError,
    RealityMovedError,
    RefusedError,
    UsageError,
)
from llmsdeck.model import Actor, ActorKind, ArtifactName, Run, RunId, RunRequest
from llmsdeck.paths import StorePaths
from llmsdeck.pruning import PruneRule
from llmsdeck.settings import Policy
from llmsdeck.snapshot import Window
from llmsdeck.states import Decision, ErrorKind, RunStatus
from llmsdeck.store import endings
from llmsdeck.store.leases import Lease
from llmsdeck.store.store import Store, open_store
from llmsdeck.testing import FakeClock, FakeDeck
from llmsdeck.verdict import Profile

ADA = Actor(ActorKind.OPERATOR, "ada")


class Stage(Protocol):
    """A deck, and what a worker would do behind it; runs are claimed oldest first."""

    @property
    def deck(self) -> DeckApi: ...

    @property
    def clock(self) -> FakeClock: ...

    async def claim(self, run_id: RunId) -> None: ...

    async def complete(self, run_id: RunId) -> None: ...

    async def lose_owner(self, run_id: RunId) -> None: ...

    async def fail(self, run_id: RunId, message: str) -> None: ...

    async def ask(self, run_id: RunId) -> None: ...


class RealStage:
    def __init__(self, deck: DeckApi, store: Store, clock: FakeClock) -> None:
        self.deck = deck
        self.clock = clock
        self._store = store
        self._desk = Desk(store, clock)
        self._leases: dict[RunId, Lease] = {}

    async def claim(self, run_id: RunId) -> None:
        await self._register(processes.started(os.getpid()) or "")
        for claim in await self._desk.claim(free=100):
            self._leases[claim.lease.run_id] = claim.lease

    async def lose_owner(self, run_id: RunId) -> None:
        await self._register("another time")

    async def _register(self, began: str) -> None:
        await self._desk.sql("DELETE FROM workers")
        await self._desk.register(WORKER, os.getpid(), began)

    async def complete(self, run_id: RunId) -> None:
        await self.claim(run_id)
        await self._desk.complete(self._leases[run_id])

    async def fail(self, run_id: RunId, message: str) -> None:
        await self.claim(run_id)
        stamp, lease = self._desk.stamp, self._leases[run_id]
        actor = Actor(ActorKind.WORKER, WORKER)
        await self._store.write(
            lambda db: endings.fail(db, stamp, lease, actor, ErrorKind.SOURCE, message)
        )

    async def ask(self, run_id: RunId) -> None:
        await self.claim(run_id)
        put = partial(
            endings.ask,
            stamp=self._desk.stamp,
            lease=self._leases[run_id],
            worker=WORKER,
            expected_tokens=9,
            token_budget=5,
        )
        await self._store.write(put)


class FakeStage:
    def __init__(self, deck: FakeDeck, clock: FakeClock) -> None:
        self.deck = deck
        self.clock = clock
        self._fake = deck

    async def claim(self, run_id: RunId) -> None:
        self._fake.claim(run_id)

    async def lose_owner(self, run_id: RunId) -> None:
        self._fake.lose_owner(run_id)

    async def complete(self, run_id: RunId) -> None:
        if (await self._fake.find(run_id)).status is RunStatus.PENDING:
            self._fake.claim(run_id)
        self._fake.complete(run_id, {ArtifactName.LLMS: "# X\n"})

    async def fail(self, run_id: RunId, message: str) -> None:
        self._fake.claim(run_id)
        self._fake.fail(run_id, ErrorKind.SOURCE, message)

    async def ask(self, run_id: RunId) -> None:
        self._fake.claim(run_id)
        self._fake.ask(run_id, 9, 5)


@pytest.fixture(params=["real", "fake"])
async def stage(
    request: pytest.FixtureRequest, paths: StorePaths, clock: FakeClock
) -> AsyncGenerator[Stage]:
    if request.param == "fake":
        yield FakeStage(FakeDeck(clock, policy=Policy(queue_cap=3)), clock)
        return
    async with open_store(paths) as store, open_deck(paths, clock=clock) as deck:
        await store.write(lambda db: db.execute("INSERT INTO policy VALUES ('queue_cap', 3)"))
        yield RealStage(deck, store, clock)


@pytest.fixture
def source(tmp_path: Path) -> str:
    folder = tmp_path / "sample"
    folder.mkdir()
    (folder / "README.md").write_text("# Sample\n\nIt shows how a sample looks.\n")
    return str(folder)


async def started(stage: Stage, source: str, *, force: bool = True) -> Run:
    (answer,) = await stage.deck.start([RunRequest(source=source, force=force)], ADA)
    assert answer.run is not None, answer.error
    return answer.run


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


async def test_a_retry_is_vetted_like_a_start(stage: Stage, source: str) -> None:
    def vet(request: RunRequest) -> None:
        raise RefusedError(f"No more of {Path(request.source).name}.")

    run = await started(stage, source)
    await stage.complete(run.run_id)
    (answer,) = await stage.deck.retry([run.run_id], ADA, None, vet)
    assert str(answer.error) == "No more of sample."


async def test_a_repository_on_a_host_has_one_canonical_form(stage: Stage) -> None:
    for typed in ("Pallets/Flask", "git@github.com:pallets/flask.git", "github.com/pallets/flask/"):
        asked = await stage.deck.canonical(RunRequest(source=typed))
        assert asked.source == "https://github.com/pallets/flask"


async def test_an_explanation_agrees_with_the_run(stage: Stage, source: str) -> None:
    run = await started(stage, source)
    waiting = await stage.deck.explain(run.short_id)
    await stage.claim(run.run_id)
    await stage.lose_owner(run.run_id)
    orphan = await stage.deck.explain(run.run_id)
    assert (waiting.state, orphan.state) == ("unattended", "orphan")
    reason = (await stage.deck.find(run.run_id)).stale_reason
    assert reason
    assert reason in orphan.headline


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


async def test_a_run_that_has_not_ended_cannot_be_retried(stage: Stage, source: str) -> None:
    run = await started(stage, source)
    (answer,) = await stage.deck.retry([run.run_id], ADA)
    assert isinstance(answer.error, RefusedError)


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


async def test_pages_lead_through_all_runs(stage: Stage, source: str) -> None:
    runs = [await started(stage, source) for _ in range(3)]
    first = await stage.deck.page(2)
    second = await stage.deck.page(2, first.next_cursor)
    seen = [run.run_id for run in (*first.runs, *second.runs)]
    assert seen == [run.run_id for run in reversed(runs)]
    assert second.next_cursor is None


async def test_pages_hold_what_the_filter_lets_through_in_the_order_that_was_asked_for(
    stage: Stage, source: str
) -> None:
    runs = [await started(stage, source) for _ in range(3)]
    await stage.complete(runs[1].run_id)
    pages: list[list[RunId]] = []
    cursor = None
    for _ in range(2):
        page = await stage.deck.page(1, cursor, "is:live", "age")
        pages.append([run.run_id for run in page.runs])
        cursor = page.next_cursor
    assert (pages, cursor) == ([[runs[0].run_id], [runs[2].run_id]], None)
    worst_first = await stage.deck.page(10, None, "is:ended OR is:live", "score")
    assert [run.run_id for run in worst_first.runs] == [runs[number].run_id for number in (1, 2, 0)]


async def test_pages_in_an_order_of_two_keys_lead_through_all_runs(
    stage: Stage, source: str
) -> None:
    runs: list[Run] = []
    for number in range(4):
        runs.append(await started(stage, source))
        if number in (0, 2):
            await stage.complete(runs[number].run_id)
    seen: list[RunId] = []
    cursor = None
    while cursor is not None or not seen:
        page = await stage.deck.page(1, cursor, "", "-status,-created")
        seen += [run.run_id for run in page.runs]
        cursor = page.next_cursor
    assert seen == [runs[number].run_id for number in (1, 3, 0, 2)]
    shown = await stage.deck.snapshot(Window(1, 2), seen[2], "", "-status,-created")
    assert ([run.run_id for run in shown.runs], shown.focus_row) == (seen[1:3], 2)


async def test_a_filter_or_sort_that_cannot_be_is_refused(stage: Stage) -> None:
    with pytest.raises(FilterError, match="did you mean status"):
        await stage.deck.page(filter="statsu:failed")
    with pytest.raises(UsageError, match="choose from created"):
        await stage.deck.page(sort="size")


async def test_what_matches_is_all_or_an_error(stage: Stage, source: str) -> None:
    runs = [await started(stage, source) for _ in range(3)]
    found = await stage.deck.matching("is:live sample")
    assert found == tuple(run.run_id for run in reversed(runs))
    assert await stage.deck.matching("is:ended") == ()
    with pytest.raises(RefusedError, match="3 runs match, more than the 2"):
        await stage.deck.matching("sample", limit=2)
    with pytest.raises(UsageError, match="every run"):
        await stage.deck.matching(" ")


async def test_a_filter_asks_about_a_lost_run_as_everybody_does(stage: Stage, source: str) -> None:
    run = await started(stage, source)
    await stage.claim(run.run_id)
    assert await stage.deck.matching("is:stale,orphan") == ()
    stage.clock.advance(31)
    assert await stage.deck.matching("is:stale beat>30s") == (run.run_id,)
    await stage.lose_owner(run.run_id)
    assert await stage.deck.matching("is:orphan -is:stale") == (run.run_id,)


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


async def test_a_plan_keeps_the_newest_of_each_source(stage: Stage, source: str) -> None:
    runs: list[Run] = []
    for _ in range(3):
        runs.append(await started(stage, source))
        await stage.complete(runs[-1].run_id)
    plan = await stage.deck.plan_prune(PruneRule(keep_each=1))
    assert {item.run_id for item in plan.items} == {run.run_id for run in runs[:2]}


async def test_a_plan_with_a_filter_shows_only_what_matches_and_keeps_of_that(
    stage: Stage, source: str
) -> None:
    done = [await started(stage, source) for _ in range(2)]
    for run in done:
        await stage.complete(run.run_id)
        stage.clock.advance(1)
    gone = await started(stage, source)
    await stage.deck.cancel([gone.run_id], ADA)
    await started(stage, source)
    rule = PruneRule(filter="status:completed OR is:live", keep=1)
    plan = await stage.deck.plan_prune(rule)
    assert [item.run_id for item in plan.items] == [done[0].run_id]
    all_of_it = await stage.deck.plan_prune(PruneRule(filter="-status:completed"))
    assert [item.run_id for item in all_of_it.items] == [gone.run_id]


async def test_a_plan_removes_exactly_what_it_shows(stage: Stage, source: str) -> None:
    old = await started(stage, source)
    await stage.complete(old.run_id)
    plan = await stage.deck.plan_prune(PruneRule(older_than_s=0))
    new = await started(stage, source)
    await stage.complete(new.run_id)
    result = await stage.deck.apply_prune(plan, ADA)
    assert (result.runs, [item.run_id for item in plan.items]) == (1, [old.run_id])
    assert [run.run_id for run in (await stage.deck.page()).runs] == [new.run_id]


async def test_a_plan_is_refused_once_reality_has_moved(stage: Stage, source: str) -> None:
    run = await started(stage, source)
    await stage.complete(run.run_id)
    plan = await stage.deck.plan_prune(PruneRule(older_than_s=0))
    await stage.deck.apply_prune(plan, ADA)
    with pytest.raises(RealityMovedError):
        await stage.deck.apply_prune(plan, ADA)


async def test_an_artifact_that_is_not_there_is_refused(stage: Stage, source: str) -> None:
    run = await started(stage, source)
    with pytest.raises(RefusedError):
        await stage.deck.read_artifact(run.run_id, ArtifactName.LLMS)


async def test_a_snapshot_counts_lists_and_focuses(stage: Stage, source: str) -> None:
    done, waiting = await started(stage, source), await started(stage, source)
    await stage.complete(done.run_id)
    shown = await stage.deck.snapshot(Window(0, 1), done.run_id)
    assert (shown.total, shown.counts.completed, shown.counts.submitted) == (2, 1, 2)
    assert [run.run_id for run in shown.runs] == [waiting.run_id]
    assert shown.detail is not None
    assert shown.detail.run.status is RunStatus.COMPLETED
    assert shown.detail.events[0].kind == "accepted"


async def test_a_snapshot_lists_what_the_filter_lets_through_and_counts_everything(
    stage: Stage, source: str
) -> None:
    runs = [await started(stage, source) for _ in range(3)]
    await stage.complete(runs[1].run_id)
    for window, seen in ((Window(0, 5), [2, 0]), (Window(1, 5), [0]), (Window(0, 1), [2])):
        shown = await stage.deck.snapshot(window, None, "is:live")
        assert [run.run_id for run in shown.runs] == [runs[number].run_id for number in seen]
        assert (shown.total, shown.counts.kept, shown.filter) == (2, 3, "is:live")
    assert (await stage.deck.snapshot(Window(9, 5), None, "is:live")).total == 2
    with pytest.raises(FilterError):
        await stage.deck.snapshot(Window(), None, "is:lively")


async def test_a_snapshot_lists_in_the_order_asked_for_and_says_where_the_focused_run_is(
    stage: Stage, source: str
) -> None:
    runs = [await started(stage, source) for _ in range(3)]
    await stage.complete(runs[1].run_id)
    shown = await stage.deck.snapshot(Window(0, 2), runs[2].run_id, "", "-status")
    assert [run.run_id for run in shown.runs] == [runs[2].run_id, runs[0].run_id]
    assert (shown.sort, shown.focus_row) == ("-status", 0)
    shown = await stage.deck.snapshot(Window(), runs[1].run_id, "is:live", "age")
    assert ([run.run_id for run in shown.runs], shown.focus_row) == (
        [runs[0].run_id, runs[2].run_id],
        None,
    )
    with pytest.raises(UsageError):
        await stage.deck.snapshot(Window(), None, "", "colour")


async def test_named_runs_are_found_and_missing_ones_are_left_out(
    stage: Stage, source: str
) -> None:
    first, last = await started(stage, source), await started(stage, source)
    found = await stage.deck.runs([last.run_id, RunId("gone"), first.run_id])
    assert [run.run_id for run in found] == [last.run_id, first.run_id]


async def test_values_of_a_key_are_counted_among_the_runs_that_match(
    stage: Stage, source: str
) -> None:
    done = await started(stage, source)
    await stage.complete(done.run_id)
    for _ in range(2):
        await started(stage, source)
    counted = await stage.deck.values("status")
    assert [(each.value, each.runs) for each in counted] == [("pending", 2), ("completed", 1)]
    assert [each.value for each in await stage.deck.values("outcome", "is:ended")] == ["good"]
    assert await stage.deck.values("outcome", "is:live") == ()
    flags = await stage.deck.values("is", "status:pending,completed")
    assert [(each.value, each.runs) for each in flags] == [("live", 2), ("ended", 1)]
    with pytest.raises(UsageError):
        await stage.deck.values("age")


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


async def test_only_chosen_runs_that_have_ended_are_planned_to_go(
    stage: Stage, source: str
) -> None:
    runs = [await started(stage, source) for _ in range(3)]
    for run in runs[:2]:
        await stage.complete(run.run_id)
    plan = await stage.deck.plan_prune(PruneRule(run_ids=(runs[0].run_id, runs[2].run_id)))
    assert [item.run_id for item in plan.items] == [runs[0].run_id]
    assert (await stage.deck.plan_prune(PruneRule(run_ids=()))).items == ()


async def test_a_focused_run_that_was_pruned_is_no_longer_shown(stage: Stage, source: str) -> None:
    run = await started(stage, source)
    await stage.complete(run.run_id)
    plan = await stage.deck.plan_prune(PruneRule(older_than_s=0))
    await stage.deck.apply_prune(plan, ADA)
    assert (await stage.deck.snapshot(Window(), run.run_id)).detail is None


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


async def pruned(stage: Stage, source: str) -> Run:
    run = await started(stage, source)
    await stage.complete(run.run_id)
    run = await stage.deck.find(run.run_id)
    await stage.deck.apply_prune(await stage.deck.plan_prune(PruneRule(older_than_s=0)), ADA)
    return run


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


async def test_no_more_ended_runs_are_kept_than_the_policy_says(stage: Stage, source: str) -> None:
    await stage.deck.set_policy({"max_runs": "2"}, ADA)
    runs = [await started(stage, source) for _ in range(3)]
    for run in runs:
        await stage.complete(run.run_id)
        stage.clock.advance(1)
    kept = [run.run_id for run in (await stage.deck.page()).runs]
    assert kept == [runs[2].run_id, runs[1].run_id]
    counts = (await stage.deck.snapshot(Window())).counts
    assert (counts.submitted, counts.completed, counts.pruned) == (3, 2, 1)


async def test_any_file_can_be_judged_and_compared(stage: Stage, tmp_path: Path) -> None:
    before, after = tmp_path / "a.txt", tmp_path / "b.txt"
    before.write_text("# T\n\n## D\n\n- [a](u)\n")
    after.write_text("# T\n\n## D\n\n- [b](u)\n")
    strict = await stage.deck.check(str(before), Profile.V1)
    lenient = await stage.deck.check(str(before), Profile.V2)
    assert (strict.passed, lenient.passed) == (False, True)
    comparison = await stage.deck.diff(str(before), str(after))
    assert [link.change for link in comparison.links] == [Change.RETITLED]
    assert (await stage.deck.diff(str(before), str(before))).equal


async def test_what_cannot_be_judged_says_why(stage: Stage, source: str) -> None:
    run = await started(stage, source)
    with pytest.raises(RefusedError, match="has no bundle, it is pending"):
        await stage.deck.check(run.run_id, Profile.V1)
    with pytest.raises(NoSuchRunError):
        await stage.deck.check("zzzzzz", Profile.V1)
    with pytest.raises(UsageError, match="cannot be read"):
        await stage.deck.check("./nothing.txt", Profile.V1)
    with pytest.raises(RefusedError):
        await stage.deck.diff(run.run_id, run.run_id)


class TestTheRealDeck:
    """Promises about the world outside, which a deck in memory does not touch."""

    @pytest.fixture
    async def deck(self, paths: StorePaths, clock: FakeClock) -> AsyncGenerator[DeckApi]:
        async with open_deck(paths, clock=clock) as deck:
            yield deck

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"source": "/not/there"}, "not"),
            ({"model": " "}, "Name a model"),
            ({"model": "a\x1b[2J"}, "Name a model"),
            ({"timeout_s": 0.0}, "longer than 0 s"),
            ({"artifacts": ()}, "at least one artifact"),
            ({"artifacts": (ArtifactName.part(1),)}, "Parts come with llms-full.txt"),
            ({"output_dir": "/proc/version"}, "not a folder"),
        ],
    )
    async def test_a_bad_request_is_refused_with_a_sentence(
        self, deck: DeckApi, source: str, change: dict[str, object], sentence: str
    ) -> None:
        request = RunRequest(**{"source": source, **change})  # type: ignore[arg-type]
        (answer,) = await deck.start([request], ADA)
        assert isinstance(answer.error, UsageError)
        assert sentence in str(answer.error)
        assert (await deck.page()).runs == ()

    async def test_the_source_is_kept_as_an_absolute_path(
        self, deck: DeckApi, source: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(source)
        (answer,) = await deck.start([RunRequest(source=".")], ADA)
        assert answer.run is not None
        assert answer.run.source == source

    async def test_a_preflight_tells_what_is_there(self, deck: DeckApi, source: str) -> None:
        found = await deck.preflight(RunRequest(source=source))
        assert found.ok
        absent = await deck.preflight(RunRequest(source="/not/there"))
        assert not absent.ok

    async def test_what_runs_had_is_suggested_again(
        self, deck: DeckApi, source: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LLMSDECK_MODEL__BASE_URL", "http://127.0.0.1:9")
        git = "https://github.com/acme/tool"
        await deck.start([RunRequest(source=git, ref="v1", model="qwen3-8b")], ADA)
        await deck.start([RunRequest(source="https://github.com/acme/other", ref="v2")], ADA)
        assert set(await deck.suggest("source")) == {git, "https://github.com/acme/other"}
        assert await deck.suggest("ref", git) == ("v1",)
        assert await deck.suggest("ref", "acme/tool") == ("v1",)
        assert await deck.suggest("ref", "/not/there") == ()
        assert await deck.suggest("ref") == ()
        assert await deck.suggest("model") == ("auto", "qwen3-8b")

    async def test_many_are_cancelled_in_few_transactions(
        self, deck: DeckApi, source: str, paths: StorePaths
    ) -> None:
        requests = [RunRequest(source=source, force=True)] * 60
        started = await deck.start(requests, ADA)
        with contextlib.closing(sqlite3.connect(paths.database)) as other:
            commits = other.execute("PRAGMA data_version").fetchone()[0]
            cancelling = asyncio.ensure_future(
                deck.cancel([each.run.run_id for each in started if each.run], ADA)
            )
            versions = {commits}
            while not cancelling.done():
                versions.add(other.execute("PRAGMA data_version").fetchone()[0])
                await asyncio.sleep(0)
        assert {answer.verdict for answer in cancelling.result()} == {"cancelled"}
        assert len(versions) - 1 < 10

    async def test_a_read_only_deck_looks_but_does_not_act(
        self, deck: DeckApi, source: str, paths: StorePaths
    ) -> None:
        (answer,) = await deck.start([RunRequest(source=source)], ADA)
        assert answer.run is not None
        async with open_deck(paths, read_only=True) as looking:
            assert len((await looking.page()).runs) == 1
            with pytest.raises(ReadOnlyError):
                await looking.cancel([answer.run.run_id], ADA)


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
