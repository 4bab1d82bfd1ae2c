"""The dialog that asks before a cancel and then shows the ladder as it climbs."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from llmsdeck.api import DeckApi
from llmsdeck.model import Actor, Run, RunId
from llmsdeck.snapshot import DeckSnapshot
from llmsdeck.states import TERMINAL, RunStatus
from llmsdeck_tui import keys
from llmsdeck_tui.present import detail, dialogs
from llmsdeck_tui.screens.dialog import Dialog
from llmsdeck_tui.screens.onlooker import Onlooker


class CancelDialog(Onlooker, Dialog[RunId | None]):
    """Question first, then requested → seen → stopping → stopped, then the verdict.

    It closes with the run if that was cancelled before it had begun, which can be undone.
    """

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.CANCEL, keys.DIALOG)
    HEADING = "Cancel this run?"

    def __init__(self, deck: DeckApi, actor: Actor, run: Run, now: datetime) -> None:
        super().__init__()
        self._deck, self._actor = deck, actor
        self.run, self._now = run, now
        self._unbegun: RunId | None = None

    def compose_inside(self) -> ComposeResult:
        """The run, then the question or the ladder."""
        yield Static(detail.title(self.run))
        yield Static(id="answer", classes="spaced")

    def on_mount(self) -> None:
        """Say what would be lost."""
        self._draw()

    @property
    def asking(self) -> bool:
        """Nothing has been requested yet."""
        return self.run.cancel is None and self.run.status not in TERMINAL

    def show(self, snapshot: DeckSnapshot) -> None:
        """Show the run as it is now, when the picture holds it."""
        focused = (snapshot.detail.run,) if snapshot.detail else ()
        for run in (*snapshot.runs, *focused):
            if run.run_id == self.run.run_id and self.is_mounted:
                self._show(run, snapshot.taken_at)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Once a cancel is requested there is nothing left to agree to."""
        return self.asking or action != "agree"

    def action_close(self) -> None:
        """Close, and say what can be undone."""
        self.dismiss(self._unbegun)

    def action_agree(self) -> None:
        """Request the cancel."""
        self.cancel()

    @work(group="cancel", exclusive=True, exit_on_error=False)
    async def cancel(self) -> None:
        """Tell the deck and show what it answered."""
        pending = self.run.status is RunStatus.PENDING
        (answer,) = await self._deck.cancel([self.run.run_id], self._actor)
        self._unbegun = self.run.run_id if pending and answer.verdict == "cancelled" else None
        if answer.run is not None:
            self._show(answer.run, self._now)
        if answer.error is not None or answer.verdict == "too_late":
            self.complain(str(answer.error or answer.message))

    def _show(self, run: Run, now: datetime) -> None:
        self.run, self._now = run, now
        self._draw()

    def _draw(self) -> None:
        if self.asking:
            lines = dialogs.cancel_question(self.run, self._now)
        else:
            self.query_one("#frame").border_title = "Cancelling"
            lines = [dialogs.ladder(self.run), dialogs.verdict(self.run)]
        self.query_one("#answer", Static).update(Content("\n").join(lines))
        self.refresh_bindings()
