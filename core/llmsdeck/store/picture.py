"""The whole picture that a dashboard shows, and what is known of one run in it."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Mapping
from typing import Final

from llmsdeck.clock import Instant
from llmsdeck.errors import NoSuchRunError
from llmsdeck.filter import Order, parse
from llmsdeck.model import RunId, WorkerId
from llmsdeck.paths import StorePaths
from llmsdeck.snapshot import Counts, DeckSnapshot, Lane, PhaseSpan, RunDetail, Window, WorkerInfo
from llmsdeck.states import Phase, RunStatus
from llmsdeck.store import lanes, query, questions
from llmsdeck.store.columns import COLUMNS
from llmsdeck.store.ended import EndedRuns
from llmsdeck.store.lists import Lists, Wanted
from llmsdeck.store.rows import Vantage, event, moment
from llmsdeck.store.stamp import Stamp

DETAIL_EVENTS: Final = 200
SPARK_MINUTES: Final = 8
HISTORY: Final = 200
"""Newest spans of a phase from which its usual duration is told."""
LEAST_HISTORY: Final = 5


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
    seen_from = query.vantage(connection, stamp, paths)
    read = parse(filter)
    wanted = Wanted(read, query.condition(connection, seen_from, read), Order.parse(sort))
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
        runs=(ended or EndedRuns()).runs(connection, seen_from, part.seqs),
        focus=focus,
        detail=detail,
        workers=registered(connection, seen_from),
        lanes=servers(connection, stamp.now),
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
    leased = connection.execute(
        "SELECT worker_id, boot_id, beat_ns FROM runs WHERE status = 'processing'"
    ).fetchall()
    lost = sum(seen_from.vitality(worker, Instant(boot, ns)).lost for worker, boot, ns in leased)
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


def servers(connection: sqlite3.Connection, now: Instant) -> tuple[Lane, ...]:
    """The model servers that are remembered, the one used last first."""
    rows = connection.execute("SELECT * FROM lanes ORDER BY seen_ns DESC, server").fetchall()
    return tuple(_lane(row, now) for row in rows)


def _lane(row: sqlite3.Row, now: Instant) -> Lane:
    age = now.seconds_since(Instant(row["seen_boot"], row["seen_ns"]))
    return Lane(
        server=row["server"],
        model=row["model"],
        context_tokens=row["context_tokens"],
        tokens_per_s=row["tokens_per_s"],
        seen_age_s=float("inf") if age is None else age,
        down_since=None if row["down_ms"] is None else moment(row["down_ms"]),
        down_reason=row["down_reason"],
    )


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
    row = connection.execute(f"SELECT {COLUMNS} FROM runs WHERE run_id = ?", (run_id,)).fetchone()
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
