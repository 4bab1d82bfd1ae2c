"""A scrollable list of lines that renders only what is in view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip

from llmsdeck_tui import keys
from llmsdeck_tui.present import words
from llmsdeck_tui.present.page import Page
from llmsdeck_tui.widgets.strips import strip


@dataclass(frozen=True, slots=True)
class Row:
    """What one row of the screen shows."""

    said: Content
    _: KW_ONLY
    chosen: bool
    cut: bool
    """An ellipsis says where it does not fit."""


def _are_same(before: Row | None, after: Row | None) -> bool:
    if before is None or after is None:
        return before is after
    alike = (before.chosen, before.cut) == (after.chosen, after.cut)
    return alike and before.said.is_same(after.said)


class Lines(ScrollView, can_focus=True):
    """Lines of safe content, with a cursor when they can be chosen."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.MOVES)
    COMPONENT_CLASSES: ClassVar[set[str]] = {"lines--cursor"}

    cursor: var[int | None] = var(None)
    following: var[bool] = var(False)
    """The end stays in view as lines are added."""

    @dataclass
    class Chosen(Message):
        """A line of a list with a cursor was clicked."""

        index: int

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._source: Sequence[Content] | Page = ()
        self._wrapped: Sequence[Content] = ()
        self._width = 0
        self._wrap = True
        self._tail = self._placing = False
        self._painted: dict[int, Row | None] = {}
        """What the rows of the screen show that were painted last."""

    def show(
        self,
        lines: Sequence[Content] | Page,
        *,
        wrap: bool = True,
        cursor: bool = False,
        tail: bool = False,
    ) -> None:
        """Show these lines; keep the place, or follow the end with `tail` until somebody moves.

        What does not fit is wrapped or cut; lines with a cursor are always cut. A long text comes
        as a page, which is folded.
        """
        self.following = tail and (self.following or not self._tail)
        self._tail = tail
        self._source = lines
        self._wrap = wrap and not cursor
        last = 0 if isinstance(lines, Page) else max(0, len(lines) - 1)
        self.cursor = min(self.cursor or 0, last) if cursor else None
        self._lay_out()

    @property
    def rows(self) -> Sequence[Content]:
        """What is shown, as it was folded."""
        return self._wrapped

    def go_to(self, row: int) -> None:
        """Bring a row to the top, or the cursor to it."""
        if self.cursor is None:
            self.scroll_to(y=row, animate=False, immediate=True)
        else:
            self._put_cursor(row)

    def restart(self) -> None:
        """Go back to the first line, or to the end where that is followed."""
        self._tail = False
        if self.cursor is not None:
            self.cursor = 0
        self.scroll_home(animate=False, immediate=True)

    def render_line(self, y: int) -> Strip:
        """One line in view."""
        width = self.scrollable_content_region.width
        row = self._painted[y] = self._row_at(y)
        if row is None:
            return Strip.blank(width, self.rich_style)
        style = self.get_visual_style("lines--cursor") if row.chosen else self.visual_style
        return strip(row.said.truncate(width, ellipsis=row.cut), width, style)

    def notify_style_update(self) -> None:
        """Paint every row in the new colours, those that it only names among them."""
        super().notify_style_update()
        self.refresh()

    def _row_at(self, y: int) -> Row | None:
        index = self.scroll_offset.y + y
        if index >= len(self._wrapped):
            return None
        return Row(self._wrapped[index], chosen=index == self.cursor, cut=not self._wrap)

    def _repaint(self) -> None:
        """Paint the rows that show something else than they did when they were painted."""
        width, height = self.size
        changed = [
            Region(0, y, width, 1)
            for y in range(height)
            if y not in self._painted or not _are_same(self._painted[y], self._row_at(y))
        ]
        if changed:
            self.refresh(*changed)

    def action_move(self, step: int) -> None:
        """Move the cursor, or scroll where there is none."""
        if self.cursor is None:
            self.scroll_relative(y=step, animate=False, immediate=True)
        else:
            self._put_cursor(self.cursor + step)

    def action_page(self, step: int) -> None:
        """Move by a screen."""
        self.action_move(step * max(1, self.scrollable_content_region.height - 1))

    def action_edge(self, edge: str) -> None:
        """Go to the first or the last line."""
        self.action_move(-len(self._wrapped) if edge == "first" else len(self._wrapped))

    def _put_cursor(self, index: int) -> None:
        self.cursor = max(0, min(index, len(self._wrapped) - 1))
        self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, immediate=True)
        self._repaint()

    def _lay_out(self) -> None:
        self._width = self.scrollable_content_region.width
        self._wrapped = self._fold()
        self._placing = True
        self._take_room(len(self._wrapped))
        if self.following:
            self.scroll_end(animate=False, immediate=True, force=True, x_axis=False)
        self._placing = False
        self._repaint()

    def _take_room(self, rows: int) -> None:
        grown = self.styles.is_auto_height and rows != self.virtual_size.height
        self.virtual_size = Size(self._width, rows)
        if grown:
            # Textual keeps the height it knew when this comes while it takes in a dialog's styles.
            self.call_after_refresh(self.refresh, layout=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Whoever moves away from the end no longer follows it; whoever moves there does."""
        super().watch_scroll_y(old_value, new_value)
        if not self._placing:
            self.following = self._tail and new_value >= self.max_scroll_y

    def _fold(self) -> Sequence[Content]:
        if isinstance(self._source, Page):
            return self._source.fold(self._width) if self._width else ()
        if not self._wrap or not self._width:
            return self._source
        return [part for line in self._source for part in words.wrap(line, self._width)]

    def watch_show_vertical_scrollbar(self) -> None:
        """Make room for the scroll bar, of which no other event tells."""
        self.on_resize()

    def on_resize(self) -> None:
        """Wrap again."""
        if self.scrollable_content_region.width != self._width:
            self._lay_out()

    def on_click(self, event: Click) -> None:
        """Choose the clicked line."""
        offset = event.get_content_offset(self)
        if offset is None or self.cursor is None:
            return
        index = self.scroll_offset.y + offset.y
        if index < len(self._wrapped):
            self._put_cursor(index)
            self.post_message(self.Chosen(index))
