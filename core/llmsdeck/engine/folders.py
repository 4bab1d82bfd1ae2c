"""The bundle folders: they follow their rows, and what no row points at is collected."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from llmsdeck.clock import Clock
from llmsdeck.model import Actor, RunId
from llmsdeck.paths import StorePaths
from llmsdeck.states import RunStatus
from llmsdeck.store import prune
from llmsdeck.store.stamp import Stamp
from llmsdeck.store.store import Store

PRUNE_PAUSE: Final = 0.003
"""Seconds between two chunks, so that other writers get their turn."""


async def remove_runs(store: Store, clock: Clock, run_ids: Sequence[RunId], actor: Actor) -> int:
    """Remove ended runs in chunks: the row first, then its folder; how many went.

    A crash in between leaves a folder that no row points at, which a later sweep collects.
    """
    gone = 0
    for start in range(0, len(run_ids), prune.CHUNK):
        if start:
            await clock.sleep(PRUNE_PAUSE)
        chunk = run_ids[start : start + prune.CHUNK]
        removed = await store.write(
            partial(prune.remove, stamp=Stamp.of(clock), run_ids=chunk, actor=actor)
        )
        await asyncio.to_thread(_remove, [store.paths.bundles / run_id for run_id in removed])
        gone += len(removed)
    return gone


async def collect_quarantine(store: Store) -> None:
    """Remove the folders of attempts that never became, or no longer are, a run's bundle.

    The folders are listed before the rows are read: a folder is made only after its run was
    claimed, so that a folder without a claim in sight is no longer anybody's.
    """
    present = await asyncio.to_thread(_attempt_folders, store.paths)
    if present:
        stray = await store.read(lambda db: [path for path in present if _is_stray(db, path)])
        await asyncio.to_thread(_remove_attempts, stray)


def _attempt_folders(paths: StorePaths) -> list[Path]:
    return [attempt for run in _folders(paths.bundles) for attempt in _folders(run)]


def _folders(parent: Path) -> list[Path]:
    try:
        with os.scandir(parent) as entries:
            return [Path(entry) for entry in entries if entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return []


def _is_stray(db: sqlite3.Connection, attempt: Path) -> bool:
    row = db.execute(
        "SELECT status, bundle_token FROM runs WHERE run_id = ?", (attempt.parent.name,)
    ).fetchone()
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
