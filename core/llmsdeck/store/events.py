"""The append-only history: every event is written in the transaction of what it describes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Final

from llmsdeck.model import Actor
from llmsdeck.store.stamp import Stamp

MOST_OF_STORE: Final = 10_000
"""Events about the store itself, such as changes of policy, that are kept at most."""


def append(
    connection: sqlite3.Connection,
    stamp: Stamp,
    actor: Actor,
    kind: str,
    message: str,
    *,
    run_seq: int | None = None,
    data: Mapping[str, object] | None = None,
) -> None:
    """Add one event; without a run it concerns the store itself."""
    connection.execute(
        "INSERT INTO events (run_seq, at_ms, actor, kind, message, data) VALUES (?, ?, ?, ?, ?, ?)",
        (run_seq, stamp.wall_ms, str(actor), kind, message, json.dumps(data) if data else "{}"),
    )


def forget_old(connection: sqlite3.Connection) -> None:
    """Keep the newest of the store's own events; those of runs go with their runs."""
    connection.execute(
        "DELETE FROM events WHERE seq IN (SELECT seq FROM events WHERE run_seq IS NULL"
        " ORDER BY seq DESC LIMIT 1000 OFFSET ?)",
        (MOST_OF_STORE,),
    )
