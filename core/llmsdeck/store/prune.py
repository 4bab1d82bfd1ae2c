"""Pruning: which ended runs may go, why, and taking exactly those away."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final

from llmsdeck.errors import RealityMovedError
from llmsdeck.filter import both, parse
from llmsdeck.model import Actor, ActorKind, RunId
from llmsdeck.pruning import PruneItem, PrunePlan, PruneRule
from llmsdeck.settings import Policy
from llmsdeck.states import RunStatus
from llmsdeck.store import events
from llmsdeck.store.condition import Condition
from llmsdeck.store.rows import moment
from llmsdeck.store.stamp import Stamp

_ENDED: Final = "finished_ms IS NOT NULL"
NTH_ENDING: Final = (
    "(SELECT sum(n) FROM counters WHERE name IN ('completed', 'failed', 'cancelled', 'pruned'))"
)
"""How many runs have ever ended, as SQL; what orders endings, for the wall clock may be stepped."""
_Going = tuple[sqlite3.Row, str]
"""A run that would go, and why."""


def plan(
    connection: sqlite3.Connection, stamp: Stamp, rule: PruneRule, policy: Policy
) -> PrunePlan:
    """The ended runs that the rule lets go of, in the order in which they ended."""
    going = (
        _by_policy(connection, stamp, policy)
        if rule.by_policy
        else _by_rule(connection, stamp, rule)
    )
    going.sort(key=lambda each: each[0]["ended_nth"])
    items = tuple(_item(row, reason) for row, reason in going)
    return PrunePlan(
        rule=rule,
        items=items,
        total_bytes=sum(item.size_bytes for item in items),
        fingerprint=fingerprint(items),
    )


def _by_rule(connection: sqlite3.Connection, stamp: Stamp, rule: PruneRule) -> list[_Going]:
    # Runs that ended are not being processed, so that nothing derived is true of them.
    wanted = Condition.of(parse(both(rule.filter, "is:ended")), stamp.wall_ms)
    conditions = [wanted.sql]
    values = dict(wanted.values)
    reasons: list[str] = []
    if rule.filter.strip():
        reasons.append(f"matches {parse(rule.filter)}")
    if rule.run_ids is not None:
        conditions.append("run_id IN (SELECT value FROM json_each(:run_ids))")
        values["run_ids"] = json.dumps(rule.run_ids)
        reasons.append("chosen")
    if rule.older_than_s is not None:
        conditions.append("finished_ms <= :before")
        values["before"] = stamp.wall_ms - int(rule.older_than_s * 1000)
        reasons.append(f"older than {_span(rule.older_than_s)}")
    if rule.keep is not None:
        conditions.append("ended_nth <= :last")
        values["last"] = _last_beyond(connection, rule.keep, wanted)
        reasons.append(f"not among the newest {rule.keep}")
    if rule.keep_each is not None:
        conditions.append(_beyond_the_newest_of_each(wanted))
        values["keep_each"] = rule.keep_each
        reasons.append(f"not among the newest {rule.keep_each} of its source")
    rows = _those(connection, " AND ".join(conditions), values)
    return [(row, ", ".join(reasons)) for row in rows]


def _beyond_the_newest_of_each(wanted: Condition) -> str:
    return (
        "seq IN (SELECT seq FROM (SELECT seq, row_number() OVER (PARTITION BY source"
        f" ORDER BY ended_nth DESC) AS place FROM runs WHERE {_ENDED} AND {wanted.sql})"
        " WHERE place > :keep_each)"
    )


def _by_policy(connection: sqlite3.Connection, stamp: Stamp, policy: Policy) -> list[_Going]:
    """What outlived its time to live, and the oldest beyond `max_runs`.

    The time of a run that was brought back begins anew, or else it would go again at once.
    """
    ttl = {RunStatus.COMPLETED: ("ttl_completed", policy.ttl_completed)}
    shortest = min(policy.ttl_completed, policy.ttl_failed)
    before = stamp.wall_ms - int(shortest * 1000)
    going: dict[int, _Going] = {}
    for row in _those(connection, "finished_ms <= :before", {"before": before}):
        key, limit = ttl.get(RunStatus(row["status"]), ("ttl_failed", policy.ttl_failed))
        since = max(row["finished_ms"], row["restored_ms"] or 0)
        if stamp.wall_ms - since >= limit * 1000:
            going[row["ended_nth"]] = row, f"older than {_span(limit)} ({key})"
    if ended(connection) > policy.max_runs:
        last = _last_beyond(connection, policy.max_runs)
        for row in _those(connection, "ended_nth <= :last", {"last": last}):
            going.setdefault(row["ended_nth"], (row, f"beyond max_runs ({policy.max_runs})"))
    return list(going.values())


def _those(
    connection: sqlite3.Connection, condition: str, values: Mapping[str, object]
) -> list[sqlite3.Row]:
    """The ended runs that fulfil a condition."""
    return connection.execute(
        "SELECT run_id, source, status, finished_ms, restored_ms, ended_nth, bundle_bytes"
        f" FROM runs WHERE {_ENDED} AND {condition}",
        values,
    ).fetchall()


def _last_beyond(connection: sqlite3.Connection, keep: int, wanted: Condition | None = None) -> int:
    """Which ending was the last but `keep`; before the first when there are not so many."""
    also = f" AND {wanted.sql}" if wanted else ""
    values: Mapping[str, object] = wanted.values if wanted else {}
    row = connection.execute(
        f"SELECT ended_nth FROM runs WHERE {_ENDED}{also}"
        " ORDER BY ended_nth DESC LIMIT 1 OFFSET :keep",
        {**values, "keep": keep},
    ).fetchone()
    return -1 if row is None else int(row["ended_nth"])


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
        " ORDER BY ended_nth LIMIT 1) RETURNING run_id",
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
    import hashlib  # which loads OpenSSL, where nothing is ever pruned

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
