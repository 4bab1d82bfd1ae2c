"""What the store should hold after any sequence of operations: runs as plain records."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field

from llmsdeck.model import RunId, WorkerId
from llmsdeck.states import RETRYABLE, TERMINAL, ErrorKind, RunStatus, retry_delay
from llmsdeck.store.leases import Lease


@dataclass(kw_only=True)
class Life:
    """One run as it must be."""

    source: str
    status: RunStatus = RunStatus.PENDING
    token: int = 0
    attempt: int = 0
    owner: WorkerId | None = None
    beat_ns: int = 0
    due_ns: int = 0
    cancelling: bool = False
    bundle_token: int | None = None
    final: tuple[object, ...] | None = None
    """The whole row, as it was first seen after the end."""

    @property
    def ended(self) -> bool:
        return self.status in TERMINAL

    def facts(self) -> tuple[object, ...]:
        return (self.status, self.token, self.attempt, self.bundle_token)


@dataclass
class Lives:
    """All runs of a store, by the rules that the store promises to keep."""

    cap: int
    max_attempts: int
    runs: dict[RunId, Life] = field(default_factory=dict[RunId, Life])
    submitted: int = 0
    pruned: int = 0

    def of(self, status: RunStatus) -> list[Life]:
        return [life for life in self.runs.values() if life.status is status]

    def twin(self, source: str) -> RunId | None:
        for run_id, life in self.runs.items():
            if life.source == source and not life.ended and not life.cancelling:
                return run_id
        return None

    def holds(self, lease: Lease) -> bool:
        life = self.runs.get(lease.run_id)
        return (
            life is not None and life.status is RunStatus.PROCESSING and life.token == lease.token
        )

    def accept(self, run_id: RunId, source: str) -> None:
        self.submitted += 1
        self.runs[run_id] = Life(source=source)

    def forget(self, run_id: RunId) -> None:
        del self.runs[run_id]
        self.pruned += 1

    def beaten(self, lease: Lease, now_ns: int) -> None:
        if self.holds(lease):
            self.runs[lease.run_id].beat_ns = now_ns

    def due(self, now_ns: int) -> list[RunId]:
        return [
            run_id
            for run_id, life in self.runs.items()
            if life.status is RunStatus.PENDING and life.due_ns <= now_ns
        ]

    def claim(self, run_id: RunId, owner: WorkerId, now_ns: int) -> Lease:
        life = self.runs[run_id]
        life.status, life.owner, life.beat_ns, life.due_ns = RunStatus.PROCESSING, owner, now_ns, 0
        life.token += 1
        life.attempt += 1
        return Lease(run_id, life.token)

    def complete(self, run_id: RunId) -> None:
        life = self.runs[run_id]
        if life.cancelling:
            life.status, life.token = RunStatus.CANCELLED, life.token + 1
        else:
            life.status, life.bundle_token = RunStatus.COMPLETED, life.token

    def fail(self, run_id: RunId, kind: ErrorKind, now_ns: int) -> None:
        life = self.runs[run_id]
        life.token += 1
        if life.cancelling:
            life.status = RunStatus.CANCELLED
        elif kind in RETRYABLE and life.attempt < self.max_attempts:
            life.status = RunStatus.PENDING
            life.due_ns = now_ns + int(retry_delay(life.attempt) * 1e9)
        else:
            life.status = RunStatus.FAILED

    def release(self, run_id: RunId) -> None:
        life = self.runs[run_id]
        life.token += 1
        if life.cancelling:
            life.status = RunStatus.CANCELLED
        else:
            life.status, life.attempt = RunStatus.PENDING, life.attempt - 1

    def cancel(self, run_id: RunId) -> str:
        life = self.runs[run_id]
        if life.ended:
            return "cancelled" if life.status is RunStatus.CANCELLED else "too_late"
        if life.cancelling:
            return "requested"
        life.token += 1
        if life.status is RunStatus.PENDING:
            life.status = RunStatus.CANCELLED
            return "cancelled"
        life.cancelling = True
        return "requested"


def compare(db: sqlite3.Connection, lives: Lives) -> None:
    """Fail unless the store holds exactly what it must: I1, I2, I4 and I20."""
    rows = db.execute("SELECT * FROM runs ORDER BY seq").fetchall()
    assert [row["run_id"] for row in rows] == list(lives.runs)
    for row in rows:
        _compare_one(row, lives.runs[row["run_id"]])
    counters = {row["name"]: row["n"] for row in db.execute("SELECT name, n FROM counters")}
    for status in RunStatus:
        assert counters[status] == len(lives.of(status)), status
    assert counters["submitted"] == lives.submitted
    assert counters["pruned"] == lives.pruned
    assert lives.submitted == len(rows) + lives.pruned


def _compare_one(row: sqlite3.Row, life: Life) -> None:
    found = (RunStatus(row["status"]), row["token"], row["attempt"], row["bundle_token"])
    assert found == life.facts()
    if not life.ended:
        return
    assert life.bundle_token in (None, life.token), "an older token than the newest has published"
    life.final = life.final or tuple(row)
    assert tuple(row) == life.final, "a terminal run has changed"
