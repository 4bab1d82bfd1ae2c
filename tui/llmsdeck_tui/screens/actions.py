"""The screen that lists what people and agents did."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import work
from textual.binding import BindingType
from textual.content import Content

from llmsdeck.api import DeckApi
from llmsdeck_tui import keys
from llmsdeck_tui.present import deeds
from llmsdeck_tui.present.page import Page
from llmsdeck_tui.screens.sheet import Sheet

MOST: Final = 1_000
"""Newest actions that are listed."""


class ActionsScreen(Sheet[None]):
    """When, who, what, to which run; newest first."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.ACTIONS)

    def __init__(self, deck: DeckApi) -> None:
        super().__init__()
        self._deck = deck

    def on_mount(self) -> None:
        """Look for actions."""
        self.tell("heading", deeds.heading())
        self.lines.focus()
        self.look()

    def action_again(self) -> None:
        """Look again."""
        self.look()

    @work(group="actions", exclusive=True, exit_on_error=False)
    async def look(self) -> None:
        """Ask the deck who did what."""
        found = await self._deck.actions(MOST)
        self.tell("title", deeds.title(found, MOST))
        nothing = [Content("Nobody has done anything yet.")]
        self.lines.show(Page(map(deeds.line, found)) if found else nothing)
