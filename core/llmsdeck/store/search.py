"""Runs that meet a condition, in an order, looked for with patience that ends."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from array import array
from collections.abc import Generator, Mapping, MutableSequence, Sequence
from typing import Final, cast

from llmsdeck.errors import RefusedError, UsageError
from llmsdeck.filter import Order
from llmsdeck.filter.keys import WORD_KEYS
from llmsdeck.filter.order import Place, SortKey, Value
from llmsdeck.pages import ValueCount
from llmsdeck.store.condition import WORDS, Condition

PATIENCE: Final = 5.0
"""Seconds that looking for runs may take."""
_STEPS: Final = 10_000
"""Instructions of SQLite between two looks at the time."""
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
NOTHING: Final = -(2**63)
"""Stands for no value where numbers are kept side by side."""
_CHUNK: Final = 10_000


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
        if after is None or after.values[0] is not None:
            places = _part(connection, condition, order, after, limit, valued=True)
            after = None
        if len(places) < limit and order.names[0] in _SOMETIMES:
            left = limit - len(places)
            places += _part(connection, condition, order, after, left, valued=False)
        return places


def arranged(
    connection: sqlite3.Connection, condition: Condition, order: Order
) -> tuple[Sequence[int], Sequence[Sequence[Value]]]:
    """Numbers of all runs that meet the condition, in order, and for each key their values.

    Where numbers are kept, no value is NOTHING. Raises RefusedError when that takes too long.
    """
    seqs, columns = array("q"), [_room(key) for key in order.keys]
    known: dict[Value, Value] = {}
    values = ", ".join(_stored(key) for key in order.keys)
    with _patience(connection):
        cursor = connection.cursor()
        cursor.row_factory = None
        cursor.execute(
            f"SELECT seq, {values} FROM runs WHERE {condition.sql} ORDER BY {_by(order)}",
            condition.values,
        )
        while rows := cursor.fetchmany(_CHUNK):
            numbers, *found = zip(*rows, strict=True)
            seqs.extend(numbers)
            for column, each in zip(columns, found, strict=True):
                # Of equal texts one is kept: a million runs are of few sources.
                column.extend(known.setdefault(value, value) for value in each)
    return seqs, columns


def place(connection: sqlite3.Connection, order: Order, seq: int) -> Place | None:
    """Where a run stands in an order; None when there is no such run."""
    row = connection.execute(f"SELECT {_values(order)} FROM runs WHERE seq = ?", (seq,)).fetchone()
    return None if row is None else Place(tuple(row), seq)


def frequent(
    connection: sqlite3.Connection, condition: Condition, key: str, limit: int
) -> list[ValueCount]:
    """Words that runs which meet the condition have for a key, the most frequent first.

    Raises RefusedError when that takes too long, UsageError for a key without stored words.
    """
    if key not in WORDS:
        raise UsageError(f"{key} has no values to count; choose from {', '.join(WORD_KEYS)}.")
    with _patience(connection):
        rows = connection.execute(
            f"SELECT {WORDS[key]}, count(*) FROM runs WHERE {WORDS[key]} IS NOT NULL"
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


def _part(
    connection: sqlite3.Connection,
    condition: Condition,
    order: Order,
    after: Place | None,
    limit: int,
    *,
    valued: bool,
) -> list[Place]:
    """Runs that have a value for the first key, or that have none, behind a place of that kind."""
    statement, values = page(condition, order, after, limit, valued=valued)
    rows = connection.execute(statement, values).fetchall()
    return [Place(tuple(values), seq) for *values, seq in rows]


def page(
    condition: Condition, order: Order, after: Place | None, limit: int, *, valued: bool = True
) -> tuple[str, Mapping[str, object]]:
    """The statement that finds the first runs behind a place, and its values."""
    first = _ORDERS[order.names[0]]
    where, values = f"{first} IS {'NOT ' if valued else ''}NULL", dict(condition.values)
    if after is not None:
        where += f" AND {_behind(order, after)}"
        values |= {f"v{number}": value for number, value in enumerate(after.values)}
        values["seq"] = after.seq
    return (
        f"SELECT {_values(order)}, seq FROM runs WHERE {where} AND {condition.sql}"
        # Written out, because the choice of an index depends on it.
        f" ORDER BY {_by(order)} LIMIT {limit:d}",
        values,
    )


def _behind(order: Order, after: Place) -> str:
    """What holds of the runs behind a place, whose values are `:v0`, `:v1`, … and `:seq`."""
    if order.by_number:
        return f"seq {'<' if order.descending else '>'} :seq"
    behind, bound = "seq < :seq", ""
    for number, key in reversed(list(enumerate(order.keys))):
        column, sign = _ORDERS[key.name], "<" if key.descending else ">"
        if after.values[number] is None:
            behind = f"({column} IS NULL AND {behind})"
            continue
        rest = f" OR {column} IS NULL" if number and key.name in _SOMETIMES else ""
        # An index finds the first of them by the bound.
        bound = "" if number else f"{column} {sign}= :v0 AND "
        behind = f"({column} {sign} :v{number}{rest} OR {column} = :v{number} AND {behind})"
    return bound + behind


def _by(order: Order) -> str:
    """The order as it stands behind ORDER BY; a run without a value comes last."""
    if order.by_number:
        return f"seq {'DESC' if order.descending else 'ASC'}"
    keys = (
        f"{_ORDERS[key.name]} {'DESC' if key.descending else 'ASC'} NULLS LAST"
        for key in order.keys
    )
    return f"{', '.join(keys)}, seq DESC"


def _values(order: Order) -> str:
    return ", ".join(_ORDERS[name] for name in order.names)


def _stored(key: SortKey) -> str:
    value = _ORDERS[key.name]
    return f"ifnull({value}, {NOTHING})" if key.name in _SOMETIMES else value


def _room(key: SortKey) -> MutableSequence[Value]:
    """A place for values; numbers are kept side by side."""
    return [] if key.of_words else cast("MutableSequence[Value]", array("q"))


@contextlib.contextmanager
def _patience(connection: sqlite3.Connection) -> Generator[None]:
    deadline = time.monotonic() + PATIENCE
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname != "SQLITE_INTERRUPT":
            raise
        if time.monotonic() <= deadline:
            # Else only Ctrl+C ends it, and SQLite drops what is raised while it asks.
            raise KeyboardInterrupt from error
        raise RefusedError(
            f"Looking through all runs took more than {PATIENCE:g} s and was given up;"
            " look for less at once."
        ) from error
    finally:
        connection.set_progress_handler(None, 0)
