"""The line on which a filter is typed."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from llmsdeck_tui import keys
from llmsdeck_tui.messages import FilterLeft, FilterTyped
from llmsdeck_tui.widgets.plain_input import PlainInput


class FilterLine(Horizontal):
    """Tells each letter; is there only while somebody types."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.FILTER)

    def compose(self) -> ComposeResult:
        """What is asked for, and the line."""
        yield Static("/", id="filter-mark")
        yield PlainInput(placeholder="status:failed source:flask age>1h", id="filter-input")

    def open(self, text: str) -> None:
        """Let somebody go on with a filter."""
        self.display = True
        line = self.query_one(PlainInput)
        line.value = text
        line.focus()

    @on(Input.Changed)
    def tell(self, event: Input.Changed) -> None:
        """Tell what is on the line."""
        event.stop()
        self.post_message(FilterTyped(event.value))

    @on(Input.Submitted)
    def keep(self, event: Input.Submitted) -> None:
        """Go back to the runs that match."""
        event.stop()
        self.action_leave(True)

    @on(Input.Blurred)
    def close(self, event: Input.Blurred) -> None:
        """Give the line back to the runs."""
        self.display = False

    def action_leave(self, keep: bool) -> None:
        """Go back to the runs."""
        self.post_message(FilterLeft(keep))
