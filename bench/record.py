"""A finished table as a document: written as JSON, read back, and compared with the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter

from bench.figures import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What one run of the suite has measured."""

    at: str
    quick: bool
    machine: Mapping[str, str]
    load: tuple[float, float]
    """At the beginning and at the end."""
    rows: Mapping[str, Sequence[Row]]
    """By group, in the order of the suite."""

    def write(self, path: Path) -> None:
        """Keep it as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(TypeAdapter(Record).dump_json(self, indent=1) + b"\n")

    @staticmethod
    def read(path: Path) -> Record | None:
        """A kept table; None when there is none."""
        if not path.exists():
            return None
        return TypeAdapter(Record).validate_json(path.read_bytes())

    def row(self, name: str) -> Row | None:
        """The row of this name."""
        return next((row for rows in self.rows.values() for row in rows if row.name == name), None)

    def amended(self, newer: Record) -> Record:
        """This table with the groups that a newer one has measured again."""
        groups = {**self.rows, **newer.rows}
        return Record(
            at=newer.at, quick=newer.quick, machine=newer.machine, load=newer.load, rows=groups
        )


def now() -> str:
    """The moment as it is written: to the minute, in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
