"""What the owner of a lease may write: every statement is guarded by the run's current token."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from llmsdeck.clock import Instant
from llmsdeck.errors import LostLeaseError
from llmsdeck.model import Actor, ActorKind, ArtifactName, RunId, WorkerId
from llmsdeck.states import CancelState, Decision, Phase
from llmsdeck.store import events, lanes, queue
from llmsdeck.store import policy as stored_policy
from llmsdeck.store.lanes import Sighting
from llmsdeck.store.stamp import Stamp

LEASED = "run_id = ? AND token = ? AND status = 'processing'"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a run: void as soon as the run's token has grown."""

    run_id: RunId
    token: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A run handed to a worker, with what it needs to know to work on it."""

    lease: Lease
    source: str
    ref: str | None
    artifacts: tuple[ArtifactName, ...]
    model: str
    output_dir: str | None
    timeout_s: float | None
    attempt: int
    fresh: bool
    """Nothing that earlier runs left is to be used."""
    decision: Decision | None
    """What was answered when the run asked."""
    previous: Lease | None
    """Under which the newest whole bundle of an equal run was made; None when there is none."""


def claim(
    connection: sqlite3.Connection, stamp: Stamp, worker: WorkerId, free: int
) -> tuple[Claim, ...]:
    """Lease up to `free` runs that are due, most urgent first."""
    rows = connection.execute(
        "UPDATE runs SET status = 'processing', token = token + 1, attempt = attempt + 1,"
        " worker_id = ?, boot_id = ?, beat_ns = ?, moved_ns = ?, claimed_ns = ?, started_ms ="
        " coalesce(started_ms, ?), updated_ms = ?, phase = NULL, phase_ns = NULL, done = 0,"
        " total = 0, pid = NULL, pid_started = NULL, retry_boot = NULL, retry_ns = NULL"
        f" WHERE seq IN (SELECT seq FROM runs WHERE status = 'pending' AND NOT {lanes.HELD}"
        "  AND (retry_ns IS NULL OR retry_boot <> ? OR retry_ns <= ?)"
        "  ORDER BY priority DESC, seq LIMIT ?)"
        " RETURNING seq, run_id, token, attempt, max_attempts, priority, identity, fresh, source,"
        " ref, artifacts_wanted, model, output_dir, timeout_s, decision",
        (
            worker,
            stamp.now.boot_id,
            *[stamp.now.ns] * 3,
            *[stamp.wall_ms] * 2,
            stamp.now.boot_id,
            stamp.now.ns,
            free,
        ),
    ).fetchall()
    if rows and queue.is_full(connection):
        queue.note(connection, stamp, stored_policy.load(connection).queue_cap)
    rows.sort(key=lambda row: (-row["priority"], row["seq"]))
    for row in rows:
        message = f"Attempt {row['attempt']} of {row['max_attempts']} began."
        actor = Actor(ActorKind.WORKER, worker)
        events.append(connection, stamp, actor, "claimed", message, run_seq=row["seq"])
    return tuple(_claimed(row, _previous(connection, row)) for row in rows)


def _previous(connection: sqlite3.Connection, claimed: sqlite3.Row) -> Lease | None:
    if claimed["fresh"]:
        return None
    row = connection.execute(
        "SELECT run_id, bundle_token FROM runs WHERE identity = ?"
        " AND outcome IN ('good', 'unchanged') ORDER BY seq DESC LIMIT 1",
        (claimed["identity"],),
    ).fetchone()
    return Lease(RunId(row["run_id"]), row["bundle_token"]) if row else None


def _claimed(row: sqlite3.Row, previous: Lease | None) -> Claim:
    return Claim(
        lease=Lease(RunId(row["run_id"]), row["token"]),
        source=row["source"],
        ref=row["ref"],
        artifacts=tuple(ArtifactName(name) for name in row["artifacts_wanted"].split(",")),
        model=row["model"],
        output_dir=row["output_dir"],
        timeout_s=row["timeout_s"],
        attempt=row["attempt"],
        fresh=bool(row["fresh"]),
        decision=row["decision"] and Decision(row["decision"]),
        previous=previous,
    )


def next_due_s(connection: sqlite3.Connection, now: Instant) -> float | None:
    """Seconds until the next pending run may be claimed; None when there is none, or only held.

    A long queue is gone through only when nothing in it is due.
    """
    waiting = f"FROM runs WHERE status = 'pending' AND NOT {lanes.HELD}"
    row = connection.execute(
        f"SELECT CASE WHEN EXISTS (SELECT 1 {waiting} AND (retry_ns IS NULL OR retry_boot <> :boot"
        f" OR retry_ns <= :now)) THEN 0 ELSE (SELECT min(retry_ns) {waiting}) END AS due",
        {"boot": now.boot_id, "now": now.ns},
    ).fetchone()
    return None if row["due"] is None else max(0.0, (row["due"] - now.ns) / 1e9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """Proof of life of one attempt and how far it has come."""

    lease: Lease
    at: Instant
    moved: Instant
    done: int
    total: int


def beat(connection: sqlite3.Connection, beats: Sequence[Beat]) -> tuple[Lease, ...]:
    """Record the beats; the leases that turned out to be lost."""
    lost: list[Lease] = []
    for sign in beats:
        cursor = connection.execute(
            f"UPDATE runs SET beat_ns = ?, moved_ns = ?, done = ?, total = ? WHERE {LEASED}",
            (
                sign.at.ns,
                sign.moved.ns,
                sign.done,
                sign.total,
                sign.lease.run_id,
                sign.lease.token,
            ),
        )
        if cursor.rowcount == 0:
            lost.append(sign.lease)
    return tuple(lost)


def set_process(connection: sqlite3.Connection, lease: Lease, pid: int, began: str) -> None:
    """Name the run process, so that a rescuer can end it; raises LostLeaseError."""
    leased(connection, lease)
    connection.execute(
        f"UPDATE runs SET pid = ?, pid_started = ? WHERE {LEASED}",
        (pid, began, lease.run_id, lease.token),
    )


def enter_phase(
    connection: sqlite3.Connection, stamp: Stamp, lease: Lease, worker: WorkerId, phase: Phase
) -> None:
    """The attempt moved on to its next phase; raises LostLeaseError."""
    row = leased(connection, lease)
    close_phase(connection, row, stamp)
    connection.execute(
        "INSERT INTO phases (run_seq, attempt, phase) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET seconds = NULL",
        (row["seq"], row["attempt"], phase),
    )
    connection.execute(
        f"UPDATE runs SET phase = ?, phase_ns = ?, moved_ns = ?, beat_ns = ?, done = 0, total = 0,"
        f" updated_ms = ? WHERE {LEASED}",
        (phase, *[stamp.now.ns] * 3, stamp.wall_ms, lease.run_id, lease.token),
    )
    actor = Actor(ActorKind.WORKER, worker)
    events.append(connection, stamp, actor, "phase", f"Began to {phase}.", run_seq=row["seq"])


def see_lane(
    connection: sqlite3.Connection, stamp: Stamp, lease: Lease, actor: Actor, seen: Sighting
) -> None:
    """The attempt got an answer from a model server; raises LostLeaseError."""
    leased(connection, lease)
    lanes.see(connection, stamp, actor, seen)


def note(
    connection: sqlite3.Connection,
    stamp: Stamp,
    lease: Lease,
    actor: Actor,
    kind: str,
    message: str,
    data: Mapping[str, object],
) -> None:
    """Put something that the attempt did on its run's record; raises LostLeaseError."""
    row = leased(connection, lease)
    events.append(connection, stamp, actor, kind, message, run_seq=row["seq"], data=data)


def climb_cancel(
    connection: sqlite3.Connection,
    stamp: Stamp,
    lease: Lease,
    worker: WorkerId,
    state: CancelState,
) -> None:
    """Show the next step of the ladder of a cancel; raises LostLeaseError."""
    row = leased(connection, lease)
    ladder = list(CancelState)
    if ladder.index(CancelState(row["cancel_state"])) >= ladder.index(state):
        return
    connection.execute(
        f"UPDATE runs SET cancel_state = ?, updated_ms = ? WHERE {LEASED}",
        (state, stamp.wall_ms, lease.run_id, lease.token),
    )
    said = {CancelState.SEEN: "The run process has seen the cancel."}
    message = said.get(state, "The run process is being stopped.")
    actor = Actor(ActorKind.WORKER, worker)
    events.append(connection, stamp, actor, f"cancel_{state}", message, run_seq=row["seq"])


@dataclass(frozen=True, slots=True)
class Held:
    """A run that the store says a worker holds."""

    lease: Lease
    cancelling: bool


def held(connection: sqlite3.Connection, worker: WorkerId) -> tuple[Held, ...]:
    """The runs leased to a worker; an attempt that is not among them has lost its lease."""
    rows = connection.execute(
        "SELECT run_id, token, cancel_state FROM runs"
        " WHERE worker_id = ? AND status = 'processing'",
        (worker,),
    )
    return tuple(
        Held(Lease(RunId(row["run_id"]), row["token"]), row["cancel_state"] is not None)
        for row in rows.fetchall()
    )


def standing(lease: Lease, held_now: Sequence[Held]) -> Held | None:
    """How a lease stands by what the store says now; None when it is lost.

    A requested cancel renews the lease of the same worker once, only to end the run.
    """
    for each in held_now:
        renewed = Lease(lease.run_id, lease.token + 1)
        if each.lease == lease or (each.cancelling and each.lease == renewed):
            return each
    return None


def leased(connection: sqlite3.Connection, lease: Lease) -> sqlite3.Row:
    """What the end of an attempt depends on; raises LostLeaseError when the lease is not good."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT seq, source, attempt, max_attempts, phase, phase_ns, beat_ns, cancel_state"
        f" FROM runs WHERE {LEASED}",
        (lease.run_id, lease.token),
    ).fetchone()
    if row is None:
        raise LostLeaseError(f"The lease on run {lease.run_id} is lost.")
    return row


def close_phase(connection: sqlite3.Connection, row: sqlite3.Row, stamp: Stamp) -> None:
    """Note how long the phase that ends here took."""
    if row["phase"] is None:
        return
    seconds = max(0, stamp.now.ns - row["phase_ns"]) / 1e9
    connection.execute(
        "UPDATE phases SET seconds = ? WHERE run_seq = ? AND attempt = ? AND phase = ?",
        (seconds, row["seq"], row["attempt"], row["phase"]),
    )
