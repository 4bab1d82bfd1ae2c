"""What widgets and workers tell the screens: facts and wishes, never instructions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from textual.message import Message

from llmsdeck.model import RunId
from llmsdeck.snapshot import DeckSnapshot, Window
from llmsdeck_tui.views import TableSettings


@dataclass
class SnapshotTaken(Message):
    """A new picture of the deck."""

    snapshot: DeckSnapshot

    def can_replace(self, message: Message) -> bool:
        """A newer picture makes an unread one worthless."""
        return isinstance(message, SnapshotTaken)


@dataclass
class SignalLost(Message):
    """The deck could not be read; the last picture is old."""

    since: datetime
    reason: str


@dataclass
class RunHighlighted(Message):
    """The table's cursor is on another run, or on none."""

    def can_replace(self, message: Message) -> bool:
        """Only where it is now matters."""
        return isinstance(message, RunHighlighted)


@dataclass
class WindowWanted(Message):
    """The table shows rows that the last picture does not hold."""

    window: Window

    def can_replace(self, message: Message) -> bool:
        """Only the last scroll position matters."""
        return isinstance(message, WindowWanted)


@dataclass
class MarksChanged(Message):
    """Other runs are marked."""


@dataclass
class RangeWanted(Message):
    """Somebody wants to mark all runs from one to another."""

    begin: RunId
    end: RunId


@dataclass
class OrderWanted(Message):
    """The heading of a column was clicked."""

    name: str
    further: bool = False
    """It is to decide where the present order does not."""


@dataclass
class ViewWanted(Message):
    """Somebody wants to look through the view under a digit."""

    digit: str


@dataclass
class TableSettingsChanged(Message):
    """The table is looked at in another way, or another view or filter is kept."""

    settings: TableSettings


@dataclass
class ValuesWanted(Message):
    """The words are wanted that a key of the filter has among the runs of another filter."""

    key: str
    filter: str

    def can_replace(self, message: Message) -> bool:
        """Only what is being typed now matters."""
        return isinstance(message, ValuesWanted)


@dataclass
class FilterTyped(Message):
    """The text on the filter line is another one."""

    text: str

    def can_replace(self, message: Message) -> bool:
        """Only the last letter matters."""
        return isinstance(message, FilterTyped)


@dataclass
class FilterLeft(Message):
    """Nobody types on the filter line any more."""

    keep: bool
    """The filter stays in force."""


@dataclass
class RunOpened(Message):
    """A run was double-clicked."""

    run_id: RunId
