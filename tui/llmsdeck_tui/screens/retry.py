"""The dialog that asks how an ended run is to be started again."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from llmsdeck.answers import Started
from llmsdeck.api import DeckApi
from llmsdeck.model import Actor, Run
from llmsdeck_tui import keys
from llmsdeck_tui.present import again, detail
from llmsdeck_tui.screens.dialog import Dialog


class RetryDialog(Dialog[Started | None]):
    """Says what a retry would use again, and offers to begin at the start instead."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.RETRY, keys.DIALOG)
    HEADING = "Retry this run?"

    def __init__(self, deck: DeckApi, actor: Actor, run: Run, now: datetime) -> None:
        super().__init__()
        self._deck, self._actor, self._now = deck, actor, now
        self.run = run

    def compose_inside(self) -> ComposeResult:
        """The run, how it ended, and what is left of its work."""
        yield Static(detail.title(self.run))
        yield Static(again.state(self.run, self._now), classes="spaced")
        yield Static(Content("\n").join(again.looking()), id="plan", classes="spaced")

    def on_mount(self) -> None:
        """Look for what is left of its work."""
        self.look()

    @work(group="kept", exclusive=True, exit_on_error=False)
    async def look(self) -> None:
        """Say from where a retry would go on."""
        kept = await self._deck.kept(self.run.run_id)
        known = await self._deck.detail(self.run.run_id)
        self.query_one("#plan", Static).update(Content("\n").join(again.plan(kept, known.phases)))

    def action_carry_out(self) -> None:
        """Retry, using again what holds."""
        self.retry(fresh=False)

    def action_fresh(self) -> None:
        """Retry from the start."""
        self.retry(fresh=True)

    @work(group="retry", exclusive=True, exit_on_error=False)
    async def retry(self, fresh: bool) -> None:
        """Tell the deck, and close with its answer unless it refused."""
        (answer,) = await self._deck.retry([self.run.run_id], self._actor, fresh=fresh)
        if answer.error is None:
            self.dismiss(answer)
        else:
            self.complain(str(answer.error))
