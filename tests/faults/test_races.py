"""Cancel, complete, time-out and reaping meet on one run: one of them wins, and all are told so."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from desk import OPERATOR, WORKER
from rounds import rounds

from llmsdeck.clock import SystemClock
from llmsdeck.errors import LostLeaseError
from llmsdeck.model import Actor, ActorKind, RunId, RunRequest
from llmsdeck.settings import Policy
from llmsdeck.states import ErrorKind, Outcome, RunStatus
from llmsdeck.store import endings, intents, leases
from llmsdeck.store.connection import connector
from llmsdeck.store.endings import Completion
from llmsdeck.store.leases import Lease
from llmsdeck.store.migrate import migrate
from llmsdeck.store.stamp import Stamp
from llmsdeck.store.writer import commit

CLOCK = SystemClock()
LOST = "lost"
SPREAD = 0.0004
"""Seconds over which the contestants set off, so that each of them wins now and then."""
Move = Callable[[sqlite3.Connection], str]


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

    @property
    def moves(self) -> dict[str, Move]:
        return {
            "complete": self.complete,
            "time out": self.time_out,
            "reap": self.reap,
            "cancel": self.cancel,
            "cancel again": self.cancel,
        }


def begin_race(db: sqlite3.Connection, max_attempts: int) -> Race:
    """A run that a worker has just claimed; each statement is a transaction of its own."""
    stamp = Stamp.of(CLOCK)
    request = RunRequest(source="/race", force=True)
    intents.enqueue(db, stamp, request, OPERATOR, Policy(max_attempts=max_attempts))
    (claim,) = leases.claim(db, stamp, WORKER, 1)
    return Race(claim.lease, stamp.now.ns)


def contend(database: Path, barrier: threading.Barrier, name: str, races: list[Race]) -> list[str]:
    """Make one move in every race, on a connection of its own; what each was told."""
    told: list[str] = []
    with closing(connector(database, read_only=False)()) as db:
        for race in races:
            barrier.wait(60)
            time.sleep(random.uniform(0, SPREAD))
            try:
                told += commit(db, [race.moves[name]])
            except LostLeaseError:
                told.append(LOST)
            except BaseException:
                barrier.abort()
                raise
    return told


def judge(db: sqlite3.Connection, run_id: RunId, told: dict[str, str]) -> None:
    """Fail unless one contestant won and the others were told the truth."""
    row = db.execute("SELECT * FROM runs WHERE run_id = ?", (run_id,)).fetchone()
    status, cancelling = RunStatus(row["status"]), row["cancel_state"] is not None
    ends = ("completed", "failed", "cancelled", "attempt_lost", "cancel_requested")
    kinds = [
        kind
        for (kind,) in db.execute("SELECT kind FROM events WHERE run_seq = ?", (row["seq"],))
        if kind in ends
    ]
    # What was reaped goes back to the queue, and is cancelled there.
    assert len(kinds) == 1 or kinds == ["attempt_lost", "cancelled"], (told, kinds)
    won = {name for name in ("complete", "time out", "reap") if told[name] != LOST}
    assert len(won) == (0 if kinds[0] in ("cancel_requested", "cancelled") else 1), (told, kinds)
    assert (told["complete"] != LOST) == (status is RunStatus.COMPLETED), (told, status)
    cancels = {told["cancel"], told["cancel again"]}
    if status in (RunStatus.COMPLETED, RunStatus.FAILED):
        assert cancels == {"too_late"}, (told, status)
    elif status is RunStatus.CANCELLED:
        assert cancels == {"cancelled"}, (told, status)
    else:
        assert (status, cancelling, cancels) == (RunStatus.PROCESSING, True, {"requested"}), told


def test_of_many_who_end_a_run_at_once_one_wins_and_all_are_told_the_truth(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    database, count = tmp_path / "deck.db", rounds(60, per_thousand=2500)
    with closing(connector(database, read_only=False)()) as db:
        migrate(db)
        races = [begin_race(db, limit) for limit in random.choices((1, 3), k=count)]
        names = list(races[0].moves)
        barrier = threading.Barrier(len(names))
        with ThreadPoolExecutor(len(names)) as pool:
            told = list(pool.map(partial(contend, database, barrier, races=races), names))
        for race, each in zip(races, zip(*told, strict=True), strict=True):
            judge(db, race.lease.run_id, dict(zip(names, each, strict=True)))
    winners = {name for name, answers in zip(names, told, strict=True) if set(answers) != {LOST}}
    assert winners == set(names), "somebody never won, so that this was no race"
    record_property("race rounds of five contestants, 0 violations", count)
