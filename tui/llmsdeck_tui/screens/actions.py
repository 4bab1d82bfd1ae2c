"""The screen that lists what people and agents did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from textual import work
from textual.binding import BindingType
from textual.content import Content

from llmsdeck.api import DeckApi
from llmsdeck.model import Run, RunEvent, RunId
from llmsdeck_tui import keys
from llmsdeck_tui.present import deeds
from llmsdeck_tui.present.page import Line, Page
from llmsdeck_tui.screens.sheet import Sheet

MOST: Final = 1_000
"""Newest actions that are listed."""


class ActionsScreen(Sheet[None]):
    """When, who, what, to which run; newest first."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.ACTIONS)

    def __init__(self, deck: DeckApi) -> None:
        super().__init__()
        self._deck = deck
        self._found: tuple[RunEvent, ...] | None = None
        self._runs: Mapping[RunId, Run] = {}

    def on_mount(self) -> None:
        """Look for actions."""
        self.lines.focus()
        self.look()

    def action_again(self) -> None:
        """Look again."""
        self.look()

    @work(group="actions", exclusive=True, exit_on_error=False)
    async def look(self) -> None:
        """Ask the deck who did what."""
        found = await self._deck.actions(MOST)
        named = tuple({event.run_id: None for event in found if event.run_id is not None})
        self._runs = {run.run_id: run for run in await self._deck.runs(named)}
        self._found = found
        self._draw()

    def on_resize(self) -> None:
        """Fit the columns to the width."""
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        if self._found is None:
            return
        width = max(1, self.size.width - 3)
        self.tell("title", deeds.title(self._found, MOST))
        if self._found:
            self.tell("heading", deeds.heading(width))
            self.lines.show(Page(self._line(event, width) for event in self._found))
        else:
            self.lines.show([Content("Nobody has done anything yet.")])

    def _line(self, event: RunEvent, width: int) -> Line:
        run = self._runs.get(event.run_id) if event.run_id is not None else None
        return deeds.line(event, run, width)
