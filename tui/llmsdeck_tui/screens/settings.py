"""The dialog for what is remembered of a user."""

from __future__ import annotations

from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from llmsdeck_tui import keys
from llmsdeck_tui.host import Host
from llmsdeck_tui.preferences import SWITCHES
from llmsdeck_tui.present import words
from llmsdeck_tui.screens.dialog import Dialog
from llmsdeck_tui.widgets.lines import Lines


class SettingsDialog(Dialog[None]):
    """Colours first, then what is on or off; each change is in force and kept at once."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.SETTINGS, keys.DIALOG)
    HEADING = "Settings"

    app: getters.app[Host] = getters.app(Host)

    def compose_inside(self) -> ComposeResult:
        """The list."""
        yield Lines(id="dialog-lines")

    def on_mount(self) -> None:
        """Show how things are, also once other colours have been chosen."""
        self._draw()
        self.query_one(Lines).focus()
        self.watch(self.app, "theme", self._draw, init=False)

    @on(Lines.Chosen)
    def action_change(self) -> None:
        """Choose colours, or turn the chosen switch."""
        cursor = self.query_one(Lines).cursor or 0
        if cursor == 0:
            self.app.search_themes()
            return
        switch = SWITCHES[cursor - 1]
        self.app.turn(switch, on=not self.app.preferences.on(switch))
        self.complain(self.app.preferences.trouble)
        self._draw()

    def _draw(self) -> None:
        lines = [_line("Colours", self.app.theme)]
        for switch in SWITCHES:
            lines.append(_line(switch.label, "on" if self.app.preferences.on(switch) else "off"))
        self.query_one(Lines).show(lines, cursor=True)


def _line(label: str, value: str) -> Content:
    return Content.assemble(f"{label:<44}", (value, words.QUIET if value == "off" else words.LIVE))
