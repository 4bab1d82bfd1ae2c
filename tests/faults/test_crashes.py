"""Processes are killed at any time: what they were promised is what the store holds."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from asyncio.subprocess import PIPE
from collections.abc import Callable
from dataclasses import dataclass

import crashing
import pytest
from inline import bundle_text, inline_executor
from rounds import rounds
from shift import PATIENCE

from llmsdeck.clock import SystemClock
from llmsdeck.engine.folders import collect_quarantine, empty_trash
from llmsdeck.engine.worker import Worker
from llmsdeck.model import ArtifactName
from llmsdeck.paths import StorePaths
from llmsdeck.settings import Policy
from llmsdeck.store.store import Store, open_store

SECONDS_PER_CYCLE = 2


@dataclass(frozen=True)
class Promises:
    """What the killed processes had been told before they died."""

    accepted: frozenset[str]
    completed: dict[str, int]
    """Token by run."""
    killed: int
    points: int


async def crash_loop(store_paths: StorePaths, cycles: int, how: str) -> Promises:
    process = await asyncio.create_subprocess_exec(
        sys.executable, crashing.__file__, str(store_paths.root), str(cycles), how, stdout=PIPE
    )
    async with asyncio.timeout(PATIENCE + cycles * SECONDS_PER_CYCLE):
        out, _ = await process.communicate()
    report = json.loads(out)
    lines = [line.split() for line in report["promises"]]
    assert [line for line in lines if line[0] == "error"] == []
    completed = [(line[1], int(line[2])) for line in lines if line[0] == "completed"]
    assert len(completed) == len(dict(completed)), "a run was finished twice"
    accepted = frozenset(line[1] for line in lines if line[0] == "accepted")
    return Promises(accepted, dict(completed), report["killed"], report["points"])


async def settle(store: Store) -> None:
    """A worker that nobody kills sees every run to its end and collects what was left behind."""
    async with asyncio.timeout(PATIENCE * 4):
        await Worker(store, SystemClock(), inline_executor(), slots=8, until_idle=True).run()
    await empty_trash(store, SystemClock(), Policy(prune_grace=0), 10**6)
    await collect_quarantine(store)


def ends(db: sqlite3.Connection) -> dict[str, list[str]]:
    """By run, the events that end it."""
    found: dict[str, list[str]] = {row["run_id"]: [] for row in db.execute("SELECT * FROM runs")}
    query = (
        "SELECT run_id, kind FROM events JOIN runs ON runs.seq = run_seq WHERE kind IN (?, ?, ?)"
    )
    for row in db.execute(query, ("completed", "failed", "cancelled")).fetchall():
        found[row["run_id"]].append(row["kind"])
    return found


def pruned(db: sqlite3.Connection) -> set[str]:
    rows = db.execute("SELECT data FROM events WHERE kind = 'pruned'").fetchall()
    return {run_id for row in rows for run_id in json.loads(row["data"])["run_ids"]}


def rows(db: sqlite3.Connection) -> list[sqlite3.Row]:
    return db.execute("SELECT * FROM runs").fetchall()


def check_integrity(db: sqlite3.Connection) -> None:
    assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    counters = dict(db.execute("SELECT name, n FROM counters").fetchall())
    counted = dict(db.execute("SELECT status, count(*) FROM runs GROUP BY status").fetchall())
    for status in ("pending", "processing", "completed", "failed", "cancelled"):
        assert counters[status] == counted.get(status, 0), status
    assert counters["submitted"] == sum(counted.values()) + counters["pruned"]


async def judge(store: Store, promises: Promises) -> None:
    await store.read(check_integrity)
    gone = await store.read(pruned)
    history = await store.read(ends)
    assert promises.accepted <= history.keys() | gone, "an accepted run was lost"
    assert {tuple(kinds) for kinds in history.values()} <= {("completed",), ("failed",)}
    for row in await store.read(rows):
        promised = promises.completed.get(row["run_id"])
        assert promised in (None, row["bundle_token"]), "another attempt has published"
        if row["bundle_token"] is not None:
            assert row["bundle_token"] == row["token"], "a lost attempt has published"
            folder = store.paths.attempt(row["run_id"], row["token"])
            text = (folder / ArtifactName.LLMS).read_text()
            assert text == bundle_text(row["run_id"], folder.name)
    folders = {(path.parent.name, path.name) for path in store.paths.bundles.glob("*/*")}
    assert folders == {
        (row["run_id"], str(row["bundle_token"]))
        for row in await store.read(rows)
        if row["bundle_token"] is not None
    }


@pytest.mark.parametrize("how", ["keeping", "pruning"])
async def test_nothing_promised_is_lost_or_done_twice_when_processes_are_killed(
    paths: StorePaths, how: str, record_property: Callable[[str, object], None]
) -> None:
    promises = await crash_loop(paths, rounds(12, per_thousand=500), how)
    assert promises.accepted
    assert promises.completed
    async with open_store(paths) as store:
        await settle(store)
        await judge(store, promises)
    record_property(f"kill -9, {how} what has ended, 0 violations", promises.killed)
    record_property("of these at named points", promises.points)
    record_property("runs accepted, 0 lost", len(promises.accepted))
    record_property("publications promised, 0 doubled", len(promises.completed))
