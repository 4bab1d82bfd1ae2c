from __future__ import annotations

import asyncio
import itertools
import os
import sqlite3
from functools import partial

import pytest
from desk import OPERATOR, WORKER, Desk

from llmsdeck import processes
from llmsdeck.errors import LostLeaseError, NoSuchRunError, QueueFullError, StoreError
from llmsdeck.model import Actor, ActorKind, RunId, RunRequest, WorkerId
from llmsdeck.settings import Policy
from llmsdeck.states import CancelState, ErrorKind, Outcome, Phase, RunStatus
from llmsdeck.store import endings, leases
from llmsdeck.store.leases import Beat, Lease


async def fail(desk: Desk, lease: Lease, kind: ErrorKind) -> RunStatus:
    return await desk.fail(lease, kind, actor=Actor(ActorKind.WORKER, WORKER))


async def beat(desk: Desk, lease: Lease) -> tuple[Lease, ...]:
    now = desk.clock.now()
    sign = Beat(lease=lease, at=now, moved=now, done=1, total=2)
    return await desk.store.beat(lambda db: leases.beat(db, [sign]))


async def test_a_run_goes_from_pending_over_processing_to_completed(desk: Desk) -> None:
    run_id = await desk.enqueue()
    assert await desk.status(run_id) is RunStatus.PENDING
    (claim,) = await desk.claim()
    assert await desk.status(run_id) is RunStatus.PROCESSING
    await desk.complete(claim.lease)
    run = await desk.run(run_id)
    assert (run.status, run.score, len(run.artifacts)) == (RunStatus.COMPLETED, 90, 1)
    assert await desk.event_kinds(run_id) == ["accepted", "claimed", "completed"]


async def test_the_bundle_of_a_run_is_the_folder_of_its_lease(desk: Desk) -> None:
    lease = await desk.claimed()
    await desk.complete(lease)
    run = await desk.run(lease.run_id)
    assert run.bundle_dir == str(desk.store.paths.attempt(lease.run_id, lease.token))


async def test_the_most_urgent_run_is_claimed_first_then_the_oldest(desk: Desk) -> None:
    first, second = await desk.enqueue("/a"), await desk.enqueue("/b")
    urgent = await desk.enqueue("/c", priority=5)
    claims = await desk.claim(free=3)
    assert [claim.lease.run_id for claim in claims] == [urgent, first, second]


async def test_two_claims_never_get_the_same_run(desk: Desk) -> None:
    await desk.enqueue()
    assert len(await desk.claim(free=5)) == 1
    assert await desk.claim(free=5) == ()


async def test_an_equal_live_run_is_returned_instead_of_another(desk: Desk) -> None:
    request = RunRequest(source="/src")
    first, created = await desk.enqueue_request(request)
    again, created_again = await desk.enqueue_request(request)
    assert (again, created, created_again) == (first, True, False)


async def test_a_claim_knows_the_newest_whole_bundle_of_an_equal_run(desk: Desk) -> None:
    wholes: list[Lease] = []
    for outcome in (Outcome.GOOD, Outcome.UNCHANGED, Outcome.DEGRADED):
        await desk.enqueue_request(RunRequest(source="/src"))
        (claim,) = await desk.claim()
        assert claim.previous == (wholes[-1] if wholes else None)
        await desk.complete(claim.lease, outcome=outcome)
        wholes.append(claim.lease)
    await desk.enqueue_request(RunRequest(source="/src"))
    (claim,) = await desk.claim()
    assert claim.previous == wholes[1]


async def test_another_source_is_no_equal_run(desk: Desk) -> None:
    await desk.completed("/src")
    await desk.enqueue_request(RunRequest(source="/other"))
    assert [claim.previous for claim in await desk.claim()] == [None]


async def test_a_forced_run_knows_no_earlier_bundle(desk: Desk) -> None:
    await desk.completed("/src")
    await desk.enqueue_request(RunRequest(source="/src", force=True))
    assert [claim.previous for claim in await desk.claim()] == [None]


@pytest.mark.parametrize("fresh", [True, False])
async def test_a_worker_is_told_whether_to_begin_at_the_start(desk: Desk, fresh: bool) -> None:
    await desk.completed("/src")
    await desk.enqueue_request(RunRequest(source="/src", fresh=fresh))
    (claim,) = await desk.claim()
    assert (claim.fresh, claim.previous is None) == (fresh, fresh)


async def test_a_run_being_cancelled_does_not_stand_in_for_a_new_one(desk: Desk) -> None:
    run_id, _ = await desk.enqueue_request(RunRequest(source="/src"))
    await desk.claim()
    await desk.cancel(run_id)
    again, created = await desk.enqueue_request(RunRequest(source="/src"))
    assert created
    assert again != run_id


async def test_a_full_queue_refuses_with_its_figures(desk: Desk) -> None:
    for number in range(desk.policy.queue_cap):
        await desk.enqueue(f"/{number}")
    with pytest.raises(QueueFullError, match="3 of 3") as refusal:
        await desk.enqueue("/one-too-many")
    facts = refusal.value.facts()
    assert (facts["queued"], facts["queue_cap"], facts["workers"]) == (3, 3, 0)


async def test_a_beat_under_a_good_lease_is_recorded(desk: Desk) -> None:
    lease = await desk.claimed()
    desk.clock.advance(7)
    assert (await desk.run(lease.run_id)).heartbeat_age_s == 7
    assert await beat(desk, lease) == ()
    run = await desk.run(lease.run_id)
    assert (run.heartbeat_age_s, run.progress.done) == (0, 1)


async def test_a_failure_of_the_source_ends_the_run(desk: Desk) -> None:
    lease = await desk.claimed()
    assert await fail(desk, lease, ErrorKind.SOURCE) is RunStatus.FAILED
    run = await desk.run(lease.run_id)
    assert (run.error_kind, run.error_message) == (ErrorKind.SOURCE, "It broke.")


async def test_a_lost_attempt_is_repeated_after_a_pause(desk: Desk) -> None:
    lease = await desk.claimed()
    assert await fail(desk, lease, ErrorKind.WORKER_LOST) is RunStatus.PENDING
    assert await desk.claim() == ()
    assert (await desk.run(lease.run_id)).retry_in_s == 1
    desk.clock.advance(1)
    (claim,) = await desk.claim()
    assert claim.attempt == 2


async def test_attempts_end_at_their_maximum(desk: Desk) -> None:
    lease = await desk.claimed()
    await fail(desk, lease, ErrorKind.WORKER_LOST)
    desk.clock.advance(1)
    (claim,) = await desk.claim()
    assert await fail(desk, claim.lease, ErrorKind.WORKER_LOST) is RunStatus.FAILED


async def test_a_released_attempt_does_not_count(desk: Desk) -> None:
    lease = await desk.claimed()
    await desk.store.write(partial(endings.release, stamp=desk.stamp, lease=lease, worker=WORKER))
    run = await desk.run(lease.run_id)
    assert (run.status, run.attempt) == (RunStatus.PENDING, 0)


async def test_cancelling_a_pending_run_ends_it_at_once(desk: Desk) -> None:
    run_id = await desk.enqueue()
    assert (await desk.cancel(run_id)).verdict == "cancelled"
    assert await desk.status(run_id) is RunStatus.CANCELLED


async def test_after_a_cancel_the_old_lease_can_do_nothing(desk: Desk) -> None:
    lease = await desk.claimed()
    assert (await desk.cancel(lease.run_id)).verdict == "requested"
    assert await beat(desk, lease) == (lease,)
    with pytest.raises(LostLeaseError):
        await desk.complete(lease)
    assert await desk.status(lease.run_id) is RunStatus.PROCESSING


async def test_the_worker_ends_a_cancelled_run_under_the_renewed_lease(desk: Desk) -> None:
    lease = await desk.claimed()
    await desk.cancel(lease.run_id)
    held = await desk.store.read(lambda db: leases.held(db, WORKER))
    renewed = leases.standing(lease, held)
    assert renewed is not None
    assert renewed.cancelling
    assert await fail(desk, renewed.lease, ErrorKind.WORKER_LOST) is RunStatus.CANCELLED
    run = await desk.run(lease.run_id)
    assert run.cancel is not None
    assert (run.cancel.state, run.cancel.verdict) == (CancelState.STOPPED, "cancelled")
    assert run.cancel.by == OPERATOR


async def test_a_second_cancel_changes_nothing(desk: Desk) -> None:
    lease = await desk.claimed()
    await desk.cancel(lease.run_id)
    before = await desk.run(lease.run_id)
    assert (await desk.cancel(lease.run_id)).message == "Already being cancelled."
    assert await desk.run(lease.run_id) == before


async def test_a_cancel_that_comes_too_late_says_by_how_much(desk: Desk) -> None:
    run_id = await desk.completed()
    desk.clock.advance(0.4)
    receipt = await desk.cancel(run_id)
    assert (receipt.verdict, receipt.message) == (
        "too_late",
        "Too late, it had finished 0.4 s before.",
    )


async def test_cancelling_nothing_is_an_error(desk: Desk) -> None:
    with pytest.raises(NoSuchRunError):
        await desk.cancel(RunId("nosuchrun"))


async def test_a_reclaimed_run_ignores_its_former_owner(desk: Desk) -> None:
    old = await desk.claimed()
    observed = (await desk.sql("SELECT beat_ns FROM runs"))[0][0]
    assert isinstance(observed, int)
    await desk.store.write(
        partial(
            endings.reap,
            stamp=desk.stamp,
            lease=old,
            observed_beat_ns=observed,
            kind=ErrorKind.HUNG,
            message="Silent.",
        )
    )
    desk.clock.advance(1)
    (claim,) = await desk.claim(WorkerId("w2"))
    with pytest.raises(LostLeaseError):
        await desk.complete(old)
    await desk.complete(claim.lease)
    run = await desk.run(old.run_id)
    assert run.bundle_dir == str(desk.store.paths.attempt(old.run_id, claim.lease.token))


async def test_a_run_that_beats_again_is_not_reaped(desk: Desk) -> None:
    lease = await desk.claimed()
    observed = desk.clock.now().ns
    desk.clock.advance(60)
    await beat(desk, lease)
    with pytest.raises(LostLeaseError):
        await desk.store.write(
            partial(
                endings.reap,
                stamp=desk.stamp,
                lease=lease,
                observed_beat_ns=observed,
                kind=ErrorKind.HUNG,
                message="Silent.",
            )
        )
    assert await desk.status(lease.run_id) is RunStatus.PROCESSING


async def test_phases_are_timed(desk: Desk) -> None:
    lease = await desk.claimed()
    for phase in (Phase.COLLECT, Phase.ANALYSE):
        await desk.store.write(
            partial(leases.enter_phase, stamp=desk.stamp, lease=lease, worker=WORKER, phase=phase)
        )
        desk.clock.advance(3)
    assert await desk.sql("SELECT phase, seconds FROM phases ORDER BY phase DESC") == [
        ("collect", 3.0),
        ("analyse", None),
    ]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE runs SET error_message = 'x' WHERE status = 'completed'", "terminal run never"),
        ("UPDATE runs SET status = 'pending' WHERE status = 'completed'", "terminal|transition"),
        ("UPDATE runs SET status = 'completed' WHERE status = 'pending'", "no such transition"),
        ("UPDATE runs SET token = token - 1 WHERE status = 'processing'", "token never shrinks"),
        ("DELETE FROM runs WHERE status = 'pending'", "live run is never removed"),
        ("DELETE FROM runs WHERE status = 'processing'", "live run is never removed"),
        ("UPDATE events SET message = 'x'", "event never changes"),
    ],
)
async def test_the_schema_itself_refuses(desk: Desk, statement: str, reason: str) -> None:
    await desk.completed("/a")
    await desk.claimed("/b")
    await desk.enqueue("/c")
    with pytest.raises(StoreError, match=reason):
        await desk.sql(statement)


async def test_a_silent_owner_makes_the_run_stale_and_a_dead_one_an_orphan(desk: Desk) -> None:
    began = processes.started(os.getpid())
    assert began is not None
    await desk.register(WorkerId("alive"), os.getpid(), began)
    await desk.register(WorkerId("dead"), os.getpid(), "another time")
    ours = await desk.claimed("/a", WorkerId("alive"))
    theirs = await desk.claimed("/b", WorkerId("dead"))
    desk.clock.advance(31)
    stale, orphan = await desk.run(ours.run_id), await desk.run(theirs.run_id)
    assert (stale.stale, stale.orphan) == (True, False)
    assert stale.stale_reason == "no beat for 31 s (limit 30 s)"
    assert (orphan.stale, orphan.orphan) == (False, True)
    assert orphan.stale_reason == "its worker is gone"


async def test_when_to_look_at_the_queue_again(desk: Desk) -> None:
    async def due() -> float | None:
        return await desk.store.read(partial(leases.next_due_s, now=desk.clock.now()))

    assert await due() is None
    lease = await desk.claimed()
    assert await due() is None
    await desk.fail(lease, ErrorKind.WORKER_LOST, "It is gone.")
    later = await due()
    assert later is not None
    assert later > 0
    await desk.enqueue("/other")
    assert await due() == 0


async def test_a_long_queue_is_not_gone_through_to_see_that_a_run_is_due(desk: Desk) -> None:
    desk.policy = Policy(queue_cap=500)
    await asyncio.gather(*(desk.enqueue(f"/{number}") for number in range(300)))

    def steps(db: sqlite3.Connection) -> int:
        seen = itertools.count()
        db.set_progress_handler(lambda: next(seen) < 0, 100)
        leases.next_due_s(db, desk.clock.now())
        db.set_progress_handler(None, 0)
        return next(seen)

    assert await desk.store.read(steps) < 3
