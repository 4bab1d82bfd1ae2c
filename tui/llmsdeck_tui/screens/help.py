"""The list of keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from llmsdeck_tui import keys
from llmsdeck_tui.present import words
from llmsdeck_tui.screens.dialog import Dialog
from llmsdeck_tui.widgets.lines import Lines


class HelpScreen(Dialog[None]):
    """Every key, made from the table of keys."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.DIALOG)
    HEADING = "Keys"

    def compose_inside(self) -> ComposeResult:
        """One line per key."""
        yield Lines(id="help-lines")

    def on_mount(self) -> None:
        """Fill the list."""
        lines = self.query_one(Lines)
        lines.show(list(_lines()))
        lines.focus()


def _lines() -> Iterator[Content]:
    for number, (heading, group) in enumerate(keys.HELP):
        if number:
            yield Content("")
        yield Content.assemble((heading, words.STRONG))
        for key in group:
            yield Content.assemble((f"{key.written:>8}  ", words.LIVE), key.help)
