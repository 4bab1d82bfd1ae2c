"""The runs table: it holds the window that it shows, so a million runs cost what fifty cost."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from datetime import UTC, datetime
from typing import ClassVar, Final

from textual.binding import BindingType
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from llmsdeck.model import Run, RunId
from llmsdeck.snapshot import DeckSnapshot
from llmsdeck_tui import keys
from llmsdeck_tui.messages import (
    MarksChanged,
    OrderWanted,
    RangeWanted,
    RunHighlighted,
    RunOpened,
    ViewWanted,
    WindowWanted,
)
from llmsdeck_tui.present.layout import Layout
from llmsdeck_tui.widgets.listed import Listed
from llmsdeck_tui.widgets.run_lines import UNKNOWN, Look, RunLine, RunLines
from llmsdeck_tui.widgets.strips import strip

_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_MARGIN = 2


class RunTable(ScrollView, can_focus=True):
    """One list of runs under a fixed heading.

    Cursor and marks belong to runs, not to lines: when runs come above, the cursor moves with its
    run, and the lines in view stay where they are unless the first one was in view.
    """

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.MOVES, keys.MARKS, keys.VIEWS)
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "run-table--cursor",
        "run-table--heading",
        "run-table--faded",
    }

    faded: reactive[bool] = reactive(False)
    """What is shown may be old."""
    columns: reactive[tuple[str, ...]] = reactive[tuple[str, ...]]((), init=False)
    """The chosen columns; none means what the width affords."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._listed = Listed()
        self._told: RunId | None = None
        self._chosen_top = 0
        """The first row in view, but for rows that had to give way in a terminal that is small."""
        self._marks: dict[RunId, None] = {}
        self._lines = RunLines(Layout.of(80), _NEVER)
        self._laid_out_for = 0
        self._painted: dict[int, Hashable] = {}
        """What the lines show that were painted last, by their place on the screen."""

    @property
    def current(self) -> Run | None:
        """The run under the cursor, if it is in the picture."""
        return self._listed.current

    @property
    def held(self) -> tuple[Run, ...]:
        """The runs that are in the picture, in view or near it."""
        return self._listed.runs

    @property
    def cursor_id(self) -> RunId | None:
        """The run that the cursor belongs to."""
        return self._listed.cursor_id

    @property
    def marks(self) -> tuple[RunId, ...]:
        """The marked runs, in the list or not, in the order in which they were marked."""
        return tuple(self._marks)

    # The picture.

    def show(self, snapshot: DeckSnapshot) -> None:
        """Show a new picture, keeping cursor and place by run."""
        anew = snapshot.filter != self._listed.filter
        shift = self._listed.take(snapshot, range(self._top, self._top + self._rows_in_view))
        self._lines = RunLines(self._lines.layout, snapshot.taken_at, self._lines)
        self.virtual_size = Size(self.size.width, self._listed.total + 1)
        self._keep_place(0 if anew else self._top, shift)
        self._want_window()
        self._repaint()
        self._tell()

    def _keep_place(self, top: int, shift: int | None) -> None:
        """Hold still unless the first row is in view."""
        if shift and top:
            at_home = not self._chosen_top
            self._put_at_top(top + shift)
            self._chosen_top = 0 if at_home else self._top
        elif shift != 0:
            self._scroll_to_cursor(top)

    def pass_time(self, now: datetime) -> None:
        """Show ages as of now."""
        self._lines = RunLines(self._lines.layout, now, self._lines)
        self._repaint()

    def select(self, run_id: RunId) -> None:
        """Put the cursor on this run as soon as a picture holds it; new runs are at the top."""
        self._listed.seek(run_id)
        self._show_cursor()

    def go_to(self, row: int) -> None:
        """Put the cursor on this row, or on the last one when there are fewer."""
        self._put_cursor(row)

    # Drawing.

    def watch_columns(self) -> None:
        """Lay the columns out."""
        self._lay_out()

    def _lay_out(self) -> None:
        self._laid_out_for = self.scrollable_content_region.width
        layout = Layout.of(self._laid_out_for - _MARGIN, self.columns)
        self._lines = RunLines(layout, self._lines.now, self._lines)
        self.refresh()

    def notify_style_update(self) -> None:
        """Draw every line in the new colours, those that it only names among them."""
        super().notify_style_update()
        self._lines = RunLines(self._lines.layout, self._lines.now)
        self.refresh()

    def _repaint(self) -> None:
        """Paint the lines that show something else than they did when they were painted."""
        width = self.size.width
        changed = [
            Region(0, y, width, 1)
            for y in range(self._rows_in_view + 1)
            if self._painted.get(y) != self._shown_at(y)
        ]
        if changed:
            self.refresh(*changed)

    def _shown_at(self, y: int) -> Hashable:
        """What a line depends on besides the colours and the width of the table."""
        index = self._top + y - 1
        if y == 0:
            return self._lines.layout, self._listed.sort
        return self._line_at(index), index == self._listed.cursor, self._is_marked(index)

    def _line_at(self, index: int) -> RunLine | None:
        if index >= self._listed.total:
            return None
        run = self._listed.at(index)
        return UNKNOWN if run is None else self._lines.line(run)

    def _is_marked(self, index: int) -> bool:
        run = self._listed.at(index)
        return run is not None and run.run_id in self._marks

    def render_line(self, y: int) -> Strip:
        """The heading or a run."""
        width = self.scrollable_content_region.width
        if width != self._laid_out_for:
            self._lay_out()
        self._painted[y] = self._shown_at(y)
        if y == 0:
            heading = "  " + self._lines.layout.heading(self._listed.sort)
            return strip(heading, width, self.get_visual_style("run-table--heading"))
        index = self._top + y - 1
        line = self._line_at(index)
        if line is None:
            return Strip.blank(width, self.rich_style)
        chosen = index == self._listed.cursor
        classes = ["run-table--faded"] * self.faded + ["run-table--cursor"] * chosen
        style = self.get_visual_style(*classes) if classes else self.visual_style
        marked = self._is_marked(index)
        return line.strip(
            Look(width=width, style=style, chosen=chosen, marked=marked, faded=self.faded)
        )

    # Moving.

    def action_move(self, step: int) -> None:
        """Move the cursor by some rows."""
        self._put_cursor(self._listed.cursor + step)

    def action_page(self, step: int) -> None:
        """Move the cursor by a screen."""
        self._put_cursor(self._listed.cursor + step * max(1, self._rows_in_view - 1))

    def action_edge(self, edge: str) -> None:
        """Go to the first or the last run."""
        self._put_cursor(0 if edge == "first" else self._listed.total - 1)

    def action_view(self, digit: str) -> None:
        """Look through a kept view."""
        self.post_message(ViewWanted(digit))

    def on_click(self, event: Click) -> None:
        """Select the clicked row; a double click opens it, with ctrl it is marked.

        A click on a heading sorts by it, with ctrl or shift only where the order does not decide.
        """
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if not offset.y:
            if name := self._lines.layout.order_at(offset.x - _MARGIN):
                self.post_message(OrderWanted(name, further=event.ctrl or event.shift))
            return
        index = self._top + offset.y - 1
        if index >= self._listed.total:
            return
        self._put_cursor(index)
        if event.ctrl:
            self._toggle()
        elif event.chain == 2 and self.cursor_id is not None:
            self.post_message(RunOpened(self.cursor_id))

    # Marks.

    def action_mark(self) -> None:
        """Mark the run, or take its mark away, and go to the next."""
        self._toggle()
        self.action_move(1)

    def action_mark_along(self, step: int) -> None:
        """Mark the run and move on."""
        if self.current is not None:
            self.mark([self.current.run_id])
        self.action_move(step)
        if self.current is not None:
            self.mark([self.current.run_id])

    def action_mark_range(self) -> None:
        """Mark from the run that was marked last to the one under the cursor."""
        if self.current is not None:
            begin = next(reversed(self._marks), self.current.run_id)
            self.post_message(RangeWanted(begin, self.current.run_id))

    def mark(self, run_ids: Iterable[RunId]) -> None:
        """Mark runs; the last of them is where a range begins."""
        for run_id in run_ids:
            self._marks.pop(run_id, None)
            self._marks[run_id] = None
        self._show_marks()

    def unmark(self, run_ids: Iterable[RunId]) -> None:
        """Take marks away."""
        for run_id in run_ids:
            self._marks.pop(run_id, None)
        self._show_marks()

    def _toggle(self) -> None:
        run = self.current
        if run is not None:
            (self.unmark if run.run_id in self._marks else self.mark)([run.run_id])

    def _show_marks(self) -> None:
        self._repaint()
        self.post_message(MarksChanged())

    # Place.

    def on_resize(self, event: Resize) -> None:
        """Keep the cursor in view, and the rows that were chosen to be, as far as there is room."""
        self.virtual_size = Size(self.size.width, self._listed.total + 1)
        self._lay_out()
        chosen = self._chosen_top
        self._scroll_to_cursor(chosen)
        self._chosen_top = chosen
        self._want_window()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Want the rows that have come into view."""
        super().watch_scroll_y(old_value, new_value)
        self._chosen_top = self._top
        self._want_window()

    @property
    def _rows_in_view(self) -> int:
        return max(1, self.scrollable_content_region.height - 1)

    @property
    def _top(self) -> int:
        return self.scroll_offset.y

    def _put_cursor(self, row: int) -> None:
        self._listed.move_to(row)
        self._show_cursor()

    def _show_cursor(self) -> None:
        self._scroll_to_cursor(self._top)
        self._want_window()
        self._repaint()
        self._tell()

    def _scroll_to_cursor(self, top: int) -> None:
        """Bring the cursor into view by as little as possible from this first row."""
        wanted = self._listed.to_cursor(top, self._rows_in_view)
        if wanted != self._top:
            self._put_at_top(wanted)

    def _put_at_top(self, row: int) -> None:
        self.scroll_to(y=row, animate=False, immediate=True, force=True)

    def _want_window(self) -> None:
        if window := self._listed.wanted(self._top, self._rows_in_view):
            self.post_message(WindowWanted(window))

    def _tell(self) -> None:
        if self.cursor_id != self._told:
            self._told = self.cursor_id
            self.post_message(RunHighlighted())
