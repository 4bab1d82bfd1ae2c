"""Pruning: which ended runs may go, why, and taking exactly those away."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from typing import Final

from llmsdeck.errors import RealityMovedError
from llmsdeck.filter import both, parse
from llmsdeck.model import Actor, ActorKind, PruneItem, PrunePlan, PruneRule, RunId
from llmsdeck.settings import Policy
from llmsdeck.states import RunStatus
from llmsdeck.store import events, search
from llmsdeck.store.rows import moment
from llmsdeck.store.stamp import Stamp

_ENDED: Final = "finished_ms IS NOT NULL"


def plan(
    connection: sqlite3.Connection, stamp: Stamp, rule: PruneRule, policy: Policy
) -> PrunePlan:
    """The ended runs that the rule lets go of, oldest first."""
    by_policy = rule.older_than_s is None and rule.keep is None and not rule.filter.strip()
    items = (
        _by_policy(connection, stamp, policy) if by_policy else _by_rule(connection, stamp, rule)
    )
    items.sort(key=lambda item: (item.finished_at, item.run_id))
    return PrunePlan(
        rule=rule,
        items=tuple(items),
        total_bytes=sum(item.size_bytes for item in items),
        fingerprint=fingerprint(items),
    )


def _by_rule(connection: sqlite3.Connection, stamp: Stamp, rule: PruneRule) -> list[PruneItem]:
    # Runs that ended are not being processed, so that nothing derived is true of them.
    wanted = search.condition(parse(both(rule.filter, "is:ended")), stamp.wall_ms)
    reasons = [
        f"matches {parse(rule.filter)}" if rule.filter.strip() else "",
        f"older than {_span(rule.older_than_s)}" if rule.older_than_s is not None else "",
        f"not among the newest {rule.keep}" if rule.keep is not None else "",
    ]
    rows = _oldest(
        connection,
        ended_before=stamp.wall_ms - int((rule.older_than_s or 0) * 1000),
        at_most=max(0, search.count(connection, wanted) - (rule.keep or 0)),
        wanted=wanted,
    )
    return [_item(row, ", ".join(filter(None, reasons))) for row in rows]


def _by_policy(connection: sqlite3.Connection, stamp: Stamp, policy: Policy) -> list[PruneItem]:
    """What outlived its time to live, and the oldest beyond `max_runs`.

    The time of a run that was brought back begins anew, or else it would go again at once.
    """
    ttl = {RunStatus.COMPLETED: ("ttl_completed", policy.ttl_completed)}
    shortest = min(policy.ttl_completed, policy.ttl_failed)
    going: dict[str, PruneItem] = {}
    for row in _oldest(connection, ended_before=stamp.wall_ms - int(shortest * 1000), at_most=-1):
        key, limit = ttl.get(RunStatus(row["status"]), ("ttl_failed", policy.ttl_failed))
        since = max(row["finished_ms"], row["restored_ms"] or 0)
        if stamp.wall_ms - since >= limit * 1000:
            going[row["run_id"]] = _item(row, f"older than {_span(limit)} ({key})")
    surplus = max(0, ended(connection) - policy.max_runs)
    for row in _oldest(connection, ended_before=stamp.wall_ms, at_most=surplus):
        going.setdefault(row["run_id"], _item(row, f"beyond max_runs ({policy.max_runs})"))
    return list(going.values())


def _oldest(
    connection: sqlite3.Connection,
    *,
    ended_before: int,
    at_most: int,
    wanted: search.Condition | None = None,
) -> list[sqlite3.Row]:
    """Ended runs, oldest first; a negative `at_most` sets no limit."""
    table, also = (wanted.table, f" AND {wanted.sql}") if wanted else ("runs", "")
    return connection.execute(
        f"SELECT run_id, source, status, finished_ms, restored_ms, bundle_bytes FROM {table}"
        f" WHERE {_ENDED} AND finished_ms <= :before{also} ORDER BY finished_ms, seq LIMIT :most",
        {**(wanted.values if wanted else {}), "before": ended_before, "most": at_most},
    ).fetchall()


def ended(connection: sqlite3.Connection) -> int:
    """How many ended runs there are."""
    row = connection.execute(
        "SELECT sum(n) AS n FROM counters WHERE name IN ('completed', 'failed', 'cancelled')"
    ).fetchone()
    return int(row["n"])


def make_room(connection: sqlite3.Connection, stamp: Stamp, run_seq: int, max_runs: int) -> None:
    """Let the oldest other ended run go for good when this one's end made them too many.

    One end adds one run and takes at most one away, so that the bound holds at every commit; what a
    lowered `max_runs` leaves beyond it is for the janitor. The folder is collected later.
    """
    if ended(connection) <= max_runs:
        return
    row = connection.execute(
        f"DELETE FROM runs WHERE seq = (SELECT seq FROM runs WHERE {_ENDED} AND seq <> ?"
        " ORDER BY finished_ms, seq LIMIT 1) RETURNING run_id",
        (run_seq,),
    ).fetchone()
    if row is not None:
        message = f"Run {row['run_id']} went: it was beyond max_runs ({max_runs})."
        data = {"run_ids": [row["run_id"]]}
        events.append(connection, stamp, Actor(ActorKind.JANITOR), "pruned", message, data=data)


def _item(row: sqlite3.Row, reason: str) -> PruneItem:
    return PruneItem(
        run_id=RunId(row["run_id"]),
        source=row["source"],
        status=RunStatus(row["status"]),
        finished_at=moment(row["finished_ms"]),
        size_bytes=row["bundle_bytes"],
        reason=reason,
    )


def _span(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def fingerprint(items: Sequence[PruneItem]) -> str:
    """Changes when any planned run is another one, or is no longer what it was."""
    digest = hashlib.sha256()
    for item in sorted(items, key=lambda item: item.run_id):
        digest.update(f"{item.run_id} {item.status} {item.size_bytes}\n".encode())
    return digest.hexdigest()


def verify(connection: sqlite3.Connection, planned: PrunePlan) -> None:
    """Raise RealityMovedError unless every planned run is still there as it was."""
    there = [item for item in planned.items if _still_there(connection, item)]
    if fingerprint(there) != planned.fingerprint:
        missing = len(planned.items) - len(there)
        raise RealityMovedError(
            f"{missing} of {len(planned.items)} planned runs are gone or changed; "
            "nothing was pruned, make a new plan."
        )


def _still_there(connection: sqlite3.Connection, item: PruneItem) -> bool:
    row = connection.execute(
        f"SELECT status, bundle_bytes FROM runs WHERE run_id = ? AND {_ENDED}", (item.run_id,)
    ).fetchone()
    return row is not None and tuple(row) == (item.status, item.size_bytes)
