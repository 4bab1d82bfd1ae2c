"""The dialog that chooses the order of the runs."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from llmsdeck.filter import Order, SortKey
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
"""What comes first by each key, and turned round."""


class SortDialog(Dialog[str | None]):
    """One line per key; keys that decide one after the other are put together here."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.SORT, keys.DIALOG)
    HEADING = "Sort by"

    def __init__(self, sort: str) -> None:
        super().__init__()
        self._before = self._sort = sort

    def compose_inside(self) -> ComposeResult:
        """The keys, and what enter would do."""
        yield Lines(id="dialog-lines")
        yield Static(id="order", classes="spaced")

    def on_mount(self) -> None:
        """List the keys."""
        lines, first = self.query_one(Lines), Order.parse(self._sort).names[0]
        lines.cursor = list(ORDERS).index(first) if first in ORDERS else 0
        lines.focus()
        self._draw()

    @property
    def _chosen(self) -> str:
        return list(ORDERS)[self.query_one(Lines).cursor or 0]

    @on(Lines.Chosen)
    def action_choose(self) -> None:
        """Sort by the keys that were put together, else by the line under the cursor alone."""
        together = self._sort if self._sort != self._before else chosen(self._sort, self._chosen)
        self.dismiss(together)

    def action_further(self) -> None:
        """Let the line decide next, turn it round, or let it decide no more."""
        self._sort = added(self._sort, self._chosen)
        self._draw()

    def _draw(self) -> None:
        self.query_one(Lines).show([self._line(name) for name in ORDERS], cursor=True)
        said = words.order(Order.parse(self._sort))
        self.query_one("#order", Static).update(Content.assemble(("order: ", words.QUIET), said))

    def _line(self, name: str) -> Content:
        order = Order.parse(self._sort)
        place = order.names.index(name) if name in order.names else None
        if place is None:
            return Content.assemble("   ", f"{name:10}", (ORDERS[name][0], words.QUIET))
        key = order.keys[place]
        sign = f"{words.arrow(key)}{place + 1 if len(order.keys) > 1 else ' '} "
        return Content.assemble(
            (sign, words.LIVE), f"{name:10}", (ORDERS[name][key.turned], words.QUIET)
        )


def chosen(sort: str, name: str) -> str:
    """The order by this key alone; turned round when it is in force already."""
    order = Order.parse(sort)
    return written(Order((SortKey(name, order.keys == (SortKey(name),)),)))


def added(sort: str, name: str) -> str:
    """The order with this key to decide next; with it turned round, then without it.

    Nothing can come behind `created`, so that it stays the last.
    """
    found, new = Order.parse(sort).keys, SortKey(name)
    if new in found:
        keys = [SortKey(name, turned=True) if key == new else key for key in found]
    elif name in Order.parse(sort).names:
        keys = [key for key in found if key.name != name]
    else:
        kept = found if sort else ()
        keys = [*(key for key in kept if not (key.by_number and new.by_number)), new]
    return written(Order(tuple(sorted(keys, key=lambda key: key.by_number)) or Order().keys))


def turned(sort: str) -> str:
    """The order the other way round."""
    return written(Order.parse(sort).turned())


def written(order: Order) -> str:
    """As views keep it: blank for the newest first."""
    return "" if order == Order() else str(order)
