"""Pruning: which ended runs may go, why, and taking exactly those away."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from typing import Final

from llmsdeck.errors import RealityMovedError
from llmsdeck.model import Actor, PruneItem, PrunePlan, PruneRule, RunId
from llmsdeck.settings import Policy
from llmsdeck.states import RunStatus
from llmsdeck.store import events
from llmsdeck.store.rows import moment
from llmsdeck.store.stamp import Stamp

CHUNK: Final = 500
"""Runs removed per transaction, so that no other writer waits long."""
_ENDED: Final = "finished_ms IS NOT NULL"


def plan(
    connection: sqlite3.Connection, stamp: Stamp, rule: PruneRule, policy: Policy
) -> PrunePlan:
    """The ended runs that the rule lets go of, oldest first."""
    rows = connection.execute(
        f"SELECT run_id, source, status, finished_ms, bundle_bytes FROM runs WHERE {_ENDED}"
        " ORDER BY seq DESC"
    ).fetchall()
    candidates = rows[rule.keep or 0 :]
    items = [item for row in candidates if (item := _judge(row, stamp, rule, policy))]
    if rule.older_than_s is None and rule.keep is None:
        items += _surplus(rows, items, policy)
    items.sort(key=lambda item: (item.finished_at, item.run_id))
    return PrunePlan(
        rule=rule,
        items=tuple(items),
        total_bytes=sum(item.size_bytes for item in items),
        fingerprint=fingerprint(items),
    )


def _judge(row: sqlite3.Row, stamp: Stamp, rule: PruneRule, policy: Policy) -> PruneItem | None:
    age = max(0, stamp.wall_ms - row["finished_ms"]) / 1000
    if rule.older_than_s is not None:
        limit, why = rule.older_than_s, "asked for"
    elif rule.keep is not None:
        return _item(row, f"not among the newest {rule.keep}")
    elif row["status"] == RunStatus.COMPLETED:
        limit, why = policy.ttl_completed, "ttl_completed"
    else:
        limit, why = policy.ttl_failed, "ttl_failed"
    return _item(row, f"older than {_days(limit)} ({why})") if age >= limit else None


def _surplus(
    newest_first: Sequence[sqlite3.Row], going: Sequence[PruneItem], policy: Policy
) -> list[PruneItem]:
    """The oldest ended runs beyond `max_runs`, apart from those that go anyway."""
    gone = {item.run_id for item in going}
    staying = [row for row in newest_first if row["run_id"] not in gone]
    return [
        _item(row, f"beyond max_runs ({policy.max_runs})") for row in staying[policy.max_runs :]
    ]


def _item(row: sqlite3.Row, reason: str) -> PruneItem:
    return PruneItem(
        run_id=RunId(row["run_id"]),
        source=row["source"],
        status=RunStatus(row["status"]),
        finished_at=moment(row["finished_ms"]),
        size_bytes=row["bundle_bytes"],
        reason=reason,
    )


def _days(seconds: float) -> str:
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


def remove(
    connection: sqlite3.Connection, stamp: Stamp, run_ids: Sequence[RunId], actor: Actor
) -> tuple[RunId, ...]:
    """Remove ended runs with their events; those that were there. Their folders go afterwards."""
    removed = [
        run_id
        for run_id in run_ids
        if connection.execute(f"DELETE FROM runs WHERE run_id = ? AND {_ENDED}", (run_id,)).rowcount
    ]
    if removed:
        message = f"Pruned {len(removed)} runs." if len(removed) > 1 else "Pruned 1 run."
        events.append(connection, stamp, actor, "pruned", message, data={"run_ids": removed})
    return tuple(removed)
