"""The names of the tabs in which a run is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widgets import Static


class Tab(StrEnum):
    """What can be shown of a run."""

    TIMELINE = "timeline"
    EVENTS = "events"
    ARTIFACTS = "artifacts"
    WHY = "why"
    MODEL = "model"


PREVIEW: Final = (Tab.TIMELINE, Tab.EVENTS, Tab.ARTIFACTS)
"""What the pane under the table shows."""


class TabLabel(Static):
    """The name of a tab; a click turns to it."""

    @dataclass
    class Clicked(Message):
        """This tab is wanted."""

        tab: Tab

    def __init__(self, tab: Tab) -> None:
        super().__init__(Content(tab), id=f"tab-{tab}", classes="tab")
        self.tab = tab

    def on_click(self, event: Click) -> None:
        """Ask for this tab."""
        self.post_message(self.Clicked(self.tab))


class TabBar(Horizontal):
    """Knows which tab is open, and tells when that should be another one."""

    @dataclass
    class Turned(Message):
        """Another tab is open."""

        tab: Tab

    def __init__(self, tabs: Sequence[Tab], open: Tab = Tab.TIMELINE) -> None:
        super().__init__()
        self._tabs = tuple(tabs)
        self.tab = open

    def compose(self) -> ComposeResult:
        """The names."""
        yield from (TabLabel(tab) for tab in self._tabs)

    def on_mount(self) -> None:
        """Mark the open one."""
        self._mark()

    def turn_to(self, tab: Tab) -> None:
        """Open a tab."""
        self.tab = tab
        self._mark()
        self.post_message(self.Turned(tab))

    def turn(self, step: int) -> None:
        """Open the tab that many places further."""
        self.turn_to(self._tabs[(self._tabs.index(self.tab) + step) % len(self._tabs)])

    @on(TabLabel.Clicked)
    def turn_to_clicked(self, event: TabLabel.Clicked) -> None:
        """Open the clicked tab."""
        event.stop()
        self.turn_to(event.tab)

    def _mark(self) -> None:
        for label in self.query(TabLabel):
            label.set_class(label.tab is self.tab, "-open")
