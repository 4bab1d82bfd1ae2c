"""How full the queue is, and since when it has been at its cap."""

from __future__ import annotations

import sqlite3

from llmsdeck.clock import Instant
from llmsdeck.errors import QueueFullError
from llmsdeck.store import workers
from llmsdeck.store.stamp import Stamp


def note(connection: sqlite3.Connection, stamp: Stamp, cap: int) -> None:
    """Keep since when the queue is full; belongs to every change of the queue or of its cap."""
    if _count(connection, "pending") < cap:
        connection.execute("DELETE FROM queue_full")
    else:
        connection.execute(
            "INSERT OR IGNORE INTO queue_full (id, boot_id, ns) VALUES (1, ?, ?)",
            (stamp.now.boot_id, stamp.now.ns),
        )


def is_full(connection: sqlite3.Connection) -> bool:
    """Whether the queue was at its cap when it was last noted."""
    return connection.execute("SELECT 1 FROM queue_full").fetchone() is not None


def room(connection: sqlite3.Connection, stamp: Stamp, cap: int) -> int:
    """For how many more runs there is room; without any, raises QueueFullError that says why."""
    queued = _count(connection, "pending")
    if queued < cap:
        return cap - queued
    row = connection.execute("SELECT boot_id, ns FROM queue_full").fetchone()
    since = Instant(row["boot_id"], row["ns"]) if row else stamp.now
    raise QueueFullError(
        queued,
        cap,
        full_for_s=stamp.now.seconds_since(since),
        processing=_count(connection, "processing"),
        workers=len(workers.alive(connection, stamp.now)),
    )


def _count(connection: sqlite3.Connection, counter: str) -> int:
    row = connection.execute("SELECT n FROM counters WHERE name = ?", (counter,)).fetchone()
    return int(row["n"])
