from __future__ import annotations

import sqlite3
from dataclasses import replace
from functools import partial

import pytest
from desk import OPERATOR, WORKER, Desk

from llmsdeck.errors import LostLeaseError
from llmsdeck.model import RunId, RunRequest, WorkerId
from llmsdeck.snapshot import Lane
from llmsdeck.states import RunStatus
from llmsdeck.store import endings, lanes, leases, picture, query
from llmsdeck.store.lanes import Sighting
from llmsdeck.store.leases import Lease

SERVER = "http://127.0.0.1:1234/v1"
SEEN = Sighting(server=SERVER, model="tiny", context_tokens=4096, tokens_per_s=20.0)


async def fall(desk: Desk, server: str = SERVER, reason: str = "It is away.") -> None:
    await desk.store.write(
        partial(lanes.fall, stamp=desk.stamp, actor=OPERATOR, server=server, reason=reason)
    )


async def rise(desk: Desk) -> None:
    await desk.store.write(partial(lanes.rise, stamp=desk.stamp, actor=OPERATOR, server=SERVER))


async def see(desk: Desk, seen: Sighting = SEEN) -> None:
    await desk.store.write(partial(lanes.see, stamp=desk.stamp, actor=OPERATOR, seen=seen))


async def hold(desk: Desk, lease: Lease) -> RunStatus:
    return await desk.store.write(
        partial(
            endings.hold,
            stamp=desk.stamp,
            lease=lease,
            worker=WORKER,
            server=SERVER,
            reason="It is away.",
        )
    )


async def needy(desk: Desk, source: str = "/needy") -> RunId:
    run_id, _ = await desk.enqueue_request(RunRequest(source=source, model="tiny"))
    return run_id


async def listed(desk: Desk) -> tuple[Lane, ...]:
    now = desk.clock.now()
    return await desk.store.read(lambda db: picture.servers(db, now))


async def kinds(desk: Desk) -> list[str]:
    events = await desk.store.read(lambda db: query.events_after(db, None, 0, 100))
    return [event.kind for event in events]


async def test_a_run_that_needs_a_model_is_passed_by_while_one_is_down(desk: Desk) -> None:
    waiting, plain = await needy(desk), await desk.enqueue("/plain")
    anything, _ = await desk.enqueue_request(RunRequest(source="/any", model="auto"))
    await fall(desk)
    assert [claim.lease.run_id for claim in await desk.claim(free=9)] == [plain, anything]
    run = await desk.run(waiting)
    assert (run.held, run.queue_position) == ("It is away.", None)
    await rise(desk)
    assert [claim.lease.run_id for claim in await desk.claim(free=9)] == [waiting]


async def test_nothing_is_due_while_every_pending_run_is_held(desk: Desk) -> None:
    await needy(desk)

    def due(db: sqlite3.Connection) -> float | None:
        return leases.next_due_s(db, desk.clock.now())

    assert await desk.store.read(due) == 0
    await fall(desk)
    assert await desk.store.read(due) is None


async def test_an_attempt_that_was_held_does_not_count(desk: Desk) -> None:
    run_id = await needy(desk)
    (claim,) = await desk.claim()
    assert await hold(desk, claim.lease) is RunStatus.PENDING
    run = await desk.run(run_id)
    assert (run.attempt, run.error_kind) == (0, None)
    assert (await desk.event_kinds(run_id))[-1] == "held"


async def test_a_run_being_cancelled_is_not_held(desk: Desk) -> None:
    run_id = await needy(desk)
    (claim,) = await desk.claim()
    await desk.cancel(run_id)
    renewed = Lease(run_id, claim.lease.token + 1)
    assert await hold(desk, renewed) is RunStatus.CANCELLED


async def test_however_many_say_so_it_is_one_incident(desk: Desk) -> None:
    for _ in range(3):
        await fall(desk)
        desk.clock.advance(1)
    await rise(desk)
    await rise(desk)
    assert await kinds(desk) == ["model_down", "model_up"]


async def test_an_answer_to_anybody_ends_the_incident(desk: Desk) -> None:
    await fall(desk)
    await see(desk)
    (lane,) = await listed(desk)
    assert (lane.down_since, lane.model, lane.tokens_per_s) == (None, "tiny", 20.0)


async def test_an_answer_that_says_no_speed_keeps_the_last_one(desk: Desk) -> None:
    await see(desk)
    desk.clock.advance(3)
    await see(desk, Sighting(server=SERVER, model="x", context_tokens=None, tokens_per_s=None))
    (lane,) = await listed(desk)
    assert (lane.model, lane.context_tokens, lane.tokens_per_s) == ("x", 4096, 20.0)
    assert lane.seen_age_s == 0


async def test_only_so_many_servers_are_remembered_but_none_that_is_down_is_forgotten(
    desk: Desk,
) -> None:
    await fall(desk, "http://down/v1")
    for number in range(lanes.KEPT + 3):
        desk.clock.advance(1)
        await see(desk, replace(SEEN, server=f"http://{number}/v1"))
    servers = [lane.server for lane in await listed(desk)]
    assert len(servers) == lanes.KEPT + 1
    assert "http://down/v1" in servers
    assert servers[0] == f"http://{lanes.KEPT + 2}/v1"


async def test_another_worker_cannot_speak_for_a_run(desk: Desk) -> None:
    run_id = await needy(desk)
    await desk.claim(WorkerId("other"))
    with pytest.raises(LostLeaseError):
        await hold(desk, Lease(run_id, 99))
    assert await desk.status(run_id) is RunStatus.PROCESSING
    assert await listed(desk) == ()
