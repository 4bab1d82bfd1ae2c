"""The list of keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from llmsdeck_tui import keys
from llmsdeck_tui.host import Host
from llmsdeck_tui.present import words
from llmsdeck_tui.screens.dialog import Dialog
from llmsdeck_tui.widgets.lines import Lines


class HelpScreen(Dialog[None]):
    """Every key, made from the table of keys."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.DIALOG)
    HEADING = "Keys"

    app: getters.app[Host] = getters.app(Host)

    def compose_inside(self) -> ComposeResult:
        """One line per key."""
        yield Lines(id="help-lines")

    def on_mount(self) -> None:
        """Fill the list."""
        lines = self.query_one(Lines)
        lines.show(list(self._written()))
        lines.focus()

    def _written(self) -> Iterator[Content]:
        for number, (heading, group) in enumerate(keys.HELP):
            if number:
                yield Content("")
            yield Content.assemble((heading, words.STRONG))
            for key in group:
                written = self.app.written(key)
                yield Content.assemble((f"{written:>8}  ", words.LIVE), key.help)
