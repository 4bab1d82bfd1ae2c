"""A store on a real file with a clock that tests move: what a front end and a worker would do."""

from __future__ import annotations

import sqlite3
from functools import partial

from llmsdeck.model import (
    Actor,
    ActorKind,
    Artifact,
    ArtifactName,
    Run,
    RunId,
    RunRequest,
    WorkerId,
)
from llmsdeck.settings import Policy
from llmsdeck.states import ErrorKind, Outcome, RunStatus
from llmsdeck.store import endings, intents, leases, query, workers
from llmsdeck.store.endings import Completion
from llmsdeck.store.intents import CancelReceipt
from llmsdeck.store.leases import Claim, Lease
from llmsdeck.store.stamp import Stamp
from llmsdeck.store.store import Store
from llmsdeck.testing import FakeClock

OPERATOR = Actor(ActorKind.OPERATOR, "ada")
WORKER = WorkerId("w1")


class Desk:
    """Short names for the operations of a store."""

    def __init__(self, store: Store, clock: FakeClock) -> None:
        self.store = store
        self.clock = clock
        self.policy = Policy(queue_cap=3, max_attempts=2)

    @property
    def stamp(self) -> Stamp:
        return Stamp.of(self.clock)

    async def enqueue(
        self, source: str = "/src", *, force: bool = True, priority: int = 0
    ) -> RunId:
        request = RunRequest(source=source, force=force, priority=priority)
        run_id, _ = await self.enqueue_request(request)
        return run_id

    async def enqueue_request(self, request: RunRequest) -> tuple[RunId, bool]:
        return await self.store.write(
            partial(
                intents.enqueue,
                stamp=self.stamp,
                request=request,
                actor=OPERATOR,
                policy=self.policy,
            )
        )

    async def claim(self, worker: WorkerId = WORKER, free: int = 1) -> tuple[Claim, ...]:
        return await self.store.write(
            partial(leases.claim, stamp=self.stamp, worker=worker, free=free)
        )

    async def claimed(self, source: str = "/src", worker: WorkerId = WORKER) -> Lease:
        await self.enqueue(source)
        (claim,) = await self.claim(worker)
        return claim.lease

    async def complete(
        self, lease: Lease, *, size: int = 10, outcome: Outcome = Outcome.GOOD
    ) -> None:
        artifact = Artifact(name=ArtifactName.LLMS, path="", size_bytes=size, hash_sha256="0" * 64)
        completion = Completion(
            commit=None, outcome=outcome, score=90, artifacts=(artifact,), warnings=()
        )
        await self.store.write(
            partial(
                endings.complete,
                stamp=self.stamp,
                lease=lease,
                worker=WORKER,
                completion=completion,
                copy_to=None,
            )
        )

    async def completed(self, source: str = "/src", *, size: int = 10) -> RunId:
        lease = await self.claimed(source)
        await self.complete(lease, size=size)
        return lease.run_id

    async def fail(
        self, lease: Lease, kind: ErrorKind, message: str = "It broke.", actor: Actor = OPERATOR
    ) -> RunStatus:
        return await self.store.write(
            lambda db: endings.fail(db, self.stamp, lease, actor, kind, message)
        )

    async def cancel(self, run_id: RunId) -> CancelReceipt:
        return await self.store.write(
            partial(intents.cancel, stamp=self.stamp, run_id=run_id, actor=OPERATOR)
        )

    async def run(self, run_id: RunId) -> Run:
        def look(db: sqlite3.Connection) -> Run:
            return query.find(db, query.vantage(db, self.stamp, self.store.paths), run_id)

        return await self.store.read(look)

    async def status(self, run_id: RunId) -> RunStatus:
        return (await self.run(run_id)).status

    async def event_kinds(self, run_id: RunId) -> list[str]:
        events = await self.store.read(lambda db: query.events_after(db, run_id, 0, 1000))
        return [event.kind for event in events]

    async def sql(self, statement: str, *parameters: object) -> list[tuple[object, ...]]:
        """Run a statement as some other program might."""

        def run(db: sqlite3.Connection) -> list[tuple[object, ...]]:
            return [tuple(row) for row in db.execute(statement, parameters).fetchall()]

        return await self.store.write(run)

    async def register(self, worker: WorkerId, pid: int, began: str) -> None:
        registration = workers.Registration(worker_id=worker, pid=pid, pid_started=began, slots=1)
        await self.store.write(partial(workers.register, stamp=self.stamp, who=registration))
