"""The line on which is typed what events should contain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from llmsdeck_tui import keys
from llmsdeck_tui.widgets.plain_input import PlainInput


class FindLine(Horizontal):
    """Tells each letter; is there only while somebody types."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.FIND)

    @dataclass
    class Typed(Message):
        """The text on the line is another one."""

        text: str

    @dataclass
    class Left(Message):
        """Nobody types any more."""

    def compose(self) -> ComposeResult:
        """What is asked for, and the line."""
        yield Static("/", id="find-mark")
        yield PlainInput(placeholder="what events should contain", id="find-input")

    def open(self, text: str) -> None:
        """Let somebody go on with a text."""
        self.display = True
        line = self.query_one(PlainInput)
        line.value = text
        line.focus()

    @on(Input.Changed)
    def tell(self, event: Input.Changed) -> None:
        """Tell what is on the line."""
        event.stop()
        self.post_message(self.Typed(event.value))

    @on(Input.Submitted)
    def keep(self, event: Input.Submitted) -> None:
        """Go to what was found."""
        event.stop()
        self.post_message(self.Left())

    @on(Input.Blurred)
    def close(self, event: Input.Blurred) -> None:
        """Give the line back."""
        self.display = False

    def action_leave(self) -> None:
        """Forget the text."""
        self.post_message(self.Typed(""))
        self.post_message(self.Left())
