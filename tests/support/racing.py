"""One run, and many who want to end it at the same moment."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from desk import OPERATOR, WORKER

from llmsdeck.clock import SystemClock
from llmsdeck.errors import LostLeaseError
from llmsdeck.model import Actor, ActorKind, RunRequest
from llmsdeck.settings import Policy
from llmsdeck.states import ErrorKind, Outcome, RunStatus
from llmsdeck.store import endings, intents, leases
from llmsdeck.store.connection import connector
from llmsdeck.store.endings import Completion
from llmsdeck.store.leases import Lease
from llmsdeck.store.stamp import Stamp
from llmsdeck.store.writer import commit

CLOCK = SystemClock()
LOST = "lost"
SPREAD = 0.0004
"""Seconds over which the contestants set off, so that each of them wins now and then."""


class Barrier(Protocol):
    """Of threads or of processes."""

    def wait(self, timeout: float | None = None) -> int: ...

    def abort(self) -> None: ...


@dataclass(frozen=True)
class Race:
    """A run under a lease, with the beat that a janitor has observed."""

    lease: Lease
    beat_ns: int

    def complete(self, db: sqlite3.Connection) -> str:
        made = Completion(commit=None, outcome=Outcome.GOOD, score=1, artifacts=(), warnings=())
        endings.complete(db, Stamp.of(CLOCK), self.lease, WORKER, made, None)
        return RunStatus.COMPLETED

    def time_out(self, db: sqlite3.Connection) -> str:
        actor = Actor(ActorKind.WORKER, WORKER)
        return endings.fail(db, Stamp.of(CLOCK), self.lease, actor, ErrorKind.TIMEOUT, "Too long.")

    def reap(self, db: sqlite3.Connection) -> str:
        kind, message = ErrorKind.HUNG, "Silent."
        return endings.reap(db, Stamp.of(CLOCK), self.lease, self.beat_ns, kind, message)

    def cancel(self, db: sqlite3.Connection) -> str:
        return intents.cancel(db, Stamp.of(CLOCK), self.lease.run_id, OPERATOR).verdict


MOVES: Final[Mapping[str, Callable[[Race, sqlite3.Connection], str]]] = {
    "complete": Race.complete,
    "time out": Race.time_out,
    "reap": Race.reap,
    "cancel": Race.cancel,
    "cancel again": Race.cancel,
}


def begin_race(db: sqlite3.Connection, max_attempts: int) -> Race:
    """A run that a worker has just claimed; each statement is a transaction of its own."""
    stamp = Stamp.of(CLOCK)
    request = RunRequest(source="/race", force=True)
    intents.enqueue(db, stamp, request, OPERATOR, Policy(max_attempts=max_attempts))
    (claim,) = leases.claim(db, stamp, WORKER, 1)
    return Race(claim.lease, stamp.now.ns)


_barrier: Barrier


def take_place(barrier: Barrier) -> None:
    """For the start of each contestant: a process cannot be given the barrier later."""
    global _barrier
    _barrier = barrier


def contend(database: Path, races: list[Race], name: str) -> list[str]:
    """Make one move in every race, on a connection of its own; what each was told."""
    told: list[str] = []
    with closing(connector(database, read_only=False)()) as db:
        for race in races:
            _barrier.wait(60)
            time.sleep(random.uniform(0, SPREAD))
            try:
                told += commit(db, [partial(MOVES[name], race)])
            except LostLeaseError:
                told.append(LOST)
            except BaseException:
                _barrier.abort()
                raise
    return told
