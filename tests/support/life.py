"""What the store should hold after any sequence of operations: runs as plain records."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from llmsdeck.model import RunId, WorkerId
from llmsdeck.settings import Policy
from llmsdeck.states import RETRYABLE, TERMINAL, ErrorKind, RunStatus, retry_delay
from llmsdeck.store.leases import Lease


@dataclass(kw_only=True)
class Life:
    """One run as it must be."""

    source: str
    accepted: int
    """Which of all runs it was."""
    status: RunStatus = RunStatus.PENDING
    token: int = 0
    attempt: int = 0
    owner: WorkerId | None = None
    beat_ns: int = 0
    due_ns: int = 0
    cancelling: bool = False
    bundle_token: int | None = None
    ended_nth: int = 0
    """Which of all endings its own was; 0 while it lives."""
    final: Mapping[str, object] | None = None
    """The whole row and its events, as they were first seen after the end."""
    pruned_ms: int = 0
    restored_ms: int | None = None
    restored: int = 0
    """How often it was brought back."""

    @property
    def ended(self) -> bool:
        return self.status in TERMINAL

    def facts(self) -> tuple[object, ...]:
        return (self.status, self.token, self.attempt, self.bundle_token)

    def old(self, limits: Policy, now_ms: int) -> bool:
        """It has outlived its time by the wall clock."""
        ttl = limits.ttl_completed if self.status is RunStatus.COMPLETED else limits.ttl_failed
        since = max(int(str((self.final or {})["finished_ms"])), self.restored_ms or 0)
        return now_ms - since >= ttl * 1000


@dataclass
class Lives:
    """All runs of a store, by the rules that the store promises to keep."""

    limits: Policy
    runs: dict[RunId, Life] = field(default_factory=dict[RunId, Life])
    trash: dict[RunId, Life] = field(default_factory=dict[RunId, Life])
    submitted: int = 0
    endings: int = 0
    gone: int = 0
    """Runs that went for good."""

    def of(self, status: RunStatus) -> list[Life]:
        return [life for life in self.runs.values() if life.status is status]

    def ended(self) -> list[RunId]:
        """First ended first."""
        ended = [(life.ended_nth, run_id) for run_id, life in self.runs.items() if life.ended]
        return [run_id for _, run_id in sorted(ended)]

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
        self.runs[run_id] = Life(source=source, accepted=self.submitted)

    def prune(self, run_id: RunId, now_ms: int) -> None:
        life = self.trash[run_id] = self.runs.pop(run_id)
        assert life.ended, "a live run was pruned"
        life.pruned_ms = now_ms

    def forget(self, run_id: RunId) -> None:
        del self.trash[run_id]
        self.gone += 1

    def restore(self, run_ids: Sequence[RunId], now_ms: int) -> list[RunId]:
        """As many as there is room for; those that must have come."""
        room = self.limits.max_runs - len(self.ended())
        back = [run_id for run_id in run_ids[:room] if run_id in self.trash]
        for run_id in back:
            life = self.runs[run_id] = self.trash.pop(run_id)
            life.restored += 1
            life.restored_ms = now_ms
        return back

    def _end(self, life: Life, status: RunStatus) -> None:
        """It ends, and the one that ended first makes room for it."""
        self.endings += 1
        life.status, life.ended_nth = status, self.endings
        if len(ended := self.ended()) > self.limits.max_runs:
            del self.runs[ended[0]]
            self.gone += 1

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
            life.token += 1
            self._end(life, RunStatus.CANCELLED)
        else:
            life.bundle_token = life.token
            self._end(life, RunStatus.COMPLETED)

    def fail(self, run_id: RunId, kind: ErrorKind, now_ns: int) -> None:
        life = self.runs[run_id]
        life.token += 1
        if life.cancelling:
            self._end(life, RunStatus.CANCELLED)
        elif kind in RETRYABLE and life.attempt < self.limits.max_attempts:
            life.status = RunStatus.PENDING
            life.due_ns = now_ns + int(retry_delay(life.attempt) * 1e9)
        else:
            self._end(life, RunStatus.FAILED)

    def release(self, run_id: RunId) -> None:
        life = self.runs[run_id]
        life.token += 1
        if life.cancelling:
            self._end(life, RunStatus.CANCELLED)
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
            self._end(life, RunStatus.CANCELLED)
            return "cancelled"
        life.cancelling = True
        return "requested"


def compare(db: sqlite3.Connection, lives: Lives) -> None:
    """Fail unless the store holds exactly what it must: I1, I2, I4, I7 and I20."""
    rows = db.execute("SELECT * FROM runs ORDER BY seq").fetchall()
    in_order = sorted(lives.runs, key=lambda run_id: lives.runs[run_id].accepted)
    assert [row["run_id"] for row in rows] == in_order
    for row in rows:
        _compare_one(db, row, lives.runs[row["run_id"]])
    thrown = db.execute("SELECT run_id, status, bundle_token FROM trash").fetchall()
    assert {row["run_id"]: tuple(row)[1:] for row in thrown} == {
        run_id: (life.status, life.bundle_token) for run_id, life in lives.trash.items()
    }
    assert len(lives.ended()) <= lives.limits.max_runs
    counters = {row["name"]: row["n"] for row in db.execute("SELECT name, n FROM counters")}
    for status in RunStatus:
        assert counters[status] == len(lives.of(status)), status
    assert counters["submitted"] == lives.submitted
    assert counters["pruned"] == len(lives.trash) + lives.gone
    assert lives.submitted == len(rows) + counters["pruned"]


def _compare_one(db: sqlite3.Connection, row: sqlite3.Row, life: Life) -> None:
    found = (RunStatus(row["status"]), row["token"], row["attempt"], row["bundle_token"])
    assert found == life.facts()
    if not life.ended:
        return
    assert life.bundle_token in (None, life.token), "an older token than the newest has published"
    events = db.execute("SELECT * FROM events WHERE run_seq = ? ORDER BY seq", (row["seq"],))
    history = [tuple(event) for event in events if event["kind"] != "restored"]
    whole: Mapping[str, object] = {**dict(row), "restored_ms": None, "history": history}
    life.final = life.final or whole
    assert whole == life.final, "a terminal run has changed"
    assert row["restored_ms"] == life.restored_ms
