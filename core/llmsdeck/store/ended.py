"""Runs by their numbers, of which those that have ended need not be read twice."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence

from llmsdeck.model import Run
from llmsdeck.store.columns import COLUMNS
from llmsdeck.store.rows import Vantage


class EndedRuns:
    """The ended runs of the last look, which the next one need not read again."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, int], Run] = {}
        """By number, ending and time: whatever comes back from the trash is what it was."""

    def runs(
        self, connection: sqlite3.Connection, seen_from: Vantage, seqs: Sequence[int]
    ) -> tuple[Run, ...]:
        """The runs with these numbers, in this order; of one store each time, in one thread."""
        endings = _endings(connection, seqs)
        kept = {seq: run for seq, end in endings.items() if (run := self._known.get(end))}
        rows = numbered(connection, [seq for seq in seqs if seq not in kept])
        found = kept | {row["seq"]: seen_from.run(row) for row in rows}
        self._known = {end: found[seq] for seq, end in endings.items()}
        return tuple(found[seq] for seq in seqs)


def _endings(
    connection: sqlite3.Connection, seqs: Sequence[int]
) -> Mapping[int, tuple[int, int, int]]:
    """What tells the rows of ended runs apart from all that were there before, by number."""
    rows = connection.execute(
        "SELECT seq, ended_nth, updated_ms FROM runs"
        " WHERE seq IN (SELECT value FROM json_each(?)) AND finished_ms IS NOT NULL",
        (json.dumps(list(seqs)),),
    ).fetchall()
    return {row["seq"]: tuple(row) for row in rows}


def numbered(connection: sqlite3.Connection, seqs: Sequence[int]) -> list[sqlite3.Row]:
    """The runs with these numbers, in this order."""
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM runs WHERE seq IN (SELECT value FROM json_each(?))",
        (json.dumps(list(seqs)),),
    ).fetchall()
    by_seq = {row["seq"]: row for row in rows}
    return [by_seq[seq] for seq in seqs]
