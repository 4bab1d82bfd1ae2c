"""What full screens that show one list have in common."""

from __future__ import annotations

from textual import getters, on
from textual.app import App, ComposeResult
from textual.content import Content
from textual.screen import Screen, ScreenResultType
from textual.widgets import Static
from textual.worker import Worker

from llmsdeck_tui import failures
from llmsdeck_tui.present import words
from llmsdeck_tui.safe import safe
from llmsdeck_tui.screens.help import HelpScreen
from llmsdeck_tui.widgets.foot import Foot
from llmsdeck_tui.widgets.lines import Lines


class Sheet(Screen[ScreenResultType]):
    """A title over a list, with its keys at the foot of the screen."""

    CSS_PATH = "sheet.tcss"

    app: getters.app[App[None]] = getters.app(App)

    def compose(self) -> ComposeResult:
        """Title, the names of columns, the list, and more about the chosen line."""
        yield Static(id="sheet-title")
        yield Static(id="sheet-heading")
        yield Lines(id="sheet-lines")
        yield Static(id="sheet-more")
        yield Foot()

    @property
    def lines(self) -> Lines:
        """The list."""
        return self.query_one(Lines)

    def tell(self, place: str, text: Content) -> None:
        """Show something at `title`, `heading` or `more`; nothing takes no room."""
        line = self.query_one(f"#sheet-{place}", Static)
        line.display = bool(text.plain)
        line.update(text)

    def action_back(self) -> None:
        """Go back to where this was opened."""
        self.dismiss(None)

    def action_help(self) -> None:
        """Show all keys."""
        self.app.push_screen(HelpScreen())

    @on(Worker.StateChanged)
    def show_failure(self, event: Worker.StateChanged) -> None:
        """Say why it cannot be shown."""
        if failure := failures.of_worker(event):
            self.lines.show([Content.assemble(("! ", words.BAD), safe(failure))])
