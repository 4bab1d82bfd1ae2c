"""The screen that lists what was pruned, and brings it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual import work
from textual.binding import BindingType
from textual.content import Content

from llmsdeck.api import DeckApi
from llmsdeck.model import Actor
from llmsdeck.pruning import TrashItem
from llmsdeck_tui import keys
from llmsdeck_tui.present import dialogs, trash
from llmsdeck_tui.screens.sheet import Sheet

MOST: Final = 1_000
"""Runs pruned last that are listed."""


class TrashScreen(Sheet[None]):
    """What can be brought back, last pruned first."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.TRASH)

    def __init__(self, deck: DeckApi, actor: Actor) -> None:
        super().__init__()
        self._deck, self._actor = deck, actor
        self._items: tuple[TrashItem, ...] | None = None

    def on_mount(self) -> None:
        """Look into the trash."""
        self.lines.focus()
        self.look()

    def action_restore(self) -> None:
        """Bring back the run under the cursor."""
        items, cursor = self._items or (), self.lines.cursor
        if cursor is not None and cursor < len(items):
            self.restore([items[cursor]])

    def action_restore_all(self) -> None:
        """Bring back every run that is listed."""
        self.restore(self._items or ())

    def action_again(self) -> None:
        """Look again."""
        self.look()

    def on_resize(self) -> None:
        """Fit the lines to the width."""
        self.call_after_refresh(self._draw)

    @work(group="trash", exclusive=True, exit_on_error=False)
    async def look(self) -> None:
        """Ask the deck what was pruned."""
        self._items = await self._deck.trash(MOST)
        self._draw()

    @work(group="trash", exclusive=True, exit_on_error=False)
    async def restore(self, items: Sequence[TrashItem]) -> None:
        """Bring runs back, and say which could not come."""
        if items:
            answers = await self._deck.restore([item.run_id for item in items], self._actor)
            self._items = await self._deck.trash(MOST)
            self._draw()
            self.tell("more", dialogs.restored(answers))

    def _draw(self) -> None:
        if self._items is None:
            return
        width = max(1, self.size.width - 3)
        self.tell("title", trash.title(self._items, MOST))
        self.tell("heading", trash.heading(width) if self._items else Content(""))
        if self._items:
            self.lines.show([trash.line(item, width) for item in self._items], cursor=True)
        else:
            self.lines.show([Content("The trash is empty.")])
