"""Any part of any list of runs at about the same cost, wherever it is and however it is ordered.

What has ended never changes. So the ended runs of a list are put in order once and remembered, and
each look adds only those that are unfinished or have ended since.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from llmsdeck.filter import EVERYTHING, Filter, Order
from llmsdeck.filter.order import Place, Value
from llmsdeck.filter.tree import All, Between, Either, Not
from llmsdeck.snapshot import Window
from llmsdeck.store import search
from llmsdeck.store.condition import Condition

SHELF: Final = 4096
"""Numbers of runs that one row of `shelves` counts."""
REMEMBERED: Final = 2
"""Lists that are remembered; one of a million runs takes 16 MB."""
MOST_FRESH: Final = 2_000
"""Runs that ended since a list was remembered, above which it is put in order anew."""
_FRESH: Final = (
    "seq IN (SELECT seq FROM runs WHERE status = 'pending'"
    " UNION ALL SELECT seq FROM runs WHERE status = 'processing'"
    " UNION ALL SELECT seq FROM runs WHERE finished_ms IS NOT NULL AND ended_nth > :endings)"
)
_PASSING: Final = frozenset({"age", "ended"})
"""Keys whose verdict on an ended run changes as time passes."""
_ALL_OF_THEM: Final = 2**62


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which list is meant."""

    filter: Filter
    condition: Condition
    """The same as SQL, as of now."""
    order: Order


@dataclass(frozen=True, slots=True)
class Part:
    """A window of a list."""

    seqs: Sequence[int]
    total: int
    """Rows in the whole list."""
    row: int | None
    """Rows above the run that was asked about; None when it is not in the list."""


class Lists:
    """The lists that were looked at last; to be used by one thread."""

    def __init__(self) -> None:
        self._bases: dict[tuple[Filter, Order], _Base] = {}

    def part(
        self, connection: sqlite3.Connection, wanted: Wanted, window: Window, focus: int | None
    ) -> Part:
        """A window, and where the run numbered `focus` is.

        Raises RefusedError when putting the list in order takes too long.
        """
        order = wanted.order
        if wanted.filter == EVERYTHING and order.by_number:
            return _numbered(connection, order, window, focus)
        base = self._base(connection, wanted)
        fresh = wanted.condition.narrowed(_FRESH, endings=base.endings)
        places = search.found(connection, fresh, order, None, _ALL_OF_THEM)
        merged = _Merged(base, order, places)
        place = None if focus is None else search.place(connection, order, focus)
        return Part(merged.seqs(window), len(merged), None if place is None else merged.row(place))

    def _base(self, connection: sqlite3.Connection, wanted: Wanted) -> _Base:
        key = wanted.filter, wanted.order
        endings, moved = _endings(connection)
        base = self._bases.pop(key, None)
        if base is None or base.moved != moved or endings - base.endings > MOST_FRESH:
            ended = wanted.condition.narrowed("finished_ms IS NOT NULL")
            seqs, columns = search.arranged(connection, ended, wanted.order)
            base = _Base(seqs, columns, endings, moved)
        if not _passes(wanted.filter):
            self._bases[key] = base
            while len(self._bases) > REMEMBERED:
                del self._bases[next(iter(self._bases))]
        return base


@dataclass(frozen=True, slots=True)
class _Base:
    """Ended runs in order, as they were after so many endings and removals."""

    seqs: Sequence[int]
    columns: Sequence[Sequence[Value]]
    """Their values, for each key of the order."""
    endings: int
    moved: int

    def place(self, index: int) -> Place:
        values = (column[index] for column in self.columns)
        known = tuple(None if value == search.NOTHING else value for value in values)
        return Place(known, self.seqs[index])


class _Merged:
    """A base and the runs that are not in it, as one list."""

    def __init__(self, base: _Base, order: Order, fresh: Sequence[Place]) -> None:
        self._base, self._order = base, order
        self._fresh = [place.seq for place in fresh]
        self._ranks = [self._rank(place) for place in fresh]
        self._rows = [rank + above for above, rank in enumerate(self._ranks)]

    def __len__(self) -> int:
        return len(self._base.seqs) + len(self._fresh)

    def seqs(self, window: Window) -> list[int]:
        rows = range(window.first, min(window.first + window.size, len(self)))
        return [self._at(row) for row in rows]

    def row(self, place: Place) -> int | None:
        if place.seq in self._fresh:
            return self._rows[self._fresh.index(place.seq)]
        rank, seqs = self._rank(place), self._base.seqs
        if rank == len(seqs) or seqs[rank] != place.seq:
            return None
        return rank + bisect_right(self._ranks, rank)

    def _at(self, row: int) -> int:
        above = bisect_left(self._rows, row)
        if above < len(self._rows) and self._rows[above] == row:
            return self._fresh[above]
        return self._base.seqs[row - above]

    def _rank(self, place: Place) -> int:
        """How many runs of the base come before this place."""
        low, high = 0, len(self._base.seqs)
        while low < high:
            middle = (low + high) // 2
            if self._order.follows(place, self._base.place(middle)):
                low = middle + 1
            else:
                high = middle
        return low


def _endings(connection: sqlite3.Connection) -> tuple[int, int]:
    """How many runs have ever ended, and how many moves the shelves have seen."""
    endings, moved = connection.execute(
        "SELECT (SELECT coalesce(max(ended_nth), -1) FROM runs WHERE finished_ms IS NOT NULL),"
        " (SELECT coalesce(sum(moved), 0) FROM shelves)"
    ).fetchone()
    return int(endings), int(moved)


def _passes(filter: Filter) -> bool:
    """The filter's verdict on a run that has ended may be another one later."""
    match filter:
        case Between(key):
            return key in _PASSING
        case Not(operand):
            return _passes(operand)
        case All(parts) | Either(parts):
            return any(map(_passes, parts))
        case _:
            return False


def _numbered(
    connection: sqlite3.Connection, order: Order, window: Window, focus: int | None
) -> Part:
    """All runs by number, found by counting shelves instead of rows."""
    direction = "DESC" if order.descending else "ASC"
    shelf, passed = _shelf(connection, direction, window.first)
    edge = f"seq < {(shelf + 1) * SHELF}" if order.descending else f"seq >= {shelf * SHELF}"
    rows = connection.execute(
        f"SELECT seq FROM runs WHERE {edge} ORDER BY seq {direction} LIMIT ? OFFSET ?",
        (window.size, window.first - passed),
    ).fetchall()
    total = _shelved(connection, "TRUE")
    row = None if focus is None else _numbered_row(connection, order, focus)
    return Part([row[0] for row in rows], total, row)


def _shelf(connection: sqlite3.Connection, direction: str, row: int) -> tuple[int, int]:
    """The shelf of a row, or the last one, and how many rows come before it."""
    shelf = passed = runs = 0
    for shelf, runs in connection.execute(
        f"SELECT shelf, runs FROM shelves ORDER BY shelf {direction}"
    ):
        if row < passed + runs:
            return shelf, passed
        passed += runs
    return shelf, passed - runs


def _numbered_row(connection: sqlite3.Connection, order: Order, focus: int) -> int:
    own = focus // SHELF
    first, last = own * SHELF, (own + 1) * SHELF - 1
    above, span = (">", (focus + 1, last)) if order.descending else ("<", (first, focus - 1))
    row = connection.execute("SELECT count(*) FROM runs WHERE seq BETWEEN ? AND ?", span)
    return _shelved(connection, f"shelf {above} {own}") + int(row.fetchone()[0])


def _shelved(connection: sqlite3.Connection, where: str) -> int:
    """How many runs are on these shelves."""
    row = connection.execute(f"SELECT coalesce(sum(runs), 0) FROM shelves WHERE {where}").fetchone()
    return int(row[0])
