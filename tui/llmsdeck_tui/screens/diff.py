"""The screen that shows how the bundles of two runs differ."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.content import Content

from llmsdeck.api import DeckApi
from llmsdeck.model import Run
from llmsdeck_tui import keys
from llmsdeck_tui.present import difference, words
from llmsdeck_tui.present.page import Page, Rows
from llmsdeck_tui.screens.sheet import Sheet


class DiffScreen(Sheet[None]):
    """Scores and sizes, sections, links, files, then the text."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.DIFF)

    def __init__(self, deck: DeckApi, before: Run, after: Run) -> None:
        super().__init__()
        self._deck, self._before, self._after = deck, before, after
        self._parts: tuple[int, ...] = ()

    def on_mount(self) -> None:
        """Compare."""
        self.tell("title", difference.title(self._before, self._after))
        self.lines.show([Content.assemble(("comparing…", words.QUIET))])
        self.lines.focus()
        self.compare()

    def action_part(self, step: int) -> None:
        """Go to the next or the previous part."""
        rows = self.lines.rows
        if not isinstance(rows, Rows):
            return
        top = self.lines.scroll_offset.y
        starts = [rows.row_of(line) for line in self._parts]
        wanted = [row for row in starts if (row - top) * step > 0]
        if wanted:
            self.lines.go_to(min(wanted) if step > 0 else max(wanted))

    @work(group="diff", exclusive=True, exit_on_error=False)
    async def compare(self) -> None:
        """Ask the deck, and show its answer."""
        found = await self._deck.diff(self._before.run_id, self._after.run_id)
        lines = difference.lines(found)
        self._parts = tuple(n for n, line in enumerate(lines) if difference.is_heading(line))
        self.lines.show(Page(lines))
