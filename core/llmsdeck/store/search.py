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
from llmsdeck.filter.order import Place, SortKey, Value
from llmsdeck.filter.tree import All, Among, Between, Either, Not, Text
from llmsdeck.model import ID_LETTERS, Run
from llmsdeck.pages import ValueCount
from llmsdeck.states import LIVE
from llmsdeck.store.questions import ASKS

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
    "asking": f"seq IN (SELECT seq FROM runs WHERE status = 'pending' AND {ASKS})",
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
NOTHING: Final = -(2**63)
"""Stands for no value where numbers are kept side by side."""
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
    if key not in _WORDS:
        raise UsageError(f"{key} has no values to count; choose from {', '.join(WORD_KEYS)}.")
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
        part = self._contains(text)
        places = [f"source {part}"]
        # Most runs have neither, and to ask so is cheaper than to compare.
        places += [f"({it} IS NOT NULL AND {it} {part})" for it in ("ref", "error_message")]
        if ID_LETTERS.issuperset(fold(text)):
            begins = self._begins("run_id", text)
            # An index tells once whether any does, which usually spares asking every run.
            places.append(f"(EXISTS (SELECT 1 FROM runs WHERE {begins}) AND {begins})")
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
                return f"{column} {self._contains(value)}"
            case Comparison.START:
                return self._begins(column, value)

    def _contains(self, text: str) -> str:
        escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        like = f"LIKE {self._parameter(f'%{escaped}%')}"
        # A comparison that knows no escape is the faster one.
        return like if escaped == text else f"{like} ESCAPE '\\'"

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
