"""The top of the runs screen: the deck, its counters, and what is wrong with it."""

from __future__ import annotations

from datetime import datetime

from textual import getters
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from llmsdeck.snapshot import DeckSnapshot
from llmsdeck_tui.host import Host
from llmsdeck_tui.present import header
from llmsdeck_tui.widgets.said import Said


class DeckHead(Vertical):
    """Two lines, a third about how the list is looked at, and one while something is wrong."""

    app: getters.app[Host] = getters.app(Host)

    def compose(self) -> ComposeResult:
        """The lines, still empty."""
        yield Said(id="header")
        yield Said(id="counters")
        yield Said(id="listing")
        yield Said(id="banner")

    def show(self, snapshot: DeckSnapshot, now: datetime, *, starting: bool, faded: bool) -> None:
        """Show the deck; without colour while the picture is old."""
        width = max(1, self.size.width - 2)
        lines = {
            "#header": header.header(snapshot, now, starting, width, self.app.around.mode),
            "#counters": header.counters(snapshot, width),
        }
        self.set_class(faded, "-faded")
        for place, line in lines.items():
            self.query_one(place, Said).say(line.without_spans if faded else line)

    def tell_listing(self, text: Content) -> None:
        """Show how the list is looked at, or nothing."""
        self.query_one("#listing", Said).say_or_hide(text)

    def alert(self, text: Content) -> None:
        """Show what is wrong, or nothing."""
        self.query_one("#banner", Said).say_or_hide(text)
