"""However runs come and end, the store never holds more rows than the policy allows."""

from __future__ import annotations

import random
from contextlib import suppress
from functools import partial

import pytest
from desk import WORKER, Desk

from llmsdeck.errors import LostLeaseError, QueueFullError
from llmsdeck.model import Actor, ActorKind, RunId
from llmsdeck.settings import Policy
from llmsdeck.states import ErrorKind
from llmsdeck.store import endings
from llmsdeck.store.leases import Lease

SLOTS, CAP, MAX_RUNS = 2, 3, 4
STEPS = 150


class Crowd:
    """Operations in random order, each a commit of its own."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk = desk
        self.dice = random.Random(seed)
        self.held: list[Lease] = []

    async def step(self) -> None:
        self.desk.clock.advance(self.dice.choice([0, 1, 400]))
        acts = [
            self.start,
            self.start,
            self.claim,
            self.complete,
            self.fail,
            self.lose,
            self.release,
        ]
        with suppress(QueueFullError, LostLeaseError):
            await self.dice.choice([*acts, self.cancel])()

    async def start(self) -> None:
        await self.desk.enqueue()

    async def claim(self) -> None:
        claims = await self.desk.claim(free=SLOTS - len(self.held))
        self.held += [claim.lease for claim in claims]

    async def complete(self) -> None:
        if self.held:
            await self.desk.complete(self.held.pop())

    async def fail(self) -> None:
        await self._end(ErrorKind.SOURCE)

    async def lose(self) -> None:
        await self._end(ErrorKind.WORKER_LOST)

    async def release(self) -> None:
        if self.held:
            operation = partial(
                endings.release, stamp=self.desk.stamp, lease=self.held.pop(), worker=WORKER
            )
            await self.desk.store.write(operation)

    async def cancel(self) -> None:
        """Any live run; the lease of a processing one is renewed to end it as cancelled."""
        rows = await self.desk.sql("SELECT run_id, token FROM runs WHERE finished_ms IS NULL")
        if rows:
            run_id = RunId(str(self.dice.choice(rows)[0]))
            await self.desk.cancel(run_id)
            renewed = await self.desk.sql("SELECT token FROM runs WHERE run_id = ?", run_id)
            self.held = [
                Lease(run_id, int(str(renewed[0][0]))) if lease.run_id == run_id else lease
                for lease in self.held
            ]

    async def _end(self, kind: ErrorKind) -> None:
        if self.held:
            operation = partial(
                endings.fail,
                stamp=self.desk.stamp,
                lease=self.held.pop(),
                actor=Actor(ActorKind.JANITOR),
                kind=kind,
                message="x",
            )
            await self.desk.store.write(operation)


@pytest.mark.parametrize("seed", range(4))
async def test_rows_are_bounded_at_every_commit(desk: Desk, seed: int) -> None:
    await desk.sql("INSERT INTO policy VALUES ('max_runs', ?), ('queue_cap', ?)", MAX_RUNS, CAP)
    desk.policy = Policy(queue_cap=CAP, max_runs=MAX_RUNS)
    crowd = Crowd(desk, seed)
    for _ in range(STEPS):
        await crowd.step()
        ((rows, ended),) = await desk.sql("SELECT count(*), count(finished_ms) FROM runs")
        assert int(str(rows)) <= MAX_RUNS + CAP + SLOTS
        assert int(str(ended)) <= MAX_RUNS
        ((submitted, known),) = await desk.sql(
            "SELECT max(n) FILTER (WHERE name = 'submitted'),"
            " sum(n) FILTER (WHERE name NOT IN ('submitted', 'degraded')) FROM counters"
        )
        assert submitted == known
    assert await desk.sql("SELECT n > 5 FROM counters WHERE name = 'pruned'") == [(1,)]


async def test_the_run_that_just_ended_stays_although_the_clock_was_set_back(desk: Desk) -> None:
    await desk.sql("INSERT INTO policy VALUES ('max_runs', 1)")
    old, lease = await desk.completed(), await desk.claimed()
    desk.clock.advance(-3600)
    await desk.complete(lease)
    assert await desk.sql("SELECT run_id FROM runs") == [(lease.run_id,)]
    assert await desk.sql("SELECT actor, message FROM events WHERE run_seq IS NULL") == [
        ("janitor", f"Run {old} went: it was beyond max_runs (1).")
    ]


async def test_room_is_made_by_the_run_that_ended_first_whatever_the_clock_says(desk: Desk) -> None:
    await desk.sql("INSERT INTO policy VALUES ('max_runs', 2)")
    runs: list[RunId] = []
    for _ in range(4):
        desk.clock.step_wall(-3600)
        runs.append(await desk.completed())
    assert await desk.sql("SELECT run_id FROM runs ORDER BY seq") == [(runs[2],), (runs[3],)]


async def test_a_full_queue_stays_full_while_a_lost_attempt_waits_in_it(desk: Desk) -> None:
    desk.policy = Policy(queue_cap=1)
    await desk.sql("INSERT INTO policy VALUES ('queue_cap', 1)")
    lease = await desk.claimed()
    await desk.enqueue()
    desk.clock.advance(30)
    await desk.fail(lease, ErrorKind.HUNG)
    desk.clock.advance(30)
    with pytest.raises(QueueFullError, match=r"2 of 1\) for 60 s"):
        await desk.enqueue()
