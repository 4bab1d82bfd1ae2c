"""Stores with as many ended runs as wanted, filled in bulk; the schema is the program's own."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Final

from llmsdeck.paths import StorePaths
from llmsdeck.store.connection import connector
from llmsdeck.store.store import open_store

COMMON: Final = "widgets"
"""A word in the source of every third run."""
RARE: Final = "zebra"
"""A word in the source of ten runs of the store."""
EVENTS: Final = ("accepted", "claimed", "completed")
"""Of each run: a few of those that a real one has, so that what goes with a run is more than it."""
_RUNS: Final = """
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :runs)
INSERT INTO runs (seq, run_id, identity, source, artifacts_wanted, model, priority, fresh,
  requested_by, max_attempts, status, token, attempt, worker_id, boot_id, commit_id, outcome, score,
  bundle_token, bundle_bytes, artifacts, error_kind, error_message, created_ms, started_ms,
  updated_ms, finished_ms, finished_boot, finished_ns, ended_nth)
SELECT n, lower(hex(randomblob(10))), lower(hex(randomblob(32))),
  'https://github.com/acme' || (n % 977) || '/' || CASE WHEN n % (:runs / 10) = 7 THEN :rare
    WHEN n % 3 = 0 THEN :common ELSE 'service' END || (n % 4999),
  'llms.txt,llms-full.txt', 'none', 0, 0, 'cli:bench', 3,
  iif(n % 29 = 0, 'failed', 'completed'), iif(n % 29 = 0, 2, 1), 1, 'gone', 'boot',
  lower(hex(randomblob(20))), iif(n % 29 = 0, NULL, iif(n % 17 = 0, 'degraded', 'good')),
  iif(n % 29 = 0, NULL, 60 + n % 40), iif(n % 29 = 0, NULL, 1), iif(n % 29 = 0, 0, 20000 + n % 999),
  iif(n % 29 = 0, '[]', :artifacts), iif(n % 29 = 0, 'source', NULL),
  iif(n % 29 = 0, 'The repository cannot be read.', NULL), :now - :runs + n, :now - :runs + n + 5,
  :now - :runs + n + 1000 + n % 977, :now - :runs + n + 1000 + n % 977, 'boot', n, n
FROM numbers
"""
_ARTIFACTS: Final = (
    '[{"name": "llms.txt", "size_bytes": 4096, "hash_sha256": "' + "ab" * 32 + '"},'
    ' {"name": "llms-full.txt", "size_bytes": 16384, "hash_sha256": "' + "cd" * 32 + '"}]'
)
_EVENTS: Final = (
    "INSERT INTO events (run_seq, at_ms, actor, kind, message)"
    " SELECT seq, created_ms, 'worker:bench', value, 'Attempt 1 of 3 ' || value || '.'"
    " FROM runs, json_each(:kinds)"
)
_COUNTERS: Final = (
    "UPDATE counters SET n = (SELECT count(*) FROM runs WHERE name IN ('submitted', status)"
    " OR (name = 'degraded' AND outcome = 'degraded'))"
)
_SHELVES: Final = (
    "INSERT INTO shelves (shelf, runs) SELECT seq / 4096, count(*) FROM runs GROUP BY seq / 4096"
)
_POLICY: Final = (
    "INSERT INTO policy (key, value) VALUES ('max_runs', 10000000), ('queue_cap', 100000)"
)


def filled(work: Path, runs: int) -> Path:
    """The folder of a store with so many runs, built once and then kept; not to be written to."""
    made = hashlib.sha256(Path(__file__).read_bytes() + _schema()).hexdigest()[:12]
    folder = work / "stores" / f"{runs}-{made}"
    if not folder.exists():
        unfinished = folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        asyncio.run(_migrated(unfinished))
        _fill(unfinished, runs)
        unfinished.rename(folder)
    return folder


def copied(store: Path, folder: Path) -> StorePaths:
    """A store of one's own like a kept one."""
    shutil.copytree(store, folder, dirs_exist_ok=True)
    return StorePaths(folder)


def _schema() -> bytes:
    from llmsdeck import store

    scripts = sorted((Path(store.__path__[0]) / "sql").glob("*.sql"))
    return b"".join(script.read_bytes() for script in scripts)


async def _migrated(folder: Path) -> None:
    async with open_store(StorePaths(folder)):
        pass


def _fill(folder: Path, runs: int) -> None:
    """Insert without triggers and indexes, and make both again afterwards."""
    values = {
        "runs": runs,
        "rare": RARE,
        "common": COMMON,
        "artifacts": _ARTIFACTS,
        "now": time.time_ns() // 1_000_000,
    }
    kinds = {"kinds": '["' + '", "'.join(EVENTS) + '"]'}
    with closing(connector(StorePaths(folder).database, read_only=False)()) as db:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA cache_size = -200000")
        db.execute("BEGIN IMMEDIATE")
        later = _put_off(db)
        db.execute(_RUNS, values)
        db.execute(_EVENTS, kinds)
        db.execute(_COUNTERS)
        db.execute(_SHELVES)
        db.execute(_POLICY)
        for sql in later:
            db.execute(sql)
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _put_off(db: sqlite3.Connection) -> list[str]:
    """Drop what would slow the filling; the statements that make it again."""
    rows = db.execute(
        "SELECT type, name, sql FROM sqlite_schema WHERE type IN ('index', 'trigger')"
        " AND sql IS NOT NULL ORDER BY type"
    ).fetchall()
    for row in rows:
        db.execute(f"DROP {row['type']} {row['name']}")
    return [row["sql"] for row in rows]
