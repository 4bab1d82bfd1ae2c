"""The screen that groups failed runs by cause."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.content import Content

from llmsdeck.api import DeckApi
from llmsdeck.clock import Clock
from llmsdeck.failures import FailureGroup
from llmsdeck_tui import keys
from llmsdeck_tui.present import causes
from llmsdeck_tui.screens.sheet import Sheet
from llmsdeck_tui.widgets.lines import Lines


class FailuresScreen(Sheet[str | None]):
    """Kinds and messages with their number; the chosen group becomes the filter of the runs."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.GROUPS)

    def __init__(self, deck: DeckApi, clock: Clock) -> None:
        super().__init__()
        self._deck, self._clock = deck, clock
        self._groups: tuple[FailureGroup, ...] | None = None

    def on_mount(self) -> None:
        """Look for failures."""
        self.lines.focus()
        self.watch(self.lines, "cursor", self._describe, init=False)
        self.look()

    @on(Lines.Chosen)
    def action_agree(self) -> None:
        """Go to the runs of the chosen group."""
        if (group := self._chosen) is not None:
            self.dismiss(group.filter)

    def action_again(self) -> None:
        """Look again."""
        self.look()

    def on_resize(self) -> None:
        """Fit the lines to the width."""
        self.call_after_refresh(self._draw)

    @work(group="failures", exclusive=True, exit_on_error=False)
    async def look(self) -> None:
        """Ask the deck for the groups."""
        self._groups = await self._deck.failures()
        self._draw()

    @property
    def _chosen(self) -> FailureGroup | None:
        groups, cursor = self._groups or (), self.lines.cursor
        return groups[cursor] if cursor is not None and cursor < len(groups) else None

    def _draw(self) -> None:
        if self._groups is None:
            return
        now = datetime.fromtimestamp(self._clock.wall_ms() / 1000, UTC)
        width = max(1, self.size.width - 3)
        self.tell("title", causes.title(self._groups))
        if self._groups:
            self.tell("heading", causes.heading(width))
            lines = [causes.line(group, now, width) for group in self._groups]
            self.lines.show(lines, cursor=True)
        else:
            self.lines.show([Content("No run has failed.")])
        self._describe()

    def _describe(self) -> None:
        group = self._chosen
        self.tell("more", Content("") if group is None else causes.described(group))
