"""The screen that lists what was pruned, and brings it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual import work
from textual.binding import BindingType
from textual.content import Content

from llmsdeck.api import DeckApi
from llmsdeck.model import Actor, RunId
from llmsdeck.pruning import TrashItem
from llmsdeck_tui import keys
from llmsdeck_tui.present import replies, trash
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
        self._marks: set[RunId] = set()

    def on_mount(self) -> None:
        """Look into the trash."""
        self.lines.focus()
        self.look()

    @property
    def chosen(self) -> Sequence[RunId]:
        """The run under the cursor, while there is one."""
        items, cursor = self._items or (), self.lines.cursor
        return [items[cursor].run_id] if cursor is not None and cursor < len(items) else []

    def action_restore(self) -> None:
        """Bring back the marked runs, else the one under the cursor."""
        self.restore(self._marked() or self.chosen)

    def action_mark(self) -> None:
        """Mark the run, or take its mark away, and go to the next."""
        self._marks.symmetric_difference_update(self.chosen)
        self.lines.action_move(1)
        self._draw()

    def action_mark_all(self) -> None:
        """Mark every run that is listed."""
        self._marks.update(item.run_id for item in self._items or ())
        self._draw()

    def action_unmark(self) -> None:
        """Clear every mark."""
        self._marks.clear()
        self._draw()

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
    async def restore(self, run_ids: Sequence[RunId]) -> None:
        """Bring runs back, and say which could not come."""
        if run_ids:
            answers = await self._deck.restore(run_ids, self._actor)
            self._items = await self._deck.trash(MOST)
            self._draw()
            self.tell("more", replies.restored(answers))

    def _marked(self) -> Sequence[RunId]:
        return [item.run_id for item in self._items or () if item.run_id in self._marks]

    def _draw(self) -> None:
        if self._items is None:
            return
        marked, width = set(self._marked()), max(1, self.size.width - 3)
        self.tell("title", trash.title(self._items, len(marked), MOST))
        self.tell("heading", trash.heading(width) if self._items else Content(""))
        if self._items:
            lines = [trash.line(each, width, marked=each.run_id in marked) for each in self._items]
            self.lines.show(lines, cursor=True)
        else:
            self.lines.show([Content("The trash is empty.")])
