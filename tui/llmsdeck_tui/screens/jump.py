"""The dialog that asks where in the list to go."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from llmsdeck_tui import keys
from llmsdeck_tui.screens.dialog import Dialog
from llmsdeck_tui.widgets.plain_input import PlainInput


class JumpDialog(Dialog[str | None]):
    """One line, for how a run's id begins or for the number of a line."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.JUMP, keys.DIALOG)
    HEADING = "Go to a run"

    def compose_inside(self) -> ComposeResult:
        """The line."""
        with Horizontal(classes="field"):
            yield Static("Run", classes="label")
            yield PlainInput(placeholder="how its id begins, or a line of the list: 120", id="run")

    @on(Input.Submitted)
    def action_agree(self) -> None:
        """Go there."""
        self.dismiss(self.query_one("#run", PlainInput).value.strip() or None)
