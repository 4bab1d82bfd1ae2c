"""Decks to hold promises against: the real one, and the one that other tests use instead."""

from __future__ import annotations

import os
from functools import partial
from typing import Protocol

from desk import WORKER, Desk

from llmsdeck import processes
from llmsdeck.api import DeckApi
from llmsdeck.model import Actor, ActorKind, ArtifactName, Run, RunId, RunRequest
from llmsdeck.pruning import PruneRule
from llmsdeck.states import ErrorKind, RunStatus
from llmsdeck.store import endings
from llmsdeck.store.leases import Lease
from llmsdeck.store.store import Store
from llmsdeck.testing import FakeClock, FakeDeck

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


async def started(stage: Stage, source: str, *, force: bool = True) -> Run:
    (answer,) = await stage.deck.start([RunRequest(source=source, force=force)], ADA)
    assert answer.run is not None, answer.error
    return answer.run


async def pruned(stage: Stage, source: str) -> Run:
    run = await started(stage, source)
    await stage.complete(run.run_id)
    run = await stage.deck.find(run.run_id)
    await stage.deck.apply_prune(await stage.deck.plan_prune(PruneRule(older_than_s=0)), ADA)
    return run
