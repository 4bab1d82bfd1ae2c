"""The line on which a filter is typed, with what could come next and what was used before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from llmsdeck.pages import ValueCount
from llmsdeck_tui import keys
from llmsdeck_tui.messages import FilterLeft, FilterTyped, ValuesWanted
from llmsdeck_tui.offers import Offer, Unfinished, unfinished
from llmsdeck_tui.present import words
from llmsdeck_tui.safe import plain
from llmsdeck_tui.widgets.plain_input import PlainInput


class FilterLine(Vertical):
    """Tells each letter; is there only while somebody types."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.FILTER, keys.COMPLETE_FILTER)

    def __init__(self) -> None:
        super().__init__()
        self._history: Sequence[str] = ()
        self._recalled = 0
        """How far back in the history; 0 is what was typed."""
        self._typed = ""
        self._end = Unfinished("", "")
        self._values: dict[tuple[str, str], Sequence[ValueCount]] = {}
        self._offers: Sequence[Offer] = ()
        self._taken: int | None = None

    def compose(self) -> ComposeResult:
        """What is asked for, the line, and what could come next."""
        with Horizontal(id="filter-row"):
            yield Static("/", id="filter-mark")
            yield PlainInput(placeholder="status:failed source:flask age>1h", id="filter-input")
        yield Static(id="filter-offers")

    def open(self, text: str, history: Sequence[str] = ()) -> None:
        """Let somebody go on with a filter."""
        self.display = True
        self._history, self._recalled, self._typed = history, 0, text
        self._values.clear()
        self._write(text)
        self._look(text)
        self._line.focus()

    def offer(self, key: str, filter: str, values: Sequence[ValueCount]) -> None:
        """Show the values that were asked for."""
        self._values[key, filter] = values
        if (key, filter) == (self._end.key, self._end.rest) and self._taken is None:
            self._show_offers()

    @property
    def _completed(self) -> str:
        """The line with the offer that was taken; empty while none was."""
        return "" if self._taken is None else self._end.completed(self._offers[self._taken])

    @property
    def _line(self) -> PlainInput:
        return self.query_one(PlainInput)

    @on(Input.Changed)
    def tell(self, event: Input.Changed) -> None:
        """Tell what is on the line, and look for what could come next."""
        event.stop()
        # A completed key goes on with its values; among values, tab goes on to the next.
        if not (self._end.key and event.value == self._completed):
            self._look(event.value)
        self.post_message(FilterTyped(event.value))

    @on(Input.Submitted)
    def keep(self, event: Input.Submitted) -> None:
        """Go back to the runs that match."""
        event.stop()
        self.action_leave(True)

    @on(Input.Blurred)
    def close(self, event: Input.Blurred) -> None:
        """Give the line back to the runs."""
        self.display = False

    def action_leave(self, keep: bool) -> None:
        """Go back to the runs."""
        self.post_message(FilterLeft(keep))

    def action_complete(self) -> None:
        """Write the next offer in place of what was typed."""
        if self._offers:
            self._taken = 0 if self._taken is None else (self._taken + 1) % len(self._offers)
            self._write(self._completed)
            self._draw_offers()

    def action_recall(self, step: int) -> None:
        """Go through the filters that were used; the newest way on is what was typed."""
        if not self._recalled:
            self._typed = self._line.value
        self._recalled = max(0, min(self._recalled - step, len(self._history)))
        self._write(self._history[-self._recalled] if self._recalled else self._typed)

    def _write(self, text: str) -> None:
        self._line.value = text
        self._line.cursor_position = len(text)

    def _look(self, line: str) -> None:
        self._end, self._taken = unfinished(line), None
        wanted = self._end.key, self._end.rest
        if self._end.counted and wanted not in self._values:
            self.post_message(ValuesWanted(*wanted))
        self._show_offers()

    def _show_offers(self) -> None:
        values = self._values.get((self._end.key, self._end.rest), ())
        self._offers = self._end.offers(values)
        self._draw_offers()

    def _draw_offers(self) -> None:
        shown = [self._drawn(number, offer) for number, offer in enumerate(self._offers)]
        line = Content("   ").join(shown) if shown else Content("")
        row = self.query_one("#filter-offers", Static)
        row.display = bool(shown)
        row.update(Content.assemble(("tab ", words.QUIET), line))

    def _drawn(self, number: int, offer: Offer) -> Content:
        style = f"{words.LIVE} bold underline" if number == self._taken else words.LIVE
        runs = "" if offer.runs is None else f" {words.number(offer.runs)}"
        return Content.assemble((plain(offer.text, 60), style), (runs, words.QUIET))
