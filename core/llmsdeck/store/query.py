"""What readers ask: each function is one consistent look at the store."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final

from llmsdeck.errors import NoSuchRunError, RefusedError, UsageError
from llmsdeck.filter import EVERYTHING, Filter, Order, parse
from llmsdeck.filter.keys import FLAGS
from llmsdeck.filter.tree import All, Among
from llmsdeck.model import Run, RunEvent, RunId
from llmsdeck.pages import Page, ValueCount
from llmsdeck.paths import StorePaths
from llmsdeck.store import lanes, search, workers
from llmsdeck.store import policy as stored_policy
from llmsdeck.store.columns import COLUMNS
from llmsdeck.store.condition import Condition
from llmsdeck.store.ended import numbered
from llmsdeck.store.rows import Vantage, event
from llmsdeck.store.stamp import Stamp

QUEUE_POSITIONS: Final = 1000
"""Runs at the head of the queue whose position is told; beyond, a position says nothing."""


def vantage(connection: sqlite3.Connection, stamp: Stamp, paths: StorePaths) -> Vantage:
    """Everything that the state of a run depends on besides its own row."""
    queue = connection.execute(
        f"SELECT seq FROM runs WHERE status = 'pending' AND NOT {lanes.HELD}"
        " ORDER BY priority DESC, seq LIMIT ?",
        (QUEUE_POSITIONS,),
    ).fetchall()
    policy = stored_policy.load(connection)
    return Vantage(
        now=stamp.now,
        wall_ms=stamp.wall_ms,
        paths=paths,
        living=workers.alive(connection, stamp.now),
        stale_after=policy.stale_after,
        policy=policy,
        queue={row["seq"]: place for place, row in enumerate(queue, start=1)},
        obstacle=lanes.obstacle(connection),
    )


def find(connection: sqlite3.Connection, seen_from: Vantage, reference: str) -> Run:
    """The run with this id or unique prefix; raises NoSuchRunError."""
    wanted = reference.strip().lower()
    if not wanted or not wanted.isascii() or not wanted.isalnum():
        raise NoSuchRunError(f"{reference!r} is not a run id; `llmsdeck list` shows them.")
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM runs WHERE run_id >= ? AND run_id < ? ORDER BY run_id LIMIT 2",
        (wanted, wanted + "~"),
    ).fetchall()
    if not rows:
        raise NoSuchRunError(f"There is no run {wanted}; it may have been pruned.")
    if len(rows) > 1 and rows[0]["run_id"] != wanted:
        raise NoSuchRunError(f"More than one run begins with {wanted}; give more of its id.")
    return seen_from.run(rows[0])


def page(
    connection: sqlite3.Connection,
    seen_from: Vantage,
    limit: int,
    cursor: str | None,
    filter: str = "",
    sort: str = "",
) -> Page:
    """A keyset page; raises UsageError for a filter, sort or cursor that cannot be."""
    order = Order.parse(sort)
    after = None if cursor is None else order.read_cursor(cursor)
    wanted = condition(connection, seen_from, parse(filter))
    places = search.found(connection, wanted, order, after, limit + 1)
    rows = numbered(connection, [place.seq for place in places[:limit]])
    return Page(
        runs=tuple(map(seen_from.run, rows)),
        next_cursor=order.cursor(places[limit - 1]) if len(places) > limit else None,
    )


def matching(
    connection: sqlite3.Connection, seen_from: Vantage, filter: str, limit: int
) -> tuple[RunId, ...]:
    """All runs that the filter lets through, newest first.

    Raises RefusedError when there are more than `limit`, UsageError for a filter that cannot be.
    """
    if parse(filter) == EVERYTHING:
        raise UsageError("A blank filter means every run; say which ones, such as is:live.")
    wanted = condition(connection, seen_from, parse(filter))
    places = search.found(connection, wanted, Order(), None, limit + 1)
    if len(places) > limit:
        raise RefusedError(
            f"{search.count(connection, wanted)} runs match, more than the {limit} that are acted"
            " on at once; nothing was done, make the filter narrower."
        )
    return tuple(RunId(row["run_id"]) for row in numbered(connection, [p.seq for p in places]))


def values(
    connection: sqlite3.Connection, seen_from: Vantage, key: str, filter: str, limit: int
) -> tuple[ValueCount, ...]:
    """What runs that the filter lets through have for a key; raises UsageError."""
    read = parse(filter)
    if key == "is":
        return _flags(connection, seen_from, read)[:limit]
    wanted = condition(connection, seen_from, read)
    return tuple(search.frequent(connection, wanted, key, limit))


def _flags(
    connection: sqlite3.Connection, seen_from: Vantage, filter: Filter
) -> tuple[ValueCount, ...]:
    """What holds of runs that the filter lets through, the most frequent first."""
    asked = ((flag, All((filter, Among("is", (flag,))))) for flag in FLAGS)
    counted = [
        ValueCount(flag, search.count(connection, condition(connection, seen_from, wanted)))
        for flag, wanted in asked
    ]
    there = (each for each in counted if each.runs)
    return tuple(sorted(there, key=lambda each: (-each.runs, each.value)))


def condition(connection: sqlite3.Connection, seen_from: Vantage, filter: Filter) -> Condition:
    """A filter as SQL, as runs are now."""
    if filter == EVERYTHING:
        return Condition.of(filter, seen_from.wall_ms)
    rows = connection.execute(f"SELECT {COLUMNS} FROM runs WHERE status = 'processing'").fetchall()
    return Condition.of(filter, seen_from.wall_ms, tuple(map(seen_from.run, rows)))


def runs(
    connection: sqlite3.Connection, seen_from: Vantage, run_ids: Sequence[RunId]
) -> Mapping[RunId, Run]:
    """Those of the named runs that there are."""
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM runs WHERE run_id IN (SELECT value FROM json_each(?))",
        (json.dumps(run_ids),),
    ).fetchall()
    return {run.run_id: run for run in map(seen_from.run, rows)}


def events_after(
    connection: sqlite3.Connection, run_id: RunId | None, after: int, limit: int
) -> tuple[RunEvent, ...]:
    """Events of a run, or without one of the store itself, that follow event `after`, oldest first.

    Raises NoSuchRunError.
    """
    seq = None if run_id is None else _seq(connection, run_id)
    rows = connection.execute(
        "SELECT events.*, ? AS run_id FROM events WHERE run_seq IS ? AND seq > ?"
        " ORDER BY seq LIMIT ?",
        (run_id, seq, after, limit),
    ).fetchall()
    return tuple(map(event, rows))


def journal(connection: sqlite3.Connection, after: int | None, limit: int) -> tuple[RunEvent, ...]:
    """Events of every run and of the store itself, oldest first; the newest without `after`."""
    where, order = ("", "DESC") if after is None else ("WHERE events.seq > :after", "")
    rows = connection.execute(
        "SELECT events.*, runs.run_id FROM events LEFT JOIN runs ON runs.seq = events.run_seq"
        f" {where} ORDER BY events.seq {order} LIMIT :limit",
        {"after": after, "limit": limit},
    ).fetchall()
    return tuple(map(event, reversed(rows) if after is None else rows))


def _seq(connection: sqlite3.Connection, run_id: RunId) -> int:
    row = connection.execute("SELECT seq FROM runs WHERE run_id = ?", (run_id,)).fetchone()
    if row is None:
        raise NoSuchRunError(f"There is no run {run_id}; it may have been pruned.")
    return int(row["seq"])
