"""A run's life in the simplest table that could hold it: what peers and floors are made of."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from contextlib import closing
from typing import Final

BEATS: Final = 3
"""Beats in the life of a run, besides its being accepted, claimed and completed."""
SETUP: Final = (
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;"
    "CREATE TABLE IF NOT EXISTS runs (seq INTEGER PRIMARY KEY, source TEXT NOT NULL,"
    " status TEXT NOT NULL, created INTEGER NOT NULL, beat INTEGER, finished INTEGER);"
    "CREATE INDEX IF NOT EXISTS queued ON runs (seq) WHERE status = 'queued'"
)
ENQUEUE: Final = (
    "INSERT INTO runs (source, status, created) VALUES ('github.com/acme/widgets', 'queued', ?)"
)
CLAIM: Final = (
    "UPDATE runs SET status = 'running', beat = ? WHERE seq ="
    " (SELECT seq FROM runs WHERE status = 'queued' ORDER BY seq LIMIT 1) RETURNING seq"
)
BEAT: Final = "UPDATE runs SET beat = ? WHERE seq = ? AND status = 'running'"
COMPLETE: Final = (
    "UPDATE runs SET status = 'completed', finished = ? WHERE seq = ? AND status = 'running'"
)
STATEMENTS: Final = (SETUP, ENQUEUE, CLAIM, BEAT, COMPLETE)


class PlainWriter:
    """Commits each step by itself, and waits for others' locks as SQLite does."""

    def __init__(self, database: str) -> None:
        self._connection = sqlite3.connect(database, isolation_level=None)
        self._connection.executescript(SETUP)
        self.waits: list[float] = []
        """Seconds that each step took."""
        self.busy = 0
        """How often SQLite gave up waiting for another's lock."""

    def live(self) -> None:
        """One run, from its being accepted to its end."""
        self._step(ENQUEUE)
        run = self._step(CLAIM)
        for _ in range(BEATS):
            self._step(BEAT, run)
        self._step(COMPLETE, run)

    def _step(self, sql: str, *run: int) -> int:
        began = time.perf_counter()
        self._begin()
        row = self._connection.execute(sql, (time.monotonic_ns(), *run)).fetchone()
        self._connection.execute("COMMIT")
        self.waits.append(time.perf_counter() - began)
        return int(row[0]) if row else 0

    def _begin(self) -> None:
        """Begin, again and again: starving is part of what is measured."""
        while not self._connection.in_transaction:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                self.busy += 1

    def close(self) -> None:
        """Close the database."""
        self._connection.close()


def main() -> None:
    """Live some runs from a given moment on; print the end and the waits as JSON."""
    database, runs, start = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    with closing(PlainWriter(database)) as writer:
        time.sleep(max(0.0, start - time.monotonic()))
        for _ in range(runs):
            writer.live()
    print(json.dumps({"end": time.monotonic(), "waits": writer.waits, "busy": writer.busy}))


if __name__ == "__main__":
    main()
