"""Pruning in chunks, and the bundle folders: what neither a row nor the trash points at goes."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from llmsdeck.cache import Cache
from llmsdeck.clock import Clock
from llmsdeck.engine.locks import alone
from llmsdeck.model import Actor, RunId
from llmsdeck.paths import StorePaths
from llmsdeck.settings import Policy
from llmsdeck.states import RunStatus
from llmsdeck.store import policy as stored_policy
from llmsdeck.store import prune, trash
from llmsdeck.store.stamp import Stamp
from llmsdeck.store.store import Store

HOLD: Final = 0.008
"""Seconds that one transaction may take: others that write wait for it, and for its sync."""
CHUNKS: Final = (10, 40, 160)
"""Runs moved per transaction: at least, at first, at most."""
PAUSE: Final = 0.003
"""Seconds between two chunks, so that other writers get their turn."""
CHUNKS_IN_LOG: Final = 4
"""Chunks after which the write-ahead log is emptied: what empties a large one makes others wait for
the disk, and a large one makes each transaction slower."""

_Move = Callable[[sqlite3.Connection, Stamp, Sequence[RunId]], tuple[RunId, ...]]
"""What one transaction does to some runs; those it was done to."""


async def prune_runs(
    store: Store, clock: Clock, run_ids: Sequence[RunId], actor: Actor
) -> tuple[RunId, ...]:
    """Move ended runs into the trash, in chunks; their folders stay. Those that went."""
    return await _in_chunks(
        store, clock, run_ids, lambda db, stamp, chunk: trash.throw(db, stamp, chunk, actor)
    )


async def restore_runs(
    store: Store, clock: Clock, run_ids: Sequence[RunId], actor: Actor
) -> tuple[RunId, ...]:
    """Bring pruned runs back, in chunks, as many as `max_runs` has room for; those that came."""

    def restore(db: sqlite3.Connection, stamp: Stamp, chunk: Sequence[RunId]) -> tuple[RunId, ...]:
        room = stored_policy.load(db).max_runs - prune.ended(db)
        return trash.restore(db, stamp, chunk, room, actor)

    return await _in_chunks(store, clock, run_ids, restore)


async def empty_trash(store: Store, clock: Clock, policy: Policy, at_most: int) -> None:
    """Let go what has outlived its grace: the row in the trash first, then the folder.

    A crash in between leaves a folder that nothing points at, which a later search collects.
    """
    stamp = Stamp.of(clock)
    overdue = await store.read(lambda db: trash.overdue(db, stamp, policy, at_most))
    gone = await _in_chunks(store, clock, overdue, lambda db, _, chunk: trash.forget(db, chunk))
    homes = (store.paths.bundles, store.paths.calls)
    await asyncio.to_thread(_remove, [home / run_id for home in homes for run_id in gone])


async def _in_chunks(
    store: Store, clock: Clock, run_ids: Sequence[RunId], move: _Move
) -> tuple[RunId, ...]:
    moved: list[RunId] = []
    least, size, most = CHUNKS
    start = chunks = 0
    while start < len(run_ids):
        if chunks:
            await clock.sleep(PAUSE)
        chunk = run_ids[start : start + size]
        some, took = await store.write(partial(_timed, move=move, clock=clock, chunk=chunk))
        moved += some
        start, chunks = start + size, chunks + 1
        size = max(least, min(most, int(size * HOLD / took) if took else most))
        if chunks % CHUNKS_IN_LOG == 0:
            await store.empty_log()
    return tuple(moved)


def _timed(
    db: sqlite3.Connection, move: _Move, clock: Clock, chunk: Sequence[RunId]
) -> tuple[tuple[RunId, ...], float]:
    """What was moved, and how many seconds that took."""
    stamp = Stamp.of(clock)
    moved = move(db, stamp, chunk)
    return moved, clock.now().seconds_since(stamp.now) or 0.0


async def collect_calls(store: Store, most_bytes: int) -> None:
    """Remove what was said in calls of runs that are gone, then the oldest until the rest fits."""
    present = await asyncio.to_thread(_folders, store.paths.calls)
    gone = await store.read(lambda db: [each for each in present if _row(db, each.name) is None])
    await asyncio.to_thread(_remove, gone)
    await asyncio.to_thread(Cache(store.paths.calls).trim, most_bytes)


async def collect_quarantine(store: Store) -> None:
    """Remove stray folders, unless an import is under way: it makes folders before their rows."""
    async with alone(store.paths.bundles_lock, patience=0) as mine:
        if mine:
            await collect_strays(store)


async def collect_strays(store: Store) -> None:
    """Remove the folders of attempts that never became, or no longer are, a run's bundle.

    The folders are listed before the rows are read: a folder is made only after its run was
    claimed, so that a folder without a claim in sight is no longer anybody's. Whoever calls this
    holds the lock on the bundles.
    """
    present = await asyncio.to_thread(_attempt_folders, store.paths)
    if present:
        stray = await store.read(lambda db: [path for path in present if _is_stray(db, path)])
        await asyncio.to_thread(_remove_attempts, stray)


def _attempt_folders(paths: StorePaths) -> list[Path]:
    return [attempt for run in _folders(paths.bundles) for attempt in _folders(run)]


def _folders(parent: Path) -> list[Path]:
    """The folders whose names a run or an attempt can have; anything else is not ours."""
    try:
        with os.scandir(parent) as entries:
            ours = (entry for entry in entries if entry.name.isascii())
            return [Path(entry) for entry in ours if entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return []


def _row(db: sqlite3.Connection, run_id: str) -> sqlite3.Row | None:
    """What is known of a run that is there or in the trash."""
    row: sqlite3.Row | None = db.execute(
        "SELECT status, bundle_token FROM runs WHERE run_id = :run_id"
        " UNION ALL SELECT status, bundle_token FROM trash WHERE run_id = :run_id",
        {"run_id": run_id},
    ).fetchone()
    return row


def _is_stray(db: sqlite3.Connection, attempt: Path) -> bool:
    row = _row(db, attempt.parent.name)
    if row is None:
        return True
    return row["status"] != RunStatus.PROCESSING and str(row["bundle_token"]) != attempt.name


def _remove(folders: Sequence[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_attempts(folders: Sequence[Path]) -> None:
    _remove(folders)
    for run in {folder.parent for folder in folders}:
        with suppress(OSError):
            run.rmdir()
