"""The runs table: it holds the window that it shows, so a million runs cost what fifty cost."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.events import Click, Resize
from textual.geometry import Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from llmsdeck.model import DeckSnapshot, Run, RunId, Window
from llmsdeck_tui import keys
from llmsdeck_tui.messages import RunHighlighted, RunOpened, WindowWanted
from llmsdeck_tui.present import runs

_MARGIN = 2
_LEAST_WINDOW = 50


class RunTable(ScrollView, can_focus=True):
    """Newest runs first, under a fixed heading.

    The cursor belongs to a run, not to a line: when runs are added above, it moves with its run,
    and the lines in view stay where they are unless the newest run was in view.
    """

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.MOVES)
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "run-table--cursor",
        "run-table--heading",
        "run-table--faded",
    }

    faded: reactive[bool] = reactive(False)
    """What is shown may be old."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._window = Window(0, 0)
        self._runs: tuple[Run, ...] = ()
        self._total = 0
        self._now: datetime | None = None
        self._cursor = 0
        self._cursor_id: RunId | None = None
        self._filter: str = ""

    @property
    def current(self) -> Run | None:
        """The run under the cursor, if it is in the picture."""
        return self._run_at(self._cursor)

    @property
    def held(self) -> tuple[Run, ...]:
        """The runs that are in the picture, in view or near it."""
        return self._runs

    @property
    def cursor_id(self) -> RunId | None:
        """The run that the cursor belongs to."""
        return self._cursor_id

    def show(self, snapshot: DeckSnapshot) -> None:
        """Show a new picture, keeping cursor and place by run."""
        if snapshot.filter != self._filter:
            self._begin_anew(snapshot.filter)
        shift = self._shift(snapshot)
        self._window, self._runs = snapshot.window, snapshot.runs
        self._total, self._now = snapshot.total, snapshot.taken_at
        self.virtual_size = Size(self.size.width, self._total + 1)
        self._keep_place(shift)
        self.refresh()
        self._tell()

    def _begin_anew(self, filter: str) -> None:
        """Another list comes, of which the newest run is shown first."""
        self._filter, self._runs, self._cursor, self._cursor_id = filter, (), 0, None
        self.scroll_to(y=0, animate=False, immediate=True, force=True)

    def pass_time(self, now: datetime) -> None:
        """Show ages as of now."""
        self._now = now
        self.refresh()

    def select(self, run_id: RunId) -> None:
        """Put the cursor on this run as soon as a picture holds it; new runs are at the top."""
        self._cursor_id = run_id
        self._put_cursor(self._index_of(run_id) or 0, run_id)

    def render_line(self, y: int) -> Strip:
        """The heading or a run."""
        width = self.scrollable_content_region.width
        if y == 0:
            return self._strip(Content("  ") + runs.heading(width - _MARGIN), "run-table--heading")
        index = self.scroll_offset.y + y - 1
        if index >= self._total or self._now is None:
            return Strip.blank(width, self.rich_style)
        run = self._run_at(index)
        line = Content("…") if run is None else runs.row(run, self._now, width - _MARGIN)
        if self.faded:
            line = line.without_spans
        chosen = index == self._cursor
        classes = ["run-table--faded"] * self.faded + ["run-table--cursor"] * chosen
        return self._strip(Content("▸ " if chosen else "  ") + line, *classes)

    def _strip(self, line: Content, *classes: str) -> Strip:
        width = self.scrollable_content_region.width
        style = self.get_visual_style(*classes) if classes else self.visual_style
        content = line.truncate(width, pad=True)
        return Visual.to_strips(self, content, width, 1, style, apply_selection=False)[0]

    def action_move(self, step: int) -> None:
        """Move the cursor by some rows."""
        self._put_cursor(self._cursor + step)

    def action_page(self, step: int) -> None:
        """Move the cursor by a screen."""
        self._put_cursor(self._cursor + step * max(1, self._rows_in_view - 1))

    def action_edge(self, edge: str) -> None:
        """Go to the newest or the oldest run."""
        self._put_cursor(0 if edge == "first" else self._total - 1)

    def on_click(self, event: Click) -> None:
        """Select the clicked row; a double click opens it."""
        offset = event.get_content_offset(self)
        index = self._top + offset.y - 1 if offset and offset.y else self._total
        if index >= self._total:
            return
        self._put_cursor(index)
        if event.chain == 2 and self._cursor_id is not None:
            self.post_message(RunOpened(self._cursor_id))

    def on_resize(self, event: Resize) -> None:
        """Keep the cursor in view."""
        self.virtual_size = Size(self.size.width, self._total + 1)
        self._scroll_to_cursor()
        self._want_window()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Want the rows that have come into view."""
        super().watch_scroll_y(old_value, new_value)
        self._want_window()

    @property
    def _rows_in_view(self) -> int:
        return max(1, self.scrollable_content_region.height - 1)

    @property
    def _top(self) -> int:
        return self.scroll_offset.y

    def _run_at(self, index: int) -> Run | None:
        place = index - self._window.first
        return self._runs[place] if 0 <= place < len(self._runs) else None

    def _index_of(self, run_id: RunId) -> int | None:
        for place, run in enumerate(self._runs):
            if run.run_id == run_id:
                return self._window.first + place
        return None

    def _shift(self, snapshot: DeckSnapshot) -> int:
        """How many rows the runs known from the last picture have moved down."""
        old = {run.run_id: self._window.first + n for n, run in enumerate(self._runs)}
        for place, run in enumerate(snapshot.runs):
            if run.run_id in old:
                return snapshot.window.first + place - old[run.run_id]
        return 0

    def _keep_place(self, shift: int) -> None:
        at_top = self._top == 0
        found = None if self._cursor_id is None else self._index_of(self._cursor_id)
        self._cursor = self._cursor + shift if found is None else found
        self._cursor = max(0, min(self._cursor, self._total - 1))
        current = self.current
        if current is not None:
            self._cursor_id = current.run_id
        if shift and not at_top:
            self.scroll_to(y=self._top + shift, animate=False, immediate=True, force=True)
        elif at_top and shift:
            self._scroll_to_cursor()

    def _put_cursor(self, index: int, run_id: RunId | None = None) -> None:
        self._cursor = max(0, min(index, self._total - 1))
        current = self.current
        self._cursor_id = run_id or (current.run_id if current else None)
        self._scroll_to_cursor()
        self._want_window()
        self.refresh()
        self._tell()

    def _scroll_to_cursor(self) -> None:
        top, rows = self._top, self._rows_in_view
        wanted = min(max(top, self._cursor - rows + 1), self._cursor)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, immediate=True, force=True)

    def _want_window(self) -> None:
        first, last = self._top, min(self._top + self._rows_in_view, self._total)
        held = self._window
        enough = held.size >= 2 * self._rows_in_view
        if enough and held.first <= first and last <= held.first + held.size:
            return
        size = max(_LEAST_WINDOW, 3 * self._rows_in_view)
        self.post_message(WindowWanted(Window(max(0, first - size // 3), size)))

    def _tell(self) -> None:
        self.post_message(RunHighlighted(self.current))
