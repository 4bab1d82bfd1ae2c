"""Filters and orders as SQL; what is derived is asked of the few runs that are being processed."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from array import array
from collections.abc import Generator, Mapping, MutableSequence, Sequence
from dataclasses import dataclass
from typing import Final, assert_never, cast

from llmsdeck.errors import RefusedError, UsageError
from llmsdeck.filter import Filter, Order, matches
from llmsdeck.filter.keys import WORD_KEYS, Comparison
from llmsdeck.filter.match import fold
from llmsdeck.filter.order import Place, Value
from llmsdeck.filter.tree import All, Among, Between, Either, Not, Text
from llmsdeck.model import ID_LETTERS, Run, ValueCount
from llmsdeck.states import LIVE

PATIENCE: Final = 5.0
"""Seconds that looking for runs may take."""
_STEPS: Final = 10_000
"""Instructions of SQLite between two looks at the time."""
_WORDS: Final = {
    "status": "status",
    "outcome": "outcome",
    "phase": "phase",
    "error": "error_kind",
    "source": "source",
    "ref": "ref",
    "model": "model",
    "by": "requested_by",
    "worker": "worker_id",
    "id": "run_id",
    "parent": "parent_run",
}
_NUMBERS: Final = {
    "age": "max(0, :now - created_ms) / 1000.0",
    "ended": "max(0, :now - finished_ms) / 1000.0",
    "took": "max(0, finished_ms - started_ms) / 1000.0",
    "score": "score",
    "attempt": "attempt",
    "priority": "priority",
    "size": "bundle_bytes",
}
_FLAGS: Final = {
    "live": "seq IN (SELECT seq FROM runs WHERE status = 'pending'"
    " UNION ALL SELECT seq FROM runs WHERE status = 'processing')",
    "ended": "finished_ms IS NOT NULL",
}
"""What `is:` asks of the row alone."""
_ORDERS: Final = {
    "created": "seq",
    "age": "seq",
    "finished": "finished_ms",
    "duration": "max(0, finished_ms - started_ms)",
    "score": "score",
    "status": "status",
    "source": "source",
}
_SOMETIMES: Final = frozenset({"finished", "duration", "score"})
"""Orders by what not every run has."""
_CHUNK: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A filter as it stands behind WHERE."""

    sql: str
    values: Mapping[str, object]
    """By the names of the parameters in it."""

    def narrowed(self, sql: str, **values: object) -> Condition:
        """This and another one."""
        return Condition(sql=f"{sql} AND {self.sql}", values={**self.values, **values})


def condition(filter: Filter, now_ms: int, processing: Sequence[Run] = ()) -> Condition:
    """The filter as SQL, given the runs that are being processed, as they are now."""
    writer = _Writer(now_ms, processing)
    return Condition(sql=writer.write(filter), values=writer.values)


def found(
    connection: sqlite3.Connection,
    condition: Condition,
    order: Order,
    after: Place | None,
    limit: int,
) -> list[Place]:
    """The first runs in this order that meet the condition and follow a place.

    Raises RefusedError when that takes too long.
    """
    with _patience(connection):
        places: list[Place] = []
        if after is None or after.value is not None:
            places = _valued(connection, condition, order, after, limit)
        if len(places) < limit and order.name in _SOMETIMES:
            before = after.seq if after is not None and after.value is None else None
            places += _valueless(connection, condition, order, before, limit - len(places))
        return places


def arranged(
    connection: sqlite3.Connection, condition: Condition, order: Order
) -> tuple[Sequence[int], Sequence[Value]]:
    """Numbers of all runs that meet the condition, in order, and the values of those that have one.

    Raises RefusedError when that takes too long.
    """
    value, direction = _ORDERS[order.name], "DESC" if order.descending else "ASC"
    seqs, values = array("q"), _room(order)
    known: dict[Value, Value] = {}
    with _patience(connection):
        cursor = connection.cursor()
        cursor.row_factory = None
        cursor.execute(
            f"SELECT {value}, seq FROM runs WHERE {value} IS NOT NULL AND {condition.sql}"
            f" ORDER BY {value} {direction}, seq {direction}",
            condition.values,
        )
        while rows := cursor.fetchmany(_CHUNK):
            seqs.extend(seq for _, seq in rows)
            # Of equal texts one is kept: a million runs are of few sources.
            values.extend(known.setdefault(each, each) for each, _ in rows)
        if order.name in _SOMETIMES:
            rest = _valueless(connection, condition, order, None, -1)
            seqs.extend(place.seq for place in rest)
    return seqs, values


def place(connection: sqlite3.Connection, order: Order, seq: int) -> Place | None:
    """Where a run stands in an order; None when there is no such run."""
    row = connection.execute(
        f"SELECT {_ORDERS[order.name]} FROM runs WHERE seq = ?", (seq,)
    ).fetchone()
    return None if row is None else Place(row[0], seq)


def frequent(
    connection: sqlite3.Connection, condition: Condition, key: str, limit: int
) -> list[ValueCount]:
    """Words that runs which meet the condition have for a key, the most frequent first.

    Raises RefusedError when that takes too long, UsageError for a key without stored words.
    """
    if key not in _WORDS:
        raise UsageError(f"{key} has no values to count; choose from {', '.join(_WORDS)}.")
    with _patience(connection):
        rows = connection.execute(
            f"SELECT {_WORDS[key]}, count(*) FROM runs WHERE {_WORDS[key]} IS NOT NULL"
            f" AND {condition.sql} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT :limit",
            {**condition.values, "limit": limit},
        ).fetchall()
        return [ValueCount(*row) for row in rows]


def count(connection: sqlite3.Connection, condition: Condition) -> int:
    """How many runs meet the condition; raises RefusedError when that takes too long."""
    with _patience(connection):
        row = connection.execute(
            f"SELECT count(*) FROM runs WHERE {condition.sql}", condition.values
        ).fetchone()
        return int(row[0])


def _valued(
    connection: sqlite3.Connection,
    condition: Condition,
    order: Order,
    after: Place | None,
    limit: int,
) -> list[Place]:
    value = _ORDERS[order.name]
    direction, beyond = ("DESC", "<") if order.descending else ("ASC", ">")
    start = "" if after is None else f" AND ({value}, seq) {beyond} (:value, :seq)"
    rows = connection.execute(
        f"SELECT {value}, seq FROM runs WHERE {value} IS NOT NULL{start} AND {condition.sql}"
        f" ORDER BY {value} {direction}, seq {direction} LIMIT :limit",
        {
            **condition.values,
            "value": after and after.value,
            "seq": after and after.seq,
            "limit": limit,
        },
    ).fetchall()
    return [Place(*row) for row in rows]


def _valueless(
    connection: sqlite3.Connection,
    condition: Condition,
    order: Order,
    before: int | None,
    limit: int,
) -> list[Place]:
    rows = connection.execute(
        f"SELECT seq FROM runs WHERE {_ORDERS[order.name]} IS NULL"
        f" AND seq < :before AND {condition.sql} ORDER BY seq DESC LIMIT :limit",
        {**condition.values, "before": 2**63 - 1 if before is None else before, "limit": limit},
    ).fetchall()
    return [Place(None, row[0]) for row in rows]


def _room(order: Order) -> MutableSequence[Value]:
    """A place for values; numbers are kept side by side."""
    return [] if order.name in ("status", "source") else cast("MutableSequence[Value]", array("q"))


class _Writer:
    """Writes a filter as SQL, and every value in it as a parameter."""

    def __init__(self, now_ms: int, processing: Sequence[Run]) -> None:
        self.values: dict[str, object] = {"now": now_ms}
        self._now_ms = now_ms
        self._processing = processing

    def write(self, filter: Filter) -> str:
        match filter:
            case Text(text):
                return self._text(text)
            case Among(key, values):
                return _any([self._word(key, value) for value in values])
            case Between():
                return self._between(filter)
            case Not(operand):
                return f"({self.write(operand)}) IS NOT TRUE"
            case All(parts):
                return "(" + " AND ".join(map(self.write, parts)) + ")" if parts else "TRUE"
            case Either(parts):
                return _any([self.write(part) for part in parts])
            case _:
                assert_never(filter)

    def _text(self, text: str) -> str:
        part = f"LIKE {self._parameter(_pattern(text))} ESCAPE '\\'"
        places = [f"source {part}"]
        # Most runs have neither, and to ask so is cheaper than to compare.
        places += [f"({it} IS NOT NULL AND {it} {part})" for it in ("ref", "error_message")]
        if ID_LETTERS.issuperset(fold(text)):
            places.append(self._begins("run_id", text))
        return _any(places)

    def _word(self, key: str, value: str) -> str:
        if key == "is" and value not in _FLAGS:
            return self._derived(Among(key, (value,)))
        if key == "is":
            return _FLAGS[value]
        if key == "status" and value in LIVE:
            return f"seq IN (SELECT seq FROM runs WHERE status = '{value}')"
        column = _WORDS[key]
        match WORD_KEYS[key].comparison:
            case Comparison.WHOLE:
                return f"{column} = {self._parameter(value)} COLLATE NOCASE"
            case Comparison.PART:
                return f"{column} LIKE {self._parameter(_pattern(value))} ESCAPE '\\'"
            case Comparison.START:
                return self._begins(column, value)

    def _begins(self, column: str, text: str) -> str:
        """Ids are of lower-case letters and digits, and an index knows their order."""
        start = self._parameter(fold(text))
        return f"({column} >= {start} AND {column} < {start} || '~')"

    def _between(self, wanted: Between) -> str:
        if wanted.key not in _NUMBERS:
            return self._derived(wanted)
        number, equal = _NUMBERS[wanted.key], "" if wanted.strict else "="
        ends = (
            "" if wanted.least is None else f"{number} >{equal} {self._parameter(wanted.least)}",
            "" if wanted.most is None else f"{number} <{equal} {self._parameter(wanted.most)}",
        )
        return f"({' AND '.join(filter(None, ends))})"

    def _derived(self, part: Filter) -> str:
        """The one predicate has told these runs' state; there is no second one in SQL."""
        found = [run.seq for run in self._processing if matches(part, run, self._now_ms)]
        return f"seq IN (SELECT value FROM json_each({self._parameter(json.dumps(found))}))"

    def _parameter(self, value: object) -> str:
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f":{name}"


def _any(parts: Sequence[str]) -> str:
    return f"({' OR '.join(parts)})"


def _pattern(text: str) -> str:
    """Anything that contains the text, for LIKE."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


@contextlib.contextmanager
def _patience(connection: sqlite3.Connection) -> Generator[None]:
    deadline = time.monotonic() + PATIENCE
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname != "SQLITE_INTERRUPT":
            raise
        raise RefusedError(
            f"Looking through all runs took more than {PATIENCE:g} s and was given up;"
            " look for less at once."
        ) from error
    finally:
        connection.set_progress_handler(None, 0)
