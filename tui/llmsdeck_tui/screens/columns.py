"""The dialog that chooses the columns of the runs table and their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from llmsdeck_tui import keys
from llmsdeck_tui.present import words
from llmsdeck_tui.present.columns import COLUMNS
from llmsdeck_tui.present.layout import Layout
from llmsdeck_tui.screens.dialog import Dialog
from llmsdeck_tui.widgets.lines import Lines


class ColumnsDialog(Dialog[tuple[str, ...] | None]):
    """Every column once: the ticked ones in their order, then the others."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.COLUMNS, keys.DIALOG)
    HEADING = "Columns"

    def __init__(self, chosen: Sequence[str], width: int) -> None:
        super().__init__()
        self._width = width
        shown = [name for name in chosen if name in COLUMNS] or [*Layout.of(width).names]
        self._ticked = set(shown)
        self._names = shown + [name for name in COLUMNS if name not in self._ticked]

    def compose_inside(self) -> ComposeResult:
        """The columns, and whether they fit."""
        yield Lines(id="dialog-lines")
        yield Static(id="room", classes="spaced")

    def on_mount(self) -> None:
        """List the columns."""
        self.query_one(Lines).focus()
        self._draw()

    @property
    def _chosen(self) -> tuple[str, ...]:
        return tuple(name for name in self._names if name in self._ticked)

    @on(Lines.Chosen)
    def action_tick(self) -> None:
        """Show the column, or hide it; one stays."""
        name = self._names[self.query_one(Lines).cursor or 0]
        if self._ticked != {name}:
            self._ticked ^= {name}
        self._draw()

    def action_shift(self, step: int) -> None:
        """Move the column among the others."""
        lines = self.query_one(Lines)
        here = lines.cursor or 0
        there = here + step
        if 0 <= there < len(self._names):
            self._names[here], self._names[there] = self._names[there], self._names[here]
            lines.action_move(step)
            self._draw()

    def action_default(self) -> None:
        """Let the width decide."""
        self.dismiss(())

    def action_agree(self) -> None:
        """Use the ticked columns."""
        self.dismiss(self._chosen)

    def _draw(self) -> None:
        fitting = Layout.of(self._width, self._chosen).names
        lines = [self._line(name, name in fitting) for name in self._names]
        self.query_one(Lines).show(lines, cursor=True)
        missing = len(self._chosen) - len(fitting)
        said = f"{words.counted(missing, 'column')} at the end will not fit." if missing else ""
        self.query_one("#room", Static).update(Content.assemble((said, words.WARN)))

    def _line(self, name: str, fits: bool) -> Content:
        column, ticked = COLUMNS[name], name in self._ticked
        heading = column.heading.strip() or "SIGN"
        return Content.assemble(
            ("[x] ", words.LIVE) if ticked else ("[ ] ", words.QUIET),
            (f"{heading:10}", words.STRONG if ticked and fits else words.QUIET),
            (column.help, words.QUIET),
        )
