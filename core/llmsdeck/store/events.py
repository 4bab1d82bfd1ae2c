"""The append-only history: every event is written in the transaction of what it describes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping

from llmsdeck.model import Actor
from llmsdeck.store.stamp import Stamp


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
        (run_seq, stamp.wall_ms, str(actor), kind, message, json.dumps(data or {})),
    )
