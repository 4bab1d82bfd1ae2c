"""Opening a database as a process of its own does."""

from __future__ import annotations

from pathlib import Path

from llmsdeck.store.connection import connector
from llmsdeck.store.migrate import migrate


def open_and_migrate(path: Path) -> int:
    """The schema's version after opening."""
    connection = connector(path, read_only=False)()
    try:
        migrate(connection)
        return int(connection.execute("PRAGMA user_version").fetchone()[0])
    finally:
        connection.close()
