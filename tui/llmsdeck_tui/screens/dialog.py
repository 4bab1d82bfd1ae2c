"""The frame that all dialogs share."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen, ScreenResultType
from textual.widgets import Static
from textual.worker import Worker

from llmsdeck_tui import failures
from llmsdeck_tui.present import words
from llmsdeck_tui.safe import safe
from llmsdeck_tui.widgets.foot import Foot


class Dialog(ModalScreen[ScreenResultType]):
    """A framed box over the runs, with its keys at the foot of the screen."""

    CSS_PATH = "dialog.tcss"
    HEADING: ClassVar[str] = ""

    def compose(self) -> ComposeResult:
        """The frame, what it holds, a line for complaints, and the keys."""
        with Vertical(id="frame") as frame:
            frame.border_title = self.HEADING
            yield from self.compose_inside()
            yield Static(id="complaint")
        yield Foot()

    def compose_inside(self) -> ComposeResult:
        """What the frame holds."""
        raise NotImplementedError

    def action_close(self) -> None:
        """Close and change nothing."""
        self.dismiss(None)

    def complain(self, sentence: str) -> None:
        """Show why something was refused."""
        text = Content.assemble(("! ", words.BAD), safe(sentence)) if sentence else Content("")
        self.query_one("#complaint", Static).update(text)

    @on(Worker.StateChanged)
    def show_failure(self, event: Worker.StateChanged) -> None:
        """Say what a worker of this dialog failed at."""
        if failure := failures.of_worker(event):
            self.complain(failure)
