"""What operators look back at: who did what, and what failed for the same reason."""

from __future__ import annotations

import sqlite3
from typing import Final

from llmsdeck.calls import EVENT, ModelCall, model_calls
from llmsdeck.failures import MOST_FAILURES, Failure, FailureGroup, grouped
from llmsdeck.model import RunEvent, RunId
from llmsdeck.states import ErrorKind
from llmsdeck.store.rows import event, moment

_LAST: Final = 2**63 - 1
_GENERATIONS: Final = 20
"""Retries of retries whose answers are counted."""


def actions(connection: sqlite3.Connection, limit: int, before: int | None) -> tuple[RunEvent, ...]:
    """Events whose actor is an operator, an agent or the command line, newest first."""
    rows = connection.execute(
        "SELECT events.*, runs.run_id FROM events LEFT JOIN runs ON runs.seq = events.run_seq"
        " WHERE substr(actor, 1, 6) NOT IN ('worker', 'janito') AND events.seq < ?"
        " ORDER BY events.seq DESC LIMIT ?",
        (_LAST if before is None else before, limit),
    ).fetchall()
    return tuple(map(event, rows))


def calls(connection: sqlite3.Connection, run_id: RunId) -> list[ModelCall]:
    """The calls to a model that a run made, oldest first."""
    rows = connection.execute(
        "SELECT events.*, runs.run_id FROM runs JOIN events ON events.run_seq = runs.seq"
        " WHERE runs.run_id = ? AND events.kind = ? ORDER BY events.seq",
        (run_id, EVENT),
    ).fetchall()
    return model_calls(map(event, rows))


def calls_of_line(connection: sqlite3.Connection, run_id: RunId) -> list[ModelCall]:
    """The calls of a run and of those that it retries, as far as they are there."""
    line = connection.execute(
        "WITH RECURSIVE line (run_id, parent_run, far) AS ("
        " SELECT run_id, parent_run, 0 FROM runs WHERE run_id = ?"
        " UNION ALL SELECT runs.run_id, runs.parent_run, far + 1 FROM line"
        " JOIN runs ON runs.run_id = line.parent_run WHERE far < ?)"
        " SELECT run_id FROM line",
        (run_id, _GENERATIONS),
    ).fetchall()
    return [call for row in line for call in calls(connection, row["run_id"])]


def failures(connection: sqlite3.Connection) -> tuple[FailureGroup, ...]:
    """The newest failed runs in groups of the same cause."""
    rows = connection.execute(
        "SELECT run_id, source, error_kind, error_message, finished_ms FROM runs"
        " WHERE status = 'failed' ORDER BY seq DESC LIMIT ?",
        (MOST_FAILURES,),
    ).fetchall()
    return grouped(
        Failure(
            run_id=RunId(row["run_id"]),
            source=row["source"],
            kind=ErrorKind(row["error_kind"]),
            message=row["error_message"] or "",
            at=moment(row["finished_ms"]),
        )
        for row in rows
    )
