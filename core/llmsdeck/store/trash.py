"""The trash: pruned runs, whole, until their grace is over; each move is one transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Final

from llmsdeck.errors import NoSuchRunError, RefusedError
from llmsdeck.model import Actor, RunId
from llmsdeck.pruning import TrashItem
from llmsdeck.settings import Policy
from llmsdeck.states import RunStatus
from llmsdeck.store import events
from llmsdeck.store.rows import moment
from llmsdeck.store.stamp import Stamp

MOST: Final = 100_000
"""Pruned runs that are kept at most, whatever the grace."""
_CHILDREN: Final = {
    "events": ("seq", "at_ms", "actor", "kind", "message", "data"),
    "phases": ("attempt", "phase", "seconds"),
    "copies": ("target", "done", "error"),
}
"""What goes with a run, by table, and the columns that make it up."""
_NAMED: Final = "IN (SELECT value FROM json_each(?))"
"""Is one of the ids in a JSON array."""


def throw(
    connection: sqlite3.Connection, stamp: Stamp, run_ids: Sequence[RunId], actor: Actor
) -> tuple[RunId, ...]:
    """Move ended runs from the list into the trash; those that were there to move."""
    named = json.dumps(run_ids)
    row = _as_json(_columns(connection))
    children = ", ".join(
        f"(SELECT json_group_array({_as_json(columns)}) FROM {table} WHERE run_seq = runs.seq)"
        for table, columns in _CHILDREN.items()
    )
    moved = connection.execute(
        "INSERT INTO trash (seq, run_id, source, status, finished_ms, bundle_token, bundle_bytes,"
        " pruned_ms, pruned_by, run, events, phases, copies)"
        " SELECT seq, run_id, source, status, finished_ms, bundle_token, bundle_bytes,"
        f" ?, ?, {row}, {children}"
        f" FROM runs WHERE run_id {_NAMED} AND finished_ms IS NOT NULL RETURNING run_id",
        (stamp.wall_ms, str(actor), named),
    ).fetchall()
    gone = tuple(RunId(row["run_id"]) for row in moved)
    connection.execute(f"DELETE FROM runs WHERE run_id {_NAMED}", (json.dumps(gone),))
    if gone:
        message = f"Pruned {len(gone)} runs." if len(gone) > 1 else "Pruned 1 run."
        events.append(connection, stamp, actor, "pruned", message, data={"run_ids": gone})
    return gone


def find(connection: sqlite3.Connection, reference: str) -> RunId:
    """The run in the trash with this id or unique prefix.

    Raises NoSuchRunError, or RefusedError for a run that was not pruned.
    """
    wanted = reference.strip().lower()
    if wanted.isascii() and wanted.isalnum():
        found, there = (
            [
                row["run_id"]
                for row in connection.execute(
                    f"SELECT run_id FROM {table} WHERE run_id >= ? AND run_id < ? LIMIT 2",
                    (wanted, wanted + "~"),
                )
            ]
            for table in ("trash", "runs")
        )
        if len(found) == 1:
            return RunId(found[0])
        if found:
            raise NoSuchRunError(f"More than one pruned run begins with {wanted}.")
        if there:
            raise RefusedError(f"Run {wanted} is there; it was not pruned.")
    raise NoSuchRunError(
        f"There is no pruned run {reference!r}; `llmsdeck restore` lists what can be brought back."
    )


def restore(
    connection: sqlite3.Connection, stamp: Stamp, run_ids: Sequence[RunId], room: int, actor: Actor
) -> tuple[RunId, ...]:
    """Bring runs back as they were, the first `room` of them; those that came."""
    restored = put_back(connection, stamp, run_ids[: max(0, room)])
    for run_id in restored:
        _tell(connection, stamp, run_id, actor)
    return restored


def put_back(
    connection: sqlite3.Connection, stamp: Stamp, run_ids: Sequence[RunId]
) -> tuple[RunId, ...]:
    """Move runs from the trash into the list, with all that belongs to them; those that came."""
    named = json.dumps(run_ids)
    columns = _columns(connection)
    values = ", ".join("?" if name == "restored_ms" else f"run ->> '$.{name}'" for name in columns)
    back = connection.execute(
        f"INSERT INTO runs ({', '.join(columns)}) SELECT {values} FROM trash"
        f" WHERE run_id {_NAMED} ORDER BY seq RETURNING run_id",
        (stamp.wall_ms, named),
    ).fetchall()
    for table, names in _CHILDREN.items():
        _restore_children(connection, table, names, named)
    connection.execute(f"DELETE FROM trash WHERE run_id {_NAMED}", (named,))
    return tuple(RunId(row["run_id"]) for row in back)


def _restore_children(
    connection: sqlite3.Connection, table: str, names: Sequence[str], named: str
) -> None:
    values = ", ".join(f"value ->> '$.{name}'" for name in names)
    # A copy's folder may meanwhile mirror a later run, which then keeps it.
    insert = "INSERT OR IGNORE" if table == "copies" else "INSERT"
    connection.execute(
        f"{insert} INTO {table} (run_seq, {', '.join(names)})"
        f" SELECT seq, {values} FROM (SELECT trash.seq AS seq, entry.value AS value"
        f" FROM trash, json_each(trash.{table}) AS entry WHERE run_id {_NAMED})",
        (named,),
    )


def _tell(connection: sqlite3.Connection, stamp: Stamp, run_id: RunId, actor: Actor) -> None:
    seq = connection.execute("SELECT seq FROM runs WHERE run_id = ?", (run_id,)).fetchone()["seq"]
    message = "Brought back after it was pruned."
    events.append(connection, stamp, actor, "restored", message, run_seq=seq)


def listed(
    connection: sqlite3.Connection, stamp: Stamp, policy: Policy, limit: int
) -> tuple[TrashItem, ...]:
    """What can be brought back, last pruned first."""
    rows = connection.execute(
        "SELECT * FROM trash ORDER BY pruned_ms DESC, seq DESC LIMIT ?", (limit,)
    ).fetchall()
    return tuple(
        TrashItem(
            run_id=RunId(row["run_id"]),
            source=row["source"],
            status=RunStatus(row["status"]),
            finished_at=moment(row["finished_ms"]),
            size_bytes=row["bundle_bytes"],
            pruned_at=moment(row["pruned_ms"]),
            pruned_by=Actor.parse(row["pruned_by"]),
            left_s=max(0.0, policy.prune_grace - (stamp.wall_ms - row["pruned_ms"]) / 1000),
        )
        for row in rows
    )


def overdue(
    connection: sqlite3.Connection, stamp: Stamp, policy: Policy, at_most: int
) -> tuple[RunId, ...]:
    """Some of what has outlived its grace, or is beyond the most that is kept."""
    before = stamp.wall_ms - int(policy.prune_grace * 1000)
    rows = connection.execute(
        "SELECT run_id FROM trash WHERE pruned_ms <= ? UNION SELECT run_id FROM"
        " (SELECT run_id FROM trash ORDER BY pruned_ms DESC, seq DESC LIMIT -1 OFFSET ?) LIMIT ?",
        (before, MOST, at_most),
    ).fetchall()
    return tuple(RunId(row["run_id"]) for row in rows)


def forget(connection: sqlite3.Connection, run_ids: Sequence[RunId]) -> tuple[RunId, ...]:
    """Let pruned runs go for good; those that were still in the trash. Their folders follow."""
    rows = connection.execute(
        f"DELETE FROM trash WHERE run_id {_NAMED} RETURNING run_id", (json.dumps(run_ids),)
    ).fetchall()
    return tuple(RunId(row["run_id"]) for row in rows)


def _columns(connection: sqlite3.Connection) -> tuple[str, ...]:
    return tuple(row["name"] for row in connection.execute("PRAGMA table_info(runs)").fetchall())


def _as_json(columns: Sequence[str]) -> str:
    pairs = ", ".join(f"'{name}', {name}" for name in columns)
    return f"json_object({pairs})"
