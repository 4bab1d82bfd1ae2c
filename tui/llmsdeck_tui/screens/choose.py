"""The dialog that chooses a run to compare with."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from llmsdeck.api import DeckApi
from llmsdeck.filter.tree import bundles_of
from llmsdeck.model import Run
from llmsdeck_tui import keys
from llmsdeck_tui.present import dialogs
from llmsdeck_tui.screens.dialog import Dialog
from llmsdeck_tui.widgets.lines import Lines

MOST: Final = 200
"""Runs to choose from."""


class ChooseRun(Dialog[Run | None]):
    """Completed runs: those of the same source first, then the newest others."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.CHOOSE, keys.DIALOG)
    HEADING = "Compare with"

    def __init__(self, deck: DeckApi, run: Run) -> None:
        super().__init__()
        self._deck, self._run = deck, run
        self._found: list[Run] = []

    def compose_inside(self) -> ComposeResult:
        """What is compared, and with what it can be."""
        yield Static(dialogs.compared(self._run))
        yield Lines(id="dialog-lines")

    def on_mount(self) -> None:
        """Look for runs."""
        self.query_one(Lines).focus()
        self.look()

    @on(Lines.Chosen)
    def action_agree(self) -> None:
        """Compare with the chosen run."""
        cursor = self.query_one(Lines).cursor
        if cursor is not None and cursor < len(self._found):
            self.dismiss(self._found[cursor])

    @work(group="choose", exclusive=True, exit_on_error=False)
    async def look(self) -> None:
        """Show what there is to choose from."""
        same = await self._deck.page(MOST, filter=bundles_of(self._run.source))
        others = await self._deck.page(MOST, filter="status:completed")
        found = {run.run_id: run for run in (*same.runs, *others.runs)}
        found.pop(self._run.run_id, None)
        self._found = list(found.values())[:MOST]
        if not self._found:
            self.complain("No other run has a bundle.")
        lines = [dialogs.candidate(run, self._run) for run in self._found]
        self.query_one(Lines).show(lines, cursor=True)
