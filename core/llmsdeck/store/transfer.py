"""Ended runs that leave for another store or come from one; each is one atomic operation."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from llmsdeck.errors import NoSuchRunError, RefusedError
from llmsdeck.model import SHORT_ID_LENGTH, Actor, RunId
from llmsdeck.store import events, prune, trash
from llmsdeck.store import policy as stored_policy
from llmsdeck.store.stamp import Stamp

Cells = Mapping[str, object]
"""Values by column."""
_MARK: Final = "(imported)"


@dataclass(frozen=True, slots=True)
class Whole:
    """A run with everything that belongs to it, as its rows."""

    run: Cells
    events: Sequence[Cells] = ()
    phases: Sequence[Cells] = ()


def collected(connection: sqlite3.Connection, run_id: RunId) -> Whole:
    """The rows of an ended run; raises NoSuchRunError, or RefusedError while it is live."""
    run = connection.execute("SELECT * FROM runs WHERE run_id = ?", (run_id,)).fetchone()
    if run is None:
        raise NoSuchRunError(f"There is no run {run_id}; it may have been pruned.")
    if run["finished_ms"] is None:
        raise RefusedError(
            f"Run {run_id[:SHORT_ID_LENGTH]} has not ended; wait for its end or cancel it first."
        )
    told, phases = (
        [dict(row) for row in connection.execute(query, (run["seq"],)).fetchall()]
        for query in (
            "SELECT at_ms, actor, kind, message, data FROM events WHERE run_seq = ? ORDER BY seq",
            "SELECT attempt, phase, seconds FROM phases WHERE run_seq = ? ORDER BY attempt, phase",
        )
    )
    return Whole(dict(run), told, phases)


def standing(connection: sqlite3.Connection, run_id: RunId) -> str | None:
    """Why a run of this id is not to be imported; None when it is unknown here."""
    if connection.execute("SELECT 1 FROM runs WHERE run_id = ?", (run_id,)).fetchone():
        return "It is here already."
    if connection.execute("SELECT 1 FROM trash WHERE run_id = ?", (run_id,)).fetchone():
        return "It was pruned here; `llmsdeck restore` brings it back."
    return None


def admit(
    connection: sqlite3.Connection, stamp: Stamp, arrived: Whole, actor: Actor, origin: Cells
) -> None:
    """Take in an ended run of another store, with its history; `origin` is put on record.

    It passes through the trash within this transaction, which is the one way by which the schema
    lets a run begin as ended. Its identity is its own, so that no run ever takes its bundle for an
    earlier one of an equal request. Raises RefusedError when it is here already, or when
    `max_runs` leaves no room.
    """
    run_id = RunId(str(arrived.run["run_id"]))
    if known := standing(connection, run_id):
        raise RefusedError(known)
    if prune.ended(connection) >= stored_policy.load(connection).max_runs:
        raise RefusedError("max_runs leaves no room for it; raise that with `llmsdeck policy`.")
    places = _places(connection)
    row = {**arrived.run, "identity": f"imported {run_id}", **places}
    _throw_in(connection, stamp, Whole(row, arrived.events, arrived.phases), actor)
    # Accepted elsewhere: it counts here from now on, so that what came in equals what there is.
    connection.execute("UPDATE counters SET n = n + 1 WHERE name IN ('submitted', 'pruned')")
    trash.put_back(connection, stamp, [run_id])
    message = f"Imported from an export of llmsdeck {origin['program']}."
    events.append(connection, stamp, actor, "imported", message, run_seq=places["seq"], data=origin)


def _places(connection: sqlite3.Connection) -> dict[str, int]:
    """The next number of a run and of an ending."""
    row = connection.execute(
        "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'runs'), 0) + 1 AS seq,"
        f" {prune.NTH_ENDING} AS ended_nth"
    ).fetchone()
    return dict(row)


def _throw_in(connection: sqlite3.Connection, stamp: Stamp, arrived: Whole, actor: Actor) -> None:
    run = arrived.run
    told = [
        {**each, "seq": None, "actor": elsewhere(str(each["actor"]))} for each in arrived.events
    ]
    connection.execute(
        "INSERT INTO trash (seq, run_id, source, status, finished_ms, bundle_token, bundle_bytes,"
        " pruned_ms, pruned_by, run, events, phases, copies)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '[]')",
        (
            *(run[name] for name in ("seq", "run_id", "source", "status", "finished_ms")),
            *(run[name] for name in ("bundle_token", "bundle_bytes")),
            stamp.wall_ms,
            str(actor),
            json.dumps(run),
            json.dumps(told),
            json.dumps(arrived.phases),
        ),
    )


def elsewhere(actor: str) -> str:
    """Somebody of another store, so that nobody takes him for one of this store."""
    kind, _, name = actor.partition(":")
    name = name.removesuffix(_MARK).rstrip()
    return f"{kind}:{name} {_MARK}" if name else f"{kind}:{_MARK}"
