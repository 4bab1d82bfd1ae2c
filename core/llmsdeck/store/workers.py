"""The register of worker processes, and whether they are still there."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from llmsdeck import processes
from llmsdeck.clock import Instant
from llmsdeck.model import WorkerId
from llmsdeck.store.stamp import Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Names one process for ever: numbers are reused, the time a process began is not."""

    worker_id: WorkerId
    pid: int
    pid_started: str
    slots: int


def register(connection: sqlite3.Connection, stamp: Stamp, who: Registration) -> None:
    """Announce a worker; it counts as alive from here on."""
    connection.execute(
        "INSERT INTO workers (worker_id, boot_id, pid, pid_started, slots, started_ms, beat_ns)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            who.worker_id,
            stamp.now.boot_id,
            who.pid,
            who.pid_started,
            who.slots,
            stamp.wall_ms,
            stamp.now.ns,
        ),
    )


def beat(connection: sqlite3.Connection, worker: WorkerId, now: Instant, slots: int) -> bool:
    """The worker's own event loop turns, and offers this many slots; False when it is unknown."""
    cursor = connection.execute(
        "UPDATE workers SET beat_ns = ?, slots = ? WHERE worker_id = ?", (now.ns, slots, worker)
    )
    return cursor.rowcount > 0


def drain(connection: sqlite3.Connection, worker: WorkerId) -> None:
    """The worker takes no more runs."""
    connection.execute("UPDATE workers SET state = 'draining' WHERE worker_id = ?", (worker,))


def drain_if_idle(connection: sqlite3.Connection, worker: WorkerId) -> bool:
    """The worker takes no more runs, provided that none waits; False when one does.

    Decided in the transaction that says so: whoever enqueues afterwards sees that no worker is
    left to take the run.
    """
    cursor = connection.execute(
        "UPDATE workers SET state = 'draining' WHERE worker_id = ?"
        " AND NOT EXISTS (SELECT 1 FROM runs WHERE status = 'pending')",
        (worker,),
    )
    return cursor.rowcount > 0


def swept(
    connection: sqlite3.Connection, worker: WorkerId, now: Instant, error: str | None
) -> None:
    """The worker's janitor ended a sweep, well or badly."""
    connection.execute(
        "UPDATE workers SET sweep_ns = ?, sweep_error = ? WHERE worker_id = ?",
        (now.ns, error, worker),
    )


def leave(connection: sqlite3.Connection, worker: WorkerId) -> None:
    """Strike a worker off the register; runs that still name it become orphans."""
    connection.execute("DELETE FROM workers WHERE worker_id = ?", (worker,))


def alive(connection: sqlite3.Connection, now: Instant) -> frozenset[WorkerId]:
    """The registered workers whose process exists in this boot of the machine."""
    rows = connection.execute("SELECT worker_id, boot_id, pid, pid_started FROM workers").fetchall()
    return frozenset(
        WorkerId(row["worker_id"])
        for row in rows
        if row["boot_id"] == now.boot_id and processes.is_same(row["pid"], row["pid_started"])
    )


def eldest(connection: sqlite3.Connection, now: Instant, stale_after: float) -> WorkerId | None:
    """The living worker that keeps house for all: the one that has beaten and been here longest."""
    living = alive(connection, now)
    rows = connection.execute(
        "SELECT worker_id FROM workers WHERE boot_id = ? AND beat_ns > ?"
        " ORDER BY started_ms, worker_id",
        (now.boot_id, now.ns - int(stale_after * 1e9)),
    ).fetchall()
    return next((WorkerId(row[0]) for row in rows if row[0] in living), None)


def bury(connection: sqlite3.Connection, now: Instant) -> int:
    """Strike off workers that are gone and hold no run any more; how many."""
    living = alive(connection, now)
    gone = [
        row["worker_id"]
        for row in connection.execute(
            "SELECT worker_id FROM workers WHERE NOT EXISTS (SELECT 1 FROM runs"
            " WHERE runs.worker_id = workers.worker_id AND status = 'processing')"
        ).fetchall()
        if row["worker_id"] not in living
    ]
    for worker in gone:
        leave(connection, worker)
    return len(gone)
