"""The dialog that chooses the order of the runs."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from llmsdeck.filter import Order
from llmsdeck_tui import keys
from llmsdeck_tui.present import words
from llmsdeck_tui.screens.dialog import Dialog
from llmsdeck_tui.widgets.lines import Lines

ORDERS: Final = {
    "created": ("newest first", "oldest first"),
    "finished": ("last to end first", "first to end first"),
    "duration": ("longest first", "shortest first"),
    "score": ("lowest first", "highest first"),
    "status": ("A to Z", "Z to A"),
    "source": ("A to Z", "Z to A"),
}
"""What comes first in each order, and turned round."""


class SortDialog(Dialog[str | None]):
    """One line per order; the one in force is turned round when it is chosen again."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.SORT, keys.DIALOG)
    HEADING = "Sort by"

    def __init__(self, sort: str) -> None:
        super().__init__()
        self._order = Order.parse(sort)

    def compose_inside(self) -> ComposeResult:
        """The orders."""
        yield Lines(id="dialog-lines")

    def on_mount(self) -> None:
        """List the orders."""
        lines = self.query_one(Lines)
        lines.cursor = list(ORDERS).index(self._order.name) if self._order.name in ORDERS else 0
        lines.show([self._line(name) for name in ORDERS], cursor=True)
        lines.focus()

    @on(Lines.Chosen)
    def action_choose(self) -> None:
        """Sort by the line under the cursor."""
        name = list(ORDERS)[self.query_one(Lines).cursor or 0]
        self.dismiss(chosen(str(self._order), name))

    def _line(self, name: str) -> Content:
        in_force = name == self._order.name
        first = ORDERS[name][self._order.turned if in_force else 0]
        sign = ("● ", words.LIVE) if in_force else "  "
        return Content.assemble(sign, f"{name:10}", (first, words.QUIET))


def chosen(sort: str, name: str) -> str:
    """The order after a name was chosen: it, or when it is in force the same turned round."""
    order = Order.parse(sort)
    return written(Order(name, order.name == name and not order.turned))


def turned(sort: str) -> str:
    """The order the other way round."""
    order = Order.parse(sort)
    return written(Order(order.name, not order.turned))


def written(order: Order) -> str:
    """As views keep it: blank for the newest first."""
    return "" if order == Order() else str(order)
