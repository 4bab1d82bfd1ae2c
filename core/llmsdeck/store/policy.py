"""The shared limits, as stored."""

from __future__ import annotations

import sqlite3

from llmsdeck.settings import Policy


def load(connection: sqlite3.Connection) -> Policy:
    """The policy in force."""
    rows = connection.execute("SELECT key, value FROM policy").fetchall()
    return Policy.from_rows({row["key"]: row["value"] for row in rows})
