"""How an attempt ends: published, failed, cancelled, given back or taken away; exactly once."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from llmsdeck.errors import LostLeaseError
from llmsdeck.model import Actor, ActorKind, Artifact, RunWarning, WorkerId
from llmsdeck.states import RETRYABLE, CancelState, ErrorKind, Outcome, RunStatus, retry_delay
from llmsdeck.store import events, lanes, prune, questions, queue
from llmsdeck.store import policy as stored_policy
from llmsdeck.store.leases import LEASED, Lease, close_phase, leased
from llmsdeck.store.stamp import Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What a finished attempt produced; its files lie in the folder of its lease."""

    commit: str | None
    outcome: Outcome
    score: int | None
    artifacts: tuple[Artifact, ...]
    warnings: tuple[RunWarning, ...]


def complete(
    connection: sqlite3.Connection,
    stamp: Stamp,
    lease: Lease,
    worker: WorkerId,
    completion: Completion,
    copy_to: str | None,
) -> RunStatus:
    """Publish: the run points at this attempt's folder from here on.

    A run whose cancel was asked for ends as cancelled instead. Returns the status from here on;
    raises LostLeaseError.
    """
    row = leased(connection, lease)
    if row["cancel_state"]:
        return _end_cancelled(connection, stamp, row, Actor(ActorKind.WORKER, worker))
    close_phase(connection, row, stamp)
    size = sum(a.size_bytes for a in completion.artifacts)
    connection.execute(
        f"UPDATE runs SET status = 'completed', outcome = ?, score = ?, commit_id = ?,"
        f" bundle_token = token, bundle_bytes = ?, artifacts = ?, warnings = ?, error_kind = NULL,"
        f" error_message = NULL, updated_ms = ?, finished_ms = ?, finished_boot = ?,"
        f" finished_ns = ?, ended_nth = {prune.NTH_ENDING} WHERE {LEASED}",
        (
            completion.outcome,
            completion.score,
            completion.commit,
            size,
            _files(completion.artifacts),
            _warnings(completion.warnings),
            *_ended(stamp),
            lease.run_id,
            lease.token,
        ),
    )
    if copy_to is not None:
        _want_copy(connection, copy_to, row)
    message = f"Completed, {completion.outcome}: {len(completion.artifacts)} files, {size} bytes."
    actor = Actor(ActorKind.WORKER, worker)
    events.append(connection, stamp, actor, "completed", message, run_seq=row["seq"])
    _make_room(connection, stamp, row["seq"])
    return RunStatus.COMPLETED


def _want_copy(connection: sqlite3.Connection, target: str, run: sqlite3.Row) -> None:
    """Let the target mirror this run, unless it already mirrors a later one.

    Where it mirrors another source of the same name, this one gets a folder of its own beside it.
    """
    taken = connection.execute(
        "SELECT source FROM copies JOIN runs ON runs.seq = copies.run_seq WHERE target = ?",
        (target,),
    ).fetchone()
    if taken is not None and taken["source"] != run["source"]:
        target = f"{target}-{hashlib.sha256(run['source'].encode()).hexdigest()[:8]}"
    connection.execute(
        "INSERT INTO copies (target, run_seq) VALUES (?, ?) ON CONFLICT (target) DO UPDATE"
        " SET run_seq = excluded.run_seq, done = 0, error = NULL"
        " WHERE excluded.run_seq > copies.run_seq",
        (target, run["seq"]),
    )


def fail(
    connection: sqlite3.Connection,
    stamp: Stamp,
    lease: Lease,
    actor: Actor,
    kind: ErrorKind,
    message: str,
    warnings: Sequence[RunWarning] = (),
) -> RunStatus:
    """End the attempt: cancelled if that was asked for, else another attempt or failed.

    Returns the run's status from here on; raises LostLeaseError.
    """
    row = leased(connection, lease)
    if row["cancel_state"]:
        return _end_cancelled(connection, stamp, row, actor, warnings)
    if kind in RETRYABLE and row["attempt"] < row["max_attempts"]:
        return _retry_later(connection, stamp, row, actor, kind, message)
    connection.execute(
        "UPDATE runs SET status = 'failed', token = token + 1, error_kind = ?, error_message = ?,"
        " warnings = ?, updated_ms = ?, finished_ms = ?, finished_boot = ?, finished_ns = ?,"
        f" ended_nth = {prune.NTH_ENDING} WHERE seq = ?",
        (kind, message, _warnings(warnings), *_ended(stamp), row["seq"]),
    )
    data = {"error_kind": kind}
    events.append(connection, stamp, actor, "failed", message, run_seq=row["seq"], data=data)
    _make_room(connection, stamp, row["seq"])
    return RunStatus.FAILED


def _retry_later(
    connection: sqlite3.Connection,
    stamp: Stamp,
    row: sqlite3.Row,
    actor: Actor,
    kind: ErrorKind,
    message: str,
) -> RunStatus:
    delay = retry_delay(row["attempt"])
    connection.execute(
        "UPDATE runs SET status = 'pending', token = token + 1, error_kind = ?, error_message = ?,"
        " retry_boot = ?, retry_ns = ?, updated_ms = ? WHERE seq = ?",
        (
            kind,
            message,
            stamp.now.boot_id,
            stamp.now.ns + int(delay * 1e9),
            stamp.wall_ms,
            row["seq"],
        ),
    )
    said = f"{message} Attempt {row['attempt'] + 1} follows in {delay:g} s."
    data = {"error_kind": kind}
    events.append(connection, stamp, actor, "attempt_lost", said, run_seq=row["seq"], data=data)
    _note_queue(connection, stamp)
    return RunStatus.PENDING


def _end_cancelled(
    connection: sqlite3.Connection,
    stamp: Stamp,
    row: sqlite3.Row,
    actor: Actor,
    warnings: Sequence[RunWarning] = (),
) -> RunStatus:
    connection.execute(
        "UPDATE runs SET status = 'cancelled', token = token + 1, cancel_state = ?, warnings = ?,"
        " updated_ms = ?, finished_ms = ?, finished_boot = ?, finished_ns = ?,"
        f" ended_nth = {prune.NTH_ENDING} WHERE seq = ?",
        (CancelState.STOPPED, _warnings(warnings), *_ended(stamp), row["seq"]),
    )
    events.append(
        connection, stamp, actor, "cancelled", "Cancelled; it has stopped.", run_seq=row["seq"]
    )
    _make_room(connection, stamp, row["seq"])
    return RunStatus.CANCELLED


def release(
    connection: sqlite3.Connection, stamp: Stamp, lease: Lease, worker: WorkerId
) -> RunStatus:
    """Give the run back because the worker stops; the attempt does not count.

    A run whose cancel was asked for ends as cancelled instead. Raises LostLeaseError.
    """
    row = leased(connection, lease)
    actor = Actor(ActorKind.WORKER, worker)
    if row["cancel_state"]:
        return _end_cancelled(connection, stamp, row, actor)
    message = "Given back: its worker was asked to stop."
    return _give_back(connection, stamp, row, actor, "released", message)


def _give_back(
    connection: sqlite3.Connection,
    stamp: Stamp,
    row: sqlite3.Row,
    actor: Actor,
    kind: str,
    message: str,
) -> RunStatus:
    connection.execute(
        "UPDATE runs SET status = 'pending', token = token + 1, attempt = attempt - 1,"
        " updated_ms = ? WHERE seq = ?",
        (stamp.wall_ms, row["seq"]),
    )
    events.append(connection, stamp, actor, kind, message, run_seq=row["seq"])
    _note_queue(connection, stamp)
    return RunStatus.PENDING


def hold(
    connection: sqlite3.Connection,
    stamp: Stamp,
    lease: Lease,
    worker: WorkerId,
    server: str,
    reason: str,
) -> RunStatus:
    """Give the run back because its model server cannot be reached; the attempt does not count.

    A run whose cancel was asked for ends as cancelled instead. Raises LostLeaseError.
    """
    row = leased(connection, lease)
    actor = Actor(ActorKind.WORKER, worker)
    lanes.fall(connection, stamp, actor, server, reason)
    if row["cancel_state"]:
        return _end_cancelled(connection, stamp, row, actor)
    return _give_back(connection, stamp, row, actor, "held", f"{reason} The run waits for it.")


def ask(
    connection: sqlite3.Connection,
    stamp: Stamp,
    lease: Lease,
    worker: WorkerId,
    expected_tokens: int,
    token_budget: int,
) -> RunStatus:
    """Give the run back to wait for an answer, over its budget; the attempt does not count.

    A run whose cancel was asked for ends as cancelled instead. Raises LostLeaseError.
    """
    row = leased(connection, lease)
    actor = Actor(ActorKind.WORKER, worker)
    if row["cancel_state"]:
        return _end_cancelled(connection, stamp, row, actor)
    message = questions.put(connection, stamp, row["seq"], expected_tokens, token_budget)
    return _give_back(connection, stamp, row, actor, "asked", message)


def reap(
    connection: sqlite3.Connection,
    stamp: Stamp,
    lease: Lease,
    observed_beat_ns: int,
    kind: ErrorKind,
    message: str,
) -> RunStatus:
    """Take a run from an owner that is gone or silent, unless it has beaten since it was observed.

    Raises LostLeaseError when the run has moved on in the meantime.
    """
    row = leased(connection, lease)
    if row["beat_ns"] != observed_beat_ns:
        raise LostLeaseError(f"Run {lease.run_id} has beaten again.")
    return fail(connection, stamp, lease, Actor(ActorKind.JANITOR), kind, message)


def _make_room(connection: sqlite3.Connection, stamp: Stamp, run_seq: int) -> None:
    prune.make_room(connection, stamp, run_seq, stored_policy.load(connection).max_runs)


def _note_queue(connection: sqlite3.Connection, stamp: Stamp) -> None:
    queue.note(connection, stamp, stored_policy.load(connection).queue_cap)


def _ended(stamp: Stamp) -> tuple[int, int, str, int]:
    return stamp.wall_ms, stamp.wall_ms, stamp.now.boot_id, stamp.now.ns


def _files(artifacts: Sequence[Artifact]) -> str:
    return json.dumps(
        [
            {"name": a.name, "size_bytes": a.size_bytes, "hash_sha256": a.hash_sha256}
            for a in artifacts
        ]
    )


def _warnings(warnings: Sequence[RunWarning]) -> str:
    return json.dumps([{"kind": w.kind, "message": w.message, "count": w.count} for w in warnings])
