"""A DataTable that holds all its rows, as a dashboard is usually built, and says where it is."""

from __future__ import annotations

import sys
from itertools import count
from typing import Final

from textual.app import App, ComposeResult
from textual.widgets import DataTable, Static

ROWS: Final = 10_000
CHANGING: Final = 50
"""Rows that change with each refresh."""
_COLUMNS: Final = ("run", "source", "status", "phase", "progress", "beat", "age", "try", "outcome")


class Table(App[None]):
    """Rows, of which the first ones change `hertz` times per second."""

    CSS = "#place {dock: bottom; height: 1;}"

    def __init__(self, hertz: float) -> None:
        super().__init__()
        self._hertz = hertz
        self._numbers = count()

    def compose(self) -> ComposeResult:
        """The table, and a line that names the row under the cursor."""
        yield DataTable[str](cursor_type="row")
        yield Static("", id="place")

    def on_mount(self) -> None:
        """Fill the table."""
        table = self.query_one(DataTable[str])
        for name in _COLUMNS:
            table.add_column(name, key=name)
        for row in range(ROWS):
            cells = (f"{row:06}", f"acme/widgets{row}", "completed", "write", "31/48", "1 s", "2m")
            table.add_row(*cells, "1/3", "good 93", key=str(row))
        table.focus()
        if self._hertz:
            self.set_interval(1 / self._hertz, self.change)

    def change(self) -> None:
        """Show other progress and another age in some rows."""
        number, table = next(self._numbers), self.query_one(DataTable[str])
        for row in range(CHANGING):
            table.update_cell(str(row), "progress", f"{(number + row) % 48:2}/48")
            table.update_cell(str(row), "beat", f"{(number + row) % 60:2} s")

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Name the row."""
        self.query_one("#place", Static).update(place(event.cursor_row))


def place(row: int) -> str:
    """What is painted once the cursor is on a row."""
    return f"AT:{row:06}|"


if __name__ == "__main__":
    Table(float(sys.argv[1])).run()
