"""What there is to see in a store, but for the beats of workers that have nothing to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Hashable
from typing import Final

_LIVE: Final = "SELECT 1 FROM counters WHERE name IN ('pending', 'processing') AND n > 0"
_AT_REST: Final = """
SELECT (SELECT max(seq) FROM events), (SELECT json_group_array(n) FROM counters),
    (SELECT json_group_array(json_array(worker_id, slots, state, sweep_error)) FROM workers),
    (SELECT json_group_array(json_array(server, model, seen_ns, down_ms)) FROM lanes)
"""
"""Whatever happens to a run that has ended, or to the limits, is an event or changes a counter."""


def sight(connection: sqlite3.Connection) -> Hashable:
    """The same for as long as a picture would show the same, ages apart.

    While a run is under way any change counts, since nothing but the run tells of its progress.
    """
    if connection.execute(_LIVE).fetchone():
        return data_version(connection)
    return tuple(connection.execute(_AT_REST).fetchone())


def data_version(connection: sqlite3.Connection) -> int:
    """Another number after each commit of another connection."""
    return int(connection.execute("PRAGMA data_version").fetchone()[0])
