"""What front ends ask for, from enqueueing to cancelling; each function is one atomic step."""

from __future__ import annotations

import json
import os
import sqlite3
from dataclasses import dataclass
from typing import Final

from llmsdeck.errors import NoSuchRunError, RefusedError
from llmsdeck.model import ID_LETTERS, SHORT_ID_LENGTH, Actor, RunId, RunRequest
from llmsdeck.settings import Policy
from llmsdeck.states import TERMINAL, CancelState, Decision, RunStatus
from llmsdeck.store import events, prune, questions, queue
from llmsdeck.store import policy as stored_policy
from llmsdeck.store.stamp import Stamp

_ID_LENGTH: Final = 20
_LETTER_OF_BYTE: Final = "".join(sorted(ID_LETTERS) * 8).encode("ascii")
"""For each byte one of the 32 letters, each as often as the others."""


def new_run_id() -> RunId:
    """A random id of 100 bits that people can read aloud."""
    letters = os.urandom(_ID_LENGTH).translate(_LETTER_OF_BYTE)
    return RunId(letters.decode("ascii"))


def identity(request: RunRequest) -> str:
    """Equal for requests that would produce the same bundle in the same place."""
    import hashlib  # which loads OpenSSL, where nothing is ever asked for

    asked = [
        request.source,
        request.ref,
        sorted(request.artifacts),
        request.model,
        request.output_dir,
    ]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def enqueue(
    connection: sqlite3.Connection,
    stamp: Stamp,
    request: RunRequest,
    actor: Actor,
    policy: Policy,
    parent: RunId | None = None,
) -> tuple[RunId, bool]:
    """Accept a run; the id of an equal live one, and False, when there is one already.

    Raises QueueFullError.
    """
    same = identity(request)
    if not request.force and (live := _live_twin(connection, same, request.fresh)):
        return live, False
    room = queue.room(connection, stamp, policy.queue_cap)
    run_id, fresh = new_run_id(), request.force or request.fresh
    cursor = connection.execute(
        "INSERT INTO runs (run_id, identity, source, ref, artifacts_wanted, model, output_dir,"
        " timeout_s, priority, fresh, parent_run, requested_by, max_attempts, created_ms,"
        " updated_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            run_id,
            same,
            request.source,
            request.ref,
            ",".join(request.artifacts),
            request.model,
            request.output_dir,
            request.timeout_s,
            request.priority,
            fresh,
            parent,
            str(actor),
            policy.max_attempts,
            stamp.wall_ms,
            stamp.wall_ms,
        ),
    )
    if room == 1:
        queue.note(connection, stamp, policy.queue_cap)
    data: dict[str, object] = {"parent_run": parent} if parent else {}
    data |= {"fresh": True} if fresh else {}
    message = "Accepted, to be made from the start." if fresh else "Accepted."
    events.append(
        connection, stamp, actor, "accepted", message, run_seq=cursor.lastrowid, data=data
    )
    return run_id, True


def _live_twin(connection: sqlite3.Connection, same: str, fresh: bool) -> RunId | None:
    row = connection.execute(
        "SELECT run_id FROM runs WHERE identity = ? AND finished_ms IS NULL"
        " AND cancel_state IS NULL AND fresh >= ? ORDER BY seq LIMIT 1",
        (same, fresh),
    ).fetchone()
    return RunId(row["run_id"]) if row else None


def set_priority(
    connection: sqlite3.Connection, stamp: Stamp, run_id: RunId, priority: int, actor: Actor
) -> None:
    """Move a pending run within the queue; raises NoSuchRunError, RefusedError."""
    row = connection.execute(
        "SELECT seq, status, priority FROM runs WHERE run_id = ?", (run_id,)
    ).fetchone()
    if row is None:
        raise NoSuchRunError(f"There is no run {run_id}; it may have been pruned.")
    if row["status"] != RunStatus.PENDING:
        raise RefusedError(
            f"Run {run_id[:SHORT_ID_LENGTH]} is {row['status']}; only the queue has an order."
        )
    if row["priority"] == priority:
        return
    connection.execute(
        "UPDATE runs SET priority = ?, updated_ms = ? WHERE seq = ?",
        (priority, stamp.wall_ms, row["seq"]),
    )
    message = f"Priority: {row['priority']} → {priority}."
    events.append(connection, stamp, actor, "priority_changed", message, run_seq=row["seq"])


def answer(
    connection: sqlite3.Connection, stamp: Stamp, run_id: RunId, decision: Decision, actor: Actor
) -> None:
    """Let a run that asks go on or end; raises NoSuchRunError, RefusedError if it asks nothing."""
    asked = questions.asked(connection, run_id)
    if decision is Decision.CANCEL:
        cancel(connection, stamp, run_id, actor)
    else:
        questions.decide(connection, stamp, asked, decision, actor)


@dataclass(frozen=True, slots=True)
class CancelReceipt:
    """How a request to cancel found the run."""

    verdict: str
    """`cancelled`, `requested` or `too_late`."""
    message: str


def cancel(
    connection: sqlite3.Connection, stamp: Stamp, run_id: RunId, actor: Actor
) -> CancelReceipt:
    """Stop a pending run, or void the lease of a processing one so that it can publish nothing.

    Raises NoSuchRunError.
    """
    row = connection.execute(
        "SELECT seq, status, cancel_state, finished_boot, finished_ns FROM runs WHERE run_id = ?",
        (run_id,),
    ).fetchone()
    if row is None:
        raise NoSuchRunError(f"There is no run {run_id}; it may have been pruned.")
    status = RunStatus(row["status"])
    if status in TERMINAL:
        return _too_late(stamp, status, row)
    if row["cancel_state"]:
        return CancelReceipt("requested", "Already being cancelled.")
    if status is RunStatus.PENDING:
        return _cancel_pending(connection, stamp, row["seq"], actor)
    connection.execute(
        "UPDATE runs SET token = token + 1, cancel_state = ?, cancel_by = ?, cancel_ms = ?,"
        " updated_ms = ? WHERE seq = ?",
        (CancelState.REQUESTED, str(actor), stamp.wall_ms, stamp.wall_ms, row["seq"]),
    )
    events.append(
        connection, stamp, actor, "cancel_requested", "Cancel requested.", run_seq=row["seq"]
    )
    return CancelReceipt("requested", "Cancel requested; nothing more will be published.")


def _cancel_pending(
    connection: sqlite3.Connection, stamp: Stamp, run_seq: int, actor: Actor
) -> CancelReceipt:
    connection.execute(
        "UPDATE runs SET status = 'cancelled', token = token + 1, cancel_state = ?, cancel_by = ?,"
        " cancel_ms = ?, updated_ms = ?, finished_ms = ?, finished_boot = ?, finished_ns = ?,"
        f" ended_nth = {prune.NTH_ENDING} WHERE seq = ?",
        (
            CancelState.STOPPED,
            str(actor),
            stamp.wall_ms,
            stamp.wall_ms,
            stamp.wall_ms,
            stamp.now.boot_id,
            stamp.now.ns,
            run_seq,
        ),
    )
    message = "Cancelled before it started."
    events.append(connection, stamp, actor, "cancelled", message, run_seq=run_seq)
    limits = stored_policy.load(connection)
    queue.note(connection, stamp, limits.queue_cap)
    prune.make_room(connection, stamp, run_seq, limits.max_runs)
    return CancelReceipt("cancelled", message)


def _too_late(stamp: Stamp, status: RunStatus, row: sqlite3.Row) -> CancelReceipt:
    ago = ""
    if row["finished_boot"] == stamp.now.boot_id:
        seconds = max(0, stamp.now.ns - row["finished_ns"]) / 1e9
        ago = f" {seconds:.1f} s before" if seconds < 3600 else f" {seconds / 3600:.1f} h before"
    if status is RunStatus.CANCELLED:
        return CancelReceipt("cancelled", f"It was already cancelled{ago}.")
    ended = "finished" if status is RunStatus.COMPLETED else "failed"
    return CancelReceipt("too_late", f"Too late, it had {ended}{ago}.")
