"""The part of a list of runs that is held, and the cursor in it; nothing here is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llmsdeck.model import Run, RunId
from llmsdeck.snapshot import DeckSnapshot, Window

_LEAST_WINDOW: Final = 50


class Listed:
    """A window of a list under a cursor that belongs to a run, not to a row."""

    def __init__(self) -> None:
        self.runs: tuple[Run, ...] = ()
        """What is held, in view or near it."""
        self.total = 0
        """Rows of the list, held or not."""
        self.cursor = 0
        """The row under the cursor."""
        self.cursor_id: RunId | None = None
        """The run that the cursor belongs to."""
        self.filter, self.sort = "", ""
        """What the list is about, and its order."""
        self._window = Window(0, 0)
        self._rows: Mapping[RunId, int] = {}
        self._sought = False
        """The cursor's run is not held, and is to come into view with its picture."""

    @property
    def current(self) -> Run | None:
        """The run under the cursor, if it is held."""
        return self.at(self.cursor)

    def at(self, row: int) -> Run | None:
        """The run on a row, if it is held."""
        place = row - self._window.first
        return self.runs[place] if 0 <= place < len(self.runs) else None

    def take(self, snapshot: DeckSnapshot, in_view: range) -> int | None:
        """Hold another picture; the cursor stays with its run.

        Says by how many rows what is in view has moved down, or None where only the cursor says
        what should be in view: the list is another one or in another order, or the cursor's run
        was sought and is there now.
        """
        asked = snapshot.focus == self.cursor_id
        row = snapshot.focus_row if asked else None
        rows, shift = _rows(snapshot), None
        if snapshot.filter != self.filter:
            self.cursor, self.cursor_id, self._sought, row = 0, None, False, None
        elif snapshot.sort == self.sort:
            shift = self._shift(rows, in_view, row)
        self.filter, self.sort = snapshot.filter, snapshot.sort
        self._window, self.runs, self.total = snapshot.window, snapshot.runs, snapshot.total
        self._rows = rows
        return None if self._follow_run(row, shift or 0, asked=asked) else shift

    def _shift(self, rows: Mapping[RunId, int], in_view: range, row: int | None) -> int:
        for index in in_view:
            run = self.at(index)
            if run is not None and run.run_id in rows:
                return rows[run.run_id] - index
        return 0 if row is None else row - self.cursor

    def _follow_run(self, row: int | None, shift: int, *, asked: bool) -> bool:
        """Put the cursor where its run is now; where it is not, what is there moves under it.

        Tells whether that run was sought and is there. It is sought on in pictures that were not
        asked about it.
        """
        found = row if self.cursor_id is None else self._rows.get(self.cursor_id, row)
        self.cursor = self._within(self.cursor + shift if found is None else found)
        if self._sought and found is None and not asked:
            return False
        if self.current is not None:
            self.cursor_id = self.current.run_id
        sought, self._sought = self._sought, False
        return sought and found is not None

    def move_to(self, row: int) -> None:
        """Put the cursor on a row, or on the nearest one that there is."""
        self.cursor, self._sought = self._within(row), False
        self.cursor_id = self.current.run_id if self.current else None

    def seek(self, run_id: RunId) -> None:
        """Put the cursor on a run, as soon as a picture holds it; new runs are at the top."""
        self._sought = run_id not in self._rows
        self.cursor, self.cursor_id = self._within(self._rows.get(run_id, 0)), run_id

    def to_cursor(self, top: int, height: int) -> int:
        """The first row in view that brings the cursor there by as little as possible."""
        return min(max(top, self.cursor - height + 1), self.cursor)

    def wanted(self, top: int, height: int) -> Window | None:
        """The rows around those in view, before the cursor comes to what is not held."""
        held, ahead = self._window, height // 2
        first, last = max(0, top - ahead), min(top + height + ahead, self.total)
        enough = held.size >= 2 * height
        if enough and held.first <= first and last <= held.first + held.size:
            return None
        size = max(_LEAST_WINDOW, 3 * height)
        return Window(max(0, top - size // 3), size)

    def _within(self, row: int) -> int:
        return max(0, min(row, self.total - 1))


def _rows(snapshot: DeckSnapshot) -> Mapping[RunId, int]:
    """On which row of the list each run of the window is."""
    first = snapshot.window.first
    return {run.run_id: first + place for place, run in enumerate(snapshot.runs)}
