"""The store's files and what the deck says of itself."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

from llmsdeck.clock import Clock
from llmsdeck.doctor.finding import Finding, bad, good, note
from llmsdeck.doctor.machine import file_system, space
from llmsdeck.errors import StoreError
from llmsdeck.paths import StorePaths
from llmsdeck.snapshot import DeckSnapshot, Window, WorkerInfo
from llmsdeck.store import picture
from llmsdeck.store.stamp import Stamp
from llmsdeck.store.store import Store, open_store

_SWEEPS_MISSED: Final = 3
"""Intervals without a sweep after which maintenance counts as neglected."""
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


async def look_at_store(paths: StorePaths, clock: Clock) -> AsyncIterator[Finding]:
    """Folder, disk, integrity, workers and maintenance; changes nothing."""
    if not paths.database.exists():
        yield note("store", f"There is no store in {paths.root} yet.", "The first run makes it.")
        return
    yield permissions(paths)
    yield file_system(paths.root)
    yield space(paths.root)
    try:
        async with open_store(paths, read_only=True) as store:
            yield await _integrity(store)
            for finding in judged(await _picture(store, clock)):
                yield finding
    except StoreError as error:
        yield bad("store", str(error), "Restore it from a copy, or move it away to begin anew.")


def permissions(paths: StorePaths) -> Finding:
    """Whether anybody but the user can read or write the store."""
    open_to_others = [
        path.name or str(path)
        for path in (paths.root, paths.database)
        if path.stat().st_mode & _OTHERS
    ]
    if open_to_others:
        said = f"Others may use {' and '.join(open_to_others)} in {paths.root}."
        return bad("permissions", said, f"Run `chmod -R go= {paths.root}`.")
    if not os.access(paths.root, os.W_OK):
        said = f"{paths.root} cannot be written to; it can only be looked at."
        return note("permissions", said)
    return good("permissions", f"Only you can use {paths.root}.")


async def _integrity(store: Store) -> Finding:
    """What SQLite itself finds in the file, within the bound of a read."""
    said = await store.read(_quick_check)
    if said == "ok":
        return good("store", "SQLite finds nothing wrong with the store's file.")
    advice = "Stop all workers, keep a copy, and begin anew; bundles are beside it, in bundles/."
    return bad("store", f"SQLite finds the store's file damaged: {said}.", advice)


def _quick_check(db: sqlite3.Connection) -> str:
    return str(db.execute("PRAGMA quick_check(1)").fetchone()[0])


async def _picture(store: Store, clock: Clock) -> DeckSnapshot:
    stamp, nothing = Stamp.of(clock), Window(size=0)
    return await store.read(
        lambda db: picture.snapshot(db, stamp, store.paths, nothing, None, read_only=True)
    )


def judged(seen: DeckSnapshot) -> Iterator[Finding]:
    """What a picture of the deck says about its workers, maintenance, queue and models."""
    alive = [worker for worker in seen.workers if worker.alive]
    waiting = seen.counts.pending - seen.held
    if alive:
        busy, slots = sum(w.busy for w in alive), sum(w.slots for w in alive)
        yield good("workers", f"{len(alive)} alive, {busy} of {slots} slots busy.")
    elif waiting:
        said = f"No worker is alive and {waiting} runs wait."
        yield bad("workers", said, "Run `llmsdeck worker`, or open the dashboard.")
    else:
        yield note("workers", "No worker is alive; none is needed at the moment.")
    yield from _maintenance(seen, alive)
    if seen.counts.stale:
        said = f"{seen.counts.stale} runs have lost their worker or hang."
        yield note("runs", said, "`llmsdeck list --filter is:stale,orphan` shows them.")
    if seen.counts.pending >= seen.policy.queue_cap:
        said = f"The queue is full ({seen.counts.pending} of {seen.policy.queue_cap})."
        yield bad("queue", said, "Start another worker, cancel some runs or raise queue_cap.")
    for lane in seen.lanes:
        if lane.down_since is not None:
            said = f"{lane.down_reason} {seen.held} runs are held."
            yield bad("model", said, "Start the server; held runs go on by themselves.")


def _maintenance(seen: DeckSnapshot, alive: list[WorkerInfo]) -> Iterator[Finding]:
    late = _SWEEPS_MISSED * max(1.0, seen.policy.sweep_interval)
    for worker in alive:
        if worker.sweep_error:
            said = f"Maintenance by worker {worker.worker_id} fails: {worker.sweep_error}"
            yield bad("maintenance", said, f"See {Path(seen.store_dir) / 'logs'}.")
        elif worker.sweep_age_s is not None and worker.sweep_age_s > late:
            said = f"Worker {worker.worker_id} last kept house {worker.sweep_age_s:.0f} s ago."
            yield note("maintenance", said, "Restart it if that goes on.")
        elif worker.sweep_age_s is not None:
            yield good("maintenance", f"Worker {worker.worker_id} keeps house.")
