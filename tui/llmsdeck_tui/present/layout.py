"""Which columns of the runs table a width affords, and how wide each of them is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from textual.content import Content

from llmsdeck.filter import Order
from llmsdeck.model import Run
from llmsdeck_tui.present import words
from llmsdeck_tui.present.columns import COLUMNS

_GAP: Final = "  "
_LAYOUTS: Final = (
    (110, ("run", "source", "status", "phase", "progress", "beat", "age", "try", "outcome")),
    (72, ("run", "source", "status", "summary", "age", "try")),
    (52, ("run", "source", "status", "summary")),
    (0, ("glyph", "run", "source")),
)
"""Least width, and the columns that it affords; the last is a plain list."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns with their cells, as wide as the table together."""

    names: tuple[str, ...]
    cells: tuple[int, ...]

    @classmethod
    def of(cls, width: int, chosen: Sequence[str] = ()) -> Layout:
        """The chosen columns as far as they fit, else those that the width affords.

        No width, as before anything is laid out, is that of the plain list.
        """
        width = max(1, width)
        names = tuple(_fitting([name for name in chosen if name in COLUMNS], width))
        names = names or next(names for least, names in _LAYOUTS if width >= least)
        columns = [COLUMNS[name] for name in names]
        gaps = len(_GAP) * (len(columns) - 1)
        spare = max(0, width - sum(column.width for column in columns) - gaps)
        shares = sum(column.share for column in columns) or 1
        cells = [column.width + spare * column.share // shares for column in columns]
        last = next((n for n, column in enumerate(columns) if column.share), len(cells) - 1)
        cells[last] = max(1, cells[last] + width - sum(cells) - gaps)
        return cls(names, tuple(cells))

    def heading(self, sort: str = "") -> Content:
        """The line above the rows; columns of the order bear an arrow, and a number if several."""
        marks = self._marks(sort)
        headings = (
            _heading(COLUMNS[name].heading, marks.get(name, ""), cells)
            for name, cells in zip(self.names, self.cells, strict=True)
        )
        return words.beside(headings, _GAP)

    def _marks(self, sort: str) -> Mapping[str, str]:
        """What the first column of each key bears."""
        marks: dict[str, str] = {}
        if not sort:
            return marks
        order = Order.parse(sort)
        several = len(order.keys) > 1
        for place, key in enumerate(order.keys, start=1):
            column = next((name for name in self.names if COLUMNS[name].order == key.name), "")
            marks[column] = f"{words.arrow(key)}{place if several else ''}"
        return marks

    def row(self, run: Run, now: datetime) -> Content:
        """One line of the table."""
        cells = (
            words.fit(COLUMNS[name].cell(run, now, cells), cells)
            for name, cells in zip(self.names, self.cells, strict=True)
        )
        return words.beside(cells, _GAP)

    def ages(self, run: Run, now: datetime) -> tuple[str, ...]:
        """What the row of an unchanged run says otherwise as time goes by."""
        return tuple(
            COLUMNS[name].cell(run, now, cells).plain
            for name, cells in zip(self.names, self.cells, strict=True)
            if COLUMNS[name].grows
        )

    def order_at(self, place: int) -> str:
        """The order of the column that is so many cells from the left; empty when it has none."""
        for name, cells in zip(self.names, self.cells, strict=True):
            if place < cells:
                return COLUMNS[name].order if place >= 0 else ""
            place -= cells + len(_GAP)
        return ""


def _heading(heading: str, mark: str, cells: int) -> Content:
    """A heading that gives way to its mark."""
    if not mark:
        return words.fit(Content(heading), cells)
    room = max(0, cells - len(mark))
    return words.fit(Content(f"{heading.strip()[:room]}{mark}"), cells)


def _fitting(names: Sequence[str], width: int) -> Iterator[str]:
    """The first of the columns; at least one, however narrow the table is."""
    left = width
    for number, name in enumerate(names):
        left -= COLUMNS[name].width + (len(_GAP) if number else 0)
        if left < 0 and number:
            return
        yield name
