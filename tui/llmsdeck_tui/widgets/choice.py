"""A box to tick whose state can be read without colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from llmsdeck_tui import keys


class Choice(Widget, can_focus=True):
    """`[x] name` or `[ ] name`."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.CHOICE)

    value: reactive[bool] = reactive(False, layout=True)

    @dataclass
    class Changed(Message):
        """The box was ticked or cleared."""

        value: bool

    def __init__(self, label: str, value: bool, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self.label = label
        self.set_reactive(Choice.value, value)

    def render(self) -> Content:
        """The box and its label."""
        return Content(f"[{'x' if self.value else ' '}] {self.label}")

    def action_tick(self) -> None:
        """Tick or clear the box."""
        self.value = not self.value
        self.post_message(self.Changed(self.value))

    def on_click(self, event: Click) -> None:
        """Tick or clear the clicked box."""
        self.action_tick()
