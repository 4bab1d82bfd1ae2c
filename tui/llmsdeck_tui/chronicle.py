"""The events of one run as they are fetched, and what is looked for among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.content import Content

from llmsdeck.calls import ModelCall, model_calls
from llmsdeck.model import RunEvent
from llmsdeck_tui.present import history
from llmsdeck_tui.present.history import Found
from llmsdeck_tui.present.page import Line

MOST_EVENTS: Final = 5_000
"""Newest events of a run that are kept on its screen."""


class Chronicle:
    """Each event is written as a line once, however often it is shown."""

    def __init__(self) -> None:
        self.events: list[RunEvent] = []
        self.calls: list[ModelCall] = []
        """The calls to a model among the events."""
        self._lines: list[Line] = []
        self.needle = ""
        """What events should contain; empty for all."""
        self._around = 1

    @property
    def last(self) -> int:
        """The number of the newest event that is here."""
        return self.events[-1].seq if self.events else 0

    def add(self, found: Sequence[RunEvent]) -> None:
        """Go on with newer events."""
        self.events = [*self.events, *found][-MOST_EVENTS:]
        self.calls = model_calls(self.events)
        self._lines = [*self._lines, *map(history.line, found)][-MOST_EVENTS:]

    def has(self, newest: Sequence[RunEvent]) -> bool:
        """These events, oldest first, are here or older than what is."""
        return not newest or newest[-1].seq <= self.last

    def look_around(self, step: int) -> None:
        """Keep more or fewer lines around what is found."""
        self._around = max(0, min(self._around + step, len(history.CONTEXT) - 1))

    def found(self) -> Found:
        """The lines to show."""
        return history.find(self._lines, self.needle, history.CONTEXT[self._around])

    def heading(self, *, following: bool) -> Content:
        """How many events there are and how many match."""
        around = history.CONTEXT[self._around]
        total = len(self.events)
        return history.heading(total, self.found(), self.needle, around, following=following)
