"""The dialog that says what is to be different when several runs are started again."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from llmsdeck.errors import UsageError
from llmsdeck.request import read_changes
from llmsdeck_tui import keys
from llmsdeck_tui.present import words
from llmsdeck_tui.screens.dialog import Dialog
from llmsdeck_tui.widgets.plain_input import PlainInput

FIELDS: Final = {
    "model": ("Model", "none, auto or a name"),
    "ref": ("Ref", "branch, tag or commit"),
    "timeout": ("Timeout", "90s, 30m"),
    "priority": ("Priority", "0; higher starts sooner"),
    "artifacts": ("Files", "llms.txt,llms-full.txt,llms-ctx.txt"),
    "output": ("Copy to", "a folder"),
}
"""By the names that `llmsdeck retry --set` has for them."""


class ChangeDialog(Dialog[dict[str, str] | None]):
    """A line for each thing that can be different; a blank one stays as each run had it."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.CHANGE, keys.DIALOG)

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count

    def compose_inside(self) -> ComposeResult:
        """The lines."""
        yield Static("What is left blank stays as each run had it.")
        yield Static(classes="gap")
        for key, (label, hint) in FIELDS.items():
            with Horizontal(classes="field"):
                yield Static(label, classes="label")
                yield PlainInput(placeholder=hint, id=key)

    def on_mount(self) -> None:
        """Begin with the model, which is changed most."""
        runs = words.counted(self._count, "run")
        self.query_one("#frame").border_title = f"Start {runs} again with changes"
        self.query_one("#model").focus()

    @on(Input.Submitted)
    def action_agree(self) -> None:
        """Go on to the question, when the changes can be understood."""
        typed = {key: self.query_one(f"#{key}", PlainInput).value.strip() for key in FIELDS}
        changes = {key: value for key, value in typed.items() if value}
        try:
            read_changes(changes)
        except UsageError as error:
            self.complain(str(error))
        else:
            self.dismiss(changes)
