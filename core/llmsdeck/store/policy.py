"""The shared limits, as stored: what differs from the defaults."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from functools import lru_cache

from llmsdeck.model import Actor
from llmsdeck.settings import Policy, changed_policy, write_value
from llmsdeck.store import events, queue
from llmsdeck.store.stamp import Stamp


def load(connection: sqlite3.Connection) -> Policy:
    """The policy in force."""
    rows = connection.execute("SELECT key, value FROM policy").fetchall()
    return _read(tuple((row["key"], row["value"]) for row in rows))


@lru_cache(maxsize=8)
def _read(rows: tuple[tuple[str, float], ...]) -> Policy:
    return Policy.from_rows(dict(rows))


def change(
    connection: sqlite3.Connection, stamp: Stamp, changes: Mapping[str, str], actor: Actor
) -> Policy:
    """Put the changes in force together and on record one by one; raises UsageError."""
    before = load(connection)
    after = changed_policy(before, changes)
    for key in changes:
        _keep(connection, key, after)
        old, new = before.values()[key], after.values()[key]
        if old != new:
            message = f"{key}: {write_value(key, old)} → {write_value(key, new)}."
            data = {"key": key, "old": old, "new": new}
            events.append(connection, stamp, actor, "policy_changed", message, data=data)
    if after.max_attempts != before.max_attempts:
        _allow_attempts(connection, after.max_attempts)
    queue.note(connection, stamp, after.queue_cap)
    return after


def _keep(connection: sqlite3.Connection, key: str, policy: Policy) -> None:
    value = policy.values()[key]
    if value == Policy().values()[key]:
        connection.execute("DELETE FROM policy WHERE key = ?", (key,))
    else:
        connection.execute("INSERT OR REPLACE INTO policy (key, value) VALUES (?, ?)", (key, value))


def _allow_attempts(connection: sqlite3.Connection, most: int) -> None:
    """Runs that have not ended get the new number, or keep the attempts they have begun."""
    connection.execute(
        "UPDATE runs SET max_attempts = max(attempt, ?) WHERE status IN ('pending', 'processing')",
        (most,),
    )
