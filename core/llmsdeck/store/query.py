"""What readers ask: each function is one consistent look at the store."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final

from llmsdeck.errors import NoSuchRunError, RefusedError, UsageError
from llmsdeck.filter import EVERYTHING, Filter, Order, parse
from llmsdeck.filter.keys import FLAGS
from llmsdeck.filter.tree import All, Among
from llmsdeck.model import (
    Counts,
    DeckSnapshot,
    Page,
    PhaseSpan,
    Run,
    RunDetail,
    RunEvent,
    RunId,
    ValueCount,
    Window,
    WorkerId,
    WorkerInfo,
)
from llmsdeck.paths import StorePaths
from llmsdeck.states import Phase, RunStatus
from llmsdeck.store import lanes, questions, search, workers
from llmsdeck.store import policy as stored_policy
from llmsdeck.store.lists import Lists, Wanted
from llmsdeck.store.rows import EndedRuns, Vantage, event, moment
from llmsdeck.store.stamp import Stamp

QUEUE_POSITIONS: Final = 1000
"""Runs at the head of the queue whose position is told; beyond, a position says nothing."""
DETAIL_EVENTS: Final = 200
SPARK_MINUTES: Final = 8
HISTORY: Final = 200
"""Newest spans of a phase from which its usual duration is told."""
LEAST_HISTORY: Final = 5


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


def snapshot(
    connection: sqlite3.Connection,
    stamp: Stamp,
    paths: StorePaths,
    window: Window,
    focus: RunId | None,
    filter: str = "",
    sort: str = "",
    *,
    read_only: bool,
    lists: Lists | None = None,
    ended: EndedRuns | None = None,
) -> DeckSnapshot:
    """The whole picture that a dashboard shows; raises UsageError for a filter or sort."""
    seen_from = vantage(connection, stamp, paths)
    read = parse(filter)
    wanted = Wanted(read, _condition(connection, seen_from, read), Order.parse(sort))
    detail = _focused(connection, seen_from, focus)
    focused = None if detail is None else detail.run.seq
    part = (lists or Lists()).part(connection, wanted, window, focused)
    return DeckSnapshot(
        taken_at=moment(stamp.wall_ms),
        store_dir=str(paths.root),
        read_only=read_only,
        counts=_counts(connection, seen_from),
        filter=filter,
        sort=sort,
        total=part.total,
        focus_row=part.row,
        window=window,
        runs=(ended or EndedRuns()).runs(seen_from, _rows(connection, part.seqs)),
        detail=detail,
        workers=registered(connection, seen_from),
        lanes=lanes.listed(connection, stamp.now),
        held=lanes.held(connection) if seen_from.obstacle else 0,
        asking=questions.asking(connection),
        policy=seen_from.policy,
        finished_per_minute=_throughput(connection, stamp),
        free_bytes=_free_bytes(paths),
        writable=os.access(paths.database, os.W_OK),
    )


def _free_bytes(paths: StorePaths) -> int | None:
    try:
        return shutil.disk_usage(paths.root).free
    except OSError:
        return None


def _counts(connection: sqlite3.Connection, seen_from: Vantage) -> Counts:
    rows = connection.execute("SELECT name, n FROM counters").fetchall()
    leased = connection.execute("SELECT * FROM runs WHERE status = 'processing'").fetchall()
    lost = sum(seen_from.vitality(row).lost for row in leased)
    return Counts(**{row["name"]: row["n"] for row in rows}, stale=lost)


def _throughput(connection: sqlite3.Connection, stamp: Stamp) -> tuple[int, ...]:
    this_minute = stamp.wall_ms // 60_000
    rows = connection.execute(
        "SELECT minute, finished FROM throughput WHERE minute >= ? AND minute < ?",
        (this_minute - SPARK_MINUTES, this_minute),
    ).fetchall()
    finished = {row["minute"]: row["finished"] for row in rows}
    return tuple(finished.get(this_minute - back, 0) for back in range(SPARK_MINUTES, 0, -1))


def registered(connection: sqlite3.Connection, seen_from: Vantage) -> tuple[WorkerInfo, ...]:
    """All registered workers, oldest first."""
    rows = connection.execute(
        "SELECT workers.*, (SELECT count(*) FROM runs WHERE runs.worker_id = workers.worker_id"
        " AND status = 'processing') AS busy FROM workers ORDER BY started_ms, worker_id"
    ).fetchall()
    return tuple(_worker(row, seen_from) for row in rows)


def _worker(row: sqlite3.Row, seen_from: Vantage) -> WorkerInfo:
    same_boot = row["boot_id"] == seen_from.now.boot_id

    def age(ns: int) -> float:
        return max(0, seen_from.now.ns - ns) / 1e9 if same_boot else float("inf")

    return WorkerInfo(
        worker_id=WorkerId(row["worker_id"]),
        pid=row["pid"],
        slots=row["slots"],
        busy=row["busy"],
        state=row["state"],
        alive=row["worker_id"] in seen_from.living and age(row["beat_ns"]) < seen_from.stale_after,
        heartbeat_age_s=age(row["beat_ns"]),
        started_at=moment(row["started_ms"]),
        sweep_age_s=None if row["sweep_ns"] is None else age(row["sweep_ns"]),
        sweep_error=row["sweep_error"],
    )


def find(connection: sqlite3.Connection, seen_from: Vantage, reference: str) -> Run:
    """The run with this id or unique prefix; raises NoSuchRunError."""
    wanted = reference.strip().lower()
    if not wanted or not wanted.isascii() or not wanted.isalnum():
        raise NoSuchRunError(f"{reference!r} is not a run id; `llmsdeck list` shows them.")
    rows = connection.execute(
        "SELECT * FROM runs WHERE run_id >= ? AND run_id < ? ORDER BY run_id LIMIT 2",
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
    wanted = _condition(connection, seen_from, parse(filter))
    places = search.found(connection, wanted, order, after, limit + 1)
    rows = _rows(connection, [place.seq for place in places[:limit]])
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
    wanted = _condition(connection, seen_from, parse(filter))
    places = search.found(connection, wanted, Order(), None, limit + 1)
    if len(places) > limit:
        raise RefusedError(
            f"{search.count(connection, wanted)} runs match, more than the {limit} that are acted"
            " on at once; nothing was done, make the filter narrower."
        )
    return tuple(RunId(row["run_id"]) for row in _rows(connection, [p.seq for p in places]))


def values(
    connection: sqlite3.Connection, seen_from: Vantage, key: str, filter: str, limit: int
) -> tuple[ValueCount, ...]:
    """What runs that the filter lets through have for a key; raises UsageError."""
    read = parse(filter)
    if key == "is":
        return _flags(connection, seen_from, read)[:limit]
    wanted = _condition(connection, seen_from, read)
    return tuple(search.frequent(connection, wanted, key, limit))


def _flags(
    connection: sqlite3.Connection, seen_from: Vantage, filter: Filter
) -> tuple[ValueCount, ...]:
    """What holds of runs that the filter lets through, the most frequent first."""
    asked = ((flag, All((filter, Among("is", (flag,))))) for flag in FLAGS)
    counted = [
        ValueCount(flag, search.count(connection, _condition(connection, seen_from, wanted)))
        for flag, wanted in asked
    ]
    there = (each for each in counted if each.runs)
    return tuple(sorted(there, key=lambda each: (-each.runs, each.value)))


def _condition(
    connection: sqlite3.Connection, seen_from: Vantage, filter: Filter
) -> search.Condition:
    if filter == EVERYTHING:
        return search.condition(filter, seen_from.wall_ms)
    rows = connection.execute("SELECT * FROM runs WHERE status = 'processing'").fetchall()
    return search.condition(filter, seen_from.wall_ms, tuple(map(seen_from.run, rows)))


def _rows(connection: sqlite3.Connection, seqs: Sequence[int]) -> list[sqlite3.Row]:
    """The runs with these numbers, in this order."""
    rows = connection.execute(
        "SELECT * FROM runs WHERE seq IN (SELECT value FROM json_each(?))",
        (json.dumps(list(seqs)),),
    ).fetchall()
    by_seq = {row["seq"]: row for row in rows}
    return [by_seq[seq] for seq in seqs]


def runs(
    connection: sqlite3.Connection, seen_from: Vantage, run_ids: Sequence[RunId]
) -> Mapping[RunId, Run]:
    """Those of the named runs that there are."""
    rows = connection.execute(
        "SELECT * FROM runs WHERE run_id IN (SELECT value FROM json_each(?))",
        (json.dumps(run_ids),),
    ).fetchall()
    return {run.run_id: run for run in map(seen_from.run, rows)}


def _focused(
    connection: sqlite3.Connection, seen_from: Vantage, focus: RunId | None
) -> RunDetail | None:
    if focus is None:
        return None
    try:
        return detail(connection, seen_from, focus)
    except NoSuchRunError:
        return None


def detail(connection: sqlite3.Connection, seen_from: Vantage, run_id: RunId) -> RunDetail:
    """A run with its timeline and newest events; raises NoSuchRunError."""
    row = connection.execute("SELECT * FROM runs WHERE run_id = ?", (run_id,)).fetchone()
    if row is None:
        raise NoSuchRunError(f"There is no run {run_id}; it may have been pruned.")
    newest = connection.execute(
        "SELECT events.*, ? AS run_id FROM events WHERE run_seq = ? ORDER BY seq DESC LIMIT ?",
        (run_id, row["seq"], DETAIL_EVENTS),
    ).fetchall()
    usual = {phase: took for phase in Phase if (took := _usual(connection, phase))}
    return RunDetail(
        run=seen_from.run(row),
        phases=_phases(connection, seen_from, row, usual),
        usual_s=usual,
        events=tuple(event(each) for each in reversed(newest)),
    )


def _phases(
    connection: sqlite3.Connection,
    seen_from: Vantage,
    run: sqlite3.Row,
    usual_s: Mapping[Phase, tuple[float, float]],
) -> tuple[PhaseSpan, ...]:
    rows = connection.execute(
        "SELECT phase, seconds FROM phases WHERE run_seq = ? AND attempt = ?",
        (run["seq"], run["attempt"]),
    ).fetchall()
    took = {row["phase"]: row["seconds"] for row in rows}
    running = run["phase"] if run["status"] == RunStatus.PROCESSING else None
    spans: list[PhaseSpan] = []
    for phase in Phase:
        seconds = took.get(phase)
        if phase == running:
            seconds = max(0, seen_from.now.ns - run["phase_ns"]) / 1e9
        if seconds is not None:
            usual = usual_s.get(phase)
            spans.append(
                PhaseSpan(phase=phase, seconds=seconds, running=phase == running, usual_s=usual)
            )
    return tuple(spans)


def _usual(connection: sqlite3.Connection, phase: Phase) -> tuple[float, float] | None:
    """Lower and upper quartile of the newest spans of this phase."""
    rows = connection.execute(
        "SELECT seconds FROM phases WHERE phase = ? AND seconds IS NOT NULL"
        " ORDER BY run_seq DESC LIMIT ?",
        (phase, HISTORY),
    ).fetchall()
    if len(rows) < LEAST_HISTORY:
        return None
    ordered = sorted(row["seconds"] for row in rows)
    return ordered[len(ordered) // 4], ordered[(len(ordered) * 3) // 4]


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
